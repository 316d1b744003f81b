//! The document against the routes and the readers.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    operation::{Body, Operation, Shape},
    operations::{EDL, EDL_HEALTH, MISP, MISP_GATEWAY, OPERATIONS},
    recorded,
};
use crate::{Asked, Role, decode_any, openapi, paths};

fn operations() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().copied().flatten()
}

fn document() -> Value {
    serde_json::from_slice(&openapi(|_| true)).unwrap()
}

/// Whether the readers of this crate read it.
fn is_routed(operation: &Operation) -> bool {
    ![EDL, EDL_HEALTH, MISP, MISP_GATEWAY].contains(&operation.path)
}

/// A path with something in its places.
fn filled(path: &str) -> String {
    let pieces = path.split('/').map(|piece| if piece.starts_with('{') { "x--1" } else { piece });
    pieces.collect::<Vec<_>>().join("/")
}

/// Asks with a query and a body, and makes sure that who answers is who is described; the error says what is wrong.
fn read(operation: &Operation, query: &str, body: &Value) -> Result<(), (Option<String>, String)> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let asked = decode_any(operation.method, &filled(operation.path), Some(query), body.as_bytes())
        .map_err(|error| (error.field().map(str::to_owned), error.to_string()))?;
    let role = match asked {
        Asked::Center(_) => Role::Center,
        Asked::Role(question) => question.role(),
    };
    assert_eq!(role, operation.role, "{} {}", operation.method, operation.path);
    Ok(())
}

/// Something that each shape takes.
fn example(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::List | Shape::Ids | Shape::Id | Shape::Feed => "x--1",
        Shape::Cursor => "MjAyMg==",
        Shape::Flag => "true",
        Shape::Limit { .. } | Shape::Offset | Shape::Percent => "7",
        Shape::Instant => "2024-05-01T00:00:00Z",
        Shape::Word(words) => words[0],
    }
}

/// Every parameter of an operation, with one value replaced.
fn query(operation: &Operation, replaced: Option<(&str, &str)>) -> String {
    let values = operation.parameters().map(|parameter| {
        let value = match replaced {
            Some((name, value)) if name == parameter.name => value,
            _ => example(parameter.shape),
        };
        format!("{}={}", parameter.name, crate::quote::encode(value))
    });
    values.collect::<Vec<_>>().join("&")
}

/// A body with everything that its schema tells.
fn full(schema: &Value, document: &Value) -> Value {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return full(document.pointer(&reference[1..]).unwrap(), document);
    }
    if let Some(words) = schema.get("enum") {
        return words[0].clone();
    }
    match schema["type"].as_str().unwrap() {
        "object" => {
            let properties = schema["properties"].as_object().unwrap();
            properties.iter().map(|(name, schema)| (name.clone(), full(schema, document))).collect()
        }
        "array" => json!([full(&schema["items"], document)]),
        "integer" => json!(7),
        "boolean" => json!(true),
        _ if schema.get("format").is_some() => json!("2024-05-01T00:00:00Z"),
        _ => json!("x--1"),
    }
}

/// The names of all properties of a value, however deep they stand.
fn names(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                into.insert(name.clone());
                names(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, into)),
        _ => {}
    }
}

fn body(operation: &Operation, document: &Value) -> Value {
    let method = operation.method.to_ascii_lowercase();
    let body = &document["paths"][operation.path][method]["requestBody"];
    match body {
        Value::Null => Value::Null,
        body => full(&body["content"]["application/json"]["schema"], document),
    }
}

// Catches a path or a method that is understood and not described, and one that is described and not understood.
#[test]
fn every_route_is_described() {
    let described: BTreeSet<_> = operations()
        .filter(|operation| is_routed(operation))
        .map(|operation| (operation.path, operation.method))
        .collect();
    let understood: BTreeSet<_> = paths()
        .flat_map(|(path, methods)| methods.split(", ").map(move |method| (path, method)))
        .collect();
    assert_eq!(described, understood);
    let routed = operations().filter(|operation| is_routed(operation)).count();
    assert_eq!(routed, understood.len(), "one is described twice");
}

