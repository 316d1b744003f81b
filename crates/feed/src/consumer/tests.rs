//! Tests of the driver: real pages from a mock source, into stores in memory.

use std::{
    error::Error as _,
    future,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{self as api, Cursor, FeedId, MockCollections, Page, PageRequest};
use inthreat_stix::RawObject;
use inthreat_store::{
    Batch, Commit, CursorStore, FileCursorStore, Lease, LeaseRequest, MemoryCursorStore,
    MemorySink, Position, Sink, TransactionalSink, Written,
};
use tokio::sync::Notify;

use super::*;
use crate::{ErrorKind, Event, NdjsonSink, Outcome};

/// A mock of a feed of `total` objects that keeps the contract.
fn source(total: usize) -> MockCollections {
    let mut mock = MockCollections::new();
    mock.expect_page().returning(move |request| Ok(answer(total, &request)));
    mock
}

fn answer(total: usize, request: &PageRequest) -> Page {
    let start = request.cursor.as_ref().map_or(0, |c| c.as_str().parse::<usize>().unwrap());
    let end = total.min(start + request.limit.unwrap() as usize);
    let next = if start == end { request.cursor.clone() } else { Some(cursor(end)) };
    Page::new((start..end).map(object).collect(), next)
}

fn object(number: usize) -> RawObject {
    RawObject::new(format!(r#"{{"type":"x-a","id":"x-a--{number:05}"}}"#)).unwrap()
}

fn cursor(place: usize) -> Cursor {
    place.to_string().parse().unwrap()
}

fn consumer(source: MockCollections, sink: &Arc<MemorySink>, options: Options) -> Consumer {
    let sink: Arc<MemorySink> = Arc::clone(sink);
    Consumer::new(Arc::new(source), Target::transactional(sink), options)
}

async fn pull(consumer: &Consumer) -> Result<Report> {
    consumer.pull(future::pending()).await
}

fn feed_key() -> CursorKey {
    FeedId::DEFAULT.parse().unwrap()
}

// Catches a page that is lost or read twice: pages of one object, exact multiples, a short last page, an empty feed.
#[tokio::test]
async fn every_object_arrives() {
    for total in [0, 1, 6, 7] {
        for limit in [1, 2, 3, 7, 100] {
            let sink = Arc::new(MemorySink::new());
            let options = Options::default().with_limit(limit);
            let report = pull(&consumer(source(total), &sink, options.clone())).await.unwrap();
            assert_eq!(sink.objects(), (0..total).map(object).collect::<Vec<_>>());
            assert_eq!((report.outcome, report.objects), (Outcome::CaughtUp, total as u64));
            let expected = (total > 0).then(|| cursor(total));
            assert_eq!(report.cursor, expected);

            let again = pull(&consumer(source(total), &sink, options)).await.unwrap();
            assert_eq!((again.objects, again.cursor, again.batches), (0, expected, 0));
        }
    }
}

// Catches a question that asks for a rewritten feed, or that sends `modified_after` beside a cursor.
#[tokio::test]
async fn questions_are_what_was_told() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut mock = MockCollections::new();
    let log = Arc::clone(&asked);
    mock.expect_page().returning(move |request| {
        let page = answer(3, &request);
        log.lock().unwrap().push(request);
        Ok(page)
    });
    let options = Options::default()
        .with_limit(2)
        .with_types(["x-a"])
        .with_modified_after("2020-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    pull(&consumer(mock, &Arc::new(MemorySink::new()), options)).await.unwrap();
    let asked = asked.lock().unwrap();
    let cursors: Vec<_> = asked.iter().map(|request| request.cursor.clone()).collect();
    assert_eq!(cursors, [None, Some(cursor(2)), Some(cursor(3))]);
    let instants: Vec<_> = asked.iter().map(|request| request.modified_after.is_some()).collect();
    assert_eq!(instants, [true, false, false]);
    for request in asked.iter() {
        assert_eq!(request.convert_network_traffic, Some(false));
        assert_eq!((request.limit, &*request.types), (Some(2), &["x-a".to_owned()][..]));
    }
}

// Catches an endless loop, a cursor that is erased, and objects that are dropped with the error.
#[tokio::test]
async fn a_full_page_that_leads_nowhere_is_an_error() {
    for next in [None, Some(cursor(9))] {
        let mut mock = MockCollections::new();
        let given = next.clone();
        mock.expect_page()
            .times(1)
            .returning(move |_| Ok(Page::new((0..2).map(object).collect(), given.clone())));
        let sink = Arc::new(MemorySink::new());
        sink.commit(Commit::new(feed_key(), 0, cursor(9))).await.unwrap();
        let error =
            pull(&consumer(mock, &sink, Options::default().with_limit(2))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StuckCursor);
        assert!(error.to_string().contains("full page of 2 items"), "{error}");
        assert!(error.to_string().contains("behind the cursor `9`"), "{error}");
        assert_eq!(sink.objects().len(), 2);
        assert_eq!((error.report().objects, error.report().outcome), (2, Outcome::Failed));
        assert_eq!(sink.load(&feed_key()).await.unwrap(), Position::new(Some(cursor(9)), 1));
    }
}

// Catches a short page with a cursor that leads nowhere that is taken for an error, or that moves the cursor.
#[tokio::test]
async fn a_short_page_that_leads_nowhere_ends_the_run() {
    for next in [None, Some(cursor(9))] {
        let mut mock = MockCollections::new();
        mock.expect_page()
            .times(1)
            .returning(move |_| Ok(Page::new(vec![object(1)], next.clone())));
        let sink = Arc::new(MemorySink::new());
        sink.commit(Commit::new(feed_key(), 0, cursor(9))).await.unwrap();
        let report = pull(&consumer(mock, &sink, Options::default().with_limit(2))).await.unwrap();
        assert_eq!((report.outcome, report.objects), (Outcome::CaughtUp, 1));
        assert_eq!(sink.load(&feed_key()).await.unwrap(), Position::new(Some(cursor(9)), 1));
        assert_eq!(sink.objects().len(), 1);
    }
}

// Catches an error of the source that loses what was fetched before, or the reason.
#[tokio::test]
async fn what_was_fetched_before_an_error_is_kept() {
    let mut mock = MockCollections::new();
    mock.expect_page().returning(|request| match request.cursor {
        Some(at) if at == cursor(4) => {
            Err(api::Error::new(api::ErrorKind::Unauthorized, "tell who asks"))
        }
        _ => Ok(answer(10, &request)),
    });
    let sink = Arc::new(MemorySink::new());
    let error = pull(&consumer(mock, &sink, Options::default().with_limit(2))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source(api::ErrorKind::Unauthorized));
    assert_eq!(error.source().unwrap().to_string(), "tell who asks");
    assert!(error.to_string().contains("behind the cursor `4`"), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(sink.objects().len(), 4);
    assert_eq!(sink.load(&feed_key()).await.unwrap().cursor, Some(cursor(4)));
    let report = pull(&consumer(source(10), &sink, Options::default())).await.unwrap();
    assert_eq!((report.objects, sink.objects().len()), (6, 10));
}

/// A sink that another consumer overtakes after the first batch.
#[derive(Default)]
struct Overtaken {
    inner: MemorySink,
    batches: AtomicUsize,
}

#[async_trait]
impl Sink for Overtaken {
    async fn write(&self, batch: Batch) -> store::Result<Written> {
        self.inner.write(batch).await
    }
}

#[async_trait]
impl CursorStore for Overtaken {
    async fn load(&self, key: &CursorKey) -> store::Result<Position> {
        self.inner.load(key).await
    }

    async fn commit(&self, commit: Commit) -> store::Result<u64> {
        self.inner.commit(commit).await
    }

    async fn list(&self) -> store::Result<Vec<(CursorKey, Position)>> {
        self.inner.list().await
    }

    async fn forget(&self, key: &CursorKey) -> store::Result<bool> {
        self.inner.forget(key).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> store::Result<(Lease, Position)> {
        self.inner.take_lease(request).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> store::Result<Lease> {
        self.inner.renew_lease(lease, time).await
    }

    async fn release_lease(&self, lease: &Lease) -> store::Result<bool> {
        self.inner.release_lease(lease).await
    }

    async fn lease(&self, key: &CursorKey) -> store::Result<Option<Lease>> {
        self.inner.lease(key).await
    }
}

#[async_trait]
impl TransactionalSink for Overtaken {
    async fn write_and_commit(
        &self,
        batch: Batch,
        commit: Commit,
    ) -> store::Result<(Written, u64)> {
        if self.batches.fetch_add(1, Ordering::SeqCst) == 1 {
            let position = self.inner.load(&commit.key).await?;
            let theirs = Commit::new(commit.key.clone(), position.generation, cursor(10));
            self.inner.commit(theirs).await?;
        }
        self.inner.write_and_commit(batch, commit).await
    }
}

// Catches a paused consumer that moves the cursor back, or that goes on after it was overtaken.
#[tokio::test]
async fn a_conflict_stops_the_run() {
    let sink = Arc::new(Overtaken::default());
    let target = Target::transactional(Arc::<Overtaken>::clone(&sink));
    let options = Options::default().with_limit(2).with_batch_max(1, 1);
    let error = pull(&Consumer::new(Arc::new(source(10)), target, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store(store::ErrorKind::Conflict));
    assert!(error.to_string().contains("another consumer of the feed moved the cursor"), "{error}");
    assert!(error.source().is_some());
    assert_eq!(sink.load(&feed_key()).await.unwrap(), Position::new(Some(cursor(10)), 2));
    assert_eq!((sink.inner.objects().len(), error.report().objects), (2, 2));
}

/// A sink that waits at its gate, and says when a batch is there.
#[derive(Default)]
struct Gated {
    inner: MemorySink,
    arrived: Notify,
    gate: Notify,
}

#[async_trait]
impl Sink for Gated {
    async fn write(&self, batch: Batch) -> store::Result<Written> {
        self.arrived.notify_one();
        self.gate.notified().await;
        self.inner.write(batch).await
    }
}

// Catches a shutdown that abandons the batch in hand or its cursor, and one that goes on reading.
#[tokio::test]
async fn a_shutdown_finishes_the_batch_in_hand() {
    let sink = Arc::new(Gated::default());
    let cursors = Arc::new(MemoryCursorStore::new());
    let target =
        Target::separate(Arc::<Gated>::clone(&sink), Arc::<MemoryCursorStore>::clone(&cursors));
    let consumer = Consumer::new(Arc::new(source(1000)), target, Options::default().with_limit(2));
    let shutdown = async {
        sink.arrived.notified().await;
        sink.gate.notify_one();
    };
    let report = consumer.pull(shutdown).await.unwrap();
    assert_eq!((report.outcome, report.batches), (Outcome::Interrupted, 1));
    let found = sink.inner.objects().len();
    assert_eq!((report.objects, report.cursor), (found as u64, Some(cursor(found))));
    assert_eq!(cursors.load(&feed_key()).await.unwrap().cursor, Some(cursor(found)));

    sink.gate.notify_one();
    let mut rest = Box::pin(consumer.pull(future::pending()));
    let driven = async {
        loop {
            sink.arrived.notified().await;
            sink.gate.notify_one();
        }
    };
    let report = tokio::select! {
        report = &mut rest => report.unwrap(),
        () = driven => unreachable!(),
    };
    assert_eq!((report.outcome, sink.inner.objects().len()), (Outcome::CaughtUp, 1000));
}

// Catches a source that never answers and cannot be interrupted.
#[tokio::test]
async fn a_silent_source_can_be_interrupted() {
    struct Silent;

    #[async_trait]
    impl Collections for Silent {
        async fn page(&self, _: PageRequest) -> api::Result<Page> {
            future::pending().await
        }
    }

    let sink: Arc<MemorySink> = Arc::default();
    let consumer = Consumer::new(Arc::new(Silent), Target::transactional(sink), Options::default());
    let report = consumer.pull(tokio::task::yield_now()).await.unwrap();
    assert_eq!((report.outcome, report.objects), (Outcome::Interrupted, 0));
}

/// A feed whose second page never comes; it says when nobody waits for that any more.
struct Abandoned(Arc<AtomicBool>);

struct Mark(Arc<AtomicBool>);

impl Drop for Mark {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait]
impl Collections for Abandoned {
    async fn page(&self, request: PageRequest) -> api::Result<Page> {
        if request.cursor.is_none() {
            return Ok(answer(10, &request));
        }
        let _mark = Mark(Arc::clone(&self.0));
        future::pending().await
    }
}

// Catches a dropped run that goes on asking, or that leaves a cursor ahead of its data.
#[tokio::test]
async fn a_dropped_run_leaves_nothing_behind() {
    let is_dropped = Arc::new(AtomicBool::new(false));
    let sink = Arc::new(MemorySink::new());
    let source = Arc::new(Abandoned(Arc::clone(&is_dropped)));
    let target = Target::transactional(Arc::<MemorySink>::clone(&sink));
    let is_written = Arc::new(Notify::new());
    let told = Arc::clone(&is_written);
    let observer = move |event: &Event| {
        if matches!(event, Event::BatchWritten { .. }) {
            told.notify_one();
        }
    };
    let consumer = Consumer::new(source, target, Options::default().with_limit(2))
        .with_observer(Arc::new(observer));
    let run = tokio::spawn(async move { consumer.pull(future::pending()).await });
    is_written.notified().await;
    // The next page is under way once the spawned tasks had their turn.
    tokio::task::yield_now().await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(is_dropped.load(Ordering::SeqCst), "the source is still asked");
    let position = sink.load(&feed_key()).await.unwrap();
    assert_eq!((position.cursor, sink.objects().len()), (Some(cursor(2)), 2));
}

// Catches a run that does not stop where it was told, and events that do not add up to the report.
#[tokio::test]
async fn events_add_up() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&events);
    let sink = Arc::new(MemorySink::new());
    let options = Options::default().with_limit(3).with_pages_max(2);
    let consumer = consumer(source(10), &sink, options)
        .with_observer(Arc::new(move |event: &Event| log.lock().unwrap().push(event.clone())));
    let report = pull(&consumer).await.unwrap();
    assert_eq!((report.outcome, report.pages, report.objects), (Outcome::PagesMax, 2, 6));
    let (mut fetched, mut written, mut bytes) = (0, 0, 0);
    let events = events.lock().unwrap();
    for event in events.iter() {
        match event {
            Event::PageFetched { objects, .. } => fetched += objects,
            Event::BatchWritten { objects, bytes: more, .. } => {
                written += objects;
                bytes += more;
            }
            _ => {}
        }
    }
    assert_eq!((fetched, written, bytes), (6, 6, report.bytes));
    assert!(matches!(events[0], Event::Started { cursor: None }));
    assert!(matches!(events[events.len() - 1], Event::Finished { outcome: Outcome::PagesMax }));
}

// Catches files that do not fit together: lines that are lost or doubled between two runs.
#[tokio::test]
async fn files_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.ndjson");
    for total in [5, 5, 8] {
        let sink = Arc::new(NdjsonSink::open(&path).unwrap());
        let cursors = Arc::new(FileCursorStore::open(folder.path().join("cursors")).unwrap());
        let target = Target::separate(sink, cursors);
        let options = Options::default().with_limit(2);
        pull(&Consumer::new(Arc::new(source(total)), target, options)).await.unwrap();
        let found = inthreat_stix::split::ndjson(std::fs::read(&path).unwrap()).objects;
        assert_eq!(found, (0..total).map(object).collect::<Vec<_>>());
    }
}

// Catches a driver that cannot be spawned.
#[test]
fn a_run_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}

    let sink = Arc::new(MemorySink::new());
    is_send(&pull(&consumer(source(1), &sink, Options::default())));
}
