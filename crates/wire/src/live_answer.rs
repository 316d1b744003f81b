//! Answers of the live service, written and read, by the rules of [`answer`](crate::answer).
//!
//! An answer with one object, a bundle or a page of objects is read there; bytes need no reading.

mod account;
mod ioc;

use std::collections::BTreeMap;

use inthreat_api::{
    BulkFound, Cursor, ErrorKind, Export, LightObject, LightObjectList, ObjectList, PatternEntry,
    PatternPage, RelatedPage, RelationshipStatistics, Result, TagList,
};
use inthreat_stix::RawObject;
use serde_json::{Map, Value, json};

use crate::{
    answer::{
        all_objects, all_related, at, decode_cursor, decode_items, encode_items, encode_related,
        has_more, object_property, parse_value, read_envelope, total, wrong,
    },
    properties::{Properties, known},
    quote,
};

pub use account::{decode_key_info, decode_profile, encode_key_info, encode_profile};
pub use ioc::{
    decode_ioc_collection, decode_ioc_collections, decode_ioc_count, decode_iocs_added,
    decode_task, encode_ioc_collection, encode_ioc_collections, encode_ioc_count,
    encode_iocs_added, encode_task,
};

/// How many entries of a list of small things are read.
const ENTRIES_MAX: usize = 100_000;

/// Writes a list: `{"items":[…],"total":…,"has_more":…}`, the total where it was counted.
pub fn encode_object_list(list: &ObjectList) -> Vec<u8> {
    encode_items(&list.items, &tail(list.total, list.has_more))
}

/// Reads a list.
pub fn decode_object_list(body: Vec<u8>) -> Result<ObjectList> {
    let (envelope, items) = decode_items(body)?;
    let items = all_objects(items, "items")?;
    Ok(ObjectList::new(items, total(&envelope)?, has_more(&envelope)?))
}

/// Writes names: `{"items":[{"id":…,"type":…,"name":…,"modified":…}],"total":…,"has_more":…}`.
pub fn encode_light_objects(list: &LightObjectList) -> Vec<u8> {
    let items = list.items.iter().map(|object| {
        let mut map = Map::new();
        map.insert("id".into(), object.id.to_string().into());
        map.insert("type".into(), object.object_type.clone().into());
        if let Some(name) = &object.name {
            map.insert("name".into(), name.clone().into());
        }
        if let Some(modified) = object.modified {
            map.insert("modified".into(), modified.to_string().into());
        }
        Value::Object(map)
    });
    join(items, &tail(list.total, list.has_more))
}

/// Reads names.
pub fn decode_light_objects(body: Vec<u8>) -> Result<LightObjectList> {
    let (envelope, items) = decode_items(body)?;
    let items = each(&all_objects(items, "items")?, |map| {
        let id = map.id("id")?.ok_or_else(|| map.wrong("id", "it is missing"))?;
        let mut object = LightObject::new(id, map.required("type")?);
        object.name = map.text("name")?;
        object.modified = map.instant("modified")?;
        Ok(object)
    })?;
    Ok(LightObjectList::new(items, total(&envelope)?, has_more(&envelope)?))
}

/// Writes a page of relationships: `{"items":[{"related_object":…,"relationship":…}],"next_cursor":…}`.
///
/// Without a next cursor the one that was `sent` is given back, as in [pages](crate::answer::encode_page).
pub fn encode_related_page(page: &RelatedPage, sent: Option<&Cursor>) -> Vec<u8> {
    let mut out = b"{\"items\":[".to_vec();
    for (index, item) in page.items.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        encode_related(item, &mut out);
    }
    let cursor = page.next_cursor.as_ref().or(sent).map(Cursor::as_str);
    out.extend_from_slice(format!("],\"next_cursor\":{}}}", Value::from(cursor)).as_bytes());
    out
}

/// Reads a page of relationships.
pub fn decode_related_page(body: Vec<u8>) -> Result<RelatedPage> {
    let (envelope, items) = decode_items(body)?;
    Ok(RelatedPage::new(all_related(items)?, decode_cursor(&envelope)?))
}

/// Writes a page of patterns: `{"items":[{"uuid":…,"pattern":…,…}],"next_id":…,"next_cursor":…}`.
///
/// Without a next cursor the one that was `sent` is given back, as in [pages](crate::answer::encode_page).
pub fn encode_patterns(page: &PatternPage, sent: Option<&Cursor>) -> Vec<u8> {
    let items = page.items.iter().map(|entry| {
        known(json!({
            "uuid": entry.uuid,
            "pattern": entry.pattern,
            "pattern_type": entry.pattern_type,
            "revoked": entry.revoked,
            "created": entry.created.map(|at| at.to_string()),
            "modified": entry.modified.map(|at| at.to_string()),
            "valid_from": entry.valid_from.map(|at| at.to_string()),
            "valid_until": entry.valid_until.map(|at| at.to_string()),
        }))
    });
    let cursor = page.next_cursor.as_ref().or(sent).map(Cursor::as_str);
    let tail = format!(
        "],\"next_id\":{},\"next_cursor\":{}}}",
        Value::from(page.next_id.as_deref()),
        Value::from(cursor)
    );
    join(items, &tail)
}

