//! The replica keeps the contracts of stores, and the promises that are its own.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
#![expect(clippy::print_stderr, reason = "what is skipped is told")]

mod versions;

use std::{collections::BTreeMap, path::Path, time::SystemTime};

use async_trait::async_trait;
use inthreat_api::{
    Collections, Cursor, ErrorKind, FeedDraft, FeedId, Feeds, FeedsRequest, Indicators, Objects,
    Observable, ObservableType, PageRequest, RelationshipsRequest, Roles, conformance as center,
};
use inthreat_replica::{Options, Replica};
use inthreat_stix::{Id, RawObject, split};
use inthreat_store::{
    Batch, Commit, ErrorKind as StoreErrorKind, Quarantine, Sink, TransactionalSink, Written,
    conformance::{self, Inspect, ManualClock},
};
use proptest::prelude::*;

struct Inspected<'a>(&'a Replica);

#[async_trait]
impl Inspect for Inspected<'_> {
    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let objects = all(self.0, 2000).await;
        objects.iter().map(|o| (o.id().unwrap().to_owned(), o.as_bytes().to_vec())).collect()
    }

    async fn quarantine(&self) -> Vec<Vec<u8>> {
        let found = self.0.quarantined(0, 10_000).await.unwrap();
        found.into_iter().map(|item| item.bytes).collect()
    }
}

/// Reads the default feed to its end.
async fn all(replica: &Replica, limit: u32) -> Vec<RawObject> {
    read(replica, PageRequest::default().with_limit(limit)).await.0
}

async fn read(replica: &Replica, mut request: PageRequest) -> (Vec<RawObject>, Cursor) {
    let mut objects = Vec::new();
    loop {
        let page = replica.page(request.clone()).await.unwrap();
        let next = page.next_cursor.unwrap();
        if page.objects.is_empty() {
            if let Some(sent) = &request.cursor {
                assert_eq!(next, *sent, "an empty page gives back the cursor that was sent");
            }
            return (objects, next);
        }
        assert_ne!(Some(&next), request.cursor.as_ref());
        objects.extend(page.objects);
        request = request.with_cursor(next);
    }
}

fn open(folder: &Path) -> Replica {
    Replica::create_or_open(folder, Options::default()).unwrap()
}

fn batch(texts: &[String]) -> Batch {
    let mut batch = Batch::default();
    batch.extend(texts.iter().map(|text| RawObject::new(text.as_str()).unwrap()));
    batch
}

fn ids(objects: &[RawObject]) -> Vec<&str> {
    objects.iter().map(|object| object.id().unwrap()).collect()
}

