//! What a keeper of IOC collections promises (CONTRACT 2.8).
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken promise is a panic")]

use inthreat_stix::{Id, RawObject, Timestamp};
use serde::Deserialize;

use crate::{
    ErrorKind, FeedId, Ioc, IocCollection, IocCollectionDraft, IocCollectionsRequest, IocFields,
    IocText, IocTextFormat, IocsRequest, KillChainPhase, Observable, ObservableType, PageRequest,
    Roles,
};

const HASH: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
/// What the values that are added are found by.
const LOOKUPS: [(ObservableType, &str); 6] = [
    (ObservableType::DomainName, "evil.example"),
    (ObservableType::Ipv4Addr, "198.51.100.77"),
    (ObservableType::Url, r"https://evil.example/a'b\c"),
    (ObservableType::EmailAddr, "spy@evil.example"),
    (ObservableType::File, HASH),
    (ObservableType::Ipv6Addr, "2001:db8::77"),
];

/// All promises of a center that keeps IOC collections. It has none; what is made here is deleted again, but for the indicators,
/// which stay as objects that were revoked.
pub async fn ioc_collections(center: &dyn Roles) {
    ioc_collection_is_kept_as_it_was_made(center).await;
    iocs_are_added_and_found(center).await;
    iocs_are_changed_and_revoked(center).await;
    iocs_are_read_from_a_text(center).await;
    wrong_questions_about_iocs_are_refused(center).await;
}

/// A collection is read as it was made, listed, changed in part, and gone when it is deleted.
pub async fn ioc_collection_is_kept_as_it_was_made(center: &dyn Roles) {
    let iocs = center.as_ioc_collections().unwrap();
    let id: Id = "ioc-collection--00000000-0000-4000-8000-000000000001".parse().unwrap();
    let draft = named("Ours ÄÖ").with_id(id.clone()).with_description("of us");
    let made = iocs.create_ioc_collection(draft.clone()).await.unwrap();
    assert_eq!((&made.id, &*made.name, &*made.description), (&id, "Ours ÄÖ", "of us"));
    assert!(made.created.is_some() && made.created == made.modified, "an instant");
    let again = iocs.create_ioc_collection(draft).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::InvalidRequest, "an id is given once: {again}");
    let found = iocs.ioc_collection(id.clone()).await.unwrap();
    assert_eq!(found, made, "a collection is read as it was made");
    let other = iocs.create_ioc_collection(named("Another")).await.unwrap();
    assert_ne!(other.id, id, "each has an id of its own");

    for (term, expected) in [("ours äö", vec![&made.id]), ("o", vec![&made.id, &other.id])] {
        let request = IocCollectionsRequest::default().with_term(term);
        let list = iocs.ioc_collections(request).await.unwrap();
        let ids: Vec<_> = list.items.iter().map(|collection| &collection.id).collect();
        assert_eq!((ids, list.total), (expected.clone(), expected.len() as u64), "`{term}`");
    }
    let mut window = IocCollectionsRequest::default().with_limit(1_u32).with_offset(1_u32);
    window.indicators_count = true;
    let list = iocs.ioc_collections(window).await.unwrap();
    assert_eq!((list.items, list.total), (vec![other.clone()], 2), "a part of the list");

    let draft = IocCollectionDraft::default().with_available_for_sub_communities(true);
    let changed = iocs.update_ioc_collection(id.clone(), draft).await.unwrap();
    assert!(changed.available_for_sub_communities && changed.name == made.name, "one property");
    assert!(changed.created == made.created && changed.modified >= made.modified);
    let changed = iocs.update_ioc_collection(id.clone(), named("Renamed")).await.unwrap();
    assert_eq!(iocs.ioc_collection(id.clone()).await.unwrap(), changed, "the change is kept");
    assert_eq!(iocs.ioc_collection(other.id.clone()).await.unwrap(), other, "the other one stays");
    for id in [id, other.id] {
        iocs.delete_ioc_collection(id.clone()).await.unwrap();
        assert_gone(center, id).await;
    }
}

