//! Questions that are under way, and answers that are kept.

use std::{
    any::Any,
    collections::{HashMap, VecDeque},
    error, fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use inthreat_api::{ContextList, Error, ErrorKind, IndicatorList, RelationshipList, Result};
use inthreat_stix::{Bundle, RawObject};
use tokio::sync::OnceCell;

use super::CacheOptions;

/// What every entry costs beside its objects, roughly.
const ENTRY_BYTES: usize = 512;

/// An answer that can be kept.
pub(super) trait Weight: Clone + Send + Sync + 'static {
    /// How many bytes its objects have.
    fn bytes(&self) -> usize;
}

type Answer = Arc<dyn Any + Send + Sync>;
/// A question that is under way: the first who waits asks, and when it gives up the next one does.
type Flight = Arc<OnceCell<std::result::Result<Answer, Arc<Error>>>>;

/// Questions that are under way, and answers that are kept.
pub(super) struct Flights {
    options: CacheOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    under_way: HashMap<String, Flight>,
    kept: HashMap<String, Kept>,
    /// The keys of what is kept, oldest first, with when it came; some may be replaced since.
    order: VecDeque<(String, Instant)>,
    bytes: usize,
}

struct Kept {
    answer: Answer,
    at: Instant,
    bytes: usize,
}

impl Flights {
    pub(super) fn new(options: CacheOptions) -> Self {
        Self { options, state: Mutex::default() }
    }

    /// Gives what is kept under this key, or what becomes of the question that is under way, or asks.
    pub(super) async fn once<T: Weight>(
        &self,
        key: String,
        ask: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let seat = match self.board(&key) {
            Ok(answer) => return of_its_kind(&answer),
            Err(flight) => Seat { flights: self, key, flight },
        };
        let fly = || async {
            let answered = ask.await;
            let mut state = self.state();
            state.under_way.remove(&seat.key);
            let answer = answered.map_err(Arc::new)?;
            let bytes = answer.bytes() + seat.key.len() + ENTRY_BYTES;
            let answer: Answer = Arc::new(answer);
            state.keep(&self.options, &seat.key, Arc::clone(&answer), bytes);
            Ok(answer)
        };
        match seat.flight.get_or_init(fly).await {
            Ok(answer) => of_its_kind(answer),
            Err(error) => Err(shared(error)),
        }
    }

    /// What is kept and still counts, or the question that is under way, perhaps from now on.
    fn board(&self, key: &str) -> std::result::Result<Answer, Flight> {
        let mut state = self.state();
        match state.kept.get(key) {
            Some(kept) if kept.at.elapsed() < self.options.age_max => {
                return Ok(Arc::clone(&kept.answer));
            }
            Some(_) => state.drop_kept(key),
            None => {}
        }
        Err(Arc::clone(state.under_way.entry(key.to_owned()).or_default()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked did so between two changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, options: &CacheOptions, key: &str, answer: Answer, bytes: usize) {
        if bytes > options.bytes_max || options.age_max.is_zero() {
            return;
        }
        self.drop_kept(key);
        let at = Instant::now();
        self.bytes += bytes;
        self.kept.insert(key.to_owned(), Kept { answer, at, bytes });
        self.order.push_back((key.to_owned(), at));
        let is_over = |front: Option<&(String, Instant)>, bytes: usize| {
            bytes > options.bytes_max
                || front.is_some_and(|(_, at)| at.elapsed() >= options.age_max)
        };
        while is_over(self.order.front(), self.bytes) {
            let Some((key, at)) = self.order.pop_front() else { return };
            if self.kept.get(&key).is_some_and(|kept| kept.at == at) {
                self.drop_kept(&key);
            }
        }
    }

    fn drop_kept(&mut self, key: &str) {
        if let Some(kept) = self.kept.remove(key) {
            self.bytes = self.bytes.saturating_sub(kept.bytes);
        }
    }
}

/// One who waits for a question.
struct Seat<'a> {
    flights: &'a Flights,
    key: String,
    flight: Flight,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut state = self.flights.state();
        let is_here =
            state.under_way.get(&self.key).is_some_and(|other| Arc::ptr_eq(other, &self.flight));
        // Nobody but the table and this one: all who asked have given up.
        if is_here && Arc::strong_count(&self.flight) == 2 {
            state.under_way.remove(&self.key);
        }
    }
}

fn of_its_kind<T: Weight>(answer: &Answer) -> Result<T> {
    let mixed = || Error::new(ErrorKind::Storage, "two questions have one spelling");
    answer.downcast_ref().cloned().ok_or_else(mixed)
}

/// An error for one of several who wait for it.
fn shared(error: &Arc<Error>) -> Error {
    let mut copy = Error::new(error.kind(), error.to_string()).with_unsent(error.is_unsent());
    if let Some(field) = error.field() {
        copy = copy.with_field(field);
    }
    if let Some(status) = error.status() {
        copy = copy.with_status(status);
    }
    if let Some(code) = error.code() {
        copy = copy.with_code(code);
    }
    if let Some(wait) = error.retry_after() {
        copy = copy.with_retry_after(wait);
    }
    match error::Error::source(error) {
        Some(_) => copy.with_source(Source(Arc::clone(error))),
        None => copy,
    }
}

/// What stands behind a shared error.
struct Source(Arc<Error>);

impl Source {
    fn inner(&self) -> &(dyn error::Error + 'static) {
        error::Error::source(self.0.as_ref()).unwrap_or_else(|| self.0.as_ref())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.inner(), f)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.inner(), f)
    }
}

impl error::Error for Source {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.inner().source()
    }
}

impl Weight for RawObject {
    fn bytes(&self) -> usize {
        self.as_bytes().len()
    }
}

impl Weight for Vec<RawObject> {
    fn bytes(&self) -> usize {
        self.iter().map(Weight::bytes).sum()
    }
}

impl Weight for Bundle {
    fn bytes(&self) -> usize {
        self.objects.bytes()
    }
}

impl Weight for IndicatorList {
    fn bytes(&self) -> usize {
        self.items.bytes()
    }
}

impl Weight for ContextList {
    fn bytes(&self) -> usize {
        self.items.iter().map(Weight::bytes).sum()
    }
}

impl Weight for RelationshipList {
    fn bytes(&self) -> usize {
        let both = |item: &inthreat_api::Related| {
            item.relationship.bytes() + item.related_object.as_ref().map_or(0, Weight::bytes)
        };
        self.items.iter().map(both).sum()
    }
}

#[cfg(test)]
mod tests;
