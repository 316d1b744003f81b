//! Tests of the answers.

use proptest::prelude::*;

use super::*;

fn object(text: &str) -> RawObject {
    RawObject::new(text).unwrap()
}

fn arb_objects() -> impl Strategy<Value = Vec<RawObject>> {
    let text = prop_oneof![
        "[a-z]{1,8}".prop_map(|id| format!("{{\"id\":\"{id}\", \"x\":1.0}}")),
        "[^\"\\\\\\x00-\\x1f]{0,8}".prop_map(|name| format!("{{\"name\":\"{name}\"}}")),
    ];
    prop::collection::vec(text.prop_map(|text| object(&text)), 0..5)
}

fn arb_bundle() -> impl Strategy<Value = Bundle> {
    arb_objects().prop_map(|objects| {
        Bundle::new("bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap(), objects)
    })
}

proptest! {
    // Catches an answer that one side writes and the other cannot read, or that changes an object's bytes.
    #[test]
    fn pages_survive(objects in arb_objects(), cursor in prop::option::of("[ -~é]{1,20}")) {
        let page = Page::new(objects, cursor.map(|text| Cursor::new(text).unwrap()));
        let body = encode_page(&page, None);
        prop_assert!(body.capacity() - body.len() <= 1, "the body grew while it was written");
        let read = decode_page(body).unwrap();
        prop_assert_eq!(&read.objects, &page.objects);
        prop_assert_eq!(&read.next_cursor, &page.next_cursor);
        prop_assert!(read.rejected.is_empty());
    }

    #[test]
    fn lists_survive(objects in arb_objects(), bundles in prop::collection::vec(arb_bundle(), 0..3), has_more: bool, total: u64) {
        prop_assert_eq!(&decode_objects(encode_objects(&objects)).unwrap(), &objects);
        let indicators = IndicatorList::new(objects.clone(), has_more);
        prop_assert_eq!(decode_indicators(encode_indicators(&indicators)).unwrap(), indicators);
        let contexts = ContextList::new(bundles, has_more);
        prop_assert_eq!(decode_contexts(encode_contexts(&contexts)).unwrap(), contexts);
        let pairs = objects.iter().enumerate().map(|(index, object)| {
            Related::new(object.clone(), (index % 2 == 0).then(|| object.clone()))
        });
        let related = RelationshipList::new(pairs.collect(), total, has_more);
        prop_assert_eq!(decode_relationships(encode_relationships(&related)).unwrap(), related);
    }

    // Catches a panic on any body, and an answer that is taken although it is cut off.
    #[test]
    fn a_body_that_is_cut_off_can_be_asked_for_again(objects in arb_objects(), cut: prop::sample::Index) {
        let whole = encode_page(&Page::new(objects, Some(Cursor::new("c").unwrap())), None);
        let error = decode_page(whole[..cut.index(whole.len())].to_vec()).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Transport, "{:?}", error);
        prop_assert!(error.is_retryable());
    }

    #[test]
    fn any_body_is_survived(body: Vec<u8>) {
        let _ = decode_page(body.clone());
        let _ = decode_object(body.clone());
        let _ = decode_objects(body.clone());
        let _ = decode_relationships(body.clone());
        let _ = decode_bundle(body.clone());
        let _ = decode_contexts(body.clone());
        let _ = decode_feeds(&body);
    }
}

