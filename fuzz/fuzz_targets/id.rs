//! Identifiers: what is read is written as it was, and strict and lenient reading agree.
#![no_main]

use inthreat_stix::{Id, Kind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let strict = text.parse::<Id>();
    let lenient = Id::lenient(text);
    match &strict {
        Ok(id) => {
            assert_eq!(id.to_string(), text);
            assert_eq!(lenient.as_ref(), Ok(id), "what is strict is lenient");
            let uuid = id.uuid().expect("a conformant identifier has a UUID");
            assert_eq!(Id::new(id.kind(), uuid), *id);
            assert!(id.is_conformant());
        }
        Err(error) => assert!(error.to_string().len() < 2_000, "an error repeats the whole text"),
    }
    if let Ok(id) = &lenient {
        assert_eq!(id.to_string(), text);
        assert_eq!(id.is_conformant(), strict.is_ok());
        assert_eq!(id.is_conformant(), id.uuid().is_some());
        let kind = id.kind();
        assert_eq!(Kind::from(kind.as_str()), kind);
    }
});
