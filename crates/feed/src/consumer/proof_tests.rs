//! The proof of delivery: whatever fails or is cut off between any two effects, and whatever changes meanwhile, the sink
//! ends up with exactly the objects of the source, and no cursor is ever ahead of its data.

use std::{
    collections::BTreeMap,
    future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{self as api, FeedId, Page, PageRequest};
use inthreat_stix::RawObject;
use inthreat_store::{
    Batch, Commit, CursorStore, MemoryCursorStore, MemorySink, Sink, TransactionalSink, Written,
    conformance::{Elapse, ManualClock},
};
use proptest::prelude::*;
use tokio::sync::Notify;

use super::*;
use crate::{
    LeaseOptions,
    testing::{NOW, TestTimer, instant, place},
};

/// What goes wrong at an effect.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It is not done, and says so.
    Fails,
    /// It is done, and says that it is not.
    Lies,
    /// The process is killed before it.
    CrashBefore,
    /// The process is killed when it is done, before anybody learns of it.
    CrashAfter,
}

/// Counts effects, and has one of them go wrong.
#[derive(Default)]
struct Fate {
    effects: AtomicUsize,
    fault: Mutex<Option<(usize, Fault)>>,
    crash: Notify,
}

impl Fate {
    fn set(&self, fault: Option<(usize, Fault)>) {
        self.effects.store(0, Ordering::SeqCst);
        *self.fault.lock().unwrap() = fault;
    }

    /// Does something, or not, or dies.
    async fn effect<T, E>(
        &self,
        effect: impl Future<Output = Result<T, E>>,
        error: impl FnOnce() -> E,
    ) -> Result<T, E> {
        let number = self.effects.fetch_add(1, Ordering::SeqCst);
        let fault = *self.fault.lock().unwrap();
        let fault = fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            None => effect.await,
            Some(Fault::Fails) => Err(error()),
            Some(Fault::Lies) => {
                effect.await?;
                Err(error())
            }
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::CrashAfter) => {
                let _ = effect.await;
                self.die().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.crash.notify_one();
        future::pending().await
    }
}

/// A feed whose objects move to its end when they change.
#[derive(Default)]
struct Feed {
    log: Mutex<Vec<RawObject>>,
    fate: Arc<Fate>,
}

impl Feed {
    /// Gives an object a newer version; `later` is how many seconds newer than the newest one.
    fn change(&self, name: u8, later: bool) {
        let mut log = self.log.lock().unwrap();
        let newest =
            log.last().and_then(RawObject::modified).map_or(NOW - 10_000, Timestamp::seconds);
        // The same instant may come for several objects, but not twice for one.
        let id = format!("x-a--{name}");
        let is_taken = log
            .iter()
            .any(|object| object.id() == Some(&id) && object.modified() == Some(instant(newest)));
        let modified = instant(newest + i64::from(later || is_taken));
        let version = log.len();
        let text =
            format!(r#"{{"type":"x-a","id":"{id}","modified":"{modified}","version":{version}}}"#);
        log.push(RawObject::new(text).unwrap());
    }

    /// The newest versions with their places in the log.
    fn live(&self) -> BTreeMap<String, (usize, RawObject)> {
        let log = self.log.lock().unwrap();
        let entry = |(at, object): (usize, &RawObject)| {
            (object.id().unwrap().to_owned(), (at, object.clone()))
        };
        log.iter().enumerate().map(entry).collect()
    }
}

#[async_trait]
impl Collections for Feed {
    async fn page(&self, request: PageRequest) -> api::Result<Page> {
        let error = || api::Error::new(api::ErrorKind::Transport, "the connection broke");
        let answer = async {
            // What runs beside it has its turn in any order.
            tokio::task::yield_now().await;
            let start = request.cursor.as_ref().map_or(0, |c| c.as_str().parse().unwrap());
            let mut live: Vec<_> =
                self.live().into_values().filter(|(at, _)| *at >= start).collect();
            live.sort_by_key(|(at, _)| *at);
            live.truncate(request.limit.unwrap() as usize);
            let next = live.last().map_or(start, |(at, _)| at + 1);
            let objects = live.into_iter().map(|(_, object)| object).collect();
            Ok(Page::new(objects, Some(place(next))))
        };
        self.fate.effect(answer, error).await
    }
}

/// A sink and cursors, together or apart, that fail as fate wants.
struct Doomed {
    sink: MemorySink,
    cursors: MemoryCursorStore,
    is_together: AtomicBool,
    fate: Arc<Fate>,
}

fn broken() -> store::Error {
    store::Error::new(store::ErrorKind::Io, "the disk is gone")
}

impl Doomed {
    fn store(&self) -> &dyn CursorStore {
        if self.is_together.load(Ordering::SeqCst) { &self.sink } else { &self.cursors }
    }
}

#[async_trait]
impl Sink for Doomed {
    async fn write(&self, batch: Batch) -> store::Result<Written> {
        tokio::task::yield_now().await;
        self.fate.effect(self.sink.write(batch), broken).await
    }
}

#[async_trait]
impl TransactionalSink for Doomed {
    async fn write_and_commit(
        &self,
        batch: Batch,
        commit: Commit,
    ) -> store::Result<(Written, u64)> {
        tokio::task::yield_now().await;
        self.fate.effect(self.sink.write_and_commit(batch, commit), broken).await
    }
}

#[async_trait]
impl CursorStore for Doomed {
    async fn load(&self, key: &CursorKey) -> store::Result<Position> {
        self.fate.effect(self.store().load(key), broken).await
    }

