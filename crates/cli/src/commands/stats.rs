//! `inthreat replica stats`: what a replica holds.

use std::path::Path;

use inthreat_replica::Stats;
use inthreat_store::{CursorKey, CursorStore, Position};
use serde_json::{Map, Value, json};

use crate::{arguments::Shown, exit::Exit, failure::Outcome, measure, print::Listing, source};

pub(crate) async fn run(folder: &Path, shown: &Shown) -> Outcome<Exit> {
    let replica = source::open_replica(folder)?;
    let stats = replica.stats()?;
    let cursors = replica.list().await?;
    let value = value(&stats, &cursors);
    let mut listing = Listing::new(shown, &["what", "value"]);
    let rows = if listing.is_for_people() {
        rows(&stats, &cursors)
    } else {
        let mut rows = Vec::new();
        flat("", &value, &mut rows);
        rows
    };
    listing.thing(&value.to_string(), rows)?;
    listing.finish()?;
    Ok(Exit::Success)
}

/// The rows of a table for people.
fn rows(stats: &Stats, cursors: &[(CursorKey, Position)]) -> Vec<[String; 2]> {
    let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
    let mut rows = vec![
        ["objects".to_owned(), measure::count(stats.objects)],
        ["revoked".to_owned(), measure::count(stats.revoked)],
        ["older versions".to_owned(), measure::count(stats.retired)],
        ["newest".to_owned(), stats.newest.map(|t| t.to_string()).unwrap_or_default()],
        ["sequence".to_owned(), measure::count(stats.sequence)],
        ["as JSON".to_owned(), megabytes(stats.body_bytes)],
        ["compressed".to_owned(), megabytes(stats.stored_body_bytes)],
        ["on disk".to_owned(), megabytes(stats.database_bytes + stats.log_bytes)],
        ["in quarantine".to_owned(), measure::count(stats.quarantined)],
    ];
    let types =
        stats.types.iter().map(|(name, count)| [format!("type {name}"), measure::count(*count)]);
    rows.extend(types);
    for (key, position) in cursors {
        let cursor = position.cursor.as_ref();
        let cursor = cursor.map_or_else(|| "forgotten".to_owned(), ToString::to_string);
        rows.push([format!("cursor {key}"), cursor]);
    }
    rows
}

/// The same for programs: whole numbers, sizes in bytes.
fn value(stats: &Stats, cursors: &[(CursorKey, Position)]) -> Value {
    let types = stats.types.iter().map(|(name, count)| (name.clone(), Value::from(*count)));
    let cursors = cursors.iter().map(|(key, position)| {
        (key.to_string(), position.cursor.as_ref().map(ToString::to_string).into())
    });
    json!({
        "objects": stats.objects,
        "revoked": stats.revoked,
        "older_versions": stats.retired,
        "newest": stats.newest.map(|at| at.to_string()),
        "sequence": stats.sequence,
        "body_bytes": stats.body_bytes,
        "stored_body_bytes": stats.stored_body_bytes,
        "disk_bytes": stats.database_bytes + stats.log_bytes,
        "quarantined": stats.quarantined,
        "types": types.collect::<Map<_, _>>(),
        "cursors": cursors.collect::<Map<_, _>>(),
    })
}

/// Each value with its path: `types.indicator`.
fn flat(name: &str, value: &Value, rows: &mut Vec<[String; 2]>) {
    let text = match value {
        Value::Object(members) => {
            for (member, inner) in members {
                let name =
                    if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
                flat(&name, inner, rows);
            }
            return;
        }
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.push([name.to_owned(), text]);
}
