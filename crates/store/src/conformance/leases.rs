//! What a cursor store promises about leases.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;

use super::{
    cursors::{cursor, expect_conflict, join_all, key},
    sinks::{Inspect, batch, object},
};
use crate::{
    Commit, CursorKey, CursorStore, ErrorKind, Lease, LeaseRequest, Position, TransactionalSink,
};

/// How long the leases of the suite are. A store that goes by a clock of its own has to be waited for.
const TIME: Duration = Duration::from_secs(2);
/// More than half of it, and less than the whole.
const SOON: Duration = Duration::from_millis(1200);
/// More than the whole of it.
const LATER: Duration = Duration::from_millis(2500);

/// How a suite lets time go by. A function that waits, such as `tokio::time::sleep`, is one, for stores that go by the
/// clock of a server.
#[async_trait]
pub trait Elapse: Send + Sync {
    /// Lets this much time go by on the clock of the store.
    async fn elapse(&self, time: Duration);
}

#[async_trait]
impl<F, W> Elapse for F
where
    F: Fn(Duration) -> W + Send + Sync,
    W: Future<Output = ()> + Send,
{
    async fn elapse(&self, time: Duration) {
        self(time).await;
    }
}

/// A clock that stands still until it is told to go on.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// What a store is handed as its clock.
    pub fn source(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let micros = Arc::clone(&self.0);
        move || {
            let since = Duration::from_micros(micros.load(Ordering::SeqCst));
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + since
        }
    }
}

