//! How the files of the feed are spelled (MISP core format, sections 2 and 4).

use std::collections::HashMap;

use inthreat_api::{IntelligenceCenter, Result};
use inthreat_stix::{Id, Timestamp, marking::Tlp};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    index::{self, MispEvent},
    indicator::{Attribute, Indicator},
};

/// What follows the last attribute of an event.
pub(crate) const TAIL: &[u8] = b"]}}";
/// Nobody looks at the event any more, and nobody said how much it threatens.
const ANALYSIS_COMPLETED: &str = "2";
const THREAT_LEVEL_UNDEFINED: &str = "4";

/// Who says what stands in an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    /// The identifier; empty for nobody.
    id: Box<str>,
    name: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Source {
    /// Finds out the names of some sources. One that the center does not know is named by its identifier.
    pub(crate) async fn read(center: &dyn IntelligenceCenter, ids: &[&str]) -> Result<Vec<Self>> {
        let known: Vec<Id> = ids.iter().filter_map(|id| Id::lenient(id).ok()).collect();
        let objects = if known.is_empty() { Vec::new() } else { center.objects(known).await? };
        let mut names: HashMap<&str, String> = HashMap::with_capacity(objects.len());
        for object in &objects {
            if let Some((id, named)) = object.id().zip(object.parse::<Named>().ok()) {
                names.insert(id, named.name);
            }
        }
        let named = |id: &&str| {
            let unknown = if id.is_empty() { "Unknown source" } else { id };
            let name = names.get(id).cloned().filter(|name| !name.is_empty());
            Self { id: (*id).into(), name: name.unwrap_or_else(|| unknown.to_owned()) }
        };
        Ok(ids.iter().map(named).collect())
    }

    fn uuid(&self) -> Uuid {
        let uuid = self.id.parse::<Id>().ok().and_then(|id| id.uuid());
        uuid.map_or_else(|| index::source_uuid(&self.id), Uuid::from_bytes)
    }
}

/// All events, by their UUIDs. `sources` has each of theirs.
pub(crate) fn manifest(events: &[MispEvent], sources: &[Source]) -> Vec<u8> {
    let sources: HashMap<&str, &Source> =
        sources.iter().map(|source| (&*source.id, source)).collect();
    let events = events.iter().filter_map(|event| {
        let source = sources.get(&*event.source)?;
        Some((event.uuid.to_string(), Value::Object(described(event, source))))
    });
    Value::Object(events.collect()).to_string().into_bytes()
}

/// An event up to its first attribute.
pub(crate) fn head(event: &MispEvent, source: &Source) -> Vec<u8> {
    let mut properties = described(event, source);
    properties.insert("uuid".into(), event.uuid.to_string().into());
    properties.insert("publish_timestamp".into(), event.changed.to_string().into());
    properties.insert("published".into(), true.into());
    let mut text = format!(r#"{{"Event":{}"#, Value::Object(properties));
    text.pop();
    text.push_str(r#","Attribute":["#);
    text.into_bytes()
}

/// An attribute of an event. Its UUID is that of the same value of the same indicator in the same event for ever; an indicator
/// of two sources stands in two events, and MISP wants no UUID twice.
pub(crate) fn attribute(
    text: &mut Vec<u8>,
    event: &MispEvent,
    indicator: &Indicator,
    attribute: &Attribute,
) {
    let name = format!("{}/{}/{}", indicator.id(), attribute.kind, attribute.value);
    let comment = if indicator.name == attribute.value { "" } else { &indicator.name };
    let value = json!({
        "uuid": Uuid::new_v5(&event.uuid, name.as_bytes()).to_string(),
        "type": attribute.kind,
        "category": attribute.category,
        "value": attribute.value,
        "to_ids": attribute.to_ids,
        "disable_correlation": false,
        "comment": comment,
        "timestamp": indicator.modified().max(0).to_string(),
        "Tag": tags(indicator.tlp()),
    });
    text.extend_from_slice(value.to_string().as_bytes());
}

/// The hashes of the values of an indicator, a line for each of its events.
pub(crate) fn hashes(lines: &mut Vec<u8>, indicator: &Indicator) {
    let Some(day) = indicator.day() else { return };
    let events: Vec<_> =
        indicator.sources().into_iter().map(|source| MispEvent::uuid_of(source, day)).collect();
    for attribute in indicator.attributes() {
        // Of a pair, MISP looks for each half.
        let is_pair = attribute.kind.contains('|');
        let parts = attribute.value.splitn(if is_pair { 2 } else { 1 }, '|');
        for part in parts {
            let digest: [u8; 16] = Md5::digest(part.as_bytes()).into();
            let digest = u128::from_be_bytes(digest);
            for event in &events {
                lines.extend_from_slice(format!("{digest:032x},{event}\n").as_bytes());
            }
        }
    }
}

fn described(event: &MispEvent, source: &Source) -> Map<String, Value> {
    let date = date(event.day);
    let mut properties = Map::new();
    properties.insert("info".into(), format!("{}: {date}", source.name).into());
    properties.insert("date".into(), date.into());
    properties.insert("timestamp".into(), event.changed.to_string().into());
    properties.insert("analysis".into(), ANALYSIS_COMPLETED.into());
    properties.insert("threat_level_id".into(), THREAT_LEVEL_UNDEFINED.into());
    let orgc = json!({ "name": source.name, "uuid": source.uuid().to_string() });
    properties.insert("Orgc".into(), orgc);
    properties.insert("Tag".into(), tags(event.tlp));
    properties
}

/// A day since 1970 as `YYYY-MM-DD`.
fn date(day: i32) -> String {
    let instant = Timestamp::from_unix(i64::from(day).saturating_mul(86_400), 0);
    let text = instant.map(|instant| instant.to_string()).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The tag of a level, as the taxonomy of MISP names and paints it.
fn tags(tlp: Option<Tlp>) -> Value {
    let (name, colour) = match tlp {
        Some(Tlp::Clear) => ("tlp:clear", "#FFFFFF"),
        Some(Tlp::Green) => ("tlp:green", "#33FF00"),
        Some(Tlp::Amber) => ("tlp:amber", "#FFC000"),
        Some(Tlp::AmberStrict) => ("tlp:amber+strict", "#FFC000"),
        Some(Tlp::Red) => ("tlp:red", "#FF2B2B"),
        _ => return json!([]),
    };
    json!([{ "name": name, "colour": colour }])
}
