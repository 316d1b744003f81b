//! The JSON that a server answers fits the schemas of the service's specification.

use std::fs;

use inthreat_api::conformance;
use inthreat_tests::data;
use serde_json::{Map, Value};

use crate::{
    conformance::served_with,
    paths::{ask, filled, make_local},
};

/// The paths of the specification, how each is asked of the archive, and with which body.
const ASKED: &[(&str, &str, &str, &str)] = &[
    ("get", "/collections/observables", "?limit=3", ""),
    (
        "get",
        "/collections/relationships",
        "?match[id]=malware--00000000-0000-4000-8000-000000000001",
        "",
    ),
    ("get", "/collections/{feed_id}/objects", "?limit=2000", ""),
    ("post", "/feeds", "", r#"{"data":{"title":"t","types":["indicator"],"sort_order":"asc"}}"#),
    ("get", "/feeds", "", ""),
    ("get", "/feeds/{uuid}", "", ""),
    ("get", "/indicators", "?type=ipv4-addr&value=198.51.100.7", ""),
    ("get", "/indicators/context", "?type=ipv4-addr&value=198.51.100.7", ""),
    (
        "post",
        "/indicators/indicates-relationships",
        "",
        r#"{"ids":["indicator--00000000-0000-4000-8000-000000000001"]}"#,
    ),
    ("get", "/ioc-collections", "?with_indicators_count=true", ""),
    ("post", "/ioc-collections", "", r#"{"name":"n","available_for_sub_communities":true}"#),
    ("get", "/ioc-collections/count-total-iocs", "", ""),
    ("get", "/ioc-collections/{uuid}", "", ""),
    ("patch", "/ioc-collections/{uuid}", "", r#"{"description":"d"}"#),
    ("get", "/ioc-collections/{uuid}/indicators", "", ""),
    (
        "post",
        "/ioc-collections/{uuid}/indicators",
        "",
        r#"{"indicators":[{"value":"192.0.2.1","valid_until":"2099-01-01T00:00:00Z"}]}"#,
    ),
    (
        "put",
        "/ioc-collections/{collection_id}/indicators/{indicator_id}",
        "",
        r#"{"kill_chain_phases":[{"kill_chain_name":"k","phase_name":"p"}]}"#,
    ),
    ("get", "/ioc-collections/{collection_id}/indicators/{indicator_id}/context", "", ""),
    ("delete", "/ioc-collections/{collection_id}/indicators/{indicator_id}", "", ""),
    ("get", "/objects", "?limit=100", ""),
    ("get", "/objects/light", "?limit=100", ""),
    ("post", "/objects/search", "?limit=100", r#"{"with_count":true}"#),
    ("get", "/objects/sectors", "", ""),
    ("get", "/objects/{object_id}/context", "", ""),
    ("get", "/objects/{uuid}", "", ""),
    ("get", "/objects/{uuid}/observables", "", ""),
    ("get", "/objects/{uuid}/relationship-types", "", ""),
    ("get", "/objects/{uuid}/relationships", "", ""),
    ("get", "/objects/{uuid}/relationships/statistics", "", ""),
    ("get", "/objects/{uuid}/reports", "", ""),
    ("get", "/objects/{uuid}/sources", "", ""),
    ("get", "/observables", "?limit=100", ""),
    ("post", "/observables/bulk-search", "", r#"{"searches":["198.51.100.7","nobody"]}"#),
    ("post", "/observables/count", "", r#"{"term":"198"}"#),
    ("post", "/observables/search", "?with_indicated_threats=1", r#"{"term":"198"}"#),
    ("get", "/observables/tags", "", ""),
    ("get", "/observables/{observable_uuid}/relationships", "", ""),
    ("get", "/observables/{uuid}", "", ""),
    ("get", "/observables/{uuid}/indicators", "", ""),
    ("get", "/observables/{uuid}/reports", "", ""),
    ("get", "/relationships", "?limit=100", ""),
    ("get", "/relationships/{uuid}", "", ""),
    ("get", "/reports", "", ""),
    ("get", "/reports/{uuid}", "", ""),
    ("get", "/reports/{uuid}/objects", "", ""),
    ("get", "/reports/{uuid}/observables", "", ""),
    ("get", "/sources", "", ""),
];

/// Looks for what in a value a schema does not allow.
struct Checker<'a> {
    specification: &'a Value,
    faults: Vec<String>,
}

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value, place: &str) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.specification.pointer(reference.trim_start_matches('#')).unwrap();
            return self.check(target, value, place);
        }
        for (keyword, rule) in schema.as_object().unwrap() {
            match keyword.as_str() {
                "type" => self.check_type(rule, value, place),
                "enum" => {
                    if !rule.as_array().unwrap().contains(value) {
                        self.faults.push(format!("{place}: {value} is none of {rule}"));
                    }
                }
                "required" => {
                    for name in rule.as_array().unwrap() {
                        if value.is_object() && value.get(name.as_str().unwrap()).is_none() {
                            self.faults.push(format!("{place}: {name} is missing"));
                        }
                    }
                }
                "properties" => self.check_properties(rule.as_object().unwrap(), value, place),
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(rule, item, &format!("{place}[{index}]"));
                    }
                }
                "minimum" | "maximum" => {
                    let bound = rule.as_f64().unwrap();
                    let is_out =
                        |number| if keyword == "minimum" { number < bound } else { number > bound };
                    if value.as_f64().is_some_and(is_out) {
                        self.faults.push(format!("{place}: {value} is beyond {keyword} {rule}"));
                    }
                }
                "description" | "default" | "readOnly" => {}
                // A checker that passes over a rule would prove less than it says.
                other => panic!("the schema at {place} has `{other}`, which is not checked here"),
            }
        }
    }

    fn check_type(&mut self, rule: &Value, value: &Value, place: &str) {
        let kinds = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
        let fits = kinds.iter().any(|kind| match kind.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => panic!("`{other}` is no type"),
        });
        if !fits {
            self.faults.push(format!("{place}: expected {rule}, found {value:.60}"));
        }
    }

    fn check_properties(&mut self, rules: &Map<String, Value>, value: &Value, place: &str) {
        for (name, rule) in rules {
            if let Some(property) = value.get(name) {
                self.check(rule, property, &format!("{place}.{name}"));
            }
        }
    }
}

