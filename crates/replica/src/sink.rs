//! The replica as a sink and as a store of cursors.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use inthreat_stix::Id;
use inthreat_store::{
    Batch, Commit, CursorKey, CursorStore, ErrorKind, Held, Holdings, Lease, LeaseRequest,
    Position, Result, Sink, TransactionalSink, Written,
};
use rusqlite::Transaction;

use crate::{
    cursors, fault::Fault, prepare::Incoming, reader::Reader, replica::Replica, write::Writer,
};

const WRITE: &str = "write a batch to";
const CURSORS: &str = "read the cursors of";
const MOVE: &str = "move a cursor in";
const LEASE: &str = "change a lease in";
const HOLDINGS: &str = "tell what is held in";

#[async_trait]
impl Sink for Replica {
    async fn write(&self, batch: Batch) -> Result<Written> {
        let (written, _) = self.take(batch, None).await?;
        Ok(written)
    }
}

#[async_trait]
impl TransactionalSink for Replica {
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        self.take(batch, Some(commit)).await
    }
}

#[async_trait]
impl CursorStore for Replica {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        let key = key.clone();
        self.ask_async(move |reader| cursors::load(&reader.connection, &key))
            .await
            .map_err(|fault| fault.into_store(CURSORS, self.folder()))
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        self.change(MOVE, move |transaction| cursors::commit(transaction, &commit)).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        self.ask_async(|reader| cursors::list(&reader.connection))
            .await
            .map_err(|fault| fault.into_store(CURSORS, self.folder()))
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        let key = key.clone();
        self.change(MOVE, move |transaction| cursors::forget(transaction, &key)).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let now = self.readers.options.instant();
        self.change(LEASE, move |transaction| cursors::take_lease(transaction, request, now)).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        let (lease, now) = (lease.clone(), self.readers.options.instant());
        self.change(LEASE, move |transaction| cursors::renew_lease(transaction, &lease, time, now))
            .await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        let lease = lease.clone();
        self.change(LEASE, move |transaction| cursors::release_lease(transaction, &lease)).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let (key, now) = (key.clone(), self.readers.options.instant());
        self.ask_async(move |reader| cursors::lease(&reader.connection, &key, now))
            .await
            .map_err(|fault| fault.into_store(CURSORS, self.folder()))
    }
}

#[async_trait]
impl Holdings for Replica {
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>> {
        self.ask_async(move |reader| ids.iter().map(|id| reader.held(id)).collect())
            .await
            .map_err(|fault| fault.into_store(HOLDINGS, self.folder()))
    }
}

impl Replica {
    /// Has a short transaction run by the thread that writes.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        operation: &str,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let changed = async {
            let job = move |writer: &mut Writer| writer.change(change);
            self.writer()?.run(job).await
        };
        changed.await.map_err(|fault: Fault| fault.into_store(operation, self.folder()))
    }

    async fn take(&self, batch: Batch, commit: Option<Commit>) -> Result<(Written, u64)> {
        let received = self.readers.options.now();
        let write = async {
            let writer = self.writer()?;
            let incoming = Incoming::new(batch, self.readers.options.write_niceness)?;
            writer.run(move |writer| writer.write(&incoming, received, commit.as_ref())).await
        };
        write.await.map_err(|fault: Fault| fault.into_store(WRITE, self.folder()))
    }

    /// Answers a question on a thread that may block, from one state of the database.
    pub(crate) async fn ask_async<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.settled().await?;
        self.ask_unsettled(question).await
    }

    /// The same for pages, whose reader comes again: where there is no room left for derived rows, they are answered without.
    pub(crate) async fn ask_for_page<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        if let Some(writer) = &self.writer
            && let Err(fault) = writer.settled().await
            && fault.kind() != ErrorKind::Full
        {
            return Err(fault);
        }
        self.ask_unsettled(question).await
    }

    async fn ask_unsettled<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Reader) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let readers = Arc::clone(&self.readers);
        blocking(move || readers.ask_snapshot(question)).await
    }
}

/// Runs work on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}
