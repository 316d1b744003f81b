//! Tests of the keys.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-22T10:00:00Z")
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
    assert_eq!(keys.check(first.secret(), Some(now())), Verdict::Valid(0));
    assert_eq!(keys.check(second.secret(), Some(now())), Verdict::Valid(1));
    assert_eq!(keys.records()[1].id, second.id());
    for text in ["", "inthreat_", &first.secret()[1..], &first.secret().to_uppercase()] {
        assert_eq!(keys.check(text, Some(now())), Verdict::Unknown);
    }
    keys.revoke(first.id(), at("2026-11-22T00:00:00Z")).unwrap();
    keys.revoke(first.id(), at("2026-11-23T00:00:00Z")).unwrap();
    assert_eq!(keys.check(first.secret(), Some(now())), Verdict::Revoked);
    assert_eq!(keys.records()[0].revoked, Some(at("2026-11-22T00:00:00Z")));
    assert_eq!(keys.check(second.secret(), Some(now())), Verdict::Valid(1));
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
        ("\"version\": 2", "\"version\": 3", KeysErrorKind::Version),
        ("\"version\": 2", "\"version\": 0", KeysErrorKind::Version),
        ("\"version\": 2", "\"version\": 1", KeysErrorKind::Malformed),
        ("\"version\": 2", "\"version\": \"2\"", KeysErrorKind::Malformed),
        ("INTHREAT_READ_FEEDS", "INTHREAT_EVERYTHING", KeysErrorKind::Malformed),
        ("\"community\": null", "\"community\": \"us\"", KeysErrorKind::Malformed),
        ("\"expires\": null", "\"expires\": \"never\"", KeysErrorKind::Malformed),
        ("2026-11-21T16", "yesterday", KeysErrorKind::Malformed),
        ("\"sha256\": \"", "\"sha256\": \"0", KeysErrorKind::Malformed),
        ("\"sha256\": \"", "\"sha256\": \"é", KeysErrorKind::Malformed),
        ("\"name\"", "\"called\"", KeysErrorKind::Malformed),
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

// Catches a key that outlives its time, also where nobody knows what time it is.
#[test]
fn a_key_expires() {
    let mut keys = Keys::default();
    let draft = KeyDraft::new("short").with_expires(at("2026-11-22T10:00:00Z"));
    let key = keys.create(draft.clone(), at("2026-11-22T09:00:00Z")).unwrap();
    let before = Some(at("2026-11-22T09:59:59.999999Z"));
    assert_eq!(keys.check(key.secret(), before), Verdict::Valid(0));
    assert_eq!(keys.check(key.secret(), Some(now())), Verdict::Expired);
    assert_eq!(keys.check(key.secret(), None), Verdict::Expired);
    let again = Keys::from_json(&keys.to_json()).unwrap();
    assert_eq!(again.check(key.secret(), Some(now())), Verdict::Expired);
    keys.revoke(key.id(), at("2026-11-22T09:30:00Z")).unwrap();
    assert_eq!(keys.check(key.secret(), Some(now())), Verdict::Revoked);
    let late = keys.create(draft, at("2026-11-22T10:00:00Z"));
    assert_eq!(late.unwrap_err().kind(), KeysErrorKind::Expiry);
}

// Catches keys of the first version that may do less or more than before, and a file that is written back as it was.
#[test]
fn the_first_version_of_the_file_is_read() {
    let (keys, first, _) = two_keys();
    let text = String::from_utf8(keys.to_json()).unwrap();
    let sha256 = hex(&keys.records[0].sha256);
    assert!(text.contains(&sha256));
    let old = format!(
        r#"{{"version":1,"keys":[{{"id":"5f0c","name":"old","created":"2026-11-21T16:00:00Z","revoked":null,"sha256":"{sha256}"}}]}}"#
    );
    let read = Keys::from_json(old.as_bytes()).unwrap();
    assert_eq!(read.check(first.secret(), None), Verdict::Valid(0));
    let record = &read.records()[0];
    assert_eq!(record.permissions, Permission::ALL);
    assert_eq!((&record.community, record.expires), (&None, None));
    let written = String::from_utf8(read.to_json()).unwrap();
    assert!(written.contains("\"version\": 2"), "{written}");
    assert_eq!(Keys::from_json(written.as_bytes()).unwrap(), read);
}

// Catches a key that may do more than it was made for, and communities that differ by their spelling.
#[test]
fn a_key_is_what_its_draft_says() {
    let mut keys = Keys::default();
    let draft = KeyDraft::new("writer")
        .with_permissions([Permission::WriteFeeds, Permission::ReadFeeds, Permission::WriteFeeds])
        .with_community("6FFBE55B-D30A-4DC4-BC52-A213DCE0AF29".to_owned());
    keys.create(draft.clone(), at("2026-11-22T09:00:00Z")).unwrap();
    let record = &keys.records()[0];
    assert_eq!(record.permissions, [Permission::ReadFeeds, Permission::WriteFeeds]);
    assert_eq!(record.community.as_deref(), Some("6ffbe55b-d30a-4dc4-bc52-a213dce0af29"));
    assert_eq!(Keys::from_json(&keys.to_json()).unwrap(), keys);
    let wrong = keys.create(draft.with_community("us".to_owned()), at("2026-11-22T09:00:00Z"));
    assert_eq!(wrong.unwrap_err().kind(), KeysErrorKind::Community);
    keys.create("reader", at("2026-11-22T09:00:00Z")).unwrap();
    assert!(keys.records()[1].permissions.iter().all(|one| one.is_reading()));
}

// Catches a second record for a key, by which it would be open after it was revoked.
#[test]
fn a_key_stands_in_a_file_once() {
    let (keys, ..) = two_keys();
    let text = String::from_utf8(keys.to_json()).unwrap();
    for (one, other) in [
        (hex(&keys.records[0].sha256), hex(&keys.records[1].sha256)),
        (keys.records[0].id.clone(), keys.records[1].id.clone()),
    ] {
        let twice = text.replace(&other, &one);
        let refused = Keys::from_json(twice.as_bytes()).unwrap_err();
        assert_eq!(refused.kind(), KeysErrorKind::Malformed);
    }
}

// Catches a hash or a key in what is printed.
#[test]
fn nothing_secret_is_printed() {
    let (keys, first, _) = two_keys();
    let shared = SharedKeys::new(keys.clone());
    let printed = format!("{keys:?} {first:?} {shared:?} {:?}", keys.records());
    for secret in [first.secret().to_owned(), hex(&keys.records[0].sha256)] {
        assert!(!printed.contains(&secret), "{printed}");
    }
}
