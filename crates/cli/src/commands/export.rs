//! `inthreat export`: the objects of a replica or of a feed as one stream.

mod edl;
mod misp;
mod navigator;
mod objects;
mod table;
#[cfg(test)]
mod tests;

use std::{io::Write, sync::Arc};

use inthreat_api::{FeedId, Roles};
use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use sha2::{Digest, Sha256};

use crate::{
    arguments::{Export, ExportFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::{Output, say},
    source, types, values,
};
use objects::Objects;

pub(crate) async fn run(arguments: Export) -> Outcome<Exit> {
    if arguments.dir.is_some() && arguments.format != ExportFormat::Misp {
        return Err(Failure::new(Exit::Usage, "--dir goes with --format misp alone")
            .hint("the other formats are written to standard output"));
    }
    if is_whole(&arguments) {
        return whole(&arguments);
    }
    let objects = || Objects::open(&arguments);
    let (count, told) = match arguments.format {
        ExportFormat::Ndjson => (lines(objects()?).await?, "object"),
        ExportFormat::Stix => (bundle(objects()?).await?, "object"),
        ExportFormat::Csv | ExportFormat::Text | ExportFormat::Template => {
            (table::write(&arguments, objects()?).await?, "object")
        }
        ExportFormat::Navigator => (navigator::write(&arguments, objects()?).await?, "technique"),
        ExportFormat::Edl => (edl::write(&arguments, objects()?).await?, "value"),
        ExportFormat::Misp => (misp::write(&arguments).await?, "event"),
    };
    if count == 0 && arguments.format == ExportFormat::Misp {
        say(
            "hint: it has the indicators that are active now, and none that are revoked or expired",
        );
    }
    if count == 0 {
        types::tell_unknown(&arguments.types);
    }
    say(format!("exported {}", measure::things(count, told)));
    Ok(Exit::Success)
}

/// Whether a replica can write it by itself, bytes as they are stored.
fn is_whole(arguments: &Export) -> bool {
    arguments.source.local.is_some()
        && matches!(arguments.format, ExportFormat::Ndjson | ExportFormat::Stix)
        && arguments.types.is_empty()
        && arguments.since.is_none()
}

fn whole(arguments: &Export) -> Outcome<Exit> {
    let (replica, options) = objects::of_replica(arguments)?;
    let format = match arguments.format {
        ExportFormat::Stix => inthreat_replica::ExportFormat::Bundle,
        _ => inthreat_replica::ExportFormat::Ndjson,
    };
    let mut output = Output::new();
    let exported = replica.export(&options.with_format(format), &mut output)?;
    output.finish()?;
    say(format!(
        "exported {}, as of sequence {}, {}",
        measure::things(exported.objects, "object"),
        exported.moment.sequence,
        exported.moment.instant
    ));
    Ok(Exit::Success)
}

async fn lines(mut objects: Objects) -> Outcome<u64> {
    let mut output = Output::new();
    let mut count = 0;
    while let Some(part) = objects.next().await? {
        for object in &part {
            output.json_line(object.as_bytes())?;
            count += 1;
        }
    }
    output.finish()?;
    Ok(count)
}

/// One bundle. Its identifier stands at the end and is made of what stands before, so that the same objects are the same
/// bundle.
async fn bundle(mut objects: Objects) -> Outcome<u64> {
    let mut output = Output::new();
    let mut digest = Sha256::new();
    let mut count = 0;
    output.write_all(br#"{"type":"bundle","objects":["#)?;
    while let Some(part) = objects.next().await? {
        for object in &part {
            if count > 0 {
                output.write_all(b",")?;
            }
            output.write_all(object.as_bytes())?;
            digest.update(object.as_bytes());
            count += 1;
        }
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
    // A UUID of one's own making (RFC 9562, version 8).
    for (at, keep, mark) in [(6, 0x0f, 0x80), (8, 0x3f, 0x80)] {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & keep) | mark;
        }
    }
    let id = Id::new(Kind::Bundle, bytes);
    output.json(format!(r#"],"id":"{id}"}}"#).as_bytes())?;
    output.finish()?;
    Ok(count)
}

/// Whether an object is wanted, by its type and the time of its last change.
fn is_wanted(arguments: &Wanted, object: &RawObject) -> bool {
    let has_type = object.object_type().is_some_and(|it| arguments.types.iter().any(|t| t == it));
    let changed = object.modified().or_else(|| object.created());
    (arguments.types.is_empty() || has_type)
        && arguments.since.is_none_or(|since| changed.is_some_and(|at| at >= since))
}

/// Which objects are wanted.
struct Wanted {
    types: Vec<String>,
    since: Option<Timestamp>,
}

/// The feed that is exported.
fn feed(arguments: &Export) -> Outcome<FeedId> {
    arguments.feed.as_deref().map_or_else(|| Ok(FeedId::default()), values::feed)
}

/// Whoever answers, to be asked for names.
fn center(arguments: &Export) -> Outcome<Arc<dyn Roles>> {
    source::open(&arguments.source)
}
