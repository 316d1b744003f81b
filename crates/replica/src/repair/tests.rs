//! Bodies that are damaged byte by byte, with and without somebody who still has them.

use inthreat_api::{Collections, PageRequest};
use rusqlite::Connection;

use super::*;
use crate::Options;

fn text(number: u32, name: &str) -> String {
    let second = name.len();
    match number % 5 {
        0 => format!(
            r#"{{"type":"relationship","id":"relationship--00000000-0000-4000-8000-{number:012}","modified":"2026-01-01T00:00:{second:02}Z","name":"{name}","relationship_type":"uses","source_ref":"tool--00000000-0000-4000-8000-000000000001","target_ref":"malware--00000000-0000-4000-8000-000000000002"}}"#
        ),
        _ => format!(
            r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"2026-01-01T00:00:{second:02}Z","name":"{name}"}}"#
        ),
    }
}

fn batch(numbers: impl Iterator<Item = u32>, name: &str) -> Batch {
    let mut batch = Batch::default();
    batch.extend(numbers.map(|number| RawObject::new(text(number, name)).unwrap()));
    batch
}

/// A replica in which the tenth part of 1200 objects has a newer version.
async fn filled(folder: &std::path::Path) -> Replica {
    let replica = Replica::create_or_open(folder, Options::default()).unwrap();
    replica.write(batch(0..1200, "old")).await.unwrap();
    replica.write(batch((0..1200).step_by(10), "newer")).await.unwrap();
    replica
}

fn damage(folder: &std::path::Path, sql: &str) {
    let database = Connection::open(folder.join("replica.db")).unwrap();
    assert!(database.execute(sql, []).unwrap() > 0, "{sql}");
}

const DAMAGES: [&str; 5] = [
    "UPDATE blocks SET data = CAST(substr(data, 1, 300) || x'5a' || substr(data, 302) AS BLOB) WHERE first_sequence = 1",
    "UPDATE blocks SET ends = CAST(x'ffffffff' || substr(ends, 5) AS BLOB) WHERE first_sequence = 1",
    "UPDATE blocks SET frames = CAST(x'ffffffffffffffff' || substr(frames, 9) AS BLOB) WHERE first_sequence = 1",
    "DELETE FROM blocks WHERE first_sequence = (SELECT max(first_sequence) FROM blocks)",
    "UPDATE dictionaries SET data = x'00' WHERE n = 1",
];

// Catches a repair that drops what is whole, that leaves what is hit, or that gives a sequence twice.
#[tokio::test]
async fn exactly_what_is_hit_is_dropped() {
    for sql in DAMAGES {
        let folder = tempfile::tempdir().unwrap();
        let replica = filled(folder.path()).await;
        let before = replica.stats().unwrap();
        assert_eq!(replica.repair(None).await.unwrap(), Repaired::default());
        let held = replica.page(PageRequest::default().with_limit(2000)).await.unwrap();
        damage(folder.path(), sql);
        drop(replica);
        let replica = Replica::open_writer(folder.path(), Options::default()).unwrap();
        assert!(!replica.verify().unwrap().is_sound(), "{sql}");
        let repaired = replica.repair(None).await.unwrap();
        let verified = replica.verify().unwrap();
        assert_eq!(verified.findings, [], "{sql}");
        assert!(repaired.hit > 0, "{sql}");
        assert_eq!((repaired.hit, repaired.restored), (repaired.dropped, 0), "{sql}");
        assert_eq!(repaired.ids.len() as u64, repaired.dropped.min(1000));
        assert_eq!(verified.objects, before.sequence - repaired.dropped, "{sql}");
        if sql.contains("data = CAST") {
            // One frame of the first block: the other ones are whole.
            assert!(repaired.dropped <= 32, "{repaired:?}");
        }
        // A cursor that was handed out is good: nothing comes again, and what is new comes.
        let request = PageRequest::default().with_cursor(held.next_cursor.unwrap());
        assert!(replica.page(request.clone()).await.unwrap().objects.is_empty(), "{sql}");
        replica.write(batch(5000..5001, "later")).await.unwrap();
        assert_eq!(replica.page(request).await.unwrap().objects.len(), 1, "{sql}");
        // Reading the feed again brings everything back.
        replica.write(batch(0..1200, "old")).await.unwrap();
        replica.write(batch((0..1200).step_by(10), "newer")).await.unwrap();
        assert_eq!(replica.stats().unwrap().objects, 1201, "{sql}");
        assert!(replica.verify().unwrap().is_sound(), "{sql}");
    }
}

// Catches a body that is fetched and not put in its old place, and another version that is taken for the old one.
#[tokio::test]
async fn what_is_hit_is_fetched_again() {
    for sql in DAMAGES {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let source = filled(other.path()).await;
        source.write(batch((1..1200).step_by(10), "newest of all")).await.unwrap();
        drop(filled(folder.path()).await);
        damage(folder.path(), sql);
        let replica = Replica::open_writer(folder.path(), Options::default()).unwrap();
        let repaired = replica.repair(Some(&source)).await.unwrap();
        assert_eq!(replica.verify().unwrap().findings, [], "{sql}");
        assert!(repaired.restored > 0, "{sql}: {repaired:?}");
        assert_eq!(repaired.hit, repaired.restored + repaired.dropped, "{sql}");
        let diff = replica.diff(&source).unwrap();
        assert_eq!((diff.only_left, diff.only_right), (0, 0), "{sql}: {diff:?}");
        assert_eq!(diff.different, 120 - repaired.renewed, "{sql}: {repaired:?}");
    }
}
