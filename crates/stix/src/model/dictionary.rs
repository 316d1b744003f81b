//! Dictionaries: names and values in the order in which they were written.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cursor, Json, Next, Value, json};
use crate::TypeError;

/// A `dictionary` of STIX 2.1 (section 2.3): names and values, in the order in which they were written.
///
/// Where a text has a name twice, the last value counts, as in nearly every JSON reader. Two dictionaries are
/// equal when they hold equal values under equal names, in any order. Looking a name up takes time linear in
/// the number of entries: dictionaries of STIX are small.
///
/// ```
/// use inthreat_stix::model::Dictionary;
///
/// let mut hashes: Dictionary<String> = [("MD5", "66e2ea40dc71d5ba701574ea215a81f1")].into_iter().collect();
/// assert_eq!(hashes.get("MD5").map(String::as_str), Some("66e2ea40dc71d5ba701574ea215a81f1"));
/// hashes.insert("SSDEEP", "3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C".to_owned());
/// assert_eq!(hashes.len(), 2);
/// ```
#[derive(Clone)]
pub struct Dictionary<T>(Vec<(Box<str>, T)>);

/// Up to this many names, comparing each with each is faster than hashing them.
const COMPARED_MAX: usize = 24;

impl<T> Dictionary<T> {
    /// A dictionary without entries.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// The value under this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.iter_mut().find(|(key, _)| &**key == name).map(|(_, value)| value)
    }

    /// Puts a value under a name, and gives the one that it replaces.
    pub fn insert(&mut self, name: impl Into<Box<str>>, value: T) -> Option<T> {
        let name = name.into();
        match self.get_mut(&name) {
            Some(place) => Some(std::mem::replace(place, value)),
            None => {
                self.0.push((name, value));
                None
            }
        }
    }

    /// Takes out the value under a name.
    pub fn remove(&mut self, name: &str) -> Option<T> {
        let place = self.0.iter().position(|(key, _)| &**key == name)?;
        Some(self.0.remove(place).1)
    }

    /// The names and values, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Appends an entry whose name may be there already; [`Dictionary::settle`] has to follow.
    pub(crate) fn push(&mut self, name: Cow<'_, str>, value: T) {
        self.0.push((name.into(), value));
    }

    /// Keeps the entries that `keep` approves of.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
    }

    /// Of entries with the same name, leaves the last.
    pub(crate) fn settle(&mut self) {
        let entries = &self.0;
        let doubled = if entries.len() <= COMPARED_MAX {
            let is_last = |(at, entry): (usize, &(Box<str>, T))| {
                entries.iter().skip(at + 1).all(|later| later.0 != entry.0)
            };
            !entries.iter().enumerate().all(is_last)
        } else {
            let names: HashSet<_> = entries.iter().map(|entry| &*entry.0).collect();
            names.len() < entries.len()
        };
        if doubled {
            let mut seen = HashSet::new();
            let mut last: Vec<_> = std::mem::take(&mut self.0)
                .into_iter()
                .rev()
                .filter(|e| seen.insert(e.0.clone()))
                .collect();
            last.reverse();
            self.0 = last;
        }
    }
}

impl Dictionary<Json> {
    /// Reads the value under a name as a type of your own; `None` where there is no such name.
    pub fn parse<'a, V: Deserialize<'a>>(&'a self, name: &str) -> Option<Result<V, TypeError>> {
        self.get(name).map(Json::parse)
    }
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: PartialEq> PartialEq for Dictionary<T> {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |entries: &Self| -> Vec<usize> {
            let mut order: Vec<_> = (0..entries.len()).collect();
            order.sort_by_key(|at| entries.0.get(*at).map(|entry| entry.0.clone()));
            order
        };
        self.len() == other.len()
            && (self.0 == other.0
                || sorted(self)
                    .iter()
                    .zip(sorted(other))
                    .all(|(a, b)| self.0.get(*a) == other.0.get(b)))
    }
}

impl<T: Eq> Eq for Dictionary<T> {}

impl<N: Into<Box<str>>, T, V: Into<T>> FromIterator<(N, V)> for Dictionary<T> {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut dictionary =
            Self(entries.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
        dictionary.settle();
        dictionary
    }
}

impl<T: fmt::Debug> fmt::Debug for Dictionary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<T: Value> Value for Dictionary<T> {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        if !cursor.take(b'{') {
            return None;
        }
        let mut entries = Self::new();
        while let Next::Name(name) = cursor.name(entries.is_empty())? {
            let value = T::read(cursor)?;
            entries.push(name, value);
        }
        entries.settle();
        Some(entries)
    }
}

impl<T: Serialize> Serialize for Dictionary<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Dictionary<Json> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::deserialize_with(deserializer, |cursor| {
            Self::read(cursor).ok_or_else(|| "expected an object".to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Dictionary<Json> {
        serde_json::from_str(text).unwrap()
    }

    // Catches a first value that counts, and a way of finding doubles that depends on their number.
    #[test]
    fn the_last_of_equal_names_counts() {
        for others in [0, 100] {
            let others: Vec<_> = (0..others).map(|n| format!(r#""n{n}":0,"#)).collect();
            let others = others.concat();
            let read = read(&format!(r#"{{"a":1,{others}"b":2,"\u0061":3}}"#));
            assert_eq!(read.get("a").map(Json::as_str), Some("3"));
            assert_eq!(read.iter().filter(|(name, _)| *name == "a").count(), 1);
        }
    }

    // Catches an equality that depends on the order.
    #[test]
    fn order_does_not_matter_for_equality() {
        assert_eq!(read(r#"{"a":1,"b":2}"#), read(r#"{"b":2,"a":1}"#));
        assert_ne!(read(r#"{"a":1,"b":2}"#), read(r#"{"b":1,"a":2}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1,"b":2}"#));
    }
}