    async fn commit(&self, commit: Commit) -> store::Result<u64> {
        self.fate.effect(self.store().commit(commit), broken).await
    }

    async fn list(&self) -> store::Result<Vec<(CursorKey, Position)>> {
        self.store().list().await
    }

    async fn forget(&self, key: &CursorKey) -> store::Result<bool> {
        self.store().forget(key).await
    }

    async fn take_lease(&self, request: LeaseRequest) -> store::Result<(Lease, Position)> {
        self.fate.effect(self.store().take_lease(request), broken).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> store::Result<Lease> {
        self.store().renew_lease(lease, time).await
    }

    async fn release_lease(&self, lease: &Lease) -> store::Result<bool> {
        self.fate.effect(self.store().release_lease(lease), broken).await
    }

    async fn lease(&self, key: &CursorKey) -> store::Result<Option<Lease>> {
        self.store().lease(key).await
    }
}

/// What happens from one run to the next.
#[derive(Clone, Debug)]
struct Episode {
    /// Which objects change before it, and whether time goes by before they do.
    changes: Vec<(u8, bool)>,
    fault: Option<(usize, Fault)>,
}

fn episodes() -> impl Strategy<Value = Vec<Episode>> {
    let fault = prop_oneof![
        Just(Fault::Fails),
        Just(Fault::Lies),
        Just(Fault::CrashBefore),
        Just(Fault::CrashAfter)
    ];
    let fault = prop::option::weighted(0.9, (0_usize..16, fault));
    let changes = prop::collection::vec((0_u8..12, any::<bool>()), 0..12);
    let episode = (changes, fault).prop_map(|(changes, fault)| Episode { changes, fault });
    prop::collection::vec(episode, 1..6)
}

async fn prove(
    episodes: Vec<Episode>,
    (limit, batch_pages): (u32, usize),
    (is_together, is_leased, overlaps): (bool, bool, bool),
) {
    let fate = Arc::new(Fate::default());
    let clock = ManualClock::default();
    let feed = Arc::new(Feed { fate: Arc::clone(&fate), ..Feed::default() });
    let doomed = Arc::new(Doomed {
        sink: MemorySink::new().with_clock(clock.source()),
        cursors: MemoryCursorStore::new().with_clock(clock.source()),
        is_together: AtomicBool::new(is_together),
        fate: Arc::clone(&fate),
    });
    let target = if is_together {
        Target::transactional(Arc::<Doomed>::clone(&doomed))
    } else {
        Target::separate(Arc::<Doomed>::clone(&doomed), Arc::<Doomed>::clone(&doomed))
    };
    let options = Options::default()
        .with_limit(limit)
        .with_batch_max(batch_pages, usize::MAX)
        .with_overlap(overlaps.then_some(Duration::from_secs(1)))
        .with_lease(is_leased.then(|| LeaseOptions::new("prover")));
    let consumer =
        Consumer::new(Arc::<Feed>::clone(&feed), target, options).with_timer(TestTimer::stopped());
    let mut before = BTreeMap::new();
    for Episode { changes, fault } in episodes {
        for (name, later) in changes {
            feed.change(name, later);
        }
        fate.set(fault);
        tokio::select! {
            _ = consumer.pull(future::pending()) => {}
            () = fate.crash.notified() => {}
        }
        fate.set(None);
        before = check(&feed, &doomed, before).await;
        // A lease of the dead holds for a while.
        clock.elapse(Duration::from_secs(31)).await;
    }
    let report = consumer.pull(future::pending()).await.unwrap();
    assert_eq!(report.outcome, Outcome::CaughtUp);
    let found = check(&feed, &doomed, before).await;
    let expected: BTreeMap<_, _> =
        feed.live().into_iter().map(|(id, (_, object))| (id, object)).collect();
    assert_eq!(found, expected);
}

/// Nothing older than before, and everything up to the cursor. Gives what the sink has.
async fn check(
    feed: &Feed,
    doomed: &Doomed,
    before: BTreeMap<String, RawObject>,
) -> BTreeMap<String, RawObject> {
    let objects = doomed.sink.objects();
    let found: BTreeMap<_, _> =
        objects.into_iter().map(|object| (object.id().unwrap().to_owned(), object)).collect();
    for (id, old) in before {
        assert!(found[&id].modified() >= old.modified(), "`{id}` went back");
    }
    let key = FeedId::DEFAULT.parse().unwrap();
    let position = doomed.store().load(&key).await.unwrap();
    let reached: usize = position.cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
    for (id, (at, object)) in feed.live() {
        if at < reached {
            assert_eq!(found.get(&id), Some(&object), "the cursor is ahead of `{id}`");
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    // Catches an object that is lost, doubled or older than before, and a cursor ahead of its data, for any schedule
    // of failures and crashes and any changes of the source between them.
    #[test]
    fn everything_arrives(
        episodes in episodes(),
        bounds in (1_u32..5, 1_usize..4),
        mode in any::<(bool, bool, bool)>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(prove(episodes, bounds, mode));
    }
}
