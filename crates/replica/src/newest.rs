//! The newest `modified` among neighbours in the arrival log, by which stretches of old objects are passed over.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::fault::Fault;

/// A row for each [`CHUNK`] of sequences; none where no version has an instant.
pub(crate) const TABLE: &str = "
CREATE TABLE newest (
    chunk INTEGER PRIMARY KEY,
    modified INTEGER NOT NULL,
    modified_rest INTEGER NOT NULL
) STRICT;
";

/// How many sequences share a row.
pub(crate) const CHUNK: i64 = 4096;

/// The newest instants of versions that are being written.
#[derive(Debug, Default)]
pub(crate) struct Newest(BTreeMap<i64, (i64, i64)>);

impl Newest {
    /// Takes the instant of a version.
    pub(crate) fn add(&mut self, sequence: i64, instant: (i64, i64)) {
        let newest = self.0.entry(sequence.div_euclid(CHUNK)).or_insert(instant);
        *newest = instant.max(*newest);
    }

    /// Stores those that are newer than what is stored.
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let mut insert = connection.prepare_cached(
            "INSERT INTO newest VALUES (?1, ?2, ?3) ON CONFLICT (chunk) DO UPDATE
             SET modified = excluded.modified, modified_rest = excluded.modified_rest
             WHERE (excluded.modified, excluded.modified_rest) > (modified, modified_rest)",
        )?;
        for (chunk, (micros, rest)) in &self.0 {
            insert.execute([chunk, micros, rest])?;
        }
        Ok(())
    }
}

/// The nearest chunk from this one on in which something is newer than an instant, towards newer or older sequences.
pub(crate) fn next_chunk(
    connection: &Connection,
    chunk: i64,
    after: (i64, i64),
    is_backward: bool,
) -> Result<Option<i64>, Fault> {
    let sql = if is_backward {
        "SELECT chunk FROM newest WHERE chunk <= ?1 AND (modified, modified_rest) > (?2, ?3)
         ORDER BY chunk DESC LIMIT 1"
    } else {
        "SELECT chunk FROM newest WHERE chunk >= ?1 AND (modified, modified_rest) > (?2, ?3)
         ORDER BY chunk LIMIT 1"
    };
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row(params![chunk, after.0, after.1], |row| row.get(0)).optional()?)
}

/// Fills the table from the arrival log.
pub(crate) fn fill(connection: &Connection) -> Result<(), Fault> {
    expected(connection, 0, i64::MAX)?.write(connection)
}

/// Makes the rows anew of the stretches that these sequences are in, which grow.
pub(crate) fn refill(connection: &Connection, sequences: &[i64]) -> Result<(), Fault> {
    let mut chunks: Vec<i64> =
        sequences.iter().map(|sequence| sequence.div_euclid(CHUNK)).collect();
    chunks.dedup();
    let mut delete = connection.prepare_cached("DELETE FROM newest WHERE chunk = ?1")?;
    for chunk in chunks {
        delete.execute([chunk])?;
        let first = chunk * CHUNK;
        expected(connection, first, first + CHUNK - 1)?.write(connection)?;
    }
    Ok(())
}

/// Says what is wrong in the table.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut expected = expected(connection, 0, i64::MAX)?;
    let mut faults = Vec::new();
    let mut statement = connection.prepare("SELECT chunk, modified, modified_rest FROM newest")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let chunk: i64 = row.get(0)?;
        if expected.0.remove(&chunk) != Some((row.get(1)?, row.get(2)?)) {
            faults.push(format!("`newest` is wrong in chunk {chunk}"));
        }
    }
    faults.extend(expected.0.keys().map(|chunk| format!("`newest` has no row for chunk {chunk}")));
    Ok(faults)
}

/// What the arrival log gives between two sequences, which are included.
fn expected(connection: &Connection, first: i64, last: i64) -> Result<Newest, Fault> {
    let mut expected = Newest::default();
    let mut statement = connection.prepare(
        "SELECT sequence, coalesce(modified, created), coalesce(modified_rest, created_rest)
         FROM objects
         WHERE sequence BETWEEN ?1 AND ?2 AND coalesce(modified, created) IS NOT NULL",
    )?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        expected.add(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    Ok(expected)
}
