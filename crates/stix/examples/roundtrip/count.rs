//! Counting what comes back equal. The tests use it, too.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use inthreat_stix::{Object, split};
use serde_json::value::RawValue;

/// What became of the objects of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// All objects.
    pub(crate) objects: usize,
    /// Those of a type that the specification defines.
    pub(crate) typed: usize,
    /// All others.
    pub(crate) custom: usize,
    /// The items that are no objects, with the reason.
    pub(crate) rejected: Vec<String>,
    /// The objects that did not come back equal: as they were, and as they became.
    pub(crate) unequal: Vec<(String, String)>,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rejected, unequal) = (self.rejected.len(), self.unequal.len());
        write!(f, "objects {}, typed {}, custom {}, ", self.objects, self.typed, self.custom)?;
        write!(f, "rejected {rejected}, unequal {unequal}")
    }
}

/// Types and writes every object of a document.
pub(crate) fn count(body: Vec<u8>) -> Count {
    let found = split::document(body);
    let mut count = Count { objects: found.objects.len(), ..Count::default() };
    count.rejected = found.rejected.iter().map(ToString::to_string).collect();
    for raw in &found.objects {
        let object = raw.to_object();
        if matches!(object, Object::Custom(_)) {
            count.custom += 1;
        } else {
            count.typed += 1;
        }
        let written = object.to_json();
        if !is_equal(raw.as_str(), &written, 0) {
            count.unequal.push((raw.as_str().to_owned(), written));
        }
    }
    count
}

/// From this depth on, values are equal only when their texts are.
const DEPTH_MAX: usize = 100;

/// Whether two JSON texts hold the same value, numbers being compared by their digits. Where an object has a name
/// twice, the last counts.
pub(crate) fn is_equal(left: &str, right: &str, depth: usize) -> bool {
    let (left, right) = (left.trim(), right.trim());
    if left == right || depth == DEPTH_MAX {
        return left == right;
    }
    let same = match left.as_bytes().first() {
        Some(b'{') => {
            parsed::<BTreeMap<Cow<'_, str>, &RawValue>>(left, right).map(|(left, right)| {
                left.keys().eq(right.keys())
                    && left
                        .values()
                        .zip(right.values())
                        .all(|(l, r)| is_equal(l.get(), r.get(), depth + 1))
            })
        }
        Some(b'[') => parsed::<Vec<&RawValue>>(left, right).map(|(left, right)| {
            left.len() == right.len()
                && left.iter().zip(&right).all(|(l, r)| is_equal(l.get(), r.get(), depth + 1))
        }),
        Some(b'"') => parsed::<String>(left, right).map(|(left, right)| left == right),
        _ => None,
    };
    same.unwrap_or(false)
}

fn parsed<'a, T: serde::Deserialize<'a>>(left: &'a str, right: &'a str) -> Option<(T, T)> {
    Some((serde_json::from_str(left).ok()?, serde_json::from_str(right).ok()?))
}
