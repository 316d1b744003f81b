//! Items that were no objects.

use async_trait::async_trait;
use inthreat_store::{Quarantine, Quarantined, Result};
use rusqlite::params;

use crate::{instant, replica::Replica};

#[async_trait]
impl Quarantine for Replica {
    async fn quarantined(&self, after: u64, limit: u32) -> Result<Vec<Quarantined>> {
        let list = self.ask_async(move |reader| {
            let mut statement = reader.connection.prepare_cached(
                "SELECT n, feed, place, reason, received, raw FROM quarantine WHERE n > ?1 ORDER BY n LIMIT ?2",
            )?;
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![after, limit], |row| {
                let [number, index] = [row.get::<_, i64>(0)?, row.get(2)?].map(i64::cast_unsigned);
                let (feed, reason): (String, String) = (row.get(1)?, row.get(3)?);
                Ok(Quarantined::new(number, feed, index, reason, row.get(5)?)
                    .with_received(instant::from_micros(row.get(4)?)))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        });
        list.await.map_err(|fault| fault.into_store("list the quarantine of", self.folder()))
    }

    async fn release(&self, numbers: Vec<u64>) -> Result<u64> {
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
}
