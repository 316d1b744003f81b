//! Validation as its users call it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn report(value: &Value) -> Report {
    object(&RawObject::new(value.to_string()).unwrap(), &Options::default())
}

/// The codes and places of the errors.
fn errors(value: &Value) -> Vec<(String, String)> {
    let report = report(value);
    report.errors().map(|f| (f.code().to_string(), f.pointer().to_owned())).collect()
}

fn check(value: &Value, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(c, p)| (c.to_string(), p.to_string())).collect();
    assert_eq!(errors(value), expected, "{value}");
}

fn malware() -> Value {
    json!({
        "type": "malware",
        "spec_version": "2.1",
        "id": "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "created": "2019-04-06T20:07:09.000Z",
        "modified": "2019-04-06T20:07:09.000Z",
        "is_family": true,
        "name": "Poison Ivy",
    })
}

// Catches an error where there is none, and a place that is not the property's.
#[test]
fn places_and_codes() {
    check(&malware(), &[]);
    let mut object = malware();
    object["modified"] = "2018-04-06T20:07:09.000Z".into();
    object["external_references"] =
        json!([{ "source_name": "a" }, { "source_name": "b", "url": "c" }]);
    object["x_a/b"] = json!(1);
    check(
        &object,
        &[
            ("property-combination", "/external_references/0"),
            ("uri", "/external_references/1/url"),
            ("property-name", "/x_a~1b"),
            ("timestamp-order", "/modified"),
        ],
    );
}

// Catches a property that occurs twice and is read once.
#[test]
fn repeated_properties() {
    let text =
        malware().to_string().replace("\"type\"", "\"name\":\"x\",\"x_a\":1,\"x_a\":2,\"type\"");
    let report = object(&RawObject::new(text).unwrap(), &Options::default());
    let repeated = report.errors().filter(|f| f.code() == Code::DuplicateProperty);
    assert_eq!(repeated.map(Finding::pointer).collect::<Vec<_>>(), ["/name", "/x_a"]);
}

// Catches a report that grows without a bound, and errors that are not counted because they are not kept.
#[test]
fn findings_are_limited() {
    let labels: Vec<_> = (0..100).map(|number| json!(number)).collect();
    let mut object = malware();
    object["labels"] = labels.into();
    let raw = RawObject::new(object.to_string()).unwrap();
    let report = super::object(&raw, &Options::default().with_findings_max(10));
    assert_eq!((report.findings().len(), report.omitted()), (10, 90));
    let report = super::object(&raw, &Options::default().with_findings_max(0));
    assert!(!report.is_valid());
    // Warnings in front of it hide no error.
    let mut object = malware();
    let warned: Vec<_> =
        (0..50).map(|_| json!({ "source_name": "capec", "external_id": "x" })).collect();
    object["kill_chain_phases"] =
        (0..50).map(|_| json!({ "kill_chain_name": "A B", "phase_name": "C D" })).collect();
    object["external_references"] = warned.into();
    object["name"] = 7.into();
    let raw = RawObject::new(object.to_string()).unwrap();
    let all = super::object(&raw, &Options::default());
    let (errors, warnings) = (all.errors().count(), all.warnings().count());
    assert!(errors > 0 && warnings > 50, "{errors} {warnings}");
    let cut = super::object(&raw, &Options::default().with_findings_max(errors + 1));
    assert_eq!((cut.errors().count(), cut.warnings().count()), (errors, 1));
    assert_eq!((cut.error_count(), cut.warning_count()), (errors, warnings));
    assert_eq!(cut.omitted(), warnings - 1);
}

// Catches a bundle whose objects are not looked at, or are held to the wrong version.
#[test]
fn bundles() {
    let legacy = json!({
        "type": "malware",
        "id": "malware--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "created": "2019-04-06T20:07:09.000Z",
        "modified": "2019-04-06T20:07:09.000Z",
        "labels": ["rootkit"],
        "name": "Poison Ivy",
    });
    let mut broken = malware();
    broken["id"] = "malware--1".into();
    let bundle = json!({
        "type": "bundle",
        "id": "bundle--31b940d4-6f7f-459a-80ea-9c1f17b5891b",
        "objects": [malware(), legacy, broken, 42, { "type": "bundle" }],
    });
    check(
        &bundle,
        &[
            ("identifier", "/objects/2/id"),
            ("bundle-item", "/objects/3"),
            ("bundle-item", "/objects/4"),
        ],
    );
    let report = report(&bundle);
    let repeated = report.warnings().find(|f| f.code() == Code::DuplicateObject).unwrap();
    assert_eq!(repeated.pointer(), "/objects/1/id");
}

