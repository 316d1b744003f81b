//! Cursors and leases: rows that are locked, read, changed by the common rules, and written back.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use deadpool_postgres::Transaction;
use inthreat_api::Cursor;
use inthreat_store::{
    Commit, CursorKey, CursorRecord, CursorStore, Lease, LeaseRequest, Position, Result,
};
use tokio_postgres::Row;

use crate::{PostgresStore, fault::Fault};

const COLUMNS: &str = "key, generation, cursor, newest, lease_token, lease_holder, lease_expires";

#[async_trait]
impl CursorStore for PostgresStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        let (record, _) = self.record(key).await.map_err(|fault| fault.into_error("read"))?;
        Ok(record.position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        self.change(&commit.key, |record, _| record.commit(commit.clone())).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        self.all().await.map_err(|fault| fault.into_error("list the cursors of"))
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        self.change(key, |record, _| record.forget()).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let key = request.key.clone();
        self.change(&key, |record, now| record.take_lease(request.clone(), now)).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        self.change(&lease.key, |record, now| record.renew_lease(lease, time, now)).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        self.change(&lease.key, |record, _| Ok(record.release_lease(lease))).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let (record, now) = self.record(key).await.map_err(|fault| fault.into_error("read"))?;
        Ok(record.lease_at(now).cloned())
    }
}

impl PostgresStore {
    /// Changes what stands under a key, while nobody else may.
    async fn change<T: Send>(
        &self,
        key: &CursorKey,
        change: impl Fn(&mut CursorRecord, SystemTime) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        self.again(async || {
            let mut client = self.client().await?;
            let transaction = Self::begin(&mut client).await?;
            let (before, now) = lock(&transaction, self.schema(), key).await?;
            let mut after = before.clone();
            let answer = change(&mut after, now)?;
            if after != before {
                write(&transaction, self.schema(), &after).await?;
                transaction.commit().await?;
            }
            Ok(answer)
        })
        .await
        .map_err(|fault| fault.into_error("move a cursor in"))
    }

    /// What stands under a key, and the server's time.
    async fn record(&self, key: &CursorKey) -> Result<(CursorRecord, SystemTime), Fault> {
        let client = self.client().await?;
        let query = format!("SELECT {COLUMNS} FROM {}.cursors WHERE key = $1", self.schema());
        let statement = client.prepare_cached(&query).await?;
        let record = match client.query_opt(&statement, &[&key.as_str()]).await? {
            Some(row) => read(&row)?,
            None => CursorRecord::new(key.clone()),
        };
        let now = client.query_one(&client.prepare_cached(NOW).await?, &[]).await?.try_get(0)?;
        Ok((record, instant(now)?))
    }

    async fn all(&self) -> Result<Vec<(CursorKey, Position)>, Fault> {
        let client = self.client().await?;
        let query = format!("SELECT {COLUMNS} FROM {}.cursors ORDER BY key", self.schema());
        let rows = client.query(&client.prepare_cached(&query).await?, &[]).await?;
        let records = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(records.into_iter().map(|record| (record.key, record.position)).collect())
    }
}

/// Commits a cursor within a transaction, and gives its new generation.
pub(crate) async fn commit(
    transaction: &Transaction<'_>,
    schema: &str,
    commit: &Commit,
) -> Result<u64, Fault> {
    let (mut record, _) = lock(transaction, schema, &commit.key).await?;
    let generation = record.commit(commit.clone())?;
    write(transaction, schema, &record).await?;
    Ok(generation)
}

const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// Locks the row of a key until the end of the transaction. Where there is none, one is put there, since what is not
/// there cannot be locked; a transaction that changes nothing is undone, and the row with it.
async fn lock(
    transaction: &Transaction<'_>,
    schema: &str,
    key: &CursorKey,
) -> Result<(CursorRecord, SystemTime), Fault> {
    let put = format!(
        "INSERT INTO {schema}.cursors (key, generation) VALUES ($1, 0) ON CONFLICT (key) DO NOTHING"
    );
    transaction.execute(&transaction.prepare_cached(&put).await?, &[&key.as_str()]).await?;
    let query = format!("SELECT {COLUMNS} FROM {schema}.cursors WHERE key = $1 FOR UPDATE");
    let statement = transaction.prepare_cached(&query).await?;
    let row = transaction.query_one(&statement, &[&key.as_str()]).await?;
    // The time is asked for when the lock is ours: waiting for it takes as long as it takes.
    let now = transaction.prepare_cached(NOW).await?;
    let now = transaction.query_one(&now, &[]).await?.try_get(0)?;
    Ok((read(&row)?, instant(now)?))
}

async fn write(
    transaction: &Transaction<'_>,
    schema: &str,
    record: &CursorRecord,
) -> Result<(), Fault> {
    let CursorRecord { key, position, lease, .. } = record;
    let update = format!(
        "UPDATE {schema}.cursors SET generation = $2, cursor = $3, newest = $4,
         lease_token = $5, lease_holder = $6, lease_expires = $7 WHERE key = $1"
    );
    let statement = transaction.prepare_cached(&update).await?;
    let number = |number: u64| {
        i64::try_from(number)
            .map_err(|_| Fault::corrupt(format!("move `{key}`: its generation is at its end")))
    };
    let generation = number(position.generation)?;
    let cursor = position.cursor.as_ref().map(Cursor::as_str);
    let newest = position.newest.map(|newest| newest.to_string());
    let token = lease.as_ref().map(|lease| number(lease.token)).transpose()?;
    let holder = lease.as_ref().map(|lease| lease.holder.as_str());
    let expires = lease.as_ref().map(|lease| micros(lease.expires));
    transaction
        .execute(
            &statement,
            &[&key.as_str(), &generation, &cursor, &newest, &token, &holder, &expires],
        )
        .await?;
    Ok(())
}

fn read(row: &Row) -> Result<CursorRecord, Fault> {
    let key: &str = row.try_get(0)?;
    let broken =
        |what: &str| Fault::corrupt(format!("read the cursor `{key}`: its {what} is none"));
    let key: CursorKey = key.parse().map_err(|_| broken("key"))?;
    let number = |number: i64| u64::try_from(number).map_err(|_| broken("generation"));
    let cursor = row.try_get::<_, Option<String>>(2)?.map(Cursor::new).transpose();
    let newest = row.try_get::<_, Option<&str>>(3)?.map(str::parse).transpose();
    let newest: Option<inthreat_stix::Timestamp> = newest.map_err(|_| broken("newest"))?;
    let mut record = CursorRecord::new(key.clone());
    record.position =
        Position::new(cursor.map_err(|_| broken("cursor"))?, number(row.try_get(1)?)?)
            .with_newest(newest);
    let (token, holder, expires) = (row.try_get(4)?, row.try_get(5)?, row.try_get(6)?);
    if let (Some(token), Some(holder), Some(expires)) = (token, holder, expires) {
        let holder: String = holder;
        record.lease = Some(Lease::new(key, holder, number(token)?, instant(expires)?));
    }
    Ok(record)
}

/// An instant from microseconds since 1970-01-01T00:00:00Z.
fn instant(micros: i64) -> Result<SystemTime, Fault> {
    let since = u64::try_from(micros).ok().map(Duration::from_micros);
    since
        .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
        .ok_or_else(|| Fault::corrupt("read a time of the server: it lies before 1970"))
}

fn micros(instant: SystemTime) -> i64 {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
