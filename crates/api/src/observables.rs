//! Observables as the service keeps them: lists, searches and answers (CONTRACT 2.6).

use inthreat_stix::{Id, RawObject};

use crate::options::options;

options! {
    /// Lists observables by their properties. Different properties narrow the list, values of one widen it.
    ObservablesRequest {
        /// At most this many, 1 to 2,000; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`](crate::OFFSET_MAX).
        with_offset offset: option u32;
        /// Whether each observable says which threats its indicators indicate.
        with_indicated_threats indicated_threats: flag bool;
        /// Only observables of these types. Empty: all.
        with_types types: list String;
        /// Only files with these hashes. Empty: all observables.
        with_hashes hashes: list String;
        /// Only observables of these names. Empty: all.
        with_names names: list String;
        /// Only observables of these values, which cannot hold a comma. Empty: all.
        with_values values: list String;
        /// Only observables that have or had these tags. Empty: all.
        with_tags tags: list String;
        /// Only observables with these tags still valid. Empty: all.
        with_valid_tags valid_tags: list String;
        /// Only observables of these identifiers. Empty: all.
        with_ids ids: list Id;
        /// Only observables of these sources. Empty: all.
        with_sources sources: list Id;
    }
}

options! {
    /// Searches observables for a text.
    ObservableSearchRequest {
        /// The text, which must be given.
        with_term term: flag String;
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`](crate::OFFSET_MAX).
        with_offset offset: option u32;
        /// Whether each observable says which threats its indicators indicate.
        with_indicated_threats indicated_threats: flag bool;
    }
}

options! {
    /// Searches for many observables at once, each by its whole value.
    BulkSearchRequest {
        /// The values; there must be at least one.
        with_searches searches: list String;
        /// Whether each observable says which threats its indicators indicate.
        with_indicated_threats indicated_threats: flag bool;
    }
}

options! {
    /// Lists the indicators that belong to an observable.
    ObservableIndicatorsRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`](crate::OFFSET_MAX).
        with_offset offset: option u32;
        /// Whether each indicator says which threats it indicates.
        with_indicated_threats indicated_threats: flag bool;
    }
}

/// What a search for one of many values found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkFound {
    /// The value that was searched for.
    pub search: String,
    /// Whether it was found.
    pub found: bool,
    /// The observable, where it was.
    pub observable: Option<RawObject>,
}

impl BulkFound {
    /// What a search found.
    pub fn new(search: impl Into<String>, observable: Option<RawObject>) -> Self {
        Self { search: search.into(), found: observable.is_some(), observable }
    }
}

/// Some of the tags that observables have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagList {
    /// Their names.
    pub items: Vec<String>,
    /// Whether more follow.
    pub has_more: bool,
}

impl TagList {
    /// Some tags.
    pub fn new(items: Vec<String>, has_more: bool) -> Self {
        Self { items, has_more }
    }
}
