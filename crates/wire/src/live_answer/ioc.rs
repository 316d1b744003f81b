//! Answers about IOC collections, which come in no envelope (CONTRACT 2.8).

use inthreat_api::{IocCollection, IocCollectionList, IocCount, IocsAdded, Result};
use serde_json::{Value, json};

use super::parse_map;
use crate::{
    answer::{all_objects, decode_items, encode_items, total},
    properties::{Properties, known},
};

/// How many collections one answer may have.
const COLLECTIONS_MAX: usize = 10_000;

/// Writes a collection.
pub fn encode_ioc_collection(collection: &IocCollection) -> Vec<u8> {
    properties(collection).to_string().into_bytes()
}

/// Reads a collection.
pub fn decode_ioc_collection(body: &[u8]) -> Result<IocCollection> {
    read(&Properties::answered(&parse_map(body)?))
}

/// Writes collections: `{"items":[…],"total":…}`.
pub fn encode_ioc_collections(list: &IocCollectionList) -> Vec<u8> {
    let items: Vec<_> = list.items.iter().map(properties).collect();
    json!({ "items": items, "total": list.total }).to_string().into_bytes()
}

/// Reads collections. Without a total it is the number of items.
pub fn decode_ioc_collections(body: &[u8]) -> Result<IocCollectionList> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    if map.present("items").is_none() {
        return Err(map.wrong("items", "it is missing"));
    }
    let mut items = Vec::new();
    for (index, item) in map.objects("items", COLLECTIONS_MAX)?.enumerate() {
        let collection = read(&item?);
        items.push(collection.map_err(|error| map.within(&format!("items[{index}]"), &error))?);
    }
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(IocCollectionList::new(items, map.number("total")?.unwrap_or(count)))
}

/// Writes the indicators that a question added: `{"items":[…],"total":…}`.
pub fn encode_iocs_added(added: &IocsAdded) -> Vec<u8> {
    encode_items(&added.items, &format!("],\"total\":{}}}", added.total))
}

/// Reads the indicators that a question added. Without a total it is the number of items.
pub fn decode_iocs_added(body: Vec<u8>) -> Result<IocsAdded> {
    let (envelope, items) = decode_items(body)?;
    let items = all_objects(items, "items")?;
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    Ok(IocsAdded::new(items, total(&envelope)?.unwrap_or(count)))
}

/// Writes the name of a task: `{"task_id":…}`.
pub fn encode_task(task: &str) -> Vec<u8> {
    json!({ "task_id": task }).to_string().into_bytes()
}

/// Reads the name of a task.
pub fn decode_task(body: &[u8]) -> Result<String> {
    Properties::answered(&parse_map(body)?).required("task_id")
}

/// Writes how many indicators there are: `{"count":…,"max":…}`.
pub fn encode_ioc_count(count: IocCount) -> Vec<u8> {
    known(json!({ "count": count.count, "max": count.max })).to_string().into_bytes()
}

/// Reads how many indicators there are.
pub fn decode_ioc_count(body: &[u8]) -> Result<IocCount> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let count = map.number("count")?.ok_or_else(|| map.wrong("count", "it is missing"))?;
    Ok(IocCount::new(count, map.number("max")?))
}

fn properties(collection: &IocCollection) -> Value {
    let mut value = known(json!({
        "id": collection.id.to_string(),
        "name": collection.name,
        "description": collection.description,
        "created": collection.created.map(|at| at.to_string()),
        "modified": collection.modified.map(|at| at.to_string()),
        "created_by": collection.created_by,
        "modified_by": collection.modified_by,
        "community_uuid": collection.community_uuid,
        "available_for_sub_communities": collection.available_for_sub_communities,
    }));
    if let (Value::Object(map), Some(count)) = (&mut value, collection.indicators_count) {
        map.insert("indicators_count".into(), count.into());
    }
    value
}

fn read(map: &Properties<'_>) -> Result<IocCollection> {
    let id = map.id("id")?.ok_or_else(|| map.wrong("id", "it is missing"))?;
    let mut collection = IocCollection::new(id, map.text("name")?.unwrap_or_default());
    collection.description = map.text("description")?.unwrap_or_default();
    collection.created = map.instant("created")?;
    collection.modified = map.instant("modified")?;
    collection.created_by = map.text("created_by")?;
    collection.modified_by = map.text("modified_by")?;
    collection.community_uuid = map.text("community_uuid")?;
    collection.available_for_sub_communities =
        map.flag("available_for_sub_communities")?.unwrap_or(false);
    collection.indicators_count = map.number("indicators_count")?;
    Ok(collection)
}
