//! Objects, cursors and quarantine in one place, be it a replica or a server.

use async_trait::async_trait;
use inthreat_replica::Replica;
use inthreat_stix::Timestamp;
use inthreat_store::{Holdings, TransactionalSink};

use crate::failure::Outcome;

/// What keeps objects with their cursors, can be compared with its source, and has a quarantine.
pub(crate) trait Database: TransactionalSink + Holdings + Quarantine {}

impl<T: TransactionalSink + Holdings + Quarantine> Database for T {}

/// An item that could not be stored as an object.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// Its number, growing in the order of arrival.
    pub(crate) number: u64,
    pub(crate) feed: String,
    /// Its place among the items of its page, from 0.
    pub(crate) index: u64,
    pub(crate) reason: String,
    pub(crate) received: Option<Timestamp>,
    pub(crate) bytes: Vec<u8>,
}

/// What was set aside.
#[async_trait]
pub(crate) trait Quarantine: Send + Sync {
    /// The items with a number above `after`, oldest first, at most `limit`.
    async fn items(&self, after: u64, limit: u32) -> Outcome<Vec<Item>>;

    /// Takes items out by their numbers.
    async fn release(&self, numbers: Vec<u64>) -> Outcome;
}

#[async_trait]
impl Quarantine for Replica {
    async fn items(&self, after: u64, limit: u32) -> Outcome<Vec<Item>> {
        let items = self.quarantined(after, limit)?.into_iter().map(|item| Item {
            number: item.number,
            feed: item.feed,
            index: item.index,
            reason: item.reason,
            received: item.received,
            bytes: item.bytes,
        });
        Ok(items.collect())
    }

    async fn release(&self, numbers: Vec<u64>) -> Outcome {
        Self::release(self, numbers).await?;
        Ok(())
    }
}
