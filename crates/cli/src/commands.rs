//! The commands, one file each.

mod context;
mod get;
mod import;
mod keys;
mod lookup;
mod pull;
mod replica;
mod serve;

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
            Command::Import(arguments) => import::run(arguments).await,
            Command::Serve(arguments) => serve::run(arguments).await,
            Command::Get(arguments) => get::run(arguments).await,
            Command::Context(arguments) => context::run(arguments).await,
            Command::Lookup(arguments) => lookup::run(arguments).await,
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

/// Says how many items went to the quarantine.
fn tell_quarantined(count: u64) {
    match count {
        0 => {}
        1 => say("1 item was set aside: no object that can be stored"),
        _ => say(format!("{count} items were set aside: no objects that can be stored")),
    }
}
