//! Typed objects: what is read and written is an equal JSON value, with numbers spelled as they were.
#![no_main]

use std::collections::BTreeMap;

use inthreat_stix::{RawObject, split};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|data: &[u8]| {
    for raw in split::document(data).objects {
        check(&raw);
    }
});

fn check(raw: &RawObject) {
    let object = raw.to_object();
    let written = object.to_json();
    let expected: &RawValue = serde_json::from_str(raw.as_str()).expect("a raw object is JSON");
    let found: &RawValue = serde_json::from_str(&written).expect("what is written is JSON");
    assert!(equal(expected, found), "{raw:?}\n{}\n{written}", raw.as_str());

    let again = RawObject::new(written.as_str()).expect("what is written is an object").to_object();
    assert_eq!(object, again);
    assert_eq!(again.to_json(), written);
    assert_eq!(object.to_raw().as_str(), written);

    let _ = (object.kind(), object.id(), object.common().is_revoked());
    let _ = (object.misfits().count(), object.custom_properties().count());
    // Of two properties of one name the raw object tells both.
    assert!(raw.references().count() >= object.references().count());
}

/// Whether two texts are the same value: the order of properties does not matter, the last of two of one name counts.
fn equal(left: &RawValue, right: &RawValue) -> bool {
    let (left, right) = (left.get(), right.get());
    match left.as_bytes().first() {
        Some(b'{') => {
            let read = serde_json::from_str::<BTreeMap<String, &RawValue>>;
            match (read(left), read(right)) {
                (Ok(left), Ok(right)) => {
                    left.len() == right.len()
                        && left
                            .iter()
                            .zip(&right)
                            .all(|((a, left), (b, right))| a == b && equal(left, right))
                }
                // A name with a lone surrogate cannot be read; then the text has to be the same.
                _ => left == right,
            }
        }
        Some(b'[') => {
            let read = serde_json::from_str::<Vec<&RawValue>>;
            match (read(left), read(right)) {
                (Ok(left), Ok(right)) => {
                    left.len() == right.len()
                        && left.iter().zip(&right).all(|(left, right)| equal(left, right))
                }
                _ => left == right,
            }
        }
        Some(b'"') => {
            let read = serde_json::from_str::<String>;
            match (read(left), read(right)) {
                (Ok(left), Ok(right)) => left == right,
                _ => left == right,
            }
        }
        _ => left == right,
    }
}
