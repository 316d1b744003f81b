//! Patterns: what is written parses to the same expression, and is written the same again.
#![no_main]

use inthreat_stix::pattern::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(pattern) = Pattern::parse(text) else { return };
    let written = pattern.to_string();
    let again = match Pattern::parse(&written) {
        Ok(again) => again,
        Err(error) => panic!("what is written does not parse: {written}\n{error}"),
    };
    assert_eq!(pattern, again, "{written}");
    assert_eq!(again.to_string(), written);
});
