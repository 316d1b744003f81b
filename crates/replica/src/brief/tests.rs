//! Tests of what is answered where it is asked, and what is not.

use std::{
    ops::Range,
    path::Path,
    pin::pin,
    sync::mpsc,
    task::{Context, Poll, Waker},
};

use inthreat_api::{
    ErrorKind, FeedId, Indicators, Objects, Observable, ObservableType, PageRequest,
    RelationshipsRequest, Roles,
};
use inthreat_stix::{Id, RawObject, split};
use inthreat_store::{Batch, Sink};
use tokio::runtime::{Builder, Runtime};

use crate::{Options, Replica};

fn id(number: usize) -> Id {
    format!("indicator--00000000-0000-4000-8000-{number:012}").parse().unwrap()
}

/// Indicators that name one value, each with so many bytes of description that do not compress.
fn indicators(numbers: Range<usize>, length: usize) -> Vec<RawObject> {
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'!' + u8::try_from((state >> 33) % 90).unwrap())
    };
    let text = numbers.map(|number| {
        let noise: String =
            (0..length).map(|_| noise()).filter(|c| !matches!(c, '"' | '\\')).collect();
        format!(
            r#"{{"type":"indicator","id":"{}","modified":"2020-01-01T00:00:00Z","pattern_type":"stix","pattern":"[ipv4-addr:value = '192.0.2.1']","description":"{noise}"}}"#,
            id(number)
        )
    });
    split::ndjson(text.collect::<Vec<_>>().join("\n")).objects
}

async fn filled(folder: &Path, objects: Vec<RawObject>) -> Replica {
    let options = Options::default().with_answers_in_place(true);
    let replica = Replica::create_or_open(folder, options).unwrap();
    let mut batch = Batch::default();
    batch.extend(objects);
    replica.write(batch).await.unwrap();
    replica.settle().unwrap();
    replica
}

/// A runtime with one thread that may block, so that a test can keep it.
fn runtime() -> Runtime {
    Builder::new_current_thread().max_blocking_threads(1).build().unwrap()
}

fn value() -> Observable {
    Observable::new(ObservableType::Ipv4Addr, "192.0.2.1")
}

/// What a future gives that has no other thread than this one.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let (release, kept) = mpsc::channel::<()>();
    let keeping = tokio::task::spawn_blocking(move || kept.recv());
    let polled = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
    drop((release, keeping));
    match polled {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

// Catches a short question that changes threads all the same, and an answer that is another one on the thread that asks.
#[test]
fn short_questions_are_answered_at_once() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let _entered = runtime.enter();
    let objects = indicators(0..3, 100);
    let replica = runtime.block_on(filled(folder.path(), objects.clone()));
    assert_eq!(at_once(replica.object(id(1))).unwrap().unwrap(), objects[1]);
    let missing = at_once(replica.object(id(7))).unwrap().unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let several = at_once(replica.objects(vec![id(2), id(0), id(7)])).unwrap().unwrap();
    assert_eq!(several, [objects[2].clone(), objects[0].clone()]);
    let found = at_once(replica.indicators(value())).unwrap().unwrap();
    assert_eq!((found.items, found.has_more), (objects, false));
    let request = PageRequest::new(FeedId::default());
    let version = runtime.block_on(replica.page_version(&request)).unwrap();
    assert_eq!(at_once(replica.page_version(&request)).unwrap().unwrap(), version);

    // Nobody who did not say so waits for the disk.
    let modest = Replica::open(folder.path(), Options::default()).unwrap();
    assert!(at_once(modest.object(id(1))).is_none());
    assert!(at_once(modest.page_version(&request)).is_none());
}

// Catches a long question that holds up a thread that serves others, one that is cut short, and a reader that stays modest
// after one.
#[test]
fn long_questions_are_answered_elsewhere() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let _entered = runtime.enter();
    // One is longer than a short question may read; so are the rows of many.
    let mut objects = indicators(0..90, 10);
    objects.extend(indicators(90..91, 400_000));
    let replica = runtime.block_on(filled(folder.path(), objects.clone()));
    assert!(at_once(replica.object(id(90))).is_none());
    assert_eq!(runtime.block_on(replica.object(id(90))).unwrap(), objects[90]);
    assert!(at_once(replica.indicators(value())).is_none());
    assert_eq!(runtime.block_on(replica.indicators(value())).unwrap().items, objects);
    assert!(at_once(replica.objects((0..90).map(id).collect())).is_none());
    assert_eq!(at_once(replica.object(id(1))).unwrap().unwrap(), objects[1]);
}

/// A relationship of the first indicator with another one.
fn relationship(number: usize) -> String {
    let (first, other) = (id(0), id(number));
    format!(
        r#"{{"type":"relationship","id":"relationship--00000000-0000-4000-8000-{number:012}","relationship_type":"based-on","source_ref":"{first}","target_ref":"{other}"}}"#
    )
}

// Catches a context that changes threads though it is small, and one that holds up others while all relationships of an
// object that has very many are read.
#[test]
fn small_contexts_are_answered_at_once() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let _entered = runtime.enter();
    let related = |numbers: Range<usize>| -> Vec<RawObject> {
        split::ndjson(numbers.map(relationship).collect::<Vec<_>>().join("\n")).objects
    };
    let objects = [indicators(0..3, 100), related(1..3)].concat();
    let replica = runtime.block_on(filled(folder.path(), objects));
    assert_eq!(at_once(replica.context(id(0))).unwrap().unwrap().objects.len(), 5);
    let request = RelationshipsRequest::new(id(0));
    assert_eq!(at_once(replica.relationships_of(request.clone())).unwrap().unwrap().total, 2);
    assert!(at_once(replica.indicator_contexts(value())).is_some());

    let mut batch = Batch::default();
    batch.extend(related(3..1000));
    runtime.block_on(replica.write(batch)).unwrap();
    replica.settle().unwrap();
    assert!(at_once(replica.context(id(0))).is_none());
    assert!(at_once(replica.relationships_of(request.clone())).is_none());
    assert_eq!(runtime.block_on(replica.relationships_of(request)).unwrap().total, 999);
}

// Catches a question that waits for a reader on the thread that asks, and one that does not see what was written before.
#[test]
fn nobody_waits_for_others_at_once() {
    let (runtime, folder) = (runtime(), tempfile::tempdir().unwrap());
    let _entered = runtime.enter();
    let objects = indicators(0..3, 100);
    let replica = runtime.block_on(filled(folder.path(), objects));
    let held: Vec<_> = std::iter::from_fn(|| replica.readers.take_idle()).collect();
    assert!(!held.is_empty() && at_once(replica.object(id(1))).is_none());
    for reader in held {
        replica.readers.give_back(Some(reader));
    }
    assert!(at_once(replica.object(id(1))).is_some());

    let mut batch = Batch::default();
    batch.extend(indicators(3..4, 200));
    runtime.block_on(replica.write(batch)).unwrap();
    // Whether its rows are there by now is a matter of time; that it is found is not.
    assert_eq!(runtime.block_on(replica.indicators(value())).unwrap().items.len(), 4);
}
