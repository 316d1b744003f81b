//! The thread that owns the connection that writes.

use std::{
    fmt,
    thread::{self, JoinHandle},
};

use inthreat_store::ErrorKind;
use tokio::sync::{mpsc, oneshot};

use crate::{fault::Fault, folder::WriterLock, write::Writer};

/// How many jobs may wait; more would only keep more batches in memory.
const WAITING_MAX: usize = 2;

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// The thread that writes, and the right to do so. Dropping it waits for the jobs that were handed in.
pub(crate) struct WriterThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    _lock: WriterLock,
}

impl WriterThread {
    pub(crate) fn start(mut writer: Writer, lock: WriterLock) -> Result<Self, Fault> {
        let (jobs, mut waiting) = mpsc::channel::<Job>(WAITING_MAX);
        let run = move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut writer);
            }
        };
        let thread = thread::Builder::new().name("replica-writer".into()).spawn(run)?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), _lock: lock })
    }

    /// Has a job done. It is done even when the future is dropped meanwhile, once it was handed in.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let ended = || Fault::Told(ErrorKind::Io, "the thread that writes has ended".into());
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |writer| {
            // The one who asked may have gone.
            let _ = sender.send(job(writer));
        });
        self.jobs.as_ref().ok_or_else(ended)?.send(job).await.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
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
