//! The newest objects, whose derived rows are written later: sorted, and many together.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::decide::Head;
use crate::{
    bitmaps::{Dimension, Mark, Marks},
    fault::Fault,
    key::Key,
    page,
    prepare::Row,
    reader::Reader,
    words::Coiner,
};

/// How many objects are read at a time when the tail is made anew, and how many are at most.
const STEP: i64 = 1024;
const STEPS_MAX: i64 = 32;

/// What is known of the objects behind the sequence up to which the derived tables go.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The newest version of each object that came lately, by key.
    heads: HashMap<Key, Head>,
    versions: Vec<(Key, i64)>,
    observables: Vec<(i64, String, i64)>,
    edges: Vec<(Key, i64, Key, i64)>,
    marks: Marks,
    /// The sequence of the newest version.
    last: i64,
}

impl Tail {
    /// How many versions it has.
    pub(super) fn len(&self) -> usize {
        self.versions.len()
    }

    /// The newest version of an object, where that came lately.
    pub(super) fn head(&self, key: &Key) -> Option<Head> {
        self.heads.get(key).copied()
    }

    /// Takes the rows of a version that was accepted, and the sequence of the one whose place it takes.
    pub(super) fn add(
        &mut self,
        connection: &Connection,
        coiner: &mut Coiner,
        sequence: i64,
        row: Row,
        replaces: Option<i64>,
    ) -> Result<(), Fault> {
        self.mark(connection, coiner, sequence, &row)?;
        if let Some(older) = replaces {
            self.marks.add(Mark::RETIRED, older);
        }
        self.last = sequence;
        self.versions.push((row.key.clone(), sequence));
        for (word, value) in row.observables {
            self.observables.push((coiner.number(connection, &word)?, value, sequence));
        }
        if let Some(ends) = row.ends {
            let word = coiner.number(connection, &ends.relationship_type)?;
            if ends.source != ends.target {
                self.edges.push((ends.target.clone(), sequence, ends.source.clone(), word));
            }
            self.edges.push((ends.source, sequence, ends.target, word));
        }
        self.heads.insert(row.key, Head { sequence, modified: row.modified, hash: row.hash });
        Ok(())
    }

    fn mark(
        &mut self,
        connection: &Connection,
        coiner: &mut Coiner,
        sequence: i64,
        row: &Row,
    ) -> Result<(), Fault> {
        let word = coiner.number(connection, &row.object_type)?;
        self.marks.add(Mark::new(Dimension::Type, word), sequence);
        if row.revoked {
            self.marks.add(Mark::REVOKED, sequence);
        }
        for (dimension, id) in &row.identifiers {
            let word = coiner.identifier(connection, id)?;
            self.marks.add(Mark::new(*dimension, word), sequence);
        }
        for (dimension, word) in &row.words {
            let word = coiner.number(connection, word)?;
            self.marks.add(Mark::new(*dimension, word), sequence);
        }
        Ok(())
    }

    /// Writes the derived rows of everything in the tail, and empties it. Rows of one table go in by the order of their
    /// keys, so that each page of the database is touched once.
    pub(super) fn write(&mut self, connection: &Connection) -> Result<(), Fault> {
        if self.versions.is_empty() {
            return Ok(());
        }
        self.versions.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT INTO versions VALUES (?1, ?2)")?;
        for (key, sequence) in self.versions.drain(..) {
            insert.execute(params![key, sequence])?;
        }
        self.observables.sort_unstable();
        let mut insert =
            connection.prepare_cached("INSERT INTO observables VALUES (?1, ?2, ?3)")?;
        for (word, value, sequence) in self.observables.drain(..) {
            insert.execute(params![word, value, sequence])?;
        }
        self.edges.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT INTO edges VALUES (?1, ?2, ?3, ?4)")?;
        for (key, sequence, other, word) in self.edges.drain(..) {
            insert.execute(params![key, sequence, other, word])?;
        }
        self.marks.write(connection)?;
        self.heads.clear();
        set_indexed(connection, self.last)
    }

    /// The tail that a writer left behind which was stopped, read from the bodies; of a long one its oldest part.
    pub(super) fn read(
        reader: &mut Reader,
        connection: &Connection,
        coiner: &mut Coiner,
    ) -> Result<Self, Fault> {
        let mut tail = Self::default();
        let mut next = indexed(connection)?.saturating_add(1);
        let head = page::head(connection)?.min(next.saturating_add(STEP * STEPS_MAX - 1));
        while next <= head {
            let last = head.min(next.saturating_add(STEP - 1));
            let sequences: Vec<i64> = (next..=last).collect();
            for (object, sequence) in reader.objects_in_order(&sequences)?.iter().zip(next..) {
                let row = Row::of(object);
                let replaces = match tail.head(&row.key) {
                    Some(older) => Some(older.sequence),
                    None => newest_version(connection, &row.key)?,
                };
                tail.add(connection, coiner, sequence, row, replaces)?;
            }
            next = last.saturating_add(1);
        }
        Ok(tail)
    }
}

/// The sequence of the newest version of an object, as far as the derived tables go.
fn newest_version(connection: &Connection, key: &Key) -> Result<Option<i64>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT max(sequence) FROM versions WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0))?)
}

/// The sequence up to which the derived tables go.
pub(crate) fn indexed(connection: &Connection) -> Result<i64, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT value FROM meta WHERE name = 'indexed'")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn set_indexed(connection: &Connection, sequence: i64) -> Result<(), Fault> {
    connection
        .prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'indexed'")?
        .execute([sequence])?;
    Ok(())
}
