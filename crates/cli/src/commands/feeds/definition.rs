//! What a feed selects, as it is written on the command line, in files and in answers.

use inthreat_api::{Feed, FeedDraft, FeedFormat, ObservableType, SortOrder};
use inthreat_stix::Id;
use serde_json::Value;

use crate::{
    arguments::Definition,
    commands::get::parse_id,
    exit::Exit,
    failure::{Failure, Outcome},
    types, values,
};

/// A feed of which nothing is said: all objects, oldest first.
pub(super) fn blank() -> FeedDraft {
    let mut draft = FeedDraft::default();
    draft.sort_order = SortOrder::Ascending;
    draft
}

/// Puts what is said into a draft; the rest of it stays.
pub(super) fn put(definition: &Definition, draft: &mut FeedDraft) -> Outcome {
    let text = |to: &mut String, from: &Option<String>| {
        if let Some(text) = from {
            to.clone_from(text);
        }
    };
    text(&mut draft.title, &definition.title);
    text(&mut draft.description, &definition.description);
    text(&mut draft.template, &definition.template);
    list(&mut draft.types, definition.types.as_ref(), |text| {
        types::object(text).map_err(|meant| unknown("types", text, &meant))
    })?;
    list(&mut draft.observable_types, definition.observable_types.as_ref(), |text| {
        let name =
            types::observable(text).map_err(|meant| unknown("observable_types", text, &meant))?;
        Ok(ObservableType::from(name.as_str()))
    })?;
    list(&mut draft.sources, definition.sources.as_ref(), parse_id)?;
    list(&mut draft.tlps, definition.tlps.as_ref(), marking)?;
    list(&mut draft.labels, definition.labels.as_ref(), |text| Ok(text.to_owned()))?;
    list(&mut draft.sectors, definition.sectors.as_ref(), parse_id)?;
    list(&mut draft.locations, definition.locations.as_ref(), parse_id)?;
    list(&mut draft.fields, definition.fields.as_ref(), |text| Ok(text.to_owned()))?;
    draft.include_revoked = definition.include_revoked.unwrap_or(draft.include_revoked);
    draft.skip_expired = definition.skip_expired.unwrap_or(draft.skip_expired);
    match definition.format.as_deref() {
        None => {}
        Some("json") => draft.format = FeedFormat::Json,
        Some("csv") => draft.format = FeedFormat::Csv,
        Some("text") => draft.format = FeedFormat::Text,
        Some("custom") => draft.format = FeedFormat::Custom,
        Some(other) => return Err(wrong("format", other, "json, csv, text or custom")),
    }
    match definition.sort_order.as_deref() {
        None => {}
        Some("ascending" | "asc") => draft.sort_order = SortOrder::Ascending,
        Some("descending" | "desc") => draft.sort_order = SortOrder::Descending,
        Some(other) => return Err(wrong("sort_order", other, "ascending or descending")),
    }
    Ok(())
}

/// Replaces a list where one is given. `--types ''` is a list of one empty text, which means none.
fn list<T>(
    to: &mut Vec<T>,
    from: Option<&Vec<String>>,
    read: impl Fn(&str) -> Outcome<T>,
) -> Outcome {
    if let Some(texts) = from {
        let texts = texts.iter().filter(|text| !text.is_empty());
        *to = texts.map(|text| read(text)).collect::<Outcome<_>>()?;
    }
    Ok(())
}

fn marking(text: &str) -> Outcome<Id> {
    match values::tlp(text) {
        Ok(level) => values::marking(level),
        Err(_) => parse_id(text),
    }
}

fn unknown(property: &str, name: &str, meant: &str) -> Failure {
    let name: String = name.chars().take(80).collect();
    Failure::new(Exit::Usage, format!("{property}: there is no type `{name}`: {meant}"))
}

fn wrong(name: &str, value: &str, expected: &str) -> Failure {
    let value: String = value.chars().take(80).collect();
    Failure::new(Exit::Usage, format!("`{value}` is no {name}: expected {expected}"))
}

/// The properties of a definition, named as in files.
pub(super) fn properties(draft: &FeedDraft) -> [(&'static str, Value); 15] {
    fn texts<T: ToString>(items: &[T]) -> Value {
        items.iter().map(ToString::to_string).collect::<Vec<_>>().into()
    }
    [
        ("title", draft.title.as_str().into()),
        ("description", draft.description.as_str().into()),
        ("types", texts(&draft.types)),
        ("observable_types", texts(&draft.observable_types)),
        ("sources", texts(&draft.sources)),
        ("tlps", texts(&draft.tlps)),
        ("labels", texts(&draft.labels)),
        ("sectors", texts(&draft.sectors)),
        ("locations", texts(&draft.locations)),
        ("format", format(draft).into()),
        ("fields", texts(&draft.fields)),
        ("template", draft.template.as_str().into()),
        ("include_revoked", draft.include_revoked.into()),
        ("skip_expired", draft.skip_expired.into()),
        ("sort_order", order(draft).into()),
    ]
}

/// A feed as JSON.
pub(super) fn json(feed: &Feed) -> String {
    let about = [
        ("created", feed.created.map(|at| at.to_string()).into()),
        ("modified", feed.modified.map(|at| at.to_string()).into()),
        ("community_uuid", feed.community_uuid.clone().into()),
    ];
    let id = [("id", Value::from(feed.id.as_str()))];
    let members = id.into_iter().chain(properties(&feed.draft)).chain(about);
    let members = members.map(|(name, value)| format!("\"{name}\":{value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

pub(super) fn order(draft: &FeedDraft) -> &'static str {
    if draft.sort_order == SortOrder::Ascending { "ascending" } else { "descending" }
}

pub(super) fn format(draft: &FeedDraft) -> &'static str {
    match draft.format {
        FeedFormat::Json => "json",
        FeedFormat::Csv => "csv",
        FeedFormat::Text => "text",
        FeedFormat::Custom => "custom",
        _ => "unknown",
    }
}
