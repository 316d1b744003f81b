//! Objects that lie far apart, read over several connections at a time.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread::{self, Scope, ScopedJoinHandle},
};

use inthreat_stix::RawObject;

use crate::{
    cache::BlockCache,
    fault::Fault,
    options::Options,
    reader::{self, Reader},
};

/// From how many objects on others help to read them: with fewer, a thread costs more than it saves.
const OBJECTS_MIN: usize = if cfg!(test) { 8 } else { 256 };
/// How far apart they lie then on average: about as many objects share a row.
const DISTANCE_MIN: i64 = 8;
/// How many help at most, whatever the number of cores: what they wait for is the memory, or the disk.
const HELPERS_MAX: usize = 3;

/// Readers that help others, no more than there are cores for beside the one that asks. Those who find none at hand read alone.
pub(crate) struct Helpers {
    folder: PathBuf,
    options: Options,
    mapped: bool,
    cache: Arc<BlockCache>,
    state: Mutex<State>,
}

struct State {
    idle: Vec<Reader>,
    /// How many more may be opened.
    left: usize,
}

impl Helpers {
    pub(crate) fn new(
        folder: PathBuf,
        options: Options,
        mapped: bool,
        cache: Arc<BlockCache>,
    ) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let left = if cfg!(test) { HELPERS_MAX } else { (cores - 1).min(HELPERS_MAX) };
        let state = Mutex::new(State { idle: Vec::new(), left });
        Self { folder, options, mapped, cache, state }
    }

    /// All that are at hand, or can be opened.
    fn take(self: &Arc<Self>) -> Vec<Lent> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = std::mem::take(&mut state.idle);
        let missing = std::mem::take(&mut state.left);
        drop(state);
        let idle = idle.into_iter().map(Some).chain((0..missing).map(|_| None));
        idle.map(|reader| Lent { helpers: Arc::clone(self), reader }).collect()
    }

    fn open(&self) -> Result<Reader, Fault> {
        reader::open(&self.folder, &self.options, self.mapped, &self.cache, None)
    }
}

/// A reader that helps, or the right to open one.
struct Lent {
    helpers: Arc<Helpers>,
    reader: Option<Reader>,
}

impl Lent {
    fn objects(mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        // One with which something goes wrong does not come back.
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.helpers.open()?,
        };
        let objects = reader.in_snapshot(|reader| reader.objects_in_order(sequences))?;
        self.reader = Some(reader);
        Ok(objects)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut state = self.helpers.state.lock().unwrap_or_else(PoisonError::into_inner);
        match self.reader.take() {
            Some(reader) => state.idle.push(reader),
            None => state.left += 1,
        }
    }
}

impl Reader {
    /// The objects with these sequences, which grow. Of those that lie far apart, others read a part meanwhile.
    pub(crate) fn objects_of_page(&mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        let helpers = match &self.helpers {
            Some(helpers) if self.allowance.left().is_none() && lie_apart(sequences) => {
                helpers.take()
            }
            _ => Vec::new(),
        };
        let part = sequences.len().div_ceil(helpers.len() + 1).max(1);
        let (own, rest) = sequences.split_at(part.min(sequences.len()));
        thread::scope(|scope| {
            let helped: Vec<_> = rest
                .chunks(part)
                .zip(helpers)
                .map(|(part, helper)| (part, help(scope, helper, part)))
                .collect();
            let mut objects = self.objects_in_order(own)?;
            for (part, helping) in helped {
                // Whatever went wrong there, the one who asks finds it out in the state that he reads.
                match helping.and_then(|thread| thread.join().ok()?.ok()) {
                    Some(found) => objects.extend(found),
                    None => objects.extend(self.objects_in_order(part)?),
                }
            }
            Ok(objects)
        })
    }
}

fn help<'scope>(
    scope: &'scope Scope<'scope, '_>,
    helper: Lent,
    sequences: &'scope [i64],
) -> Option<ScopedJoinHandle<'scope, Result<Vec<RawObject>, Fault>>> {
    let thread = thread::Builder::new().name("replica-help".into());
    thread.spawn_scoped(scope, || helper.objects(sequences)).ok()
}

fn lie_apart(sequences: &[i64]) -> bool {
    let count = i64::try_from(sequences.len()).unwrap_or(i64::MAX);
    match (sequences.first(), sequences.last()) {
        (Some(first), Some(last)) if sequences.len() >= OBJECTS_MIN => {
            last.saturating_sub(*first) / count >= DISTANCE_MIN
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use inthreat_stix::split;
    use inthreat_store::{Batch, Sink};

    use super::*;
    use crate::Replica;

    fn ids(objects: &[RawObject]) -> Vec<&str> {
        objects.iter().filter_map(RawObject::id).collect()
    }

    async fn filled(folder: &std::path::Path, count: usize) -> Replica {
        let replica = Replica::create_or_open(folder, Options::default()).unwrap();
        let line = |number| format!("{{\"type\":\"x-t\",\"id\":\"x-t--{number}\"}}\n");
        let mut batch = Batch::default();
        batch.extend(split::ndjson((0..count).map(line).collect::<String>()).objects);
        replica.write(batch).await.unwrap();
        replica
    }

    // Catches parts that come back in another order, doubled or not at all, for any number of them, and helpers that are lost.
    #[tokio::test(flavor = "multi_thread")]
    async fn objects_that_lie_apart_come_back_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let replica = filled(folder.path(), 2000).await;
        for count in [0, 1, 2, 7, 8, 9, 10, 11, 31, 100] {
            let sequences: Vec<i64> = (0..count).map(|place| 1 + place * 20).collect();
            let expected: Vec<String> =
                (0..count).map(|place| format!("x-t--{}", place * 20)).collect();
            replica
                .readers
                .ask_snapshot(|reader| {
                    assert_eq!(ids(&reader.objects_of_page(&sequences)?), expected);
                    let helpers = reader.helpers.clone().unwrap();
                    let state = helpers.state.lock().unwrap();
                    assert_eq!(state.idle.len() + state.left, HELPERS_MAX);
                    Ok(())
                })
                .unwrap();
        }
    }

    // Catches an answer that is wrong or cut short where a helper cannot read, or has read all that it could, and one that goes
    // on helping after it failed.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_helpers_cannot_read_is_read_alone() {
        let folder = tempfile::tempdir().unwrap();
        let replica = filled(folder.path(), 400).await;
        let sequences: Vec<i64> = (0..20).map(|place| 1 + place * 20).collect();
        let missing: Vec<i64> = sequences.iter().map(|sequence| sequence + 10_000).collect();
        let asked = replica.readers.ask_snapshot(|reader| {
            assert!(reader.objects_of_page(&missing).is_err());
            let helpers = reader.helpers.clone().unwrap();
            assert_eq!(helpers.state.lock().unwrap().left, HELPERS_MAX);
            // They find no database.
            reader.helpers = Some(Arc::new(Helpers::new(
                folder.path().join("nowhere"),
                Options::default(),
                false,
                Arc::clone(&reader.cache),
            )));
            let found = reader.objects_of_page(&sequences);
            reader.helpers = Some(helpers);
            found
        });
        assert_eq!(asked.unwrap().len(), 20);
    }
}
