//! Cursors of the feeds that were read into the replica, and who may move them.
//!
//! The table `cursors` has the cursor and its generation. What came later, the lease and the newest `modified`, stands
//! in `meta`, one row each, so that the tables keep their version: a program that does not know these rows still reads
//! and writes the replica, and since a lease takes a generation, its commits are fenced all the same.

use std::time::{Duration, SystemTime};

use inthreat_api::Cursor;
use inthreat_stix::Timestamp;
use inthreat_store::{Commit, CursorKey, CursorRecord, Lease, LeaseRequest, Position};
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Fault;

/// How the row of `meta` begins that has the newest `modified` up to the cursor of a key, as text.
const NEWEST: &str = "newest:";
/// How the row of `meta` begins that has the lease of a key: token, expiry in microseconds, and holder, with blanks between.
const LEASE: &str = "lease:";

/// How far a feed was read.
pub(crate) fn load(connection: &Connection, key: &CursorKey) -> Result<Position, Fault> {
    Ok(record(connection, key)?.position)
}

/// The lease that is in force now.
pub(crate) fn lease(
    connection: &Connection,
    key: &CursorKey,
    now: SystemTime,
) -> Result<Option<Lease>, Fault> {
    Ok(record(connection, key)?.lease_at(now).cloned())
}

/// Moves a cursor when its generation is the expected one, and gives the new generation.
pub(crate) fn commit(connection: &Connection, commit: &Commit) -> Result<u64, Fault> {
    change(connection, &commit.key, |record| record.commit(commit.clone()))
}

/// Forgets a cursor and keeps its generation, which grows.
pub(crate) fn forget(connection: &Connection, key: &CursorKey) -> Result<bool, Fault> {
    change(connection, key, CursorRecord::forget)
}

/// Takes a lease.
pub(crate) fn take_lease(
    connection: &Connection,
    request: LeaseRequest,
    now: SystemTime,
) -> Result<(Lease, Position), Fault> {
    let key = request.key.clone();
    change(connection, &key, |record| record.take_lease(request, now))
}

/// Holds a lease for longer.
pub(crate) fn renew_lease(
    connection: &Connection,
    lease: &Lease,
    time: Duration,
    now: SystemTime,
) -> Result<Lease, Fault> {
    change(connection, &lease.key, |record| record.renew_lease(lease, time, now))
}

/// Gives a lease back.
pub(crate) fn release_lease(connection: &Connection, lease: &Lease) -> Result<bool, Fault> {
    change(connection, &lease.key, |record| Ok(record.release_lease(lease)))
}

/// Every key that was ever committed or leased, sorted.
pub(crate) fn list(connection: &Connection) -> Result<Vec<(CursorKey, Position)>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT key, cursor, generation, (SELECT value FROM meta WHERE name = ?1 || key)
         FROM cursors ORDER BY key",
    )?;
    let rows = statement.query_map([NEWEST], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
    })?;
    rows.map(|row| {
        let (key, cursor, generation, newest) = row?;
        let key = key.parse().map_err(|_| Fault::corrupt("a key in `cursors` is none"))?;
        Ok((key, position(cursor, generation, newest)?))
    })
    .collect()
}

/// Changes what stands under a key; the caller holds a transaction that writes.
fn change<T>(
    connection: &Connection,
    key: &CursorKey,
    change: impl FnOnce(&mut CursorRecord) -> inthreat_store::Result<T>,
) -> Result<T, Fault> {
    let before = record(connection, key)?;
    let mut after = before.clone();
    let answer = change(&mut after)?;
    let (old, new) = (&before.position, &after.position);
    if new != old {
        let generation = i64::try_from(new.generation).unwrap_or(i64::MAX);
        connection
            .prepare_cached("INSERT OR REPLACE INTO cursors VALUES (?1, ?2, ?3)")?
            .execute(params![key.as_str(), new.cursor.as_ref().map(Cursor::as_str), generation])?;
    }
    if new.newest != old.newest {
        set_meta(connection, NEWEST, key, new.newest.map(|newest| newest.to_string()))?;
    }
    if after.lease != before.lease {
        set_meta(connection, LEASE, key, after.lease.as_ref().map(lease_text))?;
    }
    Ok(answer)
}

fn record(connection: &Connection, key: &CursorKey) -> Result<CursorRecord, Fault> {
    let mut record = CursorRecord::new(key.clone());
    let mut statement =
        connection.prepare_cached("SELECT cursor, generation FROM cursors WHERE key = ?1")?;
    let found =
        statement.query_row([key.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((cursor, generation)) = found {
        record.position = position(cursor, generation, meta(connection, NEWEST, key)?)?;
        record.lease =
            meta(connection, LEASE, key)?.map(|text| parse_lease(key, &text)).transpose()?;
    }
    Ok(record)
}

fn meta(connection: &Connection, kind: &str, key: &CursorKey) -> Result<Option<String>, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([format!("{kind}{key}")], |row| row.get(0)).optional()?)
}

fn set_meta(
    connection: &Connection,
    kind: &str,
    key: &CursorKey,
    value: Option<String>,
) -> Result<(), Fault> {
    let name = format!("{kind}{key}");
    match value {
        Some(value) => connection
            .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
            .execute([name, value])?,
        None => connection.prepare_cached("DELETE FROM meta WHERE name = ?1")?.execute([name])?,
    };
    Ok(())
}

fn position(
    cursor: Option<String>,
    generation: i64,
    newest: Option<String>,
) -> Result<Position, Fault> {
    let cursor = cursor.map(Cursor::new).transpose();
    let cursor = cursor.map_err(|error| Fault::corrupt(error.to_string()))?;
    let newest = newest.map(|text| text.parse::<Timestamp>()).transpose();
    let newest = newest.map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(Position::new(cursor, u64::try_from(generation).unwrap_or_default()).with_newest(newest))
}

fn lease_text(lease: &Lease) -> String {
    let since = lease.expires.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{} {} {}", lease.token, since.as_micros(), lease.holder)
}

fn parse_lease(key: &CursorKey, text: &str) -> Result<Lease, Fault> {
    let mut parts = text.splitn(3, ' ');
    let token = parts.next().and_then(|part| part.parse().ok());
    let expires = parts
        .next()
        .and_then(|part| part.parse().ok())
        .and_then(|micros| SystemTime::UNIX_EPOCH.checked_add(Duration::from_micros(micros)));
    match (token, expires, parts.next()) {
        (Some(token), Some(expires), Some(holder)) => {
            Ok(Lease::new(key.clone(), holder, token, expires))
        }
        _ => Err(Fault::corrupt(format!("the lease of `{key}` in `meta` is none"))),
    }
}
