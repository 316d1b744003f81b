//! Lists of objects: what the service is asked for them and what it answers (CONTRACT 2.4).

use inthreat_stix::{Id, RawObject, Timestamp};

use crate::{FeedId, ObservableType, options::options};

/// How far into a list one can ask (CONTRACT 2.4).
pub const OFFSET_MAX: u32 = 10_000;

options! {
    /// A part of a list.
    WindowRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
    }
}

options! {
    /// A part of a list of things that have names.
    NamedRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
        /// Only things of these names. Empty: all.
        with_names names: list String;
    }
}

options! {
    /// A part of a list of objects of several types.
    TypedRequest {
        /// At most this many, 1 to 100, of a report's contents to 2,000; the service takes 20 (100 of a report's
        /// contents) when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
        /// Only objects of these types; of relationships, their `relationship_type`. Empty: all.
        with_types types: list String;
    }
}

options! {
    /// Lists objects by their properties. Different properties narrow the list, values of one widen it.
    ObjectsRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
        /// Only objects of these STIX types. Empty: all.
        with_types types: list String;
        /// Only objects of these names. Empty: all.
        with_names names: list String;
        /// Only objects of these identifiers. Empty: all.
        with_ids ids: list Id;
        /// Only objects with these external identifiers, such as `T1059`. Empty: all.
        with_external_ids external_ids: list String;
        /// Only objects with these markings. Empty: all.
        with_tlps tlps: list Id;
        /// Only objects of these sources. Empty: all.
        with_sources sources: list Id;
        /// Only objects with these labels. Empty: all.
        with_labels labels: list String;
        /// Only deprecated objects, or only others.
        with_deprecated deprecated: option bool;
    }
}

/// By what a search sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SearchSort {
    /// What fits best comes first.
    Pertinence,
    /// What was modified last comes first.
    Modified,
}

/// How a confidence is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "there are no other comparisons")]
pub enum Comparison {
    /// `==`.
    Equal,
    /// `>`.
    Greater,
    /// `<`.
    Less,
    /// `>=`.
    GreaterOrEqual,
    /// `<=`.
    LessOrEqual,
}

options! {
    /// Searches objects. Different properties narrow the search, values of one widen it.
    SearchRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
        /// Words to search for.
        with_term term: option String;
        /// Several texts to search for at once. Empty: none.
        with_terms terms: list String;
        /// Only objects of these STIX types. Empty: all.
        with_types types: list String;
        /// Whether only names, aliases and the like are searched.
        with_simple simple: option bool;
        /// Whether revoked objects are found.
        with_include_revoked include_revoked: option bool;
        /// By what the answer is sorted.
        with_sort sort: option SearchSort;
        /// Only identities that are sources, or only other objects.
        with_is_source is_source: option bool;
        /// Only objects of these sources. Empty: all.
        with_sources sources: list Id;
        /// Only objects created after this.
        with_created created: option Timestamp;
        /// Only objects modified after this.
        with_modified modified: option Timestamp;
        /// Only indicators whose pattern contains observables of these types. Empty: all objects.
        with_observable_types observable_types: list ObservableType;
        /// Only objects with these markings. Empty: all.
        with_tlps tlps: list Id;
        /// Only objects with these labels. Empty: all.
        with_labels labels: list String;
        /// Only objects whose confidence compares so with this number, 0 to 100.
        with_confidence confidence: option (Comparison, u8);
        /// Only objects about these sectors. Empty: all.
        with_sectors sectors: list Id;
        /// Only objects about these locations. Empty: all.
        with_locations locations: list Id;
        /// Only objects of this feed.
        with_feed feed: option FeedId;
        /// Only objects of these names. Empty: all.
        with_names names: list String;
        /// Only deprecated objects, or only others.
        with_deprecated deprecated: option bool;
        /// Whether the answer counts all that was found.
        with_count with_total: flag bool;
    }
}

options! {
    /// Lists reports.
    ReportsRequest {
        /// At most this many, 1 to 100; the service takes 20 when nothing is said.
        with_limit limit: option u32;
        /// How many to pass over, up to [`OFFSET_MAX`].
        with_offset offset: option u32;
        /// Whether only the service's own flash reports (FLINT) are listed.
        with_only_flint only_flint: flag bool;
        /// Only reports of this feed.
        with_feed feed: option FeedId;
        /// Only reports that mention an object of one of these STIX types. Empty: all.
        with_types types: list String;
        /// Only reports published from then on.
        with_start start: option Timestamp;
        /// Only reports published until then.
        with_end end: option Timestamp;
    }
}

/// Some objects out of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectList {
    /// The objects, as they were written.
    pub items: Vec<RawObject>,
    /// How many there are in all, where it was counted. A local copy counts so far and no further: a total that stopped
    /// there is at least this.
    pub total: Option<u64>,
    /// Whether more follow.
    pub has_more: bool,
}

impl ObjectList {
    /// Some objects, perhaps out of `total`.
    pub fn new(items: Vec<RawObject>, total: Option<u64>, has_more: bool) -> Self {
        Self { items, total, has_more }
    }
}

/// The name of an object and little more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LightObject {
    /// Its identifier.
    pub id: Id,
    /// Its STIX type.
    pub object_type: String,
    /// Its name, where it has one.
    pub name: Option<String>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
}

impl LightObject {
    /// An object of which no more is known.
    pub fn new(id: Id, object_type: impl Into<String>) -> Self {
        Self { id, object_type: object_type.into(), name: None, modified: None }
    }
}

/// Some objects out of a list, by name only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LightObjectList {
    /// The objects.
    pub items: Vec<LightObject>,
    /// How many there are in all, where it was counted.
    pub total: Option<u64>,
    /// Whether more follow.
    pub has_more: bool,
}

impl LightObjectList {
    /// Some objects, perhaps out of `total`.
    pub fn new(items: Vec<LightObject>, total: Option<u64>, has_more: bool) -> Self {
        Self { items, total, has_more }
    }
}
