//! When what arrived: feeds in the order in which their objects came, whatever is written in these.

use async_trait::async_trait;
use inthreat_stix::{Id, RawObject, Rejected, Timestamp};

use crate::{Cursor, FeedId, Result};

/// Tells when objects arrived, which is what TAXII calls the date on which one was added (TAXII 2.1, section 3.4). It has nothing to do
/// with any instant that is written in an object.
///
/// Each version arrives at an instant of its own: what is first in a page arrived earlier than what is behind it, and what comes after a
/// page was read arrives later than everything in it. So whoever goes on behind the instant of the last object that he got misses
/// nothing. A center may come to tell a later instant of an object than before, when it no longer keeps when that came; never
/// an earlier one.
///
/// The live service does not say when what came to it. Both methods read, can be asked again after an error, and leave nothing
/// behind when their future is dropped.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Arrivals: Send + Sync {
    /// A page of what a feed selects, what arrived first in front, also where the feed itself is newest first. Cursors are those of
    /// pages of the feed where it is oldest first: opaque and good for ever.
    async fn arrival_page(&self, request: ArrivalPageRequest) -> Result<ArrivalPage>;

    /// Those of some objects that a feed selects, each once, in the order of the question.
    /// [`NotFound`](crate::ErrorKind::NotFound) where there is no such feed.
    async fn arrivals_of(&self, feed: FeedId, ids: Vec<Id>) -> Result<Vec<Arrival>>;
}

/// An object, and when its version arrived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The object, as it was written.
    pub object: RawObject,
    /// When it arrived.
    pub arrived: Timestamp,
}

impl Arrival {
    /// An object that arrived at an instant.
    pub fn new(object: RawObject, arrived: Timestamp) -> Self {
        Self { object, arrived }
    }
}

/// Asks for a page of a feed by arrival.
///
/// ```
/// use inthreat_api::{ArrivalPageRequest, FeedId};
///
/// let request = ArrivalPageRequest::new(FeedId::default()).with_limit(500).with_types(["indicator"]);
/// assert_eq!((request.limit, request.arrived_after), (Some(500), None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArrivalPageRequest {
    /// The feed.
    pub feed: FeedId,
    /// At most this many, 1 to [`LIMIT_MAX`](crate::LIMIT_MAX); [`LIMIT_DEFAULT`](crate::LIMIT_DEFAULT) when nothing is said.
    pub limit: Option<u32>,
    /// Where to go on.
    pub cursor: Option<Cursor>,
    /// Only what arrived strictly later, also behind a cursor.
    pub arrived_after: Option<Timestamp>,
    /// Only these STIX types, of those that the feed has. Empty: all.
    pub types: Vec<String>,
}

impl ArrivalPageRequest {
    /// The first page of this feed.
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

    /// Sets after which instant of arrival objects count.
    #[must_use]
    pub fn with_arrived_after(mut self, instant: impl Into<Option<Timestamp>>) -> Self {
        self.arrived_after = instant.into();
        self
    }

    /// Sets the STIX types that count.
    #[must_use]
    pub fn with_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }
}

/// A page of a feed by arrival.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ArrivalPage {
    /// The objects, what arrived first in front.
    pub arrivals: Vec<Arrival>,
    /// Items of the page that are no objects.
    pub rejected: Vec<Rejected>,
    /// Where the next page begins; behind the last object, where what is new will be.
    pub next_cursor: Option<Cursor>,
}

impl ArrivalPage {
    /// A page without rejected items.
    pub fn new(arrivals: Vec<Arrival>, next_cursor: Option<Cursor>) -> Self {
        Self { arrivals, rejected: Vec::new(), next_cursor }
    }

    /// How many items the page had, good or bad.
    pub fn len(&self) -> usize {
        self.arrivals.len() + self.rejected.len()
    }

    /// Whether the page had no item at all: nothing arrived later.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
