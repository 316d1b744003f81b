//! An answer on its way: counted, and told when it has ended.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::Method,
    response::Response,
};
use hyper::body::{Frame, SizeHint};

use crate::{
    Event,
    handler::{Admitted, State},
    metrics::Counted,
    places::UnderWay,
};

/// A request that is being answered. Dropping it tells that the answer has ended, whole or not.
pub(crate) struct Told {
    state: Arc<State>,
    address: SocketAddr,
    method: Method,
    route: &'static str,
    admitted: Admitted,
    begun: Instant,
    status: u16,
    elapsed: Duration,
    bytes: u64,
    _under_way: Option<UnderWay>,
}

impl Told {
    pub(crate) fn begin(
        state: Arc<State>,
        address: SocketAddr,
        under_way: Option<UnderWay>,
        method: Method,
        route: &'static str,
    ) -> Self {
        state.metrics.begin();
        let elapsed = Duration::ZERO;
        let begun = Instant::now();
        // A client that goes away before it is answered is told as others write it.
        Self {
            state,
            address,
            method,
            route,
            admitted: Admitted::default(),
            begun,
            status: 499,
            elapsed,
            bytes: 0,
            _under_way: under_way,
        }
    }

    /// The answer, which tells of itself when its last piece was taken or it was dropped.
    pub(crate) fn send(mut self, response: Response, admitted: Admitted) -> Response {
        self.admitted = admitted;
        self.status = response.status().as_u16();
        self.elapsed = self.begun.elapsed();
        response.map(|body| Body::new(Sent { body, told: self }))
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let took = self.begun.elapsed();
        if self.elapsed.is_zero() {
            self.elapsed = took;
        }
        let (method, route) = (self.method.as_str(), self.route);
        let (status, bytes, elapsed) = (self.status, self.bytes, self.elapsed);
        self.state.metrics.end(&Counted { route, method, status, bytes, elapsed });
        self.state.tell(&Event::Answered {
            address: self.address,
            method,
            route,
            key: self.admitted.key.as_deref(),
            status,
            bytes,
            elapsed,
            took,
        });
    }
}

/// The body of an answer.
struct Sent {
    body: Body,
    told: Told,
}

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.told.bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
