//! `inthreat serve`: the service's API from a replica, or in front of the service.

use std::{
    convert::Infallible,
    fs,
    net::TcpListener,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use inthreat_api::Roles;
use inthreat_feed::Metrics;
use inthreat_http::RateOptions;
use inthreat_replica::{Options, Replica};
use inthreat_server::{
    CacheOptions, Cached, Event, ServeError, ServerOptions, SharedKeys, Tls, TlsError,
};
use tokio::sync::watch;

use crate::{
    access_log::AccessLog,
    arguments::Serve,
    commands::{
        self, keys,
        sync::{First, InStep},
    },
    exit::Exit,
    failure::{Failure, Outcome},
    faults,
    figures::Figures,
    place::{self, WRITE_NICENESS},
    print::say,
    reload::{Reloads, Stale, Watched},
    source, terminal,
};

/// How long a gateway asks again at most: whoever waits for it has given up by then.
const RETRY_TIME_MAX: Duration = Duration::from_mins(1);
/// How many questions a replica answers at a time: one for each processor, within these bounds. Each takes memory.
const READERS_MIN: usize = 2;
const READERS_MAX: usize = 16;

pub(crate) async fn run(arguments: &Serve) -> Outcome<Exit> {
    let mut reloads = Reloads::default();
    let options = options(arguments, &mut reloads)?;
    let scheme = if options.tls.is_some() { "https" } else { "http" };
    let address = arguments.listen;
    options.check_address(address).map_err(|error| {
        Failure::because(Exit::Usage, format!("listen at {address}"), &error).hint(
            "make a key with `inthreat keys create NAME --file FILE` and serve with --keys FILE",
        )
    })?;
    if options.keys.is_some() && scheme == "http" && !address.ip().to_canonical().is_loopback() {
        say(
            "keys are sent in clear: use --tls-cert and --tls-key, or a proxy in front that speaks TLS",
        );
    }
    let Served { center, replica, in_step } = center(arguments)?;
    let behind = replica.as_deref().and_then(place::behind);
    let log = arguments.access_log.as_deref().map(AccessLog::open).transpose()?.map(Arc::new);
    let options = watched(options, replica, in_step.as_ref(), reloads.stale(), log.clone());
    let refused = |error: std::io::Error| {
        Failure::because(Exit::Storage, format!("listen at {address}"), &error)
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    // Who reads that it serves may interrupt it.
    let interrupted = commands::interrupted();
    say(format!("serving {} on {scheme}://{address}/v2/inthreat/", subject(arguments)));
    if let Some(behind) = behind {
        say(format!("{behind}: questions wait for that, pages of feeds do not"));
    }
    if arguments.ui {
        say(format!("the page is at {scheme}://{address}/"));
    }
    if let Some(list) = &arguments.fault {
        let seed = arguments.fault_seed;
        say(format!("faults are injected: {} (seed {seed})", list.words()));
    }
    let serving = Serving { listener, center, options, in_step };
    let served = serving.until(interrupted, log.as_deref()).await;
    served
        .map_err(|error| Failure::because(Exit::Storage, format!("serve on {address}"), &error))?;
    Ok(Exit::Success)
}

/// How the server behaves, as far as the command line says.
fn options(arguments: &Serve, reloads: &mut Reloads) -> Outcome<ServerOptions> {
    let chosen = arguments.fault.as_ref().map(|list| list.with_seed(arguments.fault_seed));
    let page_cache = u64::from(arguments.page_cache) << 20;
    let mut options = ServerOptions::default()
        .with_key_rate(arguments.rate)
        .with_ui(arguments.ui)
        .with_page_cache_bytes(usize::try_from(page_cache).unwrap_or(usize::MAX))
        .with_faults(chosen);
    options.keys = arguments.keys.as_deref().map(|file| keep_keys(file, reloads)).transpose()?;
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        options.tls = Some(keep_tls(certificate, key, reloads)?);
    }
    Ok(options)
}

/// Adds who is told of what happens, which figures there are, and when the server is ready.
fn watched(
    mut options: ServerOptions,
    replica: Option<Arc<Replica>>,
    in_step: Option<&InStep>,
    stale: Stale,
    log: Option<Arc<AccessLog>>,
) -> ServerOptions {
    let feeds = in_step.map(|in_step| in_step.metrics.clone());
    let figures = replica.clone().map(Figures::new);
    options = options.with_more_metrics(move || {
        let figures = figures.as_ref().map(Figures::render).unwrap_or_default();
        let feeds = feeds.as_ref().map(Metrics::render).unwrap_or_default();
        stale.render() + &figures + &feeds
    });
    let first = in_step.map(|in_step| in_step.first.clone());
    options = options.with_check(move || {
        if let Some(behind) = replica.as_deref().and_then(place::behind) {
            return Err(behind);
        }
        first.as_ref().map_or(Ok(()), First::check)
    });
    options.with_observer(move |event| {
        tell(event);
        if let Some(log) = &log {
            log.note(event);
        }
    })
}

/// What is served, and what is kept in step meanwhile.
struct Serving {
    listener: TcpListener,
    center: Arc<dyn Roles>,
    options: ServerOptions,
    in_step: Option<InStep>,
}

impl Serving {
    /// Serves until somebody interrupts it.
    async fn until(
        self,
        interrupted: impl Future<Output = ()> + Send + 'static,
        log: Option<&AccessLog>,
    ) -> Result<(), ServeError> {
        let Self { listener, center, options, in_step } = self;
        let (ending, mut ended) = watch::channel(false);
        let shutdown = async {
            interrupted.await;
            ending.send_replace(true);
            say("stopping: answers that are under way are finished first");
        };
        let serving = async {
            let served = tokio::select! {
                served = inthreat_server::serve(listener, center, options, shutdown) => served,
                never = reopen(log) => match never {},
            };
            // A server that cannot go on takes the feeds with it.
            ending.send_replace(true);
            served
        };
        let syncing = async {
            if let Some(in_step) = in_step {
                let over = async {
                    // Who tells lives as long as this.
                    let _ = ended.wait_for(|is_ended| *is_ended).await;
                };
                in_step.run(over).await;
            }
        };
        let (served, ()) = tokio::join!(Box::pin(serving), Box::pin(syncing));
        if let Some(log) = log {
            log.flush();
        }
        served
    }
}

/// Opens the access log anew each time that the system says so. Without a log, or without such a signal, it waits for ever.
async fn reopen(log: Option<&AccessLog>) -> Infallible {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let (Some(log), Ok(mut hangups)) = (log, signal(SignalKind::hangup())) {
            while hangups.recv().await.is_some() {
                log.reopen();
            }
        }
    }
    let _ = log;
    std::future::pending().await
}

