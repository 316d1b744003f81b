//! The newest objects, whose derived rows are written later: sorted, and many together.

use std::path::Path;

use rusqlite::Connection;

use super::{
    decide::Head,
    derived::{Derived, Statements},
    heads::Heads,
    runs::Runs,
};
use crate::{
    bitmaps::{Dimension, Mark, Marks},
    fault::Fault,
    key::Key,
    page,
    prepare::Row,
    words::Coiner,
};

/// What is known of the objects behind the sequence up to which the derived tables go.
#[derive(Debug, Default)]
pub(super) struct Tail {
    heads: Heads,
    rows: Runs,
    marks: Marks,
    /// How many versions it has.
    versions: usize,
}

impl Tail {
    /// How many versions it has.
    pub(super) fn len(&self) -> usize {
        self.versions
    }

    /// The newest version of an object, where that came lately.
    pub(super) fn head(&self, connection: &Connection, key: &Key) -> Result<Option<Head>, Fault> {
        self.heads.find(connection, key)
    }

    /// Takes a version that was accepted and stands in `objects`, and the sequence of the one whose place it takes. Its rows
    /// have to follow.
    pub(super) fn note(&mut self, key: &Key, sequence: i64, replaces: Option<i64>) {
        if let Some(older) = replaces {
            self.marks.add(Mark::RETIRED, older);
        }
        self.versions += 1;
        self.heads.note(key, sequence, replaces);
    }

    /// Takes the rows of a version.
    pub(super) fn add(
        &mut self,
        connection: &Connection,
        coiner: &mut Coiner,
        sequence: i64,
        row: &Row,
    ) -> Result<(), Fault> {
        self.mark(connection, coiner, sequence, row)?;
        let rows = &mut self.rows;
        let mut add = |row: Derived<'_>| rows.add(|bytes| row.write_to(bytes));
        add(Derived::version(&row.key, sequence))?;
        for (word, value) in &row.observables {
            let object_type = coiner.number(connection, word)?;
            add(Derived::Observable { object_type, value, sequence })?;
        }
        if let Some(ends) = &row.ends {
            let word = coiner.number(connection, &ends.relationship_type)?;
            if ends.source != ends.target {
                add(Derived::edge(&ends.target, sequence, &ends.source, word))?;
            }
            add(Derived::edge(&ends.source, sequence, &ends.target, word))?;
        }
        for (name, part) in &row.names {
            add(Derived::name(name, *part, sequence))?;
        }
        row.mentions.iter().try_for_each(|key| add(Derived::mention(key, sequence)))
    }

    /// Whether there may be versions of an object that the derived tables tell.
    pub(super) fn may_be_indexed(&self, key: &Key) -> bool {
        self.heads.may_be_older(key)
    }

    /// Whether it takes more memory than it should.
    pub(super) fn is_heavy(&self) -> bool {
        self.rows.is_heavy()
    }

    /// Sees to it that it takes little memory. Where there is no room for that in the folder, it stays heavy.
    pub(super) fn lighten(&mut self, folder: &Path) {
        if self.rows.is_heavy() {
            let _ = self.rows.put_aside(folder);
        }
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
    ///
    /// `all` says that every object ever stored went through this tail.
    pub(super) fn write(&mut self, connection: &Connection, all: bool) -> Result<(), Fault> {
        if self.versions == 0 {
            return Ok(());
        }
        self.write_up_to(connection, page::head(connection)?)?;
        self.heads.forget(all);
        Ok(())
    }

    /// Like [`Tail::write`], for a tail that ends at this sequence and is not used again.
    pub(super) fn write_up_to(&mut self, connection: &Connection, last: i64) -> Result<(), Fault> {
        self.each_row(Statements::inserting(connection)?)?;
        self.marks.write(connection)?;
        set_indexed(connection, last)
    }

    /// Takes the derived rows of everything in the tail away.
    pub(super) fn take_away(&mut self, connection: &Connection) -> Result<(), Fault> {
        self.each_row(Statements::deleting(connection)?)?;
        self.marks.take_away(connection)
    }

    fn each_row(&mut self, mut statements: Statements<'_>) -> Result<(), Fault> {
        self.versions = 0;
        self.rows.drain(|bytes| {
            let row = Derived::read(bytes);
            statements.run(row.ok_or_else(|| Fault::corrupt("a row that was put aside is none"))?)
        })
    }

    /// Takes objects that stand behind what the derived tables tell, as their bodies tell them: what a writer left behind which was
    /// stopped. Words that are new are coined on the connection.
    pub(super) fn take(
        &mut self,
        connection: &Connection,
        coiner: &mut Coiner,
        rows: &[(i64, Row)],
    ) -> Result<(), Fault> {
        let is_indexed = indexed(connection)? > 0;
        for (sequence, row) in rows {
            let replaces = match self.head(connection, &row.key)? {
                Some(older) => Some(older.sequence),
                None if is_indexed => newest_version(connection, &row.key)?,
                None => None,
            };
            self.note(&row.key, *sequence, replaces);
            self.add(connection, coiner, *sequence, row)?;
        }
        Ok(())
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

/// How many sequences are behind that one.
pub(crate) fn behind(connection: &Connection) -> Result<u64, Fault> {
    let behind = page::head(connection)?.saturating_sub(indexed(connection)?);
    Ok(u64::try_from(behind).unwrap_or_default())
}

fn set_indexed(connection: &Connection, sequence: i64) -> Result<(), Fault> {
    connection
        .prepare_cached("UPDATE meta SET value = ?1 WHERE name = 'indexed'")?
        .execute([sequence])?;
    Ok(())
}
