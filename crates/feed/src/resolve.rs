//! Fetching what a page refers to and the feed does not carry.

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use inthreat_api::{self as api, Objects};
use inthreat_stix::{Id, RawObject};
use inthreat_store::index::IndexRows;
use xxhash_rust::xxh3::xxh3_128;

/// How often what was fetched is looked through for more: the source of an indicator, its marking, whoever made that.
const ROUNDS_MAX: usize = 4;

/// How objects are fetched that pages refer to: sources, creators, markings, sectors, locations, and the ends of
/// relationships.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveOptions {
    /// How many objects are asked for at once; 100 when nothing is said.
    pub batch_objects_max: usize,
    /// How many identifiers are remembered at least, found or not, so that they are not asked for again; twice as many at
    /// most, of some 20 bytes each. 100,000 when nothing is said.
    pub remembered: usize,
}

impl Default for ResolveOptions {
    fn default() -> Self {
        Self { batch_objects_max: 100, remembered: 100_000 }
    }
}

impl ResolveOptions {
    /// Sets how many objects are asked for at once; at least 1.
    #[must_use]
    pub fn with_batch_objects_max(mut self, objects: usize) -> Self {
        self.batch_objects_max = objects.max(1);
        self
    }

    /// Sets how many identifiers are remembered.
    #[must_use]
    pub fn with_remembered(mut self, identifiers: usize) -> Self {
        self.remembered = identifiers;
        self
    }
}

/// Fetches objects, each once.
pub(crate) struct Resolver {
    objects: Arc<dyn Objects>,
    options: ResolveOptions,
    known: Mutex<Known>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// In the order in which they have to stand: what others refer to comes first.
    pub(crate) objects: Vec<RawObject>,
    pub(crate) missing: u64,
}

impl Resolver {
    pub(crate) fn new(objects: Arc<dyn Objects>, options: ResolveOptions) -> Self {
        let known = Known::new(options.remembered);
        Self { objects, options, known: Mutex::new(known) }
    }

    /// Fetches what these objects refer to, unless it is among them or was met before.
    ///
    /// What was met is remembered as delivered: when it does not come to that, [`Resolver::forget`].
    pub(crate) async fn resolve(&self, page: &[RawObject]) -> api::Result<Resolved> {
        let mut wanted = {
            let mut known = self.known();
            for id in page.iter().filter_map(RawObject::id) {
                known.insert(id);
            }
            known.references(page)
        };
        let mut resolved = Resolved::default();
        for _ in 0..ROUNDS_MAX {
            if wanted.is_empty() {
                break;
            }
            let mut found = Vec::new();
            for batch in wanted.chunks(self.options.batch_objects_max.max(1)) {
                let mut asked: HashSet<u128> =
                    batch.iter().map(|id| key(&id.to_string())).collect();
                let answer = self.objects.objects(batch.to_vec()).await?;
                // Only what was asked for, and each once.
                let is_asked =
                    |object: &RawObject| object.id().is_some_and(|id| asked.remove(&key(id)));
                found.extend(answer.into_iter().filter(is_asked));
                resolved.missing += asked.len() as u64;
            }
            wanted = self.known().references(&found);
            found.append(&mut resolved.objects);
            resolved.objects = found;
        }
        Ok(resolved)
    }

    /// Forgets everything: it is not certain that it was delivered.
    pub(crate) fn forget(&self) {
        *self.known() = Known::new(self.options.remembered);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Two sets of numbers are whole at any time.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Identifiers that were met, as hashes; the oldest half is forgotten when there are too many.
struct Known {
    fresh: HashSet<u128>,
    old: HashSet<u128>,
    half: usize,
}

impl Known {
    fn new(half: usize) -> Self {
        Self { fresh: HashSet::new(), old: HashSet::new(), half: half.max(1) }
    }

    /// Whether it is new.
    fn insert(&mut self, id: &str) -> bool {
        let key = key(id);
        if self.fresh.contains(&key) {
            return false;
        }
        let is_new = !self.old.contains(&key);
        if self.fresh.len() >= self.half {
            self.old = mem::take(&mut self.fresh);
        }
        self.fresh.insert(key);
        is_new
    }

    /// What these objects refer to and what is new; it is known from now on.
    fn references(&mut self, objects: &[RawObject]) -> Vec<Id> {
        let mut wanted = Vec::new();
        for object in objects {
            let rows = IndexRows::of(object);
            let ends = rows.ends.into_iter().flat_map(|ends| [ends.source, ends.target]);
            let lists = [rows.markings, rows.sources, rows.sectors, rows.locations];
            let all = lists.into_iter().flatten().chain(rows.created_by).chain(ends);
            wanted.extend(all.filter(|id| self.insert(&id.to_string())));
        }
        wanted
    }
}

fn key(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}
