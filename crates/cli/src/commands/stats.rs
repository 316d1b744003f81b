//! `inthreat replica stats`: what a replica holds.

use std::path::Path;

use inthreat_replica::Stats;
use inthreat_store::{CursorKey, CursorStore, Position};
use serde_json::{Map, Value, json};

use crate::{
    arguments::Shown,
    exit::Exit,
    failure::Outcome,
    measure,
    print::{Format, Listing, Output},
    source,
};

pub(crate) async fn run(folder: &Path, format: Format) -> Outcome<Exit> {
    let replica = source::open_replica(folder)?;
    let stats = replica.stats()?;
    let cursors = replica.list().await?;
    if format == Format::Table {
        let mut output = Output::new();
        output.table(&["WHAT", "HOW MUCH"], rows(&stats, &cursors).into_iter())?;
        output.finish()?;
        return Ok(Exit::Success);
    }
    let mut listing = Listing::new(&Shown::of(format), &["what", "value"]);
    let value = value(&stats, &cursors);
    if listing.takes_rows() {
        flat("", &value, &mut |name, value| listing.row(vec![name, value]))?;
    } else {
        listing.value(&value.to_string())?;
    }
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

/// Gives each value with its path: `types.indicator`.
fn flat(name: &str, value: &Value, each: &mut impl FnMut(String, String) -> Outcome) -> Outcome {
    match value {
        Value::Object(members) => members.iter().try_for_each(|(member, inner)| {
            let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
            flat(&name, inner, each)
        }),
        Value::Null => each(name.to_owned(), String::new()),
        Value::String(text) => each(name.to_owned(), text.clone()),
        other => each(name.to_owned(), other.to_string()),
    }
}