/// Who answers, the replica behind it where there is one, and what keeps that in step.
struct Served {
    center: Arc<dyn Roles>,
    replica: Option<Arc<Replica>>,
    in_step: Option<InStep>,
}

impl Served {
    fn replica(replica: Arc<Replica>, in_step: Option<InStep>) -> Self {
        let center = Arc::clone(&replica);
        Self { center, replica: Some(replica), in_step }
    }
}

fn center(arguments: &Serve) -> Outcome<Served> {
    if let Some(upstream) = &arguments.upstream {
        let center = gateway(arguments, upstream)?;
        return Ok(Served { center, replica: None, in_step: None });
    }
    let folder = arguments.local.as_deref().unwrap_or_else(|| Path::new(""));
    if !arguments.mirror.sync {
        if !arguments.mirror.selection.feeds.is_empty() {
            let message = "feeds are of use with --sync alone";
            return Err(Failure::new(Exit::Usage, message));
        }
        let open = if arguments.writable { Replica::create_or_open } else { Replica::open };
        return Ok(Served::replica(Arc::new(open(folder, replica_options())?), None));
    }
    let replica =
        Arc::new(Replica::create_or_open(folder, arguments.mirror.room.of(replica_options()))?);
    let in_step = InStep::new(&arguments.mirror, &arguments.remote, Arc::clone(&replica))?;
    Ok(Served::replica(replica, Some(in_step)))
}

