//! The newest versions of the objects that came lately, in few bytes each.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::BuildHasher,
};

use rusqlite::{Connection, OptionalExtension, params};

use super::{decide::Head, filter::Filter};
use crate::{fault::Fault, hashing::Seeded, key::Key};

/// Which bits of a hash tell objects apart: in tests so few that some objects always meet.
const BITS: u32 = if cfg!(test) { 7 } else { u32::MAX };

/// The sequences of the newest versions of objects.
///
/// An object is told by a hash of its key, and its sequence from the first one: eight bytes instead of fifty. What the hash finds
/// is compared with the key in the arrival log; objects that meet are kept by their keys, of millions some thousands.
#[derive(Debug, Default)]
pub(super) struct Heads {
    hasher: Seeded,
    /// The first sequence that was noted.
    first: Option<i64>,
    by_hash: HashMap<u32, u32, Seeded>,
    met: HashMap<Key, i64, Seeded>,
    /// All objects that are older than these, where that is known.
    older: Option<Filter>,
}

impl Heads {
    /// The newest version of an object, where that came lately.
    pub(super) fn find(&self, connection: &Connection, key: &Key) -> Result<Option<Head>, Fault> {
        let by_hash = || Some(self.first? + i64::from(*self.by_hash.get(&self.hash(key))?));
        let Some(sequence) = self.met.get(key).copied().or_else(by_hash) else { return Ok(None) };
        let mut statement = connection.prepare_cached(
            "SELECT modified, modified_rest, hash FROM objects WHERE sequence = ?1 AND key = ?2",
        )?;
        let head = statement.query_row(params![sequence, key], |row| {
            let modified: Option<i64> = row.get(0)?;
            Ok(Head { sequence, modified: modified.zip(row.get(1)?), hash: row.get(2)? })
        });
        Ok(head.optional()?)
    }

    /// Takes a version that is the newest of an object now, and the sequence of the one whose place it takes.
    pub(super) fn note(&mut self, key: &Key, sequence: i64, replaces: Option<i64>) {
        let first = *self.first.get_or_insert(sequence);
        let place = |sequence: i64| u32::try_from(sequence.checked_sub(first)?).ok();
        match (self.by_hash.entry(self.hash(key)), place(sequence)) {
            (Entry::Vacant(entry), Some(place)) => {
                entry.insert(place);
            }
            (Entry::Occupied(mut entry), Some(newer))
                if replaces.and_then(place) == Some(*entry.get()) =>
            {
                entry.insert(newer);
            }
            _ => {
                self.met.insert(key.clone(), sequence);
            }
        }
    }

    /// Whether there may be versions of an object that did not come lately.
    pub(super) fn may_be_older(&self, key: &Key) -> bool {
        self.older.as_ref().is_none_or(|older| older.may_have(self.hash(key)))
    }

    /// Forgets which versions came lately, as they can be found now. Where `all` that was ever stored went through here, it is
    /// remembered which objects they were of.
    pub(super) fn forget(&mut self, all: bool) {
        if all {
            let older = self.older.get_or_insert_default();
            // Objects that met have a hash in common with one of these.
            for hash in self.by_hash.keys() {
                older.insert(*hash);
            }
        } else {
            self.older = None;
        }
        self.first = None;
        self.by_hash = HashMap::default();
        self.met = HashMap::default();
    }

    fn hash(&self, key: &Key) -> u32 {
        u32::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default() & BITS
    }
}
