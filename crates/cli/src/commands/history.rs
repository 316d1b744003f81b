//! `inthreat replica compact` and `inthreat replica changes`: the past of a replica, and what it no longer needs.

use std::{fs, io, path::Path};

use inthreat_replica::{
    ChangeKind, CompactOptions, DeltaChange, DeltaOptions, DeltaPosition, Options, Replica,
};
use inthreat_store::{State, atomic_write};

use crate::{
    arguments::{Changes, Compact},
    clock,
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::{Listing, say},
    source,
    summary::Summary,
    types,
};

const HEAD: [&str; 6] = ["change", "state", "sequence", "type", "name", "id"];

pub(crate) fn compact(arguments: &Compact) -> Outcome<Exit> {
    if arguments.keep.is_none() {
        drop(source::open_replica(&arguments.folder)?);
        let folder = arguments.folder.display();
        let question = format!("Drop all older versions of the objects in `{folder}`?");
        confirm(arguments.unasked.yes, &question)?;
    }
    let replica = Replica::open_writer(&arguments.folder, Options::default())?;
    let mut options = CompactOptions::default();
    if let Some(keep) = arguments.keep {
        let seconds = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
        let since = clock::now().and_then(|now| now.plus_seconds(seconds.saturating_neg()));
        let since = since.ok_or_else(|| Failure::new(Exit::Usage, "the time is too long"))?;
        options = options.with_since(since);
    }
    let compacted = replica.compact(options, |_| true)?;
    if arguments.shrink {
        replica.shrink()?;
    }
    let versions = measure::things(compacted.versions, "older version");
    let floor = measure::count(compacted.floor);
    say(format!("dropped {versions}; states from sequence {floor} on can be told"));
    if !arguments.shrink && compacted.free_bytes > 0 {
        let megabytes = compacted.free_bytes / 1_000_000;
        say(format!("{megabytes} MB are free for what comes; --shrink gives them back"));
    }
    Ok(Exit::Success)
}

pub(crate) fn changes(arguments: &Changes) -> Outcome<Exit> {
    let replica = source::open_replica(arguments.of.folder())?;
    let mut position = match (&arguments.position, arguments.since) {
        (Some(file), _) => read_position(file)?,
        (None, Some(when)) => DeltaPosition::behind(source::moment(&replica, when)?),
        (None, None) => DeltaPosition::beginning(),
    };
    let mut options = DeltaOptions::default().with_types(arguments.types.clone());
    if let Some(when) = arguments.until {
        options = options.with_until(source::moment(&replica, when)?);
    }
    let mut listing = Listing::new(&arguments.shown, &HEAD);
    let mut count = 0;
    loop {
        let delta = replica.delta(position, &options)?;
        for change in &delta.changes {
            print(&replica, change, &mut listing)?;
        }
        count += delta.changes.len() as u64;
        position = delta.position;
        if delta.is_complete {
            break;
        }
    }
    // Whoever reads has it all before the position moves.
    listing.finish()?;
    if let Some(file) = &arguments.position {
        atomic_write(file, format!("{position}\n"))?;
    }
    if count == 0 {
        types::tell_unknown(&arguments.types);
    }
    say(format!("{}, up to position {position}", measure::things(count, "change")));
    Ok(Exit::Success)
}

/// The position in a file; where there is none, the beginning.
fn read_position(file: &Path) -> Outcome<DeltaPosition> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text.trim().parse()?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DeltaPosition::beginning()),
        Err(error) => {
            Err(Failure::because(Exit::Storage, format!("read `{}`", file.display()), &error))
        }
    }
}

/// Prints a change with the object that counts, or that counted, byte for byte.
fn print(replica: &Replica, change: &DeltaChange, listing: &mut Listing) -> Outcome {
    let (what, sequence) = match change.change {
        ChangeKind::Began => ("began", Some(change.sequence)),
        ChangeKind::Replaced => ("replaced", Some(change.sequence)),
        _ => ("ended", change.before),
    };
    let id = serde_json::Value::from(change.id.to_string());
    let mut json = format!(r#"{{"change":"{what}","id":{id},"sequence":{}"#, change.sequence);
    if let Some(before) = change.before {
        json = format!(r#"{json},"before":{before}"#);
    }
    let state = match change.change {
        ChangeKind::Ended(state) => word(state),
        _ => "",
    };
    if !state.is_empty() {
        json = format!(r#"{json},"state":"{state}""#);
    }
    let object = sequence.map(|sequence| replica.version(sequence)).transpose()?.flatten();
    if let Some(object) = &object {
        json = format!(r#"{json},"object":{}"#, object.as_str());
    }
    json.push('}');
    listing.item(&json, || {
        let summary = object.as_ref().map(Summary::of).unwrap_or_default();
        let (what, state) = (what.to_owned(), state.to_owned());
        let (sequence, id) = (change.sequence.to_string(), change.id.to_string());
        vec![what, state, sequence, summary.object_type, summary.name, id]
    })
}

fn word(state: State) -> &'static str {
    match state {
        State::Revoked => "revoked",
        State::Deprecated => "deprecated",
        State::Expired => "expired",
        State::Pending => "pending",
        _ => "unknown",
    }
}
