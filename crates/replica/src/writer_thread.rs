//! The thread that owns the connection that writes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use inthreat_store::ErrorKind;
use tokio::sync::{Semaphore, oneshot, watch};

use crate::{fault::Fault, folder::WriterLock, niceness::give_way, write::Writer};

/// How many jobs may wait; more would only keep more batches in memory.
const WAITING_MAX: usize = 2;
/// After how long without a job derived rows are written that are still to be written.
const IDLE: Duration = Duration::from_millis(50);
/// The same while an empty replica is filled, which a slow source should not end.
const IDLE_IN_FIRST_LOAD: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// The thread that writes, and the right to do so. Dropping it waits for the jobs that were handed in.
pub(crate) struct WriterThread {
    jobs: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    lags: Arc<AtomicBool>,
    /// Whether what an earlier writer left is done.
    has_caught_up: Arc<AtomicBool>,
    newest: watch::Receiver<u64>,
    thread: Option<JoinHandle<()>>,
    _lock: WriterLock,
}

impl WriterThread {
    pub(crate) fn start(mut writer: Writer, lock: WriterLock, niceness: u8) -> Result<Self, Fault> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let (lags, newest) = (writer.lags(), writer.newest());
        let has_caught_up = Arc::new(AtomicBool::new(false));
        let caught_up = Arc::clone(&has_caught_up);
        let work = move || {
            give_way(niceness);
            // What an earlier writer left is found out at once.
            let is_settled = writer.settle().is_ok();
            caught_up.store(true, Ordering::Release);
            work(&mut writer, &waiting, is_settled);
        };
        let thread = thread::Builder::new().name("replica-writer".into()).spawn(work)?;
        let room = Arc::new(Semaphore::new(WAITING_MAX));
        let (jobs, thread) = (Some(jobs), Some(thread));
        Ok(Self { jobs, room, lags, has_caught_up, newest, thread, _lock: lock })
    }

    /// Has a job done. It is done even when the future is dropped meanwhile, once it was handed in.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| ended())?;
        let (sender, answer) = oneshot::channel();
        self.send(Box::new(move |writer| {
            let result = job(writer);
            drop(permit);
            // The one who asked may have gone.
            let _ = sender.send(result);
        }))?;
        answer.await.map_err(|_| ended())?
    }

    /// Tells of new sequences, until the thread ends.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.clone()
    }

    /// Waits until everything that was written can be found. Where there is no room for that, a question is answered as it is
    /// in another process. Blocks.
    pub(crate) fn settle(&self) -> Result<(), Fault> {
        if self.is_settled() {
            return Ok(());
        }
        unless_full(self.run_blocking(Writer::settle))
    }

    /// Like [`WriterThread::run`], for a thread that may block.
    pub(crate) fn run_blocking<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let (sender, answer) = mpsc::channel();
        self.send(Box::new(move |writer| {
            let _ = sender.send(job(writer));
        }))?;
        answer.recv().map_err(|_| ended())?
    }

    /// Whether everything that was written can be found.
    pub(crate) fn is_settled(&self) -> bool {
        !self.lags.load(Ordering::Acquire)
    }

    /// Whether what an earlier writer left is done, or cannot be done.
    pub(crate) fn has_caught_up(&self) -> bool {
        self.has_caught_up.load(Ordering::Acquire)
    }

    /// Like [`WriterThread::settle`], without blocking.
    pub(crate) async fn settled(&self) -> Result<(), Fault> {
        if self.is_settled() {
            return Ok(());
        }
        unless_full(self.run(Writer::settle).await)
    }

    fn send(&self, job: Job) -> Result<(), Fault> {
        self.jobs.as_ref().ok_or_else(ended)?.send(job).map_err(|_| ended())
    }
}

fn unless_full(settled: Result<(), Fault>) -> Result<(), Fault> {
    match settled {
        Err(fault) if fault.is_full() => Ok(()),
        other => other,
    }
}

fn ended() -> Fault {
    Fault::Told(ErrorKind::Io, "the thread that writes has ended".into())
}

/// Does jobs as they come, and in the pauses between them what they left to be done.
fn work(writer: &mut Writer, waiting: &mpsc::Receiver<Job>, mut is_settled: bool) {
    let lags = writer.lags();
    // What is older than it may be is dropped in small steps, while nobody wants anything.
    let mut is_tidy = false;
    loop {
        let job = if is_settled && is_tidy {
            waiting.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            waiting.recv_timeout(if writer.is_first_load() { IDLE_IN_FIRST_LOAD } else { IDLE })
        };
        match job {
            Ok(job) => {
                job(writer);
                // The one whose batch it was has its answer already, and prepares the next one meanwhile. What goes wrong is
                // told to who writes that.
                let _ = writer.keep_lag_short();
                is_settled = !lags.load(Ordering::Acquire);
                is_tidy = false;
            }
            Err(RecvTimeoutError::Timeout) if is_settled => {
                // A body that is damaged is told by whoever reads it; the rest waits until it is repaired.
                is_tidy = !writer.keep_up().unwrap_or(false);
            }
            Err(RecvTimeoutError::Timeout) => {
                // A disk that is full is told to whoever writes next; until then there is nothing to be done.
                let _ = writer.settle();
                is_settled = true;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    // What cannot be written now is written by the next writer.
    let _ = writer.settle();
}

impl Drop for WriterThread {
    fn drop(&mut self) {
        self.jobs.take();
        if let Some(thread) = self.thread.take() {
            // A thread that has ended early has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for WriterThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterThread").finish_non_exhaustive()
    }
}
