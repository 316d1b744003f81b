//! Splitting: no input panics, objects are untouched parts of the input, and none is given twice.
#![no_main]

use inthreat_stix::{
    RawObject,
    split::{self, Split},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (bytes, input) = owned(data);
    if let Ok(envelope) = split::envelope(bytes, "objects") {
        if let Some(items) = &envelope.items {
            check(input, items);
        }
        for name in ["type", "id", "next_cursor"] {
            if let Some(text) = envelope.property(name) {
                serde_json::from_str::<serde_json::Value>(text).expect("a property is JSON");
            }
        }
    }
    let (bytes, input) = owned(data);
    check(input, &split::ndjson(bytes));
    let (bytes, input) = owned(data);
    check(input, &split::document(bytes));
});

/// What was given to be split, and where its copy was in memory: the parts stay in their places.
#[derive(Clone, Copy)]
struct Input<'a> {
    data: &'a [u8],
    start: usize,
}

fn owned(data: &[u8]) -> (Vec<u8>, Input<'_>) {
    let bytes = data.to_vec();
    let start = bytes.as_ptr().addr();
    (bytes, Input { data, start })
}

impl Input<'_> {
    /// Whether `part` is an untouched part of the input, in its place or copied.
    fn holds(self, part: &[u8]) -> bool {
        let place = part.as_ptr().addr().checked_sub(self.start);
        let in_place = place.and_then(|start| self.data.get(start..start + part.len()));
        in_place == Some(part)
            || part.is_empty()
            || self.data.windows(part.len()).any(|window| window == part)
    }
}

fn check(input: Input<'_>, split: &Split) {
    let mut places: Vec<_> =
        split.objects.iter().map(|object| object.as_bytes().as_ptr_range()).collect();
    places.sort_by_key(|place| place.start);
    assert!(places.is_sorted_by(|a, b| a.end <= b.start), "two objects share bytes");
    for object in &split.objects {
        check_object(input, object);
    }
    for rejected in &split.rejected {
        assert!(input.holds(rejected.as_bytes()), "a rejected item is not in the input");
        assert!(rejected.offset() <= input.data.len());
        assert!(!rejected.reason().is_empty() && !rejected.to_string().is_empty());
    }
}

fn check_object(input: Input<'_>, object: &RawObject) {
    let text = object.as_bytes();
    assert!(input.holds(text), "an object is not in the input");
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