/// Reads a page of patterns.
pub fn decode_patterns(body: Vec<u8>) -> Result<PatternPage> {
    let (envelope, items) = decode_items(body)?;
    let mut page = PatternPage::default();
    page.items = each(&all_objects(items, "items")?, |map| {
        let mut entry = PatternEntry::default();
        entry.uuid = map.required("uuid")?;
        entry.pattern = map.required("pattern")?;
        entry.pattern_type = map.text("pattern_type")?.unwrap_or_else(|| "stix".into());
        entry.revoked = map.flag("revoked")?.unwrap_or(false);
        entry.created = map.instant("created")?;
        entry.modified = map.instant("modified")?;
        entry.valid_from = map.instant("valid_from")?;
        entry.valid_until = map.instant("valid_until")?;
        Ok(entry)
    })?;
    page.next_cursor = decode_cursor(&envelope)?;
    page.next_id = match envelope.property("next_id") {
        None => None,
        Some(text) => serde_json::from_str::<Option<String>>(text)
            .map_err(|error| wrong("next_id", "expected a string").with_source(error))?,
    };
    Ok(page)
}

/// Writes one object in no envelope, as IOC collections answer (CONTRACT 2.8).
pub fn encode_bare_object(object: &RawObject) -> Vec<u8> {
    object.as_bytes().to_vec()
}

/// Reads one object in no envelope.
pub fn decode_bare_object(body: Vec<u8>) -> Result<RawObject> {
    // The envelope is read first, since it tells a body that ends too early from one of another shape.
    read_envelope(body.clone(), "")?;
    RawObject::new(body).map_err(|rejected| {
        let reason = quote::printable(rejected.reason(), 300);
        inthreat_api::Error::new(ErrorKind::Protocol, format!("the answer is no object: {reason}"))
    })
}

/// Writes statistics (CONTRACT 2.4).
pub fn encode_statistics(statistics: &RelationshipStatistics) -> Vec<u8> {
    let value = json!({
        "categories": statistics.categories,
        "relationship_types": statistics.relationship_types,
        "remote_types": statistics.remote_types,
        "relationship_types_by_object_type": statistics.relationship_types_by_object_type,
        "total": statistics.total,
    });
    known(value).to_string().into_bytes()
}

/// Reads statistics. The shape of `relationship_types_by_object_type` is not documented: what is no object of
/// numbers there is left out.
pub fn decode_statistics(body: &[u8]) -> Result<RelationshipStatistics> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let counts = |name: &str| match map.object(name)? {
        None => Ok(BTreeMap::new()),
        Some(inner) => inner.counts().map_err(|error| map.within(name, &error)),
    };
    let mut statistics = RelationshipStatistics::default();
    statistics.categories = counts("categories")?;
    statistics.relationship_types = counts("relationship_types")?;
    statistics.remote_types = counts("remote_types")?;
    if let Ok(Some(by_type)) = map.object("relationship_types_by_object_type") {
        for name in by_type.names() {
            if let Ok(Some(inner)) = by_type.object(name)
                && let Ok(counts) = inner.counts()
            {
                statistics.relationship_types_by_object_type.insert(name.clone(), counts);
            }
        }
    }
    statistics.total = map.number("total")?;
    Ok(statistics)
}

/// Writes names of types: `{"items":["…"],"total":…}`.
pub fn encode_names(names: &[String]) -> Vec<u8> {
    json!({ "items": names, "total": names.len() }).to_string().into_bytes()
}

/// Reads names of types.
pub fn decode_names(body: &[u8]) -> Result<Vec<String>> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    if map.present("items").is_none() {
        return Err(map.wrong("items", "it is missing"));
    }
    map.texts("items")
}

/// Writes what a search for many values found: `{"items":[{"search":…,"found":…,"observable":…}]}`.
pub fn encode_bulk_found(found: &[BulkFound]) -> Vec<u8> {
    let mut out = b"{\"items\":[".to_vec();
    for (index, item) in found.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        let search = Value::from(item.search.as_str());
        let head = format!("{{\"search\":{search},\"found\":{},\"observable\":", item.found);
        out.extend_from_slice(head.as_bytes());
        let observable = item.observable.as_ref().map_or(&b"null"[..], RawObject::as_bytes);
        out.extend_from_slice(observable);
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
    out
}

