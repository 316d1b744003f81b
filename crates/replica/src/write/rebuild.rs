//! Rows that are made anew from the bodies, in steps that are a transaction each.

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, atomic::Ordering, mpsc},
    thread,
};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::{
    Writer, insert,
    tail::{self, Tail},
};
use crate::{
    arrivals,
    fault::Fault,
    newest, page,
    prepare::Row,
    reader::{Reader, Readers},
    rebuild::Rebuilt,
    verify::Stored,
    words::Coiner,
};

/// How many objects a step takes, or one block more; few in tests, so that there are many steps.
const STEP: i64 = if cfg!(test) { 64 } else { 8192 };

/// How many objects are in memory at a time while their rows are worked out.
const READ_MAX: usize = 1024;

/// Takes away every row that [`Tail`] writes. The pages of a table are given back all at once, which takes little room in
/// the log however large it is.
const CLEAR: &str = "
DELETE FROM versions;
DELETE FROM observables;
DELETE FROM edges;
DELETE FROM names;
DELETE FROM mentions;
DELETE FROM bitmaps;
DELETE FROM newest;
INSERT OR REPLACE INTO meta VALUES ('indexed', 0), ('rebuild', 1);
";

/// The next version of the object that a row of `objects` is of.
const NEXT: &str = "(SELECT min(v.sequence) FROM versions v
    WHERE v.key = objects.key AND v.sequence > objects.sequence)";

impl Writer {
    /// Makes all rows anew. `after_step` runs after each transaction; when it fails, the rest stays to be done.
    ///
    /// What a stopped rebuild leaves is no state of its own: objects whose rows are missing lie behind `indexed`, as those
    /// do that a stopped writer leaves.
    pub(crate) fn rebuild(
        &mut self,
        mut after_step: impl FnMut() -> Result<(), Fault>,
    ) -> Result<Rebuilt, Fault> {
        let now = self.readers.options.now();
        let mut rebuilt = Rebuilt::default();
        let mut after = Some(0);
        while let Some(block) = after {
            after = self.step(|reader, transaction, coiner| {
                mend_objects(reader, transaction, coiner, block, &mut rebuilt)
            })?;
            after_step()?;
        }
        // From here on whoever asks waits, or makes the rows himself.
        self.forget();
        self.lags.store(true, Ordering::Release);
        self.step(|_, transaction, _| {
            transaction.execute_batch(CLEAR)?;
            newest::fill(transaction)
        })?;
        after_step()?;
        self.catch_up(&mut after_step)?;
        self.mend_successors(&mut rebuilt, after_step)?;
        self.step(|_, transaction, _| {
            transaction.execute("DELETE FROM meta WHERE name = 'rebuild'", [])?;
            // No body says when it came.
            if arrivals::faults(transaction)?.is_empty() {
                Ok(())
            } else {
                arrivals::begin(transaction, now)
            }
        })?;
        self.settle()?;
        Ok(rebuilt)
    }

    /// Writes the derived rows that are missing from the bodies: what a writer or a rebuild left that was stopped.
    pub(super) fn catch_up(
        &mut self,
        mut after_step: impl FnMut() -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        loop {
            let indexed = tail::indexed(&self.connection)?;
            let head = page::head(&self.connection)?;
            if head <= indexed {
                return Ok(());
            }
            let mut tail = Tail::default();
            let last = self.fill(&mut tail, indexed, head, &mut after_step)?;
            self.step(|_, transaction, _| tail.write_up_to(transaction, last))?;
            after_step()?;
        }
    }

    /// Fills a tail with objects behind a sequence, up to another one or until it has as many as a load sorts together, and gives
    /// the last one. Their rows are worked out beside it.
    fn fill(
        &mut self,
        tail: &mut Tail,
        after: i64,
        head: i64,
        mut after_step: impl FnMut() -> Result<(), Fault>,
    ) -> Result<i64, Fault> {
        let (readers, most) = (Arc::clone(&self.readers), self.load_max());
        thread::scope(|scope| {
            // Whoever leaves early closes the channel: the helper then finds nobody to work for, and ends.
            let (sender, parts) = mpsc::sync_channel(1);
            let reading = thread::Builder::new().name("replica-read".into());
            let reading =
                reading.spawn_scoped(scope, move || read_rows(&readers, after, head, &sender))?;
            let mut last = after;
            for (end, rows) in &parts {
                self.step(|_, transaction, coiner| tail.take(transaction, coiner, &rows))?;
                tail.lighten(&self.readers.folder);
                after_step()?;
                last = end;
                if tail.len() >= most {
                    return Ok(last);
                }
            }
            let ended = |_| Fault::corrupt("a thread that helps to write ended early");
            reading.join().map_err(ended)??;
            Ok(last)
        })
    }

    /// Makes each version of an object name the next one.
    fn mend_successors(
        &mut self,
        rebuilt: &mut Rebuilt,
        mut after_step: impl FnMut() -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let head = page::head(&self.connection)?;
        let sql = format!(
            "UPDATE objects SET retired_by = {NEXT}
             WHERE sequence > ?1 AND sequence <= ?2 AND retired_by IS NOT {NEXT}"
        );
        let mut after = 0;
        while after < head {
            let last = step_end(&self.connection, after)?.unwrap_or(head);
            let mended = self.step(|_, transaction, _| {
                Ok(transaction.prepare_cached(&sql)?.execute([after, last])?)
            })?;
            rebuilt.mended += mended as u64;
            after = last;
            after_step()?;
        }
        Ok(())
    }

