//! Tests of watching, of reading a part, and of what a run does beside reading pages.

use std::{
    error::Error as _,
    future,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{
    self as api, Feed, FeedDraft, FeedId, FeedList, Feeds, FeedsRequest, SortOrder,
};
use inthreat_stix::marking::Tlp;
use inthreat_store::{
    Batch, Commit, CursorStore, ErrorKind as StoreErrorKind, MemoryCursorStore, MemorySink,
    Position, Sink, Written,
    conformance::{Elapse, ManualClock},
};
use tokio::sync::Notify;

use super::*;
use crate::{
    ErrorKind, Filter, LeaseOptions,
    testing::{MemoryFeed, NOW, TestTimer, aged, instant, place},
};

fn feed_key() -> CursorKey {
    FeedId::DEFAULT.parse().unwrap()
}

fn options() -> Options {
    Options::default().with_limit(2)
}

fn consumer(feed: &Arc<MemoryFeed>, sink: &Arc<MemorySink>, options: Options) -> Consumer {
    let (feed, sink) = (Arc::<MemoryFeed>::clone(feed), Arc::<MemorySink>::clone(sink));
    Consumer::new(feed, Target::transactional(sink), options).with_timer(TestTimer::skipping())
}

fn names(sink: &MemorySink) -> Vec<String> {
    let objects = sink.objects();
    objects.iter().map(|o| o.id().unwrap().trim_start_matches("x-a--").to_owned()).collect()
}

fn unavailable() -> api::Error {
    api::Error::new(api::ErrorKind::Unavailable, "the service answered 503")
}

async fn pull(consumer: &Consumer) -> Result<Report> {
    consumer.pull(future::pending()).await
}

/// Keeps every event, and is told when the one that was waited for has come.
fn until(
    is_met: impl Fn(&Event) -> bool + Send + Sync + 'static,
) -> (Arc<dyn Observer>, Arc<Notify>) {
    let met = Arc::new(Notify::new());
    let told = Arc::clone(&met);
    let observer = move |event: &Event| {
        if is_met(event) {
            told.notify_one();
        }
    };
    (Arc::new(observer), met)
}

// Catches waits that are not drawn as told, a Retry-After that is not obeyed, failures that are counted on after a
// success, and a watch that does not end or whose report is that of its last run alone.
#[tokio::test]
async fn a_watch_waits_and_backs_off() {
    let feed = MemoryFeed::new([aged("a", 30), aged("b", 20), aged("c", 10)]);
    let slow = api::Error::new(api::ErrorKind::RateLimited, "slow down")
        .with_retry_after(Duration::from_secs(7));
    let garbled = api::Error::new(api::ErrorKind::Protocol, "a page for people");
    // Two pages with objects, an empty one, and a wait; then one that fails, as a proxy on the way may have it.
    feed.script([Some(unavailable()), Some(slow), None, None, None, Some(garbled)]);
    let sink = Arc::default();
    let timer = TestTimer::skipping();
    let waits = Mutex::new(0);
    let (observer, met) = until(move |event| {
        let mut waits = waits.lock().unwrap();
        *waits += u32::from(matches!(event, Event::Waiting { .. }));
        *waits == 2
    });
    let consumer = consumer(&feed, &sink, options())
        .with_timer(Arc::<TestTimer>::clone(&timer))
        .with_observer(observer);
    let watch = WatchOptions::default();
    let report = consumer.watch(&watch, &Wake::new(), met.notified()).await.unwrap();
    assert_eq!((report.outcome, report.objects), (Outcome::Interrupted, 3));
    assert_eq!(names(&sink), ["a", "b", "c"]);
    let slept: Vec<_> = timer.slept.lock().unwrap().iter().map(Duration::as_secs).collect();
    // Back-off 1; what was asked for and back-off 2; the interval with its jitter; back-off 1 again.
    assert_eq!(slept, [1, 7, 2, 330, 1]);
}

// Catches a wait that cannot be cut short, and a wake-up that is lost because it came during a run.
#[tokio::test]
async fn a_watch_is_woken() {
    let feed = MemoryFeed::new([aged("a", 30)]);
    let sink = Arc::default();
    let (observer, met) = until(|event| matches!(event, Event::Waiting { .. }));
    let wake = Wake::new();
    let consumer =
        consumer(&feed, &sink, options()).with_timer(TestTimer::stopped()).with_observer(observer);
    let shutdown = async {
        met.notified().await;
        feed.push(aged("b", 20));
        wake.wake();
        met.notified().await;
    };
    wake.wake();
    let watch = WatchOptions::default();
    let shutdown = async {
        met.notified().await;
        shutdown.await;
    };
    let report = consumer.watch(&watch, &wake, shutdown).await.unwrap();
    assert_eq!((report.objects, names(&sink)), (2, vec!["a".into(), "b".into()]));
}

// Catches a watch that repeats for ever what cannot pass, or more often than it may.
#[tokio::test]
async fn a_watch_gives_up() {
    for (kind, asked) in [(api::ErrorKind::Unauthorized, 3), (api::ErrorKind::Transport, 5)] {
        let feed = MemoryFeed::new([aged("a", 30)]);
        feed.script([None, None]);
        feed.script((0..9).map(|_| Some(api::Error::new(kind, "no"))));
        let watch = WatchOptions::default().with_failures_max(3);
        let consumer = consumer(&feed, &Arc::default(), options());
        let error = consumer.watch(&watch, &Wake::new(), future::pending()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Source(kind));
        assert_eq!((feed.asked().len(), error.report().objects), (asked, 1), "{kind:?}");
    }
}

/// Feeds of one order, or an error.
struct Definitions(Result<SortOrder, api::ErrorKind>);

#[async_trait]
impl Feeds for Definitions {
    async fn feed(&self, id: FeedId) -> api::Result<Feed> {
        let order = self.0.map_err(|kind| api::Error::new(kind, "no definition"))?;
        let mut draft = FeedDraft::default();
        draft.sort_order = order;
        Ok(Feed::new(id, draft))
    }

    async fn feeds(&self, _: FeedsRequest) -> api::Result<FeedList> {
        Err(api::Error::unsupported("feeds"))
    }

    async fn create_feed(&self, _: FeedDraft) -> api::Result<Feed> {
        Err(api::Error::unsupported("feeds"))
    }

    async fn update_feed(&self, _: FeedId, _: FeedDraft) -> api::Result<Feed> {
        Err(api::Error::unsupported("feeds"))
    }

    async fn delete_feed(&self, _: FeedId) -> api::Result<()> {
        Err(api::Error::unsupported("feeds"))
    }
}

// Catches a feed that is read from its newest object on and never gets further, and one that is refused for nothing.
#[tokio::test]
async fn a_feed_that_is_newest_first_is_refused() {
    let expected = [
        (Ok(SortOrder::Descending), Some(ErrorKind::NewestFirst)),
        (Ok(SortOrder::Ascending), None),
        (Err(api::ErrorKind::NotFound), None),
        (Err(api::ErrorKind::Unsupported), None),
        (Err(api::ErrorKind::Transport), Some(ErrorKind::Source(api::ErrorKind::Transport))),
    ];
    for (definition, kind) in expected {
        let feed = MemoryFeed::new([aged("a", 30)]);
        let mut options = options();
        options.request.feed = "mine".parse().unwrap();
        let consumer = consumer(&feed, &Arc::default(), options)
            .with_definitions(Arc::new(Definitions(definition)));
        let result = pull(&consumer).await;
        assert_eq!(result.as_ref().err().map(Error::kind), kind);
        assert_eq!(feed.asked().is_empty(), kind.is_some());
        if kind == Some(ErrorKind::NewestFirst) {
            let error = result.unwrap_err();
            assert!(error.to_string().contains("newest objects first"), "{error}");
            assert!(!error.is_retryable());
        }
    }
}

fn refused() -> api::Error {
    api::Error::invalid("cursor", "it was never given out")
}

// Catches a refused cursor that is taken for the end of the feed, that is given up in silence, or that is lost.
#[tokio::test]
async fn a_refused_cursor_is_told() {
    let feed = MemoryFeed::new([aged("a", 300), aged("b", 200), aged("c", 100)]);
    let sink = Arc::new(MemorySink::new());
    pull(&consumer(&feed, &sink, options())).await.unwrap();
    let position = sink.load(&feed_key()).await.unwrap();
    assert_eq!(position, Position::new(Some(place(3)), 2).with_newest(instant(NOW - 100)));
    feed.push(aged("d", 50));
    feed.asked();

    feed.script([Some(refused())]);
    let error = pull(&consumer(&feed, &sink, options())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RefusedCursor);
    assert!(error.to_string().contains("behind the cursor `3`"), "{error}");
    assert!(error.source().is_some());
    assert_eq!(sink.load(&feed_key()).await.unwrap(), position);

    feed.script([Some(refused())]);
    feed.asked();
    let again = options().with_restart_overlap(Duration::from_secs(150));
    let report = pull(&consumer(&feed, &sink, again)).await.unwrap();
    assert_eq!(feed.asked()[1].modified_after, Some(instant(NOW - 250)));
    assert_eq!((report.objects, report.written.accepted), (3, 1));
    let position = sink.load(&feed_key()).await.unwrap();
    assert_eq!((position.cursor, position.newest), (Some(place(4)), Some(instant(NOW - 50))));
}

// Catches a cursor that is refused in the middle of a run, for which nothing is to blame but the source.
#[tokio::test]
async fn only_the_first_cursor_begins_again() {
    let feed = MemoryFeed::new([aged("a", 300), aged("b", 200), aged("c", 100)]);
    feed.script([None, Some(refused())]);
    let again = options().with_restart_overlap(Duration::ZERO);
    let error = pull(&consumer(&feed, &Arc::default(), again)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source(api::ErrorKind::InvalidRequest));
    assert_eq!(error.report().objects, 2);
}

// Catches an object with a `modified` that was passed already and that never arrives, and a cursor that is moved back.
#[tokio::test]
async fn the_newest_objects_are_read_once_more() {
    let feed = MemoryFeed::new([aged("a", 300), aged("b", 200), aged("c", 100)]);
    let sink = Arc::new(MemorySink::new());
    pull(&consumer(&feed, &sink, options())).await.unwrap();
    // A source whose cursor is an instant skips this one.
    *feed.log.lock().unwrap() =
        vec![aged("a", 300), aged("b", 200), aged("late", 100), aged("c", 100)];
    sink.commit(Commit::new(feed_key(), 2, place(4))).await.unwrap();
    let report = pull(&consumer(&feed, &sink, options())).await.unwrap();
    assert_eq!((report.objects, names(&sink).len()), (0, 3));
    let overlapping = options().with_overlap(Duration::from_secs(50));
    let report = pull(&consumer(&feed, &sink, overlapping)).await.unwrap();
    assert_eq!((report.objects, report.reread.accepted, report.reread.unchanged), (0, 1, 1));
    assert_eq!(names(&sink), ["a", "b", "c", "late"]);
    assert_eq!(sink.load(&feed_key()).await.unwrap().cursor, Some(place(4)));
}

// Catches objects of the end or behind it, objects between two slices that are lost, a cursor of the feed that is
// touched, and a part that is read twice.
#[tokio::test]
async fn a_part_of_the_feed_is_read_afterwards() {
    let ages = [900, 800, 700, 600, 500, 400, 300, 200, 100];
    let feed = MemoryFeed::new(ages.map(|age| aged(age, age)));
    for slice in [None, Some(100), Some(70), Some(1000)] {
        let sink = Arc::new(MemorySink::new());
        sink.commit(Commit::new(feed_key(), 0, place(9))).await.unwrap();
        let consumer = consumer(&feed, &sink, options());
        let range = Range::after(instant(NOW - 800))
            .with_until(instant(NOW - 300))
            .with_slice(slice.map(Duration::from_secs));
        let report = consumer.backfill(&range, future::pending()).await.unwrap();
        assert_eq!(names(&sink), ["400", "500", "600", "700"], "{slice:?}");
        assert_eq!(report.outcome, Outcome::CaughtUp);
        assert!(report.dropped.beyond > 0);
        let position = sink.load(&feed_key()).await.unwrap();
        assert_eq!((position.cursor, position.generation), (Some(place(9)), 1));
        let again = consumer.backfill(&range, future::pending()).await.unwrap();
        assert_eq!(again.written.accepted + again.written.unchanged, 0, "{slice:?}");
    }
}

// Catches a part that begins anew after it was cut off.
#[tokio::test]
async fn a_part_goes_on_where_it_stopped() {
    let feed = MemoryFeed::new([aged("a", 500), aged("b", 400), aged("c", 300), aged("d", 200)]);
    let sink = Arc::new(MemorySink::new());
    let consumer = consumer(&feed, &sink, options());
    let range = Range::after(instant(NOW - 1000));
    feed.script([None, Some(unavailable())]);
    let error = consumer.backfill(&range, future::pending()).await.unwrap_err();
    assert_eq!(error.report().objects, 2);
    let report = consumer.backfill(&range, future::pending()).await.unwrap();
    assert_eq!((report.objects, names(&sink).len()), (2, 4));
}

// Catches two holders at once, a lease that outlives its run, and a consumer that writes after it lost its lease.
#[tokio::test]
async fn one_of_two_consumers_reads() {
    let feed = MemoryFeed::new([aged("a", 500), aged("b", 400), aged("c", 300)]);
    let sink = Arc::new(MemorySink::new());
    let leased = options().with_lease(LeaseOptions::new("one").with_time(Duration::from_mins(1)));
    let consumer = consumer(&feed, &sink, leased).with_timer(TestTimer::stopped());
    let request = LeaseRequest::new(feed_key(), "two", Duration::from_mins(1));
    let (theirs, _) = sink.take_lease(request.clone()).await.unwrap();
    let error = pull(&consumer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store(StoreErrorKind::Busy));
    assert!(error.is_retryable() && error.chain().contains("`two` holds it"), "{}", error.chain());
    assert!(sink.release_lease(&theirs).await.unwrap());
    assert_eq!(pull(&consumer).await.unwrap().objects, 3);
    assert_eq!(sink.lease(&feed_key()).await.unwrap(), None);

    // A paused consumer whose lease was taken meanwhile: its renewal, or its batch, tells.
    feed.push(aged("d", 200));
    let thief = Arc::<MemorySink>::clone(&sink);
    let steal = move |event: &Event| {
        if matches!(event, Event::Started { .. }) {
            let mut position = futures_now(thief.load(&feed_key())).unwrap();
            let commit = Commit::new(feed_key(), position.generation, place(3));
            position.generation = futures_now(thief.commit(commit)).unwrap();
        }
    };
    let error = pull(&consumer.with_observer(Arc::new(steal))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store(StoreErrorKind::Conflict));
    assert_eq!(names(&sink).len(), 3);
}

/// The result of a future of a memory store, which is ready at once.
fn futures_now<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("a memory store waits"),
    }
}

