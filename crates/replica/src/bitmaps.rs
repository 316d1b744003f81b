//! Bitmaps over sequences: which versions of objects share a type, a source, a label and so on.

use std::collections::HashMap;

use roaring::RoaringBitmap;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Fault, hashing::Seeded};

/// A row for each word of a dimension and each [`CHUNK`] of sequences that has it. The rows lie beside their key: in one tree with
/// it, each row that a search passes would be read whole.
pub(crate) const TABLE: &str = "
CREATE TABLE bitmaps (
    dimension INTEGER NOT NULL,
    value INTEGER NOT NULL,
    chunk INTEGER NOT NULL,
    sequences BLOB NOT NULL,
    PRIMARY KEY (dimension, value, chunk)
) STRICT;
";

/// Gives the table of versions 2 to 5, whose rows lay in one tree with their key, its present form.
pub(crate) fn renew(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch("ALTER TABLE bitmaps RENAME TO old_bitmaps;")?;
    connection.execute_batch(TABLE)?;
    let copy = "INSERT INTO bitmaps SELECT * FROM old_bitmaps; DROP TABLE old_bitmaps;";
    Ok(connection.execute_batch(copy)?)
}

/// Stores a row, in the place of an older one.
const STORE: &str = "INSERT INTO bitmaps VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET sequences = excluded.sequences";

/// How many sequences share a row.
pub(crate) const CHUNK: i64 = 1 << 16;

/// How many sequences of a chunk a bitmap holds as a list.
const LIST_MAX: u64 = 4096;

/// What versions are told apart by. The numbers stand in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Dimension {
    Type = 1,
    Source = 2,
    Marking = 3,
    Label = 4,
    Sector = 5,
    Location = 6,
    ObservableType = 7,
    Revoked = 8,
    Retired = 9,
    Flag = 10,
    RelationshipType = 11,
    /// A day since 1970 on which the validity begins or ends: the value is no word.
    Bound = 12,
}

/// What a version has, or has not: a word of a dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Mark {
    dimension: Dimension,
    value: i64,
}

impl Mark {
    /// The version says that the object was withdrawn.
    pub(crate) const REVOKED: Self = Self::new(Dimension::Revoked, 0);
    /// There is a newer version.
    pub(crate) const RETIRED: Self = Self::new(Dimension::Retired, 0);

    /// The version says that the object is out of date.
    pub(crate) const DEPRECATED: Self = Self::new(Dimension::Flag, 1);
    /// The version is an identity that is a sector of activity.
    pub(crate) const SECTOR: Self = Self::new(Dimension::Flag, 2);
    /// The version is an identity that is a source of intelligence.
    pub(crate) const SOURCE: Self = Self::new(Dimension::Flag, 3);
    /// The version is one of the service's flash reports.
    pub(crate) const FLINT: Self = Self::new(Dimension::Flag, 4);

    /// A word of a dimension, by its number.
    pub(crate) const fn new(dimension: Dimension, value: i64) -> Self {
        Self { dimension, value }
    }

    /// Which sequences of a chunk have it, counted from the first of the chunk; `None` for no row.
    pub(crate) fn sequences(
        self,
        connection: &Connection,
        chunk: i64,
    ) -> Result<Option<RoaringBitmap>, Fault> {
        let mut statement = connection.prepare_cached(
            "SELECT sequences FROM bitmaps WHERE dimension = ?1 AND value = ?2 AND chunk = ?3",
        )?;
        let found = statement.query_row(params![self.dimension as i64, self.value, chunk], |row| {
            Ok(read(row.get_ref(0)?.as_blob()?))
        });
        match found.optional()? {
            None => Ok(None),
            Some(Some(sequences)) => Ok(Some(sequences)),
            Some(None) => Err(Fault::corrupt(format!("{} is damaged", self.name(chunk)))),
        }
    }

    /// The nearest chunks from this one on that have a row, at most so many, towards newer or older ones.
    pub(crate) fn chunks<C: FromIterator<i64>>(
        self,
        connection: &Connection,
        chunk: i64,
        is_backward: bool,
        limit: usize,
    ) -> Result<C, Fault> {
        let sql = if is_backward {
            "SELECT chunk FROM bitmaps WHERE dimension = ?1 AND value = ?2 AND chunk <= ?3
             ORDER BY chunk DESC LIMIT ?4"
        } else {
            "SELECT chunk FROM bitmaps WHERE dimension = ?1 AND value = ?2 AND chunk >= ?3
             ORDER BY chunk LIMIT ?4"
        };
        let mut statement = connection.prepare_cached(sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = params![self.dimension as i64, self.value, chunk, limit];
        let chunks = statement.query_map(values, |row| row.get(0))?;
        Ok(chunks.collect::<Result<_, _>>()?)
    }

    /// The nearest of them.
    pub(crate) fn next_chunk(
        self,
        connection: &Connection,
        chunk: i64,
        is_backward: bool,
    ) -> Result<Option<i64>, Fault> {
        Ok(self.chunks::<Vec<_>>(connection, chunk, is_backward, 1)?.pop())
    }

    /// What people call its row.
    pub(crate) fn name(self, chunk: i64) -> String {
        let Self { dimension, value } = self;
        format!("the bitmap of {dimension:?} {value} in chunk {chunk}")
    }
}

/// Every word of a dimension that some version has.
pub(crate) fn words(connection: &Connection, dimension: Dimension) -> Result<Vec<Mark>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT min(value) FROM bitmaps WHERE dimension = ?1 AND value > ?2")?;
    let mut found = Vec::new();
    let mut last = i64::MIN;
    while let Some(value) =
        statement.query_row([dimension as i64, last], |row| row.get::<_, Option<i64>>(0))?
    {
        found.push(Mark::new(dimension, value));
        last = value;
    }
    Ok(found)
}

