//! Splitting: no input panics, objects are untouched parts of the input, and none is given twice.
#![no_main]

use inthreat_stix::{
    RawObject,
    split::{self, Split},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(envelope) = split::envelope(data, "objects") {
        if let Some(items) = &envelope.items {
            check(data, items);
        }
        for name in ["type", "id", "next_cursor"] {
            if let Some(text) = envelope.property(name) {
                serde_json::from_str::<serde_json::Value>(text).expect("a property is JSON");
            }
        }
    }
    check(data, &split::ndjson(data));
    check(data, &split::document(data));
});

fn check(data: &[u8], split: &Split) {
    let mut places: Vec<_> =
        split.objects.iter().map(|object| object.as_bytes().as_ptr_range()).collect();
    places.sort_by_key(|place| place.start);
    assert!(places.is_sorted_by(|a, b| a.end <= b.start), "two objects share bytes");
    for object in &split.objects {
        check_object(data, object);
    }
    for rejected in &split.rejected {
        assert!(contains(data, rejected.as_bytes()), "a rejected item is not in the input");
        assert!(rejected.offset() <= data.len());
        assert!(!rejected.reason().is_empty() && !rejected.to_string().is_empty());
    }
}

fn check_object(data: &[u8], object: &RawObject) {
    let text = object.as_bytes();
    assert!(contains(data, text), "an object is not in the input");
    assert!(text.starts_with(b"{") && text.ends_with(b"}"));
    assert_eq!(object.as_str().as_bytes(), text, "an object is not UTF-8");
    let again = RawObject::new(text).expect("an object parses again");
    assert_eq!(head(&again), head(object));
    assert_eq!(head(&object.detach()), head(object));

    // `Value` refuses lone surrogates and numbers beyond a double, which reading passes over.
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(text) else { return };
    assert_eq!(value.get("type").and_then(|v| v.as_str()), object.object_type());
    assert_eq!(value.get("id").and_then(|v| v.as_str()), object.id());
    assert_eq!(value.get("revoked").is_some_and(|v| v == true), object.is_revoked());
}

fn head(object: &RawObject) -> impl PartialEq + std::fmt::Debug {
    (
        object.object_type().map(str::to_owned),
        object.id().map(str::to_owned),
        object.created(),
        object.modified(),
        object.is_revoked(),
    )
}

/// Whether `part` is somewhere in `data`.
fn contains(data: &[u8], part: &[u8]) -> bool {
    part.is_empty() || data.windows(part.len()).any(|window| window == part)
}
