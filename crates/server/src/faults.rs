//! Faults on purpose, for people who test their clients.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{Request, header::CONTENT_LENGTH},
    response::Response,
};
use futures_util::{StreamExt, stream};
use hyper::body::Incoming;
use inthreat_api::Error;
use inthreat_wire::failure;
use tokio::{task::yield_now, time::sleep};

use crate::{
    Event,
    handler::{self, Admitted, State},
    route::route_of,
    sent::Told,
};

/// Paths that tell of the server itself: whoever watches it is never told a fault that is none.
const SPARED: &[&str] = &["/healthz", "/readyz", "/metrics"];

/// Something that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This status with an error's body; 429 and 503 say `Retry-After: 1`.
    Status(u16),
    /// The answer begins later by this time.
    Slow(Duration),
    /// The connection is reset in the middle of the answer.
    Reset,
    /// The connection is closed in the middle of the body.
    Truncate,
}

/// Which faults happen, and how often. One request meets one of them at most.
///
/// Of one seed and one order of requests the same requests meet the same faults, whatever the machine. Clones draw from
/// one row.
///
/// ```
/// use std::time::Duration;
/// use inthreat_server::{Fault, Faults, ServerOptions};
///
/// let faults = Faults::new(1)
///     .with_fault(Fault::Status(429), 0.1)
///     .with_fault(Fault::Slow(Duration::from_secs(2)), 0.05);
/// let options = ServerOptions::default().with_faults(faults);
/// ```
#[derive(Clone, Debug)]
pub struct Faults {
    parts: Vec<(Fault, f64)>,
    seed: u64,
    drawn: Arc<AtomicU64>,
}

impl Faults {
    /// Nothing goes wrong yet.
    pub fn new(seed: u64) -> Self {
        Self { parts: Vec::new(), seed, drawn: Arc::default() }
    }

    /// Has a fault happen to this part of the requests, from 0 to 1. Parts add up: those of the faults before come first,
    /// and beyond 1 nothing is left.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault, part: f64) -> Self {
        if part > 0.0 {
            self.parts.push((fault, part));
        }
        self
    }

    /// What happens to the next request.
    fn draw(&self) -> Option<Fault> {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let mut drawn = uniform(self.seed, number);
        self.parts.iter().find_map(|(fault, part)| {
            drawn -= part;
            (drawn < 0.0).then_some(*fault)
        })
    }
}

/// A number from 0 to 1 that looks like chance: `SplitMix64`, whose state is a counter.
fn uniform(seed: u64, number: u64) -> f64 {
    let mut state = seed.wrapping_add((number.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^= state >> 31;
    let high = u32::try_from(state >> 32).unwrap_or(u32::MAX);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// Tells a connection that its end is a reset.
#[derive(Clone, Default)]
pub(crate) struct Reset(Arc<AtomicBool>);

impl Reset {
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn want(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What injects the faults of one connection.
#[derive(Clone)]
pub(crate) struct Injector {
    pub(crate) faults: Faults,
    pub(crate) reset: Reset,
    pub(crate) state: Arc<State>,
    pub(crate) address: SocketAddr,
}

/// Answers with a fault, or passes a request on.
pub(crate) async fn inject<F: Future<Output = Response>>(
    injector: Injector,
    request: Request<Incoming>,
    answer: impl FnOnce(Request<Incoming>) -> F,
) -> Response {
    let path = request.uri().path();
    let drawn = if SPARED.contains(&path) { None } else { injector.faults.draw() };
    let Some(fault) = drawn else { return answer(request).await };
    let method = request.method().as_str();
    injector.state.tell(&Event::Faulted { method, path, fault });
    match fault {
        Fault::Status(status) => {
            let Injector { state, address, .. } = injector;
            let told = Told::begin(state, address, None, request.method().clone(), route_of(path));
            told.send(handler::refuse_by_path(&refusal(status), path), Admitted::default())
        }
        Fault::Slow(wait) => {
            sleep(wait).await;
            answer(request).await
        }
        Fault::Truncate => cut(answer(request).await, None),
        Fault::Reset => cut(answer(request).await, Some(injector.reset)),
    }
}

/// An error that is answered with this status.
fn refusal(status: u16) -> Error {
    let kind = failure::decode(status, None, b"").kind();
    let error = Error::new(kind, "this fault is injected").with_status(status);
    if matches!(status, 429 | 503) {
        return error.with_retry_after(Duration::from_secs(1));
    }
    error
}

/// Sends half of the first piece of a body and then breaks off.
fn cut(response: Response, reset: Option<Reset>) -> Response {
    let (mut parts, body) = response.into_parts();
    let length = body.size_hint().exact();
    if length == Some(0) && reset.is_none() {
        // There is nothing to cut.
        return Response::from_parts(parts, body);
    }
    if let Some(length) = length {
        // The client is to know how much it misses.
        parts.headers.insert(CONTENT_LENGTH, length.into());
    }
    let half = async move {
        let first = body.into_data_stream().next().await;
        let first = first.and_then(Result::ok).unwrap_or_default();
        Ok::<Bytes, io::Error>(first.slice(..first.len() / 2))
    };
    let broken = async move {
        // What was sent is on its way before the connection breaks.
        yield_now().await;
        if let Some(reset) = reset {
            reset.want();
        }
        Err(io::ErrorKind::ConnectionReset.into())
    };
    let body = Body::from_stream(stream::once(half).chain(stream::once(broken)));
    Response::from_parts(parts, body)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches chance that is none: a fault that happens much more or less often than was asked for, other faults for the
    // same seed, and the same ones for another.
    #[test]
    fn faults_happen_as_often_as_is_asked_for() {
        let faults = |seed| {
            Faults::new(seed)
                .with_fault(Fault::Status(500), 0.1)
                .with_fault(Fault::Truncate, 0.0)
                .with_fault(Fault::Slow(Duration::ZERO), f64::NAN)
                .with_fault(Fault::Reset, 0.2)
        };
        let row = |seed| {
            let faults = faults(seed);
            (0..10_000).map(|_| faults.draw()).collect::<Vec<_>>()
        };
        let drawn = row(7);
        let count = |fault| drawn.iter().filter(|drawn| **drawn == Some(fault)).count();
        assert!((900..1100).contains(&count(Fault::Status(500))));
        assert!((1850..2150).contains(&count(Fault::Reset)));
        assert_eq!(count(Fault::Truncate) + count(Fault::Slow(Duration::ZERO)), 0);
        assert_eq!(drawn, row(7));
        assert_ne!(drawn, row(8));
        let always = Faults::new(0).with_fault(Fault::Reset, 1.0);
        assert!((0..1000).all(|_| always.draw() == Some(Fault::Reset)));
    }

    // Catches a status that is answered as another one.
    #[test]
    fn every_status_is_answered_as_it_is() {
        for status in 400..=599 {
            assert_eq!(failure::encode(&refusal(status)).status, status);
        }
        for status in [429, 503] {
            assert_eq!(failure::encode(&refusal(status)).retry_after_s, Some(1), "{status}");
        }
    }
}
