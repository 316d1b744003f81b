//! Patterns: no text panics, an error stands within the text, and what was read can be asked everything.
#![no_main]

use inthreat_stix::pattern::Pattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let pattern = match Pattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => {
            assert!(text.is_char_boundary(error.offset()), "an error stands outside of the text");
            assert!(error.line() > 0 && error.column() > 0);
            let message = error.render();
            assert!(message.len() < 2_000, "an error repeats the whole text: {message}");
            return;
        }
    };
    assert_eq!(pattern.source(), text);
    for comparison in pattern.comparisons() {
        for step in comparison.path().steps() {
            let _ = step;
        }
    }
    for observable in pattern.observables() {
        let _ = (observable.value.to_text(), observable.hash_algorithm);
    }
    let findings = pattern.check();
    assert_eq!(pattern.is_acceptable(), !findings.iter().any(|finding| finding.code.is_error()));
    let _ = pattern.matches(&[]);
    if let Ok(grouped) = Pattern::parse(&format!("({pattern})")) {
        // Where the comparison gives up, it says so.
        assert_ne!(pattern.is_equivalent_to(&grouped), Ok(false), "{pattern}");
    }
});
