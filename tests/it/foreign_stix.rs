//! A collection of TAXII over a replica, read by the data source of stix2.

use inthreat_stix::RawObject;
use serde_json::json;

use crate::{conformance::served_with, python::Python};

/// Reads everything through the source: one object, its versions, and what filters find.
const SCRIPT: &str = r#"
import json, sys
from stix2 import Filter, TAXIICollectionSource
from taxii2client.v21 import Collection

root, feed, known = sys.argv[1:]
collection = Collection(f"{root}/collections/{feed}/", user="any", password="key")
source = TAXIICollectionSource(collection, items_per_page=2)
one = source.get(known)
added = next(m["date_added"] for m in collection.get_manifest()["objects"] if m["id"] == known)
assert [version.modified for version in source.all_versions(known)] == [one.modified]
assert source.get("malware--00000000-0000-4000-8000-00000000ffff") is None
print(json.dumps({
    "one": json.loads(one.serialize()),
    "indicators": sorted(o.id for o in source.query([Filter("type", "=", "indicator")])),
    "named": [o.name for o in source.query([Filter("type", "=", "malware"), Filter("name", "=", "Second")])],
    "all": sorted(o["id"] for o in source.query()),
    "later": [o.id for o in source.query([Filter("added_after", "=", added)])],
}))
"#;

fn objects() -> Vec<RawObject> {
    let malware = |number: u32, name: &str| {
        json!({
            "type": "malware",
            "spec_version": "2.1",
            "id": format!("malware--00000000-0000-4000-8000-{number:012}"),
            "created": format!("2026-01-0{number}T00:00:00.000Z"),
            "modified": format!("2026-01-0{number}T00:00:00.000Z"),
            "name": name,
            "is_family": true,
        })
    };
    let indicator = |number: u32| {
        json!({
            "type": "indicator",
            "spec_version": "2.1",
            "id": format!("indicator--00000000-0000-4000-8000-{number:012}"),
            "created": "2026-01-01T00:00:00.123456Z",
            "modified": "2026-01-01T00:00:00.123456Z",
            "pattern": format!("[ipv4-addr:value = '198.51.100.{number}']"),
            "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
            "x_ic_deprecated": false,
        })
    };
    let objects = [
        indicator(1),
        indicator(2),
        indicator(3),
        malware(1, "First"),
        malware(2, "Second"),
        malware(3, "Third"),
    ];
    objects.into_iter().map(|object| RawObject::new(object.to_string()).unwrap()).collect()
}

// Catches a collection that only clients understand which walk its pages, and not those that ask by filters.
#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_a_data_source() {
    let name = "a_collection_is_a_data_source";
    let Some(python) = Python::find(name, "stix2", "stix2, taxii2client.v21") else { return };
    let folder = tempfile::tempdir().unwrap();
    let objects = objects();
    let (_replica, url) = served_with(folder.path(), objects.clone()).await;
    let root = format!("{url}/v2/inthreat/taxii-server");
    let known = objects[4].id().unwrap();
    let found = python.run(SCRIPT, &[&root, inthreat_api::FeedId::DEFAULT, known]).await;
    let ids = |range: &[RawObject]| {
        let mut ids: Vec<_> = range.iter().map(|object| object.id().unwrap().to_owned()).collect();
        ids.sort_unstable();
        json!(ids)
    };
    let expected: serde_json::Value = serde_json::from_str(objects[4].as_str()).unwrap();
    assert_eq!(found["one"], expected);
    assert_eq!(found["indicators"], ids(&objects[..3]));
    assert_eq!(found["named"], json!(["Second"]));
    assert_eq!(found["all"], ids(&objects));
    assert_eq!(found["later"], ids(&objects[5..]));
}
