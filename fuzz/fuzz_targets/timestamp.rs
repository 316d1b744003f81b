//! Timestamps: what is read is written as it was, and comes back when it is read again.
#![no_main]

use inthreat_stix::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let strict = text.parse::<Timestamp>();
    let lenient = Timestamp::lenient(text);
    if let Ok(strict) = &strict {
        assert_eq!(strict.to_string(), text, "a strict timestamp keeps its spelling");
        let lenient = lenient.as_ref().expect("what is strict is lenient");
        assert_eq!((strict, strict.digits()), (lenient, lenient.digits()));
    }
    for timestamp in strict.iter().chain(&lenient) {
        let written = timestamp.to_string();
        let again: Timestamp = written.parse().expect("what is written is strict");
        assert_eq!((again, again.digits()), (*timestamp, timestamp.digits()));
        assert_eq!(again.to_string(), written);
        assert_eq!(timestamp.micros().div_euclid(1_000_000), again.micros().div_euclid(1_000_000));
        check_arithmetic(*timestamp);
    }
    for error in [strict.err(), lenient.err()].into_iter().flatten() {
        assert!(error.to_string().len() < 2_000, "an error repeats the whole text");
    }
});

fn check_arithmetic(timestamp: Timestamp) {
    for seconds in [1, -1, 86_400, i64::MAX, i64::MIN] {
        let Some(moved) = timestamp.plus_seconds(seconds) else { continue };
        assert_eq!(moved > timestamp, seconds > 0);
        if !is_leap(timestamp) {
            assert_eq!(moved.plus_seconds(-seconds), Some(timestamp));
        }
        let text = moved.to_string();
        assert_eq!(text.parse(), Ok(moved), "{text}");
    }
    if !is_leap(timestamp) {
        let unix = Timestamp::from_unix(timestamp.seconds(), timestamp.subsec_nanos());
        assert_eq!(unix.map(Timestamp::micros), Some(timestamp.micros()));
    }
}

fn is_leap(timestamp: Timestamp) -> bool {
    timestamp.subsec_nanos() >= 1_000_000_000
}
