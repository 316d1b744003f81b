//! Local indicators beside what comes from elsewhere.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use inthreat_store::Sink as _;

use super::*;
use crate::{CompactOptions, Options};

const DAY: u64 = 86_400;

fn options(clock: &Arc<AtomicU64>) -> Options {
    let clock = Arc::clone(clock);
    Options::default()
        .with_clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)))
}

async fn made(replica: &Replica, name: &str) -> Id {
    let draft = IocCollectionDraft::default().with_name(name);
    replica.create_ioc_collection(draft).await.unwrap().id
}

async fn add(replica: &Replica, id: &Id, value: &str) -> Id {
    let iocs = vec![Ioc::new(value)];
    let added = replica.add_iocs(id.clone(), iocs, IocFields::default()).await.unwrap();
    added.items[0].id().unwrap().parse().unwrap()
}

async fn names(replica: &Replica, id: &Id) -> u64 {
    replica.list_iocs(id.clone(), IocsRequest::default()).await.unwrap().total.unwrap()
}

// Catches a local indicator that a pull, a compaction, a rebuild or a restart loses, and a collection that is forgotten.
#[tokio::test]
async fn local_indicators_stay() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(AtomicU64::new(20_000 * DAY));
    let mut replica = Replica::create_or_open(folder.path(), options(&clock)).unwrap();
    let id = made(&replica, "Ours").await;
    let indicator = add(&replica, &id, "ours.example").await;
    let fields = IocFields::default().with_description("changed");
    replica.update_ioc(id.clone(), indicator.clone(), fields).await.unwrap();
    let expected = replica.get(&indicator).unwrap().unwrap();
    assert!(
        expected.as_str().contains(&format!("\"x_ic_collection_ref\":\"{id}\"")),
        "{expected:?}"
    );
    let mut batch = Batch::default();
    let malware = r#"{"type":"malware","id":"malware--00000000-0000-4000-8000-000000000001","modified":"2030-01-01T00:00:00Z"}"#;
    batch.extend(vec![RawObject::new(malware).unwrap()]);
    for step in ["a pull", "a compaction", "a rebuild", "a restart"] {
        match step {
            "a pull" => assert_eq!(replica.write(batch.clone()).await.unwrap().accepted, 1),
            "a compaction" => drop(replica.compact(CompactOptions::default(), |_| true).unwrap()),
            "a rebuild" => drop(replica.rebuild().unwrap()),
            _ => {
                drop(replica);
                replica = Replica::create_or_open(folder.path(), options(&clock)).unwrap();
            }
        }
        assert_eq!(replica.get(&indicator).unwrap().as_ref(), Some(&expected), "{step}");
        assert_eq!(names(&replica, &id).await, 1, "{step}");
        let verification = replica.verify().unwrap();
        assert!(verification.is_sound(), "{step}: {verification:?}");
    }
}

// Catches an indicator that cannot be deleted when its day has come, and one that comes back with it.
#[tokio::test]
async fn deletion_waits_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(AtomicU64::new(20_000 * DAY));
    let replica = Replica::create_or_open(folder.path(), options(&clock)).unwrap();
    let id = made(&replica, "Ours").await;
    let indicator = add(&replica, &id, "ours.example").await;
    add(&replica, &id, "198.51.100.7").await;
    clock.fetch_add(2 * DAY, Ordering::Relaxed);
    assert!(replica.delete_ioc(id.clone(), indicator.clone()).await.is_err(), "it counts");
    replica.revoke_ioc(id.clone(), indicator.clone()).await.unwrap();
    clock.fetch_add(DAY - 1, Ordering::Relaxed);
    assert!(replica.delete_ioc(id.clone(), indicator.clone()).await.is_err(), "not yet");
    clock.fetch_add(1, Ordering::Relaxed);
    replica.delete_ioc(id.clone(), indicator.clone()).await.unwrap();
    assert_eq!(names(&replica, &id).await, 1);
    let left = replica.get(&indicator).unwrap().unwrap();
    assert!(!left.as_str().contains("x_ic_collection_ref"), "{left:?}");
    let gone = replica.ioc_context(id.clone(), indicator.clone()).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    // Added again, it is of the collection again; also when the clock was set back.
    clock.fetch_sub(10 * DAY, Ordering::Relaxed);
    assert_eq!(add(&replica, &id, "OURS[.]example").await, indicator);
    assert_eq!(names(&replica, &id).await, 2);
    assert!(!replica.get(&indicator).unwrap().unwrap().is_revoked());
}

// Catches a collection, or the feed that it is read as, that another community sees or changes.
#[tokio::test]
async fn collections_are_of_a_community() {
    use inthreat_api::{Collections as _, FeedDraft, FeedId, Feeds as _, PageRequest};

    let folder = tempfile::tempdir().unwrap();
    let of = |community: &str| Options::default().with_community(community);
    let replica = Replica::create_or_open(folder.path(), of("a")).unwrap();
    let draft = IocCollectionDraft::default().with_name("n").with_community("b");
    let other = replica.create_ioc_collection(draft).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Forbidden);
    let id = made(&replica, "Ours").await;
    add(&replica, &id, "ours.example").await;
    let feed: FeedId = id.to_string().split_once("--").unwrap().1.parse().unwrap();
    assert_eq!(replica.page(PageRequest::new(feed.clone())).await.unwrap().len(), 1);
    for error in [
        replica.delete_feed(feed.clone()).await.unwrap_err(),
        replica.update_feed(feed.clone(), FeedDraft::default()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Forbidden, "{error}");
    }
    drop(replica);

    let replica = Replica::create_or_open(folder.path(), of("b")).unwrap();
    assert_eq!(replica.ioc_collections(IocCollectionsRequest::default()).await.unwrap().total, 0);
    assert_eq!(replica.count_iocs(None).await.unwrap().count, 0);
    for error in [
        replica.ioc_collection(id.clone()).await.unwrap_err(),
        replica.delete_ioc_collection(id.clone()).await.unwrap_err(),
        replica.page(PageRequest::new(feed.clone())).await.map(drop).unwrap_err(),
        replica.delete_feed(feed).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    drop(replica);
    let reader = Replica::open(folder.path(), of("a")).unwrap();
    assert_eq!(names(&reader, &id).await, 1);
    let refused = reader.delete_ioc_collection(id).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
}

// Catches a row of a collection that nobody could read, and that nobody finds.
#[tokio::test]
async fn damage_to_collections_is_found() {
    for damage in ["id = 'x'", "created = modified + 1", "modified = 1 << 62"] {
        let folder = tempfile::tempdir().unwrap();
        let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
        made(&replica, "Ours").await;
        let database = rusqlite::Connection::open(replica.database()).unwrap();
        drop(replica);
        database.execute(&format!("UPDATE ioc_collections SET {damage}"), []).unwrap();
        drop(database);
        let replica = Replica::open(folder.path(), Options::default()).unwrap();
        assert!(!replica.verify().unwrap().is_sound(), "{damage}");
    }
}
