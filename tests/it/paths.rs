//! The table of paths in `docs/paths.md`, held against the specifications and against a server over a replica.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use inthreat_api::{FeedId, conformance};
use inthreat_tests::data;
use serde_json::Value;

use crate::conformance::served_with;

/// A body that every question takes which has one.
const BODY: &str = r#"{"term":"x","searches":["x"],"ids":["indicator--00000000-0000-4000-8000-000000000001"],"data":{"title":"t"},"name":"n","indicators":[{"value":"192.0.2.1"}],"object_id":"malware--00000000-0000-4000-8000-000000000001","format":"jsonl"}"#;
/// Arguments that every question takes which needs some.
const QUERY: &str =
    "type=url&value=x&match[id]=malware--00000000-0000-4000-8000-000000000001&limit=5";

/// A collection of indicators, and the indicator that 192.0.2.1 is in it.
const COLLECTION: &str = "ioc-collection--00000000-0000-4000-8000-000000000001";
const LOCAL: &str = "indicator--8b1f10a0-e18d-57dc-a829-d673a34d5fc9";

/// What the table says of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Served,
    Role,
    NotServed,
}

/// The lines of the table, by path and method.
pub(crate) fn table() -> BTreeMap<(String, String), Told> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/paths.md");
    let text = fs::read_to_string(file).unwrap();
    let mut lines = BTreeMap::new();
    for line in text.lines().filter(|line| line.contains(" | `/")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [method, path, told, reason] = *cells else { panic!("four cells: {line}") };
        assert!(told == "served" || !reason.is_empty(), "no reason: {line}");
        let told = match told {
            "served" | "partial" => Told::Served,
            "role" => Told::Role,
            "not served" => Told::NotServed,
            _ => panic!("what is that? {line}"),
        };
        let key = (path.trim_matches('`').to_owned(), method.to_owned());
        assert!(lines.insert(key, told).is_none(), "twice: {line}");
    }
    lines
}

/// The path that a server is asked by.
pub(crate) fn absolute(path: &str) -> String {
    if path.starts_with("/v1/") { path.to_owned() } else { format!("/v2/inthreat{path}") }
}

/// A path whose places all have the same name.
pub(crate) fn anonymous(path: &str) -> String {
    let pieces = path.trim_end_matches('/').split('/');
    let pieces = pieces.map(|piece| if piece.starts_with('{') { "{}" } else { piece });
    pieces.collect::<Vec<_>>().join("/")
}

/// Puts things of the archive in the places of a path.
pub(crate) fn filled(path: &str, observable: &str) -> String {
    let id = match path.split('/').nth(1) {
        Some("collections" | "feeds") => FeedId::DEFAULT,
        Some("v1") if path.starts_with("/v1/edl-gateway/") => "ipv4",
        Some("v1" | "misp") => "manifest.json",
        Some("ioc-collections") => COLLECTION,
        Some("observables") => observable,
        Some("relationships") => "relationship--00000000-0000-4000-8000-000000000002",
        Some("reports") => "report--00000000-0000-4000-8000-000000000001",
        _ => "malware--00000000-0000-4000-8000-000000000001",
    };
    let pieces = path.split('/').map(|piece| match piece {
        "{indicator_id}" => LOCAL,
        piece if piece.starts_with('{') => id,
        piece => piece,
    });
    pieces.collect::<Vec<_>>().join("/")
}

/// Makes the collection of indicators, where it is not there, and the one in it.
pub(crate) fn make_local(url: &str) {
    let collections = "/v2/inthreat/ioc-collections";
    ask(url, "POST", collections, &format!(r#"{{"id":"{COLLECTION}","name":"n"}}"#));
    let path = format!("{collections}/{COLLECTION}/indicators");
    let (status, body) = ask(url, "POST", &path, r#"{"indicators":[{"value":"192.0.2.1"}]}"#);
    assert!(status == 200 && body.contains(LOCAL), "{status} {body}");
}

/// The status and the body of an answer.
pub(crate) fn ask(url: &str, method: &str, target: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    // A server that hangs fails the test instead of hanging it.
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

// Catches a line that says "served" of a path that is not, and one that says it is not although it is.
#[tokio::test(flavor = "multi_thread")]
async fn the_table_says_what_a_server_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served_with(folder.path(), conformance::archive()).await;
    let lines = table();
    assert!(lines.len() > 90, "only {} lines were read", lines.len());
    tokio::task::spawn_blocking(move || {
        let (_, body) = ask(&url, "GET", "/v2/inthreat/observables?limit=1", "");
        let list: Value = serde_json::from_str(&body).unwrap();
        let observable = list["items"][0]["id"].as_str().unwrap();
        for ((path, method), told) in &lines {
            if path.starts_with("/ioc-collections") {
                // The line in front of this one may have deleted it.
                make_local(&url);
            }
            let path = absolute(path).replacen(path, &filled(path, observable), 1);
            let body = match method.as_str() {
                "POST" if path.ends_with("/text") => r#"{"indicators":"192.0.2.1"}"#,
                "POST" | "PUT" | "PATCH" => BODY,
                _ => "",
            };
            let (status, answer) = ask(&url, method, &format!("{path}?{QUERY}"), body);
            let place = format!("{method} {path}: {status} {answer:.300}");
            match told {
                Told::Served => assert!(!matches!(status, 404 | 405 | 501), "{place}"),
                Told::Role | Told::NotServed => assert_eq!(status, 501, "{place}"),
            }
            if status >= 400 {
                // The default feed cannot be changed, and everything else was asked well.
                assert!(matches!(status, 403 | 501), "{place}");
                assert!(answer.starts_with(r#"{"message":""#), "{place}");
            }
        }
    })
    .await
    .unwrap();
}

// Catches a path that is understood and stands in no line, and a line that promises a path which nobody understands.
#[test]
fn the_table_has_every_path_that_is_understood() {
    let told: BTreeSet<_> = table()
        .into_iter()
        .filter(|(_, told)| *told != Told::NotServed)
        .map(|((path, method), _)| (anonymous(&absolute(&path)), method))
        .collect();
    // The lists for firewalls and the feed of MISP are the server's own.
    let lists = [
        "/v1/edl-gateway/health",
        "/v1/edl-gateway/{indicator_type}",
        "/v1/misp-gateway/misp/{name}",
        "/v2/inthreat/misp/{name}",
    ];
    let mut understood: BTreeSet<_> =
        lists.iter().map(|path| (anonymous(path), "GET".to_owned())).collect();
    for (path, methods) in inthreat_wire::paths() {
        understood.extend(methods.split(", ").map(|method| (anonymous(path), method.to_owned())));
    }
    assert_eq!(told, understood);
}

// Catches a path of a specification that the table says nothing of.
#[test]
fn the_table_has_every_path_of_the_specifications() {
    let name = "paths::the_table_has_every_path_of_the_specifications";
    let Some(shared) = data::shared(name) else { return };
    let lines = table();
    let mut paths = 0;
    for file in ["swagger-2025.json", "openapi-2026.json"] {
        let text = fs::read_to_string(shared.join("contract").join(file)).unwrap();
        let specification: Value = serde_json::from_str(&text).unwrap();
        for (path, item) in specification["paths"].as_object().unwrap() {
            let methods = ["get", "post", "put", "patch", "delete"];
            for method in methods.into_iter().filter(|method| item.get(method).is_some()) {
                let key = (path.clone(), method.to_uppercase());
                assert!(lines.contains_key(&key), "{file}: {key:?} is in no line");
                paths += 1;
            }
        }
    }
    assert!(paths > 150, "only {paths} questions were read");
}