/// A value that is added is an indicator: of the collection, in its feed, and found by look-ups.
pub async fn iocs_are_added_and_found(center: &dyn Roles) {
    let iocs = center.as_ioc_collections().unwrap();
    let collection = iocs.create_ioc_collection(named("Added")).await.unwrap();
    let id = collection.id.clone();
    let own = IocFields::default().with_description("its own");
    let values = vec![
        Ioc::new("evil[.]EXAMPLE").with_fields(own),
        Ioc::new("198.51.100.77"),
        Ioc::new("hxxps://evil.example/a'b\\c"),
        Ioc::new("spy@evil.example"),
        Ioc::new(HASH.to_uppercase()),
        Ioc::new("2001:DB8::0:77"),
    ];
    let mut defaults = IocFields::default().with_description("of all");
    defaults.kill_chain_phases = vec![KillChainPhase {
        kill_chain_name: "mitre-attack".into(),
        phase_name: "command-and-control".into(),
    }];
    let added = iocs.add_iocs(id.clone(), values.clone(), defaults.clone()).await.unwrap();
    assert_eq!((added.items.len(), added.total), (6, 6), "an indicator for each");
    let told: Vec<Told> = added.items.iter().map(|object| object.parse().unwrap()).collect();
    assert_eq!(told[0].pattern, "[domain-name:value = 'evil.example']");
    assert_eq!(told[2].pattern, r"[url:value = 'https://evil.example/a\'b\\c']");
    assert_eq!(told[4].pattern, format!("[file:hashes.'SHA-256' = '{HASH}']"));
    assert_eq!((&*told[0].description, &*told[1].description), ("its own", "of all"));
    assert!(told.iter().all(|told| told.kill_chain_phases.len() == 1 && !told.revoked));

    for ((kind, value), object) in LOOKUPS.into_iter().zip(&added.items) {
        let found = center.indicators(Observable::new(kind, value)).await.unwrap();
        assert_eq!(found.items, std::slice::from_ref(object), "`{value}` is found");
    }
    let first = id_of(&added.items[0]);
    assert_eq!(
        center.object(first.clone()).await.unwrap(),
        added.items[0],
        "an object like others"
    );
    let context = iocs.ioc_context(id.clone(), first).await.unwrap();
    assert_eq!(context.objects.first(), Some(&added.items[0]), "a bundle around it");

    let feed = feed_of(&collection);
    let page = center.page(PageRequest::new(feed.clone())).await.unwrap();
    assert_eq!(page.objects, added.items, "the collection is a feed");
    let end = page.next_cursor;
    let again = iocs.add_iocs(id.clone(), values, defaults).await.unwrap();
    assert_eq!(again.items, added.items, "what is there already is not made again");
    let news = center.page(PageRequest::new(feed.clone()).with_cursor(end)).await.unwrap();
    assert!(news.is_empty(), "and nobody is told of it");

    let list = iocs.list_iocs(id.clone(), IocsRequest::default().with_limit(4_u32)).await.unwrap();
    assert_eq!((list.items.len(), list.total, list.has_more), (4, Some(6), true), "a part of them");
    let term = IocsRequest::default().with_term("EVIL.example");
    let list = iocs.list_iocs(id.clone(), term).await.unwrap();
    assert_eq!((list.items.len(), list.has_more), (3, false), "those that contain it");
    assert_eq!(iocs.ioc_collection(id.clone()).await.unwrap().indicators_count, Some(6));
    assert_eq!(iocs.count_iocs(None).await.unwrap().count, 6);

    iocs.delete_ioc_collection(id.clone()).await.unwrap();
    assert_gone(center, id).await;
    let gone = center.page(PageRequest::new(feed)).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound, "its feed is gone too: {gone}");
    let left = center.indicators(Observable::new(ObservableType::File, HASH)).await.unwrap();
    assert!(left.items.iter().all(RawObject::is_revoked), "what it said no longer counts");
}

