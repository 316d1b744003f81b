//! Where batches and cursors go.

use std::{fmt, sync::Arc};

use inthreat_api::Cursor;
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

    pub(crate) async fn load(&self, key: &CursorKey) -> Result<Position> {
        match &self.0 {
            Parts::Together(sink) => sink.load(key).await,
            Parts::Apart(_, cursors) => cursors.load(key).await,
        }
    }

    /// Writes a batch, and then or with it the cursor. Gives the generation of the cursor.
    pub(crate) async fn write(
        &self,
        batch: Batch,
        key: &CursorKey,
        cursor: Option<Cursor>,
        generation: u64,
    ) -> Result<(Written, u64)> {
        let commit = cursor.map(|cursor| Commit::new(key.clone(), generation, cursor));
        match (&self.0, commit) {
            (Parts::Together(sink), Some(commit)) => sink.write_and_commit(batch, commit).await,
            (Parts::Together(sink), None) => Ok((sink.write(batch).await?, generation)),
            (Parts::Apart(sink, _), None) => Ok((sink.write(batch).await?, generation)),
            (Parts::Apart(sink, cursors), Some(commit)) => {
                let written = sink.write(batch).await?;
                Ok((written, cursors.commit(commit).await?))
            }
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Parts::Together(_) => "Target::transactional",
            Parts::Apart(..) => "Target::separate",
        })
    }
}
