//! `inthreat login`, `logout` and `status`: the key of the service, and whether it is good.

use std::io::{self, BufRead, IsTerminal, Read};

use clap::CommandFactory;
use inthreat_api::{Account, Error, ErrorKind, Feeds, FeedsRequest, Objects};
use inthreat_http::{ApiKey, Client, ClientOptions};
use inthreat_stix::{Id, Timestamp};

use super::config;
use crate::{
    arguments::{Arguments, Global, Login, Status},
    exit::Exit,
    failure::{Failure, Outcome},
    place,
    print::{Listing, say},
    secret,
    settings::{self, stored},
    source, terminal,
};

/// The longest line that is read as a key, in bytes.
const KEY_LENGTH_MAX: u64 = 1 << 16;
/// Nobody has this object: whoever may ask for objects is told that, and whoever may not is told so.
const NOBODY: &str = "tool--00000000-0000-4000-8000-000000000000";

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
fn is_unanswered(error: &Error) -> bool {
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

pub(crate) async fn status(arguments: Status, global: &Global) -> Outcome<Exit> {
    let layers = config::layers(&Arguments::command(), global)?;
    let profile = layers.profile_name();
    let url = &arguments.remote.url;
    let kept = stored::path(profile);
    let key = match &arguments.remote.key_file {
        Some(file) if kept.as_ref() == Some(file) => {
            let place = stored::place(profile);
            format!("inthreat login, {}", place.unwrap_or_else(|| "which is gone".to_owned()))
        }
        Some(file) => format!("`{}`", file.display()),
        None if settings::variable(settings::KEY_VARIABLE).is_some() => {
            format!("environment, {}", settings::KEY_VARIABLE)
        }
        None => "none".to_owned(),
    };
    let mut found = vec![
        ["profile".to_owned(), profile.to_owned()],
        ["service".to_owned(), url.clone()],
        ["key".to_owned(), key],
    ];
    let client = source::client(&arguments.remote)?;
    let exit = ask(&client, &mut found).await?;
    let item: serde_json::Map<_, _> =
        found.iter().map(|[what, value]| (what.replace(' ', "_"), value.as_str().into())).collect();
    let mut listing = Listing::new(&arguments.shown, &["what", "value"]);
    listing.thing(&serde_json::Value::from(item).to_string(), found)?;
    listing.finish()?;
    Ok(exit)
}

/// Asks the service about the key; what it does not tell is left out.
async fn ask(client: &Client, found: &mut Vec<[String; 2]>) -> Outcome<Exit> {
    let mut tell = |what: &str, value: Option<String>| {
        found.extend(value.map(|value| [what.to_owned(), value]));
    };
    match client.validate_key().await {
        Ok(info) => {
            tell("accepted", Some("yes".to_owned()));
            tell("identity", info.identity);
            tell("type", info.key_type);
            let issued = info.issued_at.and_then(|seconds| Timestamp::from_unix(seconds, 0));
            tell("issued", issued.map(|at| at.to_string()));
        }
        Err(error) if error.kind() == ErrorKind::Unauthorized => {
            tell("accepted", Some("no".to_owned()));
            say("`inthreat login` keeps a good key, after looking whether it is one");
            return Ok(Exit::Denied);
        }
        Err(error) if is_unanswered(&error) => {
            tell("accepted", Some("not told by this server".to_owned()));
        }
        Err(error) => return Err(error.into()),
    }
    if let Ok(me) = client.me().await {
        let names = [me.firstname, me.lastname].into_iter().flatten().collect::<Vec<_>>();
        tell("name", Some(names.join(" ")).filter(|name| !name.is_empty()));
        tell("email", me.email);
    }
    tell("may read objects", may_read(client).await);
    let (may_list, community) = of_feeds(client).await;
    tell("community", community);
    tell("may list feeds", may_list);
    Ok(Exit::Success)
}

/// Whether the key may ask for objects; `None` when that cannot be told.
pub(crate) async fn may_read(client: &Client) -> Option<String> {
    let id = Id::lenient(NOBODY).ok()?;
    match client.object(id).await.map_err(|error| error.kind()) {
        Ok(_) | Err(ErrorKind::NotFound) => Some("yes".to_owned()),
        Err(ErrorKind::Forbidden) => Some("no".to_owned()),
        Err(_) => None,
    }
}

/// Whether the key may list feeds, and the community whose feeds it sees (CONTRACT 3): nothing else of the service tells it.
async fn of_feeds(client: &Client) -> (Option<String>, Option<String>) {
    let mut request = FeedsRequest::default();
    request.limit = Some(100);
    match client.feeds(request).await {
        Ok(list) => {
            let community = list.items.into_iter().find_map(|feed| feed.community_uuid);
            (Some(format!("yes, {} of them", list.total)), community)
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => (Some("no".to_owned()), None),
        Err(_) => (None, None),
    }
}
