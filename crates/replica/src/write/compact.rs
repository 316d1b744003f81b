//! Versions that are dropped, and blocks without them, in steps that are a transaction each.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use inthreat_stix::RawObject;
use inthreat_store::ErrorKind;
use rusqlite::{Connection, Transaction, limits::Limit};

use super::{Writer, insert, tail, tail::Tail};
use crate::{
    arrivals,
    bitmaps::{self, CHUNK, Mark},
    block,
    compact::Step,
    dictionary,
    fault::Fault,
    folder, newest,
    prepare::Row,
    reader::Reader,
    schema,
    words::Coiner,
};

/// How many versions a step drops, and how many retired ones it looks at; few in tests, so that there are many steps.
const DROPPED_MAX: usize = if cfg!(test) { 7 } else { 512 };
const LOOKED_AT_MAX: usize = if cfg!(test) { 50 } else { 16_384 };
/// How many instants of commits a step forgets.
const ARRIVALS_MAX: i64 = if cfg!(test) { 2 } else { 4096 };

/// A compaction that the writer does in its pauses.
#[derive(Debug, Default)]
pub(super) struct Upkeep {
    step: Option<Step>,
    /// The instant since which states were kept when it last began.
    since: Option<i64>,
}

impl Writer {
    /// Gives up the states before an instant, in microseconds since 1970, or all but the newest; nothing is dropped yet.
    pub(crate) fn give_up(&mut self, since: Option<i64>) -> Result<Step, Fault> {
        self.with_room(|writer| {
            match writer.settle() {
                // What is known already is enough to make room.
                Err(fault) if fault.is_full() => {}
                settled => settled?,
            }
            writer.change(|transaction| raise_floor(transaction, since))
        })
    }

    /// Drops some of the versions that were retired up to the floor.
    pub(crate) fn compact(&mut self, step: Step) -> Result<Step, Fault> {
        self.with_room(|writer| {
            writer.step(|reader, transaction, coiner| next(reader, transaction, coiner, step))
        })
    }

    /// Does a step of the compaction that the options ask for, and tells whether there is more to do.
    pub(crate) fn keep_up(&mut self) -> Result<bool, Fault> {
        let Some(history) = self.readers.options.history_max else { return Ok(false) };
        let history = i64::try_from(history.as_micros()).unwrap_or(i64::MAX);
        let step = match self.upkeep.step.take() {
            Some(step) => step,
            None => {
                let since = self.readers.options.now().saturating_sub(history);
                // Every walk passes all retired versions that are kept, so it has to pay.
                let is_due = self.upkeep.since.is_none_or(|last| since - last >= history / 10);
                if !is_due {
                    return Ok(false);
                }
                self.upkeep.since = Some(since);
                self.give_up(Some(since))?
            }
        };
        let step = self.compact(step)?;
        let is_complete = step.done.is_complete;
        self.upkeep.step = Some(step).filter(|_| !is_complete);
        Ok(!is_complete)
    }

    /// Writes the database without its free room.
    pub(crate) fn shrink(&self) -> Result<(), Fault> {
        let connection =
            schema::open_writer(&folder::database(&self.readers.folder), &self.readers.options)?;
        // The copy that is made on the way counts as one.
        connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1)?;
        // What is written anew is too much for memory.
        connection.pragma_update(None, "temp_store", "FILE")?;
        connection.execute_batch("VACUUM")?;
        let is_busy: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if is_busy {
            let message = "it is shorter as soon as nobody reads an older state";
            return Err(Fault::Told(ErrorKind::Busy, message.into()));
        }
        Ok(())
    }
}

fn raise_floor(connection: &Connection, since: Option<i64>) -> Result<Step, Fault> {
    let indexed = tail::indexed(connection)?;
    let wanted = match since {
        Some(since) => arrivals::sequence_at(connection, since)?.unwrap_or(indexed),
        None => indexed,
    };
    arrivals::raise_floor(connection, wanted.min(indexed))?;
    let floor = arrivals::floor(connection)?;
    let mut step = Step { floor, ..Step::default() };
    step.done.floor = floor.cast_unsigned();
    step.done.free_bytes = schema::free_bytes(connection)?;
    Ok(step)
}

