//! Items that were no objects.

use inthreat_stix::Timestamp;
use inthreat_store::Result;
use rusqlite::params;

use crate::{instant, replica::Replica};

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

impl Replica {
    /// Takes items out of the quarantine by their numbers, and gives how many there were. What they were is gone: store
    /// it first, where it is wanted. Dropping the future leaves open whether it was done.
    pub async fn release(&self, numbers: Vec<u64>) -> Result<u64> {
        if numbers.is_empty() {
            return Ok(0);
        }
        self.change("take items out of the quarantine of", move |transaction| {
            let mut statement =
                transaction.prepare_cached("DELETE FROM quarantine WHERE n = ?1")?;
            let mut released = 0;
            for number in numbers {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                released += statement.execute([number])? as u64;
            }
            Ok(released)
        })
        .await
    }

    /// The items in quarantine with a number above `after`, oldest first, at most `limit`. Blocks.
    pub fn quarantined(&self, after: u64, limit: u32) -> Result<Vec<Quarantined>> {
        self.ask("list the quarantine of", |reader| {
            let mut statement = reader.connection.prepare_cached(
                "SELECT n, feed, place, reason, received, raw FROM quarantine WHERE n > ?1 ORDER BY n LIMIT ?2",
            )?;
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![after, limit], |row| {
                Ok(Quarantined {
                    number: row.get::<_, i64>(0)?.cast_unsigned(),
                    feed: row.get(1)?,
                    index: row.get::<_, i64>(2)?.cast_unsigned(),
                    reason: row.get(3)?,
                    received: instant::from_micros(row.get(4)?),
                    bytes: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}
