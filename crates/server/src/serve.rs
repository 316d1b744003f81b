//! Connections: accepted, bounded, drained.

use std::{
    error, fmt, io,
    net::{IpAddr, SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, middleware};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
    service::TowerToHyperService,
};
use inthreat_api::Roles;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::{Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    Event, ServerOptions,
    access::Via,
    faults::{self, Injector, Reset},
    handler::{self, State},
    stall::Stall,
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

    let permits =
        Arc::new(Semaphore::new(options.connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    let server = Arc::new(Server::new(center, options));
    let graceful = GracefulShutdown::new();
    let (closing, _) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        // What has ended is forgotten, so that the set does not grow with the age of the server.
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let server = Arc::clone(&server);
                let (watcher, closing) = (graceful.watcher(), closing.subscribe());
                connections.spawn(async move {
                    server.connect(stream, peer.ip(), watcher, closing).await;
                    drop(permit);
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
    router: Router,
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
        Self { http, router: Router::new().fallback(handler::answer).with_state(state), options }
    }

    /// Answers a connection until it ends, or until `watcher` wants it to. Who is still to agree on a key when `closing`
    /// does has asked nothing, and is left.
    async fn connect(
        &self,
        stream: TcpStream,
        peer: IpAddr,
        watcher: Watcher,
        closing: watch::Receiver<()>,
    ) {
        // Answers are written whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let reset = Reset::default();
        let router = self.router(reset.clone());
        let stream = Stall::new(stream, self.options.stall_timeout, reset);
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.options.tls {
            let handshake = tls.accept(stream, self.options.handshake_timeout);
            if let Some(stream) = until(closing, handshake).await.flatten() {
                self.answer(stream, router, Via { peer, is_secure: true }, watcher).await;
            }
            return;
        }
        drop(closing);
        self.answer(stream, router, Via { peer, is_secure: false }, watcher).await;
    }

    /// What answers the requests of a connection.
    fn router(&self, reset: Reset) -> Router {
        let router = self.router.clone();
        match self.options.faults.clone() {
            Some(faults) => {
                let injector = Injector { faults, reset, options: Arc::clone(&self.options) };
                router.layer(middleware::from_fn_with_state(injector, faults::inject))
            }
            None => router,
        }
    }

    async fn answer(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        router: Router,
        via: Via,
        watcher: Watcher,
    ) {
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(via);
            router.call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        // A broken connection is the client's affair.
        let _ = watcher.watch(connection).await;
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
