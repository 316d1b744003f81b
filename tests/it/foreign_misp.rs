//! The feed of MISP over a replica, served and as a folder, read by `PyMISP`.

use std::path::Path;

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};
use inthreat_tests::program;
use serde_json::{Value, json};

use crate::{conformance::served_with, python::Python};

/// Loads every event of the feed under each of its paths, and checks what a feed of MISP promises.
const SCRIPT: &str = r#"
import json, pathlib, sys
import requests
from pymisp import MISPEvent

session = requests.Session()
session.headers["Authorization"] = "Bearer key"

def served(folder):
    def get(name):
        answer = session.get(f"{sys.argv[1]}{folder}/{name}")
        answer.raise_for_status()
        return answer.text
    assert session.get(f"{sys.argv[1]}{folder}/00000000-0000-4000-8000-000000000000.json").status_code == 404
    return read(get)

def written(folder):
    folder = pathlib.Path(folder)
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    events = {f"{uuid}.json" for uuid in json.loads((folder / "manifest.json").read_text())}
    assert names == events | {"manifest.json", "hashes.csv"}, names ^ events
    return read(lambda name: (folder / name).read_text())

def read(get):
    manifest = json.loads(get("manifest.json"))
    hashes = set(get("hashes.csv").splitlines())
    expected, events, uuids = set(), [], set()
    for uuid, told in manifest.items():
        event = MISPEvent()
        event.load(get(f"{uuid}.json"))
        told["timestamp"] = int(told["timestamp"])
        own = event.manifest[uuid]
        own["timestamp"] = int(own["timestamp"])
        for one in (own, told):
            one["analysis"], one["threat_level_id"] = int(one["analysis"]), int(one["threat_level_id"])
            one["Tag"] = [tag["name"] for tag in one["Tag"]]
        assert own == told, (own, told)
        expected |= {f"{digest},{uuid}" for digest in event.attributes_hashes("md5")}
        for attribute in event.attributes:
            assert attribute.uuid not in uuids, attribute.uuid
            uuids.add(attribute.uuid)
        events.append({
            "info": event.info, "tags": told["Tag"], "timestamp": told["timestamp"],
            "attributes": sorted(f"{a.type}={a.value}{'!' if a.to_ids else ''}" for a in event.attributes),
            "uuids": sorted(a.uuid for a in event.attributes),
        })
    assert hashes == expected, hashes ^ expected
    return sorted(events, key=lambda event: event["info"])

folders = ["/v1/misp-gateway/misp", "/api/v1/misp-gateway/misp", "/v2/inthreat/misp", "/api/v2/inthreat/misp"]
feeds = [served(folder) for folder in folders] + [written(sys.argv[2])]
assert all(feed == feeds[0] for feed in feeds)
print(json.dumps(feeds[0]))
"#;

const FIRST: &str = "identity--00000000-0000-4000-8000-00000000000a";
const SECOND: &str = "identity--00000000-0000-4000-8000-00000000000b";

fn source(id: &str, name: &str) -> RawObject {
    let text =
        json!({ "type": "identity", "id": id, "name": name, "created": "2020-01-01T00:00:00Z" });
    RawObject::new(text.to_string()).unwrap()
}

/// An indicator of a pattern; `more` replaces and adds properties.
fn indicator(number: usize, pattern: &str, more: Value) -> RawObject {
    let mut object = json!({
        "type": "indicator",
        "id": format!("indicator--00000000-0000-4000-8000-{number:012}"),
        "created": "2026-11-20T23:59:59.999Z",
        "modified": "2026-11-20T23:59:59.999Z",
        "name": format!("No. {number}"),
        "pattern": pattern,
        "pattern_type": "stix",
        "x_inthreat_sources_refs": [FIRST],
    });
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    RawObject::new(object.to_string()).unwrap()
}

