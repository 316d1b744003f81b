//! How a server behaves.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

#[cfg(feature = "tls")]
use crate::Tls;
use crate::{
    Faults, RequestRate, SharedKeys,
    clock::Clock,
    event::{Event, Observer},
    ready::Check,
    serve::ServeError,
    watched::MoreMetrics,
};

/// How a server behaves. Everything that a stranger can send or hold has a limit.
///
/// ```
/// use std::time::Duration;
/// use inthreat_server::{Keys, ServerOptions};
///
/// let options = ServerOptions::default();
/// options.check_address(([127, 0, 0, 1], 8080).into())?;
/// assert!(options.check_address(([0, 0, 0, 0], 8080).into()).is_err());
/// options.with_keys(Keys::default()).check_address(([0, 0, 0, 0], 8080).into())?;
/// # Ok::<(), inthreat_server::ServeError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The keys that are answered. `None`: everyone who reaches the server is; it must be on loopback then.
    pub keys: Option<SharedKeys>,
    /// How often each key may ask; as often as it likes when nothing is said.
    pub key_rate: Option<RequestRate>,
    /// How many requests of one key may be under way, each from its head to the last byte of its answer; 32 when nothing is
    /// said.
    pub key_in_flight_max: usize,
    /// The certificate that is shown, when it is spoken to over TLS.
    #[cfg(feature = "tls")]
    pub tls: Option<Tls>,
    /// How long a handshake of TLS may take; 10 s when nothing is said.
    #[cfg(feature = "tls")]
    pub handshake_timeout: Duration,
    /// The longest body of a request, in bytes; 1 MiB when nothing is said.
    pub body_length_max: usize,
    /// The longest request line and headers, in bytes; 64 KiB when nothing is said.
    pub head_length_max: usize,
    /// How long a request's head may take to arrive, and how long a connection may be idle; 30 s when nothing is said.
    pub head_timeout: Duration,
    /// How long reading the body and finding the answer may take; 2 min when nothing is said.
    pub answer_timeout: Duration,
    /// How long a client may take nothing of its answer; 30 s when nothing is said.
    pub stall_timeout: Duration,
    /// How long answers that are under way may take once the server is told to stop; 10 s when nothing is said.
    pub drain_timeout: Duration,
    /// How many connections there may be; 512 when nothing is said. The one that asked nothing for longest is closed for
    /// another one, and where all are being answered, more wait.
    pub connections_max: usize,
    /// How many questions are answered at once; 64 when nothing is said. More wait for their turn.
    pub in_flight_max: usize,
    /// What goes wrong on purpose; nothing when nothing is said.
    pub faults: Option<Faults>,
    /// How many bytes of answers are kept, with their codings, to be sent again: three quarters of them of pages, the rest of
    /// objects, contexts and look-ups. 64 MiB when nothing is said, and none at 0.
    pub page_cache_bytes: usize,
    /// Whether there is a page to look at under `/`; none when nothing is said.
    pub ui: bool,
    observer: Observer,
    clock: Clock,
    check: Check,
    more_metrics: MoreMetrics,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            keys: None,
            key_rate: None,
            key_in_flight_max: 32,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "tls")]
            handshake_timeout: Duration::from_secs(10),
            body_length_max: inthreat_wire::BODY_LENGTH_MAX,
            head_length_max: 64 * 1024,
            head_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_mins(2),
            stall_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            connections_max: 512,
            in_flight_max: 64,
            faults: None,
            page_cache_bytes: 64 << 20,
            ui: false,
            observer: Observer::new(|_| ()),
            clock: Clock::default(),
            check: Check::new(|| Ok(())),
            more_metrics: MoreMetrics::new(String::new),
        }
    }
}

impl ServerOptions {
    /// Sets the keys that are answered: [`Keys`](crate::Keys) for good, or [`SharedKeys`] that can be replaced.
    #[must_use]
    pub fn with_keys(mut self, keys: impl Into<Option<SharedKeys>>) -> Self {
        self.keys = keys.into();
        self
    }

    /// Sets how often each key may ask.
    #[must_use]
    pub fn with_key_rate(mut self, rate: impl Into<Option<RequestRate>>) -> Self {
        self.key_rate = rate.into();
        self
    }

