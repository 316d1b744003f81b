//! `inthreat get`: objects by their ids.

use inthreat_stix::Id;

use crate::{
    arguments::Get,
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Output, say},
    source,
};

pub(crate) async fn run(arguments: Get) -> Outcome<Exit> {
    let ids = arguments.ids.iter().map(|text| parse_id(text)).collect::<Outcome<Vec<Id>>>()?;
    let center = source::open(&arguments.source)?;
    let objects = match ids.as_slice() {
        [id] => vec![center.object(id.clone()).await?],
        _ => center.objects(ids.clone()).await?,
    };
    let mut output = Output::new();
    let format = output.format(arguments.output);
    output.objects(&objects, format)?;
    output.finish()?;
    let found = |id: &Id| objects.iter().any(|object| object.id() == Some(&id.to_string()));
    let missing: Vec<String> =
        ids.iter().filter(|id| !found(id)).map(|id| format!("`{id}`")).collect();
    if missing.is_empty() {
        return Ok(Exit::Success);
    }
    say(format!("not found: {}", missing.join(", ")));
    Ok(Exit::Missing)
}

/// Reads an id from the command line.
pub(crate) fn parse_id(text: &str) -> Outcome<Id> {
    Id::lenient(text.trim())
        .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))
}