/// One pattern for each type of attribute, and the attribute that it becomes.
fn values() -> Vec<(String, String)> {
    let digits = |count: usize| "ab".repeat(count / 2);
    let mut values: Vec<(String, String)> = [
        ("[ipv4-addr:value = '198.51.100.7']", "ip-dst=198.51.100.7!"),
        ("[ipv6-addr:value = '2001:db8::1']", "ip-dst=2001:db8::1!"),
        ("[domain-name:value = 'evil.example']", "domain=evil.example!"),
        ("[url:value = 'http://evil.example/?a=é']", "url=http://evil.example/?a=é!"),
        ("[email-addr:value = 'spy@evil.example']", "email-src=spy@evil.example!"),
        ("[email-message:subject = 'you won']", "email-subject=you won!"),
        ("[filename:value = 'a.exe']", "filename=a.exe!"),
        ("[mutex:name = 'one at a time']", "mutex=one at a time!"),
        ("[windows-registry-key:key = 'HKLM\\\\Software\\\\Evil']", r"regkey=HKLM\Software\Evil!"),
        ("[mac-addr:value = '02:00:5e:00:53:01']", "mac-address=02:00:5e:00:53:01!"),
        ("[autonomous-system:number = 64496]", "AS=64496!"),
        (
            "[network-traffic:dst_ref.value = '198.51.100.8' AND network-traffic:dst_port = 82]",
            "ip-dst|port=198.51.100.8|82!",
        ),
        (
            "[network-traffic:dst_ref.value = 'c2.example' AND network-traffic:dst_port = 82]",
            "hostname|port=c2.example|82!",
        ),
        ("[network-traffic:dst_ref.value = 'c3.example']", "domain=c3.example!"),
        ("[network-traffic:src_ref.value = '198.51.100.9']", "ip-src=198.51.100.9!"),
        ("[software:name = 'evil']", "stix2-pattern=[software:name = 'evil']!"),
        (
            "[file:hashes.SSDEEP = '3:AXGBicFlgVNhBGcL6:AXGHsNhxL']",
            "ssdeep=3:AXGBicFlgVNhBGcL6:AXGHsNhxL!",
        ),
    ]
    .map(|(pattern, attribute)| (pattern.to_owned(), attribute.to_owned()))
    .to_vec();
    for (algorithm, kind, length) in [
        ("MD5", "md5", 32),
        ("SHA-1", "sha1", 40),
        ("SHA-224", "sha224", 56),
        ("SHA-256", "sha256", 64),
        ("SHA-384", "sha384", 96),
        ("SHA-512", "sha512", 128),
        ("SHA3-256", "sha3-256", 64),
        ("TLSH", "tlsh", 70),
    ] {
        let value = digits(length);
        values
            .push((format!("[file:hashes.'{algorithm}' = '{value}']"), format!("{kind}={value}!")));
    }
    for (algorithm, length) in [("MD5", 32), ("SHA-1", 40), ("SHA-256", 64)] {
        let value = digits(length);
        let kind = algorithm.replace('-', "").to_lowercase();
        values.push((
            format!("[x509-certificate:hashes.'{algorithm}' = '{value}']"),
            format!("x509-fingerprint-{kind}={value}!"),
        ));
    }
    values
}

fn batch(objects: Vec<RawObject>) -> Batch {
    let mut batch = Batch::default();
    batch.extend(objects);
    batch
}

/// Writes the feed of a replica into a folder, as the program does, while others read the replica.
async fn export(replica: &Path, feed: &Path) {
    let [replica, feed] = [replica, feed].map(|path| path.to_str().unwrap().to_owned());
    let exported = tokio::task::spawn_blocking(move || {
        program::run(&["export", "--local", &replica, "--format", "misp", "--dir", &feed])
    });
    let exported = exported.await.unwrap();
    assert_eq!(exported.code, 0, "{exported:?}");
}

// Catches a folder that keeps events which are gone, one that loses files of others, and half a file under its name.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_follows_its_replica() {
    let folder = tempfile::tempdir().unwrap();
    let (ti, feed) = (folder.path().join("ti"), folder.path().join("feed"));
    let names = || {
        let names = std::fs::read_dir(&feed).unwrap().map(|it| it.unwrap().file_name());
        let mut names: Vec<_> = names.map(|it| it.into_string().unwrap()).collect();
        names.sort_unstable();
        names
    };
    let other = json!({ "x_inthreat_sources_refs": [SECOND] });
    let objects = vec![
        source(FIRST, "First"),
        indicator(1, "[domain-name:value = 'a.example']", json!({})),
        indicator(2, "[domain-name:value = 'b.example']", other),
    ];
    let (replica, _) = served_with(&ti, objects).await;
    export(&ti, &feed).await;
    let before = names();
    assert_eq!(before.len(), 5, "{before:?}");
    // What a process leaves that was killed is in nobody's way.
    std::fs::write(feed.join(".unfinished"), "half").unwrap();
    let gone = json!({ "x_inthreat_sources_refs": [SECOND], "modified": "2026-11-22T00:00:00Z", "revoked": true });
    replica
        .write(batch(vec![indicator(2, "[domain-name:value = 'b.example']", gone)]))
        .await
        .unwrap();
    export(&ti, &feed).await;
    let after = names();
    assert_eq!(after.len(), 4, "{after:?}");
    assert!(after.iter().all(|name| before.contains(name)), "{after:?}");

    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("527c4023-2575-5346-bea3-fa9206a4061e.json"), "{}").unwrap();
    let [ti, foreign] = [&ti, &foreign].map(|path| path.to_str().unwrap());
    program::run(&["export", "--local", ti, "--format", "misp", "--dir", foreign])
        .assert_fails(2, &[foreign, "it has files of others", "hint: "]);
    let words = ["export", "--local", ti, "--format", "misp", "--dir", foreign, "--since", "7d"];
    program::run(&words).assert_fails(2, &["--since"]);
    program::run(&["export", "--local", ti, "--dir", foreign]).assert_fails(2, &["--format misp"]);
}

