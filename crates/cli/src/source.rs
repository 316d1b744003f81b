//! Where questions go: a replica on this machine, or the service.

use std::{env, fs, path::Path, sync::Arc};

use inthreat_api::{Roles, retry::RetryOptions};
use inthreat_http::{ApiKey, Client, ClientOptions};
use inthreat_replica::{Moment, Options, Replica};

use crate::{
    arguments::{Remote, Source},
    exit::Exit,
    failure::{Failure, Outcome},
    place,
    settings::stored,
    values::When,
};

/// The variable that holds the key.
const KEY_VARIABLE: &str = "INTHREAT_API_KEY";

/// Whoever answers.
pub(crate) fn open(source: &Source) -> Outcome<Arc<dyn Roles>> {
    match &source.local {
        Some(folder) => Ok(Arc::new(open_replica(folder)?)),
        None => Ok(Arc::new(client(&source.remote)?)),
    }
}

/// A replica, to be read.
pub(crate) fn open_replica(folder: &Path) -> Outcome<Replica> {
    let replica = Replica::open(folder, Options::default())?;
    place::tell_behind(&replica);
    Ok(replica)
}

/// A state of a replica.
pub(crate) fn moment(replica: &Replica, when: When) -> Outcome<Moment> {
    Ok(match when {
        When::Sequence(sequence) => replica.moment_of(sequence)?,
        When::Instant(instant) => replica.moment_at(instant)?,
    })
}

/// The service, or another server that speaks its API.
pub(crate) fn client(remote: &Remote) -> Outcome<Client> {
    client_at(&remote.url, client_options(remote)?)
}

/// A client of whoever speaks the API at this address.
pub(crate) fn client_at(url: &str, options: ClientOptions) -> Outcome<Client> {
    let is_plain = url.starts_with("http://");
    Client::new(url, options).map_err(|error| {
        let failure = Failure::because(Exit::Usage, format!("use `{}`", place::shown(url)), &error);
        let hint = "--allow-http allows it, where nobody else is on the way";
        if is_plain { failure.hint(hint) } else { failure }
    })
}

/// How the service is asked.
pub(crate) fn client_options(remote: &Remote) -> Outcome<ClientOptions> {
    let retry = RetryOptions::default()
        .with_tries_max(remote.retries.saturating_add(1))
        .with_time_max(remote.retry_for);
    Ok(ClientOptions::default()
        .with_key(key(remote.key_file.as_deref())?)
        .with_allow_plain_http(remote.allow_http)
        .with_retry(retry))
}

/// The key from the file that was named, or the keyring that it speaks of, else from the environment. A server on this
/// machine may need none.
fn key(file: Option<&Path>) -> Outcome<Option<ApiKey>> {
    let of_keyring = file.map(stored::of_keyring).transpose()?.flatten();
    let (text, place) = match (of_keyring, file) {
        (Some(key), _) => (key, "what the keyring has".to_owned()),
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map_err(|error| {
                Failure::because(
                    Exit::Storage,
                    format!("read the key from `{}`", path.display()),
                    &error,
                )
            })?;
            (text, format!("the first line of `{}`", path.display()))
        }
        (None, None) => match env::var(KEY_VARIABLE) {
            Ok(text) => (text, format!("`{KEY_VARIABLE}`")),
            Err(env::VarError::NotPresent) => return Ok(None),
            Err(error) => {
                return Err(Failure::because(
                    Exit::Usage,
                    format!("read `{KEY_VARIABLE}`"),
                    &error,
                ));
            }
        },
    };
    let key = ApiKey::new(text.lines().next().unwrap_or_default().trim())
        .map_err(|error| Failure::because(Exit::Usage, format!("use {place} as a key"), &error))?;
    Ok(Some(key))
}
