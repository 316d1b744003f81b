//! Answers as the two specifications and CONTRACT show them can be read.
//!
//! Neither specification holds an example, so a sample of every answer is made from its schema: once with all its
//! properties and once with the required ones alone.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of it is a test")]

use std::{fs, path::Path};

use inthreat_api::Result;
use inthreat_wire::{answer, live_answer};
use serde_json::{Map, Value, json};

type Read = fn(&[u8]) -> Result<()>;

fn object(body: &[u8]) -> Result<()> {
    answer::decode_object(body.to_vec()).map(drop)
}

fn list(body: &[u8]) -> Result<()> {
    live_answer::decode_object_list(body.to_vec()).map(drop)
}

fn bundle(body: &[u8]) -> Result<()> {
    answer::decode_bundle(body.to_vec()).map(drop)
}

fn feed(body: &[u8]) -> Result<()> {
    answer::decode_feed(body).map(drop)
}

fn collection(body: &[u8]) -> Result<()> {
    live_answer::decode_ioc_collection(body).map(drop)
}

fn bare(body: &[u8]) -> Result<()> {
    live_answer::decode_bare_object(body.to_vec()).map(drop)
}

fn related(body: &[u8]) -> Result<()> {
    answer::decode_relationships(body.to_vec()).map(drop)
}

/// Which decoder reads the answer of which question.
const ANSWERS: &[(&str, &str, Read)] = &[
    ("get", "/collections/observables", |body| answer::decode_page(body.to_vec()).map(drop)),
    ("get", "/collections/relationships", |body| {
        live_answer::decode_related_page(body.to_vec()).map(drop)
    }),
    ("get", "/collections/{feed_id}/objects", |body| answer::decode_page(body.to_vec()).map(drop)),
    ("post", "/exports/", |body| live_answer::decode_export(body).map(drop)),
    ("get", "/exports/{job_id}", |body| live_answer::decode_export(body).map(drop)),
    ("get", "/feeds", |body| answer::decode_feeds(body).map(drop)),
    ("post", "/feeds", feed),
    ("get", "/feeds/{uuid}", feed),
    ("put", "/feeds/{uuid}", feed),
    ("get", "/indicators", |body| answer::decode_indicators(body.to_vec()).map(drop)),
    ("get", "/indicators/context", |body| answer::decode_contexts(body.to_vec()).map(drop)),
    ("post", "/indicators/indicates-relationships", bundle),
    ("get", "/ioc-collections", |body| live_answer::decode_ioc_collections(body).map(drop)),
    ("post", "/ioc-collections", collection),
    ("get", "/ioc-collections/count-total-iocs", |body| {
        live_answer::decode_ioc_count(body).map(drop)
    }),
    ("get", "/ioc-collections/{uuid}", collection),
    ("patch", "/ioc-collections/{uuid}", collection),
    ("get", "/ioc-collections/{uuid}/indicators", list),
    ("post", "/ioc-collections/{uuid}/indicators", |body| {
        live_answer::decode_iocs_added(body.to_vec()).map(drop)
    }),
    ("put", "/ioc-collections/{collection_id}/indicators/{indicator_id}", bare),
    ("delete", "/ioc-collections/{collection_id}/indicators/{indicator_id}", bare),
    ("get", "/ioc-collections/{collection_id}/indicators/{indicator_id}/context", bundle),
    ("get", "/objects", list),
    ("get", "/objects/light", |body| live_answer::decode_light_objects(body.to_vec()).map(drop)),
    ("get", "/objects/sectors", list),
    ("get", "/objects/{object_id}/context", bundle),
    ("get", "/objects/{uuid}", object),
    ("get", "/objects/{uuid}/observables", list),
    ("get", "/objects/{uuid}/relationship-types", |body| live_answer::decode_names(body).map(drop)),
    ("get", "/objects/{uuid}/relationships", related),
    ("get", "/objects/{uuid}/relationships/statistics", |body| {
        live_answer::decode_statistics(body).map(drop)
    }),
    ("get", "/objects/{uuid}/reports", list),
    ("get", "/objects/{uuid}/sources", list),
    ("get", "/observables", list),
    ("post", "/observables/bulk-search", |body| {
        live_answer::decode_bulk_found(body.to_vec()).map(drop)
    }),
    ("post", "/observables/count", |body| live_answer::decode_count(body).map(drop)),
    ("post", "/observables/search", list),
    ("get", "/observables/tags", |body| live_answer::decode_tags(body.to_vec()).map(drop)),
    ("get", "/observables/{observable_uuid}/relationships", related),
    ("get", "/observables/{uuid}", object),
    ("get", "/observables/{uuid}/indicators", list),
    ("get", "/observables/{uuid}/reports", list),
    ("get", "/relationships", list),
    ("get", "/relationships/{uuid}", object),
    ("get", "/reports", list),
    ("get", "/reports/{uuid}", object),
    ("get", "/reports/{uuid}/objects", list),
    ("get", "/reports/{uuid}/observables", list),
    ("get", "/sources", list),
];

