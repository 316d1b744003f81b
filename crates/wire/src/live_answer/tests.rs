//! Tests of the answers of the live service.

use inthreat_api::{
    Cursor, IocCollection, IocCollectionList, IocCount, IocsAdded, KeyCommunity, KeyInfo, Profile,
    Related,
};
use inthreat_stix::{Id, Timestamp};
use proptest::prelude::*;

use super::*;

fn object(text: &str) -> RawObject {
    RawObject::new(text).unwrap()
}

fn arb_objects() -> impl Strategy<Value = Vec<RawObject>> {
    let text = "[a-zé]{1,8}".prop_map(|id| format!("{{\"id\":\"{id}\", \"x\":1.0}}"));
    prop::collection::vec(text.prop_map(|text| object(&text)), 0..4)
}

fn arb_id() -> impl Strategy<Value = Id> {
    "[a-z-]{1,12}--[0-9]{1,4}".prop_map(|text| Id::lenient(&text).unwrap())
}

fn arb_instant() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(
        (0i64..4_000_000_000, 0u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| Timestamp::from_unix(seconds, nanos).unwrap()),
    )
}

fn arb_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of(".{0,12}")
}

fn arb_counts() -> impl Strategy<Value = BTreeMap<String, u64>> {
    prop::collection::btree_map(".{0,6}", any::<u64>(), 0..4)
}

prop_compose! {
    fn arb_collection()(
        id in arb_id(), name in ".{0,9}", description in ".{0,9}", created in arb_instant(),
        modified in arb_instant(), who in arb_text(), community in arb_text(), available: bool,
        count in prop::option::of(any::<u64>()),
    ) -> IocCollection {
        let mut collection = IocCollection::new(id, name);
        collection.description = description;
        collection.created = created;
        collection.modified = modified;
        collection.created_by.clone_from(&who);
        collection.modified_by = who;
        collection.community_uuid = community;
        collection.available_for_sub_communities = available;
        collection.indicators_count = count;
        collection
    }
}

prop_compose! {
    fn arb_pattern()(
        uuid in "[a-f0-9-]{1,36}", pattern in ".{1,30}", kind in "[a-z]{1,8}", revoked: bool,
        times in prop::array::uniform4(arb_instant()),
    ) -> PatternEntry {
        let mut entry = PatternEntry::default();
        (entry.uuid, entry.pattern, entry.pattern_type, entry.revoked) = (uuid, pattern, kind, revoked);
        [entry.created, entry.modified, entry.valid_from, entry.valid_until] = times;
        entry
    }
}

fn arb_community() -> impl Strategy<Value = KeyCommunity> {
    prop::option::of(".{1,8}").prop_map(|uuid| uuid.map_or(KeyCommunity::All, KeyCommunity::One))
}

