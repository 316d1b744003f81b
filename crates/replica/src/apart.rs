//! Objects that lie far apart, read over several connections at a time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::{self, Scope, ScopedJoinHandle},
};

use inthreat_stix::RawObject;

use crate::{
    fault::Fault,
    reader::{Reader, Readers},
};

/// From how many objects on others help to read them: with fewer, a thread costs more than it saves.
const OBJECTS_MIN: usize = if cfg!(test) { 8 } else { 256 };
/// How far apart they lie then on average: about as many objects share a row.
const DISTANCE_MIN: i64 = 8;
/// How many help at most, whatever the number of cores: what they wait for is the memory, or the disk.
const HELPERS_MAX: usize = 3;

/// Readers that help those who ask, no more than there are cores for beside one of them. They are none of those who ask, who would
/// wait for them; who finds none at hand reads alone.
pub(crate) struct Helpers(Mutex<State>);

struct State {
    idle: Vec<Reader>,
    /// How many more may be opened.
    left: usize,
}

impl Default for Helpers {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let left = if cfg!(test) { HELPERS_MAX } else { (cores - 1).min(HELPERS_MAX) };
        Self(Mutex::new(State { idle: Vec::new(), left }))
    }
}

/// A reader that helps, or the right to open one.
struct Helper {
    readers: Arc<Readers>,
    reader: Option<Reader>,
}

impl Helper {
    /// All that are at hand, or can be opened.
    fn all(readers: &Arc<Readers>) -> Vec<Self> {
        let mut state = readers.helpers.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = std::mem::take(&mut state.idle);
        let missing = std::mem::take(&mut state.left);
        drop(state);
        let all = idle.into_iter().map(Some).chain((0..missing).map(|_| None));
        all.map(|reader| Self { readers: Arc::clone(readers), reader }).collect()
    }

    fn objects(mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        // One with which something goes wrong does not come back.
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => self.readers.open()?,
        };
        let objects = reader.in_snapshot(|reader| reader.objects_in_order(sequences))?;
        self.reader = Some(reader);
        Ok(objects)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let mut state = self.readers.helpers.0.lock().unwrap_or_else(PoisonError::into_inner);
        match self.reader.take() {
            Some(reader) => state.idle.push(reader),
            None => state.left += 1,
        }
    }
}

impl Reader {
    /// The objects with these sequences, which grow. Of those that lie far apart, others read a part meanwhile.
    pub(crate) fn objects_of_page(&mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        let is_brief = self.allowance.left().is_some();
        let helpers = match self.readers.upgrade() {
            Some(readers) if !is_brief && lie_apart(sequences) => Helper::all(&readers),
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
    helper: Helper,
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
    use crate::{Options, Replica};

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
                    let state = replica.readers.helpers.0.lock().unwrap();
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
            assert_eq!(replica.readers.helpers.0.lock().unwrap().left, HELPERS_MAX);
            // These find no database.
            let nowhere = Readers::new(folder.path().join("nowhere"), Options::default(), false);
            reader.readers = Arc::downgrade(&nowhere);
            let found = reader.objects_of_page(&sequences);
            reader.readers = Arc::downgrade(&replica.readers);
            found
        });
        assert_eq!(asked.unwrap().len(), 20);
    }
}
