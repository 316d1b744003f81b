//! The shapes of answers and bodies, as the contract has them.

use inthreat_api::IOCS_MAX;
use serde_json::{Value, json};

use crate::limits::{DRAFT_LIST_MAX, VALUE_LENGTH_MAX};

/// Every schema by its name.
pub(super) fn all() -> Value {
    let mut all = json!({});
    for group in [objects(), lists(), further_lists(), feeds(), exports_and_accounts(), iocs()] {
        if let (Value::Object(all), Value::Object(group)) = (&mut all, group) {
            all.extend(group);
        }
    }
    all
}

/// An object with these properties; more may be there.
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "required": required });
    if let Value::Object(map) = &mut schema {
        map.insert("properties".into(), properties);
    }
    schema
}

/// An identifier of STIX.
pub(super) fn id() -> Value {
    json!({ "type": "string", "pattern": ID_PATTERN })
}

/// A text without control characters, as long as the longest identifier.
pub(super) fn printable() -> Value {
    json!({ "type": "string", "pattern": r"^[^\x00-\x1f\x7f-\x9f]{1,512}$" })
}

/// The identifier of a feed.
pub(super) fn feed_id() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$" })
}

/// A type, two hyphens and a UUID, as every identifier of the service is; readers take more.
const ID_PATTERN: &str = "^[a-z][a-z0-9-]{2,39}--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn array(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn instant() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}

fn objects() -> Value {
    json!({
        "Error": object(&["message", "code"], json!({
            "message": text(),
            "code": text(),
            "field": { "type": "string", "description": "What is wrong." },
        })),
        "Object": {
            "type": "object",
            "description": "An object of STIX 2.1, byte for byte as it was published.",
            "required": ["id", "type"],
            "properties": { "id": text(), "type": text() },
        },
        "OneObject": object(&["data"], json!({ "data": reference("Object") })),
        "OneOrMany": {
            "description": "`data` for one id, `items` for several.",
            "anyOf": [
                reference("OneObject"),
                object(&["items"], json!({ "items": array(&reference("Object")) })),
            ],
        },
        "Bundle": object(&["type", "id", "objects"], json!({
            "type": { "const": "bundle" },
            "id": text(),
            "objects": array(&reference("Object")),
        })),
        "Related": object(&["related_object", "relationship"], json!({
            "related_object": { "anyOf": [reference("Object"), { "type": "null" }] },
            "relationship": reference("Object"),
        })),
    })
}

fn lists() -> Value {
    json!({
        "Page": object(&["items", "next_cursor"], json!({
            "items": array(&reference("Object")),
            "next_cursor": { "type": "string", "description": "Behind the last item; good for ever." },
        })),
        "RelatedPage": object(&["items", "next_cursor"], json!({
            "items": array(&reference("Related")),
            "next_cursor": text(),
        })),
        "PatternPage": object(&["items", "next_cursor", "next_id"], json!({
            "items": array(&object(&["uuid", "pattern", "pattern_type", "revoked"], json!({
                "uuid": text(),
                "pattern": text(),
                "pattern_type": text(),
                "revoked": flag(),
                "created": instant(),
                "modified": instant(),
                "valid_from": instant(),
                "valid_until": instant(),
            }))),
            "next_id": { "type": ["string", "null"] },
            "next_cursor": text(),
        })),
        "ObjectList": object(&["items", "has_more"], json!({
            "items": array(&reference("Object")),
            "total": count(),
            "has_more": flag(),
        })),
        "LightObjectList": object(&["items", "has_more"], json!({
            "items": array(&object(&["id", "type"], json!({
                "id": text(),
                "type": text(),
                "name": text(),
                "modified": instant(),
            }))),
            "total": count(),
            "has_more": flag(),
        })),
        "RelationshipList": object(&["items", "total", "has_more"], json!({
            "items": array(&reference("Related")),
            "total": count(),
            "has_more": flag(),
        })),
        "IndicatorList": object(&["items", "has_more"], json!({
            "items": array(&reference("Object")),
            "has_more": flag(),
        })),
        "ContextList": object(&["items", "has_more"], json!({
            "items": array(&reference("Bundle")),
            "has_more": flag(),
        })),
    })
}

fn further_lists() -> Value {
    let counts = json!({ "type": "object", "additionalProperties": count() });
    json!({
        "RelationshipStatistics": object(&[], json!({
            "categories": counts,
            "relationship_types": counts,
            "remote_types": counts,
            "relationship_types_by_object_type": {
                "type": "object",
                "additionalProperties": counts,
            },
            "total": count(),
        })),
        "NameList": object(&["items", "total"], json!({ "items": array(&text()), "total": count() })),
        "BulkFoundList": object(&["items"], json!({
            "items": array(&object(&["search", "found", "observable"], json!({
                "search": text(),
                "found": flag(),
                "observable": { "anyOf": [reference("Object"), { "type": "null" }] },
            }))),
        })),
        "Count": object(&["count"], json!({ "count": count() })),
        "TagList": object(&["items", "has_more"], json!({
            "items": array(&object(&["name"], json!({ "name": text() }))),
            "has_more": flag(),
        })),
    })
}

fn feeds() -> Value {
    let mut feed = draft();
    if let Some(Value::Object(properties)) = feed.get_mut("properties") {
        properties.insert("id".into(), text());
        properties.insert("created".into(), instant());
        properties.insert("modified".into(), instant());
        properties.insert("community_uuid".into(), text());
    }
    if let Value::Object(map) = &mut feed {
        map.insert("required".into(), json!(["id", "title", "format"]));
    }
    json!({
        "Feed": feed,
        "FeedDraft": object(&["data"], json!({ "data": draft() })),
        "OneFeed": object(&["data"], json!({ "data": reference("Feed") })),
        "FeedList": object(&["items", "total"], json!({
            "items": array(&reference("Feed")),
            "total": count(),
        })),
    })
}