proptest! {
    // Catches a list that one side writes and the other cannot read, or that changes an object's bytes.
    #[test]
    fn lists_survive(objects in arb_objects(), total in prop::option::of(any::<u64>()), has_more: bool, cursor in prop::option::of("[!-~]{1,9}")) {
        let list = ObjectList::new(objects.clone(), total, has_more);
        prop_assert_eq!(decode_object_list(encode_object_list(&list)).unwrap(), list);
        let related = objects.iter().enumerate().map(|(index, one)| {
            Related::new(one.clone(), (index % 2 == 0).then(|| one.clone()))
        });
        let cursor = cursor.map(|text| Cursor::new(text).unwrap());
        let page = RelatedPage::new(related.collect(), cursor);
        prop_assert_eq!(decode_related_page(encode_related_page(&page, None)).unwrap(), page);
        let found: Vec<_> = objects.iter().enumerate().map(|(index, one)| {
            BulkFound::new("é\"", (index % 2 == 0).then(|| one.clone()))
        }).collect();
        prop_assert_eq!(decode_bulk_found(encode_bulk_found(&found)).unwrap(), found);
        for one in &objects {
            prop_assert_eq!(&decode_bare_object(encode_bare_object(one)).unwrap(), one);
        }
        let added = IocsAdded::new(objects, total.unwrap_or(0));
        prop_assert_eq!(decode_iocs_added(encode_iocs_added(&added)).unwrap(), added);
    }

    #[test]
    fn small_answers_survive(
        names in prop::collection::vec(".{1,8}", 0..4),
        (id, name, instant) in (arb_id(), arb_text(), arb_instant()),
        counts in prop::array::uniform4(arb_counts()),
        patterns in prop::collection::vec(arb_pattern(), 0..3),
        (collections, total) in (prop::collection::vec(arb_collection(), 0..3), any::<u64>()),
        (max, number) in (prop::option::of(any::<u64>()), any::<i64>()),
        claims in (prop::option::of(arb_community()), prop::option::of(prop::collection::vec(".{1,8}", 0..4))),
    ) {
        prop_assert_eq!(&decode_names(&encode_names(&names)).unwrap(), &names);
        let tags = TagList::new(names.clone(), true);
        prop_assert_eq!(decode_tags(encode_tags(&tags)).unwrap(), tags);
        let mut light = LightObject::new(id.clone(), "malware");
        (light.name, light.modified) = (name.clone(), instant);
        let light = LightObjectList::new(vec![light], None, false);
        prop_assert_eq!(decode_light_objects(encode_light_objects(&light)).unwrap(), light);

        let mut statistics = RelationshipStatistics::default();
        let [categories, relationship_types, remote_types, inner] = counts;
        (statistics.categories, statistics.relationship_types) = (categories, relationship_types);
        (statistics.remote_types, statistics.total) = (remote_types, max);
        statistics.relationship_types_by_object_type.insert("malware".into(), inner);
        prop_assert_eq!(decode_statistics(&encode_statistics(&statistics)).unwrap(), statistics);

        let mut page = PatternPage::default();
        (page.items, page.next_id) = (patterns, name.clone());
        prop_assert_eq!(decode_patterns(encode_patterns(&page, None)).unwrap(), page);

        let mut export = Export::new("job-1");
        (export.object_id, export.status, export.created) = (Some(id), name.clone(), instant);
        export.relationship_types = names;
        prop_assert_eq!(decode_export(&encode_export(&export)).unwrap(), export);

        for collection in &collections {
            let body = encode_ioc_collection(collection);
            prop_assert_eq!(&decode_ioc_collection(&body).unwrap(), collection);
        }
        let list = IocCollectionList::new(collections, total);
        prop_assert_eq!(decode_ioc_collections(&encode_ioc_collections(&list)).unwrap(), list);
        let count = IocCount::new(total, max);
        prop_assert_eq!(decode_ioc_count(&encode_ioc_count(count)).unwrap(), count);
        prop_assert_eq!(decode_count(&encode_count(total)).unwrap(), total);

        let mut info = KeyInfo::default();
        (info.identity, info.key_type) = (name.clone(), Some("access".into()));
        (info.issued_at, info.not_before, info.expires_at) = (Some(number), None, Some(number));
        (info.community, info.permissions) = claims;
        prop_assert_eq!(decode_key_info(&encode_key_info(&info)).unwrap(), info);
        let mut profile = Profile::default();
        (profile.uuid, profile.email) = (Some("u".into()), name);
        prop_assert_eq!(decode_profile(&encode_profile(&profile)).unwrap(), profile);
    }

    // Catches a panic on any body.
    #[test]
    fn any_body_is_survived(body: Vec<u8>) {
        let _ = decode_object_list(body.clone());
        let _ = decode_light_objects(body.clone());
        let _ = decode_related_page(body.clone());
        let _ = decode_patterns(body.clone());
        let _ = decode_bare_object(body.clone());
        let _ = decode_bulk_found(body.clone());
        let _ = decode_tags(body.clone());
        let _ = decode_iocs_added(body.clone());
        let _ = (decode_statistics(&body), decode_names(&body), decode_count(&body));
        let _ = (decode_export(&body), decode_key_info(&body), decode_profile(&body));
        let _ = (decode_ioc_collection(&body), decode_ioc_collections(&body));
        let _ = (decode_task(&body), decode_ioc_count(&body));
    }
}

