//! Writing a batch: which objects are new, and all their rows, in one transaction.

mod decide;
mod insert;

use std::{sync::mpsc, thread};

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Commit, Written};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::{
    block::{self, Packed},
    cursors,
    fault::Fault,
    prepare::{self, Row},
    words::Coiner,
};

/// How many objects are prepared, decided on and inserted together.
const PART: usize = 512;
/// How many prepared parts may wait for the thread that inserts.
const PARTS_WAITING_MAX: usize = 2;
/// From how many objects on a batch is prepared and compressed on threads of their own.
const PARALLEL_MIN: usize = 128;

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    coiner: Coiner,
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, coiner: Coiner::default() }
    }

    /// Writes a batch that was received at this time (in microseconds) and moves a cursor: all of it or nothing.
    pub(crate) fn write(
        &mut self,
        batch: &Batch,
        received: i64,
        commit: Option<&Commit>,
    ) -> Result<(Written, u64), Fault> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let intake = Intake { transaction: &transaction, coiner: &mut self.coiner };
        let result = intake
            .take(batch, received, commit)
            .and_then(|answer| Ok(transaction.commit().map(|()| answer)?));
        if result.is_err() {
            self.coiner.forget();
        }
        result
    }

    /// Runs a short transaction.
    pub(crate) fn change<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = change(&transaction)?;
        transaction.commit()?;
        Ok(answer)
    }
}

/// The transaction that a batch is written in.
struct Intake<'a> {
    transaction: &'a Transaction<'a>,
    coiner: &'a mut Coiner,
}

impl Intake<'_> {
    fn take(
        mut self,
        batch: &Batch,
        received: i64,
        commit: Option<&Commit>,
    ) -> Result<(Written, u64), Fault> {
        let generation = match commit {
            Some(commit) => cursors::commit(self.transaction, commit)?,
            None => 0,
        };
        let first = next_sequence(self.transaction)?;
        let mut written = if batch.objects.len() < PARALLEL_MIN {
            self.objects(&batch.objects, first)?
        } else {
            self.objects_in_parts(&batch.objects, first)?
        };
        set_aside(self.transaction, batch, received)?;
        written.quarantined = batch.rejected.len() as u64;
        Ok((written, generation))
    }

    /// Writes a few objects.
    fn objects(&mut self, objects: &[RawObject], first: i64) -> Result<Written, Fault> {
        let (written, bodies) = self.part(objects, &prepare::rows(objects), first)?;
        let mut blocks = Vec::new();
        block::pack(first, bodies, |packed| blocks.push(packed))?;
        insert_blocks(self.transaction, blocks)?;
        Ok(written)
    }

    /// Writes many objects: the next part is prepared and the last one compressed while this one is inserted.
    fn objects_in_parts(&mut self, objects: &[RawObject], first: i64) -> Result<Written, Fault> {
        let ended = |_| Fault::corrupt("a thread that helps to write ended early");
        thread::scope(|scope| {
            // Whoever leaves early closes the channels: the helpers then find nobody to work for, and end.
            let (prepared, parts) = mpsc::sync_channel(PARTS_WAITING_MAX);
            let preparing = scope.spawn(move || {
                let mut rows = objects.chunks(PART).map(prepare::rows);
                rows.all(|rows| prepared.send(rows).is_ok())
            });
            let (decided, bodies) = mpsc::channel::<Vec<&RawObject>>();
            let (packed, blocks) = mpsc::channel();
            let packing = scope.spawn(move || {
                block::pack(first, bodies.into_iter().flatten(), |block| {
                    let _ = packed.send(block);
                })
            });
            let mut written = Written::default();
            let mut next = first;
            for (part, rows) in objects.chunks(PART).zip(parts) {
                let (counts, bodies) = self.part(part, &rows, next)?;
                written += counts;
                next = next.saturating_add(i64::try_from(bodies.len()).unwrap_or(i64::MAX));
                let _ = decided.send(bodies);
                insert_blocks(self.transaction, blocks.try_iter())?;
            }
            drop(decided);
            insert_blocks(self.transaction, blocks)?;
            preparing.join().map_err(ended)?;
            packing.join().map_err(ended)??;
            Ok(written)
        })
    }

    /// Writes the rows of some objects, and gives those whose bodies are to be stored, in their order.
    fn part<'a>(
        &mut self,
        objects: &'a [RawObject],
        rows: &[Row],
        first: i64,
    ) -> Result<(Written, Vec<&'a RawObject>), Fault> {
        let plan = decide::Plan::new(self.transaction, rows, first)?;
        insert::rows(self.transaction, self.coiner, &plan, rows)?;
        let places = plan.accepted.iter().map(|accepted| accepted.index);
        Ok((plan.written, places.filter_map(|index| objects.get(index)).collect()))
    }
}

fn next_sequence(transaction: &Transaction<'_>) -> Result<i64, Fault> {
    let last: Option<i64> = transaction
        .prepare_cached("SELECT max(sequence) FROM objects")?
        .query_row([], |row| row.get(0))?;
    Ok(last.unwrap_or(0).saturating_add(1))
}

fn insert_blocks(
    transaction: &Transaction<'_>,
    blocks: impl IntoIterator<Item = Packed>,
) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4)")?;
    for block in blocks {
        statement.execute(params![block.first_sequence, block.ends, block.checksum, block.data])?;
    }
    Ok(())
}

fn set_aside(transaction: &Transaction<'_>, batch: &Batch, received: i64) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO quarantine (digest, feed, place, reason, received, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO NOTHING",
    )?;
    for rejected in &batch.rejected {
        statement.execute(params![
            block::hash(rejected.as_bytes()),
            batch.feed.as_str(),
            i64::try_from(rejected.index()).unwrap_or(i64::MAX),
            rejected.reason(),
            received,
            rejected.as_bytes(),
        ])?;
    }
    Ok(())
}