// Catches references within `objects` that are taken for identifiers.
#[test]
fn contained_observables_refer_to_each_other() {
    let object = |reference: &str| {
        json!({
            "type": "observed-data",
            "id": "observed-data--b67d30ff-02ac-498a-92f9-32f845f448cf",
            "created": "2016-04-06T19:58:16.000Z",
            "modified": "2016-04-06T19:58:16.000Z",
            "first_observed": "2015-12-21T19:00:00Z",
            "last_observed": "2015-12-21T19:00:00Z",
            "number_observed": 50,
            "objects": {
                "0": { "type": "file", "name": "a", "parent_directory_ref": reference },
                "1": { "type": "directory", "path": "/a" },
            },
        })
    };
    check(&object("1"), &[]);
    let pointer = "/objects/0/parent_directory_ref";
    check(&object("0"), &[("reference-type", pointer)]);
    check(&object("2"), &[("unresolved-reference", pointer)]);
}

// Catches a code that is renamed or given twice: programs rely on them.
#[test]
fn codes_are_distinct() {
    let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Code::ALL.len());
    assert_eq!(Code::RequiredProperty.to_string(), "required-property");
}

// Catches a stack that overflows instead of a finding.
#[test]
fn depth_is_limited() {
    let deep = format!(r#"{{"type":"a","x":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    let Ok(deep) = RawObject::new(deep) else { return };
    assert_eq!(object(&deep, &Options::default()).findings()[0].code(), Code::Json);
}

// Catches work that grows faster than the text: selectors over a large object, names that are compared with each
// other. The numbers are such that quadratic work would not end in a test's time.
#[test]
fn large_objects_take_linear_time() {
    const COUNT: usize = 30_000;
    let mut object = malware();
    let names = (0..COUNT).map(|number| (format!("x_{number}"), json!("a")));
    object.as_object_mut().unwrap().extend(names);
    let selectors: Vec<_> = (0..COUNT).map(|number| json!(format!("x_{number}"))).collect();
    object["granular_markings"] = json!([{ "lang": "en", "selectors": selectors }]);
    assert!(report(&object).is_valid());
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9:./@-]{0,30}".prop_map(Value::String),
        Just("file--5956efbb-a7b0-566d-a7f9-a202eb05c70f".into()),
        Just("2016-04-06T19:58:16.000Z".into()),
    ];
    leaf.prop_recursive(4, 30, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::btree_map(name(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Names that the tables know, and others.
fn name() -> impl Strategy<Value = String> {
    let known = [
        "id",
        "created",
        "modified",
        "extensions",
        "hashes",
        "objects",
        "object_refs",
        "contents",
        "granular_markings",
        "external_references",
        "definition",
        "values",
        "pattern",
        "lang",
        "selectors",
        "marking_ref",
        "pattern_type",
        "x509_v3_extensions",
        "pdf-ext",
        "0",
    ];
    prop_oneof![
        proptest::sample::select(known.to_vec()).prop_map(str::to_owned),
        "[a-zA-Z0-9_./~-]{0,12}",
    ]
}

proptest! {
    // Catches an object that makes validation panic, or that is called valid although it has errors.
    #[test]
    fn no_object_panics(
        members in proptest::collection::btree_map(name(), any_value(), 0..12),
        kind in proptest::sample::select(crate::Kind::DEFINED.to_vec()),
        legacy: bool,
    ) {
        let mut object = Value::Object(members.into_iter().collect());
        object["type"] = kind.as_str().into();
        let version = if legacy { SpecVersion::V20 } else { SpecVersion::V21 };
        let raw = RawObject::new(object.to_string()).unwrap();
        let report = super::object(&raw, &Options::default().with_version(version));
        prop_assert_eq!(report.is_valid(), report.errors().next().is_none());
        let without = Options::default().with_version(version).with_warnings(false);
        prop_assert_eq!(super::object(&raw, &without).findings().len(), report.errors().count());
    }
}
