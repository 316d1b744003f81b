//! The commands, one file each.

mod audit;
mod config;
mod context;
mod cursor;
mod doctor;
mod documents;
mod export;
mod feeds;
mod get;
mod health;
mod history;
mod import;
mod keys;
mod login;
mod lookup;
mod pattern;
mod pull;
mod quarantine;
mod reading;
mod reference;
mod relations;
mod replica;
mod search;
mod serve;
mod sql;
mod stats;
mod status;
mod sync;
mod validate;
mod watch;

use crate::{
    arguments::{Arguments, Command},
    demo,
    exit::Exit,
    failure::{Failure, Outcome},
    pager,
    print::say,
};

/// Runs a command to its end.
pub(crate) fn run(arguments: Arguments) -> Outcome<Exit> {
    let Arguments { global, command } = arguments;
    if global.no_pager {
        pager::forbid();
    }
    let command = match command {
        Command::Completions(arguments) => return documents::completions(&arguments),
        Command::Config(arguments) => return config::run(arguments, &global),
        Command::Logout => return login::logout(&global),
        Command::Man(arguments) => return documents::man(&arguments),
        Command::Reference(arguments) => return reference::run(&arguments),
        command => command,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::because(Exit::Storage, "start the runtime", &error))?;
    runtime.block_on(async {
        match command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Pull(arguments) => pull::run(arguments, global.progress).await,
            Command::Watch(arguments) => watch::run(arguments).await,
            Command::Backfill(arguments) => pull::backfill(arguments, global.progress).await,
            Command::Audit(arguments) => audit::run(arguments).await,
            Command::Cursor(arguments) => cursor::run(arguments).await,
            Command::Quarantine(arguments) => quarantine::run(arguments).await,
            Command::Import(arguments) => import::run(arguments, global.progress).await,
            Command::Export(arguments) => export::run(arguments).await,
            Command::Serve(arguments) => serve::run(&arguments).await,
            Command::Health(arguments) => health::run(&arguments),
            Command::Get(arguments) => get::run(arguments).await,
            Command::Context(arguments) => context::run(arguments).await,
            Command::Lookup(arguments) => lookup::run(arguments).await,
            Command::Search(arguments) => search::run(arguments).await,
            Command::Relations(arguments) => relations::run(arguments).await,
            Command::Feeds(arguments) => feeds::run(arguments).await,
            Command::Validate(arguments) => validate::run(&arguments),
            Command::Pattern(arguments) => pattern::run(&arguments),
            Command::Keys(arguments) => keys::run(arguments),
            Command::Replica(arguments) => replica::run(arguments, global.progress).await,
            Command::Login(arguments) => login::login(arguments, &global).await,
            Command::Status(arguments) => status::run(arguments, &global).await,
            Command::Doctor(arguments) => doctor::run(arguments, &global).await,
            Command::Completions(_)
            | Command::Config(_)
            | Command::Logout
            | Command::Man(_)
            | Command::Reference(_) => Ok(Exit::Success),
        }
    })
}

/// What the person or the system says to end the program: SIGINT or SIGTERM. It listens from the moment it is made.
struct Signals {
    #[cfg(unix)]
    streams: Option<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)>,
}

impl Signals {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            streams: {
                use tokio::signal::unix::{SignalKind, signal};

                signal(SignalKind::interrupt()).ok().zip(signal(SignalKind::terminate()).ok())
            },
        }
    }

    /// Ends at the next one. Without signals it waits for ever.
    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some((interrupt, terminate)) = &mut self.streams {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Ends when SIGINT or SIGTERM arrives, from now on. Without signals it waits for ever.
pub(crate) fn interrupted() -> impl Future<Output = ()> {
    let mut signals = Signals::new();
    async move { signals.next().await }
}

/// Ends when the person or the system asks for it. The second time the program stops at once.
async fn shutdown() {
    let mut signals = Signals::new();
    signals.next().await;
    say("stopping: what is in hand is written first; press Ctrl-C again to stop at once");
    tokio::spawn(async move {
        // Who is as quick as the words is heard too.
        signals.next().await;
        #[expect(
            clippy::exit,
            clippy::disallowed_methods,
            reason = "it is asked for; what is not committed is read again"
        )]
        std::process::exit(130);
    });
}

/// Says how many items went to the quarantine.
fn tell_quarantined(count: u64) {
    match count {
        0 => {}
        1 => say("1 item was set aside: no object that can be stored"),
        _ => say(format!("{count} items were set aside: no objects that can be stored")),
    }
}