// Catches a parameter or a property that is read and not described, and one that is described and that nobody reads.
#[test]
fn what_is_described_is_what_is_read() {
    let document = document();
    for operation in operations().filter(|operation| is_routed(operation)) {
        let place = format!("{} {}", operation.method, operation.path);
        let body = body(operation, &document);
        recorded::take();
        read(operation, "", &body).ok();
        let with_body = recorded::take();
        assert_eq!(read(operation, &query(operation, None), &body), Ok(()), "{place}");
        if let Body::Arguments(_) = operation.body {
            // Arguments are looked for in the query where the body has none.
            assert_eq!(read(operation, &query(operation, None), &Value::Null), Ok(()), "{place}");
        }
        let read = recorded::take();
        let described: BTreeSet<_> =
            operation.parameters().map(|parameter| parameter.name.to_owned()).collect();
        assert_eq!(read.query, described, "the query of {place}");
        let mut described = BTreeSet::new();
        names(&body, &mut described);
        // The envelope of a feed is opened before its properties are read.
        described.remove("data");
        let read: BTreeSet<_> = read.body.union(&with_body.body).cloned().collect();
        assert_eq!(read, described, "the body of {place}");
    }
}

// Catches a range, a set of words or a shape that the document tells otherwise than the readers have it.
#[test]
fn what_is_described_is_what_is_taken() {
    for operation in operations().filter(|operation| is_routed(operation)) {
        for parameter in operation.parameters() {
            let name = parameter.name;
            let place = format!("{name} of {} {}", operation.method, operation.path);
            let body = if let Body::Schema(_) = operation.body {
                json!({ "name": "n" })
            } else {
                Value::Null
            };
            let take = |value: &str| read(operation, &query(operation, Some((name, value))), &body);
            let refuse = |value: &str| {
                let (field, message) = take(value).expect_err(&place);
                assert_eq!(field.as_deref(), Some(name), "{place}: {message}");
            };
            if let Some((minimum, maximum)) = parameter.range() {
                assert_eq!(take(&minimum.to_string()), Ok(()), "{place}");
                assert_eq!(take(&maximum.to_string()), Ok(()), "{place}");
                refuse(&(maximum + 1).to_string());
                refuse("-1");
                if minimum > 0 {
                    refuse("0");
                }
            }
            match parameter.shape {
                Shape::Flag => refuse("maybe"),
                Shape::Instant => refuse("yesterday"),
                Shape::Word(words) => {
                    for word in words {
                        assert_eq!(take(word), Ok(()), "{place}");
                    }
                    refuse("nonsense");
                }
                Shape::Feed => refuse("a/b"),
                Shape::Ids | Shape::Id => refuse("x\u{1}"),
                _ => {}
            }
            if parameter.is_required {
                refuse("");
            }
        }
    }
}

// Catches a reference to nothing, a name of an operation that is there twice, and a role that hides nothing.
#[test]
fn the_document_is_whole() {
    let document = document();
    let mut references = 0;
    let mut ids = BTreeSet::new();
    check(&document, &document, &mut references);
    assert!(references > 100, "only {references} references");
    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{operation}");
        }
    }
    assert_eq!(ids.len(), operations().count());
    let without: Value =
        serde_json::from_slice(&openapi(|role| role != Role::IocCollections)).unwrap();
    assert!(without["paths"].get("/v2/inthreat/ioc-collections").is_none());
    assert!(without["paths"].get("/v2/inthreat/objects").is_some());
}

fn check(value: &Value, document: &Value, references: &mut usize) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                assert!(document.pointer(&reference[1..]).is_some(), "{reference} is nowhere");
                *references += 1;
            }
            map.values().for_each(|value| check(value, document, references));
        }
        Value::Array(items) => items.iter().for_each(|item| check(item, document, references)),
        _ => {}
    }
}
