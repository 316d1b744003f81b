//! What checks a replica after a crash sees that something is missing.

use inthreat_tests::ingest::{self, Word};
use rusqlite::Connection;

const SEED: u64 = 1;

// Catches a crash test that would find everything to be in order.
#[tokio::test]
async fn what_a_crash_would_do_is_seen() {
    let damages = [
        // Cursors ahead of their data, behind it, and one without the other.
        "UPDATE cursors SET cursor = cursor + 2, generation = generation + 1",
        "UPDATE cursors SET cursor = cursor - 2, generation = generation - 1",
        "UPDATE cursors SET cursor = '11', generation = 6 WHERE key = 'odd'",
        "UPDATE cursors SET generation = 7 WHERE key = 'odd'",
        "DELETE FROM quarantine WHERE n = 1",
        "DELETE FROM feeds",
        "DELETE FROM blocks WHERE first_sequence = 1",
        "UPDATE objects SET retired_by = NULL WHERE retired_by IS NOT NULL",
    ];
    for damage in damages {
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        ingest::run(folder.path(), SEED, 9, |word| told.push(word)).await.unwrap();
        let expected = [Word::Sound(0)].into_iter().chain((1..=9).map(Word::Acknowledged));
        assert_eq!(told, expected.collect::<Vec<_>>());
        told.clear();
        ingest::run(folder.path(), SEED, 9, |word| told.push(word)).await.unwrap();
        assert_eq!(told, [Word::Sound(9)]);
        let database = Connection::open(folder.path().join("replica.db")).unwrap();
        assert!(database.execute(damage, []).unwrap() > 0, "{damage}");
        drop(database);
        told.clear();
        let checked = ingest::run(folder.path(), SEED, 9, |word| told.push(word)).await;
        assert!(checked.is_err() && told.is_empty(), "{damage}: {told:?}");
    }
}
