//! Copies that are made while a replica is written, and what is refused.

use std::sync::{
    atomic::{AtomicU64, Ordering},
    mpsc,
};

use inthreat_api::Cursor;
use inthreat_stix::split;
use inthreat_store::{Batch, Commit, CursorStore, TransactionalSink};

use super::*;

const BATCH: u64 = 150;

fn batch(number: u64) -> Batch {
    let text = |n| format!(r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{n:012}"}}"#);
    let lines: Vec<String> = (number * BATCH..(number + 1) * BATCH).map(text).collect();
    let mut batch = Batch::default();
    batch.extend(split::ndjson(lines.join("\n")).objects);
    batch
}

/// Writes a batch and moves the cursor to the number of batches.
async fn write(replica: &Replica, number: u64) {
    let cursor = Cursor::new((number + 1).to_string()).unwrap();
    let commit = Commit::new("feed".parse().unwrap(), number, cursor);
    replica.write_and_commit(batch(number), commit).await.unwrap();
}

async fn batches(replica: &Replica) -> u64 {
    let position = replica.load(&"feed".parse().unwrap()).await.unwrap();
    position.cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

// Catches a copy that mixes two states, that never ends because somebody writes, or that stops whoever writes.
#[test]
fn a_copy_is_one_state_whatever_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let replica = Replica::create_or_open(place("main"), Options::default()).unwrap();
    let written = AtomicU64::new(0);
    let (permits, permitted) = mpsc::channel();
    std::thread::scope(|scope| {
        let (replica, written) = (&replica, &written);
        scope.spawn(move || {
            let runtime = runtime();
            for (number, ()) in (0..).zip(permitted) {
                runtime.block_on(write(replica, number));
                written.store(number + 1, Ordering::Release);
            }
        });
        // Dropped with this scope, also by a test that fails.
        let permits = permits;
        for round in 0..6 {
            (0..20).for_each(|_| permits.send(()).unwrap());
            while written.load(Ordering::Acquire) < round * 20 + 1 {
                std::thread::yield_now();
            }
            let begun = written.load(Ordering::Acquire);
            let to = place(&format!("copy-{round}"));
            replica.backup(&to).unwrap();
            let copy = Replica::create_or_open(&to, Options::default()).unwrap();
            let verified = copy.verify().unwrap();
            assert_eq!(verified.findings, []);
            let held = runtime().block_on(batches(&copy));
            assert!(held >= begun, "what was acknowledged is in the copy");
            assert_eq!(verified.objects, held * BATCH);
            // It is a replica that goes on.
            runtime().block_on(write(&copy, held));
            assert!(copy.verify().unwrap().is_sound());
        }
    });
}

// Catches a copy that overwrites something, and one that was cut off and is taken for a replica or is in the way for ever.
#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let replica = Replica::create_or_open(place("main"), Options::default()).unwrap();
    runtime().block_on(write(&replica, 0));
    replica.backup(place("copy")).unwrap();
    for refused in [place("copy"), place("main"), folder.path().to_owned()] {
        let error = replica.backup(&refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
        let error = Replica::restore(place("copy"), &refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
    }
    assert!(Replica::restore(place("absent"), place("other")).is_err());
    fs::create_dir(place("cut-off")).unwrap();
    fs::copy(replica.database(), place("cut-off").join("replica.db.new")).unwrap();
    assert!(Replica::open(place("cut-off"), Options::default()).is_err());
    replica.backup(place("cut-off")).unwrap();
    let copy = Replica::open(place("cut-off"), Options::default()).unwrap();
    assert!(copy.verify().unwrap().is_sound());
    assert!(replica.diff(&copy).unwrap().is_identical());
}

// Catches a damaged copy that becomes a replica.
#[test]
fn only_what_is_sound_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let replica = Replica::create_or_open(place("main"), Options::default()).unwrap();
    runtime().block_on(write(&replica, 0));
    replica.backup(place("copy")).unwrap();
    let restored = Replica::restore(place("copy"), place("again")).unwrap();
    assert_eq!(restored.objects, BATCH);
    let again = Replica::create_or_open(place("again"), Options::default()).unwrap();
    assert_eq!(runtime().block_on(batches(&again)), 1);
    assert!(replica.diff(&again).unwrap().is_identical());

    let database = Connection::open(place("copy").join("replica.db")).unwrap();
    database.execute("DELETE FROM versions WHERE sequence = 7", []).unwrap();
    drop(database);
    let error = Replica::restore(place("copy"), place("never")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(!place("never").exists());
}

// Catches a progress that is never told, that goes back, or that does not end with all.
#[test]
fn it_is_told_how_far_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let replica = Replica::create_or_open(place("source"), Options::default()).unwrap();
    runtime().block_on(async {
        for number in 0..4 {
            write(&replica, number).await;
        }
    });
    let mut steps = Vec::new();
    replica.backup_with(place("copy"), |done, all| steps.push((done, all))).unwrap();
    assert!(steps.is_sorted() && steps.last().is_some_and(|(done, all)| done == all && *all > 0));
    let mut sequences = Vec::new();
    replica.verify_with(|sequence| sequences.push(sequence)).unwrap();
    assert!(sequences.is_sorted(), "{sequences:?}");
    assert_eq!(sequences.last(), Some(&replica.moment().unwrap().sequence));
}
