//! What a server tells whoever runs it.

use std::{fmt, io, sync::Arc, time::Duration};

use inthreat_api::Error;

use crate::Fault;

/// Something that happened in a server. None of it holds a key or a value that was looked up.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A request was answered.
    #[non_exhaustive]
    Answered {
        /// The method, as it was sent.
        method: &'a str,
        /// The path, as it was sent; the query is left out.
        path: &'a str,
        /// The status of the answer.
        status: u16,
        /// How long it took until the answer began.
        elapsed: Duration,
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
