//! Pages beyond those of feeds as objects: formats, observables, relationships, patterns (CONTRACT 2.1, 2.2).

use inthreat_stix::{Id, Timestamp};

use crate::{Body, Cursor, Related, options::options};

/// How many lines a page in text may have (CONTRACT 2.1).
pub const TEXT_LIMIT_MAX: u32 = 10_000;

/// In which format a page is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageFormat {
    /// The feed's own, which may be a template: nothing is said in the question.
    #[default]
    Own,
    /// STIX objects and the next cursor in one JSON object, whatever the feed's own format is.
    Json,
    /// A line for each object: its name, or the observable of its pattern.
    Text,
    /// A table of the fields that the feed names.
    Csv,
}

/// A page as bytes, in the format that was asked for.
///
/// The service gives the cursor in the header `Cursor`, of JSON in the page itself; content types and the dialect of CSV are not documented
/// (CONTRACT 11, U6 and U7), so the bytes are handed on as they are. The feed is at its end when the body is empty or
/// the cursor is the one that was sent (U9).
#[derive(Debug)]
#[non_exhaustive]
pub struct FormattedPage {
    /// The page, piece by piece.
    pub body: Body,
    /// Where the next page begins. `None` when the answer had none.
    pub next_cursor: Option<Cursor>,
    /// What the service calls the format, such as `text/plain`.
    pub content_type: Option<String>,
}

impl FormattedPage {
    /// A page of which nothing but the bytes is known.
    pub fn new(body: Body) -> Self {
        Self { body, next_cursor: None, content_type: None }
    }
}

options! {
    /// Asks for one page of all observables (CONTRACT 2.2). Its answer is a [`Page`](crate::Page).
    ObservablePageRequest {
        /// At most this many, 1 to 2,000; the service takes 100 when nothing is said.
        with_limit limit: option u32;
        /// Where to go on. Wins over `modified_after`.
        with_cursor cursor: option Cursor;
        /// Only observables created or modified strictly later.
        with_modified_after modified_after: option Timestamp;
        /// Only these types. Empty: all.
        with_types types: list String;
        /// Whether tags are delivered.
        with_tags with_tags: flag bool;
    }
}

options! {
    /// Asks for one page of the relationships of some objects (CONTRACT 2.2).
    RelationshipPageRequest {
        /// The objects; there must be at least one.
        with_ids ids: list Id;
        /// At most this many, 1 to 2,000; the service takes 100 when nothing is said.
        with_limit limit: option u32;
        /// Where to go on. Wins over `modified_after`.
        with_cursor cursor: option Cursor;
        /// Only relationships created or modified strictly later.
        with_modified_after modified_after: option Timestamp;
    }
}

/// One page of relationships, each with its other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelatedPage {
    /// The relationships.
    pub items: Vec<Related>,
    /// Where the next page begins. `None` when the answer had none.
    pub next_cursor: Option<Cursor>,
}

impl RelatedPage {
    /// A page of these relationships.
    pub fn new(items: Vec<Related>, next_cursor: Option<Cursor>) -> Self {
        Self { items, next_cursor }
    }
}

options! {
    /// Asks for one page of the patterns of a feed's indicators (CONTRACT 2.2).
    PatternPageRequest {
        /// At most this many, 1 to 2,000.
        with_limit limit: option u32;
        /// Where to go on.
        with_cursor cursor: option Cursor;
        /// Only patterns created or modified strictly later.
        with_modified_after modified_after: option Timestamp;
        /// Only patterns behind the one of this identifier: [`PatternPage::next_id`] of the page before.
        with_after_id after_id: option String;
        /// Whether revoked patterns are delivered.
        with_include_revoked include_revoked: flag bool;
    }
}

/// The pattern of an indicator, without the rest of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatternEntry {
    /// The UUID of the indicator, without `indicator--`.
    pub uuid: String,
    /// The pattern.
    pub pattern: String,
    /// Its language, such as `stix`.
    pub pattern_type: String,
    /// Whether the indicator is revoked.
    pub revoked: bool,
    /// When the indicator was created.
    pub created: Option<Timestamp>,
    /// When the indicator was last changed.
    pub modified: Option<Timestamp>,
    /// From when on the pattern counts.
    pub valid_from: Option<Timestamp>,
    /// From when on it no longer does.
    pub valid_until: Option<Timestamp>,
}

/// One page of patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatternPage {
    /// The patterns.
    pub items: Vec<PatternEntry>,
    /// The identifier that the next page begins behind.
    pub next_id: Option<String>,
    /// Where the next page begins. `None` when the answer had none.
    pub next_cursor: Option<Cursor>,
}
