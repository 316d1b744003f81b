//! Replicas of older versions are brought up, and lose nothing.

use std::path::Path;

use inthreat_api::{
    Collections, FeedDraft, Feeds, IocCollections, IocCollectionsRequest, PageRequest,
};
use inthreat_replica::{Options, Replica, SqlValue};
use inthreat_store::{CursorStore, ErrorKind as StoreErrorKind, Sink};
use xxhash_rust::xxh3::xxh3_64;

use crate::{all, batch, id, ids, object, open, overwrite, read};

/// Copies a replica of version 1 that was written by the program of that time: 50 objects, three of them in two versions,
/// a cursor, and an item in quarantine.
fn version_1(folder: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version1/replica.db");
    std::fs::copy(fixture, folder.join("replica.db")).unwrap();
}

// Catches a replica of an older version that is lost, whose cursors become worthless, or that is changed by a reader.
#[tokio::test]
async fn a_replica_of_version_1_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    version_1(folder.path());
    let before = std::fs::read(folder.path().join("replica.db")).unwrap();
    let refused = Replica::open(folder.path(), Options::default()).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Incompatible);
    assert!(refused.to_string().contains("opening it for writing"), "{refused}");
    assert_eq!(std::fs::read(folder.path().join("replica.db")).unwrap(), before);

    let replica = open(folder.path());
    assert!(replica.verify().unwrap().is_sound());
    let stats = replica.stats().unwrap();
    assert_eq!((stats.objects, stats.retired, stats.sequence, stats.quarantined), (50, 3, 53, 1));
    let cursors = replica.list().await.unwrap();
    assert_eq!(cursors.len(), 1);
    assert_eq!(cursors[0].1.cursor.as_ref().unwrap().as_str(), "AVGlGyQAAAAAAAAANRBh");
    let id = "malware--00000000-0000-4000-8000-000000000001".parse().unwrap();
    let text = replica.get(&id).unwrap().unwrap();
    assert!(text.as_str().contains(r#""x_unknown":[1.0,"\u00e9"]"#), "{text:?}");
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.contains("migration")), "{names:?}");
}

