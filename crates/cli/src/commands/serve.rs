//! `inthreat serve`: the service's API from a replica.

use std::{convert::Infallible, net::TcpListener, sync::Arc};

use inthreat_server::{Event, ServerOptions};

use crate::{
    access_log::AccessLog,
    arguments::Serve,
    commands::{self, keys},
    exit::Exit,
    failure::{Failure, Outcome},
    figures::Figures,
    print::say,
    source, terminal,
};

pub(crate) async fn run(arguments: Serve) -> Outcome<Exit> {
    let keys = arguments.keys.as_deref().map(keys::read).transpose()?;
    let options = ServerOptions::default().with_keys(keys).with_page_cache_bytes(
        usize::try_from(u64::from(arguments.page_cache) << 20).unwrap_or(usize::MAX),
    );
    let address = arguments.listen;
    options.check_address(address).map_err(|error| {
        Failure::because(Exit::Usage, format!("listen at {address}"), &error).hint(
            "make a key with `inthreat keys create NAME --file FILE` and serve with --keys FILE",
        )
    })?;
    let replica = Arc::new(source::open_replica(&arguments.local)?);
    let figures = Figures::new(Arc::clone(&replica));
    let log = arguments.access_log.as_deref().map(AccessLog::open).transpose()?.map(Arc::new);
    let noted = log.clone();
    let options = options.with_more_metrics(move || figures.render()).with_observer(move |event| {
        tell(event);
        if let Some(log) = &noted {
            log.note(event);
        }
    });
    let refused = |error: std::io::Error| {
        Failure::because(Exit::Storage, format!("listen at {address}"), &error)
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    say(format!("serving `{}` on http://{address}/v2/inthreat/", arguments.local.display()));
    let shutdown = async {
        commands::interrupted().await;
        say("stopping: answers that are under way are finished first");
    };
    let serving = inthreat_server::serve(listener, replica, options, shutdown);
    let served = tokio::select! {
        served = serving => served,
        never = reopen(log.as_deref()) => match never {},
    };
    if let Some(log) = log {
        log.flush();
    }
    served
        .map_err(|error| Failure::because(Exit::Storage, format!("serve on {address}"), &error))?;
    Ok(Exit::Success)
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
        _ => {}
    }
}
