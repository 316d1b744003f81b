//! What a person wants to see of an object at a glance.

use std::borrow::Cow;

use inthreat_api::dialect::TLP_MARKINGS;
use inthreat_stix::{RawObject, Timestamp};
use serde::Deserialize;

use crate::clock;

/// The properties that people look at first. What an object lacks is empty.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) object_type: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) modified: String,
    pub(crate) tlp: String,
    pub(crate) confidence: String,
    pub(crate) valid_until: String,
    pub(crate) state: String,
}

/// Read leniently: a property of another type than expected counts as absent.
#[derive(Deserialize)]
struct Properties<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    relationship_type: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    value: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    valid_until: Option<Cow<'a, str>>,
    #[serde(default)]
    confidence: Option<u8>,
    #[serde(borrow, default)]
    object_marking_refs: Vec<Cow<'a, str>>,
}

impl Summary {
    pub(crate) const HEAD: [&str; 7] =
        ["type", "name", "tlp", "confidence", "state", "modified", "id"];

    pub(crate) fn of(object: &RawObject) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let mut summary = Self {
            object_type: text(object.object_type()),
            id: text(object.id()),
            modified: object.modified().map(|t| t.to_string()).unwrap_or_default(),
            state: if object.is_revoked() { "revoked".into() } else { String::new() },
            ..Self::default()
        };
        if let Ok(properties) = object.parse::<Properties<'_>>() {
            let name = properties.name.or(properties.value).or(properties.relationship_type);
            summary.name = name.unwrap_or_default().into_owned();
            summary.valid_until = properties.valid_until.unwrap_or_default().into_owned();
            if summary.state.is_empty() && is_past(&summary.valid_until) {
                summary.state = "expired".into();
            }
            summary.confidence = properties.confidence.map(|c| c.to_string()).unwrap_or_default();
            summary.tlp = tlp(&properties.object_marking_refs).into();
        }
        summary
    }

    pub(crate) fn row(self) -> [String; 7] {
        [self.object_type, self.name, self.tlp, self.confidence, self.state, self.modified, self.id]
    }
}

/// Whether a time was given and has gone by.
fn is_past(until: &str) -> bool {
    let until = until.parse::<Timestamp>().ok();
    until.zip(clock::now()).is_some_and(|(until, now)| until <= now)
}

/// The most restricted TLP among the markings.
fn tlp(markings: &[Cow<'_, str>]) -> &'static str {
    let marked = |id: &str| markings.iter().any(|marking| marking == id);
    TLP_MARKINGS.iter().rev().find(|(_, id)| marked(id)).map_or("", |(name, _)| name)
}
