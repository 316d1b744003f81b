//! Cursors and objects in memory: for tests, and the reference that the conformance suites were written against.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use inthreat_stix::RawObject;

use crate::{
    Batch, Commit, CursorKey, CursorStore, Error, Position, Result, Sink, TransactionalSink,
    Written,
};

/// Cursors in memory.
#[derive(Debug, Default)]
pub struct MemoryCursorStore(Mutex<Cursors>);

impl MemoryCursorStore {
    /// A store without cursors.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl CursorStore for MemoryCursorStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(lock(&self.0).load(key))
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        lock(&self.0).commit(commit)
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        Ok(lock(&self.0).list())
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        Ok(lock(&self.0).forget(key))
    }
}

/// The newest version of every object, what was rejected, and cursors, in memory.
#[derive(Debug, Default)]
pub struct MemorySink(Mutex<State>);

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

    /// The newest versions of all objects, sorted by their identifiers.
    pub fn objects(&self) -> Vec<RawObject> {
        lock(&self.0).objects.values().cloned().collect()
    }

    /// The bytes of every rejected item, each once, in the order of their arrival.
    pub fn quarantine(&self) -> Vec<Vec<u8>> {
        lock(&self.0).quarantine.clone()
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        Ok(lock(&self.0).write(&batch))
    }
}

#[async_trait]
impl CursorStore for MemorySink {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        Ok(lock(&self.0).cursors.load(key))
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        lock(&self.0).cursors.commit(commit)
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        Ok(lock(&self.0).cursors.list())
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        Ok(lock(&self.0).cursors.forget(key))
    }
}

#[async_trait]
impl TransactionalSink for MemorySink {
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        let mut state = lock(&self.0);
        let generation = state.cursors.commit(commit)?;
        Ok((state.write(&batch), generation))
    }
}

impl State {
    fn write(&mut self, batch: &Batch) -> Written {
        let mut written = Written::default();
        for object in &batch.objects {
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

/// The positions of all keys.
#[derive(Debug, Default)]
struct Cursors(BTreeMap<CursorKey, Position>);

impl Cursors {
    fn load(&self, key: &CursorKey) -> Position {
        self.0.get(key).cloned().unwrap_or_default()
    }

    fn commit(&mut self, commit: Commit) -> Result<u64> {
        let found = self.load(&commit.key).generation;
        if found != commit.expected {
            return Err(Error::conflict(&commit.key, commit.expected, found));
        }
        self.0.insert(commit.key, Position::new(Some(commit.cursor), found + 1));
        Ok(found + 1)
    }

    fn list(&self) -> Vec<(CursorKey, Position)> {
        self.0.iter().map(|(key, position)| (key.clone(), position.clone())).collect()
    }

    fn forget(&mut self, key: &CursorKey) -> bool {
        match self.0.get_mut(key) {
            Some(position) if position.cursor.is_some() => {
                *position = Position::new(None, position.generation + 1);
                true
            }
            _ => false,
        }
    }
}

/// A panic elsewhere leaves the maps whole, so a poisoned lock is no reason to stop.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, feature = "conformance"))]
mod tests {
    use super::*;
    use crate::conformance::{self, Inspect};

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
        conformance::cursor_store(&MemoryCursorStore::new()).await;
        let sink = MemorySink::new();
        conformance::transactional_sink(&sink, &sink).await;
    }
}