/// Reads what a search for many values found.
pub fn decode_bulk_found(body: Vec<u8>) -> Result<Vec<BulkFound>> {
    let (_, items) = decode_items(body)?;
    let mut all = Vec::new();
    for (index, item) in all_objects(items, "items")?.into_iter().enumerate() {
        let place = |error: inthreat_api::Error| at(&error, &format!("items[{index}]"));
        let entry = read_envelope(item.as_bytes().to_vec(), "")?;
        let search = entry.property("search").and_then(|text| serde_json::from_str(text).ok());
        let search: String = search.ok_or_else(|| place(wrong("search", "expected a string")))?;
        let observable = match entry.property("observable") {
            None | Some("null") => None,
            Some(_) => Some(object_property(&entry, "observable").map_err(place)?),
        };
        let mut found = BulkFound::new(search, observable);
        found.found = match entry.property("found") {
            Some("true") => true,
            Some("false") => false,
            _ => return Err(place(wrong("found", "expected `true` or `false`"))),
        };
        all.push(found);
    }
    Ok(all)
}

/// Writes a number: `{"count":…}`.
pub fn encode_count(count: u64) -> Vec<u8> {
    format!("{{\"count\":{count}}}").into_bytes()
}

/// Reads a number.
pub fn decode_count(body: &[u8]) -> Result<u64> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    map.number("count")?.ok_or_else(|| map.wrong("count", "it is missing"))
}

/// Writes tags: `{"items":[{"name":…}],"has_more":…}`.
pub fn encode_tags(list: &TagList) -> Vec<u8> {
    let items = list.items.iter().map(|name| json!({ "name": name }));
    join(items, &tail(None, list.has_more))
}

/// Reads tags.
pub fn decode_tags(body: Vec<u8>) -> Result<TagList> {
    let (envelope, items) = decode_items(body)?;
    let items = each(&all_objects(items, "items")?, |map| map.required("name"))?;
    Ok(TagList::new(items, has_more(&envelope)?))
}

/// Writes an export: `{"data":…}`.
pub fn encode_export(export: &Export) -> Vec<u8> {
    let data = known(json!({
        "id": export.id,
        "object_id": export.object_id.as_ref().map(ToString::to_string),
        "format": export.format,
        "relationship_types": export.relationship_types,
        "status": export.status,
        "file": export.file,
        "created": export.created.map(|at| at.to_string()),
        "modified": export.modified.map(|at| at.to_string()),
    }));
    json!({ "data": data }).to_string().into_bytes()
}

/// Reads an export.
pub fn decode_export(body: &[u8]) -> Result<Export> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let data = map.object("data")?.ok_or_else(|| map.wrong("data", "it is missing"))?;
    let read = || {
        let mut export = Export::new(data.required("id")?);
        export.object_id = data.id("object_id")?;
        export.format = data.text("format")?;
        export.relationship_types = data.texts("relationship_types")?;
        export.status = data.text("status")?;
        export.file = data.text("file")?;
        export.created = data.instant("created")?;
        export.modified = data.instant("modified")?;
        Ok(export)
    };
    read().map_err(|error| map.within("data", &error))
}

/// Reads a body that is an object.
pub(crate) fn parse_map(body: &[u8]) -> Result<Map<String, Value>> {
    match parse_value(body)? {
        Value::Object(map) => Ok(map),
        _ => {
            let message = "the answer is not the JSON that was expected: it is no object";
            Err(inthreat_api::Error::new(ErrorKind::Protocol, message))
        }
    }
}

/// Reads small objects of a list one by one, so that an error names the place.
pub(crate) fn each<T>(
    items: &[RawObject],
    read: impl Fn(&Properties<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    if items.len() > ENTRIES_MAX {
        return Err(wrong("items", format_args!("more than {ENTRIES_MAX} of them")));
    }
    let mut all = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let place = format!("items[{index}]");
        let map = item.parse::<Map<String, Value>>();
        let map = map.map_err(|error| wrong(&place, "expected an object").with_source(error))?;
        all.push(read(&Properties::answered(&map)).map_err(|error| at(&error, &place))?);
    }
    Ok(all)
}

fn join(items: impl Iterator<Item = Value>, tail: &str) -> Vec<u8> {
    let mut out = b"{\"items\":[".to_vec();
    for (index, item) in items.enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        out.extend_from_slice(item.to_string().as_bytes());
    }
    out.extend_from_slice(tail.as_bytes());
    out
}

fn tail(total: Option<u64>, has_more: bool) -> String {
    match total {
        Some(total) => format!("],\"total\":{total},\"has_more\":{has_more}}}"),
        None => format!("],\"has_more\":{has_more}}}"),
    }
}

#[cfg(test)]
mod tests;
