//! The promises of the traits, one function each: what every Intelligence Center runs in its tests.
//!
//! Each function panics with the promise that was broken. The center that is handed in holds the objects of [`scene`],
//! taken in their order, and nothing else; no function changes it but those that keep feeds, which leave none behind, and those that keep
//! IOC collections, which leave indicators that are revoked.
//!
//! ```
//! # async fn example(center: &dyn inthreat_api::IntelligenceCenter) {
//! use inthreat_api::conformance;
//!
//! conformance::intelligence_center(center).await;
//!
//! // What comes later needs the help of whoever fills the center.
//! let end = conformance::end_of_feed(center).await;
//! // … here `conformance::news()` is written …
//! conformance::news_follow_the_end(center, end).await;
//! # }
//! ```

mod arrivals;
mod contexts;
mod details;
mod feeds;
mod formats;
mod iocs;
mod keeping;
mod live_pages;
mod lookups;
mod objects;
mod observables;
mod pages;
mod relations;
mod reports;
mod scene;
mod searches;

use crate::{IntelligenceCenter, Roles};

pub use arrivals::{
    arrivals, objects_are_asked_when_they_arrived, objects_come_as_they_arrived,
    wrong_questions_about_arrivals_are_refused,
};
pub use contexts::{
    context_has_at_most_a_hundred_related_objects, context_is_the_bundle_around_an_object,
    context_of_an_unknown_object_is_not_found,
};
pub use details::{
    object_details, observables_of_an_object_are_told, relationships_of_an_object_are_counted,
    reports_and_sources_of_an_object_are_told,
};
pub use feeds::{
    default_feed_cannot_be_changed, default_feed_is_listed, feeds, unknown_feed_is_not_found,
    wrong_limit_of_feeds_is_refused,
};
pub use formats::{
    csv_names_its_columns, formatted_pages, json_is_the_objects_as_they_were_written,
    text_has_a_line_for_each_object, wrong_formatted_pages_are_refused,
};
pub use iocs::{
    ioc_collection_is_kept_as_it_was_made, ioc_collections, iocs_are_added_and_found,
    iocs_are_changed_and_revoked, iocs_are_read_from_a_text,
    wrong_questions_about_iocs_are_refused,
};
pub use keeping::{
    feed_is_kept_as_it_was_made, feed_is_written_in_its_format, feed_selects_by_every_list,
    feed_selects_objects, feeds_are_listed_in_pages, kept_feeds, wrong_definitions_are_refused,
};
pub use live_pages::{
    live_collections, observables_come_in_pages, patterns_come_in_pages,
    relationships_come_in_pages,
};
pub use lookups::{
    contexts_are_those_of_the_indicators, indicators, literals_of_patterns_are_found,
    spellings_of_a_value_are_one_value, unknown_values_have_an_empty_answer,
};
pub use objects::{
    many_objects_come_in_the_order_of_the_question, object_is_known_by_its_identifier, objects,
    relationships_are_told_apart, relationships_of_an_object_are_narrowed,
    relationships_of_an_object_are_paged, relationships_of_an_object_name_both_ends,
    wrong_questions_about_relationships_are_refused,
};
pub use observables::{
    observables, observables_are_known_by_their_identifier, observables_are_listed,
    observables_are_searched,
};
pub use pages::{
    collections, cursor_is_good_for_ever, end_of_feed, every_object_comes_once_in_order,
    latest_objects_come_first, news_follow_the_end, page_without_a_limit_has_the_default_length,
    pages_are_narrowed, pages_begin_behind_an_instant, wrong_pages_are_refused,
};
pub use relations::{indicated_objects_are_bundled, relationship_lists, relationships_are_listed};
pub use reports::{contents_of_reports_are_told, reports, reports_are_listed};
pub use scene::{archive, news, scene};
pub use searches::{
    identities_are_listed, object_search, objects_are_listed_by_their_properties,
    objects_are_searched, wrong_lists_are_refused,
};

/// All promises of the roles that a center plays, of those that read. It holds the objects of [`archive`], taken in
/// their order, and nothing else.
///
/// ```
/// # async fn example(center: &dyn inthreat_api::Roles) {
/// use inthreat_api::conformance;
///
/// conformance::roles(center).await;
/// # }
/// ```
pub async fn roles(center: &dyn Roles) {
    if let Some(role) = center.as_object_search() {
        object_search(role).await;
    }
    if let Some(role) = center.as_object_details() {
        object_details(role).await;
    }
    if let Some(role) = center.as_relationships() {
        relationship_lists(role).await;
    }
    if let Some(role) = center.as_reports() {
        reports(role).await;
    }
    if let Some(role) = center.as_observables() {
        observables(role).await;
    }
    if let Some(role) = center.as_live_collections() {
        live_collections(role).await;
    }
    if let Some(role) = center.as_arrivals() {
        arrivals(role).await;
    }
}

/// All promises of an [`IntelligenceCenter`] that is only read.
pub async fn intelligence_center(center: &dyn IntelligenceCenter) {
    collections(center).await;
    formatted_pages(center).await;
    objects(center).await;
    indicators(center).await;
    feeds(center).await;
}
