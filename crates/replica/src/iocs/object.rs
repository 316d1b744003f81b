//! The objects that collections are made of, and their next versions.

use inthreat_api::{Error, IocCollection, IocFields};
use inthreat_stix::{Id, RawObject, Timestamp};
use serde_json::{Map, Value, json};

use super::value::Local;
use crate::{fault::Fault, instant};

const SOURCES: &str = "x_inthreat_sources_refs";
/// The collection that an indicator is in (CONTRACT 5.1).
const COLLECTION: &str = "x_ic_collection_ref";

/// What is said of a value, and what is said of all where nothing is said of it.
pub(super) fn or_defaults(mut fields: IocFields, defaults: &IocFields) -> IocFields {
    fields.description = fields.description.or_else(|| defaults.description.clone());
    fields.valid_from = fields.valid_from.or(defaults.valid_from);
    fields.valid_until = fields.valid_until.or(defaults.valid_until);
    if fields.kill_chain_phases.is_empty() {
        fields.kill_chain_phases.clone_from(&defaults.kill_chain_phases);
    }
    if fields.related_threats.is_empty() {
        fields.related_threats.clone_from(&defaults.related_threats);
    }
    fields
}

/// The identity that is the source of a collection's indicators.
pub(super) fn source(
    kept: Option<&RawObject>,
    id: &Id,
    collection: &IocCollection,
    now: i64,
) -> Result<RawObject, Fault> {
    let fresh = json!({
        "type": "identity",
        "spec_version": "2.1",
        "id": id.to_string(),
        "created": written(now),
        "identity_class": "organization",
        "x_ic_is_source": true,
        "x_ic_is_sector": false,
        "x_ic_deprecated": false,
    });
    let mut object = kept.map_or_else(|| properties(fresh), read)?;
    object.insert("name".into(), collection.name.clone().into());
    object.insert("description".into(), collection.description.clone().into());
    object.insert("revoked".into(), false.into());
    version(kept, object, now)
}

/// A new indicator.
pub(super) fn made(
    id: &Id,
    local: &Local,
    collection: &Id,
    fields: &IocFields,
    now: i64,
) -> Result<RawObject, Fault> {
    let (source, now_text) = (super::source(collection), written(now));
    let mut object = properties(json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": id.to_string(),
        "created": now_text,
        "created_by_ref": source.to_string(),
        "name": local.name(),
        "pattern": local.pattern(),
        "pattern_type": "stix",
        "indicator_types": [],
        "valid_from": now_text,
        "lang": "en",
        "revoked": false,
        "x_ic_deprecated": false,
        "x_ic_is_in_flint": false,
        "x_ic_observable_types": [local.kind.as_str()],
        COLLECTION: collection.to_string(),
        SOURCES: [source.to_string()],
    }))?;
    apply(&mut object, fields)?;
    version(None, object, now)
}

/// An indicator that is there, is added once more, and counts again.
pub(super) fn renewed(
    kept: &RawObject,
    collection: &Id,
    fields: &IocFields,
    now: i64,
) -> Result<RawObject, Fault> {
    let mut object = read(kept)?;
    object.insert("revoked".into(), false.into());
    object.insert(COLLECTION.into(), collection.to_string().into());
    object.insert(SOURCES.into(), json!([super::source(collection).to_string()]));
    apply(&mut object, fields)?;
    version(Some(kept), object, now)
}

/// An indicator of which something else is said.
pub(super) fn changed(kept: &RawObject, fields: &IocFields, now: i64) -> Result<RawObject, Fault> {
    let mut object = read(kept)?;
    apply(&mut object, fields)?;
    version(Some(kept), object, now)
}

/// An object that no longer counts.
pub(super) fn revoked(kept: &RawObject, now: i64) -> Result<RawObject, Fault> {
    let mut object = read(kept)?;
    object.insert("revoked".into(), true.into());
    version(Some(kept), object, now)
}

/// An indicator that belongs to no collection any more.
pub(super) fn of_nobody(kept: &RawObject, now: i64) -> Result<RawObject, Fault> {
    let mut object = read(kept)?;
    object.remove(COLLECTION);
    object.insert(SOURCES.into(), json!([]));
    version(Some(kept), object, now)
}

/// Whether an object is an indicator of a source.
pub(super) fn is_of(object: &RawObject, source: &Id) -> bool {
    let source = Value::from(source.to_string());
    object.object_type() == Some("indicator")
        && read(object).is_ok_and(|object| {
            object.get(SOURCES).and_then(Value::as_array).is_some_and(|ids| ids.contains(&source))
        })
}

/// Says of an object what is told, and leaves the rest.
fn apply(object: &mut Map<String, Value>, fields: &IocFields) -> Result<(), Fault> {
    let mut insert = |name: &str, value: Value| object.insert(name.into(), value);
    if let Some(description) = &fields.description {
        insert("description", description.clone().into());
    }
    if let Some(from) = fields.valid_from {
        insert("valid_from", from.to_string().into());
    }
    if let Some(until) = fields.valid_until {
        insert("valid_until", until.to_string().into());
    }
    if !fields.kill_chain_phases.is_empty() {
        let phases = fields.kill_chain_phases.iter().map(|phase| {
            json!({ "kill_chain_name": phase.kill_chain_name, "phase_name": phase.phase_name })
        });
        insert("kill_chain_phases", phases.collect());
    }
    if !fields.related_threats.is_empty() {
        let threats = fields.related_threats.iter().map(|id| Value::from(id.to_string()));
        insert("x_ic_related_threat_refs", threats.collect());
    }
    let instant = |name: &str| {
        object.get(name).and_then(Value::as_str).and_then(|text| Timestamp::lenient(text).ok())
    };
    match (instant("valid_from"), instant("valid_until")) {
        (Some(from), Some(until)) if until <= from => {
            Err(Error::invalid("valid_until", "it is not later than `valid_from`").into())
        }
        _ => Ok(()),
    }
}

/// The next version of an object; the one at hand where it says all of this already.
fn version(
    kept: Option<&RawObject>,
    mut object: Map<String, Value>,
    now: i64,
) -> Result<RawObject, Fault> {
    let mut modified = now;
    if let Some(kept) = kept {
        if read(kept)? == object {
            return Ok(kept.clone());
        }
        // A clock that was set back must not make a version that is older than the one that it replaces.
        let last = kept.modified().map_or(i64::MIN, Timestamp::micros);
        modified = now.max(last.saturating_add(1));
    }
    object.insert("modified".into(), written(modified).into());
    let text = Value::Object(object).to_string();
    RawObject::new(text).map_err(|error| Fault::corrupt(error.reason().to_owned()))
}

fn read(object: &RawObject) -> Result<Map<String, Value>, Fault> {
    serde_json::from_str(object.as_str()).map_err(|error| Fault::corrupt(error.to_string()))
}

fn properties(object: Value) -> Result<Map<String, Value>, Fault> {
    match object {
        Value::Object(object) => Ok(object),
        _ => Err(Fault::corrupt("an object that is to be made is none")),
    }
}

fn written(micros: i64) -> String {
    instant::from_micros(micros).map(|instant| instant.to_string()).unwrap_or_default()
}
