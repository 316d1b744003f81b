//! Tests of the folder of files: what is whole, what is not there, and what a crash leaves behind.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use inthreat_stix::RawObject;
use inthreat_store::{Batch, ErrorKind, Sink};

use super::{NdjsonFolderSink, RotateOptions};

fn batch(numbers: std::ops::Range<u32>) -> Batch {
    let mut batch = Batch::default();
    batch.extend(
        numbers.map(|n| RawObject::new(format!(r#"{{"type":"x-a","id":"x-a--{n:03}"}}"#)).unwrap()),
    );
    batch
}

/// How many lines every file has that can be seen.
fn visible(folder: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with('.') {
            found.insert(name, fs::read_to_string(&path).unwrap_or_default().lines().count());
        }
    }
    found
}

fn named<const N: usize>(files: [(&str, usize); N]) -> BTreeMap<String, usize> {
    files.map(|(name, lines)| (name.to_owned(), lines)).into()
}

// Catches a file that is seen before it is whole, that is changed afterwards, or whose number comes again.
#[tokio::test]
async fn files_are_closed_by_size() {
    let folder = tempfile::tempdir().unwrap();
    let options = RotateOptions::default().with_bytes_max(100);
    let sink = NdjsonFolderSink::open(folder.path(), options.clone()).unwrap();
    sink.write(batch(0..2)).await.unwrap();
    assert_eq!(visible(folder.path()), named([]));
    sink.write(batch(2..5)).await.unwrap();
    assert_eq!(visible(folder.path()), named([("000001.ndjson", 5)]));
    sink.write(batch(5..6)).await.unwrap();
    let busy = NdjsonFolderSink::open(folder.path(), options.clone()).unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    drop(sink);
    let sink = NdjsonFolderSink::open(folder.path(), options).unwrap();
    sink.rotate().unwrap();
    sink.rotate().unwrap();
    assert_eq!(visible(folder.path()), named([("000001.ndjson", 5), ("000002.ndjson", 1)]));
}

// Catches a file that stays open although nothing more comes for it than is due.
#[tokio::test]
async fn files_are_closed_by_age() {
    let folder = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&now);
    let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    let options = RotateOptions::default().with_age_max(Duration::from_mins(1));
    let sink = NdjsonFolderSink::open_with_clock(folder.path(), options, clock).unwrap();
    for (second, files) in [(0, 0), (59, 0), (60, 1), (100, 1), (120, 2)] {
        now.store(second, Ordering::SeqCst);
        sink.write(batch(0..1)).await.unwrap();
        assert_eq!(visible(folder.path()).len(), files, "after {second} s");
    }
    for (second, files) in [(179, 2), (180, 3), (999, 3)] {
        now.store(second, Ordering::SeqCst);
        sink.rotate_old().unwrap();
        assert_eq!(visible(folder.path()).len(), files, "after {second} s and nothing more");
    }
    sink.write(batch(0..1)).await.unwrap();
    sink.rotate_old().unwrap();
    assert_eq!(visible(folder.path()).len(), 3, "a new file counts anew");
}

// Catches a torn line in a closed file, and a crash while a file was compressed that loses or doubles it.
#[cfg(feature = "zstd")]
#[tokio::test]
async fn what_a_crash_left_behind_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let whole = "{\"type\":\"x-a\",\"id\":\"x-a--1\"}\n";
    let write = |name: &str, text: &str| {
        let mut file = fs::File::create(at(name)).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    };
    write("000003.closing", whole);
    write(".compressing.tmp", "half");
    write(".open.ndjson", &format!("{whole}{{\"ty"));
    let options = RotateOptions::default().with_compression(true);
    let sink = NdjsonFolderSink::open(folder.path(), options.clone()).unwrap();
    sink.rotate().unwrap();
    let read = |name: &str| {
        let bytes = zstd::stream::decode_all(fs::File::open(at(name)).unwrap()).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(read("000003.ndjson.zst"), whole);
    assert_eq!(read("000004.ndjson.zst"), whole);
    drop(sink);
    // The compressed file is there, and the one that it was made of was not removed yet.
    write("000004.closing", whole);
    drop(NdjsonFolderSink::open(folder.path(), options).unwrap());
    let names: Vec<_> = visible(folder.path()).into_keys().collect();
    assert_eq!(names, ["000003.ndjson.zst", "000004.ndjson.zst"]);
}

// Catches a file that could not be compressed, for want of room, and is lost to the next one of the same number.
#[cfg(feature = "zstd")]
#[tokio::test]
async fn what_could_not_be_compressed_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = RotateOptions::default().with_compression(true);
    let sink = NdjsonFolderSink::open(folder.path(), options).unwrap();
    let obstacle = folder.path().join(".compressing.tmp");
    fs::create_dir(&obstacle).unwrap();
    sink.write(batch(0..2)).await.unwrap();
    sink.rotate().unwrap_err();
    fs::remove_dir(&obstacle).unwrap();
    sink.write(batch(2..3)).await.unwrap();
    sink.rotate().unwrap();
    for (name, lines) in [("000001.ndjson.zst", 2), ("000002.ndjson.zst", 1)] {
        let file = fs::File::open(folder.path().join(name)).unwrap();
        let text = String::from_utf8(zstd::stream::decode_all(file).unwrap()).unwrap();
        assert_eq!(text.lines().count(), lines, "{name}");
    }
}