// Catches a lease that is not renewed, or whose loss goes unnoticed while a source is silent.
#[tokio::test]
async fn a_lost_lease_ends_the_run() {
    struct Silent;

    #[async_trait]
    impl Collections for Silent {
        async fn page(&self, _: api::PageRequest) -> api::Result<api::Page> {
            future::pending().await
        }
    }

    let now = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let clock = Arc::clone(&now);
    let sink = Arc::new(MemorySink::new().with_clock(move || {
        let seconds = clock.load(std::sync::atomic::Ordering::SeqCst);
        std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }));
    let lease = LeaseOptions::new("one").with_time(Duration::from_mins(1));
    let target = Target::transactional(Arc::<MemorySink>::clone(&sink));
    let thief = Arc::<MemorySink>::clone(&sink);
    let steal = move |event: &Event| {
        if matches!(event, Event::Started { .. }) {
            now.store(61, std::sync::atomic::Ordering::SeqCst);
            let request = LeaseRequest::new(feed_key(), "two", Duration::from_mins(1));
            futures_now(thief.take_lease(request)).unwrap();
        }
    };
    let timer = TestTimer::skipping();
    let consumer = Consumer::new(Arc::new(Silent), target, options().with_lease(lease))
        .with_timer(Arc::<TestTimer>::clone(&timer))
        .with_observer(Arc::new(steal));
    let error = pull(&consumer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store(StoreErrorKind::Conflict));
    assert!(error.to_string().contains("took the lease"), "{error}");
    assert_eq!(timer.slept.lock().unwrap()[0], Duration::from_secs(20));
    assert_eq!(sink.lease(&feed_key()).await.unwrap().unwrap().holder, "two");
}

