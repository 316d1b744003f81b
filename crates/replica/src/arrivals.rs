//! When what arrived: the instants of commits, by which a state of the past is found, and those of the versions in them.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Fault, page};

/// A row for each committed batch of which something was accepted. Instants never go back, whatever the clock does, and lie
/// at least as many microseconds behind the one before as versions were accepted, so that each of these has an instant of its own.
pub(crate) const TABLE: &str = "
CREATE TABLE arrivals (
    first_sequence INTEGER PRIMARY KEY,
    arrived INTEGER NOT NULL
) STRICT;
CREATE INDEX arrivals_by_instant ON arrivals (arrived);
";

/// The name in `meta` of the oldest sequence whose state can still be told; without the row it is 0.
const FLOOR: &str = "floor";

/// Notes that the versions from a sequence to another one were committed at this instant, in microseconds since 1970.
pub(crate) fn note(connection: &Connection, first: i64, last: i64, now: i64) -> Result<(), Fault> {
    connection
        .prepare_cached(
            "INSERT INTO arrivals VALUES (?1, max(?3, coalesce(
                 (SELECT arrived + 1 + ?2 - ?1 FROM arrivals ORDER BY first_sequence DESC LIMIT 1), ?3)))",
        )?
        .execute([first, last, now])?;
    Ok(())
}

/// When nothing is known of earlier commits: all that is there counts as arrived now, and no earlier state can be told.
pub(crate) fn begin(connection: &Connection, now: i64) -> Result<(), Fault> {
    connection.execute("DELETE FROM arrivals", [])?;
    let head = page::head(connection)?;
    if head > 0 {
        note(connection, 1, head, now)?;
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

/// The newest sequence that had arrived at an instant, when each version of a commit has an instant of its own.
pub(crate) fn last_until(connection: &Connection, instant: i64) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT first_sequence FROM arrivals WHERE arrived > ?1
         ORDER BY arrived, first_sequence LIMIT 1",
    )?;
    let first = statement.query_row([instant], |row| row.get(0)).optional()?;
    let Some(first) = first else { return page::head(connection) };
    let stretch = Stretch::at(connection, first)?;
    Ok(stretch.last_until(instant).max(stretch.first - 1))
}

/// When the versions with these sequences arrived, each at an instant of its own.
pub(crate) fn instants_of(connection: &Connection, sequences: &[i64]) -> Result<Vec<i64>, Fault> {
    let mut known: Option<Stretch> = None;
    let instants = sequences.iter().map(|sequence| {
        let stretch = match known {
            Some(stretch) if (stretch.first..=stretch.last).contains(sequence) => stretch,
            _ => Stretch::at(connection, *sequence)?,
        };
        known = Some(stretch);
        Ok(stretch.instant_of(*sequence))
    });
    instants.collect()
}

/// The sequences of a commit, whose last one arrived at its instant. The first commit that is known has those too of which it is
/// no longer known when they came: what they count as is never earlier than what they counted as before.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: i64,
    last: i64,
    arrived: i64,
}

impl Stretch {
    /// The stretch that has a sequence.
    fn at(connection: &Connection, sequence: i64) -> Result<Self, Fault> {
        let mut statement = connection.prepare_cached(
            "SELECT max(first_sequence), (SELECT min(first_sequence) FROM arrivals)
             FROM arrivals WHERE first_sequence <= ?1",
        )?;
        let (found, oldest): (Option<i64>, Option<i64>) =
            statement.query_row([sequence], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let first = found.or(oldest).ok_or_else(|| Fault::corrupt("`arrivals` is empty"))?;
        let mut statement = connection.prepare_cached(
            "SELECT arrived, (SELECT min(first_sequence) - 1 FROM arrivals WHERE first_sequence > ?1)
             FROM arrivals WHERE first_sequence = ?1",
        )?;
        let (arrived, last) =
            statement.query_row([first], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
        let last = last.map_or_else(|| page::head(connection), Ok)?;
        Ok(Self { first: if Some(first) == oldest { 1 } else { first }, last, arrived })
    }

    fn instant_of(self, sequence: i64) -> i64 {
        self.arrived.saturating_sub(self.last.saturating_sub(sequence))
    }

    fn last_until(self, instant: i64) -> i64 {
        self.last.saturating_sub(self.arrived.saturating_sub(instant))
    }
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
