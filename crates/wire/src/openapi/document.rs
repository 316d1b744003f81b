//! The document itself, written from the table of operations.
//!
//! It is put together by hand: the derive macros of utoipa describe Rust handlers, one function for each route, and here
//! one table has the routes and hand-written readers take what clients in the field send.

use serde_json::{Map, Value, json};

use super::{
    operation::{Answer, Body, Operation, Parameter, Shape},
    operations::OPERATIONS,
    schemas,
};
use crate::{
    Role,
    limits::{DRAFT_LIST_MAX, IDS_MAX, VALUE_LENGTH_MAX},
    route,
};

/// What a question may be refused with, whatever it is.
const REFUSALS: &[(u16, &str)] = &[
    (400, "Something about the question is wrong; `field` names it."),
    (401, "The key is missing or wrong."),
    (403, "The key may not do this, or nobody may."),
    (404, "There is no such thing."),
    (408, "The body of the question did not arrive in time."),
    (413, "The body is too long."),
    (414, "The path or the query is too long."),
    (429, "Too many questions; `Retry-After` says when to ask again."),
    (500, "Something went wrong inside."),
    (501, "Nobody answers this here."),
    (502, "The service behind this server did not answer properly."),
    (503, "Not available at the moment."),
];

/// Writes the OpenAPI 3.1 document of a server whose center plays these roles, as JSON.
///
/// Every path of [`paths`](crate::paths) is in it whose role is played, and the lists for firewalls; TAXII 2.1 has a
/// specification of its own.
///
/// ```
/// use inthreat_wire::{Role, openapi};
///
/// let document = openapi(|role| role == Role::Center);
/// let text = String::from_utf8_lossy(&document);
/// assert!(text.contains(r#""openapi":"3.1.0""#));
/// assert!(text.contains("/v2/inthreat/indicators/context"));
/// assert!(!text.contains("/v2/inthreat/exports/"));
/// ```
pub fn openapi(plays: impl Fn(Role) -> bool) -> Vec<u8> {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS.iter().copied().flatten() {
        if !plays(operation.role) {
            continue;
        }
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = item {
            methods.insert(operation.method.to_ascii_lowercase(), describe(operation));
        }
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Intelligence Center",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What this server answers of the API of the Sekoia.io Intelligence Center. Every path may \
                also begin with `/api`, doubled and trailing slashes do not count, and unknown parameters are ignored. \
                Comma lists may also be repeated. TAXII 2.1 is answered below `/taxii2/`, by its own specification.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }, { "basic": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "The key." },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Any user name, and the key as password.",
                },
            },
            "responses": refusals(),
            "schemas": schemas::all(),
        },
    });
    document.to_string().into_bytes()
}

fn describe(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = places(operation).collect();
    let is_in_body = matches!(operation.body, Body::Arguments(_));
    for parameter in operation.parameters() {
        parameters.push(json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.about,
            // What may stand in the body too is required there.
            "required": parameter.is_required && !is_in_body,
            "style": "form",
            "explode": false,
            "schema": query_schema(parameter),
        }));
    }
    let mut told = json!({
        "operationId": operation_id(operation),
        "tags": [heading(operation.role)],
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses(operation),
    });
    let schema = match operation.body {
        Body::None => return told,
        Body::Arguments(arguments) => arguments_schema(arguments),
        Body::Schema(name) => reference(name),
    };
    if let Value::Object(map) = &mut told {
        let body =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        map.insert("requestBody".into(), body);
    }
    told
}

/// The heading under which the questions of a role are listed.
fn heading(role: Role) -> &'static str {
    match role {
        Role::Center => "feeds, objects, look-ups",
        Role::Server => "server",
        Role::LiveCollections => "further pages",
        Role::ObjectSearch => "lists and searches",
        Role::ObjectDetails => "details of objects",
        Role::Relationships => "relationships",
        Role::Reports => "reports",
        Role::Observables => "observables",
        Role::Exports => "exports",
        Role::IocCollections => "IOC collections",
    }
}

/// A name that programs can use: the method and the words of the path.
fn operation_id(operation: &Operation) -> String {
    let mut id = operation.method.to_ascii_lowercase();
    let words = operation.path.split(['/', '{', '}', '-']).filter(|word| !word.is_empty());
    for word in words.filter(|word| !matches!(*word, "v1" | "v2" | "inthreat")) {
        id.push('_');
        id.push_str(word);
    }
    id
}

/// What stands in the places of the path.
fn places(operation: &Operation) -> impl Iterator<Item = Value> {
    let pieces = operation.path.split('/');
    let path = operation.path;
    pieces.filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}')).map(move |name| {
        let (about, schema) = match name {
            "feed" => ("The id of a feed.", schemas::feed_id()),
            "file" => (
                "`manifest.json`, `hashes.csv`, or an event of the manifest: `UUID.json`.",
                json!({ "type": "string", "pattern": "^[0-9a-z-]+\\.(json|csv)$" }),
            ),
            "list" => ("Which list.", json!({ "type": "string", "enum": ["ipv4", "ipv6", "domain-name"] })),
            "id" if matches!(path, route::OBJECT | route::RELATIONSHIP) => {
                ("An id, or several with commas between.", schemas::printable())
            }
            "job" => ("The id of an export.", schemas::printable()),
            "sha256" => ("The hash of the file.", schemas::printable()),
            _ => ("An id.", schemas::id()),
        };
        json!({ "name": name, "in": "path", "required": true, "description": about, "schema": schema })
    })
}

