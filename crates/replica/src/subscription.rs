//! New sequences as they are committed, for whoever goes on when there is something new.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{Arc, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use inthreat_store::Result;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::{fault::Fault, reader::Readers, replica::Replica, write};

/// Yields the newest sequence whenever there is a newer one: see [`Replica::subscribe`].
#[derive(Debug)]
pub struct Subscription {
    newest: watch::Receiver<u64>,
    after: u64,
}

impl Subscription {
    /// Waits until there is a sequence newer than the last one that was told, and gives the newest. `None` when the replica is
    /// closed, and for ever then.
    ///
    /// What came meanwhile is told at once, as one. Dropping the future loses nothing. It needs no runtime of its own.
    pub async fn next(&mut self) -> Option<u64> {
        loop {
            let newest = *self.newest.borrow_and_update();
            if newest > self.after {
                self.after = newest;
                return Some(newest);
            }
            self.newest.changed().await.ok()?;
        }
    }
}

impl Replica {
    /// Tells of versions that come behind a sequence, which may be one of the past: then the first answer is there at once.
    ///
    /// In the process that writes, a sequence is told when it is committed. In one that only reads, a thread looks for commits
    /// of others each [`watch_interval`](crate::Options::watch_interval), and a sequence is told when it can be found.
    ///
    /// ```
    /// use inthreat_replica::{Options, Replica};
    /// use inthreat_store::{Batch, Sink};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// let mut news = replica.subscribe(0)?;
    /// let text = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e"}"#;
    /// let mut batch = Batch::default();
    /// batch.extend(inthreat_stix::split::ndjson(text).objects);
    /// replica.write(batch).await?;
    /// assert_eq!(news.next().await, Some(1));
    /// drop(replica);
    /// assert_eq!(news.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn subscribe(&self, after: u64) -> Result<Subscription> {
        let newest = match &self.writer {
            Some(writer) => Ok(writer.newest()),
            None => self.watched(),
        };
        newest
            .map(|newest| Subscription { newest, after })
            .map_err(|fault| fault.into_store("watch", self.folder()))
    }

    fn watched(&self) -> Result<watch::Receiver<u64>, Fault> {
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watcher) = &*watcher {
            return Ok(watcher.newest.clone());
        }
        let started = Watcher::start(&self.readers)?;
        Ok(watcher.insert(started).newest.clone())
    }
}

/// Tells that a sequence is the newest.
pub(crate) fn announce(newest: &watch::Sender<u64>, sequence: i64) {
    let sequence = sequence.cast_unsigned();
    newest.send_if_modified(|told| {
        let is_newer = sequence > *told;
        *told = sequence.max(*told);
        is_newer
    });
}

/// The thread that looks for commits of another process. It ends when this is dropped.
pub(crate) struct Watcher {
    newest: watch::Receiver<u64>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    fn start(readers: &Arc<Readers>) -> Result<Self, Fault> {
        let reader = readers.open()?;
        let (sender, newest) = watch::channel(0);
        announce(&sender, write::indexed(&reader.connection)?);
        let interval = readers.options.watch_interval;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("replica-watch".into())
            .spawn(move || look(&reader.connection, &sender, &stopped, interval))?;
        Ok(Self { newest, stop: Some(stop), thread: Some(thread) })
    }
}

fn look(
    connection: &Connection,
    newest: &watch::Sender<u64>,
    stopped: &mpsc::Receiver<()>,
    interval: Duration,
) {
    let mut seen: Option<i64> = None;
    while let Err(mpsc::RecvTimeoutError::Timeout) = stopped.recv_timeout(interval) {
        // What cannot be read now is read the next time.
        let version = connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok();
        if version.is_some()
            && version != seen
            && let Ok(indexed) = write::indexed(connection)
        {
            seen = version;
            announce(newest, indexed);
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A thread that has ended early has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watcher").finish_non_exhaustive()
    }
}