#[async_trait]
impl Elapse for ManualClock {
    async fn elapse(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap();
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

/// All promises of a [`CursorStore`] about leases.
pub async fn leases(store: &dyn CursorStore, clock: &dyn Elapse) {
    one_holder_at_a_time(store).await;
    one_of_many_holders_wins(store).await;
    lease_leaves_the_cursor_where_it_is(store).await;
    renewed_lease_is_held_on(store, clock).await;
    expired_lease_can_be_renewed_until_it_is_taken(store, clock).await;
    paused_holder_moves_nothing(store, clock).await;
    released_lease_is_free(store).await;
    forgetting_fences_the_holder(store).await;
    commit_without_a_lease_fences_the_holder(store).await;
    newest_is_kept(store).await;
}

/// Each opener of a store minds the leases that the other gave.
pub async fn shared_leases(one: &dyn CursorStore, other: &dyn CursorStore, clock: &dyn Elapse) {
    let key = key("lease-shared");
    let (lease, position) = one.take_lease(request(&key, "one")).await.unwrap();
    expect_busy(other, &key).await;
    assert_eq!(other.lease(&key).await.unwrap().unwrap().token, lease.token);
    clock.elapse(LATER).await;
    other.take_lease(request(&key, "other")).await.unwrap();
    expect_conflict(one, Commit::new(key.clone(), position.generation, cursor("late"))).await;
    expect_lost(one, &lease).await;
}

/// A lease that is held cannot be taken, not even under the same name; who holds it can be asked.
pub async fn one_holder_at_a_time(store: &dyn CursorStore) {
    let key = key("lease-one");
    assert_eq!(store.lease(&key).await.unwrap(), None);
    let (lease, position) = store.take_lease(request(&key, "the holder")).await.unwrap();
    assert_eq!((lease.holder.as_str(), &lease.key), ("the holder", &key));
    assert_eq!(lease.token, position.generation, "the token is the generation");
    for holder in ["another", "the holder"] {
        let error = store.take_lease(request(&key, holder)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains("the holder"), "who holds it is told: {error}");
    }
    let found = store.lease(&key).await.unwrap().unwrap();
    assert_eq!((found.token, found.holder), (lease.token, lease.holder));
    let generation = store.commit(Commit::new(key.clone(), lease.token, cursor("one"))).await;
    let generation = generation.unwrap();
    store.commit(Commit::new(key.clone(), generation, cursor("two"))).await.unwrap();
    expect_busy(store, &key).await;
    // Leases of other keys are their own.
    store.take_lease(request(&super::cursors::key("lease-One"), "another")).await.unwrap();
}

/// Of many that ask at the same time, exactly one gets the lease.
pub async fn one_of_many_holders_wins(store: &dyn CursorStore) {
    let key = key("lease-race");
    let takes = (0..16).map(|n| store.take_lease(request(&key, &format!("racer-{n}"))));
    let results = join_all(takes.collect()).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    }
}

/// Taking, renewing and releasing a lease change no cursor; a key that was leased is listed.
pub async fn lease_leaves_the_cursor_where_it_is(store: &dyn CursorStore) {
    let (used, unused) = (key("lease-used"), key("lease-unused"));
    store.commit(Commit::new(used.clone(), 0, cursor("kept"))).await.unwrap();
    for (key, kept) in [(used, Some(cursor("kept"))), (unused, None)] {
        let before = store.load(&key).await.unwrap();
        let (lease, position) = store.take_lease(request(&key, "one")).await.unwrap();
        assert_eq!(position.cursor, kept);
        assert!(position.generation > before.generation, "a lease takes a new generation");
        store.renew_lease(&lease, TIME).await.unwrap();
        assert_eq!(store.load(&key).await.unwrap(), position);
        assert!(store.release_lease(&lease).await.unwrap());
        assert_eq!(store.load(&key).await.unwrap(), position);
        assert!(store.list().await.unwrap().contains(&(key, position)));
    }
}

/// A lease that is renewed in time is held on, and keeps its token.
pub async fn renewed_lease_is_held_on(store: &dyn CursorStore, clock: &dyn Elapse) {
    let key = key("lease-renewed");
    let (lease, _) = store.take_lease(request(&key, "one")).await.unwrap();
    for _ in 0..2 {
        clock.elapse(SOON).await;
        let renewed = store.renew_lease(&lease, TIME).await.unwrap();
        assert_eq!(renewed.token, lease.token);
        assert!(renewed.expires > lease.expires);
        expect_busy(store, &key).await;
    }
    clock.elapse(LATER).await;
    assert_eq!(store.lease(&key).await.unwrap(), None, "it has expired");
    let (next, _) = store.take_lease(request(&key, "two")).await.unwrap();
    assert!(next.token > lease.token, "tokens grow");
}

/// As long as nobody took it, an expired lease is as good as before.
pub async fn expired_lease_can_be_renewed_until_it_is_taken(
    store: &dyn CursorStore,
    clock: &dyn Elapse,
) {
    let key = key("lease-expired");
    let (lease, position) = store.take_lease(request(&key, "one")).await.unwrap();
    clock.elapse(LATER).await;
    let commit = Commit::new(key.clone(), position.generation, cursor("late"));
    store.commit(commit).await.unwrap();
    store.renew_lease(&lease, TIME).await.unwrap();
    expect_busy(store, &key).await;
}

/// A holder that slept beyond its lease and wakes after another took it moves nothing, whether the other one has
/// committed already or not, and takes nothing from the other.
pub async fn paused_holder_moves_nothing(store: &dyn CursorStore, clock: &dyn Elapse) {
    for has_committed in [false, true] {
        let key = key(&format!("lease-paused-{has_committed}"));
        let (paused, position) = store.take_lease(request(&key, "paused")).await.unwrap();
        let generation =
            store.commit(Commit::new(key.clone(), position.generation, cursor("old"))).await;
        let generation = generation.unwrap();
        clock.elapse(LATER).await;
        let (lease, mut theirs) = store.take_lease(request(&key, "awake")).await.unwrap();
        assert_eq!(theirs.cursor, Some(cursor("old")));
        if has_committed {
            let commit = Commit::new(key.clone(), theirs.generation, cursor("new"));
            let generation = store.commit(commit).await.unwrap();
            theirs = Position::new(Some(cursor("new")), generation);
        }
        for expected in [0, position.generation, generation] {
            expect_conflict(store, Commit::new(key.clone(), expected, cursor("back"))).await;
        }
        expect_lost(store, &paused).await;
        assert!(!store.release_lease(&paused).await.unwrap(), "released what is another's");
        assert_eq!(store.load(&key).await.unwrap(), theirs);
        assert_eq!(store.lease(&key).await.unwrap().unwrap().token, lease.token);
        store.commit(Commit::new(key, theirs.generation, cursor("newer"))).await.unwrap();
    }
}

/// A released lease can be taken at once, and is worth nothing to who released it.
pub async fn released_lease_is_free(store: &dyn CursorStore) {
    let key = key("lease-released");
    let (lease, position) = store.take_lease(request(&key, "one")).await.unwrap();
    assert!(store.release_lease(&lease).await.unwrap());
    assert!(!store.release_lease(&lease).await.unwrap(), "a lease can be released once");
    expect_lost(store, &lease).await;
    assert_eq!(store.lease(&key).await.unwrap(), None);
    store.take_lease(request(&key, "two")).await.unwrap();
    expect_conflict(store, Commit::new(key, position.generation, cursor("late"))).await;
}

/// Forgetting a cursor fences the holder of its lease off, and leaves the lease.
pub async fn forgetting_fences_the_holder(store: &dyn CursorStore) {
    let key = key("lease-forgotten");
    let (lease, position) = store.take_lease(request(&key, "one")).await.unwrap();
    assert!(!store.forget(&key).await.unwrap(), "forgot a cursor that never was");
    let commit = Commit::new(key.clone(), position.generation, cursor("one"));
    let generation = store.commit(commit).await.unwrap();
    assert!(store.forget(&key).await.unwrap());
    expect_conflict(store, Commit::new(key.clone(), generation, cursor("two"))).await;
    expect_busy(store, &key).await;
    store.renew_lease(&lease, TIME).await.unwrap();
    let position = store.load(&key).await.unwrap();
    assert_eq!(position.cursor, None);
    store.commit(Commit::new(key, position.generation, cursor("again"))).await.unwrap();
}

/// An operator who commits without a lease wins over its holder.
pub async fn commit_without_a_lease_fences_the_holder(store: &dyn CursorStore) {
    let key = key("lease-overruled");
    let (_, position) = store.take_lease(request(&key, "one")).await.unwrap();
    let loaded = store.load(&key).await.unwrap();
    store.commit(Commit::new(key.clone(), loaded.generation, cursor("set"))).await.unwrap();
    expect_conflict(store, Commit::new(key.clone(), position.generation, cursor("mine"))).await;
    assert_eq!(store.load(&key).await.unwrap().cursor, Some(cursor("set")));
}

/// The newest `modified` of all commits is kept, whatever a later one tells, until the cursor is forgotten.
pub async fn newest_is_kept(store: &dyn CursorStore) {
    let key = key("newest");
    let (old, new) = ("2020-01-01T00:00:00.000000001Z", "2020-01-01T00:00:00.000000002Z");
    let told = [(None, None), (Some(new), Some(new)), (Some(old), Some(new)), (None, Some(new))];
    for (generation, (told, kept)) in (0..).zip(told) {
        let newest = told.map(|text| text.parse().unwrap());
        let commit = Commit::new(key.clone(), generation, cursor("c")).with_newest(newest);
        store.commit(commit).await.unwrap();
        let position = store.load(&key).await.unwrap();
        assert_eq!(position.newest, kept.map(|text| text.parse().unwrap()));
    }
    let (lease, position) = store.take_lease(request(&key, "one")).await.unwrap();
    assert!(position.newest.is_some(), "a lease keeps it");
    store.release_lease(&lease).await.unwrap();
    assert!(store.list().await.unwrap().contains(&(key.clone(), position)));
    assert!(store.forget(&key).await.unwrap());
    assert_eq!(store.load(&key).await.unwrap().newest, None);
}

/// Neither a cursor nor data of a holder that lost its lease arrives.
pub async fn transactional_leases(
    store: &dyn TransactionalSink,
    inspect: &dyn Inspect,
    clock: &dyn Elapse,
) {
    let key = key("lease-transaction");
    let text = object("lease-late", "2020-01-01T00:00:00Z", "a");
    let (_, position) = store.take_lease(request(&key, "paused")).await.unwrap();
    clock.elapse(LATER).await;
    let (_, theirs) = store.take_lease(request(&key, "awake")).await.unwrap();
    let commit = Commit::new(key.clone(), position.generation, cursor("late"));
    let error = store.write_and_commit(batch(&[&text]), commit).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(inspect.contents().await.iter().all(|(id, _)| id != "x-a--lease-late"));
    let commit = Commit::new(key, theirs.generation, cursor("in time"));
    store.write_and_commit(batch(&[&text]), commit).await.unwrap();
}

fn request(key: &CursorKey, holder: &str) -> LeaseRequest {
    LeaseRequest::new(key.clone(), holder, TIME)
}

async fn expect_busy(store: &dyn CursorStore, key: &CursorKey) {
    let error = store.take_lease(request(key, "too early")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
}

async fn expect_lost(store: &dyn CursorStore, lease: &Lease) {
    let error = store.renew_lease(lease, TIME).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
}
