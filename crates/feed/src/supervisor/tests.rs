//! Tests of many feeds at once: that one does not hold up the others, and how all of them end.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{self as api, Collections, Page, PageRequest};
use inthreat_store::{Batch, MemoryCursorStore, MemorySink, Sink, Written};
use tokio::sync::Notify;

use super::*;
use crate::{
    Options, Target,
    testing::{MemoryFeed, TestTimer, aged},
};

fn feed(objects: usize) -> Arc<MemoryFeed> {
    MemoryFeed::new((0..objects).map(|n| aged(n, 10_000 - i64::try_from(n).unwrap())))
}

fn consumer(source: Arc<dyn Collections>, sink: &Arc<MemorySink>) -> Consumer {
    let target = Target::transactional(Arc::<MemorySink>::clone(sink));
    Consumer::new(source, target, Options::default().with_limit(2))
        .with_timer(TestTimer::skipping())
}

fn sinks<const N: usize>() -> [Arc<MemorySink>; N] {
    std::array::from_fn(|_| Arc::default())
}

// Catches a failure that ends the others, and a result or a state under another feed's name.
#[tokio::test]
async fn one_failure_ends_one_feed() {
    struct Panicking;

    #[async_trait]
    impl Collections for Panicking {
        async fn page(&self, _: PageRequest) -> api::Result<Page> {
            panic!("a bug")
        }
    }

    let [a, b, c] = sinks();
    let refusing = feed(5);
    refusing.script([Some(api::Error::new(api::ErrorKind::Forbidden, "not yours"))]);
    let supervisor = Supervisor::new(4)
        .with_feed("refusing", consumer(refusing, &a))
        .with_feed("panicking", consumer(Arc::new(Panicking), &b))
        .with_feed("good", consumer(feed(9), &c));
    assert!(supervisor.states().iter().all(|(_, state)| *state == FeedState::Idle));
    let results = supervisor.run(future::pending(), future::pending()).await;
    let names: Vec<_> = results.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["refusing", "panicking", "good"]);
    let [(_, refused), (_, panicked), (_, good)] = &results[..] else { panic!("{results:?}") };
    assert!(refused.as_ref().unwrap_err().to_string().contains("read the feed"));
    assert_eq!(panicked.as_ref().unwrap_err().kind(), crate::ErrorKind::Panicked);
    assert_eq!((good.as_ref().unwrap().objects, c.objects().len()), (9, 9));
    let states = supervisor.states();
    assert!(states[0].1.to_string().ends_with(": not yours"), "{}", states[0].1);
    assert_eq!(states[2].1, FeedState::Ended(Outcome::CaughtUp));
}

/// Counts the pages of all its feeds that are in memory: asked for, or not yet written.
#[derive(Default)]
struct Meter {
    pages: AtomicUsize,
    most: AtomicUsize,
}

struct Metered(Arc<MemoryFeed>, Arc<Meter>);