/// A sink that sleeps before its first batch, and says when it fell asleep.
#[derive(Default)]
struct Sleepy {
    inner: Arc<MemorySink>,
    asleep: Notify,
    awake: Notify,
}

#[async_trait]
impl Sink for Sleepy {
    async fn write(&self, batch: Batch) -> store::Result<Written> {
        self.asleep.notify_one();
        self.awake.notified().await;
        self.inner.write(batch).await
    }
}

// Catches a consumer that slept beyond its lease and, awake again, moves the cursor back behind its successor's, or
// takes anything back from the sink.
#[tokio::test]
async fn a_consumer_that_slept_beyond_its_lease_moves_nothing() {
    let clock = ManualClock::default();
    let sink = Arc::new(MemorySink::new());
    let cursors = Arc::new(MemoryCursorStore::new().with_clock(clock.source()));
    let sleepy = Arc::new(Sleepy { inner: Arc::clone(&sink), ..Sleepy::default() });
    let feed = MemoryFeed::new([aged("a", 500), aged("b", 400), aged("c", 300), aged("d", 200)]);
    let consumer = |name: &str, sink: Arc<dyn Sink>| {
        let options = options().with_batch_max(1, 1).with_lease(LeaseOptions::new(name));
        let target = Target::separate(sink, Arc::<MemoryCursorStore>::clone(&cursors));
        Consumer::new(Arc::<MemoryFeed>::clone(&feed), target, options)
            .with_timer(TestTimer::stopped())
    };
    let paused = consumer("paused", Arc::<Sleepy>::clone(&sleepy));
    let successor = consumer("successor", Arc::<MemorySink>::clone(&sink));
    let others = async {
        sleepy.asleep.notified().await;
        let busy = pull(&successor).await.unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Store(StoreErrorKind::Busy), "two held the lease");
        clock.elapse(Duration::from_secs(31)).await;
        // What the sleeper has in hand is older than what arrives now.
        feed.push(aged("a", 100));
        let report = pull(&successor).await.unwrap();
        let position = cursors.load(&feed_key()).await.unwrap();
        sleepy.awake.notify_one();
        (report, position)
    };
    let (result, (report, position)) = tokio::join!(pull(&paused), others);
    assert_eq!((report.objects, &position.cursor), (5, &Some(place(5))));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store(StoreErrorKind::Conflict));
    assert_eq!(cursors.load(&feed_key()).await.unwrap(), position);
    let newest = sink.objects().iter().filter_map(inthreat_stix::RawObject::modified).max();
    assert_eq!((names(&sink).len(), newest), (4, Some(instant(NOW - 100))));
    let next = pull(&successor).await.unwrap();
    assert_eq!((next.objects, next.cursor), (0, position.cursor));
}

// Catches a page of dropped objects that does not move the cursor, and counts that do not add up.
#[tokio::test]
async fn dropped_objects_are_counted() {
    let marked = |name: &str, tlp: Tlp| {
        let text = format!(
            r#"{{"type":"x-a","id":"x-a--{name}","object_marking_refs":["{}"]}}"#,
            tlp.marking()
        );
        inthreat_stix::RawObject::new(text).unwrap()
    };
    let feed = MemoryFeed::new([
        marked("a", Tlp::Red),
        marked("b", Tlp::Red),
        marked("c", Tlp::Green),
        marked("d", Tlp::Red),
    ]);
    let sink = Arc::new(MemorySink::new());
    let filter = Filter::default().with_tlp_max(Tlp::Amber);
    let options = options().with_filter(filter);
    let key = options.cursor_key().unwrap();
    let report = pull(&consumer(&feed, &sink, options)).await.unwrap();
    assert_eq!((report.objects, report.dropped.tlp, report.written.accepted), (4, 3, 1));
    assert_eq!(sink.load(&key).await.unwrap().cursor, Some(place(4)));
}
