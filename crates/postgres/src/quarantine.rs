//! Items that were no objects.

use async_trait::async_trait;
use inthreat_stix::Timestamp;
use inthreat_store::{Quarantine, Quarantined, Result};

use crate::{PostgresStore, fault::Fault};

#[async_trait]
impl Quarantine for PostgresStore {
    async fn quarantined(&self, after: u64, limit: u32) -> Result<Vec<Quarantined>> {
        let query = format!(
            "SELECT number, feed, place, reason, (extract(epoch FROM received) * 1000000)::bigint, raw
             FROM {}.quarantine WHERE number > $1 ORDER BY number LIMIT $2",
            self.schema()
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let ask = async || -> Result<_, Fault> {
            let rows = self.client().await?.query(&query, &[&after, &i64::from(limit)]).await?;
            let items = rows.iter().map(|row| {
                let [number, index] = [row.try_get::<_, i64>(0)?, row.try_get(2)?];
                let (feed, reason): (String, String) = (row.try_get(1)?, row.try_get(3)?);
                let (number, index) = (number.unsigned_abs(), index.unsigned_abs());
                Ok(Quarantined::new(number, feed, index, reason, row.try_get(5)?)
                    .with_received(instant(row.try_get(4)?)))
            });
            items.collect()
        };
        ask().await.map_err(|fault| fault.into_error("list the quarantine of"))
    }

    async fn release(&self, numbers: Vec<u64>) -> Result<u64> {
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
