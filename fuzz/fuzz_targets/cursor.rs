//! Cursors: a replica answers or refuses every text, and a cursor that was changed on its way is never taken for another place.
#![no_main]

use std::sync::LazyLock;

use inthreat_api::{Collections, Cursor, ErrorKind, FeedId, Page, PageRequest};
use inthreat_replica::{Options, Replica};
use inthreat_store::{Batch, Sink};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

/// A replica of a few objects, and a cursor that it gave out.
struct World {
    runtime: Runtime,
    replica: Replica,
    given: String,
    _folder: tempfile::TempDir,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let replica =
        Replica::create_or_open(folder.path(), Options::default()).expect("a new replica");
    let objects = (0..5).map(|number| {
        format!(
            r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"2026-01-0{}T00:00:00Z"}}"#,
            number + 1
        )
    });
    let mut batch = Batch::default();
    batch.extend(inthreat_stix::split::ndjson(objects.collect::<Vec<_>>().join("\n")).objects);
    runtime.block_on(replica.write(batch)).expect("a batch");
    let request = PageRequest::new(FeedId::default()).with_limit(2);
    let page = runtime.block_on(replica.page(request)).expect("a page");
    let given = page.next_cursor.expect("a cursor").as_str().to_owned();
    World { runtime, replica, given, _folder: folder }
});

fuzz_target!(|input: (u8, u8, &str)| {
    let (place, byte, text) = input;
    if let Some(page) = page(text) {
        assert!(page.next_cursor.is_some(), "every page has a cursor");
    }
    // The cursor that was given out, with one character changed.
    let mut changed = WORLD.given.clone().into_bytes();
    let place = usize::from(place) % changed.len();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    changed[place] = alphabet[usize::from(byte) % alphabet.len()];
    let changed = String::from_utf8(changed).expect("ASCII");
    let is_same = changed.trim_end_matches(['A', 'B', 'C', 'D']) == WORLD.given;
    if let Some(page) = page(&changed)
        && changed != WORLD.given
        && !is_same
    {
        // The last character has bits that mean nothing, and a checksum of two bytes lets one of many through.
        assert!(place + 1 == changed.len(), "{changed} was taken: {:?}", page.next_cursor);
    }
});

/// The page behind a cursor; `None` where it is refused as it should be.
fn page(cursor: &str) -> Option<Page> {
    let cursor = Cursor::new(cursor).ok()?;
    let request = PageRequest::new(FeedId::default()).with_cursor(cursor);
    match WORLD.runtime.block_on(WORLD.replica.page(request)) {
        Ok(page) => Some(page),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
            assert_eq!(error.field(), Some("cursor"), "{error}");
            None
        }
    }
}
