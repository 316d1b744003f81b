//! Tests of the lines: what is kept, what a crash leaves behind, and what is refused.

use std::{fs, io::Cursor as Bytes};

use inthreat_api::FeedId;
use inthreat_stix::{RawObject, split};
use inthreat_store::ErrorKind;
use proptest::prelude::*;

use super::*;

fn batch(texts: &[&str]) -> Batch {
    let mut batch = Batch::new(FeedId::default());
    batch.extend(texts.iter().map(|text| RawObject::new(*text).unwrap()));
    batch
}

const A: &str = r#"{"type":"x-a","id":"x-a--1","n":1.50}"#;
const B: &str = r#"{"type":"x-a","id":"x-a--2"}"#;

/// What a sink on a file that holds `before` makes of it.
async fn reopened(before: &[u8]) -> Result<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.ndjson");
    fs::File::create(&path).unwrap().write_all(before).unwrap();
    let sink = NdjsonSink::open(&path)?;
    sink.write(batch(&[B])).await?;
    Ok(fs::read_to_string(path).unwrap())
}

// Catches a torn line that swallows the next object, and a whole one that is cut off.
#[tokio::test]
async fn a_torn_line_is_cut_off() {
    let with = |before: &str| format!("{before}{B}\n");
    assert_eq!(reopened(b"").await.unwrap(), with(""));
    let whole = format!("{A}\n");
    assert_eq!(reopened(whole.as_bytes()).await.unwrap(), with(&whole));
    for length in 1..A.len() {
        let torn = format!("{whole}{}", &A[..length]);
        assert_eq!(reopened(torn.as_bytes()).await.unwrap(), with(&whole), "{length}");
    }
    assert_eq!(
        reopened(format!("{whole}{A}").as_bytes()).await.unwrap(),
        with(&format!("{whole}{A}\n"))
    );
    let long = format!("{whole}{{\"x\":\"{}", "y".repeat(200_000));
    assert_eq!(reopened(long.as_bytes()).await.unwrap(), with(&whole));
}

// Catches somebody's file that is cut to nothing because it was named by mistake.
#[tokio::test]
async fn a_file_of_another_kind_is_refused() {
    for before in [&b"a text"[..], b"\x00\x01\x02", b"{}\nmore"] {
        assert_eq!(reopened(before).await.unwrap_err().kind(), ErrorKind::Incompatible);
    }
}

// Catches two writers that tear each other's lines.
#[tokio::test]
async fn a_second_writer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let first = NdjsonSink::open(&path).unwrap();
    let error = NdjsonSink::open(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
    drop(first);
    NdjsonSink::open(&path).unwrap();
}

// Catches rejected items that are lost, or that are mixed with the objects.
#[tokio::test]
async fn rejected_items_have_a_file_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let sink = NdjsonSink::open(&path).unwrap();
    let mut bad = batch(&[A]);
    bad.rejected = split::document(b"[\"\xff\n\",4]".to_vec()).rejected;
    assert_eq!(sink.write(bad).await.unwrap(), Written::new(1, 0, 0, 2));
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{A}\n"));
    let rejected = fs::read_to_string(folder.path().join("out.rejected")).unwrap();
    let lines: Vec<serde_json::Value> =
        rejected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["text"]), (2, &"4".into()));
    assert_eq!(lines[1]["reason"], "expected an object, found a number");
}

/// A disk with room for some bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

// Catches a full disk that is not called so.
#[tokio::test]
async fn a_full_disk_is_told() {
    let sink = NdjsonSink::to_writer(Full(50));
    sink.write(batch(&[A])).await.unwrap();
    assert_eq!(sink.write(batch(&[A])).await.unwrap_err().kind(), ErrorKind::Full);

    if cfg!(target_os = "linux") {
        let sink = NdjsonSink::open("/dev/full").unwrap();
        let error = sink.write(batch(&[A])).await.unwrap_err();
        assert_eq!(error.to_string(), "write `/dev/full`: there is no room left");
        assert_eq!(error.kind(), ErrorKind::Full);
    }
}

// Catches half a batch that stays in the file when the rest could not be written.
#[test]
fn a_failed_batch_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut lines = LineFile::open(&path).unwrap();
    lines.append(|out| out.write_all(b"{}\n")).unwrap();
    let error = lines
        .append(|out| {
            out.write_all(b"{\"half\":")?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    assert_eq!(fs::read(&path).unwrap(), b"{}\n");
    lines.append(|out| out.write_all(b"{\"x\":1}\n")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"{}\n{\"x\":1}\n");
}

proptest! {
    // Catches a line break within an object, and bytes that are lost with it.
    #[test]
    fn an_object_is_one_line(keys in prop::collection::vec((".{0,5}", any::<i64>()), 0..5), is_pretty: bool) {
        let map: serde_json::Map<_, _> = keys.into_iter().map(|(key, n)| (key, n.into())).collect();
        let text = if is_pretty { serde_json::to_string_pretty(&map) } else { serde_json::to_string(&map) };
        let text = text.unwrap().replace('\n', "\r\n");
        let mut line = Vec::new();
        push_line(text.as_bytes(), &mut line);
        prop_assert_eq!(line.iter().position(|byte| *byte == b'\n'), Some(line.len() - 1));
        prop_assert!(!line.contains(&b'\r'));
        let read: serde_json::Map<_, _> = serde_json::from_reader(Bytes::new(&line)).unwrap();
        prop_assert_eq!(read, map);
        if !is_pretty {
            prop_assert_eq!(line.strip_suffix(b"\n"), Some(text.as_bytes()));
        }
    }
}
