//! Rows of the derived tables as bytes, which sort as the tables do.

use rusqlite::{CachedStatement, Connection, params};

use crate::{fault::Fault, key::Key, names::Part};

/// A row of a derived table, but for those of bitmaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derived<'a> {
    Version { key: &'a [u8], sequence: i64 },
    Observable { object_type: i64, value: &'a str, sequence: i64 },
    Edge { key: &'a [u8], sequence: i64, other: &'a [u8], relationship_type: i64 },
    Name { name: &'a str, part: i64, sequence: i64 },
    Mention { key: &'a [u8], sequence: i64 },
}

const VERSION: u8 = 1;
const OBSERVABLE: u8 = 2;
const EDGE: u8 = 3;
const NAME: u8 = 4;
const MENTION: u8 = 5;

impl<'a> Derived<'a> {
    pub(super) fn version(key: &'a Key, sequence: i64) -> Self {
        Self::Version { key: key.as_bytes(), sequence }
    }

    pub(super) fn edge(key: &'a Key, sequence: i64, other: &'a Key, word: i64) -> Self {
        let (key, other) = (key.as_bytes(), other.as_bytes());
        Self::Edge { key, sequence, other, relationship_type: word }
    }

    pub(super) fn name(name: &'a str, part: Part, sequence: i64) -> Self {
        Self::Name { name, part: part as i64, sequence }
    }

    pub(super) fn mention(key: &'a Key, sequence: i64) -> Self {
        Self::Mention { key: key.as_bytes(), sequence }
    }

    /// Appends the row: the number of its table, its columns, and at the end what tells where they part.
    pub(super) fn write_to(&self, bytes: &mut Vec<u8>) {
        match *self {
            Self::Version { key, sequence } => put(bytes, VERSION, &[key, &number(sequence)]),
            Self::Observable { object_type, value, sequence } => {
                let object_type = number(object_type);
                put(bytes, OBSERVABLE, &[&object_type, value.as_bytes(), &number(sequence)]);
            }
            Self::Edge { key, sequence, other, relationship_type } => put(
                bytes,
                EDGE,
                &[
                    key,
                    &number(sequence),
                    other,
                    &number(relationship_type),
                    &(other.len() as u64).to_be_bytes(),
                ],
            ),
            Self::Name { name, part, sequence } => {
                put(bytes, NAME, &[name.as_bytes(), &number(part), &number(sequence)]);
            }
            Self::Mention { key, sequence } => put(bytes, MENTION, &[key, &number(sequence)]),
        }
    }

    /// The row that these bytes are; `None` where they are none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (table, rest) = bytes.split_first()?;
        Some(match *table {
            VERSION => {
                let (key, sequence) = last(rest)?;
                Self::Version { key, sequence }
            }
            OBSERVABLE => {
                let (object_type, rest) = rest.split_first_chunk()?;
                let (value, sequence) = last(rest)?;
                let object_type = i64::from_be_bytes(*object_type);
                Self::Observable { object_type, value: std::str::from_utf8(value).ok()?, sequence }
            }
            EDGE => {
                let (rest, length) = last(rest)?;
                let (rest, relationship_type) = last(rest)?;
                let start = rest.len().checked_sub(usize::try_from(length).ok()?)?;
                let (rest, other) = rest.split_at_checked(start)?;
                let (key, sequence) = last(rest)?;
                Self::Edge { key, sequence, other, relationship_type }
            }
            NAME => {
                let (rest, sequence) = last(rest)?;
                let (name, part) = last(rest)?;
                Self::Name { name: std::str::from_utf8(name).ok()?, part, sequence }
            }
            MENTION => {
                let (key, sequence) = last(rest)?;
                Self::Mention { key, sequence }
            }
            _ => return None,
        })
    }
}

fn put(bytes: &mut Vec<u8>, table: u8, columns: &[&[u8]]) {
    bytes.push(table);
    for column in columns {
        bytes.extend_from_slice(column);
    }
}

/// Sequences and the numbers of words are not negative, and sort by their bytes.
fn number(number: i64) -> [u8; 8] {
    number.to_be_bytes()
}

fn last(bytes: &[u8]) -> Option<(&[u8], i64)> {
    let (rest, number) = bytes.split_last_chunk()?;
    Some((rest, i64::from_be_bytes(*number)))
}

/// What is done with rows: one statement for each table.
pub(super) struct Statements<'c> {
    version: CachedStatement<'c>,
    observable: CachedStatement<'c>,
    edge: CachedStatement<'c>,
    name: CachedStatement<'c>,
    mention: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    /// Statements that store rows.
    pub(super) fn inserting(connection: &'c Connection) -> Result<Self, Fault> {
        Ok(Self {
            version: connection.prepare_cached("INSERT INTO versions VALUES (?1, ?2)")?,
            observable: connection.prepare_cached("INSERT INTO observables VALUES (?1, ?2, ?3)")?,
            edge: connection.prepare_cached("INSERT INTO edges VALUES (?1, ?2, ?3, ?4)")?,
            name: connection.prepare_cached("INSERT INTO names VALUES (?1, ?2, ?3)")?,
            mention: connection.prepare_cached("INSERT INTO mentions VALUES (?1, ?2)")?,
        })
    }

    /// Statements that take rows away.
    pub(super) fn deleting(connection: &'c Connection) -> Result<Self, Fault> {
        Ok(Self {
            version: connection
                .prepare_cached("DELETE FROM versions WHERE key = ?1 AND sequence = ?2")?,
            observable: connection.prepare_cached(
                "DELETE FROM observables WHERE type = ?1 AND value = ?2 AND sequence = ?3",
            )?,
            edge: connection.prepare_cached(
                "DELETE FROM edges WHERE key = ?1 AND sequence = ?2
                     AND other = ?3 AND relationship_type = ?4",
            )?,
            name: connection.prepare_cached(
                "DELETE FROM names WHERE name = ?1 AND part = ?2 AND sequence = ?3",
            )?,
            mention: connection
                .prepare_cached("DELETE FROM mentions WHERE key = ?1 AND sequence = ?2")?,
        })
    }

    pub(super) fn run(&mut self, row: Derived<'_>) -> Result<(), Fault> {
        match row {
            Derived::Version { key, sequence } => self.version.execute(params![key, sequence]),
            Derived::Observable { object_type, value, sequence } => {
                self.observable.execute(params![object_type, value, sequence])
            }
            Derived::Edge { key, sequence, other, relationship_type } => {
                self.edge.execute(params![key, sequence, other, relationship_type])
            }
            Derived::Name { name, part, sequence } => {
                self.name.execute(params![name, part, sequence])
            }
            Derived::Mention { key, sequence } => self.mention.execute(params![key, sequence]),
        }?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a row whose columns run into each other, and one that comes back as the row of another table.
        #[test]
        fn rows_come_back(
            key in prop::collection::vec(any::<u8>(), 0..20),
            other in prop::collection::vec(any::<u8>(), 0..20),
            text in ".{0,10}",
            number in 0_i64..1 << 40,
            sequence in 0_i64..1 << 40,
        ) {
            for row in [
                Derived::Version { key: &key, sequence },
                Derived::Observable { object_type: number, value: &text, sequence },
                Derived::Edge { key: &key, sequence, other: &other, relationship_type: number },
                Derived::Name { name: &text, part: number, sequence },
                Derived::Mention { key: &key, sequence },
            ] {
                let mut bytes = Vec::new();
                row.write_to(&mut bytes);
                prop_assert_eq!(Derived::read(&bytes), Some(row));
            }
        }

        // Catches a read that panics or reads beyond the end.
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(row) = Derived::read(&bytes) {
                let mut again = Vec::new();
                row.write_to(&mut again);
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
