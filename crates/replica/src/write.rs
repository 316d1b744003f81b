//! Writing a batch: which objects are new, and all their rows, in one transaction.

mod compact;
mod decide;
mod derived;
mod filter;
mod heads;
mod insert;
mod intake;
mod mend;
mod rebuild;
mod runs;
mod tail;
#[cfg(test)]
mod tests;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use inthreat_store::{Commit, Written};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::watch;

use self::{intake::Intake, tail::Tail};
pub(crate) use self::{
    mend::Window,
    rebuild::is_rebuilding,
    tail::{behind, indexed},
};
use crate::{
    arrivals,
    checkpoint::Checkpointer,
    dictionary::Trainer,
    fault::Fault,
    folder, page,
    prepare::Incoming,
    reader::{Reader, Readers},
    schema, subscription,
    words::Coiner,
};

/// Of how large a part of all objects the derived rows may wait, and of how many at most, where the options say less: who
/// opens the replica after a kill has to write them first.
const LAG_SHARE: usize = 32;
const LAG_MAX: usize = 128 << 10;
/// How many objects' derived rows are sorted together while a replica is filled for the first time or made anew. Seven eighths of
/// a power of two fill a hash table.
const LOAD: usize = if cfg!(test) { 150 } else { 7 << 18 };
/// How far the derived rows of what was taken, and compactions, may go beyond the quota, in bytes. [`LAG_MAX`] objects have half as
/// much.
const ROOM: u64 = 32 << 20;

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    checkpointer: Checkpointer,
    readers: Arc<Readers>,
    memory: Memory,
    /// Whether derived rows may still have to be written.
    lags: Arc<AtomicBool>,
    /// The newest sequence, for those who wait for it.
    newest: watch::Sender<u64>,
    upkeep: compact::Upkeep,
    /// Whether the replica was empty, and nobody has asked for anything or paused since: then `memory` knows all of it.
    is_first_load: bool,
}

/// What the writer remembers from one batch to the next. It is forgotten when a transaction fails.
#[derive(Debug, Default)]
struct Memory {
    coiner: Coiner,
    trainer: Trainer,
    /// The objects whose derived rows are still to be written; `None` until those are written that an earlier writer left.
    tail: Option<Tail>,
}

impl Writer {
    pub(crate) fn new(readers: Arc<Readers>) -> Result<Self, Fault> {
        let path = folder::database(&readers.folder);
        let mut connection = schema::open_writer(&path, &readers.options)?;
        let checkpointer = Checkpointer::start(&mut connection, &path, &readers.options)?;
        let lags = Arc::new(AtomicBool::new(true));
        let newest = watch::Sender::new(page::head(&connection)?.cast_unsigned());
        let is_first_load = *newest.borrow() == 0;
        let (memory, upkeep) = (Memory::default(), compact::Upkeep::default());
        Ok(Self { connection, checkpointer, readers, memory, lags, newest, upkeep, is_first_load })
    }

    /// Tells whether derived rows are still to be written.
    pub(crate) fn lags(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lags)
    }

    /// Writes derived rows where so many of them wait that it should be done before anything else.
    pub(crate) fn keep_lag_short(&mut self) -> Result<(), Fault> {
        let Some(tail) = &self.memory.tail else { return Ok(()) };
        if tail.len() > 0 && (tail.len() >= self.lag_max() || tail.is_heavy()) {
            self.write_tail()?;
        }
        Ok(())
    }

    /// Tells whether an empty replica is being filled.
    pub(crate) fn is_first_load(&self) -> bool {
        self.is_first_load
    }

    /// The derived rows of how many objects may wait.
    fn lag_max(&self) -> usize {
        // Each time, most pages of the derived tables are written: the larger they are, the more rows have to share that.
        let head = usize::try_from(*self.newest.borrow()).unwrap_or(usize::MAX);
        let share = (head / LAG_SHARE).min(LAG_MAX);
        let own = if self.is_first_load { self.load_max() } else { share };
        own.max(self.readers.options.index_lag_objects)
    }

    /// How many objects' derived rows are sorted together in a load. What waits when a quota is used up must fit into the room
    /// beyond it, or nobody finds it.
    fn load_max(&self) -> usize {
        if self.readers.options.size_max_bytes.is_some() { LAG_MAX } else { LOAD }
    }

    /// Tells of new sequences, until the writer is dropped.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Writes a batch that was received at this time (in microseconds) and moves a cursor: all of it or nothing. Of a large
    /// one, derived rows are left to be written by [`Writer::settle`].
    pub(crate) fn write(
        &mut self,
        incoming: &Incoming,
        received: i64,
        commit: Option<&Commit>,
    ) -> Result<(Written, u64), Fault> {
        self.keep_lag_short()?;
        let readers = Arc::clone(&self.readers);
        let (mut head, is_first_load) = (0, self.is_first_load);
        let answer = self.transact(|intake| {
            let first = page::head(intake.transaction)?.saturating_add(1);
            let answer = intake.take(incoming, received, first, commit)?;
            head = page::head(intake.transaction)?;
            if answer.0.accepted > 0 {
                arrivals::note(intake.transaction, first, head, readers.options.now())?;
            }
            if !incoming.is_large() {
                intake.tail.write(intake.transaction, is_first_load)?;
            }
            Ok(answer)
        })?;
        subscription::announce(&self.newest, head);
        Ok(answer)
    }

    /// Writes the derived rows that are still to be written. Where there is no room for them, nobody waits for them any longer
    /// until something is written.
    pub(crate) fn settle(&mut self) -> Result<(), Fault> {
        self.is_first_load &= *self.newest.borrow() == 0;
        self.write_tail()
    }

    fn write_tail(&mut self) -> Result<(), Fault> {
        let all = self.is_first_load;
        let settled = self.with_room(|writer| {
            writer.transact(|intake| intake.tail.write(intake.transaction, all))
        });
        if settled.as_ref().is_err_and(Fault::is_full) {
            self.lags.store(false, Ordering::Release);
        }
        settled
    }

    /// Lets a replica that has used up its quota write the derived rows of what it took, or make room.
    fn with_room<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        schema::limit_size(&self.connection, &self.readers.options, ROOM)?;
        let answer = work(self);
        schema::limit_size(&self.connection, &self.readers.options, 0)?;
        answer
    }

    /// Runs a transaction that writes objects. What was remembered is forgotten when it fails.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Intake<'_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        if self.memory.tail.is_none() {
            self.catch_up(|| Ok(()))?;
        }
        let Memory { coiner, trainer, tail } = &mut self.memory;
        let tail = tail.get_or_insert_default();
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut intake = Intake { transaction: &transaction, coiner, trainer, tail };
        let result =
            work(&mut intake).and_then(|answer| Ok(transaction.commit().map(|()| answer)?));
        match (&result, &mut self.memory.tail) {
            (Ok(_), Some(tail)) => tail.lighten(&self.readers.folder),
            (Ok(_), None) => {}
            (Err(_), _) => self.forget(),
        }
        let lags = self.memory.tail.as_ref().is_none_or(|tail| tail.len() > 0);
        self.lags.store(lags, Ordering::Release);
        self.checkpointer.tend();
        result
    }

    /// Forgets what may not be so.
    fn forget(&mut self) {
        self.memory = Memory::default();
        self.is_first_load = false;
    }

    /// Does what must be on the disk before it is acknowledged, whatever the durability of batches is.
    pub(crate) fn durably<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let before: i64 =
            self.connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let answer = work(self);
        self.connection.pragma_update(None, "synchronous", before)?;
        answer
    }

    /// Answers a question from what was committed.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.readers.ask(question)
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