fn next(
    reader: &mut Reader,
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    mut step: Step,
) -> Result<Step, Fault> {
    let (sequences, reached) = droppable(transaction, step.after, step.floor)?;
    let forgotten = forget_arrivals(transaction, step.floor)?;
    drop_versions(reader, transaction, coiner, &sequences, &mut step)?;
    step.after = reached.unwrap_or(i64::MAX);
    step.done.is_complete = reached.is_none() && forgotten == 0;
    step.done.free_bytes = schema::free_bytes(transaction)?;
    Ok(step)
}

/// The next versions that were retired up to the floor, and the sequence up to which was looked, `None` at the end.
fn droppable(
    connection: &Connection,
    after: i64,
    floor: i64,
) -> Result<(Vec<i64>, Option<i64>), Fault> {
    let mut statement = connection
        .prepare_cached("SELECT 1 FROM objects WHERE sequence = ?1 AND retired_by <= ?2")?;
    let mut found = Vec::new();
    let mut looked_at = 0;
    let mut next = bitmaps::place(after.saturating_add(1)).0;
    while let Some(chunk) = Mark::RETIRED.next_chunk(connection, next, false)? {
        for place in Mark::RETIRED.sequences(connection, chunk)?.into_iter().flatten() {
            let sequence = chunk * CHUNK + i64::from(place);
            if sequence <= after {
                continue;
            }
            // No version behind the floor was retired up to it.
            if sequence >= floor {
                return Ok((found, None));
            }
            if statement.exists([sequence, floor])? {
                found.push(sequence);
            }
            looked_at += 1;
            if found.len() == DROPPED_MAX || looked_at == LOOKED_AT_MAX {
                return Ok((found, Some(sequence)));
            }
        }
        next = chunk.saturating_add(1);
    }
    Ok((found, None))
}

/// Forgets some of the commits in front of the one that the floor came with, and tells how many.
fn forget_arrivals(connection: &Connection, floor: i64) -> Result<usize, Fault> {
    let mut statement = connection.prepare_cached(
        "DELETE FROM arrivals WHERE first_sequence IN (SELECT first_sequence FROM arrivals
             WHERE first_sequence <
                 (SELECT max(first_sequence) FROM arrivals WHERE first_sequence <= ?1)
             ORDER BY first_sequence LIMIT ?2)",
    )?;
    Ok(statement.execute([floor, ARRIVALS_MAX])?)
}

/// Drops versions, which grow: their rows, and their bodies.
fn drop_versions(
    reader: &mut Reader,
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    sequences: &[i64],
    step: &mut Step,
) -> Result<(), Fault> {
    let mut derived = Tail::default();
    let mut delete = transaction.prepare_cached("DELETE FROM objects WHERE sequence = ?1")?;
    let mut blocks: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    for sequence in sequences {
        delete.execute([sequence])?;
        let first = reader.block_of(*sequence)?;
        blocks.entry(first).or_default().insert(*sequence);
    }
    for (first, dropped) in blocks {
        let mut slots: Vec<Option<RawObject>> = Vec::new();
        for frame in reader.whole_block(first)? {
            for (sequence, object) in frame.into_slots() {
                let (going, staying) = object.map_or((None, None), |object| {
                    if dropped.contains(&sequence) {
                        (Some(object), None)
                    } else {
                        (None, Some(object))
                    }
                });
                if let Some(object) = going {
                    // It is retired; what is taken away has that mark too.
                    let row = Row::of(&object);
                    derived.note(&row.key, sequence, Some(sequence));
                    derived.add(transaction, coiner, sequence, &row)?;
                }
                slots.push(staying);
            }
        }
        rewrite(transaction, first, &slots, step)?;
    }
    step.done.versions += sequences.len() as u64;
    derived.take_away(transaction)?;
    newest::refill(transaction, sequences)
}

/// Writes what is left of a block in its place.
fn rewrite(
    transaction: &Transaction<'_>,
    first: i64,
    slots: &[Option<RawObject>],
    step: &mut Step,
) -> Result<(), Fault> {
    let number: i64 = transaction
        .prepare_cached("DELETE FROM blocks WHERE first_sequence = ?1 RETURNING dictionary")?
        .query_row([first], |row| row.get(0))?;
    if slots.iter().all(Option::is_none) {
        step.done.blocks_dropped += 1;
        return Ok(());
    }
    let dictionary = dictionary::load(transaction, number)?;
    let mut packed = Vec::new();
    let slots = slots.iter().map(Option::as_ref);
    block::pack_slots(first, dictionary.as_ref(), slots, |block| packed.push(block))?;
    step.done.blocks_rewritten += 1;
    insert::blocks(transaction, packed)
}
