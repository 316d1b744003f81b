//! `inthreat cursor`: how far feeds were read, to be looked at, set and forgotten.

use std::{sync::Arc, time::SystemTime};

use inthreat_stix::Timestamp;
use inthreat_store::{Commit, CursorKey, CursorStore, Position};

use crate::{
    arguments::{Cursor, Cursors, OneCursor, Shown},
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    place::{Access, Place},
    print::{Listing, say},
};

pub(crate) async fn run(arguments: Cursor) -> Outcome<Exit> {
    match arguments {
        Cursor::List { cursors, shown } => {
            list(&*open(&cursors, Access::Read).await?, &shown).await
        }
        Cursor::Show { one, shown } => {
            let (key, store) = open_one(&one, Access::Read).await?;
            show(&*store, &key, &shown).await
        }
        Cursor::Set { one, cursor, unasked } => {
            let key = parse(&one.key)?;
            let cursor = cursor
                .parse()
                .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))?;
            confirm(unasked.yes, &format!("Set the cursor `{key}`?"))?;
            let made = one.cursors.local.as_ref().filter(|folder| !folder.is_dir());
            // Who brings a cursor along has it set before there is anything else.
            let store = open(&one.cursors, Access::Make).await?;
            if let Some(folder) = made {
                say(format!("a replica was made in `{}`", folder.display()));
            }
            set(&*store, key, cursor).await
        }
        Cursor::Reset { one, unasked } => {
            let question =
                format!("Forget the cursor `{}`, so that its feed is read anew?", parse(&one.key)?);
            confirm(unasked.yes, &question)?;
            let (key, store) = open_one(&one, Access::Change).await?;
            reset(&*store, &key).await
        }
    }
}

async fn open_one(one: &OneCursor, access: Access) -> Outcome<(CursorKey, Arc<dyn CursorStore>)> {
    Ok((parse(&one.key)?, open(&one.cursors, access).await?))
}

async fn open(cursors: &Cursors, access: Access) -> Outcome<Arc<dyn CursorStore>> {
    match (&cursors.local, &cursors.into, &cursors.state) {
        (Some(folder), ..) => Ok(Place::Folder(folder.clone()).database(access).await?),
        (None, Some(into), _) => Ok(Place::parse(into)?.database(access).await?),
        (None, None, Some(state)) => Place::parse(state)?.cursors(access).await,
        (None, None, None) => {
            Err(Failure::new(Exit::Usage, "expected --local DIR or --state DIR | URL"))
        }
    }
}

fn parse(key: &str) -> Outcome<CursorKey> {
    key.parse().map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))
}

async fn list(store: &dyn CursorStore, shown: &Shown) -> Outcome<Exit> {
    let mut listing = Listing::new(shown, &["key", "generation", "newest", "cursor"]);
    let all = store.list().await?;
    let is_empty = all.is_empty();
    for (key, position) in all {
        let line = serde_json::json!({
            "key": key.as_str(),
            "generation": position.generation,
            "newest": position.newest.map(|at| at.to_string()),
            "cursor": position.cursor.as_ref().map(ToString::to_string),
        });
        listing.item(&line.to_string(), || {
            let (newest, cursor) = words(&position);
            vec![key.to_string(), measure::count(position.generation), newest, cursor]
        })?;
    }
    listing.finish()?;
    if is_empty {
        say("there are no cursors: no feed was pulled yet");
    }
    Ok(Exit::Success)
}

async fn show(store: &dyn CursorStore, key: &CursorKey, shown: &Shown) -> Outcome<Exit> {
    let position = store.load(key).await?;
    if position == Position::default() {
        say(format!("there is no cursor `{key}`"));
        return Ok(Exit::Missing);
    }
    let lease = store.lease(key).await?;
    let (newest, cursor) = words(&position);
    let mut rows = vec![
        ["key", key.as_str()].map(str::to_owned),
        ["cursor".to_owned(), cursor],
        ["newest".to_owned(), newest],
        ["generation".to_owned(), position.generation.to_string()],
    ];
    let held = lease.as_ref().map(|lease| (lease.holder.clone(), instant(lease.expires)));
    if let Some((holder, expires)) = &held {
        rows.push(["lease of".to_owned(), holder.clone()]);
        rows.push(["lease until".to_owned(), expires.clone()]);
    }
    let item = serde_json::json!({
        "key": key.as_str(),
        "cursor": position.cursor.as_ref().map(ToString::to_string),
        "newest": position.newest.map(|at| at.to_string()),
        "generation": position.generation,
        "lease": held.map(|(holder, expires)| serde_json::json!({ "holder": holder, "expires": expires })),
    });
    let mut listing = Listing::new(shown, &["what", "value"]);
    listing.thing(&item.to_string(), rows)?;
    listing.finish()?;
    Ok(Exit::Success)
}

async fn set(
    store: &dyn CursorStore,
    key: CursorKey,
    cursor: inthreat_api::Cursor,
) -> Outcome<Exit> {
    let before = store.load(&key).await?;
    store.commit(Commit::new(key.clone(), before.generation, cursor)).await?;
    let (_, was) = words(&before);
    say(format!("the cursor `{key}` is set; before it was: {was}"));
    Ok(Exit::Success)
}

async fn reset(store: &dyn CursorStore, key: &CursorKey) -> Outcome<Exit> {
    let before = store.load(key).await?;
    if store.forget(key).await? {
        let (_, was) = words(&before);
        say(format!("the cursor `{key}` is forgotten; before it was: {was}"));
        return Ok(Exit::Success);
    }
    say(format!("there is no cursor `{key}`"));
    Ok(Exit::Missing)
}

/// The newest `modified` up to a cursor, and the cursor.
fn words(position: &Position) -> (String, String) {
    let newest = position.newest.map(|at| at.to_string()).unwrap_or_default();
    let cursor = position.cursor.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    (newest, cursor)
}

fn instant(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_unix(seconds, 0).map(|at| at.to_string()).unwrap_or_default()
}
