//! Writing a batch: which objects are new, and all their rows, in one transaction.

mod decide;
mod insert;

use std::sync::mpsc;

use inthreat_stix::RawObject;
use inthreat_store::{Commit, Written};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::{
    block::{self, Packed},
    cursors,
    fault::Fault,
    prepare::Prepared,
    words::Coiner,
};

/// From how many objects on they are compressed on a thread of their own.
const PARALLEL_MIN: usize = 64;

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

    /// Writes a batch and moves a cursor: all of it or nothing.
    pub(crate) fn write(
        &mut self,
        prepared: &Prepared,
        commit: Option<&Commit>,
    ) -> Result<(Written, u64), Fault> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = write(&transaction, &mut self.coiner, prepared, commit)
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

fn write(
    transaction: &Transaction<'_>,
    coiner: &mut Coiner,
    prepared: &Prepared,
    commit: Option<&Commit>,
) -> Result<(Written, u64), Fault> {
    let generation = match commit {
        Some(commit) => cursors::commit(transaction, commit)?,
        None => 0,
    };
    let plan = decide::Plan::new(transaction, &prepared.rows)?;
    let bodies: Vec<&RawObject> = plan
        .accepted
        .iter()
        .filter_map(|accepted| prepared.batch.objects.get(accepted.index))
        .collect();
    let first = plan.first_sequence;
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        // The inner closure owns the sender, so that the channel ends with the packing.
        let pack = move || {
            block::pack(first, &bodies, move |packed| {
                // Nobody listens any more when the rows could not be written.
                let _ = sender.send(packed);
            })
        };
        let packing = if plan.accepted.len() < PARALLEL_MIN {
            // Dropped when done, since the blocks are read until nobody can send any more.
            let pack = pack;
            pack()?;
            None
        } else {
            Some(scope.spawn(pack))
        };
        insert::rows(transaction, coiner, &plan, &prepared.rows)?;
        insert_blocks(transaction, &receiver)?;
        match packing.map(std::thread::ScopedJoinHandle::join) {
            None => Ok(()),
            Some(Ok(packed)) => packed,
            Some(Err(_)) => Err(Fault::corrupt("the thread that compresses ended early")),
        }
    })?;
    set_aside(transaction, prepared)?;
    let mut written = plan.written;
    written.quarantined = prepared.batch.rejected.len() as u64;
    Ok((written, generation))
}

fn insert_blocks(
    transaction: &Transaction<'_>,
    blocks: &mpsc::Receiver<Packed>,
) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached("INSERT INTO blocks VALUES (?1, ?2, ?3, ?4)")?;
    for block in blocks {
        statement.execute(params![block.first_sequence, block.ends, block.checksum, block.data])?;
    }
    Ok(())
}

fn set_aside(transaction: &Transaction<'_>, prepared: &Prepared) -> Result<(), Fault> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO quarantine (digest, feed, place, reason, received, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO NOTHING",
    )?;
    for rejected in &prepared.batch.rejected {
        statement.execute(params![
            block::hash(rejected.as_bytes()),
            prepared.batch.feed.as_str(),
            i64::try_from(rejected.index()).unwrap_or(i64::MAX),
            rejected.reason(),
            prepared.received,
            rejected.as_bytes(),
        ])?;
    }
    Ok(())
}
