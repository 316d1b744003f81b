//! Items that were no objects, and the contract of who keeps them.

use async_trait::async_trait;
use inthreat_stix::Timestamp;

use crate::Result;

/// An item that could not be stored as an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// Its number, growing in the order of arrival; 1 or more.
    pub number: u64,
    /// The feed that it came from.
    pub feed: String,
    /// Its place among the items of its page, from 0.
    pub index: u64,
    /// What is wrong with it.
    pub reason: String,
    /// When it came, to the microsecond.
    pub received: Option<Timestamp>,
    /// Its bytes, which need not be UTF-8.
    pub bytes: Vec<u8>,
}

impl Quarantined {
    /// An item that came from a feed, from this place in its page, for this reason.
    pub fn new(
        number: u64,
        feed: impl Into<String>,
        index: u64,
        reason: impl Into<String>,
        bytes: Vec<u8>,
    ) -> Self {
        Self { number, feed: feed.into(), index, reason: reason.into(), received: None, bytes }
    }

    /// Sets when it came.
    #[must_use]
    pub fn with_received(mut self, received: Option<Timestamp>) -> Self {
        self.received = received;
        self
    }
}

/// A sink whose rejected items can be looked at, and taken out when they were dealt with.
///
/// An item is kept once, however often it comes. Numbers are never given twice.
#[async_trait]
pub trait Quarantine: Send + Sync {
    /// The items with a number above `after`, oldest first, at most `limit`. Dropping the future leaves nothing behind.
    async fn quarantined(&self, after: u64, limit: u32) -> Result<Vec<Quarantined>>;

    /// Takes items out by their numbers, and gives how many there were. What they were is gone: store it first, where it
    /// is wanted. Dropping the future leaves open whether it was done.
    async fn release(&self, numbers: Vec<u64>) -> Result<u64>;
}
