//! `inthreat quarantine`: what was set aside, to be looked at and tried again.

use std::borrow::Cow;

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Quarantined};

use crate::{
    arguments::{Holder, Quarantine, Shown, Told},
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    place::{Access, Database, Place},
    print::{Format, Listing, Output, say},
    terminal,
};

/// How many items are read at once.
const PART: u32 = 500;
/// How much of an item's text a table shows.
const SHOWN: usize = 60;

pub(crate) async fn run(arguments: Quarantine) -> Outcome<Exit> {
    let open =
        |holder: &Holder| match (holder.folder.as_ref().or(holder.local.as_ref()), &holder.into) {
            (Some(folder), _) => Ok(Place::Folder(folder.clone())),
            (None, Some(into)) => Place::parse(into),
            (None, None) => Err(Failure::new(Exit::Usage, "expected DIR or --into DIR | URL")),
        };
    match arguments {
        Quarantine::List { holder, ndjson, mut shown } => {
            if ndjson {
                shown.output = Some(Format::Ndjson);
            }
            list(&*open(&holder)?.database(Access::Read).await?, &shown).await
        }
        Quarantine::Show { number, holder, told } => {
            show(&*open(&holder)?.database(Access::Read).await?, number, &told).await
        }
        Quarantine::Retry { holder } => {
            retry(&*open(&holder)?.database(Access::Change).await?).await
        }
    }
}

async fn list(database: &dyn Database, shown: &Shown) -> Outcome<Exit> {
    let mut listing = Listing::new(shown, &["number", "feed", "received", "reason", "text"]);
    let mut after = 0;
    loop {
        let part = database.quarantined(after, PART).await?;
        let Some(last) = part.last() else { break };
        after = last.number;
        for item in part {
            listing.item(&json(&item), || {
                let cut = text(&item).chars().take(SHOWN).collect();
                let (received, reason) = (received(&item), item.reason.clone());
                vec![item.number.to_string(), item.feed.clone(), received, reason, cut]
            })?;
        }
    }
    listing.finish()?;
    if after == 0 {
        say("nothing is in quarantine");
    }
    Ok(Exit::Success)
}

/// Prints what came, and says why it is here.
async fn show(database: &dyn Database, number: u64, told: &Told) -> Outcome<Exit> {
    let found = match number.checked_sub(1) {
        Some(before) => database.quarantined(before, 1).await?.pop(),
        None => None,
    };
    let Some(item) = found.filter(|item| item.number == number) else {
        say(format!("there is no item {number} in quarantine"));
        return Ok(Exit::Missing);
    };
    if let Some(mut listing) = told.listing(&["what", "value"]) {
        let rows = [
            ["number", &item.number.to_string()],
            ["feed", &item.feed],
            ["index", &item.index.to_string()],
            ["received", &received(&item)],
            ["reason", &item.reason],
            ["text", &text(&item)],
        ];
        listing.thing(&json(&item), rows.map(|row| row.map(str::to_owned)))?;
        listing.finish()?;
        return Ok(Exit::Success);
    }
    let received = received(&item);
    let words = format!("item {} of feed {}, {received}: {}", item.index, item.feed, item.reason);
    say(terminal::visible(&words));
    let mut output = Output::new();
    output.json(&item.bytes)?;
    output.finish()?;
    Ok(Exit::Success)
}

fn json(item: &Quarantined) -> String {
    let item = serde_json::json!({
        "number": item.number,
        "feed": item.feed,
        "index": item.index,
        "received": received(item),
        "reason": item.reason,
        "text": text(item),
    });
    item.to_string()
}

fn received(item: &Quarantined) -> String {
    item.received.map(|at| at.to_string()).unwrap_or_default()
}

/// The item as it came. What is no UTF-8 is replaced.
fn text(item: &Quarantined) -> Cow<'_, str> {
    String::from_utf8_lossy(&item.bytes)
}

async fn retry(database: &dyn Database) -> Outcome<Exit> {
    let (mut stored, mut left, mut after) = (0, 0, 0);
    loop {
        let part = database.quarantined(after, PART).await?;
        let Some(last) = part.last() else { break };
        after = last.number;
        let mut released = Vec::new();
        for item in part {
            let number = item.number;
            match understood(item) {
                Some(batch) => {
                    database.write(batch).await?;
                    released.push(number);
                }
                None => left += 1,
            }
        }
        stored += released.len() as u64;
        // They are taken out only when they are stored.
        database.release(released).await?;
    }
    let stored = measure::things(stored, "item");
    say(format!("stored {stored}, left {} aside", measure::count(left)));
    Ok(Exit::Success)
}

/// The item as an object that can be stored.
fn understood(item: Quarantined) -> Option<Batch> {
    let mut batch = Batch::new(item.feed.parse().ok()?);
    batch.extend([RawObject::new(item.bytes).ok()?]);
    batch.rejected.is_empty().then_some(batch)
}
