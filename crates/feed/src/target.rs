//! Where batches and cursors go.

use std::{fmt, sync::Arc};

use inthreat_store::{
    Batch, Commit, CursorKey, CursorStore, Position, Result, Sink, TransactionalSink, Written,
};

/// Where batches and cursors go: to one sink that keeps both, or to a sink and a cursor store.
#[derive(Clone)]
pub struct Target(Parts);

#[derive(Clone)]
enum Parts {
    Together(Arc<dyn TransactionalSink>),
    Apart(Arc<dyn Sink>, Arc<dyn CursorStore>),
}

impl Target {
    /// Data and cursor in one transaction: every object arrives once in effect.
    pub fn transactional(sink: Arc<dyn TransactionalSink>) -> Self {
        Self(Parts::Together(sink))
    }

    /// Data first, then the cursor: after a crash the last batch may arrive again.
    pub fn separate(sink: Arc<dyn Sink>, cursors: Arc<dyn CursorStore>) -> Self {
        Self(Parts::Apart(sink, cursors))
    }

    /// Where the cursors are.
    pub(crate) fn cursors(&self) -> &dyn CursorStore {
        match &self.0 {
            Parts::Together(sink) => &**sink,
            Parts::Apart(_, cursors) => &**cursors,
        }
    }

    pub(crate) async fn load(&self, key: &CursorKey) -> Result<Position> {
        self.cursors().load(key).await
    }

    /// Writes a batch, and then or with it the cursor. Gives the generation of the cursor where it was moved.
    pub(crate) async fn write(
        &self,
        batch: Batch,
        commit: Option<Commit>,
    ) -> Result<(Written, Option<u64>)> {
        match (&self.0, commit) {
            (Parts::Together(sink), Some(commit)) => {
                let (written, generation) = sink.write_and_commit(batch, commit).await?;
                Ok((written, Some(generation)))
            }
            (Parts::Together(sink), None) => Ok((write(&**sink, batch).await?, None)),
            (Parts::Apart(sink, _), None) => Ok((write(&**sink, batch).await?, None)),
            (Parts::Apart(sink, cursors), Some(commit)) => {
                let written = write(&**sink, batch).await?;
                Ok((written, Some(cursors.commit(commit).await?)))
            }
        }
    }
}

/// Writes a batch; one of which everything was dropped need not trouble the sink.
async fn write<S: Sink + ?Sized>(sink: &S, batch: Batch) -> Result<Written> {
    if batch.is_empty() { Ok(Written::default()) } else { sink.write(batch).await }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Parts::Together(_) => "Target::transactional",
            Parts::Apart(..) => "Target::separate",
        })
    }
}