    /// Sets how many requests of one key may be under way; at least 1.
    #[must_use]
    pub fn with_key_in_flight_max(mut self, requests: usize) -> Self {
        self.key_in_flight_max = requests;
        self
    }

    /// Sets the certificate that is shown. What is not TLS is not answered then.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: impl Into<Option<Tls>>) -> Self {
        self.tls = tls.into();
        self
    }

    /// Sets how long a handshake of TLS may take.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Sets the longest body of a request, in bytes.
    #[must_use]
    pub fn with_body_length_max(mut self, length: usize) -> Self {
        self.body_length_max = length;
        self
    }

    /// Sets the longest request line and headers, in bytes; at least 8 KiB.
    #[must_use]
    pub fn with_head_length_max(mut self, length: usize) -> Self {
        self.head_length_max = length;
        self
    }

    /// Sets how long a request's head may take to arrive, and how long a connection may be idle.
    #[must_use]
    pub fn with_head_timeout(mut self, timeout: Duration) -> Self {
        self.head_timeout = timeout;
        self
    }

    /// Sets how long reading the body and finding the answer may take.
    #[must_use]
    pub fn with_answer_timeout(mut self, timeout: Duration) -> Self {
        self.answer_timeout = timeout;
        self
    }

    /// Sets how long a client may take nothing of its answer.
    #[must_use]
    pub fn with_stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall_timeout = timeout;
        self
    }

    /// Sets how long answers that are under way may take once the server is told to stop.
    #[must_use]
    pub fn with_drain_timeout(mut self, timeout: Duration) -> Self {
        self.drain_timeout = timeout;
        self
    }

    /// Sets how many connections there may be.
    #[must_use]
    pub fn with_connections_max(mut self, connections: usize) -> Self {
        self.connections_max = connections;
        self
    }

    /// Sets how many questions are answered at once.
    #[must_use]
    pub fn with_in_flight_max(mut self, questions: usize) -> Self {
        self.in_flight_max = questions;
        self
    }

    /// Sets what goes wrong on purpose, for people who test their clients. Paths that tell of the server itself, such as
    /// `/healthz`, are spared.
    #[must_use]
    pub fn with_faults(mut self, faults: impl Into<Option<Faults>>) -> Self {
        self.faults = faults.into();
        self
    }

    /// Sets who is told what happens. It is called while a request is answered and should be quick.
    #[must_use]
    pub fn with_observer(mut self, observe: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(observe);
        self
    }

    /// Sets where the time of day comes from, by which keys expire and rates are kept to; from the system when nothing is
    /// said.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
    }

    /// Sets how many bytes of answers are kept; none at 0.
    #[must_use]
    pub fn with_page_cache_bytes(mut self, bytes: usize) -> Self {
        self.page_cache_bytes = bytes;
        self
    }

    /// Sets whether there is a page to look at under `/`. It is shown without a key, and has a field for the one that what it
    /// asks for needs.
    #[must_use]
    pub fn with_ui(mut self, ui: bool) -> Self {
        self.ui = ui;
        self
    }

    /// Sets what has to hold besides a center that answers for `/readyz` to say so: nothing, or the reason why not, which
    /// everyone may read. It is asked at most once a second, on a thread that may block.
    #[must_use]
    pub fn with_check(
        mut self,
        check: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.check = Check::new(check);
        self
    }

    /// Sets figures that `/metrics` tells besides the server's own: whole lines in the text format of Prometheus. It is asked
    /// on a thread that may block.
    #[must_use]
    pub fn with_more_metrics(
        mut self,
        render: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        self.more_metrics = MoreMetrics::new(render);
        self
    }

    /// Refuses to be reached from other machines without keys.
    pub fn check_address(&self, address: SocketAddr) -> Result<(), ServeError> {
        if self.keys.is_none() && !address.ip().to_canonical().is_loopback() {
            return Err(ServeError::exposed(address));
        }
        Ok(())
    }

    pub(crate) fn observer(&self) -> &Observer {
        &self.observer
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn check(&self) -> &Check {
        &self.check
    }

    pub(crate) fn more_metrics(&self) -> &MoreMetrics {
        &self.more_metrics
    }
}
