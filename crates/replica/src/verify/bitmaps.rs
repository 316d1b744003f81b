//! Whether the bitmaps are what the bodies give.

use roaring::RoaringBitmap;
use rusqlite::Connection;

use super::{Reader, Verification};
use crate::{
    bitmaps::{self, Dimension, Mark, Marks},
    fault::Fault,
    prepare::Row,
    words::{self, Word},
};

/// What the bodies of one chunk give so far. Versions come by their sequence.
#[derive(Default)]
pub(super) struct Expected {
    chunk: i64,
    marks: Marks,
    /// The versions of the chunk whose bodies cannot be read.
    unknown: RoaringBitmap,
    /// How many rows there should be of the chunks that are done.
    rows: i64,
}

impl Expected {
    /// Takes a version, and whether a newer one is known to the derived tables.
    pub(super) fn add(
        &mut self,
        reader: &Reader,
        sequence: i64,
        row: &Row,
        is_retired: bool,
        found: &mut Verification,
    ) -> Result<(), Fault> {
        self.reach(&reader.connection, sequence, found)?;
        let object_type = (Dimension::Type, &row.object_type);
        let words = row.words.iter().map(|(dimension, word)| (*dimension, word));
        for (dimension, word) in words.chain([object_type]) {
            self.mark(&reader.connection, dimension, word, sequence)?;
        }
        for (dimension, id) in &row.identifiers {
            let word = Word::from(&*id.to_string());
            self.mark(&reader.connection, *dimension, &word, sequence)?;
        }
        for flag in &row.flags {
            self.marks.add(*flag, sequence);
        }
        for day in row.bounds() {
            self.marks.add(Mark::new(Dimension::Bound, day), sequence);
        }
        let flags = [(row.revoked, Mark::REVOKED), (is_retired, Mark::RETIRED)];
        for (_, mark) in flags.into_iter().filter(|(is_set, _)| *is_set) {
            self.marks.add(mark, sequence);
        }
        Ok(())
    }

    fn mark(
        &mut self,
        connection: &Connection,
        dimension: Dimension,
        word: &Word,
        sequence: i64,
    ) -> Result<(), Fault> {
        let number = match word {
            Word::Fixed(number) => Some(*number),
            Word::Other(text) => words::find(connection, text)?,
        };
        // A word without a number stands in no bitmap, so that this one is missed.
        self.marks.add(Mark::new(dimension, number.unwrap_or(i64::MAX)), sequence);
        Ok(())
    }

    /// Takes a version of which only the sequence is known.
    pub(super) fn add_unknown(
        &mut self,
        connection: &Connection,
        sequence: i64,
        found: &mut Verification,
    ) -> Result<(), Fault> {
        self.reach(connection, sequence, found)?;
        self.unknown.insert(bitmaps::place(sequence).1);
        Ok(())
    }

    /// Compares the last chunk and the number of all rows.
    pub(super) fn finish(
        mut self,
        connection: &Connection,
        found: &mut Verification,
    ) -> Result<(), Fault> {
        self.compare(connection, found)?;
        let stored: i64 =
            connection.query_row("SELECT count(*) FROM bitmaps", [], |row| row.get(0))?;
        if stored != self.rows {
            found.tell(format!("`bitmaps` has {stored} rows; the bodies give {}", self.rows));
        }
        Ok(())
    }

    fn reach(
        &mut self,
        connection: &Connection,
        sequence: i64,
        found: &mut Verification,
    ) -> Result<(), Fault> {
        let (chunk, _) = bitmaps::place(sequence);
        if chunk != self.chunk {
            self.compare(connection, found)?;
            self.chunk = chunk;
        }
        Ok(())
    }

    fn compare(&mut self, connection: &Connection, found: &mut Verification) -> Result<(), Fault> {
        for ((mark, chunk), expected) in self.marks.take() {
            self.rows += 1;
            match mark.sequences(connection, chunk) {
                Ok(stored) => {
                    if stored.unwrap_or_default() - &self.unknown != expected {
                        found.tell(format!("{} is not what the bodies give", mark.name(chunk)));
                    }
                }
                Err(Fault::Told(_, message)) => found.tell(message),
                Err(fault) => return Err(fault),
            }
        }
        let unknown = std::mem::take(&mut self.unknown);
        if !unknown.is_empty() {
            self.rows += rows_of(connection, self.chunk, &unknown)?;
        }
        Ok(())
    }
}

/// How many rows of a chunk are of these versions alone.
fn rows_of(connection: &Connection, chunk: i64, unknown: &RoaringBitmap) -> Result<i64, Fault> {
    let mut statement = connection.prepare("SELECT sequences FROM bitmaps WHERE chunk = ?1")?;
    let mut rows = statement.query([chunk])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let stored = row.get_ref(0)?.as_blob().ok().and_then(bitmaps::read);
        if stored.is_some_and(|stored| stored.is_subset(unknown)) {
            count += 1;
        }
    }
    Ok(count)
}
