//! An hour of a feed that is watched over a network and a server that misbehave, on a clock that nobody waits for.

mod server;

use std::{
    collections::BTreeMap,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{FeedId, Timer};
use inthreat_feed::{Consumer, Event, Options, Outcome, Target, Wake, WatchOptions};
use inthreat_http::{ApiKey, Client, ClientOptions, TimeoutOptions};
use inthreat_stix::{RawObject, Timestamp};
use inthreat_store::{CursorKey, CursorStore, MemoryCursorStore, MemorySink};
use tokio::sync::Notify;

use server::{Fault, Random, Server};

/// 2023-11-14T22:13:20Z, when the hour begins.
const BEGIN: i64 = 1_700_000_000;
const HOUR: Duration = Duration::from_hours(1);
/// How long the test may really take: a run that hangs is a failure.
const REAL_TIME_MAX: Duration = Duration::from_mins(4);
/// The longest body that the client takes; the server sends longer ones.
const BODY_LENGTH_MAX: usize = 1 << 20;

/// A clock that goes forward by what is slept, and tells when the hour is over.
#[derive(Debug)]
struct Simulated {
    elapsed_ms: AtomicU64,
    random: Mutex<Random>,
    over: Notify,
}

#[async_trait]
impl Timer for Simulated {
    async fn sleep(&self, wait: Duration) {
        let wait = u64::try_from(wait.as_millis()).unwrap();
        self.elapsed_ms.fetch_add(wait, Ordering::SeqCst);
        if self.elapsed() >= HOUR {
            self.over.notify_one();
        }
        tokio::task::yield_now().await;
    }

    fn random(&self) -> u64 {
        self.random.lock().unwrap().next()
    }

    fn unix_seconds(&self) -> i64 {
        BEGIN + i64::try_from(self.elapsed().as_secs()).unwrap()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.elapsed_ms.load(Ordering::SeqCst))
    }
}

/// What the sink had when it was looked at last.
struct Witness {
    server: Arc<Server>,
    sink: Arc<MemorySink>,
    seen: Mutex<BTreeMap<String, Option<Timestamp>>>,
    commits: AtomicU64,
    failures: AtomicU64,
}

impl Witness {
    /// After each batch: nothing went back, and everything before the cursor is there.
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { cursor, .. } => {
                // First the feed: it goes on meanwhile, and what was moved behind the cursor is no loss.
                let live = self.server.live();
                let found = self.found();
                let mut seen = self.seen.lock().unwrap();
                for (id, old) in seen.iter() {
                    let now = found.get(id).and_then(RawObject::modified);
                    assert!(now >= *old, "`{id}` went back");
                }
                *seen = found.iter().map(|(id, object)| (id.clone(), object.modified())).collect();
                let Some(cursor) = cursor else { return };
                self.commits.fetch_add(1, Ordering::SeqCst);
                let reached: usize = cursor.as_str().parse().unwrap();
                for (id, (place, text)) in live {
                    let arrived = found.get(&id).is_some_and(|object| object.as_str() == text);
                    assert!(place >= reached || arrived, "the cursor is ahead of `{id}`");
                }
            }
            Event::Failed { .. } => {
                self.failures.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
    }

    fn found(&self) -> BTreeMap<String, RawObject> {
        let objects = self.sink.objects();
        objects.into_iter().map(|object| (object.id().unwrap().to_owned(), object)).collect()
    }
}

/// A client that gives up early, for an hour that takes seconds.
fn client(server: &Server, timer: Arc<dyn Timer>) -> Client {
    let timeouts = TimeoutOptions::default()
        .with_first_byte(Duration::from_millis(400))
        .with_between_bytes(Duration::from_millis(150))
        .with_whole(Duration::from_millis(600));
    let options = ClientOptions::default()
        .with_key(ApiKey::new("secret-key").unwrap())
        .with_timeouts(timeouts)
        .with_body_length_max(BODY_LENGTH_MAX)
        .with_timer(timer);
    Client::new(&server.url(), options).unwrap()
}

// Catches an object that is lost, doubled or older than before, a cursor ahead of its data, a watch that ends or hangs,
// and a key that leaves its origin, whatever a server does for an hour.
#[tokio::test]
async fn a_watch_outlasts_a_server_that_misbehaves() {
    let server = Server::start(20_261_122);
    let timer = Arc::new(Simulated {
        elapsed_ms: AtomicU64::new(0),
        random: Mutex::new(Random::new(7)),
        over: Notify::new(),
    });
    let sink = Arc::new(MemorySink::new());
    let cursors = Arc::new(MemoryCursorStore::new());
    let witness = Arc::new(Witness {
        server: Arc::clone(&server),
        sink: Arc::clone(&sink),
        seen: Mutex::default(),
        commits: AtomicU64::new(0),
        failures: AtomicU64::new(0),
    });
    let target = Target::separate(
        Arc::<MemorySink>::clone(&sink),
        Arc::<MemoryCursorStore>::clone(&cursors),
    );
    let observer = Arc::clone(&witness);
    let options = Options::default().with_limit(20).with_batch_max(3, usize::MAX);
    let source = client(&server, Arc::<Simulated>::clone(&timer));
    let consumer = Consumer::new(Arc::new(source), target, options)
        .with_timer(Arc::<Simulated>::clone(&timer))
        .with_observer(Arc::new(move |event: &Event| observer.observe(event)));

    let minutely = WatchOptions::default()
        .with_interval(Duration::from_mins(1))
        .with_jitter(Duration::from_secs(6));
    let wake = Wake::new();
    let watch = consumer.watch(&minutely, &wake, timer.over.notified());
    let report = tokio::time::timeout(REAL_TIME_MAX, watch).await.expect("it hangs").unwrap();
    assert_eq!(report.outcome, Outcome::Interrupted);
    assert!(report.written.quarantined > 0, "no rubbish was set aside");
    for fault in Fault::ALL {
        assert!(server.met(*fault) > 0, "{fault:?} was never met");
    }
    let [commits, failures] =
        [&witness.commits, &witness.failures].map(|count| count.load(Ordering::SeqCst));
    assert!(commits > 50 && failures > 10, "{commits} commits, {failures} failures");

    server.behave();
    let report = tokio::time::timeout(REAL_TIME_MAX, consumer.pull(future::pending())).await;
    assert_eq!(report.expect("it hangs").unwrap().outcome, Outcome::CaughtUp);
    let found = witness.found().into_iter().map(|(id, object)| (id, object.as_str().to_owned()));
    let expected = server.live().into_iter().map(|(id, (_, text))| (id, text));
    assert!(found.eq(expected), "the sink has not what the source has");
    let key: CursorKey = FeedId::DEFAULT.parse().unwrap();
    let cursor = cursors.load(&key).await.unwrap().cursor.unwrap();
    assert_eq!(cursor.as_str().parse(), Ok(server.end()));
    assert_eq!(server.strangers(), 0, "the client went to a stranger");
}
