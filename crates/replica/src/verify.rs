//! Whether everything stored is what was written.

mod bitmaps;
#[cfg(test)]
mod tests;

use inthreat_stix::RawObject;
use inthreat_store::Result;
use rusqlite::{OptionalExtension, Row as SqlRow, params};

use crate::{
    arrivals,
    block::Block,
    dictionary,
    fault::Fault,
    iocs,
    key::Key,
    names::Part,
    newest,
    prepare::Row,
    reader::Reader,
    replica::Replica,
    words::{self, Word},
    write,
};

/// What [`Replica::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// How many versions of objects were checked.
    pub objects: u64,
    /// How many blocks were checked.
    pub blocks: u64,
    /// How many faults there are.
    pub faults: u64,
    /// The first [`Verification::FINDINGS_MAX`] faults.
    pub findings: Vec<Finding>,
}

/// A fault in a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What is wrong, and where.
    pub message: String,
}

impl Verification {
    /// How many faults are told.
    pub const FINDINGS_MAX: usize = 1000;

    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults == 0
    }

    fn tell(&mut self, message: String) {
        self.faults += 1;
        if self.findings.len() < Self::FINDINGS_MAX {
            self.findings.push(Finding { message });
        }
    }
}

/// How many derived rows there should be.
#[derive(Default)]
struct Expected {
    /// The sequence up to which the derived tables go.
    indexed: i64,
    objects: i64,
    versions: i64,
    observables: i64,
    edges: i64,
    names: i64,
    mentions: i64,
    bitmaps: bitmaps::Expected,
}

impl Replica {
    /// Checks everything: `SQLite`'s own check of the file, the checksum of every block, and every derived row against
    /// what the body gives. Memory does not grow with the replica. Blocks.
    ///
    /// Damage is told in the answer; an error means that the check could not be made.
    pub fn verify(&self) -> Result<Verification> {
        self.verify_with(|_| {})
    }

    /// Like [`Replica::verify`], telling after each block up to which sequence everything is read. The newest is that of
    /// [`Replica::moment`]. Blocks.
    pub fn verify_with(&self, mut after_block: impl FnMut(u64)) -> Result<Verification> {
        self.readers
            .ask_snapshot(|reader| reader.verify(&mut after_block))
            .map_err(|fault| fault.into_store("verify", self.folder()))
    }
}

impl Reader {
    pub(crate) fn verify(
        &mut self,
        after_block: &mut dyn FnMut(u64),
    ) -> Result<Verification, Fault> {
        let mut found = Verification::default();
        self.verify_file(&mut found)?;
        for fault in dictionary::faults(&self.connection)? {
            found.tell(fault);
        }
        if write::is_rebuilding(&self.connection)? {
            found.tell("a rebuild was stopped in its midst; another one is needed".into());
        }
        let indexed = write::indexed(&self.connection)?;
        let mut expected = Expected { indexed, ..Expected::default() };
        let mut after = 0;
        let mut end = i64::MIN;
        while let Some(first) = self.next_block(after)? {
            self.tell_rows_without_body(end, first, &mut found, &mut expected)?;
            after = first;
            end = self.end_of_block(first)?;
            found.blocks += 1;
            match self.whole_block(first) {
                Ok(frames) => {
                    for frame in frames {
                        self.verify_frame(frame, &mut found, &mut expected)?;
                    }
                }
                Err(Fault::Told(_, message)) => {
                    found.tell(message);
                    // The rows of a damaged block cannot be recomputed and are not told as superfluous.
                    end = self.next_block(first)?.unwrap_or(i64::MAX);
                    self.expect_rows_of(first, end, &mut found, &mut expected)?;
                }
                Err(fault) => return Err(fault),
            }
            // Behind a damaged block that is the last one, nobody knows where it ends.
            let read = if end == i64::MAX { first } else { end.saturating_sub(1) };
            after_block(u64::try_from(read).unwrap_or_default());
        }
        self.tell_rows_without_body(end, i64::MAX, &mut found, &mut expected)?;
        self.verify_counts(&expected, &mut found)?;
        expected.bitmaps.finish(&self.connection, &mut found)?;
        for fault in newest::faults(&self.connection)? {
            found.tell(fault);
        }
        for fault in iocs::faults(&self.connection)? {
            found.tell(fault);
        }
        for fault in arrivals::faults(&self.connection)? {
            found.tell(fault);
        }
        Ok(found)
    }

