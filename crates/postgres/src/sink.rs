//! Batches: one or two questions and one statement for thousands of objects, in one transaction.

use std::{
    borrow::Cow,
    collections::HashMap,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::{Batch, Commit, Held, Holdings, Result, Sink, TransactionalSink, Written};

use crate::{PostgresStore, cursors, fault::Fault};

/// How much one statement carries: objects and bytes. A batch of more takes several, in the same transaction.
const OBJECTS_MAX: usize = 5_000;
const BYTES_MAX: usize = 16 << 20;

#[async_trait]
impl Sink for PostgresStore {
    async fn write(&self, batch: Batch) -> Result<Written> {
        Ok(self.write_batch(&batch, None).await?.0)
    }
}

#[async_trait]
impl TransactionalSink for PostgresStore {
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        self.write_batch(&batch, Some(&commit)).await
    }
}

#[async_trait]
impl Holdings for PostgresStore {
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>> {
        let found = self.held(&ids).await.map_err(|fault| fault.into_error("read"))?;
        Ok(ids.iter().map(|id| found.get(&id.to_string()).copied()).collect())
    }
}

impl PostgresStore {
    /// Writes a batch, and moves the cursor where one is given. The generation is 0 where none is.
    async fn write_batch(&self, batch: &Batch, commit: Option<&Commit>) -> Result<(Written, u64)> {
        // All writers lock rows in one order, so that they wait for each other and do not block each other.
        let mut objects: Vec<&RawObject> = batch.objects().iter().collect();
        objects.sort_by_key(|object| object.id());
        self.again(async || {
            let mut client = self.client().await?;
            let transaction = Self::begin(&mut client).await?;
            let writer =
                Writer { transaction, schema: self.schema(), feed: batch.feed.to_string() };
            let generation = match commit {
                Some(commit) => cursors::commit(&writer.transaction, self.schema(), commit).await?,
                None => 0,
            };
            let mut written = Written::default();
            for part in parts(&objects) {
                written += writer.objects(part).await?;
            }
            writer.quarantine(batch).await?;
            written.quarantined = batch.rejected.len() as u64;
            writer.transaction.commit().await?;
            Ok((written, generation))
        })
        .await
        .map_err(|fault| fault.into_error("write to"))
    }

    async fn held(&self, ids: &[Id]) -> Result<HashMap<String, Held>, Fault> {
        let client = self.client().await?;
        let query = format!(
            "SELECT id, instant, revoked FROM {}.objects WHERE id = ANY($1)",
            self.schema()
        );
        let statement = client.prepare_cached(&query).await?;
        let ids: Vec<String> = ids.iter().map(Id::to_string).collect();
        let rows = client.query(&statement, &[&ids]).await?;
        let held = rows.iter().map(|row| {
            let (id, instant): (String, &str) = (row.try_get(0)?, row.try_get(1)?);
            let modified =
                match instant {
                    "" => None,
                    instant => Some(instant.parse::<Timestamp>().map_err(|_| {
                        Fault::corrupt(format!("read `{id}`: its `instant` is none"))
                    })?),
                };
            Ok((id, Held::new(modified, row.try_get(2)?)))
        });
        held.collect()
    }
}

/// Cuts objects that are sorted by id into parts that one statement can carry.
fn parts<'a>(objects: &'a [&'a RawObject]) -> impl Iterator<Item = &'a [&'a RawObject]> {
    let mut rest = objects;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |object: &&&RawObject| {
            let first = bytes == 0;
            bytes += object.as_bytes().len();
            first || bytes <= BYTES_MAX
        };
        let count = rest.iter().take(OBJECTS_MAX).take_while(fits).count();
        let (part, left) = rest.split_at_checked(count)?;
        rest = left;
        (!part.is_empty()).then_some(part)
    })
}

/// Writes one batch.
struct Writer<'a> {
    transaction: Transaction<'a>,
    schema: &'a str,
    feed: String,
}