/// An indicator is changed in part, revoked, counts again when it is added again, and is deleted not before time.
pub async fn iocs_are_changed_and_revoked(center: &dyn Roles) {
    let iocs = center.as_ioc_collections().unwrap();
    let collection = iocs.create_ioc_collection(named("Changed")).await.unwrap();
    let other = iocs.create_ioc_collection(named("Not changed")).await.unwrap();
    let id = collection.id.clone();
    let fields = IocFields::default().with_description("before");
    let value = || vec![Ioc::new("changed.example")];
    let added = iocs.add_iocs(id.clone(), value(), fields.clone()).await.unwrap();
    let same = iocs.add_iocs(other.id.clone(), value(), fields.clone()).await.unwrap();
    let indicator = id_of(&added.items[0]);
    assert_ne!(id_of(&same.items[0]), indicator, "each collection has its own");
    let stranger = iocs.revoke_ioc(other.id.clone(), indicator.clone()).await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::NotFound, "of another collection: {stranger}");

    let until = IocFields::default().with_valid_until(instant("2001-01-01T00:00:00Z"));
    let early = iocs.update_ioc(id.clone(), indicator.clone(), until).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::InvalidRequest, "it ends before it begins: {early}");
    let past = IocFields::default()
        .with_valid_from(instant("2000-01-01T00:00:00Z"))
        .with_valid_until(instant("2001-01-01T00:00:00Z"));
    let changed = iocs.update_ioc(id.clone(), indicator.clone(), past).await.unwrap();
    let told: Told = changed.parse().unwrap();
    assert_eq!(
        (&*told.description, told.valid_until.as_deref()),
        ("before", Some("2001-01-01T00:00:00Z"))
    );
    assert!(changed.modified() > added.items[0].modified(), "a newer version");
    let mut active = PageRequest::new(feed_of(&collection));
    active.skip_expired = Some(true);
    assert!(center.page(active).await.unwrap().is_empty(), "it has expired");

    let revoked = iocs.revoke_ioc(id.clone(), indicator.clone()).await.unwrap();
    assert!(revoked.is_revoked(), "the answer is the indicator");
    assert_eq!(iocs.revoke_ioc(id.clone(), indicator.clone()).await.unwrap(), revoked, "once");
    assert_eq!(center.object(indicator.clone()).await.unwrap(), revoked);
    let mut counting = PageRequest::new(feed_of(&collection));
    counting.include_revoked = Some(false);
    assert!(center.page(counting.clone()).await.unwrap().is_empty(), "it no longer counts");
    let early = iocs.delete_ioc(id.clone(), indicator.clone()).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::InvalidRequest, "not before a day has gone: {early}");
    iocs.add_iocs(id.clone(), value(), fields).await.unwrap();
    assert_eq!(center.page(counting).await.unwrap().len(), 1, "it counts again");

    for id in [id, other.id] {
        iocs.delete_ioc_collection(id).await.unwrap();
    }
}

/// A text has a value on each line; what is none is passed over.
pub async fn iocs_are_read_from_a_text(center: &dyn Roles) {
    let iocs = center.as_ioc_collections().unwrap();
    let md5 = "44d88612fea8a8f36de82e1278abb02f";
    let lines = format!(
        "text.example\r\n\n# a comment\n198.51.100.78\n{HASH},{md5}\n{md5}\n198.51.100.78\n"
    );
    let cases = [
        (IocTextFormat::OnePerLine, vec!["198.51.100.78", md5, "text.example"]),
        (IocTextFormat::DomainName, vec!["text.example"]),
        (IocTextFormat::Ipv4Addr, vec!["198.51.100.78"]),
        (IocTextFormat::Url, vec![]),
        (IocTextFormat::FileHashes, vec![HASH, md5]),
    ];
    for (format, expected) in cases {
        let id = iocs.create_ioc_collection(named("Read")).await.unwrap().id;
        let fields = IocFields::default().with_description("from a text");
        let text = IocText::new(&*lines).with_format(format).with_fields(fields);
        let task = iocs.add_ioc_text(id.clone(), text).await.unwrap();
        assert!(!task.is_empty(), "the name of a task");
        let list = iocs.list_iocs(id.clone(), IocsRequest::default()).await.unwrap();
        let told: Vec<Told> = list.items.iter().map(|object| object.parse().unwrap()).collect();
        let mut names: Vec<_> = told.iter().map(|told| &*told.name).collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{format:?}");
        assert!(told.iter().all(|told| told.description == "from a text"));
        if format == IocTextFormat::FileHashes {
            let both = format!("[file:hashes.MD5 = '{md5}' OR file:hashes.'SHA-256' = '{HASH}']");
            assert!(told.iter().any(|told| told.pattern == both), "two hashes of one file");
        }
        iocs.delete_ioc_collection(id).await.unwrap();
    }
}

