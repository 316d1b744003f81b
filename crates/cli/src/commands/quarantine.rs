//! `inthreat quarantine`: what was set aside, to be looked at and tried again.

use std::path::Path;

use inthreat_replica::{Options, Quarantined, Replica};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink};

use crate::{
    arguments::Quarantine,
    exit::Exit,
    failure::Outcome,
    measure,
    print::{Output, say},
    source,
};

/// How many items are read at once.
const PART: u32 = 500;
/// How much of an item's text a table shows.
const SHOWN: usize = 60;

pub(crate) async fn run(arguments: Quarantine) -> Outcome<Exit> {
    match arguments {
        Quarantine::List { folder, ndjson } => list(&folder, ndjson),
        Quarantine::Retry { folder } => retry(&folder).await,
    }
}

fn list(folder: &Path, ndjson: bool) -> Outcome<Exit> {
    let replica = source::open_replica(folder)?;
    let mut output = Output::new();
    let mut rows = Vec::new();
    let mut after = 0;
    loop {
        let part = replica.quarantined(after, PART)?;
        let Some(last) = part.last() else { break };
        after = last.number;
        for item in part {
            let text = String::from_utf8_lossy(&item.bytes);
            let received = item.received.map(|at| at.to_string()).unwrap_or_default();
            if ndjson {
                let line = serde_json::json!({
                    "number": item.number,
                    "feed": item.feed,
                    "index": item.index,
                    "received": received,
                    "reason": item.reason,
                    "text": text,
                });
                output.json_line(line.to_string().as_bytes())?;
            } else {
                let shown = text.chars().take(SHOWN).collect();
                rows.push([item.number.to_string(), item.feed, received, item.reason, shown]);
            }
        }
    }
    let is_empty = after == 0;
    if !ndjson && !is_empty {
        output.table(&["NUMBER", "FEED", "RECEIVED", "REASON", "TEXT"], rows.into_iter())?;
    }
    output.finish()?;
    if is_empty {
        say("nothing is in quarantine");
    }
    Ok(Exit::Success)
}

async fn retry(folder: &Path) -> Outcome<Exit> {
    let replica = Replica::open_writer(folder, Options::default())?;
    let (mut stored, mut left, mut after) = (0, 0, 0);
    loop {
        let part = replica.quarantined(after, PART)?;
        let Some(last) = part.last() else { break };
        after = last.number;
        let mut released = Vec::new();
        for item in part {
            let number = item.number;
            match understood(item) {
                Some(batch) => {
                    replica.write(batch).await?;
                    released.push(number);
                }
                None => left += 1,
            }
        }
        stored += released.len() as u64;
        // They are taken out only when they are stored.
        replica.release(released).await?;
    }
    say(format!("{} items are stored now, {} stay", measure::count(stored), measure::count(left)));
    Ok(Exit::Success)
}

/// The item as an object that can be stored.
fn understood(item: Quarantined) -> Option<Batch> {
    let mut batch = Batch::new(item.feed.parse().ok()?);
    batch.extend([RawObject::new(item.bytes).ok()?]);
    batch.rejected.is_empty().then_some(batch)
}