/// What a parameter may be in the query.
fn query_schema(parameter: &Parameter) -> Value {
    match parameter.shape {
        Shape::List | Shape::Ids => {
            let mut schema = json!({
                "type": "array",
                "maxItems": IDS_MAX,
                "items": schemas::printable(),
            });
            if let (true, Value::Object(map)) = (parameter.is_required, &mut schema) {
                map.insert("minItems".into(), 1.into());
            }
            schema
        }
        _ => scalar_schema(parameter),
    }
}

/// What an argument may be in a body.
fn body_schema(parameter: &Parameter) -> Value {
    let items = |items: Value, max: usize| {
        let min = usize::from(parameter.is_required);
        json!({ "type": "array", "items": items, "minItems": min, "maxItems": max })
    };
    let max = if parameter.is_required { IDS_MAX } else { DRAFT_LIST_MAX };
    match parameter.shape {
        Shape::List => items(json!({ "type": "string" }), max),
        Shape::Ids => items(schemas::id(), max),
        _ => scalar_schema(parameter),
    }
}

fn scalar_schema(parameter: &Parameter) -> Value {
    if let Some((minimum, maximum)) = parameter.range() {
        let mut schema = json!({ "type": "integer", "minimum": minimum, "maximum": maximum });
        if let (Shape::Limit { allowed, default }, Value::Object(map)) =
            (parameter.shape, &mut schema)
        {
            map.insert("default".into(), default.into());
            let lowered = format!("What is more than {allowed} counts as {allowed}.");
            map.insert("description".into(), lowered.into());
        }
        return schema;
    }
    match parameter.shape {
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Instant => json!({ "type": "string", "format": "date-time" }),
        Shape::Id => schemas::id(),
        Shape::Feed => schemas::feed_id(),
        Shape::Word(words) => json!({ "type": "string", "enum": words }),
        _ => json!({
            "type": "string",
            "minLength": usize::from(parameter.is_required),
            "maxLength": VALUE_LENGTH_MAX / 4,
            "description": format!("At most {VALUE_LENGTH_MAX} bytes."),
        }),
    }
}

fn arguments_schema(arguments: &[&[Parameter]]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in arguments.iter().copied().flatten() {
        let mut schema = body_schema(parameter);
        if let Value::Object(map) = &mut schema {
            map.insert("description".into(), parameter.about.into());
        }
        properties.insert(parameter.name.into(), schema);
        if parameter.is_required {
            required.push(parameter.name);
        }
    }
    schemas::object(&required, Value::Object(properties))
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    let json_of = |schema: &str| json!({ "application/json": { "schema": reference(schema) } });
    let (status, told) = match operation.answer {
        Answer::Json(status, schema) => {
            (status, json!({ "description": operation.summary, "content": json_of(schema) }))
        }
        Answer::Page => (200, page()),
        Answer::File => {
            let content = json!({ "application/octet-stream": {} });
            (200, json!({ "description": "The file.", "content": content }))
        }
        Answer::Lines => {
            let content = json!({ "text/plain": { "schema": { "type": "string" } } });
            (200, json!({ "description": "Values, one a line.", "content": content }))
        }
        Answer::Misp => {
            let content = json!({
                "application/json": { "schema": { "type": "object" } },
                "text/csv": { "schema": { "type": "string" } },
            });
            (
                200,
                json!({ "description": "The manifest, an event, or hashes.", "content": content }),
            )
        }
        Answer::Nothing => (204, json!({ "description": "It is done." })),
    };
    responses.insert(status.to_string(), told);
    if (operation.path, operation.method) == (route::IOC, "DELETE") {
        responses.insert("204".into(), json!({ "description": "It is deleted." }));
    }
    if let Answer::Lines = operation.answer {
        let told =
            json!({ "description": "There is no such list.", "content": json_of("NoSuchList") });
        responses.insert("422".into(), told);
    }
    for (status, _) in REFUSALS {
        let reference = json!({ "$ref": format!("#/components/responses/{status}") });
        responses.insert(status.to_string(), reference);
    }
    Value::Object(responses)
}

/// A page of a feed, in whichever format it is.
fn page() -> Value {
    let text = json!({ "schema": { "type": "string" } });
    json!({
        "description": "A page. One that is not JSON tells the next cursor in the header `Cursor`.",
        "headers": { "Cursor": { "schema": { "type": "string" } } },
        "content": {
            "application/json": { "schema": reference("Page") },
            "text/csv": text,
            "text/plain": text,
        },
    })
}

fn refusals() -> Value {
    let told = REFUSALS.iter().map(|(status, about)| {
        let mut response = json!({
            "description": about,
            "content": { "application/json": { "schema": reference("Error") } },
        });
        let header = match status {
            401 => Some(("WWW-Authenticate", json!({ "schema": { "type": "string" } }))),
            429 | 503 => Some(("Retry-After", json!({ "schema": { "type": "integer" } }))),
            _ => None,
        };
        if let (Some((name, header)), Value::Object(map)) = (header, &mut response) {
            map.insert("headers".into(), json!({ name: header }));
        }
        (status.to_string(), response)
    });
    Value::Object(told.collect())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