#[async_trait]
impl Collections for Metered {
    async fn page(&self, request: PageRequest) -> api::Result<Page> {
        let now = self.1.pages.fetch_add(1, Ordering::SeqCst) + 1;
        self.1.most.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let page = self.0.page(request).await?;
        if page.is_empty() {
            self.1.pages.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(page)
    }
}

/// A sink that takes its time, or never ends.
struct Slow {
    inner: MemorySink,
    meter: Arc<Meter>,
    hangs: bool,
}

#[async_trait]
impl Sink for Slow {
    async fn write(&self, batch: Batch) -> inthreat_store::Result<Written> {
        if self.hangs {
            future::pending::<()>().await;
        }
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let pages = batch.objects().len();
        let written = self.inner.write(batch).await;
        self.meter.pages.fetch_sub(pages, Ordering::SeqCst);
        written
    }
}

// Catches more pages in memory than are allowed, and feeds that starve behind one whose sink hangs.
#[tokio::test]
async fn pages_are_bounded_and_a_sink_that_hangs_holds_up_nobody() {
    for pages_max in [3, 5, 8] {
        let meter = Arc::new(Meter::default());
        let done = Arc::new(Notify::new());
        let mut supervisor = Supervisor::new(pages_max);
        let mut slow = Vec::new();
        for number in 0..3 {
            let hangs = number == 0;
            let sink = Slow { inner: MemorySink::new(), meter: Arc::clone(&meter), hangs };
            let sink = Arc::new(sink);
            slow.push(Arc::clone(&sink));
            let source = Arc::new(Metered(feed(40), Arc::clone(&meter)));
            let target = Target::separate(sink, Arc::new(MemoryCursorStore::new()));
            let options = Options::default().with_limit(1).with_batch_max(100, usize::MAX);
            let consumer = Consumer::new(source, target, options).with_timer(TestTimer::skipping());
            supervisor = supervisor.with_feed(number.to_string(), consumer);
        }
        let watched = Arc::clone(&done);
        let [one, two] = ["1", "2"].map(|name| supervisor.subscribe(name).unwrap());
        let ended = async move {
            for mut updates in [one, two] {
                while !matches!(updates.current(), FeedState::Ended(_)) {
                    updates.changed().await.unwrap();
                }
            }
            watched.notify_one();
        };
        let (results, ()) = tokio::join!(supervisor.run(future::pending(), done.notified()), ended);
        assert_eq!(slow[1].inner.objects().len() + slow[2].inner.objects().len(), 80);
        assert_eq!(results[0].1.as_ref().unwrap().outcome, Outcome::Interrupted);
        let most = meter.most.load(Ordering::SeqCst);
        assert!(most <= pages_max, "{most} pages of {pages_max}");
    }
}

// Catches a shutdown that cuts feeds off, or that waits for those that only wait; and states that are not told.
#[tokio::test]
async fn a_shutdown_ends_all_in_order() {
    let [a, b] = sinks();
    let (first, second) = (feed(3), feed(4));
    let stopped = TestTimer::stopped();
    let watched = |source: &Arc<MemoryFeed>, sink| {
        consumer(Arc::<MemoryFeed>::clone(source), sink)
            .with_timer(Arc::<TestTimer>::clone(&stopped))
    };
    let supervisor = Supervisor::new(4)
        .with_watched("first", watched(&first, &a), WatchOptions::default())
        .with_watched("second", watched(&second, &b), WatchOptions::default());
    let mut updates = supervisor.subscribe("first").unwrap();
    assert!(supervisor.subscribe("third").is_none() && !supervisor.wake("third"));
    let shutdown = async {
        while !matches!(updates.current(), FeedState::Waiting { .. }) {
            updates.changed().await.unwrap();
        }
        first.push(aged("news", 1));
        assert!(supervisor.wake("first"));
        while a.objects().len() < 4 || !matches!(updates.current(), FeedState::Waiting { .. }) {
            updates.changed().await.unwrap();
        }
    };
    let results = supervisor.run(shutdown, future::pending()).await;
    let objects: Vec<_> = results.iter().map(|(_, r)| r.as_ref().unwrap().objects).collect();
    assert_eq!(objects, [4, 4]);
    assert_eq!((a.objects().len(), b.objects().len()), (4, 4));
    assert!(matches!(supervisor.states()[0].1, FeedState::Ended(Outcome::Interrupted)));
}

// Catches a feed that stays failed although it could be read again, one that is started twice, and a report that
// forgets what was done before.
#[tokio::test]
async fn a_feed_that_failed_is_restarted() {
    let [a, b] = sinks();
    let (refused, good) = (feed(4), feed(1));
    let forbidden = || api::Error::new(api::ErrorKind::Forbidden, "not yours");
    refused.script([None, Some(forbidden()), Some(forbidden())]);
    let stopped = TestTimer::stopped();
    let watched = |source: &Arc<MemoryFeed>, sink| {
        consumer(Arc::<MemoryFeed>::clone(source), sink)
            .with_timer(Arc::<TestTimer>::clone(&stopped))
    };
    let supervisor = Supervisor::new(4)
        .with_watched("refused", watched(&refused, &a), WatchOptions::default())
        .with_watched("good", watched(&good, &b), WatchOptions::default());
    let mut updates = supervisor.subscribe("refused").unwrap();
    let shutdown = async {
        for _ in 0..2 {
            while !matches!(updates.current(), FeedState::Failed { .. }) {
                updates.changed().await.unwrap();
            }
            assert!(supervisor.restart("refused"));
            // Asking twice is asking once.
            assert!(supervisor.restart("refused"));
            updates.changed().await.unwrap();
        }
        while !matches!(updates.current(), FeedState::Waiting { .. }) {
            updates.changed().await.unwrap();
        }
        assert!(!supervisor.restart("refused") && !supervisor.restart("absent"));
    };
    let results = supervisor.run(shutdown, future::pending()).await;
    let reports: Vec<_> = results.iter().map(|(_, result)| result.as_ref().unwrap()).collect();
    assert_eq!((reports[0].objects, reports[1].objects), (4, 1));
    assert_eq!((a.objects().len(), reports[0].outcome), (4, Outcome::Interrupted));
}

// Catches a key that was given its right back and is not tried again, a pause that is not drawn from its whole range,
// and a state that does not say when.
#[tokio::test]
async fn a_feed_waits_until_it_is_mended() {
    let [a, b] = sinks();
    let (refused, good) = (feed(2), feed(1));
    let kinds = [api::ErrorKind::Unauthorized, api::ErrorKind::Forbidden];
    refused.script(kinds.map(|kind| Some(api::Error::new(kind, "not yours"))));
    let timer = TestTimer::skipping();
    let options =
        WatchOptions::default().with_mend_wait((Duration::from_mins(5), Duration::from_mins(15)));
    let source = Arc::<MemoryFeed>::clone(&refused);
    let told = Arc::new(Notify::new());
    let waits = Arc::clone(&told);
    let observer = move |event: &crate::Event| {
        if matches!(event, crate::Event::Waiting { .. }) {
            waits.notify_one();
        }
    };
    let consumer_of_refused = consumer(source, &a)
        .with_timer(Arc::<TestTimer>::clone(&timer))
        .with_observer(Arc::new(observer));
    let supervisor = Supervisor::new(4)
        .with_watched("refused", consumer_of_refused, options)
        .with_feed("good", consumer(good, &b));
    let results = supervisor.run(told.notified(), future::pending()).await;
    assert_eq!(results[0].1.as_ref().unwrap().objects, 2);
    let slept: Vec<_> = timer.slept.lock().unwrap().iter().map(Duration::as_secs).collect();
    assert_eq!(slept[..2], [900, 900]);
}
