//! What checks a replica after a crash sees that something is missing.

use inthreat_replica::{CompactOptions, Options, Replica};
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

// Catches a crash test that takes versions for dropped that are there, or that never drops any.
#[tokio::test]
async fn what_was_to_be_dropped_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    ingest::run(folder.path(), SEED, 23, |_| {}).await.unwrap();
    let replica = Replica::open_writer(folder.path(), Options::default()).unwrap();
    let before = replica.stats().unwrap();
    assert!(before.retired > 0 && before.objects + before.retired < before.sequence, "{before:?}");
    // Behind this batch nothing was to be dropped.
    replica.compact(CompactOptions::default(), |_| true).unwrap();
    drop(replica);
    let checked = ingest::run(folder.path(), SEED, 23, |_| {}).await;
    assert!(checked.unwrap_err().to_string().contains("retired"));
}