// Catches a replica of version 2 that is refused, or whose objects are not found or filtered afterwards.
#[tokio::test]
async fn a_replica_of_version_2_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let tools = (0..300).map(|n| object("tool", n, "2020-01-01T00:00:00Z", r#","labels":["a"]"#));
    let mut texts: Vec<_> = tools.collect();
    texts.push(object("tool", 0, "2021-01-01T00:00:00Z", r#","labels":["new"]"#));
    let replica = open(folder.path());
    replica.write(batch(&texts)).await.unwrap();
    let mut draft = FeedDraft::default();
    draft.labels = vec!["new".into()];
    let feed = replica.create_feed(draft).await.unwrap().id;
    let path = replica.database();
    drop(replica);
    let database = rusqlite::Connection::open(&path).unwrap();
    let older = "DROP TABLE ioc_collections; DROP TABLE arrivals; DROP TABLE bitmaps; DROP TABLE names; DROP TABLE mentions; DROP TABLE newest; DELETE FROM words WHERE n >= 65536;
                 PRAGMA user_version = 2;";
    database.execute_batch(older).unwrap();
    drop(database);
    let refused = Replica::open(folder.path(), Options::default()).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Incompatible);

    let replica = open(folder.path());
    let found = replica.page(PageRequest::new(feed)).await.unwrap().objects;
    assert_eq!(ids(&found), [id("tool", 0)]);
    let after = "2020-01-01T00:00:00Z".parse().unwrap();
    let found = read(&replica, PageRequest::default().with_modified_after(after)).await.0;
    assert_eq!(ids(&found), [id("tool", 0)]);
    assert_eq!(all(&replica, 2000).await.len(), 300);
    let verification = replica.verify().unwrap();
    assert!(verification.is_sound(), "{verification:?}");
    drop(replica);
    assert!(Replica::open(folder.path(), Options::default()).is_ok());
}

// Catches a replica of version 3 that is refused, that forgets which numbers were given, or that claims to know when its
// objects came.
#[tokio::test]
async fn a_replica_of_version_3_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let tools = (0..300).map(|n| object("tool", n, "2020-01-01T00:00:00Z", r#","labels":["a"]"#));
    let replica = open(folder.path());
    replica.write(batch(&tools.collect::<Vec<_>>())).await.unwrap();
    let path = replica.database();
    drop(replica);
    let database = rusqlite::Connection::open(&path).unwrap();
    let older =
        "DROP TABLE ioc_collections; DROP TABLE arrivals; DROP TABLE names; DROP TABLE mentions; PRAGMA user_version = 3;
                 INSERT INTO sqlite_sequence VALUES ('quarantine', 7);";
    database.execute_batch(older).unwrap();
    drop(database);
    let refused = Replica::open(folder.path(), Options::default()).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Incompatible);

    let replica = open(folder.path());
    let verification = replica.verify().unwrap();
    assert!(verification.is_sound(), "{verification:?}");
    let mut draft = FeedDraft::default();
    draft.labels = vec!["a".into()];
    let feed = replica.create_feed(draft).await.unwrap().id;
    let page = replica.page(PageRequest::new(feed).with_limit(2000)).await.unwrap();
    assert_eq!(page.objects.len(), 300);
    replica.write(batch(&[object("tool", 300, "2020-01-01T00:00:00Z", "")])).await.unwrap();
    let mut rows = Vec::new();
    let sql = "SELECT first_sequence, (SELECT value FROM meta WHERE name = 'floor'),
                   (SELECT seq FROM sqlite_sequence) FROM arrivals ORDER BY first_sequence";
    let tell = |_: &[String], row: &[SqlValue]| {
        rows.push(row.to_vec());
        true
    };
    replica.sql(sql, tell).unwrap();
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    assert_eq!(rows, [1, 300, 7, 301, 300, 7].map(SqlValue::Integer));
    assert!(replica.verify().unwrap().is_sound());
}

/// What the bitmaps were before version 6.
const OLDER_BITMAPS: &str = "ALTER TABLE bitmaps RENAME TO newer;
    CREATE TABLE bitmaps (dimension INTEGER NOT NULL, value INTEGER NOT NULL, chunk INTEGER NOT NULL, sequences BLOB NOT NULL,
        PRIMARY KEY (dimension, value, chunk)) STRICT, WITHOUT ROWID;
    INSERT INTO bitmaps SELECT * FROM newer;
    DROP TABLE newer;";

// Catches a replica of version 4 or 5 that is refused, or that forgets what it could find.
#[tokio::test]
async fn replicas_of_versions_4_and_5_are_brought_up() {
    for older in
        ["DROP TABLE ioc_collections; PRAGMA user_version = 4;", "PRAGMA user_version = 5;"]
    {
        let folder = tempfile::tempdir().unwrap();
        let replica = open(folder.path());
        let tools = (0..3).map(|n| object("tool", n, "2020-01-01T00:00:00Z", r#","labels":["a"]"#));
        replica.write(batch(&tools.collect::<Vec<_>>())).await.unwrap();
        let mut draft = FeedDraft::default();
        draft.labels = vec!["a".into()];
        let feed = replica.create_feed(draft).await.unwrap().id;
        let path = replica.database();
        drop(replica);
        let database = rusqlite::Connection::open(&path).unwrap();
        database.execute_batch(OLDER_BITMAPS).unwrap();
        database.execute_batch(older).unwrap();
        drop(database);
        let refused = Replica::open(folder.path(), Options::default()).unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Incompatible);

        let replica = open(folder.path());
        assert!(replica.verify().unwrap().is_sound());
        replica
            .write(batch(&[object("tool", 3, "2020-01-01T00:00:00Z", r#","labels":["a"]"#)]))
            .await
            .unwrap();
        assert!(replica.verify().unwrap().is_sound());
        assert_eq!(replica.page(PageRequest::new(feed)).await.unwrap().objects.len(), 4);
        assert_eq!(all(&replica, 2000).await.len(), 4);
        let collections = replica.ioc_collections(IocCollectionsRequest::default()).await.unwrap();
        assert!(collections.items.is_empty());
        let sql =
            "SELECT sql FROM sqlite_schema WHERE name = 'bitmaps' AND sql LIKE '%WITHOUT ROWID%'";
        let tell = |_: &[String], _: &[SqlValue]| panic!("the bitmaps are as they were");
        replica.sql(sql, tell).unwrap();
    }
}

// Catches a migration that throws the old tables away before the new ones are complete.
#[test]
fn a_damaged_replica_of_version_1_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    version_1(folder.path());
    let path = folder.path().join("replica.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The magic number of zstd is where a block's data begins.
    let place = bytes.windows(4).position(|four| four == [0x28, 0xb5, 0x2f, 0xfd]).unwrap();
    bytes[place + 40] ^= 1;
    overwrite(&path, &bytes);
    let error = Replica::open_writer(folder.path(), Options::default()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    let again = Replica::open(folder.path(), Options::default()).unwrap_err();
    assert!(again.to_string().contains("version 1"), "{again}");
}

// Catches cursors that skip an object after a migration: one that has no place now would move all behind it.
#[test]
fn a_replica_of_version_1_with_what_has_no_id_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    version_1(folder.path());
    let path = folder.path().join("replica.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let text = r#"{"type":"tool"}"#;
    let (first, ends) = (1000_i64, u32::try_from(text.len()).unwrap().to_le_bytes());
    let data = zstd::bulk::compress(text.as_bytes(), 1).unwrap();
    let sum = xxh3_64(&[&first.to_le_bytes()[..], &ends, &data].concat()).cast_signed();
    let insert =
        "INSERT INTO blocks (first_sequence, ends, checksum, data) VALUES (?1, ?2, ?3, ?4)";
    database.execute(insert, (first, ends, sum, data)).unwrap();
    drop(database);
    let error = Replica::open_writer(folder.path(), Options::default()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("one without an id"), "{error}");
    let again = Replica::open(folder.path(), Options::default()).unwrap_err();
    assert!(again.to_string().contains("version 1"), "{again}");
}
