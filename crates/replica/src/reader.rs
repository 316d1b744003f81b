//! Connections that read, shared by those who ask.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
};

use rusqlite::Connection;

use crate::{
    apart::Helpers, brief::Allowance, cache::BlockCache, dictionary::Decompressors, fault::Fault,
    folder, options::Options, schema, version::Commits,
};

/// A connection that reads, and what it needs to open blocks.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    pub(crate) decompressors: Decompressors,
    pub(crate) cache: Arc<BlockCache>,
    /// Those that it is one of, some of whom help it.
    pub(crate) readers: Weak<Readers>,
    /// What the question at hand may still read.
    pub(crate) allowance: Allowance,
}

/// All readers of a replica.
pub(crate) struct Readers {
    pub(crate) folder: PathBuf,
    pub(crate) options: Options,
    /// Whether the database is mapped into memory; not where it is written too, so that its memory stays bounded.
    mapped: bool,
    cache: Arc<BlockCache>,
    pub(crate) helpers: Helpers,
    pub(crate) commits: Commits,
    state: Mutex<State>,
    returned: Condvar,
    this: Weak<Self>,
}

#[derive(Default)]
struct State {
    idle: Vec<Reader>,
    /// How many readers there are, idle or not.
    total: usize,
    /// How many questions wait for one.
    waiting: usize,
}

impl Readers {
    pub(crate) fn new(folder: PathBuf, options: Options, mapped: bool) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            folder,
            mapped,
            cache: Arc::new(BlockCache::new(options.block_cache_bytes)),
            options,
            helpers: Helpers::default(),
            commits: Commits::default(),
            state: Mutex::default(),
            returned: Condvar::new(),
            this: Weak::clone(this),
        })
    }

    /// Answers a question, waiting for a reader where all are in use.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut reader = self.take()?;
        let answer = self.lend(|| question(&mut reader));
        self.give_back(Some(reader));
        answer
    }

    /// Asks with a reader that was taken. One with which a question panics is gone, and others have its place: whoever
    /// catches the panic goes on asking.
    pub(crate) fn lend<T>(&self, question: impl FnOnce() -> T) -> T {
        let mut lent = Lent { readers: self, is_over: false };
        let answer = question();
        lent.is_over = true;
        answer
    }

    /// Answers a question from one state of the database, whatever is written meanwhile.
    pub(crate) fn ask_snapshot<T>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.ask(|reader| reader.in_snapshot(question))
    }

    /// A reader that nobody uses; `None` where one would have to be waited for, or opened.
    pub(crate) fn take_idle(&self) -> Option<Reader> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).idle.pop()
    }

    fn take(&self) -> Result<Reader, Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(reader) = state.idle.pop() {
                return Ok(reader);
            }
            if state.total < self.options.readers {
                break;
            }
            state.waiting += 1;
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.total += 1;
        drop(state);
        let opened = self.open();
        if opened.is_err() {
            self.give_back(None);
        }
        opened
    }

    /// Takes a reader back, or learns that there is one less.
    pub(crate) fn give_back(&self, reader: Option<Reader>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match reader.filter(|reader| reader.connection.is_autocommit()) {
            Some(reader) => state.idle.push(reader),
            None => state.total -= 1,
        }
        let is_awaited = state.waiting > 0;
        drop(state);
        // To wake nobody is a call of the system all the same.
        if is_awaited {
            self.returned.notify_one();
        }
    }

    /// A reader that is not shared.
    pub(crate) fn open(&self) -> Result<Reader, Fault> {
        Ok(Reader {
            connection: schema::open_reader(
                &folder::database(&self.folder),
                &self.options,
                self.mapped,
            )?,
            decompressors: Decompressors::default(),
            cache: Arc::clone(&self.cache),
            readers: Weak::clone(&self.this),
            allowance: Allowance::default(),
        })
    }
}

/// A reader that is being asked.
struct Lent<'a> {
    readers: &'a Readers,
    is_over: bool,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.readers.give_back(None);
        }
    }
}

impl Reader {
    /// Answers a question from one state of the database.
    pub(crate) fn in_snapshot<T>(
        &mut self,
        question: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        let answer = question(self);
        // A reader whose snapshot cannot be ended is of no more use to anyone; nothing was written.
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        answer
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readers").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::Replica;

    // Catches a question that panics and takes its reader with it, so that others wait for one for ever.
    #[test]
    fn a_panic_costs_no_reader() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::default().with_readers(1);
        let replica = Replica::create_or_open(folder.path(), options).unwrap();
        for _ in 0..3 {
            let asked = || replica.readers.ask_snapshot::<()>(|_| panic!("on purpose"));
            assert!(catch_unwind(AssertUnwindSafe(asked)).is_err());
            let state = replica.readers.state.lock().unwrap();
            assert_eq!((state.total, state.idle.len()), (0, 0));
        }
        assert_eq!(replica.readers.ask(|_| Ok(1)).unwrap(), 1);
    }
}
