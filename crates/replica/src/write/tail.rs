//! The newest objects, whose derived rows are written later: sorted, and many together.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::decide::Head;
use crate::{
    bitmaps::{Dimension, Mark, Marks},
    fault::Fault,
    hashing::Seeded,
    key::Key,
    names::Part,
    page,
    prepare::Row,
    reader::Reader,
    words::Coiner,
};

/// How many objects are read at a time when the tail is made anew.
const STEP: i64 = 1024;

/// What is known of the objects behind the sequence up to which the derived tables go.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// The newest version of each object that came lately, by key.
    heads: HashMap<Key, Head, Seeded>,
    versions: Vec<(Key, i64)>,
    observables: Vec<(i64, String, i64)>,
    edges: Vec<(Key, i64, Key, i64)>,
    names: Vec<(String, Part, i64)>,
    mentions: Vec<(Key, i64)>,
    marks: Marks,
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
        self.names.extend(row.names.into_iter().map(|(name, part)| (name, part, sequence)));
        self.mentions.extend(row.mentions.into_iter().map(|key| (key, sequence)));
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
        for flag in &row.flags {
            self.marks.add(*flag, sequence);
        }
        for day in row.bounds() {
            self.marks.add(Mark::new(Dimension::Bound, day), sequence);
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
        self.write_up_to(connection, page::head(connection)?)
    }

    /// Like [`Tail::write`], for a tail that ends at this sequence.
    pub(super) fn write_up_to(&mut self, connection: &Connection, last: i64) -> Result<(), Fault> {
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
        self.names.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT INTO names VALUES (?1, ?2, ?3)")?;
        for (name, part, sequence) in self.names.drain(..) {
            insert.execute(params![name, part as i64, sequence])?;
        }
        self.mentions.sort_unstable();
        let mut insert = connection.prepare_cached("INSERT INTO mentions VALUES (?1, ?2)")?;
        for (key, sequence) in self.mentions.drain(..) {
            insert.execute(params![key, sequence])?;
        }
        self.marks.write(connection)?;
        self.heads.clear();
        set_indexed(connection, last)
    }

    /// Takes the derived rows of everything in the tail away.
    pub(super) fn take_away(&mut self, connection: &Connection) -> Result<(), Fault> {
        let mut delete =
            connection.prepare_cached("DELETE FROM versions WHERE key = ?1 AND sequence = ?2")?;
        for (key, sequence) in self.versions.drain(..) {
            delete.execute(params![key, sequence])?;
        }
        let mut delete = connection.prepare_cached(
            "DELETE FROM observables WHERE type = ?1 AND value = ?2 AND sequence = ?3",
        )?;
        for (word, value, sequence) in self.observables.drain(..) {
            delete.execute(params![word, value, sequence])?;
        }
        let mut delete =
            connection.prepare_cached("DELETE FROM edges WHERE key = ?1 AND sequence = ?2")?;
        for (key, sequence, ..) in self.edges.drain(..) {
            delete.execute(params![key, sequence])?;
        }
        let mut delete = connection
            .prepare_cached("DELETE FROM names WHERE name = ?1 AND part = ?2 AND sequence = ?3")?;
        for (name, part, sequence) in self.names.drain(..) {
            delete.execute(params![name, part as i64, sequence])?;
        }
        let mut delete =
            connection.prepare_cached("DELETE FROM mentions WHERE key = ?1 AND sequence = ?2")?;
        for (key, sequence) in self.mentions.drain(..) {
            delete.execute(params![key, sequence])?;
        }
        self.marks.take_away(connection)
    }

    /// The tail up to a sequence, read from the bodies: what a writer left behind which was stopped. Words that are new are
    /// coined on the connection.
    pub(super) fn read(
        reader: &mut Reader,
        connection: &Connection,
        coiner: &mut Coiner,
        end: i64,
    ) -> Result<Self, Fault> {
        let mut tail = Self::default();
        let mut next = indexed(connection)?.saturating_add(1);
        let end = end.min(page::head(connection)?);
        loop {
            let sequences = sequences(connection, next, end)?;
            let Some(last) = sequences.last().copied() else { break };
            for (object, sequence) in reader.objects_in_order(&sequences)?.iter().zip(sequences) {
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

/// The first sequences between these, which are included: those of bodies that were lost are missing.
fn sequences(connection: &Connection, first: i64, last: i64) -> Result<Vec<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence FROM objects WHERE sequence BETWEEN ?1 AND ?2 ORDER BY sequence LIMIT ?3",
    )?;
    let rows = statement.query_map([first, last, STEP], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn set_indexed(connection: &Connection, sequence: i64) -> Result<(), Fault> {
    connection
        .prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'indexed'")?
        .execute([sequence])?;
    Ok(())
}
