//! Tests of TAXII 2.1.

use inthreat_api::ErrorKind;
use inthreat_stix::RawObject;
use proptest::prelude::*;

use super::*;

fn arb_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set("[a-zA-Z0-9&=+%é.:-]{1,12}", 0..4)
        .prop_map(|set| set.into_iter().collect())
}

fn arb_id() -> impl Strategy<Value = Id> {
    "[a-z&=+%é/?#-]{1,9}--[0-9]{1,4}".prop_map(|text| Id::lenient(&text).unwrap())
}

fn arb_feed() -> impl Strategy<Value = FeedId> {
    "[A-Za-z0-9_-]{1,40}".prop_map(|text| text.parse().unwrap())
}

fn arb_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[^\\x00]{1,12}")
}

fn arb_instant() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(
        (0i64..4_000_000_000, 0u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| Timestamp::from_unix(seconds, nanos).unwrap()),
    )
}

prop_compose! {
    fn arb_filter()(
        limit in prop::option::of(1..=LIMIT_MAX), next in arb_text(), added_after in arb_instant(),
        ids in prop::collection::hash_set(arb_id(), 0..3), types in arb_names(),
        versions in arb_names(), spec_versions in arb_names(),
    ) -> TaxiiFilter {
        let ids = ids.into_iter().collect();
        TaxiiFilter { limit, next, added_after, ids, types, versions, spec_versions }
    }
}

fn arb_question() -> impl Strategy<Value = TaxiiQuestion> {
    prop_oneof![
        Just(TaxiiQuestion::Discovery),
        Just(TaxiiQuestion::ApiRoot),
        Just(TaxiiQuestion::Collections),
        arb_feed().prop_map(TaxiiQuestion::Collection),
        (arb_feed(), arb_filter()).prop_map(|(id, filter)| TaxiiQuestion::Manifest(id, filter)),
        (arb_feed(), arb_filter()).prop_map(|(id, filter)| TaxiiQuestion::Objects(id, filter)),
        (arb_feed(), arb_id(), arb_filter())
            .prop_map(|(id, object, filter)| TaxiiQuestion::Object(id, object, filter)),
        (arb_feed(), arb_id(), arb_filter())
            .prop_map(|(id, object, filter)| TaxiiQuestion::Versions(id, object, filter)),
    ]
}

proptest! {
    // Catches a question that the server understands differently from what the client asked.
    #[test]
    fn questions_survive(question in arb_question()) {
        let request = encode_taxii(&question).unwrap();
        prop_assert!(request.path.starts_with('/') && request.path.ends_with('/'));
        let read = |path: &str| decode_taxii("GET", path, Some(&request.query)).unwrap();
        prop_assert_eq!(&read(&request.path), &question);
        prop_assert_eq!(&read(request.path.trim_matches('/')), &question);
    }

    // Catches an answer that one side writes and the other cannot read.
    #[test]
    fn answers_survive(
        title in ".{0,9}", text in arb_text(), names in arb_names(), ids in prop::collection::vec(arb_id(), 0..3),
        (more, number) in (any::<bool>(), prop::option::of(any::<u64>())), instant in arb_instant(),
    ) {
        let discovery = Discovery {
            title: title.clone(), description: text.clone(), contact: None, default: text.clone(),
            api_roots: names.clone(),
        };
        prop_assert_eq!(decode_discovery(&encode_discovery(&discovery)).unwrap(), discovery);
        let root = ApiRoot {
            title: title.clone(), description: text.clone(), versions: names, max_content_length: number,
        };
        prop_assert_eq!(decode_api_root(&encode_api_root(&root)).unwrap(), root);
        let mut collection = Collection::new("c", title);
        (collection.alias, collection.can_write) = (text.clone(), more);
        prop_assert_eq!(&decode_collection(&encode_collection(&collection)).unwrap(), &collection);
        let collections = vec![collection.clone(), collection];
        prop_assert_eq!(decode_collections(&encode_collections(&collections)).unwrap(), collections);

        let objects: Vec<_> = ids.iter().map(|id| {
            RawObject::new(format!("{{\"id\": {}}}", serde_json::Value::from(id.to_string()))).unwrap()
        }).collect();
        let envelope = Envelope { objects, rejected: Vec::new(), more, next: text.clone() };
        let read = decode_envelope(encode_envelope(&envelope)).unwrap();
        prop_assert_eq!((read.objects, read.more, read.next), (envelope.objects, more, text.clone()));

        let records = ids.into_iter().map(|id| ManifestRecord {
            id, date_added: instant, version: instant, media_type: text.clone(),
        });
        let manifest = Manifest { objects: records.collect(), more, next: text.clone() };
        prop_assert_eq!(decode_manifest(&encode_manifest(&manifest)).unwrap(), manifest);
        let versions = Versions { versions: instant.into_iter().collect(), more, next: text };
        prop_assert_eq!(decode_versions(&encode_versions(&versions)).unwrap(), versions);
    }

    // Catches a panic on any request or body.
    #[test]
    fn anything_is_survived(path in "(/?collections/)?.{0,30}", query in ".{0,40}", body: Vec<u8>) {
        let _ = decode_taxii("GET", &path, Some(&query));
        let _ = (decode_discovery(&body), decode_api_root(&body), decode_collections(&body));
        let _ = (decode_manifest(&body), decode_versions(&body), decode_collection(&body));
        let _ = decode_envelope(body);
    }
}

