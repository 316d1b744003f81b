//! Tests of splitting.

use proptest::prelude::*;

use super::*;

fn ids(split: &Split) -> Vec<&str> {
    split.objects.iter().filter_map(RawObject::id).collect()
}

// Catches a head whose strings point into the wrong place, and bytes that were touched.
#[test]
fn an_envelope_is_split_into_untouched_objects() {
    let first =
        r#"{ "x":1.50, "id" : "a--1","type":"\u0061bc","modified":"2020-01-01T00:00:00.10Z" }"#;
    let second = r#"{"type":"b","id":"b--2","revoked":true,"nested":{"id":"no","type":[]}}"#;
    let body =
        format!("\u{feff} {{\"next\":[1, 2],\n\"items\" : [ {first} ,\n{second}], \"n\":null}} ");
    let envelope = envelope(body, "items").unwrap();
    let items = envelope.items.as_ref().unwrap();
    assert_eq!(ids(items), ["a--1", "b--2"]);
    assert_eq!(items.objects[0].as_str(), first);
    assert_eq!(items.objects[0].object_type(), Some("abc"));
    assert_eq!(items.objects[0].modified().unwrap().to_string(), "2020-01-01T00:00:00.10Z");
    assert_eq!(items.objects[1].as_str(), second);
    assert!(items.objects[1].is_revoked() && !items.objects[0].is_revoked());
    assert_eq!(envelope.property("next"), Some("[1, 2]"));
    assert_eq!(envelope.property("n"), Some("null"));
    assert_eq!(envelope.property("items"), None);
}

// Catches a bad item that takes its neighbours along, or whose place is told wrongly.
#[test]
fn a_bad_item_does_not_take_its_neighbours_along() {
    let mut body = br#"{"items":[{"id":"a"},7,{"id":"b","x":"\q]}"},{"id":"c","x":""#.to_vec();
    body.push(0xff);
    body.extend_from_slice(br#""},{"id":"d"},[{"id":"e"}],nul,{"id":"f"}]}"#);
    let split = envelope(body.clone(), "items").unwrap().items.unwrap();
    assert_eq!(ids(&split), ["a", "d", "f"]);
    let reasons: Vec<_> = split.rejected.iter().map(|r| (r.index(), r.reason())).collect();
    assert_eq!(
        reasons,
        [
            (1, "expected an object, found a number"),
            (2, "broken JSON: invalid escape at line 1 column 17"),
            (3, "invalid UTF-8 at byte 15"),
            (5, "expected an object, found an array"),
            (6, "broken JSON: expected ident at line 1 column 4"),
        ]
    );
    for rejected in &split.rejected {
        assert!(body[rejected.offset()..].starts_with(rejected.as_bytes()));
    }
}

// Catches a page that is taken for complete though its end is missing.
#[test]
fn a_truncated_body_is_an_error_at_every_length() {
    let body =
        r#"{"items":[{"id":"a","x":[-1.5e-7,{}]},{"id":"b"}],"next_cursor":"c","n":-1.5E+7}"#;
    for length in 0..body.len() {
        let error = envelope(&body.as_bytes()[..length], "items").unwrap_err();
        assert!(error.is_truncated(), "{length}: {error}");
        assert!(error.to_string().contains("at byte"), "{error}");
    }
    let error = envelope(format!("{body}x"), "items").unwrap_err();
    assert!(!error.is_truncated() && error.offset() == body.len());
}

// Catches a missing array that is taken for an empty one.
#[test]
fn an_envelope_without_the_array_says_so() {
    assert!(envelope("{}", "items").unwrap().items.is_none());
    assert!(envelope(r#"{"items":{}}"#, "items").unwrap().items.is_none());
    assert!(envelope(r#"{"items":[]}"#, "items").unwrap().items.is_some());
}

// Catches lines that are split at other characters than `\n`, which text in real feeds holds.
#[test]
fn ndjson_ends_lines_at_line_feeds_only() {
    let split = ndjson("{\"id\":\"a\",\"x\":\"\u{2028}\"}\r\n\n{\"id\":\n{\"id\":\"b\"}");
    assert_eq!(ids(&split), ["a", "b"]);
    assert_eq!(split.rejected[0].index(), 2);
    assert_eq!(split.rejected[0].as_bytes(), b"{\"id\":");
}

// Catches a wrapper that is taken for an object, and one whose objects are not found.
#[test]
fn documents_of_every_shape_are_unwrapped() {
    let object = r#"{"type":"t","id":"a"}"#;
    for body in [
        object.to_owned(),
        format!("[{object}]"),
        format!(r#"{{"type":"bundle","id":"b","objects":[{object}]}}"#),
        format!(r#"{{"data":{object}}}"#),
        format!(r#"{{"items":[{object}],"has_more":false}}"#),
        format!(r#"{{"has_more":false,"items":[{{"type":"bundle","objects":[{object}]}}]}}"#),
        format!(r#"{{"file":"f","bundle":{{"type":"bundle","objects":[{object}]}}}}"#),
        format!(r#"{{"object":{object},"path":"p","line":3}}"#),
    ] {
        let split = document(body.clone());
        assert_eq!(ids(&split), ["a"], "{body}");
        assert!(split.rejected.is_empty(), "{body}");
        let split = document(format!("{body}\n{{broken\n{body}{body}"));
        assert_eq!(ids(&split), ["a", "a", "a"], "{body}");
        assert_eq!(split.rejected.len(), 1, "{body}");
    }
    assert_eq!(document(r#"{"id":"a"}"#).objects.len(), 1, "an object without a type is kept");
    assert!(document(r#"{"type":"bundle","id":"b"}"#).objects.is_empty());
}

// Catches an offset that is counted from behind the byte order mark, or from the blanks before an item.
#[test]
fn rejected_items_tell_their_place_in_the_document() {
    let body = "\u{feff} {\"items\":[{\"id\":\"a\"}, 7]}";
    let split = envelope(body, "items").unwrap().items.unwrap();
    assert_eq!(ids(&split), ["a"]);
    assert_eq!(split.rejected[0].offset(), body.find('7').unwrap());
    let lines = "\u{feff}{\"id\":\"a\"}\n  7";
    let split = ndjson(lines);
    assert_eq!(ids(&split), ["a"]);
    assert_eq!(split.rejected[0].offset(), lines.find('7').unwrap());
}

proptest! {
    // Catches a panic, and bytes of an object that are not those of the document.
    #[test]
    fn any_text_is_survived(body in r#"[\[\]{}",:\\a-c0-9 \n]{0,60}"#) {
        let _ = envelope(body.clone(), "a");
        let _ = ndjson(body.clone());
        for object in document(body.clone()).objects {
            prop_assert!(body.contains(object.as_str()));
        }
    }
}