impl Writer<'_> {
    /// Writes the newest versions among these and those that are there.
    async fn objects(&self, objects: &[&RawObject]) -> Result<Written, Fault> {
        let mut ids: Vec<&str> = objects.iter().filter_map(|object| object.id()).collect();
        ids.dedup();
        let held = self.lock(&ids).await?;
        // Only where an instant is the same does it matter whether the bytes are.
        let same = objects.iter().filter_map(|object| {
            let id = object.id()?;
            (held.get(id)? == &instant(object)).then_some(id)
        });
        let texts = self.texts(&same.collect::<Vec<_>>()).await?;

        let mut written = Written::default();
        let mut winners: Vec<&RawObject> = Vec::new();
        for object in objects {
            let id = object.id().unwrap_or_default();
            let newest = winners.last().copied().filter(|winner| winner.id() == Some(id));
            let (is_same, is_older) = match newest {
                Some(newest) => (newest == *object, object.modified() < newest.modified()),
                None => (
                    texts.get(id).is_some_and(|text| text == object.as_str()),
                    held.get(id).is_some_and(|held| instant(object) < *held),
                ),
            };
            if is_same {
                written.unchanged += 1;
            } else if is_older {
                written.outdated += 1;
            } else {
                written.accepted += 1;
                if newest.is_some() {
                    winners.pop();
                }
                winners.push(object);
            }
        }
        if !winners.is_empty() {
            self.upsert(&winners).await?;
        }
        Ok(written)
    }

    /// Locks the rows of these ids, and gives the instant of each that is there.
    async fn lock(&self, ids: &[&str]) -> Result<HashMap<String, String>, Fault> {
        let query = format!(
            "SELECT id, instant FROM {}.objects WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            self.schema
        );
        let statement = self.transaction.prepare_cached(&query).await?;
        let rows = self.transaction.query(&statement, &[&ids]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    async fn texts(&self, ids: &[&str]) -> Result<HashMap<String, String>, Fault> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = format!("SELECT id, raw FROM {}.objects WHERE id = ANY($1)", self.schema);
        let statement = self.transaction.prepare_cached(&query).await?;
        let rows = self.transaction.query(&statement, &[&ids]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// Writes objects of different ids. Where a text does not fit into `jsonb`, which costs the whole statement, all
    /// are written once more in a way that is slower and leaves that column empty for the one.
    async fn upsert(&self, objects: &[&RawObject]) -> Result<(), Fault> {
        self.transaction.batch_execute("SAVEPOINT objects").await?;
        match self.upsert_as(objects, "raw::jsonb").await {
            Err(fault) if fault.is_unfit_json() => {
                self.transaction.batch_execute("ROLLBACK TO SAVEPOINT objects").await?;
                self.upsert_as(objects, &format!("{}.as_json(raw)", self.schema)).await
            }
            other => other,
        }
    }

    async fn upsert_as(&self, objects: &[&RawObject], json: &str) -> Result<(), Fault> {
        // Another writer may have been faster with an id that is new to both; the newest stays then.
        let query = format!(
            "INSERT INTO {s}.objects AS o (id, type, modified, instant, revoked, feed, raw, object)
             SELECT id, type, modified, instant, revoked, $6, raw, {json}
             FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $7::timestamptz[])
                 AS t (id, type, instant, revoked, raw, modified)
             ON CONFLICT (id) DO UPDATE SET type = excluded.type, modified = excluded.modified,
                 instant = excluded.instant, revoked = excluded.revoked, feed = excluded.feed,
                 received = excluded.received, raw = excluded.raw, object = excluded.object
             WHERE o.instant <= excluded.instant",
            s = self.schema
        );
        let statement = self.transaction.prepare_cached(&query).await?;
        let ids: Vec<&str> = objects.iter().map(|o| o.id().unwrap_or_default()).collect();
        let types: Vec<Cow<'_, str>> =
            objects.iter().map(|o| without_nul(o.object_type().unwrap_or_default())).collect();
        let types: Vec<&str> = types.iter().map(|text| &**text).collect();
        let instants: Vec<String> = objects.iter().map(|o| instant(o)).collect();
        let revoked: Vec<bool> = objects.iter().map(|o| o.is_revoked()).collect();
        let raw: Vec<&str> = objects.iter().map(|o| o.as_str()).collect();
        let modified: Vec<Option<SystemTime>> = objects.iter().map(|o| moment(o)).collect();
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&ids, &types, &instants, &revoked, &raw, &self.feed, &modified];
        self.transaction.execute(&statement, &parameters).await?;
        Ok(())
    }

    /// Keeps what is no object, each once.
    async fn quarantine(&self, batch: &Batch) -> Result<(), Fault> {
        let query = format!(
            "INSERT INTO {}.quarantine (feed, place, reason, raw)
             SELECT $1, place, reason, raw FROM unnest($2::bigint[], $3::text[], $4::bytea[])
                 AS t (place, reason, raw)
             ON CONFLICT DO NOTHING",
            self.schema
        );
        for part in batch.rejected.chunks(OBJECTS_MAX) {
            let statement = self.transaction.prepare_cached(&query).await?;
            let places: Vec<i64> =
                part.iter().map(|r| i64::try_from(r.index()).unwrap_or(i64::MAX)).collect();
            let reasons: Vec<Cow<'_, str>> = part.iter().map(|r| without_nul(r.reason())).collect();
            let reasons: Vec<&str> = reasons.iter().map(|text| &**text).collect();
            let raw: Vec<&[u8]> = part.iter().map(inthreat_stix::Rejected::as_bytes).collect();
            self.transaction.execute(&statement, &[&self.feed, &places, &reasons, &raw]).await?;
        }
        Ok(())
    }
}

/// `modified` with nine digits, which sorts as text as it does in time, leap seconds too; empty where there is none.
fn instant(object: &RawObject) -> String {
    object.modified().map_or_else(String::new, |modified| modified.with_digits(9).to_string())
}

/// `modified` as the engine has it: to the microsecond, and without leap seconds.
fn moment(object: &RawObject) -> Option<SystemTime> {
    let micros = object.modified()?.micros();
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// The one character that JSON can write and the engine's texts cannot hold.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}