    fn verify_file(&self, found: &mut Verification) -> Result<(), Fault> {
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let message: String = row.get(0)?;
            if message != "ok" {
                found.tell(message);
            }
        }
        Ok(())
    }

    /// The first sequence of the next block.
    pub(crate) fn next_block(&self, after: i64) -> Result<Option<i64>, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(first_sequence) FROM blocks WHERE first_sequence > ?1")?;
        Ok(statement.query_row([after], |row| row.get(0))?)
    }

    fn verify_frame(
        &self,
        block: Block,
        found: &mut Verification,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        for (sequence, kept) in block.into_objects() {
            found.objects += 1;
            expected.objects += 1;
            match RawObject::new(kept.as_bytes()) {
                Ok(object) => self.verify_object(sequence, &object, found, expected)?,
                Err(error) => {
                    found.tell(format!("object {sequence}: {}", error.reason()));
                    self.expect_unknown(sequence, found, expected)?;
                }
            }
        }
        Ok(())
    }

    fn verify_object(
        &self,
        sequence: i64,
        object: &RawObject,
        found: &mut Verification,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        let row = Row::of(object);
        let id = object.id().unwrap_or_default();
        let name = || format!("object {sequence} (`{id}`)");
        let mut statement =
            self.connection.prepare_cached("SELECT * FROM objects WHERE sequence = ?1")?;
        let stored = statement.query_row([sequence], Stored::read).optional()?;
        let Some(stored) = stored else {
            found.tell(format!("{} has no row", name()));
            return self.expect_unknown(sequence, found, expected);
        };
        let object_type = self.number(&row.object_type)?;
        if Some(stored.object_type) != object_type || !stored.is_of(&row) {
            found.tell(format!("the row of {} is not what its body gives", name()));
        }
        if let Some(message) = self.check_successor(sequence, &row, &stored)? {
            found.tell(format!("{}: {message}", name()));
        }
        if sequence > expected.indexed {
            return Ok(());
        }
        expected.versions += 1;
        let is_retired = stored.retired_by.is_some_and(|newer| newer <= expected.indexed);
        expected.bitmaps.add(self, sequence, &row, is_retired, found)?;
        if !self.has_version(&row.key, sequence)? {
            found.tell(format!("{} is not found by its identifier", name()));
        }
        for (word, value) in &row.observables {
            expected.observables += 1;
            let stored = self.number(word)?.map(|word| self.has_observable(word, value, sequence));
            if !stored.transpose()?.unwrap_or(false) {
                found.tell(format!("{} is not found by `{value}`", name()));
            }
        }
        for (text, part) in &row.names {
            expected.names += 1;
            if !self.has_name(text, *part, sequence)? {
                found.tell(format!("{} is not found by the name `{text}`", name()));
            }
        }
        for key in &row.mentions {
            expected.mentions += 1;
            if !self.has_mention(key, sequence)? {
                found.tell(format!("{} is not found by what it mentions", name()));
            }
        }
        if let Some(missing) = self.check_edges(sequence, &row, expected)? {
            found.tell(format!("{} is not found by its {missing}", name()));
        }
        Ok(())
    }

    /// Checks that versions of one object follow each other.
    fn check_successor(
        &self,
        sequence: i64,
        row: &Row,
        stored: &Stored,
    ) -> Result<Option<&'static str>, Fault> {
        let is_right = match stored.retired_by {
            None => self.resolve(&row.key)?.is_none_or(|latest| latest <= sequence),
            Some(newer) => newer > sequence && self.key_of(newer)?.as_ref() == Some(&row.key),
        };
        Ok((!is_right).then_some("it is not the version that its row says"))
    }

    fn check_edges(
        &self,
        sequence: i64,
        row: &Row,
        expected: &mut Expected,
    ) -> Result<Option<&'static str>, Fault> {
        let Some(ends) = &row.ends else { return Ok(None) };
        let (source, target) = (&ends.source, &ends.target);
        let word = self.number(&ends.relationship_type)?;
        expected.edges += if source == target { 1 } else { 2 };
        if !self.has_edge(source, sequence, target, word)? {
            return Ok(Some("source"));
        }
        Ok((!self.has_edge(target, sequence, source, word)?).then_some("target"))
    }

    fn number(&self, word: &Word) -> Result<Option<i64>, Fault> {
        match word {
            Word::Fixed(number) => Ok(Some(*number)),
            Word::Other(text) => words::find(&self.connection, text),
        }
    }

    fn key_of(&self, sequence: i64) -> Result<Option<Key>, Fault> {
        let mut statement =
            self.connection.prepare_cached("SELECT key FROM objects WHERE sequence = ?1")?;
        Ok(statement.query_row([sequence], |row| row.get(0)).optional()?)
    }

    fn has_version(&self, key: &Key, sequence: i64) -> Result<bool, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM versions WHERE key = ?1 AND sequence = ?2")?;
        Ok(statement.exists(params![key, sequence])?)
    }

    fn has_observable(&self, word: i64, value: &str, sequence: i64) -> Result<bool, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM observables WHERE type = ?1 AND value = ?2 AND sequence = ?3",
        )?;
        Ok(statement.exists(params![word, value, sequence])?)
    }

    fn has_name(&self, name: &str, part: Part, sequence: i64) -> Result<bool, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM names WHERE name = ?1 AND part = ?2 AND sequence = ?3",
        )?;
        Ok(statement.exists(params![name, part as i64, sequence])?)
    }

    fn has_mention(&self, key: &Key, sequence: i64) -> Result<bool, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM mentions WHERE key = ?1 AND sequence = ?2")?;
        Ok(statement.exists(params![key, sequence])?)
    }

    fn has_edge(
        &self,
        key: &Key,
        sequence: i64,
        other: &Key,
        word: Option<i64>,
    ) -> Result<bool, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT 1 FROM edges WHERE key = ?1 AND sequence = ?2 AND other = ?3 AND relationship_type = ?4",
        )?;
        Ok(statement.exists(params![key, sequence, other, word])?)
    }

    /// Leaves it open which bitmaps a version stands in.
    fn expect_unknown(
        &self,
        sequence: i64,
        found: &mut Verification,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        if sequence <= expected.indexed {
            expected.bitmaps.add_unknown(&self.connection, sequence, found)?;
        }
        Ok(())
    }

    /// Tells the objects from one sequence up to another that no block holds.
    fn tell_rows_without_body(
        &self,
        from: i64,
        to: i64,
        found: &mut Verification,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence, key FROM objects WHERE sequence >= ?1 AND sequence < ?2
             ORDER BY sequence",
        )?;
        let mut rows = statement.query([from, to])?;
        let mut is_any = false;
        while let Some(row) = rows.next()? {
            let (sequence, key): (i64, Key) = (row.get(0)?, row.get(1)?);
            let id = key.id().map_or_else(|_| "an unknown object".to_owned(), |id| id.to_string());
            found.tell(format!("no block holds object {sequence} (`{id}`)"));
            is_any = true;
        }
        if is_any { self.expect_rows_of(from, to, found, expected) } else { Ok(()) }
    }

    /// Counts the derived rows of objects whose bodies cannot be read.
    fn expect_rows_of(
        &self,
        first: i64,
        end: i64,
        found: &mut Verification,
        expected: &mut Expected,
    ) -> Result<(), Fault> {
        let count = |table: &str| -> Result<i64, Fault> {
            let sql =
                format!("SELECT count(*) FROM {table} WHERE sequence >= ?1 AND sequence < ?2");
            Ok(self.connection.query_row(&sql, [first, end], |row| row.get(0))?)
        };
        expected.objects += count("objects")?;
        expected.versions += count("versions")?;
        expected.observables += count("observables")?;
        expected.edges += count("edges")?;
        expected.names += count("names")?;
        expected.mentions += count("mentions")?;
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence FROM objects WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence",
        )?;
        let mut rows = statement.query([first, end])?;
        while let Some(row) = rows.next()? {
            self.expect_unknown(row.get(0)?, found, expected)?;
        }
        Ok(())
    }

    /// Every row that is expected was seen, so a larger number means rows that belong to nothing.
    fn verify_counts(&self, expected: &Expected, found: &mut Verification) -> Result<(), Fault> {
        let tables = [
            ("objects", expected.objects),
            ("versions", expected.versions),
            ("observables", expected.observables),
            ("edges", expected.edges),
            ("names", expected.names),
            ("mentions", expected.mentions),
        ];
        for (table, expected) in tables {
            let sql = format!("SELECT count(*) FROM {table}");
            let stored: i64 = self.connection.query_row(&sql, [], |row| row.get(0))?;
            if stored != expected {
                found.tell(format!("`{table}` has {stored} rows; the bodies give {expected}"));
            }
        }
        let newest: i64 = self.connection.query_row(
            "SELECT count(*) FROM objects
             WHERE sequence <= ?1 AND (retired_by IS NULL OR retired_by > ?1)",
            [expected.indexed],
            |row| row.get(0),
        )?;
        let known: i64 =
            self.connection
                .query_row("SELECT count(DISTINCT key) FROM versions", [], |row| row.get(0))?;
        if newest != known {
            found.tell(format!(
                "`versions` knows {known} objects; `objects` has {newest} newest versions"
            ));
        }
        Ok(())
    }
}

