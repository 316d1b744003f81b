//! What a writer left to be done that was stopped, done by who opens the replica for reading.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use inthreat_store::ErrorKind;

use crate::{fault::Fault, folder::WriterLock, reader::Readers, write, write::Writer};

/// The derived rows of how many objects are written before a replica is open: in a part of a second. Those of more are written
/// beside it, for which questions wait.
const AT_ONCE_MAX: u64 = if cfg!(test) { 1 } else { 8192 };
/// After how many operations of `SQLite` to look whether anybody still wants the rows.
const OPERATIONS: i32 = 10_000;

/// The thread that writes what is missing, unless there is another writer by now. A folder that cannot be written answers
/// without, as it did for those who asked while that writer was at work. Dropping it ends the thread, and leaves the rest to
/// whoever opens the replica next.
pub(crate) struct Finishing {
    is_over: Arc<AtomicBool>,
    is_unwanted: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Finishing {
    /// Begins with what is missing; `None` where nothing is, or nothing can be done.
    pub(crate) fn start(readers: &Arc<Readers>) -> Option<Arc<Self>> {
        let missing = readers.ask(|reader| write::behind(&reader.connection));
        let missing = missing.ok().filter(|missing| *missing > 0)?;
        let lock = WriterLock::take(&readers.folder).ok()?;
        let mut writer = Writer::new(Arc::clone(readers)).ok()?;
        if missing <= AT_ONCE_MAX {
            let _ = writer.settle();
            return None;
        }
        let is_unwanted = Arc::new(AtomicBool::new(false));
        let unwanted = Arc::clone(&is_unwanted);
        let look = move || unwanted.load(Ordering::Relaxed);
        writer.connection.progress_handler(OPERATIONS, Some(look)).ok()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let work = move || {
            // What goes wrong leaves the replica as it is beside a writer whose rows are still to come.
            let _ = writer.settle();
            drop((writer, lock));
            over.store(true, Ordering::Release);
        };
        let thread = thread::Builder::new().name("replica-finish".into()).spawn(work).ok()?;
        Some(Arc::new(Self { is_over, is_unwanted, thread: Mutex::new(Some(thread)) }))
    }

    /// Whether everything can be found, or never will be.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Waits for that. Blocks.
    pub(crate) fn wait(&self) -> Result<(), Fault> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = |_| Fault::Told(ErrorKind::Io, "the thread that writes has ended".into());
        thread.take().map_or(Ok(()), |thread| thread.join().map_err(ended))
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        self.is_unwanted.store(true, Ordering::Relaxed);
        let _ = self.wait();
    }
}
