//! The places of connections: where none is left, a connection that asks nothing leaves for one that may.
//!
//! Connections that are held open in silence, or by a client that forgot them, would otherwise keep everyone else waiting for
//! as long as a connection may be idle.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long to wait before another connection is asked to leave: the one before may have been asked something meanwhile.
const PATIENCE: Duration = Duration::from_millis(50);

/// All places of a server.
pub(crate) struct Places {
    room: Arc<Semaphore>,
    begun: Instant,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    seats: HashMap<u64, Arc<Seat>>,
    last: u64,
}

/// The place of a connection, until this is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    number: u64,
    seat: Arc<Seat>,
    _permit: OwnedSemaphorePermit,
}

/// What is known of a connection.
pub(crate) struct Seat {
    begun: Instant,
    /// How many requests are under way.
    under_way: AtomicUsize,
    /// Whether the body of one is waited for.
    is_waiting: AtomicBool,
    /// Since when nothing came and nothing is under way, in nanoseconds since the server began.
    rests_since: AtomicU64,
    is_wanted: AtomicBool,
    wanted: Notify,
}

/// A request that is under way, until this is dropped.
pub(crate) struct UnderWay(Arc<Seat>);

/// The body of a request. While more of it is waited for, its connection asks nothing.
pub(crate) struct Arriving {
    body: Incoming,
    seat: Arc<Seat>,
}

impl Places {
    pub(crate) fn new(connections_max: usize) -> Self {
        let room = Semaphore::new(connections_max.clamp(1, Semaphore::MAX_PERMITS));
        Self { room: Arc::new(room), begun: Instant::now(), table: Mutex::default() }
    }

    /// Waits for a place. Where there is none, those that asked nothing for longest are told to leave.
    pub(crate) async fn take(self: &Arc<Self>) -> Place {
        let permit = loop {
            let free = Arc::clone(&self.room).acquire_owned();
            if self.room.available_permits() == 0 {
                self.want_one();
            }
            // The semaphore is never closed, so that this only waits.
            if let Ok(Ok(permit)) = timeout(PATIENCE, free).await {
                break permit;
            }
        };
        let seat = Arc::new(Seat {
            begun: self.begun,
            under_way: AtomicUsize::new(0),
            is_waiting: AtomicBool::new(false),
            rests_since: AtomicU64::new(nanos_since(self.begun)),
            is_wanted: AtomicBool::new(false),
            wanted: Notify::new(),
        });
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.seats.insert(number, Arc::clone(&seat));
        drop(table);
        Place { places: Arc::clone(self), number, seat, _permit: permit }
    }

    fn want_one(&self) {
        let table = self.table();
        let resting = table
            .seats
            .iter()
            .filter(|(_, seat)| !seat.is_under_way() && !seat.is_wanted.load(Ordering::Relaxed));
        let since = |(number, seat): &(&u64, &Arc<Seat>)| {
            (seat.rests_since.load(Ordering::Relaxed), **number)
        };
        if let Some((_, seat)) = resting.min_by_key(since) {
            seat.is_wanted.store(true, Ordering::Relaxed);
            seat.wanted.notify_one();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What the requests of the connection are counted at.
    pub(crate) fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }

    /// Waits until the place is wanted for somebody else and no request is under way.
    pub(crate) async fn wanted(&self) {
        loop {
            self.seat.wanted.notified().await;
            if !self.seat.is_under_way() {
                return;
            }
            self.seat.is_wanted.store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.table().seats.remove(&self.number);
    }
}

impl Seat {
    /// Counts a request.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Relaxed) > 0 && !self.is_waiting()
    }

    /// Whether the body of a request is waited for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Relaxed)
    }

    fn rest(&self) {
        self.rests_since.store(nanos_since(self.begun), Ordering::Relaxed);
    }

    /// Notes whether a body is waited for, now that it was looked for.
    fn wait(&self, is_waiting: bool) {
        if is_waiting {
            self.rest();
        }
        self.is_waiting.store(is_waiting, Ordering::Relaxed);
    }
}

impl UnderWay {
    pub(crate) fn arriving(&self, body: Incoming) -> Arriving {
        Arriving { body, seat: Arc::clone(&self.0) }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.rest();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Arriving {
    /// Where it is counted.
    pub(crate) fn seat(&self) -> Arc<Seat> {
        Arc::clone(&self.seat)
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.seat.wait(polled.is_pending());
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.seat.wait(false);
    }
}

fn nanos_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