/// What is wrong is refused and named, and nothing is kept of it; what is unknown is not found.
pub async fn wrong_questions_about_iocs_are_refused(center: &dyn Roles) {
    let iocs = center.as_ioc_collections().unwrap();
    let wrong = [
        ("name", IocCollectionDraft::default()),
        ("id", named("n").with_id(Id::lenient("ioc-collection--1").unwrap())),
        ("description", named("n").with_description("é".repeat(501))),
    ];
    for (field, draft) in wrong {
        let error = iocs.create_ioc_collection(draft).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{field}: {error}");
        assert!(error.to_string().contains(field), "`{field}` is named: {error}");
    }
    let all = iocs.ioc_collections(IocCollectionsRequest::default()).await.unwrap();
    assert_eq!(all.total, 0, "nothing was kept: {all:?}");

    let id = iocs.create_ioc_collection(named("Wrong")).await.unwrap().id;
    let values = vec![Ioc::new("right.example"), Ioc::new("not a value")];
    let error = iocs.add_iocs(id.clone(), values, IocFields::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert!(error.to_string().contains("indicators[1].value"), "it is named: {error}");
    assert_eq!(iocs.count_iocs(None).await.unwrap().count, 0, "all of them or none");
    let indicator: Id = "indicator--00000000-0000-4000-8000-00000000ffff".parse().unwrap();
    for error in [
        iocs.update_ioc(id.clone(), indicator.clone(), IocFields::default()).await.unwrap_err(),
        iocs.revoke_ioc(id.clone(), indicator.clone()).await.unwrap_err(),
        iocs.delete_ioc(id.clone(), indicator.clone()).await.unwrap_err(),
        iocs.ioc_context(id.clone(), indicator).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    iocs.delete_ioc_collection(id.clone()).await.unwrap();
    let value = vec![Ioc::new("right.example")];
    for error in [
        iocs.delete_ioc_collection(id.clone()).await.unwrap_err(),
        iocs.update_ioc_collection(id.clone(), named("n")).await.unwrap_err(),
        iocs.add_iocs(id.clone(), value, IocFields::default()).await.unwrap_err(),
        iocs.add_ioc_text(id.clone(), IocText::new("right.example")).await.unwrap_err(),
        iocs.list_iocs(id, IocsRequest::default()).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::NotFound, Some("INTHREAT2500")),
            "{error}"
        );
    }
}

/// What an indicator of a collection says.
#[derive(Deserialize)]
struct Told {
    name: String,
    pattern: String,
    #[serde(default)]
    description: String,
    revoked: bool,
    valid_until: Option<String>,
    #[serde(default)]
    kill_chain_phases: Vec<Phase>,
}

#[derive(Deserialize)]
struct Phase {}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn named(name: &str) -> IocCollectionDraft {
    IocCollectionDraft::default().with_name(name)
}

fn id_of(object: &RawObject) -> Id {
    object.id().unwrap().parse().unwrap()
}

fn feed_of(collection: &IocCollection) -> FeedId {
    collection.id.to_string().trim_start_matches("ioc-collection--").parse().unwrap()
}

async fn assert_gone(center: &dyn Roles, id: Id) {
    let error = center.as_ioc_collections().unwrap().ioc_collection(id).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::NotFound, Some("INTHREAT2500")),
        "{error}"
    );
}
