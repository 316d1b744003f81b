//! One page of a feed: the question and the answer.

use inthreat_stix::{RawObject, Rejected, Timestamp};

use crate::{Cursor, FeedId, ObservableType};

/// How many objects a page has when nothing is said (CONTRACT 2.1).
pub const LIMIT_DEFAULT: u32 = 100;
/// How many objects a page may have (CONTRACT 2.1).
pub const LIMIT_MAX: u32 = 2000;

/// Asks for one page of a feed (CONTRACT 2.1). Options that are `None` are left to the feed's own settings.
///
/// ```
/// use inthreat_api::{FeedId, PageRequest};
///
/// let request = PageRequest::new(FeedId::default()).with_limit(500).with_types(["indicator"]);
/// assert_eq!(request.limit, Some(500));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageRequest {
    /// The feed.
    pub feed: FeedId,
    /// At most this many objects, 1 to [`LIMIT_MAX`]; [`LIMIT_DEFAULT`] when nothing is said.
    pub limit: Option<u32>,
    /// Where to go on. Wins over `modified_after`.
    pub cursor: Option<Cursor>,
    /// Only objects created or modified strictly later.
    pub modified_after: Option<Timestamp>,
    /// Only these STIX types, of those that the feed has. Empty: all.
    pub types: Vec<String>,
    /// Only indicators whose pattern contains observables of these types. Empty: all objects.
    pub observable_types: Vec<ObservableType>,
    /// Whether revoked objects are delivered.
    pub include_revoked: Option<bool>,
    /// Whether indicators whose `valid_until` is past are left out.
    pub skip_expired: Option<bool>,
    /// Whether all properties of an object are delivered.
    pub return_all_fields: Option<bool>,
    /// Whether `network-traffic:dst_ref.value` in patterns is replaced by the plain address or name; the
    /// service does so when nothing is said (CONTRACT 5.6).
    pub convert_network_traffic: Option<bool>,
    /// The newest objects first, in one batch.
    pub latest: Option<bool>,
}

impl PageRequest {
    /// The first page of this feed, with the feed's own settings.
    pub fn new(feed: FeedId) -> Self {
        Self { feed, ..Self::default() }
    }

    /// Sets how many objects the page may have.
    #[must_use]
    pub fn with_limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets where to go on.
    #[must_use]
    pub fn with_cursor(mut self, cursor: impl Into<Option<Cursor>>) -> Self {
        self.cursor = cursor.into();
        self
    }

    /// Sets after which instant objects count.
    #[must_use]
    pub fn with_modified_after(mut self, instant: Timestamp) -> Self {
        self.modified_after = Some(instant);
        self
    }

    /// Sets the STIX types that count.
    #[must_use]
    pub fn with_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }
}

/// One page of a feed.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Page {
    /// The objects, oldest `modified` first, as they were written.
    pub objects: Vec<RawObject>,
    /// Items of the page that are no objects.
    pub rejected: Vec<Rejected>,
    /// Where the next page begins. `None` when the answer had none.
    pub next_cursor: Option<Cursor>,
}

impl Page {
    /// A page without rejected items.
    pub fn new(objects: Vec<RawObject>, next_cursor: Option<Cursor>) -> Self {
        Self { objects, rejected: Vec::new(), next_cursor }
    }

    /// How many items the page had, good or bad.
    pub fn len(&self) -> usize {
        self.objects.len() + self.rejected.len()
    }

    /// Whether the page had no item at all: the feed has nothing newer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
