//! `inthreat serve`: the service's API from a replica.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use inthreat_server::{Event, ServerOptions, SharedKeys, Tls, TlsError};
use tokio::task::JoinSet;

use crate::{
    arguments::Serve,
    commands::{self, keys},
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
    reload::Watched,
    source, terminal,
};

pub(crate) async fn run(arguments: Serve) -> Outcome<Exit> {
    // What is read again while the server runs, until it ends.
    let mut reloads = JoinSet::new();
    let mut options = ServerOptions::default().with_observer(tell).with_key_rate(arguments.rate);
    options.keys =
        arguments.keys.as_deref().map(|file| keep_keys(file, &mut reloads)).transpose()?;
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        options.tls = Some(keep_tls(certificate, key, &mut reloads)?);
    }
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
    let replica = source::open_replica(&arguments.local)?;
    let refused = |error: std::io::Error| {
        Failure::because(Exit::Storage, format!("listen at {address}"), &error)
    };
    let listener = TcpListener::bind(address).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    say(format!("serving `{}` on {scheme}://{address}/v2/inthreat/", arguments.local.display()));
    let shutdown = async {
        commands::interrupted().await;
        say("stopping: answers that are under way are finished first");
    };
    inthreat_server::serve(listener, Arc::new(replica), options, shutdown)
        .await
        .map_err(|error| Failure::because(Exit::Storage, format!("serve on {address}"), &error))?;
    Ok(Exit::Success)
}

/// Reads keys, and reads them again when their file changes.
fn keep_keys(file: &Path, reloads: &mut JoinSet<()>) -> Outcome<SharedKeys> {
    let watched = Watched::new(vec![file.to_owned()]);
    let shared = SharedKeys::new(keys::read(file)?);
    let (file, kept) = (file.to_owned(), shared.clone());
    reloads.spawn(async move {
        watched.reload("keys", move || keys::read(&file).map(|keys| kept.replace(keys))).await;
    });
    Ok(shared)
}

/// Reads a certificate and its key, and reads them again when their files change.
fn keep_tls(certificate: &Path, key: &Path, reloads: &mut JoinSet<()>) -> Outcome<Tls> {
    let files = [certificate.to_owned(), key.to_owned()];
    let watched = Watched::new(files.to_vec());
    let tls = with_pem(&files, Tls::from_pem)?;
    let kept = tls.clone();
    reloads.spawn(async move {
        let again = || with_pem(&files, |certificate, key| kept.replace_pem(certificate, key));
        watched.reload("certificate", again).await;
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
        _ => {}
    }
}