// Catches an answer whose shape is not the one that the service publishes.
#[tokio::test(flavor = "multi_thread")]
async fn answers_fit_the_schemas_of_the_service() {
    let Some(shared) = data::shared("schemas::answers_fit_the_schemas_of_the_service") else {
        return;
    };
    let text = fs::read_to_string(shared.join("contract/openapi-2026.json")).unwrap();
    let specification: Value = serde_json::from_str(&text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served_with(folder.path(), conformance::archive()).await;
    let asking = move || {
        make_local(&url);
        let (_, body) = ask(&url, "GET", "/v2/inthreat/observables?match[value]=198.51.100.7", "");
        let list: Value = serde_json::from_str(&body).unwrap();
        let observable = list["items"][0]["id"].as_str().unwrap();
        let mut faults = Vec::new();
        let mut full = 0;
        for (method, path, query, body) in ASKED {
            let target = format!("/v2/inthreat{}{query}", filled(path, observable));
            let (status, body) = ask(&url, &method.to_uppercase(), &target, body);
            let answers = &specification["paths"][*path][*method]["responses"];
            let schema = &answers[status.to_string()]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{method} {path} has no answer {status}: {body:.300}");
            let answer: Value = serde_json::from_str(&body).unwrap();
            let items = answer.get("items").and_then(Value::as_array);
            full += usize::from(items.is_none_or(|items| !items.is_empty()));
            let mut checker = Checker { specification: &specification, faults: Vec::new() };
            checker.check(schema, &answer, &format!("{method} {path}"));
            // Objects are told as they came, and those of the archive are no more than they have to be.
            let of_server = |fault: &String| !fault.ends_with(r#": "valid_from" is missing"#);
            faults.extend(checker.faults.into_iter().filter(of_server));
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(full + 4 >= ASKED.len(), "only {full} answers had something in them");
    };
    tokio::task::spawn_blocking(asking).await.unwrap();
}
