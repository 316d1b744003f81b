//! Items that were no objects.

use inthreat_stix::Timestamp;
use inthreat_store::Result;

use crate::{PostgresStore, fault::Fault};

/// An item that could not be stored as an object.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quarantined {
    /// Its number, growing in the order of arrival.
    pub number: u64,
    /// The feed that it came from.
    pub feed: String,
    /// Its place among the items of its page, from 0.
    pub index: u64,
    /// What is wrong with it.
    pub reason: String,
    /// When it came.
    pub received: Option<Timestamp>,
    /// Its bytes, which need not be UTF-8.
    pub bytes: Vec<u8>,
}

impl PostgresStore {
    /// The items in quarantine with a number above `after`, oldest first, at most `limit`.
    pub async fn quarantined(&self, after: u64, limit: u32) -> Result<Vec<Quarantined>> {
        let query = format!(
            "SELECT number, feed, place, reason, (extract(epoch FROM received) * 1000000)::bigint, raw
             FROM {}.quarantine WHERE number > $1 ORDER BY number LIMIT $2",
            self.schema()
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let ask = async || -> Result<_, Fault> {
            let rows = self.client().await?.query(&query, &[&after, &i64::from(limit)]).await?;
            let items = rows.iter().map(|row| {
                Ok(Quarantined {
                    number: row.try_get::<_, i64>(0)?.unsigned_abs(),
                    feed: row.try_get(1)?,
                    index: row.try_get::<_, i64>(2)?.unsigned_abs(),
                    reason: row.try_get(3)?,
                    received: instant(row.try_get(4)?),
                    bytes: row.try_get(5)?,
                })
            });
            items.collect()
        };
        ask().await.map_err(|fault| fault.into_error("list the quarantine of"))
    }

    /// Takes items out of the quarantine by their numbers, and gives how many there were. What they were is gone: store
    /// it first, where it is wanted. Dropping the future leaves open whether it was done.
    pub async fn release(&self, numbers: Vec<u64>) -> Result<u64> {
        let query = format!("DELETE FROM {}.quarantine WHERE number = ANY($1)", self.schema());
        // The engine numbers no item beyond.
        let numbers: Vec<i64> = numbers.into_iter().filter_map(|n| i64::try_from(n).ok()).collect();
        let change = async || -> Result<_, Fault> {
            Ok(self.client().await?.execute(&query, &[&numbers]).await?)
        };
        change().await.map_err(|fault| fault.into_error("take items out of the quarantine of"))
    }
}

/// An instant from microseconds since 1970-01-01T00:00:00Z.
fn instant(micros: i64) -> Option<Timestamp> {
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000;
    Timestamp::from_unix(micros.div_euclid(1_000_000), nanos)
}
