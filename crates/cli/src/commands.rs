//! The commands, one file each.

mod audit;
mod context;
mod cursor;
mod export;
mod feeds;
mod get;
mod health;
mod history;
mod import;
mod keys;
mod lookup;
mod pattern;
mod pull;
mod quarantine;
mod reading;
mod relations;
mod replica;
mod search;
mod serve;
mod sql;
mod stats;
mod sync;
mod validate;
mod watch;

use crate::{
    arguments::Command,
    demo,
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
};

/// Runs a command to its end.
pub(crate) fn run(command: Command) -> Outcome<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::because(Exit::Storage, "start the runtime", &error))?;
    runtime.block_on(async {
        match command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Pull(arguments) => pull::run(arguments).await,
            Command::Watch(arguments) => watch::run(arguments).await,
            Command::Backfill(arguments) => pull::backfill(arguments).await,
            Command::Audit(arguments) => audit::run(arguments).await,
            Command::Cursor(arguments) => cursor::run(arguments).await,
            Command::Quarantine(arguments) => quarantine::run(arguments).await,
            Command::Import(arguments) => import::run(arguments).await,
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
            Command::Replica(arguments) => replica::run(arguments).await,
        }
    })
}

/// Ends when SIGINT or SIGTERM arrives. Without signals it waits for ever.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when the person or the system asks for it. The second time the program stops at once.
async fn shutdown() {
    interrupted().await;
    say("stopping: what is in hand is written first; press Ctrl-C again to stop at once");
    tokio::spawn(async {
        interrupted().await;
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
