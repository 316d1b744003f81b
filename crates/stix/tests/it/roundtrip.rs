//! Every object comes back equal when it is typed and written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use inthreat_stix::{Kind, Object, RawObject};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::value::RawValue;

#[path = "../../examples/roundtrip/count.rs"]
mod example;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// A file or folder of the shared data, where it is at hand.
#[expect(clippy::print_stderr, reason = "who runs the tests is told what was not tested")]
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let path = Path::new(DATA).join(name);
    if !path.exists() {
        eprintln!("skipped: {name}: ../shared is absent");
        return None;
    }
    Some(path)
}

/// Adds all files under a folder.
pub(crate) fn files_under(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_under(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn assert_lossless(name: &str, body: Vec<u8>) -> example::Count {
    let count = example::count(body);
    if let Some((before, after)) = count.unequal.first() {
        panic!("{name}: {count}\n{before}\n{after}");
    }
    assert!(count.rejected.is_empty(), "{name}: {:?}", count.rejected);
    count
}

// Catches a property of a real feed, report or example that is lost or changed.
#[test]
fn every_corpus_is_lossless() {
    let Some(folder) = data("corpora") else { return };
    let mut files = Vec::new();
    files_under(&folder, &mut files);
    let mut objects = 0;
    for file in files {
        let body = fs::read(&file).unwrap();
        objects += assert_lossless(&file.display().to_string(), body).objects;
    }
    assert!(objects > 30_000, "{objects}");
}

// Catches a loss in the objects that suites of tests are made of: values of wrong types among them.
#[test]
fn every_vector_is_lossless() {
    for name in ["objects_valid", "objects_invalid", "interop_bundles", "spec_examples"] {
        let Some(file) = data(&format!("vectors/{name}.jsonl")) else { continue };
        let mut objects = 0;
        for line in fs::read_to_string(file).unwrap().split('\n').filter(|line| !line.is_empty()) {
            let row: BTreeMap<String, &RawValue> = serde_json::from_str(line).unwrap();
            let documents =
                row.get("objects").map(|list| serde_json::from_str(list.get()).unwrap());
            let mut documents: Vec<&RawValue> = documents.unwrap_or_default();
            documents.extend(["object", "bundle"].iter().filter_map(|name| row.get(*name)));
            // Some blocks of the specification are fragments, such as a name alone.
            documents.retain(|document| document.get().starts_with(['{', '[']));
            for document in documents {
                objects += assert_lossless(line, document.get().into()).objects;
            }
        }
        assert!(objects > 0, "{name}");
    }
}

// Catches a comparison that finds everything equal.
#[test]
fn the_comparison_sees_differences() {
    for (left, right) in [
        ("1.50", "1.5"),
        (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
        ("[1,2]", "[2,1]"),
        (r#""a""#, r#""b""#),
        ("{}", "[]"),
        (r#"{"a":{"b":[1e3]}}"#, r#"{"a":{"b":[1000]}}"#),
    ] {
        assert!(!example::is_equal(left, right, 0), "{left} {right}");
    }
    assert!(example::is_equal(r#"{"a":"\u0062","c":[ 1 ]}"#, r#"{"c":[1],"a":"b"}"#, 0));
}

// Catches a misfit that is lost, an absent property that is written, and values that change their spelling.
#[test]
fn values_of_wrong_types_survive() {
    for text in [
        r#"{"type":"indicator","revoked":"yes","confidence":null,"created":"yesterday","id":7,"labels":"a"}"#,
        r#"{"type":"indicator","labels":[],"external_references":[{"url":null,"hashes":{"MD5":1}},{}]}"#,
        r#"{"type":"indicator","kill_chain_phases":[{"phase_name":1.0},2]}"#,
        r#"{"type":"location","latitude":1.50,"longitude":-1e3,"precision":"3","confidence":50.0}"#,
        r#"{"type":"file","size":-0,"extensions":{"ntfs-ext":{"x":[1E400]}},"hashes":{}}"#,
        r#"{"type":"observed-data","objects":{"0":{"type":"file","size":1.0,"type":5},"1":{"type":"observed-data","objects":[]}}}"#,
        r#"{"type":null,"id":"x"}"#,
        r#"{"id":"indicator--4","":{"":1}}"#,
        r#"{"type":"bundle","objects":null,"revoked":false}"#,
        r#"{"type":"report","name":"a","name":1,"x":1,"x":2,"revoked":0,"revoked":true}"#,
        r#"{"type":"x","type":"tool","name":"\ud83d\ude00\u0000"}"#,
        r#"{"type":"marking-definition","definition":{"tlp":"red","statement":[]},"definition_type":"x"}"#,
        r#"{"type":"note","abstract":"a","summary":"b"}"#,
    ] {
        let written = RawObject::new(text).unwrap().to_object().to_json();
        assert!(example::is_equal(text, &written, 0), "{text}\n{written}");
    }
}

/// The names of properties that some type defines, and some that none does.
const NAMES: &[&str] = &[
    "id",
    "created",
    "modified",
    "created_by_ref",
    "revoked",
    "labels",
    "confidence",
    "lang",
    "external_references",
    "object_marking_refs",
    "granular_markings",
    "extensions",
    "defanged",
    "spec_version",
    "name",
    "description",
    "pattern",
    "pattern_type",
    "valid_from",
    "indicator_types",
    "kill_chain_phases",
    "aliases",
    "first_seen",
    "is_family",
    "object_refs",
    "objects",
    "number_observed",
    "relationship_type",
    "source_ref",
    "count",
    "summary",
    "abstract",
    "latitude",
    "definition",
    "definition_type",
    "contents",
    "hashes",
    "size",
    "value",
    "values",
    "src_port",
    "protocols",
    "ipfix",
    "is_multipart",
    "body_multipart",
    "x509_v3_extensions",
    "environment_variables",
    "ctime",
    "number",
    "url",
    "source_name",
    "phase_name",
    "selectors",
    "marking_ref",
    "tlp",
    "x_custom",
    "x_list",
    "",
];

/// The texts of values: those that some property takes, in many spellings, and those that none does.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(
            &[
                "null",
                "true",
                "false",
                "0",
                "-0",
                "7",
                "1.0",
                "1.50",
                "1e3",
                "-12",
                "300",
                "1E400",
                "18446744073709551616",
                r#""""#,
                r#""a""#,
                r#""2020-01-01T00:00:00.100Z""#,
                r#""2020-01-01T00:00:00+00:00""#,
                r#""2020-01-01T00:00:00.1234567890Z""#,
                r#""indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc""#,
                r#""indicator--4""#,
                r#""a\u0000b\ud83d\ude00""#,
                r#""\ud800""#,
                r#""stix""#,
                r#""2.1""#,
                "[]",
                "{}",
                "[ ]",
            ][..]
        )
        .prop_map(str::to_owned),
        "[ -~é]{0,12}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            object(inner),
        ]
    })
}

/// The text of an object; names may come twice.
fn object(value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let kinds: Vec<_> = Kind::DEFINED.iter().map(|kind| format!("{:?}", kind.as_str())).collect();
    let member = prop_oneof![
        8 => (select(NAMES), value).prop_map(|(name, value)| format!("{name:?} :{value}")),
        1 => select(kinds).prop_map(|kind| format!(r#""type":{kind}"#)),
        1 => select(&[r#""type":null"#, r#""type":"x-custom""#, r#""\u0074ype":"tool""#][..])
            .prop_map(str::to_owned),
    ];
    vec(member, 0..10).prop_map(|members| format!("{{{}}}", members.join(","))).boxed()
}

proptest! {
    // Catches any value, of any type, under any name, in an object of any type, that does not come back.
    #[test]
    fn any_object_survives(kind in select(Kind::DEFINED), rest in object(value()), last in any::<bool>()) {
        let kind = format!(r#""type":"{kind}""#);
        let rest = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap();
        let text = match (rest.is_empty(), last) {
            (true, _) => format!("{{{kind}}}"),
            (false, true) => format!("{{{rest},{kind}}}"),
            (false, false) => format!("{{{kind},{rest}}}"),
        };
        let Ok(raw) = RawObject::new(text.as_str()) else { return Ok(()) };
        let object = raw.to_object();
        let written = object.to_json();
        prop_assert!(example::is_equal(&text, &written, 0), "{}\n{}", text, written);
        let again: Object = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&again, &object);
        let directly: Object = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&directly, &object);
        let value: serde_json::Result<serde_json::Value> = serde_json::from_str(&text);
        if let Ok(value) = value {
            prop_assert!(serde_json::from_value::<Object>(value).is_ok());
        }
        // Doubled names are gone from what is written, and their references with them.
        prop_assert!(raw.references().count() >= object.references().count());
    }
}
