//! Tests of the keys.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn two_keys() -> (Keys, NewKey, NewKey) {
    let mut keys = Keys::default();
    let first = keys.create("first", at("2026-11-21T16:00:00Z")).unwrap();
    let second = keys.create("second", at("2026-11-21T17:00:00Z")).unwrap();
    (keys, first, second)
}

// Catches a key that opens nothing, or that opens everything; and a revoked one that still opens.
#[test]
fn a_key_opens_until_it_is_revoked() {
    let (mut keys, first, second) = two_keys();
    assert_ne!(first.secret(), second.secret());
    assert!(matches!(keys.check(first.secret()), Verdict::Valid(record) if record.name == "first"));
    assert!(
        matches!(keys.check(second.secret()), Verdict::Valid(record) if record.id == second.id())
    );
    for text in ["", "inthreat_", &first.secret()[1..], &first.secret().to_uppercase()] {
        assert_eq!(keys.check(text), Verdict::Unknown);
    }
    keys.revoke(first.id(), at("2026-11-22T00:00:00Z")).unwrap();
    keys.revoke(first.id(), at("2026-11-23T00:00:00Z")).unwrap();
    assert_eq!(keys.check(first.secret()), Verdict::Revoked);
    assert_eq!(keys.records()[0].revoked, Some(at("2026-11-22T00:00:00Z")));
    assert!(matches!(keys.check(second.secret()), Verdict::Valid(_)));
    assert_eq!(
        keys.revoke("x", at("2026-11-22T00:00:00Z")).unwrap_err().kind(),
        KeysErrorKind::Unknown
    );
}

// Catches a file that loses a key, or that holds one.
#[test]
fn the_file_holds_hashes() {
    let (mut keys, first, _) = two_keys();
    keys.revoke(first.id(), at("2026-11-22T00:00:00Z")).unwrap();
    let file = keys.to_json();
    assert_eq!(Keys::from_json(&file).unwrap(), keys);
    let random = first.secret().strip_prefix(PREFIX).unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(random).unwrap().len(), 32);
    assert!(!String::from_utf8(file).unwrap().contains(random));
    assert!(!format!("{first:?}").contains(random));
}

// Catches a file that is half understood: a key that is dropped is a client that is locked out.
#[test]
fn a_wrong_file_is_refused() {
    let good = String::from_utf8(two_keys().0.to_json()).unwrap();
    for (from, to, kind) in [
        ("\"version\": 1", "\"version\": 2", KeysErrorKind::Version),
        ("\"version\": 1", "\"version\": \"1\"", KeysErrorKind::Malformed),
        ("2026-11-21T16", "yesterday", KeysErrorKind::Malformed),
        ("\"sha256\": \"", "\"sha256\": \"0", KeysErrorKind::Malformed),
        ("\"sha256\": \"", "\"sha256\": \"é", KeysErrorKind::Malformed),
        ("\"name\"", "\"permission\"", KeysErrorKind::Malformed),
        ("}", "", KeysErrorKind::Malformed),
    ] {
        let bad = good.replace(from, to);
        assert_ne!(bad, good);
        assert_eq!(Keys::from_json(bad.as_bytes()).unwrap_err().kind(), kind, "{to}");
    }
    assert!(Keys::from_json(b"").is_err());
}

// Catches a name that breaks a line of a list.
#[test]
fn names_are_printable() {
    let mut keys = Keys::default();
    for name in ["", "a\nb", &"x".repeat(201)] {
        assert_eq!(
            keys.create(name, at("2026-11-21T16:00:00Z")).unwrap_err().kind(),
            KeysErrorKind::Name
        );
    }
    assert!(keys.records().is_empty());
}
