//! Which definitions of feeds are good (CONTRACT 3.1 to 3.3).

use std::fmt::Display;

use inthreat_stix::{Id, Kind};

use super::{FeedDraft, FeedField, FeedFormat};
use crate::{Error, ObservableType, Result};

/// The types of objects that feeds deliver (CONTRACT 3.3).
const OBJECT_TYPES: [&str; 20] = [
    "observed-data",
    "threat-actor",
    "course-of-action",
    "intrusion-set",
    "malware",
    "indicator",
    "identity",
    "note",
    "vulnerability",
    "tool",
    "marking-definition",
    "relationship",
    "campaign",
    "report",
    "infrastructure",
    "sighting",
    "grouping",
    "location",
    "opinion",
    "attack-pattern",
];
const TITLE_LENGTH_MAX: usize = 1000;
const DESCRIPTION_LENGTH_MAX: usize = 10_000;
const LABEL_LENGTH_MAX: usize = 1000;
const TEMPLATE_LENGTH_MAX: usize = 16 << 10;
const VALUES_MAX: usize = 1000;

impl FeedDraft {
    /// Whether a feed can be made of this, for whoever keeps feeds.
    ///
    /// Types are those that the service documents, or extensions (`x-…`); sources and sectors are identities, TLPs marking
    /// definitions and locations locations; fields are those of [`FeedField`]; a custom feed has a template. A list
    /// has at most 1,000 values, a title or a label 1,000 bytes, a description 10,000 and a template 16 KiB.
    ///
    /// Fails with [`InvalidRequest`](crate::ErrorKind::InvalidRequest), naming the property and its wrong value.
    ///
    /// ```
    /// use inthreat_api::FeedDraft;
    ///
    /// let mut draft = FeedDraft::default();
    /// draft.types = vec!["ipv4-addr".into()];
    /// assert_eq!(draft.check().unwrap_err().field(), Some("types"));
    /// ```
    pub fn check(&self) -> Result<()> {
        check_length("title", &self.title, TITLE_LENGTH_MAX)?;
        check_length("description", &self.description, DESCRIPTION_LENGTH_MAX)?;
        check_length("template", &self.template, TEMPLATE_LENGTH_MAX)?;
        each("types", &self.types, "a type that feeds deliver", |text| {
            OBJECT_TYPES.contains(&text.as_str()) || is_extension(text)
        })?;
        each("observable_types", &self.observable_types, "a type of observables", |known| {
            !matches!(known, ObservableType::Other(_))
        })?;
        of_kind("sources", &self.sources, &Kind::Identity)?;
        of_kind("tlps", &self.tlps, &Kind::MarkingDefinition)?;
        of_kind("sectors", &self.sectors, &Kind::Identity)?;
        of_kind("locations", &self.locations, &Kind::Location)?;
        each("labels", &self.labels, "a label of 1 to 1,000 bytes", |label| {
            (1..=LABEL_LENGTH_MAX).contains(&label.len())
        })?;
        each("fields", &self.fields, "a field", |name| FeedField::from_name(name).is_some())?;
        if self.format == FeedFormat::Custom && self.template.is_empty() {
            return Err(Error::invalid("template", "a feed in a custom format needs one"));
        }
        Ok(())
    }
}

/// Whether a text is the name of a type that STIX leaves to others.
fn is_extension(text: &str) -> bool {
    text.len() <= 250
        && text.strip_prefix("x-").is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn of_kind(field: &str, ids: &[Id], kind: &Kind) -> Result<()> {
    each(field, ids, format_args!("an identifier of the type `{kind}`"), |id| id.kind() == *kind)
}

fn each<T: Display>(
    field: &str,
    values: &[T],
    expected: impl Display,
    is_good: impl Fn(&T) -> bool,
) -> Result<()> {
    if values.len() > VALUES_MAX {
        return Err(Error::invalid(field, format_args!("it has more than {VALUES_MAX} values")));
    }
    match values.iter().find(|value| !is_good(value)) {
        None => Ok(()),
        Some(value) => {
            let value: String = value.to_string().escape_debug().take(80).collect();
            Err(Error::invalid(field, format_args!("`{value}` is not {expected}")))
        }
    }
}

fn check_length(field: &str, text: &str, length_max: usize) -> Result<()> {
    if text.len() > length_max {
        return Err(Error::invalid(field, format_args!("it is longer than {length_max} bytes")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn id(text: &str) -> Id {
        Id::lenient(text).unwrap()
    }

    // Catches a wrong definition that is kept, and an error that does not say where it is wrong.
    #[test]
    fn wrong_definitions_are_told_by_their_field() {
        type Spoil = fn(&mut FeedDraft);
        let spoilt: [(&str, Spoil); 14] = [
            ("title", |draft| draft.title = "x".repeat(1001)),
            ("description", |draft| draft.description = "x".repeat(10_001)),
            ("template", |draft| draft.template = "x".repeat((16 << 10) + 1)),
            ("template", |draft| draft.format = FeedFormat::Custom),
            ("types", |draft| draft.types = vec!["malware".into(), "ipv4-addr".into()]),
            ("types", |draft| draft.types = vec!["x-".into()]),
            ("types", |draft| draft.types = vec!["tool".into(); 1001]),
            ("observable_types", |draft| draft.observable_types = vec!["x".into()]),
            ("sources", |draft| draft.sources = vec![id("malware--1")]),
            ("tlps", |draft| draft.tlps = vec![id("identity--1")]),
            ("sectors", |draft| draft.sectors = vec![id("location--1")]),
            ("locations", |draft| draft.locations = vec![id("identity--1")]),
            ("labels", |draft| draft.labels = vec![String::new()]),
            ("fields", |draft| draft.fields = vec!["Name".into()]),
        ];
        for (field, spoil) in spoilt {
            let mut draft = FeedDraft::default();
            spoil(&mut draft);
            let error = draft.check().unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some(field)));
        }
    }

    // Catches a good definition that is refused.
    #[test]
    fn good_definitions_are_taken() {
        FeedDraft::default().check().unwrap();
        let draft = FeedDraft {
            title: "Blocklist".into(),
            types: vec!["indicator".into(), "x-mitre-tactic".into()],
            observable_types: vec![ObservableType::Ipv4Addr],
            sources: vec![id("identity--1")],
            tlps: vec![id("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9")],
            sectors: vec![id("identity--2")],
            locations: vec![id("location--1")],
            labels: vec!["botnet".into()],
            format: FeedFormat::Custom,
            fields: vec!["kill_chain".into()],
            template: "$name".into(),
            ..FeedDraft::default()
        };
        draft.check().unwrap();
    }
}