// Catches a feed that MISP does not take: an attribute whose type it does not know or that is of no such category, an event
// that its line in the manifest says something else of, hashes of other values, and an UUID that is used twice.
#[tokio::test(flavor = "multi_thread")]
async fn events_are_read_by_pymisp() {
    let Some(python) = Python::find("events_are_read_by_pymisp", "pymisp", "pymisp") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let values = values();
    let mut objects = vec![source(FIRST, "First \"source\""), source(SECOND, "Second")];
    objects.extend(
        values
            .iter()
            .enumerate()
            .map(|(number, (pattern, _))| indicator(number, pattern, json!({}))),
    );
    for (number, language) in ["yara", "sigma", "snort", "suricata", "spl"].iter().enumerate() {
        let more = json!({ "pattern_type": language, "x_inthreat_sources_refs": [] });
        objects.push(indicator(100 + number, &format!("rule of {language}"), more));
    }
    let both = json!({
        "x_inthreat_sources_refs": [SECOND, FIRST],
        "created": "2026-11-21T00:00:00Z",
        "modified": "2026-11-21T00:00:07.5Z",
        "object_marking_refs": ["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"],
    });
    objects.push(indicator(200, "[domain-name:value = 'both.example']", both));
    let gone = [json!({ "revoked": true }), json!({ "valid_until": "2026-11-20T23:59:59.999Z" })];
    for (number, more) in gone.into_iter().enumerate() {
        objects.push(indicator(300 + number, "[domain-name:value = 'gone.example']", more));
    }
    let (replica, url) = served_with(folder.path(), objects).await;
    let feed = folder.path().join("feed");
    export(folder.path(), &feed).await;
    let feed_name = feed.to_str().unwrap();
    let events = python.run(SCRIPT, &[&url, feed_name]).await;
    let infos: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["info"]).collect();
    assert_eq!(
        infos,
        [
            "First \"source\": 2026-11-20",
            "First \"source\": 2026-11-21",
            "Second: 2026-11-21",
            "Unknown source: 2026-11-20"
        ]
    );
    let mut expected: Vec<_> = values.into_iter().map(|(_, attribute)| attribute).collect();
    expected.sort_unstable();
    assert_eq!(events[0]["attributes"], json!(expected));
    for event in [&events[1], &events[2]] {
        assert_eq!(event["attributes"], json!(["domain=both.example!"]));
        assert_eq!(
            (&event["tags"], &event["timestamp"]),
            (&json!(["tlp:amber"]), &json!(1_795_219_207))
        );
    }
    let rules = &events[3]["attributes"];
    assert_eq!(rules.as_array().unwrap().len(), 5, "{rules}");

    // An update changes events and doubles nothing; what is revoked goes.
    let later = json!({ "modified": "2026-11-22T00:00:00Z", "name": "another name" });
    let revoked = json!({ "modified": "2026-11-22T00:00:01Z", "revoked": true });
    let more = json!({ "x_inthreat_sources_refs": [SECOND], "created": "2026-11-21T05:00:00Z" });
    let news = vec![
        indicator(2, "[domain-name:value = 'evil.example']", later),
        indicator(0, "[ipv4-addr:value = '198.51.100.7']", revoked),
        indicator(400, "[domain-name:value = 'new.example']", more),
    ];
    replica.write(batch(news)).await.unwrap();
    export(folder.path(), &feed).await;
    let after = python.run(SCRIPT, &[&url, feed_name]).await;
    expected.retain(|attribute| !attribute.contains("198.51.100.7"));
    assert_eq!(after[0]["attributes"], json!(expected));
    assert_eq!(after[0]["timestamp"], 1_795_305_601);
    let uuids = |event: &Value| event["uuids"].as_array().unwrap().clone();
    let before = uuids(&events[0]);
    assert!(uuids(&after[0]).iter().all(|uuid| before.contains(uuid)), "UUIDs are stable");
    assert_eq!(after[1], events[1]);
    assert_eq!(after[2]["attributes"], json!(["domain=both.example!", "domain=new.example!"]));
}
