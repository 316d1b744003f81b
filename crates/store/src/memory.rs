//! Cursors and objects in memory: for tests, and the reference that the conformance suites were written against.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use inthreat_stix::{Id, RawObject};

use crate::{
    Batch, Commit, CursorKey, CursorRecord, CursorStore, Held, Holdings, Lease, LeaseRequest,
    Position, Result, Sink, TransactionalSink, Written, clock::Clock,
};

/// Cursors in memory.
#[derive(Debug, Default)]
pub struct MemoryCursorStore {
    cursors: Mutex<Cursors>,
    clock: Clock,
}

impl MemoryCursorStore {
    /// A store without cursors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock that leases end by.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }
}

#[async_trait]
impl CursorStore for MemoryCursorStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(lock(&self.cursors).record(key).position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        lock(&self.cursors).commit(commit)
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        Ok(lock(&self.cursors).list())
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        lock(&self.cursors).change(key, CursorRecord::forget)
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let key = request.key.clone();
        let now = self.clock.now();
        lock(&self.cursors).change(&key, |record| record.take_lease(request, now))
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        let now = self.clock.now();
        lock(&self.cursors).change(&lease.key, |record| record.renew_lease(lease, time, now))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        lock(&self.cursors).change(&lease.key, |record| Ok(record.release_lease(lease)))
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let now = self.clock.now();
        Ok(lock(&self.cursors).record(key).lease_at(now).cloned())
    }
}

/// The newest version of every object, what was rejected, and cursors, in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, RawObject>,
    quarantine: Vec<Vec<u8>>,
    cursors: Cursors,
}

impl MemorySink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the clock that leases end by.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }

    /// The newest versions of all objects, sorted by their identifiers.
    pub fn objects(&self) -> Vec<RawObject> {
        lock(&self.state).objects.values().cloned().collect()
    }

    /// The bytes of every rejected item, each once, in the order of their arrival.
    pub fn quarantine(&self) -> Vec<Vec<u8>> {
        lock(&self.state).quarantine.clone()
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        Ok(lock(&self.state).write(&batch))
    }
}

#[async_trait]
impl CursorStore for MemorySink {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(lock(&self.state).cursors.record(key).position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        lock(&self.state).cursors.commit(commit)
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        Ok(lock(&self.state).cursors.list())
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        lock(&self.state).cursors.change(key, CursorRecord::forget)
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let key = request.key.clone();
        let now = self.clock.now();
        lock(&self.state).cursors.change(&key, |record| record.take_lease(request, now))
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        let now = self.clock.now();
        lock(&self.state).cursors.change(&lease.key, |record| record.renew_lease(lease, time, now))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        lock(&self.state).cursors.change(&lease.key, |record| Ok(record.release_lease(lease)))
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        let now = self.clock.now();
        Ok(lock(&self.state).cursors.record(key).lease_at(now).cloned())
    }
}

#[async_trait]
impl TransactionalSink for MemorySink {
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        let mut state = lock(&self.state);
        let generation = state.cursors.commit(commit)?;
        Ok((state.write(&batch), generation))
    }
}

#[async_trait]
impl Holdings for MemorySink {
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>> {
        let state = lock(&self.state);
        let held = |id: &Id| {
            let object = state.objects.get(&id.to_string())?;
            Some(Held::new(object.modified(), object.is_revoked()))
        };
        Ok(ids.iter().map(held).collect())
    }
}

impl State {
    fn write(&mut self, batch: &Batch) -> Written {
        let mut written = Written::default();
        for object in batch.objects() {
            let id = object.id().unwrap_or_default();
            match self.objects.get(id) {
                Some(held) if held == object => written.unchanged += 1,
                Some(held) if object.modified() < held.modified() => written.outdated += 1,
                _ => {
                    self.objects.insert(id.to_owned(), object.detach());
                    written.accepted += 1;
                }
            }
        }
        for rejected in &batch.rejected {
            if !self.quarantine.iter().any(|held| held == rejected.as_bytes()) {
                self.quarantine.push(rejected.as_bytes().to_vec());
            }
            written.quarantined += 1;
        }
        written
    }
}

/// The records of all keys.
#[derive(Debug, Default)]
struct Cursors(BTreeMap<CursorKey, CursorRecord>);

impl Cursors {
    fn record(&self, key: &CursorKey) -> CursorRecord {
        self.0.get(key).cloned().unwrap_or_else(|| CursorRecord::new(key.clone()))
    }

    fn change<T>(
        &mut self,
        key: &CursorKey,
        change: impl FnOnce(&mut CursorRecord) -> Result<T>,
    ) -> Result<T> {
        let mut record = self.record(key);
        let answer = change(&mut record)?;
        if !record.is_new() {
            self.0.insert(key.clone(), record);
        }
        Ok(answer)
    }

    fn commit(&mut self, commit: Commit) -> Result<u64> {
        let key = commit.key.clone();
        self.change(&key, |record| record.commit(commit))
    }

    fn list(&self) -> Vec<(CursorKey, Position)> {
        self.0.iter().map(|(key, record)| (key.clone(), record.position.clone())).collect()
    }
}

/// A panic elsewhere leaves the maps whole, so a poisoned lock is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "conformance"))]
mod tests {
    use super::*;
    use crate::conformance::{self, Inspect, ManualClock};

    #[async_trait]
    impl Inspect for MemorySink {
        async fn contents(&self) -> Vec<(String, Vec<u8>)> {
            let objects = self.objects();
            let pair =
                |object: &RawObject| Some((object.id()?.to_owned(), object.as_bytes().to_vec()));
            objects.iter().filter_map(pair).collect()
        }

        async fn quarantine(&self) -> Vec<Vec<u8>> {
            self.quarantine()
        }
    }

    // Catches a reference that breaks the contracts that it stands for.
    #[tokio::test]
    async fn keeps_the_contracts() {
        let clock = ManualClock::default();
        let cursors = MemoryCursorStore::new().with_clock(clock.source());
        conformance::cursor_store(&cursors).await;
        conformance::leases(&cursors, &clock).await;
        let sink = MemorySink::new().with_clock(clock.source());
        conformance::transactional_sink(&sink, &sink).await;
        conformance::leases(&sink, &clock).await;
        conformance::transactional_leases(&sink, &sink, &clock).await;
        conformance::holdings(&sink, &sink).await;
    }
}