fn id(kind: &str, number: u32) -> String {
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

fn object(kind: &str, number: u32, modified: &str, rest: &str) -> String {
    let id = id(kind, number);
    format!(r#"{{"type":"{kind}","id":"{id}","modified":"{modified}"{rest}}}"#)
}

fn relationship(number: u32, kind: &str, source: &str, target: &str, rest: &str) -> String {
    let ends = format!(
        r#","relationship_type":"{kind}","source_ref":"{source}","target_ref":"{target}"{rest}"#
    );
    object("relationship", number, &format!("2020-01-01T00:00:{:02}Z", number % 60), &ends)
}

// Catches every promise of a sink and a store of cursors that is not kept.
#[tokio::test]
async fn keeps_the_contracts_of_stores() {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::default();
    let options = Options::default().with_clock(clock.source());
    let replica = Replica::create_or_open(folder.path(), options).unwrap();
    conformance::transactional_sink(&replica, &Inspected(&replica)).await;
    conformance::leases(&replica, &clock).await;
    conformance::transactional_leases(&replica, &Inspected(&replica), &clock).await;
    conformance::holdings(&replica, &replica).await;
    let verification = replica.verify().unwrap();
    assert!(verification.is_sound(), "{verification:?}");
}

// Catches every promise of a quarantine that is not kept.
#[tokio::test]
async fn keeps_the_contract_of_a_quarantine() {
    let folder = tempfile::tempdir().unwrap();
    conformance::quarantine(&open(folder.path())).await;
}

// Catches every promise of an Intelligence Center that is not kept.
#[tokio::test]
async fn keeps_the_contract_of_a_center() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let mut scene = Batch::default();
    scene.extend(center::scene());
    replica.write(scene).await.unwrap();
    center::intelligence_center(&replica).await;
    center::kept_feeds(&replica).await;
    let end = center::end_of_feed(&replica).await;
    let mut news = Batch::default();
    news.extend(center::news());
    replica.write(news).await.unwrap();
    center::news_follow_the_end(&replica, end).await;
}

// Catches every promise of a further role that is not kept, by a writer and by a reader of what it left.
#[tokio::test]
async fn keeps_the_contracts_of_further_roles() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let mut archive = Batch::default();
    archive.extend(center::archive());
    replica.write(archive).await.unwrap();
    center::roles(&replica).await;
    let verification = replica.verify().unwrap();
    assert!(verification.is_sound(), "{verification:?}");
    drop(replica);
    let reader = Replica::open(folder.path(), Options::default()).unwrap();
    let roles = [
        reader.as_live_collections().is_some(),
        reader.as_object_search().is_some(),
        reader.as_object_details().is_some(),
        reader.as_relationships().is_some(),
        reader.as_reports().is_some(),
        reader.as_observables().is_some(),
        reader.as_exports().is_none(),
        reader.as_ioc_collections().is_some(),
        reader.as_account().is_none(),
    ];
    assert_eq!(roles, [true; 9]);
    center::roles(&reader).await;
}

// Catches lost ties, a cursor that skips, one that dies with the process, and a change that is not delivered again.
#[tokio::test]
async fn pages_deliver_everything_and_then_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let instant = "2020-01-01T00:00:00Z";
    let texts: Vec<String> = (0..40).map(|n| object("tool", n, instant, "")).collect();
    let replica = open(folder.path());
    replica.write(batch(&texts)).await.unwrap();
    for limit in [1, 7, 40, 2000] {
        let found = all(&replica, limit).await;
        assert_eq!(found.iter().map(RawObject::as_str).collect::<Vec<_>>(), texts, "limit {limit}");
    }
    let request = PageRequest::default().with_limit(7);
    let first = replica.page(request.clone()).await.unwrap();
    let (_, end) = read(&replica, request.clone()).await;
    drop(replica);

    let replica = open(folder.path());
    let changed = object("tool", 3, "2020-01-02T00:00:00Z", "");
    replica.write(batch(std::slice::from_ref(&changed))).await.unwrap();
    let (rest, _) = read(&replica, request.clone().with_cursor(first.next_cursor)).await;
    assert_eq!(rest.len(), 34, "33 objects were left, and one of the first page came again");
    assert_eq!(rest[33].as_str(), changed);
    let (news, _) = read(&replica, request.with_cursor(end)).await;
    assert_eq!(news.len(), 1);
    assert_eq!(all(&replica, 2000).await.len(), 40);
}

