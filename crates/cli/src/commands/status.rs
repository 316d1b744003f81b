//! `inthreat status`: which service and key are used, and what the key may do.

use clap::CommandFactory;
use inthreat_api::{
    Account, Error, ErrorKind, Feeds, FeedsRequest, IocCollections, IocCollectionsRequest,
    KeyCommunity, KeyInfo, Objects, Observables, ObservablesRequest, Result,
};
use inthreat_http::Client;
use inthreat_stix::{Id, Timestamp};
use serde_json::{Map, Value};

use super::{config, login::is_unanswered};
use crate::{
    arguments::{Arguments, Global, Status},
    exit::Exit,
    failure::Outcome,
    print::{Listing, say},
    settings::{self, stored},
    source,
};

/// Nobody has this object: whoever may ask for objects is told that, and whoever may not is told so.
const NOBODY: &str = "tool--00000000-0000-4000-8000-000000000000";
/// How many feeds are looked at for one that tells its community.
const FEEDS: u32 = 100;

/// What was found, each with its name; `null` is what nothing tells.
struct Found(Vec<(&'static str, Value)>);

impl Found {
    /// Adds what counts where it is told alone.
    fn tell(&mut self, what: &'static str, value: Option<String>) {
        self.0.extend(value.map(|value| (what, value.into())));
    }

    fn print(self, arguments: &Status) -> Outcome {
        let item: Map<_, _> = self
            .0
            .iter()
            .map(|(what, value)| (what.replace(' ', "_").to_lowercase(), value.clone()))
            .collect();
        let rows = self.0.iter().map(|(what, value)| [(*what).to_owned(), cell(value)]);
        let mut listing = Listing::new(&arguments.shown, &["what", "value"]);
        listing.thing(&Value::from(item).to_string(), rows)?;
        listing.finish()
    }
}

/// A value as people read it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "not told by this server".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

pub(crate) async fn run(arguments: Status, global: &Global) -> Outcome<Exit> {
    let layers = config::layers(&Arguments::command(), global)?;
    let profile = layers.profile_name();
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
    let mut found = Found(vec![
        ("profile", profile.into()),
        ("service", arguments.remote.url.as_str().into()),
        ("key", key.into()),
    ]);
    let client = source::client(&arguments.remote)?;
    let exit = ask(&client, &mut found).await?;
    found.print(&arguments)?;
    Ok(exit)
}

/// Asks the service about the key. Whose feeds it sees and what it may do is always said; other things that are not told
/// are left out.
async fn ask(client: &Client, found: &mut Found) -> Outcome<Exit> {
    let info = match client.validate_key().await {
        Ok(info) => {
            found.tell("accepted", Some("yes".to_owned()));
            info
        }
        Err(error) if error.kind() == ErrorKind::Unauthorized => {
            found.tell("accepted", Some("no".to_owned()));
            say("`inthreat login` keeps a good key, after looking whether it is one");
            return Ok(Exit::Denied);
        }
        Err(error) if is_unanswered(&error) => {
            found.0.push(("accepted", Value::Null));
            KeyInfo::default()
        }
        Err(error) => return Err(error.into()),
    };
    let instant = |seconds| Timestamp::from_unix(seconds, 0).map(|at| at.to_string());
    found.tell("identity", info.identity);
    found.tell("type", info.key_type);
    found.tell("issued", info.issued_at.and_then(instant));
    found.tell("expires", info.expires_at.and_then(instant));
    if let Ok(me) = client.me().await {
        let names = [me.firstname, me.lastname].into_iter().flatten().collect::<Vec<_>>();
        found.tell("name", Some(names.join(" ")).filter(|name| !name.is_empty()));
        found.tell("email", me.email);
    }
    let community = info.community.map(|community| match community {
        KeyCommunity::One(uuid) => uuid,
        _ => "all".to_owned(),
    });
    try_out(client, community, info.permissions, found).await;
    Ok(Exit::Success)
}

/// Adds the community and the permissions as they are told, and what becomes of a question of each kind: the live service
/// tells neither (CONTRACT 1.2), and a gateway may be let do less than its keys.
async fn try_out(
    client: &Client,
    community: Option<String>,
    permissions: Option<Vec<String>>,
    found: &mut Found,
) {
    let feeds = client.feeds(feeds_request()).await;
    let observables =
        client.list_observables(ObservablesRequest::default().with_limit(1_u32)).await;
    let collections =
        client.ioc_collections(IocCollectionsRequest::default().with_limit(1_u32)).await;
    // The feeds that it sees are those of its community (CONTRACT 3), or are of nobody.
    let of_feed = || feeds.as_ref().ok()?.items.iter().find_map(|feed| feed.community_uuid.clone());
    found.0.extend([
        ("community", community.or_else(of_feed).into()),
        ("permissions", permissions.into()),
        ("may read objects", yes_or_no(may_read(client).await)),
        ("may list feeds", yes_or_no(is_let(&feeds))),
        ("may list observables", yes_or_no(is_let(&observables))),
        ("may list IOC collections", yes_or_no(is_let(&collections))),
    ]);
    found.0.extend(feeds.ok().map(|list| ("feeds", list.total.into())));
}

fn feeds_request() -> FeedsRequest {
    let mut request = FeedsRequest::default();
    request.limit = Some(FEEDS);
    request
}

fn yes_or_no(is_let: Option<bool>) -> Value {
    is_let.map(|is_let| if is_let { "yes" } else { "no" }).into()
}

/// Whether the key may ask for objects; `None` when that cannot be told.
pub(super) async fn may_read(client: &Client) -> Option<bool> {
    let answer = client.object(Id::lenient(NOBODY).ok()?).await;
    let is_missing = |error: &Error| error.kind() == ErrorKind::NotFound;
    if answer.as_ref().is_err_and(is_missing) { Some(true) } else { is_let(&answer) }
}

/// Whether a question was answered, or refused to this key; `None` when something else became of it.
fn is_let<T>(answer: &Result<T>) -> Option<bool> {
    match answer.as_ref().map_err(Error::kind) {
        Ok(_) => Some(true),
        Err(ErrorKind::Forbidden) => Some(false),
        Err(_) => None,
    }
}