/// How a replica is opened that answers many at once, by threads that do nothing else.
fn replica_options() -> Options {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Options::default()
        .with_answers_in_place(true)
        .with_write_niceness(WRITE_NICENESS)
        .with_readers(threads.clamp(READERS_MIN, READERS_MAX))
}

/// The client of the service, spared by a cache and a rate.
fn gateway(arguments: &Serve, upstream: &str) -> Outcome<Arc<dyn Roles>> {
    let options = source::client_options(&arguments.remote)?;
    let retry = options.retry.clone();
    let retry = retry.with_time_max(arguments.remote.retry_for.min(RETRY_TIME_MAX));
    let rate = RateOptions::default().with_per_second(arguments.gateway.upstream_rate);
    let client = source::client_at(upstream, options.with_retry(retry).with_rate(rate))?;
    let cache = CacheOptions::default()
        .with_age_max(arguments.gateway.cache_time)
        .with_bytes_max(arguments.gateway.cache_bytes);
    Ok(Arc::new(Cached::new(Arc::new(client), cache)))
}

/// What is served, for people.
fn subject(arguments: &Serve) -> String {
    match (&arguments.upstream, &arguments.local) {
        // A password does not belong there, but somebody may have written one.
        (Some(upstream), _) => format!("`{}`", upstream.rsplit('@').next().unwrap_or_default()),
        (None, Some(folder)) => format!("`{}`", folder.display()),
        (None, None) => "nothing".to_owned(),
    }
}

/// Reads keys, and reads them again when their file changes.
fn keep_keys(file: &Path, reloads: &mut Reloads) -> Outcome<SharedKeys> {
    let watched = Watched::new(vec![file.to_owned()]);
    let shared = SharedKeys::new(keys::read(file)?);
    let (file, kept) = (file.to_owned(), shared.clone());
    reloads.add("keys", watched, move || keys::read(&file).map(|keys| kept.replace(keys)));
    Ok(shared)
}

/// Reads a certificate and its key, and reads them again when their files change.
fn keep_tls(certificate: &Path, key: &Path, reloads: &mut Reloads) -> Outcome<Tls> {
    let files = [certificate.to_owned(), key.to_owned()];
    let watched = Watched::new(files.to_vec());
    let tls = with_pem(&files, Tls::from_pem)?;
    let kept = tls.clone();
    reloads.add("certificate", watched, move || {
        with_pem(&files, |certificate, key| kept.replace_pem(certificate, key))
    });
    Ok(tls)
}

/// Does something with a certificate and its key.
fn with_pem<T>(
    files: &[PathBuf; 2],
    take: impl FnOnce(&[u8], &[u8]) -> Result<T, TlsError>,
) -> Outcome<T> {
    let read = |file: &Path| {
        fs::read(file).map_err(|error| {
            Failure::because(Exit::Storage, format!("read `{}`", file.display()), &error)
        })
    };
    let [certificate, key] = files;
    take(&read(certificate)?, &read(key)?).map_err(|error| {
        let operation = format!("show the certificate in `{}`", certificate.display());
        Failure::because(Exit::Storage, operation, &error)
    })
}

/// What whoever runs a server has to know; answers are not told one by one.
fn tell(event: &Event<'_>) {
    match event {
        Event::Failed { error, .. } => {
            say(terminal::visible(
                &Failure::because(Exit::Storage, "answer a question", *error).to_string(),
            ));
        }
        Event::Panicked { message, .. } => {
            say(terminal::visible(&format!("a question was not answered: {message}")));
        }
        Event::NotAccepted { error, .. } => say(format!("a connection was not accepted: {error}")),
        Event::Faulted { method, path, fault, .. } => {
            let words = format!("injected {}: {method} {path}", faults::name(*fault));
            say(terminal::visible(&words));
        }
        _ => {}
    }
}
