//! When what arrived: the instants of commits, by which a state of the past is found.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Fault, page};

/// A row for each committed batch of which something was accepted. Instants never go back, whatever the clock does.
pub(crate) const TABLE: &str = "
CREATE TABLE arrivals (
    first_sequence INTEGER PRIMARY KEY,
    arrived INTEGER NOT NULL
) STRICT;
CREATE INDEX arrivals_by_instant ON arrivals (arrived);
";

/// The name in `meta` of the oldest sequence whose state can still be told; without the row it is 0.
const FLOOR: &str = "floor";

/// Notes that the versions from a sequence on were committed at this instant, in microseconds since 1970.
pub(crate) fn note(connection: &Connection, first_sequence: i64, now: i64) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO arrivals VALUES (?1, max(?2, coalesce(
                 (SELECT arrived FROM arrivals ORDER BY first_sequence DESC LIMIT 1), ?2)))",
        )?
        .execute([first_sequence, now])?;
    Ok(())
}

/// When nothing is known of earlier commits: all that is there counts as arrived now, and no earlier state can be told.
pub(crate) fn begin(connection: &Connection, now: i64) -> Result<(), Fault> {
    connection.execute("DELETE FROM arrivals", [])?;
    let head = page::head(connection)?;
    if head > 0 {
        note(connection, 1, now)?;
        raise_floor(connection, head)?;
    }
    Ok(())
}

/// The oldest sequence whose state can still be told.
pub(crate) fn floor(connection: &Connection) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([FLOOR], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Gives up the states in front of a sequence.
pub(crate) fn raise_floor(connection: &Connection, sequence: i64) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO meta VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        )?
        .execute(params![FLOOR, sequence])?;
    Ok(())
}

/// The instant of the commit that a sequence came with; `None` where nothing had arrived.
pub(crate) fn instant_of(connection: &Connection, sequence: i64) -> Result<Option<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT arrived FROM arrivals WHERE first_sequence <= ?1
         ORDER BY first_sequence DESC LIMIT 1",
    )?;
    Ok(statement.query_row([sequence], |row| row.get(0)).optional()?)
}

/// The newest sequence that had arrived at an instant; `None` when all had that are there.
pub(crate) fn sequence_at(connection: &Connection, instant: i64) -> Result<Option<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT first_sequence - 1 FROM arrivals WHERE arrived > ?1
         ORDER BY arrived, first_sequence LIMIT 1",
    )?;
    Ok(statement.query_row([instant], |row| row.get(0)).optional()?)
}

/// Says what is wrong in the table, as far as the arrival log can tell.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut faults = Vec::new();
    let goes_back = connection
        .prepare(
            "SELECT 1 FROM (SELECT arrived < lag(arrived) OVER (ORDER BY first_sequence) AS back
             FROM arrivals) WHERE back",
        )?
        .exists([])?;
    if goes_back {
        faults.push("an instant in `arrivals` is earlier than that of an older commit".to_owned());
    }
    let (first, last): (Option<i64>, Option<i64>) = connection.query_row(
        "SELECT min(first_sequence), max(first_sequence) FROM arrivals",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let head = page::head(connection)?;
    let reaches = floor(connection)?.max(1);
    if head > 0 && first.is_none_or(|first| first > reaches) {
        faults.push(format!("`arrivals` does not say when sequence {reaches} came"));
    }
    if last.is_some_and(|last| last > head) {
        faults.push("`arrivals` has a commit of which nothing is there".to_owned());
    }
    Ok(faults)
}