/// A file of the contract; `None`, and a line that says so, where the folder is absent.
fn shared(test: &str, name: &str) -> Option<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/contract");
    if !Path::new(folder).exists() {
        println!("skipped: {test}: ../shared is absent");
        return None;
    }
    Some(fs::read_to_string(Path::new(folder).join(name)).unwrap())
}

/// Makes a value that fits a schema.
struct Sample<'a> {
    specification: &'a Value,
    whole: bool,
}

impl Sample<'_> {
    fn of(&self, name: &str, schema: &Value, depth: usize) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.specification.pointer(reference.trim_start_matches('#')).unwrap();
            return self.of(name, target, depth);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(key).and_then(|all| all.get(0)) {
                return self.of(name, first, depth);
            }
        }
        if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
            return first.clone();
        }
        let kind = schema.get("type");
        let kind = kind.and_then(Value::as_str).or_else(|| kind?.get(0)?.as_str());
        match kind {
            Some("string") => match name {
                "type" => "bundle".into(),
                "created" | "modified" => "2020-11-04T00:27:15.9801Z".into(),
                name if name.starts_with("valid_") || name.ends_with("_time") => {
                    "2020-11-04T00:27:15Z".into()
                }
                _ => "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc".into(),
            },
            Some("integer" | "number") => 1.into(),
            Some("boolean") => true.into(),
            Some("array") if depth > 6 => json!([]),
            Some("array") => json!([self.of(name, schema.get("items").unwrap(), depth + 1)]),
            // One specification forgets to say what the objects of a bundle are.
            None if name == "objects" => json!([]),
            _ => self.object(schema, depth),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Value {
        let mut map = Map::new();
        let required: Vec<_> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
        let properties = schema.get("properties").and_then(Value::as_object);
        for (name, property) in properties.into_iter().flatten() {
            // The specifications do not call these required, and no answer is one without them.
            let always = ["items", "data", "id", "count", "objects"].contains(&name.as_str());
            if self.whole || always || required.iter().any(|one| *one == name) {
                map.insert(name.clone(), self.of(name, property, depth + 1));
            }
        }
        Value::Object(map)
    }
}

fn schema<'a>(specification: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let responses = specification.get("paths")?.get(path)?.get(method)?.get("responses")?;
    let answer = ["200", "201", "202"].iter().find_map(|status| responses.get(status))?;
    let content = answer.get("content").and_then(|content| content.get("application/json"));
    content.unwrap_or(answer).get("schema")
}

// Catches an answer of a specification that no decoder reads.
#[test]
fn answers_of_the_specifications_are_read() {
    let mut read = 0;
    for file in ["openapi-2026.json", "swagger-2025.json"] {
        let Some(text) = shared("answers_of_the_specifications_are_read", file) else { return };
        let specification: Value = serde_json::from_str(&text).unwrap();
        for (method, path, decode) in ANSWERS {
            let Some(schema) = schema(&specification, method, path) else { continue };
            for whole in [true, false] {
                let sample = Sample { specification: &specification, whole }.of("", schema, 0);
                let body = sample.to_string();
                if let Err(error) = decode(body.as_bytes()) {
                    panic!("{file} {method} {path}: {error} in {body:.600}");
                }
                read += 1;
            }
        }
    }
    assert!(read >= 2 * ANSWERS.len(), "only {read} samples were read");
}

// Catches a body that CONTRACT shows and that no decoder reads.
#[test]
fn bodies_of_the_contract_are_read() {
    let Some(text) = shared("bodies_of_the_contract_are_read", "CONTRACT.md") else { return };
    let fenced = text.split("```json").skip(1).filter_map(|part| part.split("```").next());
    let inline = text.split('`').filter(|part| part.starts_with('{') && part.ends_with('}'));
    let mut read = 0;
    for body in fenced.chain(inline) {
        // Most of them are shapes with dots in them and no JSON.
        let Ok(Value::Object(map)) = serde_json::from_str(body) else { continue };
        let bytes = body.as_bytes();
        let outcome = if map.contains_key("next_cursor") {
            answer::decode_page(bytes.to_vec()).map(drop)
        } else if map.contains_key("items") {
            list(bytes)
        } else if map.contains_key("code") {
            let error = inthreat_wire::failure::decode(400, None, bytes);
            assert!(error.code().is_some() && error.to_string().contains(": "), "{error}");
            Ok(())
        } else if map.contains_key("data") {
            let query = inthreat_wire::decode("POST", "/v2/inthreat/feeds", None, bytes);
            query.map(drop)
        } else {
            bare(bytes)
        };
        if let Err(error) = outcome {
            panic!("{error} in {body:.300}");
        }
        read += 1;
    }
    assert!(read >= 8, "only {read} bodies were read");
}
