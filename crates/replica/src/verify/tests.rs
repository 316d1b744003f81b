//! Damage to rows that bitmaps and instants stand in.

use inthreat_store::{Batch, Sink};
use rusqlite::Connection;

use crate::{Options, Replica};

fn tool(number: u32, second: u32) -> String {
    let id = format!("tool--00000000-0000-4000-8000-{number:012}");
    format!(
        r#"{{"type":"tool","id":"{id}","modified":"2026-01-01T00:00:{second:02}Z","labels":["a","b{number}"],"revoked":true}}"#
    )
}

// Catches damage to what filters read that nobody finds, and a sound replica that is called damaged.
#[tokio::test]
async fn damage_to_bitmaps_is_found() {
    let damages = [
        "DELETE FROM bitmaps WHERE dimension = 4",
        "DELETE FROM bitmaps WHERE dimension = 9",
        "UPDATE bitmaps SET sequences = x'00' WHERE dimension = 1",
        "UPDATE bitmaps SET value = 99 WHERE dimension = 8",
        "UPDATE bitmaps SET sequences =
         (SELECT sequences FROM bitmaps WHERE dimension = 9) WHERE dimension = 8",
        "INSERT INTO bitmaps SELECT 2, value, chunk, sequences FROM bitmaps WHERE dimension = 1",
        "DELETE FROM newest",
        "UPDATE newest SET modified = modified - 1",
        "INSERT INTO newest VALUES (7, 1, 1)",
        "DELETE FROM arrivals",
        "UPDATE arrivals SET first_sequence = 2 WHERE first_sequence = 1",
        "INSERT INTO arrivals VALUES (4, 1 << 60)",
        "INSERT INTO arrivals VALUES (3, 1)",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
        let mut batch = Batch::default();
        let texts = [tool(1, 1), tool(2, 2), tool(1, 3)].join("\n");
        batch.extend(inthreat_stix::split::ndjson(texts).objects);
        replica.write(batch).await.unwrap();
        assert_eq!(replica.verify().unwrap().findings, []);
        drop(replica);
        let database = Connection::open(folder.path().join("replica.db")).unwrap();
        assert!(database.execute(damage, []).unwrap() > 0, "{damage}");
        drop(database);
        let replica = Replica::open(folder.path(), Options::default()).unwrap();
        assert!(!replica.verify().unwrap().is_sound(), "{damage}");
    }
}