    /// Runs a transaction beside a reader of what was committed before it.
    pub(super) fn step<T>(
        &mut self,
        work: impl FnOnce(&mut Reader, &Transaction<'_>, &mut Coiner) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let coiner = &mut self.memory.coiner;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = self
            .readers
            .ask(|reader| work(reader, &transaction, coiner))
            .and_then(|answer| Ok(transaction.commit().map(|()| answer)?));
        if result.is_err() {
            self.forget();
        }
        self.checkpointer.tend();
        result
    }
}

/// The rows of objects behind a sequence, and where they end.
type Part = (i64, Vec<(i64, Row)>);

/// Hands over the rows of all objects behind a sequence, up to another one, until nobody wants them any longer.
fn read_rows(
    readers: &Readers,
    after: i64,
    head: i64,
    to: &mpsc::SyncSender<Part>,
) -> Result<(), Fault> {
    let mut reader = readers.open()?;
    let mut last = after;
    while last < head {
        let end = step_end(&reader.connection, last)?.unwrap_or(head);
        let sequences = sequences(&reader.connection, last, end)?;
        let mut rows = Vec::with_capacity(sequences.len());
        for part in sequences.chunks(READ_MAX) {
            let objects = reader.objects_in_order(part)?;
            rows.extend(part.iter().copied().zip(objects.iter().map(Row::of)));
        }
        if to.send((end, rows)).is_err() {
            break;
        }
        last = end;
    }
    Ok(())
}

/// The sequences behind one up to another: those of bodies that were lost are missing.
fn sequences(connection: &Connection, after: i64, last: i64) -> Result<Vec<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT sequence FROM objects WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence",
    )?;
    let rows = statement.query_map([after, last], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a rebuild is at work, or was stopped.
pub(crate) fn is_rebuilding(connection: &Connection) -> Result<bool, Fault> {
    Ok(connection.prepare_cached("SELECT 1 FROM meta WHERE name = 'rebuild'")?.exists([])?)
}

/// The sequence at which a step behind another sequence ends. Where sequences are missing, nothing is done for them.
fn step_end(connection: &Connection, after: i64) -> Result<Option<i64>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT max(sequence) FROM
             (SELECT sequence FROM objects WHERE sequence > ?1 ORDER BY sequence LIMIT ?2)",
    )?;
    Ok(statement.query_row([after, STEP], |row| row.get(0))?)
}

/// Mends the rows of `objects` whose bodies are in the next blocks, and gives the last of these blocks.
fn mend_objects(
    reader: &mut Reader,
    connection: &Connection,
    coiner: &mut Coiner,
    after: i64,
    rebuilt: &mut Rebuilt,
) -> Result<Option<i64>, Fault> {
    let mut before = after;
    // What a block holds ends where the rows behind it must end too.
    let mut end = reader.end_of_block(before)?;
    let mut done = 0;
    while done < STEP {
        let next = reader.next_block(before)?;
        no_body(reader, end, next.unwrap_or(i64::MAX))?;
        let Some(first) = next else { return Ok(None) };
        for frame in reader.whole_block(first)? {
            for (sequence, object) in frame.into_slots() {
                done += 1;
                end = sequence.saturating_add(1);
                let Some(object) = object else {
                    rebuilt.mended += drop_row(connection, sequence)?;
                    continue;
                };
                let row = Row::of(&object);
                rebuilt.mended += u64::from(mend_object(connection, coiner, sequence, &row)?);
                rebuilt.objects += 1;
            }
        }
        before = first;
    }
    Ok(Some(before))
}

/// Takes the row away of an object that was dropped.
fn drop_row(connection: &Connection, sequence: i64) -> Result<u64, Fault> {
    let mut delete = connection.prepare_cached("DELETE FROM objects WHERE sequence = ?1")?;
    Ok(delete.execute([sequence])? as u64)
}

/// Refuses rows from one sequence up to another that no block holds.
fn no_body(reader: &Reader, from: i64, to: i64) -> Result<(), Fault> {
    let stray: Option<i64> = reader
        .connection
        .prepare_cached("SELECT sequence FROM objects WHERE sequence >= ?1 AND sequence < ?2")?
        .query_row([from, to], |row| row.get(0))
        .optional()?;
    match stray {
        None => Ok(()),
        Some(sequence) => Err(Fault::corrupt(format!("no block holds object {sequence}"))),
    }
}

/// Writes the row of an object where it differs from what the body gives, and tells whether it did.
fn mend_object(
    connection: &Connection,
    coiner: &mut Coiner,
    sequence: i64,
    row: &Row,
) -> Result<bool, Fault> {
    let object_type = coiner.number(connection, &row.object_type)?;
    let stored = connection
        .prepare_cached("SELECT * FROM objects WHERE sequence = ?1")?
        .query_row([sequence], Stored::read)
        .optional()?;
    let is_right = |stored: &Stored| stored.object_type == object_type && stored.is_of(row);
    if stored.as_ref().is_some_and(is_right) {
        return Ok(false);
    }
    let retired_by = stored.and_then(|stored| stored.retired_by);
    connection.prepare_cached("DELETE FROM objects WHERE sequence = ?1")?.execute([sequence])?;
    insert::object(connection, coiner, sequence, row, retired_by)?;
    Ok(true)
}
