//! `inthreat login` and `logout`: the key of the service, and whether it is good.

use std::io::{self, BufRead, IsTerminal, Read};

use clap::CommandFactory;
use inthreat_api::{Account, Error, ErrorKind};
use inthreat_http::{ApiKey, ClientOptions};

use super::config;
use crate::{
    arguments::{Arguments, Global, Login},
    exit::Exit,
    failure::{Failure, Outcome},
    place,
    print::say,
    secret,
    settings::{self, stored},
    source, terminal,
};

/// The longest line that is read as a key, in bytes.
const KEY_LENGTH_MAX: u64 = 1 << 16;

pub(crate) async fn login(arguments: Login, global: &Global) -> Outcome<Exit> {
    let layers = config::layers(&Arguments::command(), global)?;
    let profile = layers.profile_name();
    let text = read_key(&arguments.url)?;
    let failed =
        |error: Error| Failure::because(Exit::Usage, "use what was typed as a key", &error);
    let key = ApiKey::new(text.as_str()).map_err(failed)?;
    let options =
        ClientOptions::default().with_key(key).with_allow_plain_http(arguments.allow_http);
    let client = source::client_at(&arguments.url, options)?;
    let mut whose = String::new();
    if !arguments.no_check {
        match client.validate_key().await {
            Ok(info) => {
                whose = info.identity.map(|identity| format!(" as {identity}")).unwrap_or_default();
            }
            Err(error) if is_unanswered(&error) => {
                say("this server does not say whether a key is good");
            }
            Err(error) => {
                return Err(Failure::because(error.kind().into(), "check the key", &error)
                    .hint("it is not kept; --no-check keeps a key unseen"));
            }
        }
    }
    let kept = stored::keep(profile, &arguments.url, text.trim(), arguments.store)?;
    say(terminal::visible(&format!(
        "logged in to {}{whose}; the key of profile `{profile}` is in {}",
        arguments.url, kept.place,
    )));
    for note in kept.notes {
        say(terminal::visible(&note));
    }
    if settings::variable(settings::KEY_VARIABLE).is_some() {
        say(format!("{} is set and counts before it", settings::KEY_VARIABLE));
    }
    Ok(Exit::Success)
}

/// Whether a server does not know of the question: one that others wrote, or an old one.
pub(super) fn is_unanswered(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}

/// Asks the person without showing what is typed, or takes a line of standard input.
fn read_key(url: &str) -> Outcome<String> {
    let failed = |error: io::Error| Failure::because(Exit::Usage, "read the key", &error);
    let stdin = io::stdin();
    let text = if stdin.is_terminal() {
        secret::ask(&format!("Key for {} (it is not shown): ", place::shown(url)))
            .map_err(failed)?
    } else {
        let mut line = String::new();
        stdin.lock().take(KEY_LENGTH_MAX).read_line(&mut line).map_err(failed)?;
        line
    };
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no key")
            .hint("type it when asked, or send it on standard input: `inthreat login < FILE`"));
    }
    Ok(text)
}

pub(crate) fn logout(global: &Global) -> Outcome<Exit> {
    let layers = config::layers(&Arguments::command(), global)?;
    let profile = layers.profile_name();
    if stored::forget(profile)? {
        say(format!("the key of profile `{profile}` is removed here; the service still takes it"));
        return Ok(Exit::Success);
    }
    say(format!("there is no key of profile `{profile}`"));
    Ok(Exit::Missing)
}