/// What a feed selects, and how it is written (CONTRACT 3.1).
fn draft() -> Value {
    let list =
        |items: Value| json!({ "type": "array", "items": items, "maxItems": DRAFT_LIST_MAX });
    object(
        &[],
        json!({
            "title": text(),
            "description": text(),
            "types": list(text()),
            "observable_types": list(text()),
            "sources": list(id()),
            "tlps": list(id()),
            "labels": list(text()),
            "sectors": list(id()),
            "locations": list(id()),
            "format": { "type": "string", "enum": ["json", "csv", "text", "custom"], "default": "json" },
            "fields": list(text()),
            "template": text(),
            "include_revoked": { "type": "boolean", "default": true },
            "skip_expired": { "type": "boolean", "default": false },
            "sort_order": { "type": "string", "enum": ["asc", "desc"], "default": "desc" },
        }),
    )
}

fn exports_and_accounts() -> Value {
    let mut claims = object(
        &[],
        json!({
            "community_uuid": { "type": ["string", "null"], "description": "`null`: the feeds of all." },
            "permissions": array(&text()),
        }),
    );
    if let Value::Object(claims) = &mut claims {
        claims.insert("type".into(), json!(["object", "null"]));
    }
    json!({
        "OneExport": object(&["data"], json!({
            "data": object(&["id"], json!({
                "id": text(),
                "object_id": text(),
                "format": text(),
                "relationship_types": array(&text()),
                "status": text(),
                "file": text(),
                "created": instant(),
                "modified": instant(),
            })),
        })),
        "KeyInfo": object(&["identity", "type", "iat", "nbf", "fresh", "user_claims"], json!({
            "identity": { "type": ["string", "null"] },
            "type": { "type": ["string", "null"] },
            "iat": { "type": ["integer", "null"] },
            "nbf": { "type": ["integer", "null"] },
            "exp": { "type": "integer" },
            "fresh": flag(),
            "user_claims": claims,
        })),
        "Profile": object(&["uuid", "email", "firstname", "lastname"], json!({
            "uuid": { "type": ["string", "null"] },
            "email": { "type": ["string", "null"] },
            "firstname": { "type": ["string", "null"] },
            "lastname": { "type": ["string", "null"] },
        })),
        "Health": object(&["status"], json!({ "status": text() })),
        "NoSuchList": object(&["detail"], json!({
            "detail": array(&object(&["loc", "msg", "type"], json!({
                "loc": { "type": "array" },
                "msg": text(),
                "type": text(),
            }))),
        })),
    })
}

fn iocs() -> Value {
    let collection = json!({
        "id": text(),
        "name": text(),
        "description": text(),
        "community_uuid": text(),
        "available_for_sub_communities": flag(),
    });
    let mut told = collection.clone();
    if let Value::Object(map) = &mut told {
        map.insert("created".into(), instant());
        map.insert("modified".into(), instant());
        map.insert("created_by".into(), text());
        map.insert("modified_by".into(), text());
        map.insert("indicators_count".into(), count());
    }
    let mut draft = collection;
    if let Some(draft_id) = draft.get_mut("id") {
        *draft_id = id();
    }
    let mut new = draft.clone();
    if let Some(name) = new.get_mut("name") {
        *name = json!({ "type": "string", "minLength": 1 });
    }
    let value = json!({ "type": "string", "minLength": 1, "maxLength": VALUE_LENGTH_MAX / 4 });
    json!({
        "IocCollection": object(&["id", "name"], told),
        "IocCollectionDraft": object(&[], draft),
        "NewIocCollection": object(&["name"], new),
        "IocCollectionList": object(&["items", "total"], json!({
            "items": array(&reference("IocCollection")),
            "total": count(),
        })),
        "IocFields": ioc_fields(&[], json!({})),
        "Iocs": object(&["indicators"], json!({
            "indicators": {
                "type": "array",
                "items": ioc_fields(&["value"], json!({ "value": value })),
                "minItems": 1,
                "maxItems": IOCS_MAX,
            },
            "default_fields": reference("IocFields"),
        })),
        "IocText": ioc_fields(&["indicators"], json!({
            "indicators": { "type": "string", "minLength": 1 },
            "format": {
                "type": "string",
                "enum": [
                    "one_per_line", "domain-name.value", "ipv4-addr.value", "ipv6-addr.value",
                    "url.value", "email-addr.value", "file.hashes",
                ],
                "default": "one_per_line",
            },
        })),
        "IocsAdded": object(&["items", "total"], json!({
            "items": array(&reference("Object")),
            "total": count(),
        })),
        "Task": object(&["task_id"], json!({ "task_id": text() })),
        "IocCount": object(&["count"], json!({ "count": count(), "max": count() })),
    })
}

/// What may be said of an indicator of a collection, and more.
fn ioc_fields(required: &[&str], mut properties: Value) -> Value {
    if let Value::Object(map) = &mut properties {
        map.insert("description".into(), text());
        map.insert("valid_from".into(), instant());
        map.insert("valid_until".into(), instant());
        let named = json!({ "type": "string", "minLength": 1 });
        let phase = object(
            &["kill_chain_name", "phase_name"],
            json!({ "kill_chain_name": named, "phase_name": named }),
        );
        map.insert("kill_chain_phases".into(), array(&phase));
        map.insert("x_ic_related_threat_refs".into(), array(&id()));
    }
    object(required, properties)
}
