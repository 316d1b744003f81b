//! `inthreat serve`: the service's API from a replica.

use std::{net::TcpListener, sync::Arc};

use inthreat_server::{Event, ServerOptions};

use crate::{
    arguments::Serve,
    commands::{self, keys},
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
    source, terminal,
};

pub(crate) async fn run(arguments: Serve) -> Outcome<Exit> {
    let keys = arguments.keys.as_deref().map(keys::read).transpose()?;
    let options = ServerOptions::default().with_keys(keys).with_observer(tell);
    let address = arguments.listen;
    options.check_address(address).map_err(|error| {
        Failure::because(Exit::Usage, format!("listen at {address}"), &error).hint(
            "make a key with `inthreat keys create NAME --file FILE` and serve with --keys FILE",
        )
    })?;
    let replica = source::open_replica(&arguments.local)?;
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
    inthreat_server::serve(listener, Arc::new(replica), options, shutdown)
        .await
        .map_err(|error| Failure::because(Exit::Storage, format!("serve on {address}"), &error))?;
    Ok(Exit::Success)
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