// Catches an empty page whose cursor is lost, on which a consumer would start again from the beginning.
#[test]
fn an_empty_page_echoes_the_cursor() {
    let sent = Cursor::new("abc").unwrap();
    let body = encode_page(&Page::default(), Some(&sent));
    assert_eq!(body, br#"{"items":[],"next_cursor":"abc"}"#);
    assert_eq!(encode_page(&Page::default(), None), br#"{"items":[],"next_cursor":null}"#);
}

// Catches a client that trips over what services answer at the end of a feed.
#[test]
fn an_absent_cursor_is_none() {
    for body in [
        r#"{"items":[]}"#,
        r#"{"items":[],"next_cursor":null}"#,
        r#"{"items":[],"next_cursor":""}"#,
    ] {
        let page = decode_page(body.into()).unwrap();
        assert!(page.next_cursor.is_none() && page.is_empty(), "{body}");
    }
}

// Catches a bad item that takes its page along.
#[test]
fn bad_items_are_set_aside() {
    let page =
        decode_page(br#"{"items":[{"id":"a"},7,{"id":"b"}],"next_cursor":"c"}"#.to_vec()).unwrap();
    assert_eq!(page.objects.len(), 2);
    assert_eq!(page.rejected[0].index(), 1);
}

// Catches a wrong shape that is taken for an empty answer, and an error that does not say where.
#[test]
fn wrong_shapes_name_the_property() {
    fn fails<T: std::fmt::Debug>(read: fn(Vec<u8>) -> Result<T>, body: &str, field: Option<&str>) {
        let error = read(body.into()).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Protocol, field), "{body}: {error}");
    }
    fails(decode_page, r#"{"next_cursor":"c"}"#, Some("items"));
    fails(decode_page, r#"{"items":null}"#, Some("items"));
    fails(decode_page, r#"{"items":{}}"#, Some("items"));
    fails(decode_page, r#"{"items":[],"next_cursor":5}"#, Some("next_cursor"));
    fails(decode_page, r#"{"items":[],"next_cursor":"a\nb"}"#, Some("next_cursor"));
    fails(decode_page, "<html><body>Sign in</body></html>", None);
    fails(decode_page, "[]", None);
    fails(decode_object, r#"{"data":[]}"#, Some("data"));
    fails(decode_object, "{}", Some("data"));
    fails(decode_objects, r#"{"items":[{},1]}"#, Some("items[1]"));
    fails(decode_objects, "{}", Some("items"));
    fails(decode_relationships, r#"{"items":[{}]}"#, Some("items[0].relationship"));
    fails(decode_relationships, r#"{"items":[],"total":"x"}"#, Some("total"));
    fails(decode_bundle, r#"{"id":"bundle--1"}"#, Some("type"));
    fails(decode_bundle, r#"{"type":"bundle"}"#, Some("id"));
    fails(decode_bundle, r#"{"type":"bundle","id":"b","objects":7}"#, Some("objects"));
    fails(decode_contexts, r#"{"items":[{"type":"bundle"}]}"#, Some("items[0].id"));
    fails(decode_indicators, r#"{"items":[],"has_more":"yes"}"#, Some("has_more"));
    fails(|body| decode_feed(&body), r#"{"data":{"title":"t"}}"#, Some("id"));
    fails(|body| decode_feed(&body), r#"{"data":{"id":"f","types":["a",1]}}"#, Some("types[1]"));
    fails(|body| decode_feeds(&body), r#"{"items":[3]}"#, Some("items[0]"));
}

// Catches an HTML page that is shown with its control characters.
#[test]
fn an_html_page_is_shown_by_its_beginning() {
    let error = decode_page(b"<html>\r\n\x1b[31mSign in".to_vec()).unwrap_err();
    let expected =
        "the answer is not the JSON that was expected: it begins with `<html> \\u{1b}[31mSign in`";
    assert_eq!(error.to_string(), expected);
}

// Catches a recorded answer of the service that cannot be read (CONTRACT 2.5, 2.4, 8).
#[test]
fn recorded_shapes_are_read() {
    let unknown = decode_contexts(br#"{"has_more":false,"items":[]}"#.to_vec()).unwrap();
    assert!(unknown.items.is_empty() && !unknown.has_more);
    let one = decode_objects(br#"{"data":{"id":"a"}}"#.to_vec()).unwrap();
    assert_eq!(one, [object(r#"{"id":"a"}"#)]);
    let bundle =
        decode_bundle(br#"{"type":"bundle","id":"bundle--1","spec_version":"2.0"}"#.to_vec());
    assert!(bundle.unwrap().objects.is_empty());
    let feed =
        decode_feed(br#"{"data":{"id":"f","format":null,"community_uuid":"c","unknown":[{}]}}"#);
    assert_eq!(feed.unwrap().community_uuid.as_deref(), Some("c"));
}
