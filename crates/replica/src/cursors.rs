//! Cursors of the feeds that were read into the replica.

use inthreat_api::Cursor;
use inthreat_store::{Commit, CursorKey, Error, Position};
use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Fault;

/// How far a feed was read.
pub(crate) fn load(connection: &Connection, key: &CursorKey) -> Result<Position, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT cursor, generation FROM cursors WHERE key = ?1")?;
    let found =
        statement.query_row([key.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    found.map_or_else(
        || Ok(Position::default()),
        |(cursor, generation)| position(cursor, generation),
    )
}

/// Moves a cursor when its generation is the expected one, and gives the new generation.
pub(crate) fn commit(connection: &Connection, commit: &Commit) -> Result<u64, Fault> {
    let found = load(connection, &commit.key)?.generation;
    if found != commit.expected {
        return Err(Error::conflict(&commit.key, commit.expected, found).into());
    }
    let generation = found + 1;
    store(connection, &commit.key, Some(commit.cursor.as_str()), generation)?;
    Ok(generation)
}

/// Every key that was ever committed, sorted.
pub(crate) fn list(connection: &Connection) -> Result<Vec<(CursorKey, Position)>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT key, cursor, generation FROM cursors ORDER BY key")?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))?;
    rows.map(|row| {
        let (key, cursor, generation) = row?;
        let key = key.parse().map_err(|_| Fault::corrupt("a key in `cursors` is none"))?;
        Ok((key, position(cursor, generation)?))
    })
    .collect()
}

/// Forgets a cursor and keeps its generation, which grows.
pub(crate) fn forget(connection: &Connection, key: &CursorKey) -> Result<bool, Fault> {
    let position = load(connection, key)?;
    if position.cursor.is_none() {
        return Ok(false);
    }
    store(connection, key, None, position.generation + 1)?;
    Ok(true)
}

fn store(
    connection: &Connection,
    key: &CursorKey,
    cursor: Option<&str>,
    generation: u64,
) -> Result<(), Fault> {
    let generation = i64::try_from(generation).unwrap_or(i64::MAX);
    connection
        .prepare_cached("INSERT OR REPLACE INTO cursors VALUES (?1, ?2, ?3)")?
        .execute(params![key.as_str(), cursor, generation])?;
    Ok(())
}

fn position(cursor: Option<String>, generation: i64) -> Result<Position, Fault> {
    let cursor = cursor.map(Cursor::new).transpose();
    let cursor = cursor.map_err(|error| Fault::corrupt(error.to_string()))?;
    Ok(Position::new(cursor, u64::try_from(generation).unwrap_or_default()))
}
