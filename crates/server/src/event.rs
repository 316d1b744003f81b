//! What a server tells whoever runs it.

use std::{error, fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use inthreat_api::Error;

use crate::Fault;

/// Something that happened in a server. None of it holds a key or a value that was looked up.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request was answered: its answer was sent, or its client went away.
    #[non_exhaustive]
    Answered {
        /// Where the connection comes from. Behind a proxy that is the proxy.
        address: SocketAddr,
        /// The method, as it was sent.
        method: &'a str,
        /// The path, with names in place of what was asked for: `/v2/inthreat/objects/{id}`. A path that nobody answers is
        /// `other`.
        route: &'static str,
        /// The identifier of the key, where it was known.
        key: Option<&'a str>,
        /// The status of the answer; 499 when the client went away before there was one.
        status: u16,
        /// How many bytes of the answer's body were handed to the connection.
        bytes: u64,
        /// How long it took until the answer began.
        elapsed: Duration,
        /// How long it took until all of its body was handed to the connection.
        took: Duration,
    },
    /// A request was refused before it was one: its head makes no sense or is too long, which a status of 400, 414 or 431 says,
    /// or it did not arrive in time, and the connection was closed.
    #[non_exhaustive]
    Refused {
        /// Where the connection comes from.
        address: SocketAddr,
        /// What was wrong.
        error: &'a (dyn error::Error + 'static),
    },
    /// The center failed in a way that the client is not told.
    #[non_exhaustive]
    Failed {
        /// What the center said.
        error: &'a Error,
    },
    /// Answering a request panicked; the server goes on.
    #[non_exhaustive]
    Panicked {
        /// What the panic said.
        message: &'a str,
    },
    /// A fault was injected, as [`ServerOptions::with_faults`](crate::ServerOptions::with_faults) asks for.
    #[non_exhaustive]
    Faulted {
        /// The method, as it was sent.
        method: &'a str,
        /// The path, as it was sent; the query is left out.
        path: &'a str,
        /// What happens to the request.
        fault: Fault,
    },
    /// No connection could be accepted; the server tries again.
    #[non_exhaustive]
    NotAccepted {
        /// What the system said.
        error: &'a io::Error,
    },
}

/// Whoever is told of events.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Event<'_>) + Send + Sync>);

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        (self.0)(event);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}
