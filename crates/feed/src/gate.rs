//! A ceiling on what a sink may hold.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use inthreat_stix::{Id, marking::Tlp};
use inthreat_store::{
    Batch, Commit, CursorKey, CursorStore, Held, Holdings, Lease, LeaseRequest, Position, Result,
    Sink, TransactionalSink, Written,
};

use crate::filter::{is_above, is_text_above};

/// A sink behind a ceiling of the Traffic Light Protocol: what is marked more strictly, as a whole or in a single
/// property, never reaches it and is counted as [`Written::withheld`].
///
/// What is not marked passes; markings that cannot be read, and items of which nothing can be read, count as red. An
/// object that is marked more strictly than before stays in the sink in its earlier version.
///
/// It is whatever the sink is: a cursor store, a transactional sink, and one that tells what it holds.
///
/// ```
/// use inthreat_feed::Gate;
/// use inthreat_stix::{RawObject, marking::Tlp};
/// use inthreat_store::{Batch, MemorySink, Sink};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gate = Gate::new(MemorySink::new(), Tlp::Green);
/// let mut batch = Batch::default();
/// let red = Tlp::Red.marking();
/// batch.extend([RawObject::new(format!(r#"{{"type":"x-a","id":"x-a--1","object_marking_refs":["{red}"]}}"#))?]);
/// assert_eq!(gate.write(batch).await?.withheld, 1);
/// assert!(gate.inner().objects().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate<S> {
    inner: S,
    ceiling: Tlp,
}

impl<S> Gate<S> {
    /// Lets through to `inner` what is marked as `ceiling` or more openly.
    pub fn new(inner: S, ceiling: Tlp) -> Self {
        Self { inner, ceiling }
    }

    /// The sink behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// The strictest marking that passes.
    pub fn ceiling(&self) -> Tlp {
        self.ceiling
    }

    /// Takes out what must not pass, and gives how much that is.
    fn withhold(&self, batch: &mut Batch) -> u64 {
        let before = batch.len();
        batch.retain(|object| !is_above(object, self.ceiling));
        batch.rejected.retain(|item| !is_text_above(item.as_bytes(), self.ceiling));
        (before - batch.len()) as u64
    }
}

impl<S> fmt::Debug for Gate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("ceiling", &self.ceiling).finish_non_exhaustive()
    }
}

#[async_trait]
impl<S: Sink> Sink for Gate<S> {
    async fn write(&self, mut batch: Batch) -> Result<Written> {
        let withheld = self.withhold(&mut batch);
        let written = self.inner.write(batch).await?;
        Ok(written.with_withheld(written.withheld + withheld))
    }
}

#[async_trait]
impl<S: TransactionalSink> TransactionalSink for Gate<S> {
    async fn write_and_commit(&self, mut batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        let withheld = self.withhold(&mut batch);
        let (written, generation) = self.inner.write_and_commit(batch, commit).await?;
        Ok((written.with_withheld(written.withheld + withheld), generation))
    }
}

#[async_trait]
impl<S: CursorStore> CursorStore for Gate<S> {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        self.inner.load(key).await
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        self.inner.commit(commit).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        self.inner.list().await
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        self.inner.forget(key).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        self.inner.take_lease(request).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        self.inner.renew_lease(lease, time).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        self.inner.release_lease(lease).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        self.inner.lease(key).await
    }
}

#[async_trait]
impl<S: Holdings> Holdings for Gate<S> {
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>> {
        self.inner.holdings(ids).await
    }
}