// Catches a filter that lets too much or too little through, and a page that ends early on unselected objects.
#[tokio::test]
async fn pages_are_narrowed() {
    let folder = tempfile::tempdir().unwrap();
    let clock = || SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    let options = Options::default().with_clock(clock);
    let replica = Replica::create_or_open(folder.path(), options).unwrap();
    let indicator = |n, rest: &str| {
        let pattern = format!(
            r#","pattern_type":"stix","pattern":"[domain-name:value = 'h{n}.example']"{rest}"#
        );
        object("indicator", n, &format!("2020-01-01T00:00:{n:02}.5Z"), &pattern)
    };
    let mut texts: Vec<String> =
        (0..200).map(|n| object("tool", n, "2019-01-01T00:00:00Z", "")).collect();
    texts.push(indicator(1, r#","valid_until":"2020-09-13T12:26:40Z""#));
    texts.push(indicator(2, r#","valid_until":"2020-09-13T12:26:40.000001Z""#));
    texts.push(indicator(3, r#","revoked":true"#));
    texts.push(indicator(4, r#","x_ic_observable_types":["x-new","url"]"#));
    texts.push(r#"{"type":"marking-definition","id":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da","created":"2019-10-09T16:10:07.239899Z"}"#.into());
    replica.write(batch(&texts)).await.unwrap();
    let numbers = |objects: Vec<RawObject>| -> Vec<String> {
        ids(&objects).iter().map(|id| id.chars().last().unwrap().to_string()).collect()
    };
    let base = PageRequest::default().with_limit(1).with_types(["indicator", "unheard-of"]);
    assert_eq!(numbers(read(&replica, base.clone()).await.0), ["1", "2", "3", "4"]);
    let mut request = base.clone();
    request.include_revoked = Some(false);
    request.skip_expired = Some(true);
    assert_eq!(numbers(read(&replica, request).await.0), ["2", "4"]);
    let request = base.clone().with_modified_after("2020-01-01T00:00:02.5Z".parse().unwrap());
    assert_eq!(numbers(read(&replica, request).await.0), ["3", "4"]);
    for (types, expected) in [
        (vec![ObservableType::Url], vec!["4"]),
        (vec![ObservableType::Other("x-new".into())], vec!["4"]),
        (vec![ObservableType::Other("x-other".into())], vec![]),
        (vec![ObservableType::DomainName], vec!["1", "2", "3"]),
    ] {
        let mut request = PageRequest::default().with_limit(2);
        request.observable_types = types;
        assert_eq!(numbers(read(&replica, request).await.0), expected);
    }
    let mut request = PageRequest::default().with_limit(3);
    request.latest = Some(true);
    let page = replica.page(request).await.unwrap();
    assert_eq!(numbers(page.objects), ["a", "4", "3"]);
    assert!(
        read(&replica, PageRequest::default().with_cursor(page.next_cursor)).await.0.is_empty()
    );
    // base64 of 2019-06-01T00:00:00Z, as a client makes it up.
    let fabricated = Cursor::new("MjAxOS0wNi0wMVQwMDowMDowMFo").unwrap();
    let (found, _) =
        read(&replica, PageRequest::default().with_limit(1).with_cursor(fabricated)).await;
    assert_eq!(numbers(found), ["1", "2", "3", "4", "a"]);
    let unknown = PageRequest::default().with_types(["unheard-of"]);
    assert!(replica.page(unknown).await.unwrap().objects.is_empty());
}

// Catches a wrong question that is answered, or refused without naming what is wrong.
#[tokio::test]
async fn wrong_questions_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    for limit in [0, 2001] {
        let error = replica.page(PageRequest::default().with_limit(limit)).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("limit")));
    }
    let cursor = Cursor::new("nonsense").unwrap();
    let error = replica.page(PageRequest::default().with_cursor(cursor)).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("cursor")));
    let feed: FeedId = "other".parse().unwrap();
    let error = replica.page(PageRequest::new(feed.clone())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let unknown: Id = id("tool", 1).parse().unwrap();
    assert_eq!(replica.object(unknown.clone()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(replica.context(unknown).await.unwrap_err().kind(), ErrorKind::NotFound);
    let draft = FeedDraft::default();
    let error = replica.update_feed(FeedId::default(), draft.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(replica.feed(feed).await.unwrap_err().kind(), ErrorKind::NotFound);
    let reader = Replica::open(folder.path(), Options::default()).unwrap();
    assert_eq!(reader.create_feed(draft).await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(replica.feeds(FeedsRequest::default()).await.unwrap().total, 1);
}

// Catches traffic that is not made plain by default, and a stored object that was changed by it.
#[tokio::test]
async fn network_traffic_is_plain_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let pattern = r#","pattern":"[network-traffic:dst_ref.value = '198.51.100.7']""#;
    let text = object("indicator", 1, "2020-01-01T00:00:00Z", pattern);
    replica.write(batch(std::slice::from_ref(&text))).await.unwrap();
    let page = replica.page(PageRequest::default()).await.unwrap();
    assert!(page.objects[0].as_str().contains("[ipv4-addr:value = '198.51.100.7']"));
    let mut request = PageRequest::default();
    request.convert_network_traffic = Some(false);
    assert_eq!(replica.page(request).await.unwrap().objects[0].as_str(), text);
}

// Catches a member that is missing, doubled, withdrawn, out of order or one step too far.
#[tokio::test]
async fn the_context_is_what_the_contract_says() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let (centre, malware, technique) =
        (id("indicator", 1), id("malware", 2), id("attack-pattern", 3));
    let named = |source: u32, marking: u32| {
        let (source, marking) = (id("identity", source), id("marking-definition", marking));
        format!(r#","x_inthreat_sources_refs":["{source}"],"object_marking_refs":["{marking}"]"#)
    };
    let at = "2020-01-01T00:00:00Z";
    let texts = [
        object(
            "indicator",
            1,
            at,
            r#","x_ic_impacted_sectors":["identity--00000000-0000-4000-8000-000000000099"]"#,
        ),
        object("malware", 2, at, &named(10, 20)),
        object("attack-pattern", 3, at, ""),
        object("course-of-action", 4, at, ""),
        object("tool", 5, at, ""),
        object("campaign", 6, at, ""),
        object("identity", 10, at, &named(11, 21)),
        object("identity", 11, at, ""),
        object("identity", 99, at, ""),
        object("marking-definition", 20, at, &named(11, 22)),
        object("marking-definition", 21, at, ""),
        object("marking-definition", 22, at, ""),
        relationship(30, "indicates", &centre, &malware, ""),
        relationship(31, "indicates", &centre, &technique, ""),
        relationship(32, "mitigates", &id("course-of-action", 4), &technique, ""),
        relationship(33, "uses", &id("tool", 5), &technique, ""),
        relationship(34, "indicates", &centre, &id("campaign", 6), r#","revoked":true"#),
        relationship(35, "indicates", &centre, &id("campaign", 7), ""),
        relationship(36, "based-on", &malware, &centre, ""),
    ];
    replica.write(batch(&texts)).await.unwrap();
    let bundle = replica.context(centre.parse().unwrap()).await.unwrap();
    let expected = [
        centre.clone(),
        malware,
        technique,
        id("relationship", 30),
        id("relationship", 31),
        id("relationship", 35),
        id("relationship", 36),
        id("course-of-action", 4),
        id("relationship", 32),
        id("identity", 10),
        id("marking-definition", 20),
        id("marking-definition", 21),
    ];
    assert_eq!(ids(&bundle.objects), expected);
    assert_eq!(replica.context(centre.parse().unwrap()).await.unwrap(), bundle);

    let mut request = RelationshipsRequest::new(centre.parse().unwrap());
    request.limit = Some(2);
    request.offset = Some(1);
    let list = replica.relationships_of(request.clone()).await.unwrap();
    let found: Vec<_> = list.items.iter().map(|item| item.relationship.id().unwrap()).collect();
    assert_eq!(found, [id("relationship", 31), id("relationship", 35)]);
    assert_eq!((list.total, list.has_more), (4, true));
    assert!(list.items[1].related_object.is_none());
    request.offset = None;
    request.types = vec!["indicates".into()];
    request.target_types = vec!["campaign".into()];
    request.include_revoked = true;
    let list = replica.relationships_of(request).await.unwrap();
    assert_eq!((list.total, list.has_more), (2, false));
}

// Catches a type that is only known when an object of it is stored.
#[tokio::test]
async fn an_end_that_is_not_there_has_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let tool = id("tool", 1);
    let at = "2020-01-01T00:00:00Z";
    let texts = [object("tool", 1, at, ""), relationship(2, "uses", &tool, "x-own--3", "")];
    replica.write(batch(&texts)).await.unwrap();
    let mut request = RelationshipsRequest::new(tool.parse().unwrap());
    for (kind, expected) in [("x-own", 1), ("x-other", 0)] {
        request.target_types = vec![kind.into()];
        assert_eq!(replica.relationships_of(request.clone()).await.unwrap().total, expected);
    }
}

// Catches a look-up that misses a composite pattern, finds a retired version, or forgets the other objects of a kind.
#[tokio::test]
async fn observables_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let indicator = |n, at: &str, pattern: &str| {
        object(
            "indicator",
            n,
            at,
            &format!(r#","name":"n{n}","pattern_type":"stix","pattern":"{pattern}""#),
        )
    };
    let texts = [
        indicator(
            2,
            "2020-01-02T00:00:00Z",
            "[domain-name:value = 'a.example' AND url:value = 'http://b.example/']",
        ),
        indicator(1, "2020-01-01T00:00:00Z", "[domain-name:value = 'A.example.']"),
        indicator(3, "2020-01-01T00:00:00Z", "[domain-name:value = 'old.example']"),
        indicator(3, "2020-01-03T00:00:00Z", "[domain-name:value = 'new.example']"),
        object("domain-name", 4, "2020-01-01T00:00:00Z", r#","value":"a.example""#),
    ];
    replica.write(batch(&texts)).await.unwrap();
    let ask = |value: &str| Observable::new(ObservableType::DomainName, value);
    let found = replica.indicators(ask("a[.]EXAMPLE")).await.unwrap();
    assert_eq!(ids(&found.items), [id("indicator", 1), id("indicator", 2)]);
    assert!(!found.has_more);
    let hits = replica.lookup(&ask("a.example")).unwrap();
    assert_eq!(hits.len(), 3);
    assert!(replica.lookup(&ask("old.example")).unwrap().is_empty());
    assert_eq!(replica.lookup(&ask("new.example")).unwrap()[0].name.as_deref(), Some("n3"));
    let contexts = replica.indicator_contexts(ask("a.example")).await.unwrap();
    assert_eq!(contexts.items.len(), 2);
}

// Catches a folder of somebody else that is written to, a second writer, and a reader that cannot see the newest.
#[tokio::test]
async fn folders_are_respected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    let kind = |error: &inthreat_store::Error| error.kind();
    let missing = Replica::open(&path, Options::default()).unwrap_err();
    assert_eq!(kind(&missing), StoreErrorKind::Incompatible);
    assert!(missing.to_string().contains("is not a replica"), "{missing}");
    assert!(!path.exists());

    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::File::create(foreign.join("letter.txt")).unwrap();
    let error = Replica::create_or_open(&foreign, Options::default()).unwrap_err();
    assert_eq!(kind(&error), StoreErrorKind::Incompatible);
    assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);

    let writer = open(&path);
    let second = Replica::open_writer(&path, Options::default()).unwrap_err();
    assert_eq!(kind(&second), StoreErrorKind::Busy);
    let process = format!("process {}", std::process::id());
    assert!(second.to_string().contains(&process), "{second}");
    let reader = Replica::open(&path, Options::default()).unwrap();
    writer.write(batch(&[object("tool", 1, "2020-01-01T00:00:00Z", "")])).await.unwrap();
    assert!(reader.get(&id("tool", 1).parse().unwrap()).unwrap().is_some());
    assert_eq!(
        kind(&reader.write(Batch::default()).await.unwrap_err()),
        StoreErrorKind::Incompatible
    );
    drop((writer, reader));

    let database = path.join("replica.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[63] += 1;
    overwrite(&database, &bytes);
    let newer = Replica::open(&path, Options::default()).unwrap_err();
    assert_eq!(kind(&newer), StoreErrorKind::Incompatible);
    assert!(newer.to_string().contains("version 6"), "{newer}");
    overwrite(&database, b"no database");
    assert_eq!(kind(&open_error(&path)), StoreErrorKind::Incompatible);
    assert_eq!(std::fs::read(&database).unwrap(), b"no database");
}

fn open_error(path: &Path) -> inthreat_store::Error {
    Replica::create_or_open(path, Options::default()).unwrap_err()
}

fn overwrite(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

// Catches a flipped byte of a body that is handed out, and one that verification overlooks.
#[tokio::test]
async fn a_flipped_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let text = object("tool", 1, "2020-01-01T00:00:00Z", "");
    replica.write(batch(&[text, object("tool", 2, "2020-01-01T00:00:00Z", "")])).await.unwrap();
    let database = rusqlite::Connection::open(replica.database()).unwrap();
    drop(replica);
    let read = "SELECT data FROM blocks";
    let mut data: Vec<u8> = database.query_row(read, [], |row| row.get(0)).unwrap();
    data[20] ^= 1;
    database.execute("UPDATE blocks SET data = ?1", [data]).unwrap();
    drop(database);
    let replica = Replica::open(folder.path(), Options::default()).unwrap();
    let error = replica.get(&id("tool", 2).parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    for number in [1, 2] {
        assert!(error.to_string().contains(&id("tool", number)), "{error}");
    }
    let verification = replica.verify().unwrap();
    assert_eq!(verification.faults, 1, "{verification:?}");
    assert!(verification.findings[0].message.contains(&id("tool", 1)));
    assert!(replica.page(PageRequest::default()).await.is_err());
}

// Catches a full disk that takes what was there before along, or that keeps half a batch.
#[tokio::test]
async fn a_full_disk_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::default().with_size_max_bytes(1 << 20);
    let replica = Replica::create_or_open(folder.path(), options).unwrap();
    let (mut written, mut size, mut generation) = (0, 500, 0);
    let error = loop {
        let texts: Vec<String> = (written..written + size)
            .map(|n| {
                object(
                    "tool",
                    n,
                    "2020-01-01T00:00:00Z",
                    &format!(r#","name":"{}""#, "n".repeat(200)),
                )
            })
            .collect();
        let key = "feed".parse().unwrap();
        let commit = Commit::new(key, generation, Cursor::new(format!("c{written}")).unwrap());
        match replica.write_and_commit(batch(&texts), commit).await {
            Ok((_, next)) => (written, generation) = (written + size, next),
            // So that no room is left for the rows by which the last ones are found.
            Err(_) if size == 500 => size = 128,
            Err(error) => break error,
        }
        assert!(written < 100_000, "the quota is not kept");
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert!(written > 0);
    assert_eq!(all(&replica, 2000).await.len(), written as usize);
    replica.get(&id("tool", written - 1).parse().unwrap()).unwrap();
    replica.lookup(&Observable::new(ObservableType::Url, "a")).unwrap();
    drop(replica);
    let replica = open(folder.path());
    assert!(replica.get(&id("tool", written - 1).parse().unwrap()).unwrap().is_some());
    assert_eq!(all(&replica, 2000).await.len(), written as usize);
    assert!(replica.verify().unwrap().is_sound());
    replica.write(batch(&[object("tool", 999_999, "2020-01-01T00:00:00Z", "")])).await.unwrap();
}

// Catches a difference that is not told, and one that is none.
#[tokio::test]
async fn replicas_are_compared() {
    let (left, right) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (left, right) = (open(left.path()), open(right.path()));
    let at = "2020-01-01T00:00:00Z";
    let texts: Vec<String> = (0..3000).map(|n| object("tool", n, at, "")).collect();
    left.write(batch(&texts)).await.unwrap();
    let reversed: Vec<String> = texts.iter().rev().cloned().collect();
    right.write(batch(&reversed)).await.unwrap();
    assert!(left.diff(&right).unwrap().is_identical());
    left.write(batch(&[object("tool", 5000, at, "")])).await.unwrap();
    right.write(batch(&[object("tool", 5001, at, ""), object("tool", 7, at, " ")])).await.unwrap();
    let diff = left.diff(&right).unwrap();
    assert_eq!((diff.identical, diff.only_left, diff.only_right, diff.different), (2999, 1, 1, 1));
}

/// Bytes and `modified` of the newest version of each object, in the order in which they were accepted.
#[derive(Default)]
struct Model(BTreeMap<String, (usize, RawObject)>, usize);

impl Model {
    fn write(&mut self, batch: &Batch) -> Written {
        let mut written = Written::default();
        for object in batch.objects() {
            let id = object.id().unwrap().to_owned();
            match self.0.get(&id) {
                Some((_, held)) if held == object => written.unchanged += 1,
                Some((_, held)) if object.modified() < held.modified() => written.outdated += 1,
                _ => {
                    self.1 += 1;
                    self.0.insert(id, (self.1, object.clone()));
                    written.accepted += 1;
                }
            }
        }
        written
    }

    fn feed(&self) -> Vec<&str> {
        let mut objects: Vec<_> = self.0.values().collect();
        objects.sort_by_key(|(place, _)| *place);
        objects.into_iter().map(|(_, object)| object.as_str()).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Catches any disagreement with a naive model, whatever is written in whichever batches, with cursors held meanwhile.
    #[test]
    fn agrees_with_a_model(
        batches in prop::collection::vec(prop::collection::vec((0_u32..12, 0_u32..5, 0_u32..3), 0..150), 1..6),
        limit in 1_u32..20,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut replica = open(folder.path());
        let mut model = Model::default();
        let mut held = None;
        let mut followed: BTreeMap<String, String> = BTreeMap::new();
        for versions in batches {
            let texts: Vec<String> = versions
                .iter()
                .map(|(number, second, content)| match second {
                    0 => format!(r#"{{"type":"x-t","id":"x-t--{number}","c":{content}}}"#),
                    _ => object("tool", *number, &format!("2020-01-01T00:00:0{second}Z"), &format!(",\"c\":{content}")),
                })
                .collect();
            let batch = batch(&texts);
            let expected = model.write(&batch);
            prop_assert_eq!(runtime.block_on(replica.write(batch)).unwrap(), expected);
            let request = PageRequest::default().with_limit(limit);
            let found = runtime.block_on(read(&replica, request.clone())).0;
            prop_assert_eq!(found.iter().map(RawObject::as_str).collect::<Vec<_>>(), model.feed());
            let (news, cursor) = runtime.block_on(read(&replica, request.with_cursor(held)));
            held = Some(cursor);
            followed.extend(news.iter().map(|o| (o.id().unwrap().to_owned(), o.as_str().to_owned())));
            let newest = model.0.iter().map(|(id, (_, object))| (id.clone(), object.as_str().to_owned()));
            prop_assert_eq!(&followed, &newest.collect::<BTreeMap<_, _>>());
            prop_assert!(replica.verify().unwrap().is_sound());
            drop(replica);
            replica = open(folder.path());
        }
    }
}

/// The real objects of the service: what comes out of a replica is what went in, also through a second one.
// Catches bytes that change on the way, and a context that lacks what the recorded one has.
#[tokio::test]
async fn real_objects_survive() {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let corpus = Path::new(shared).join("data/corpora/sekoia");
    if !corpus.exists() {
        eprintln!("skipped: real_objects_survive: ../shared is absent");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    let recorded = std::fs::read(corpus.join("api-indicator_context.json")).unwrap();
    let recorded = split::document(recorded).objects;
    let mut batch = Batch::default();
    batch.extend(recorded.clone());
    replica.write(batch).await.unwrap();
    let centre = recorded.iter().find(|object| object.object_type() == Some("indicator")).unwrap();
    let bundle = replica.context(centre.id().unwrap().parse().unwrap()).await.unwrap();
    let sorted = |objects: &[RawObject]| {
        let mut texts: Vec<_> = objects.iter().map(|object| object.as_str().to_owned()).collect();
        texts.sort_unstable();
        texts
    };
    assert_eq!(sorted(&bundle.objects), sorted(&recorded));

    let apt31 = split::document(std::fs::read(corpus.join("apt31-a.jsonl")).unwrap());
    assert!(apt31.rejected.is_empty());
    let mut batch = Batch::default();
    batch.extend(apt31.objects.clone());
    replica.write(batch).await.unwrap();
    let found = all(&replica, 100).await;
    for object in &apt31.objects {
        assert!(found.contains(object), "{object:?}");
    }
    assert!(replica.verify().unwrap().is_sound());
}

// Catches an IOC collection that is not kept, or whose indicators are not objects like others.
#[tokio::test]
async fn ioc_collections_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let replica = open(folder.path());
    center::ioc_collections(&replica).await;
    let verification = replica.verify().unwrap();
    assert!(verification.is_sound(), "{verification:?}");
}
