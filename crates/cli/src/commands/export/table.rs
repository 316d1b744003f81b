//! Objects in the formats that feeds have: CSV, text, and by a template.

use std::collections::HashMap;

use inthreat_api::FeedField;
use inthreat_stix::{Id, Kind, RawObject};
use inthreat_store::format::{Format, Formulas, PageWriter, name_of};

use super::{Objects, center};
use crate::{
    arguments::{Export, ExportFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    print::Output,
};

/// How many names are asked for at once.
const NAMES: usize = 100;
/// How many names are remembered.
const NAMES_MAX: usize = 100_000;

pub(super) async fn write(arguments: &Export, mut objects: Objects) -> Outcome<u64> {
    let formulas = if arguments.safe_csv { Formulas::Neutralised } else { Formulas::Kept };
    let format = match (arguments.format, &arguments.template) {
        (ExportFormat::Template, Some(template)) => Format::custom(template),
        (ExportFormat::Csv, _) => {
            known(&arguments.fields)?;
            Format::csv(&arguments.fields, formulas)?
        }
        _ => Format::text(),
    };
    let center = center(arguments)?;
    let mut names: HashMap<Id, Option<String>> = HashMap::new();
    let mut writer = PageWriter::new(&format);
    let mut output = Output::new();
    let mut count = 0;
    while let Some(part) = objects.next().await? {
        if names.len() > NAMES_MAX {
            names.clear();
        }
        for ids in named(&part, &names).chunks(NAMES) {
            let found = center.objects(ids.to_vec()).await?;
            names.extend(ids.iter().map(|id| (id.clone(), None)));
            names.extend(
                found
                    .iter()
                    .filter_map(|object| Some((Id::lenient(object.id()?).ok()?, name_of(object)))),
            );
        }
        let mut text = Vec::new();
        for object in &part {
            let name = |id: &Id| Ok::<_, Failure>(names.get(id).cloned().flatten());
            writer.write(object, name, &mut text)?;
            count += 1;
        }
        output.text(&String::from_utf8_lossy(&text))?;
    }
    let mut text = Vec::new();
    writer.finish(None, &mut text);
    output.text(&String::from_utf8_lossy(&text))?;
    output.finish()?;
    Ok(count)
}

/// Refuses a field that no table has, and names those that it can have.
fn known(fields: &[String]) -> Outcome {
    let unknown = fields.iter().find(|name| FeedField::from_name(name).is_none());
    let Some(name) = unknown else { return Ok(()) };
    let name: String = name.chars().take(80).collect();
    let there: Vec<&str> = FeedField::ALL.iter().map(|field| field.as_str()).collect();
    Err(Failure::new(Exit::Usage, format!("`{name}` is no field of a table"))
        .hint(format!("there are {}", there.join(", "))))
}

/// The identities and markings that objects name and whose names are not known yet.
fn named(objects: &[RawObject], known: &HashMap<Id, Option<String>>) -> Vec<Id> {
    let mut ids = Vec::new();
    for object in objects {
        let named = object.references().filter_map(|it| Id::lenient(it.id()).ok());
        let named = named.filter(|id| {
            matches!(id.kind(), Kind::Identity | Kind::MarkingDefinition) && !known.contains_key(id)
        });
        ids.extend(named);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}