/// A row of `objects` as it is stored.
pub(crate) struct Stored {
    key: Key,
    pub(crate) object_type: i64,
    created: Option<(i64, i64)>,
    modified: Option<(i64, i64)>,
    flags: (bool, bool),
    valid: (Option<i64>, Option<i64>),
    confidence: Option<i64>,
    observable_types: i64,
    hash: i64,
    pub(crate) retired_by: Option<i64>,
    /// Damaged, it may be no text.
    name: rusqlite::Result<Option<String>>,
}

impl Stored {
    pub(crate) fn read(row: &SqlRow<'_>) -> rusqlite::Result<Self> {
        let pair = |first: &str, second: &str| -> rusqlite::Result<Option<(i64, i64)>> {
            let first: Option<i64> = row.get(first)?;
            Ok(first.zip(row.get(second)?))
        };
        Ok(Self {
            key: row.get("key")?,
            object_type: row.get("type")?,
            created: pair("created", "created_rest")?,
            modified: pair("modified", "modified_rest")?,
            flags: (row.get("revoked")?, row.get("deprecated")?),
            valid: (row.get("valid_from")?, row.get("valid_until")?),
            confidence: row.get("confidence")?,
            observable_types: row.get("observable_types")?,
            hash: row.get("hash")?,
            retired_by: row.get("retired_by")?,
            name: row.get("name"),
        })
    }

    pub(crate) fn is_of(&self, row: &Row) -> bool {
        self.key == row.key
            && self.created == row.created
            && self.modified == row.modified
            && self.flags == (row.revoked, row.deprecated)
            && self.valid == (row.valid_from, row.valid_until)
            && self.confidence == row.confidence.map(i64::from)
            && self.observable_types == row.observable_types
            && self.hash == row.hash
            && self.name.as_ref().is_ok_and(|name| *name == row.name)
    }
}