// Catches a request of a client in the field that is not understood (CONTRACT 6, 13).
#[test]
fn requests_of_clients_in_the_field() {
    let query = "match%5Bspec_version%5D=2.1&limit=150&next=MjAyMg==";
    let filter = TaxiiFilter {
        limit: Some(150),
        next: Some("MjAyMg==".into()),
        spec_versions: vec!["2.1".into()],
        ..TaxiiFilter::default()
    };
    let expected = TaxiiQuestion::Objects(FeedId::default(), filter);
    let path = format!("collections/{}/objects", FeedId::DEFAULT);
    assert_eq!(decode_taxii("GET", &path, Some(query)).unwrap(), expected);
    // Servers give fewer objects than they are asked for; they do not refuse to give any.
    let large = decode_taxii("GET", &path, Some("limit=99999999999")).unwrap();
    let TaxiiQuestion::Objects(_, filter) = large else { panic!("{large:?}") };
    assert_eq!(filter.limit, Some(LIMIT_MAX));
    let none = decode_taxii("GET", &path, Some("limit=0")).unwrap_err();
    assert_eq!(none.field(), Some("limit"));
    assert_eq!(decode_taxii("GET", "/taxii2", None).unwrap(), TaxiiQuestion::Discovery);
    assert_eq!(
        decode_taxii("POST", "/collections/c/objects/", None).unwrap_err().status(),
        Some(405)
    );
    assert_eq!(decode_taxii("GET", "/status/1/", None).unwrap_err().kind(), ErrorKind::NotFound);
}

// Catches an envelope of a foreign server that is not read (section 3.7: everything in it is optional), and a bad
// object that takes the others along.
#[test]
fn envelopes_of_foreign_servers_are_read() {
    let empty = decode_envelope(b"{}".to_vec()).unwrap();
    assert!(empty.objects.is_empty() && !empty.more && empty.next.is_none());
    let body = br#"{"objects":[{"id":"a"},7],"more":false,"next":""}"#;
    let mixed = decode_envelope(body.to_vec()).unwrap();
    assert_eq!((mixed.objects.len(), mixed.rejected.len(), mixed.next), (1, 1, None));
    for (body, field) in
        [(r#"{"objects":{}}"#, "objects"), (r#"{"more":"yes"}"#, "more"), (r#"{"next":1}"#, "next")]
    {
        let error = decode_envelope(body.into()).unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::Protocol, Some(field)));
    }
    assert!(
        is_taxii_json("application/taxii+json; version=2.1") && is_taxii_json("APPLICATION/JSON")
    );
    assert!(!is_taxii_json("text/html"));
}
