//! `inthreat get`: objects by their ids.

use std::{collections::HashSet, path::Path};

use inthreat_stix::Id;

use crate::{
    arguments::Get,
    exit::Exit,
    failure::{Failure, Outcome},
    input,
    print::{Listing, say},
    source,
    summary::Summary,
};

/// How many objects are asked for at once.
const PART: usize = 100;
/// How many of the ids that were not found are named.
const NAMED_MAX: usize = 10;

pub(crate) async fn run(arguments: Get) -> Outcome<Exit> {
    let ids = read_ids(&arguments.ids)?;
    let center = source::open(&arguments.source)?;
    let mut listing = Listing::new(&arguments.shown, &Summary::HEAD);
    if let [id] = ids.as_slice() {
        listing.object(&center.object(id.clone()).await?)?;
        listing.finish()?;
        return Ok(Exit::Success);
    }
    let mut missing = Vec::new();
    for part in ids.chunks(PART) {
        let objects = center.objects(part.to_vec()).await?;
        let found: HashSet<&str> = objects.iter().filter_map(|object| object.id()).collect();
        missing.extend(part.iter().filter(|id| !found.contains(id.to_string().as_str())));
        objects.iter().try_for_each(|object| listing.object(object))?;
    }
    listing.finish()?;
    if missing.is_empty() {
        return Ok(Exit::Success);
    }
    let named: Vec<String> = missing.iter().take(NAMED_MAX).map(|id| format!("`{id}`")).collect();
    let more = missing.len().saturating_sub(NAMED_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    say(format!("not found: {}{more}", named.join(", ")));
    Ok(Exit::Missing)
}

/// The ids that were given, each once; `-` stands for those of standard input.
fn read_ids(texts: &[String]) -> Outcome<Vec<Id>> {
    let mut ids = Vec::new();
    for text in texts {
        if text == "-" {
            input::lines(Path::new("-"), |_, line| {
                ids.push(parse_id(line)?);
                Ok(())
            })?;
        } else {
            ids.push(parse_id(text)?);
        }
    }
    let mut known = HashSet::new();
    ids.retain(|id| known.insert(id.clone()));
    Ok(ids)
}

/// Reads an id from the command line.
pub(crate) fn parse_id(text: &str) -> Outcome<Id> {
    Id::lenient(text.trim())
        .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))
}
