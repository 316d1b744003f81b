//! Folding the write-ahead log into the database, beside the thread that writes.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
};

use rusqlite::{Connection, hooks::Wal};

use crate::{fault::Fault, niceness::give_way, options::Options, schema};

/// From how many pages on the log is folded into the database, beside the writer: 16 MiB.
const PAGES: i32 = 2048;
/// From how many pages on the writer waits for that, so that the log stays bounded; to these come a longest transaction and a
/// quarter, so that what is done beside the writer can be done before he has to wait.
const PAGES_MAX: i32 = 4 * PAGES;

/// The thread that folds the log. While it works, the writer goes on: what it costs most is waiting for the disk.
pub(crate) struct Checkpointer {
    /// How long the log is, in pages.
    pages: Arc<AtomicI32>,
    /// How long it was when the writer last looked, and the longest transaction in it.
    seen: i32,
    longest: i32,
    /// A connection for folding alone.
    connection: Arc<Mutex<Connection>>,
    wake: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Takes care of the log that this connection writes.
    pub(crate) fn start(
        writer: &mut Connection,
        path: &Path,
        options: &Options,
    ) -> Result<Self, Fault> {
        let pages = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&pages);
        // This takes the place of SQLite's own checkpoints, for which the writer would wait.
        writer.wal_hook(Some(move |_: &mut Wal, pages| {
            counted.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        let connection = Arc::new(Mutex::new(schema::open_writer(path, options)?));
        let folding = Arc::clone(&connection);
        let (wake, woken) = mpsc::sync_channel(1);
        let niceness = options.write_niceness;
        let work = move || {
            give_way(niceness);
            while woken.recv().is_ok() {
                let _ = fold(&folding);
            }
        };
        let thread = thread::Builder::new().name("replica-fold".into()).spawn(work)?;
        Ok(Self { pages, seen: 0, longest: 0, connection, wake: Some(wake), thread: Some(thread) })
    }

    /// Sees to it that a log that is long gets shorter. To be called between two transactions.
    ///
    /// What goes wrong is not told: the transactions are safe in the log, and a disk that is full, or a reader that
    /// holds on to the log, only lets it grow.
    pub(crate) fn tend(&mut self) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.seen {
            // It was begun anew.
            (self.seen, self.longest) = (0, 0);
        }
        self.longest = self.longest.max(pages.saturating_sub(self.seen));
        self.seen = pages;
        let longest = self.longest.saturating_add(self.longest / 4);
        if pages >= longest.saturating_add(PAGES_MAX) {
            // Most of it was done beside the last batches. The next transaction begins a new log, unless somebody still
            // reads the old one.
            let _ = fold(&self.connection);
        } else if pages >= PAGES
            && let Some(wake) = &self.wake
        {
            // One that is awake already needs no waking.
            let _ = wake.try_send(());
        }
    }
}

fn fold(connection: &Mutex<Connection>) -> Result<(), Fault> {
    connection
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?
        .query_row([], |_| Ok(()))
        .map_err(Fault::from)
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            // A thread that has ended early has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Checkpointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpointer").finish_non_exhaustive()
    }
}