/// The bitmaps of some versions, as far as they are not stored yet.
#[derive(Debug, Default)]
pub(crate) struct Marks(HashMap<(Mark, i64), RoaringBitmap, Seeded>);

impl Marks {
    /// Notes that a version has this.
    pub(crate) fn add(&mut self, mark: Mark, sequence: i64) {
        let (chunk, place) = place(sequence);
        let places = self.0.entry((mark, chunk)).or_default();
        // Nearly all come by their order, and need no search in a list. In what is no list any more, to find the end would be one.
        if places.len() > LIST_MAX || places.try_push(place).is_err() {
            places.insert(place);
        }
    }

    /// Adds everything to what is stored, by the order of the table, and forgets it here.
    pub(crate) fn write(&mut self, connection: &Connection) -> Result<(), Fault> {
        let mut store = connection.prepare_cached(STORE)?;
        let mut bytes = Vec::new();
        for ((mark, chunk), mut sequences) in self.take() {
            if let Some(stored) = mark.sequences(connection, chunk)? {
                sequences |= stored;
            }
            sequences.optimize();
            bytes.clear();
            sequences.serialize_into(&mut bytes)?;
            store.execute(params![mark.dimension as i64, mark.value, chunk, bytes])?;
        }
        Ok(())
    }

    /// Takes everything away from what is stored, by the order of the table, and forgets it here.
    pub(crate) fn take_away(&mut self, connection: &Connection) -> Result<(), Fault> {
        let mut delete = connection.prepare_cached(
            "DELETE FROM bitmaps WHERE dimension = ?1 AND value = ?2 AND chunk = ?3",
        )?;
        let mut store = connection.prepare_cached(STORE)?;
        let mut bytes = Vec::new();
        for ((mark, chunk), sequences) in self.take() {
            let Some(mut stored) = mark.sequences(connection, chunk)? else { continue };
            stored -= sequences;
            if stored.is_empty() {
                delete.execute(params![mark.dimension as i64, mark.value, chunk])?;
                continue;
            }
            stored.optimize();
            bytes.clear();
            stored.serialize_into(&mut bytes)?;
            store.execute(params![mark.dimension as i64, mark.value, chunk, bytes])?;
        }
        Ok(())
    }

    /// Takes everything out, by the order of the table.
    pub(crate) fn take(&mut self) -> Vec<((Mark, i64), RoaringBitmap)> {
        let mut all: Vec<_> = self.0.drain().collect();
        all.sort_unstable_by_key(|(place, _)| *place);
        all
    }
}

/// The chunk of a sequence, and its place in it.
pub(crate) fn place(sequence: i64) -> (i64, u32) {
    let place = u32::try_from(sequence.rem_euclid(CHUNK)).unwrap_or_default();
    (sequence.div_euclid(CHUNK), place)
}

/// A bitmap as it is stored; `None` when it is none of one chunk.
pub(crate) fn read(bytes: &[u8]) -> Option<RoaringBitmap> {
    let found = RoaringBitmap::deserialize_from(bytes).ok()?;
    found.max().is_some_and(|last| i64::from(last) < CHUNK).then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLE).unwrap();
        connection
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        // Catches a sequence that is lost or comes to another chunk when a row is written again, and a form of the
        // bitmap that is not read back.
        #[test]
        fn what_is_added_is_stored(parts in prop::collection::vec((0_i64..300_000, 1_i64..9000, 1_i64..4), 1..6)) {
            let connection = table();
            let mark = Mark::new(Dimension::Label, 7);
            let mut expected = std::collections::BTreeSet::new();
            for (start, count, step) in parts {
                let mut marks = Marks::default();
                for number in 0..count {
                    expected.insert(start + number * step);
                    marks.add(mark, start + number * step);
                }
                marks.add(Mark::REVOKED, start);
                marks.write(&connection).unwrap();
            }
            let mut found = Vec::new();
            let mut chunk = 0;
            while let Some(next) = mark.next_chunk(&connection, chunk, false).unwrap() {
                let sequences = mark.sequences(&connection, next).unwrap().unwrap();
                found.extend(sequences.iter().map(|place| next * CHUNK + i64::from(place)));
                chunk = next + 1;
            }
            prop_assert_eq!(&found, &expected.iter().copied().collect::<Vec<_>>());
            let last = mark.next_chunk(&connection, i64::MAX, true).unwrap();
            prop_assert_eq!(last, found.last().map(|sequence| sequence / CHUNK));
        }

        // Catches a damaged row that ends the process or is taken for one of another chunk.
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let found = read(&bytes);
            prop_assert!(found.is_none_or(|found| found.max().unwrap() < 1 << 16));
        }
    }
}