// Catches a wrong shape that is taken for an empty answer, and an error that does not say where.
#[test]
fn wrong_shapes_name_the_property_and_the_place() {
    fn fails<T: std::fmt::Debug>(read: fn(Vec<u8>) -> Result<T>, body: &str, field: &str) {
        let error = read(body.into()).unwrap_err();
        let found = (error.kind(), error.field());
        assert_eq!(found, (ErrorKind::Protocol, Some(field)), "{body}: {error}");
    }
    fails(decode_object_list, r#"{"items":[{},7]}"#, "items[1]");
    fails(decode_object_list, r#"{"items":[],"total":-1}"#, "total");
    fails(decode_light_objects, r#"{"items":[{"id":"a","type":5}]}"#, "items[0].type");
    fails(decode_related_page, r#"{"items":[{"relationship":3}]}"#, "items[0].relationship");
    fails(decode_patterns, r#"{"items":[{"uuid":"u","pattern":null}]}"#, "items[0].pattern");
    fails(decode_patterns, r#"{"items":[],"next_id":4}"#, "next_id");
    fails(decode_tags, r#"{"items":[{"name":"a"},{"name":[]}]}"#, "items[1].name");
    fails(decode_bulk_found, r#"{"items":[{"search":"a"}]}"#, "items[0].found");
    fails(|b| decode_statistics(&b), r#"{"categories":{"a":"b"}}"#, "categories.a");
    fails(|b| decode_export(&b), r#"{"data":{"id":7}}"#, "data.id");
    fails(|b| decode_export(&b), "{}", "data");
    fails(|b| decode_count(&b), "{}", "count");
    fails(|b| decode_task(&b), r#"{"created":1}"#, "task_id");
    fails(|b| decode_ioc_collections(&b), r#"{"items":[{"id":"a"},{}]}"#, "items[1].id");
}

// Catches a recorded answer of the service that cannot be read (CONTRACT 1.2, 2.6).
#[test]
fn recorded_shapes_are_read() {
    let body = br#"{"csrf":"c","fresh":false,"iat":1600000000,"identity":"apikey:1","jti":"j","nbf":1600000000,"type":"access","user_claims":null}"#;
    let info = decode_key_info(body).unwrap();
    assert_eq!((info.identity.as_deref(), info.issued_at), (Some("apikey:1"), Some(1_600_000_000)));
    assert_eq!((info.community, info.permissions), (None, None));
    let body = br#"{"has_more":false,"total":1,"items":[{"type":"email-addr","id":"email-addr--cd6440d1-725c-5eb9-bff0-5e62c65ee263","spec_version":"2.1","value":"eicar@sekoia.io","created":"2020-11-04T00:27:15.9801Z","modified":"2020-11-04T00:27:15.9801Z","x_inthreat_short_display":"eicar@sekoia.io","x_inthreat_sources_refs":[],"x_inthreat_tags":[]}]}"#;
    let list = decode_object_list(body.to_vec()).unwrap();
    assert_eq!((list.items.len(), list.total, list.has_more), (1, Some(1), false));
    let empty = decode_object_list(br#"{"items":[],"total":0,"has_more":false}"#.to_vec()).unwrap();
    assert_eq!(empty, ObjectList::new(Vec::new(), Some(0), false));
}

// Catches a key that is refused for what its claims are, a permission that is dropped for its name, and what is not told
// taken for nothing.
#[test]
fn the_claims_of_a_key_are_read_leniently() {
    let read = |claims: &str| {
        let info = decode_key_info(format!(r#"{{"user_claims":{claims}}}"#).as_bytes()).unwrap();
        (info.community, info.permissions)
    };
    for nothing in ["null", "7", "[]", "{}", r#"{"community_uuid":7,"permissions":"all"}"#] {
        assert_eq!(read(nothing), (None, None), "{nothing}");
    }
    let names = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect());
    let of_one = r#"{"community_uuid":"u","permissions":["INTHREAT_READ_FEEDS",7,"NEW"],"x":1}"#;
    let expected = (Some(KeyCommunity::One("u".into())), names(&["INTHREAT_READ_FEEDS", "NEW"]));
    assert_eq!(read(of_one), expected);
    let of_all = r#"{"community_uuid":null,"permissions":[]}"#;
    assert_eq!(read(of_all), (Some(KeyCommunity::All), names(&[])));
}

// Catches a client that reads all four and fails at the one that is not known.
#[test]
fn a_profile_has_all_its_properties() {
    let body = encode_profile(&Profile::default());
    let expected = r#"{"email":null,"firstname":null,"lastname":null,"uuid":null}"#;
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}
