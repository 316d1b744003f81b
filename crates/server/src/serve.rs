//! Connections: accepted, bounded, drained.

use std::{
    convert::Infallible,
    error, fmt, io,
    net::{SocketAddr, TcpListener},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{http::Request, response::Response};
use futures_util::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use inthreat_api::Roles;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Event, ServerOptions,
    access::Via,
    faults::{self, Injector, Reset},
    handler::{self, State},
    places::{Places, Seat},
    stall::{Heard, Stall},
};

/// How long to wait when no connection can be accepted, such as without file descriptors.
const ACCEPT_DELAY: Duration = Duration::from_millis(100);
/// How many headers a request may have.
const HEADERS_MAX: usize = 100;

/// Answers requests until `shutdown` is done, then finishes those under way within
/// [`ServerOptions::drain_timeout`].
///
/// A question of a role that the center does not play is answered with 501.
///
/// Needs a tokio runtime with I/O and time. Fails before anything is accepted when the listener can be reached from other
/// machines and there are no keys, or when it cannot be used; a connection or a request that fails never ends the server.
/// Dropping the future closes every connection.
pub async fn serve(
    listener: TcpListener,
    center: Arc<dyn Roles>,
    options: ServerOptions,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::listener)?;
    options.check_address(address)?;
    listener.set_nonblocking(true).map_err(ServeError::listener)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(ServeError::listener)?;

    let places = Arc::new(Places::new(options.connections_max));
    let server = Arc::new(Server::new(center, options));
    let graceful = GracefulShutdown::new();
    let (closing, _) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let accepted = listener.accept().await?;
            Ok((accepted, places.take().await))
        };
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        // What has ended is forgotten, so that the set does not grow with the age of the server.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok(((stream, address), place)) => {
                let server = Arc::clone(&server);
                let (watcher, closing) = (graceful.watcher(), closing.subscribe());
                connections.spawn(async move {
                    let open = server.state.metrics.connection();
                    let answering = server.connect(stream, address, place.seat(), watcher, closing);
                    tokio::select! {
                        biased;
                        () = answering => {}
                        () = place.wanted() => {}
                    }
                    drop((open, place));
                });
            }
            Err(error) => {
                server.options.observer().tell(&Event::NotAccepted { error: &error });
                tokio::select! {
                    biased;
                    () = &mut shutdown => break,
                    () = sleep(ACCEPT_DELAY) => {}
                }
            }
        }
    }
    drop(listener);
    drop(closing);
    let _ = timeout(server.options.drain_timeout, graceful.shutdown()).await;
    connections.shutdown().await;
    Ok(())
}

struct Server {
    http: http1::Builder,
    state: Arc<State>,
    options: Arc<ServerOptions>,
}

impl Server {
    fn new(center: Arc<dyn Roles>, options: ServerOptions) -> Self {
        let options = Arc::new(options);
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.head_timeout)
            .max_headers(HEADERS_MAX)
            .max_header_size(options.head_length_max.max(8 * 1024));
        let state = Arc::new(State::new(center, Arc::clone(&options)));
        Self { http, state, options }
    }

    /// Answers a connection until it ends, or until `watcher` wants it to. Who is still to agree on a key when `closing`
    /// does has asked nothing, and is left.
    async fn connect(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        seat: Arc<Seat>,
        watcher: Watcher,
        closing: watch::Receiver<()>,
    ) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let (heard, reset) = (Heard::default(), Reset::default());
        let injector = self.options.faults.clone().map(|faults| Injector {
            faults,
            reset: reset.clone(),
            state: Arc::clone(&self.state),
            address,
        });
        let stream = Stall::new(stream, self.options.stall_timeout, heard.clone(), reset);
        let answers = |is_secure| {
            let (state, via) = (Arc::clone(&self.state), Via { address, is_secure });
            Answers { state, via, injector, seat }
        };
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.options.tls {
            let handshake = tls.accept(stream, self.options.handshake_timeout);
            if let Some(stream) = until(closing, handshake).await.flatten() {
                self.answer(stream, answers(true), watcher, &heard).await;
            }
            return;
        }
        drop(closing);
        self.answer(stream, answers(false), watcher, &heard).await;
    }

    async fn answer(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        answers: Answers,
        watcher: Watcher,
        heard: &Heard,
    ) {
        let address = answers.via.address;
        let connection = self.http.serve_connection(TokioIo::new(stream), answers);
        if let Err(error) = watcher.watch(connection).await {
            tell_refused(&self.state, address, heard, &error);
        }
    }
}

/// Answers the requests of one connection. There is one way for all paths, so that no router stands in it.
struct Answers {
    state: Arc<State>,
    via: Via,
    injector: Option<Injector>,
    seat: Arc<Seat>,
}

impl Service<Request<Incoming>> for Answers {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (state, via, under_way) = (Arc::clone(&self.state), self.via, self.seat.begin());
        let Some(injector) = self.injector.clone() else {
            return Box::pin(handler::answer(state, via, under_way, request).map(Ok));
        };
        Box::pin(async move {
            let answer = |request| handler::answer(state, via, under_way, request);
            Ok(faults::inject(injector, request, answer).await)
        })
    }
}

/// What a future gives, unless the server closes before.
#[cfg(feature = "tls")]
async fn until<T>(mut closing: watch::Receiver<()>, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        _ = closing.changed() => None,
        done = future => Some(done),
    }
}

/// Tells of a request that never became one. A connection that broke, or was idle, is its client's affair.
fn tell_refused(state: &State, address: SocketAddr, heard: &Heard, error: &hyper::Error) {
    if error.is_parse() || (error.is_timeout() && heard.is_unanswered()) {
        state.metrics.refuse();
        state.tell(&Event::Refused { address, error });
    }
}

/// Why a server did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServeErrorKind {
    /// It could be reached from other machines, and it has no keys.
    Exposed,
    /// The socket cannot be used.
    Listener,
}

/// A server that did not start.
#[derive(Debug)]
pub struct ServeError {
    kind: ServeErrorKind,
    message: String,
    source: Option<io::Error>,
}

impl ServeError {
    pub(crate) fn exposed(address: SocketAddr) -> Self {
        let message = format!("serve on `{address}` without keys: other machines can reach it");
        Self { kind: ServeErrorKind::Exposed, message, source: None }
    }

    fn listener(error: io::Error) -> Self {
        let message = "use the listening socket".to_owned();
        Self { kind: ServeErrorKind::Listener, message, source: Some(error) }
    }

    /// Why it did not start.
    pub fn kind(&self) -> ServeErrorKind {
        self.kind
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for ServeError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
