//! The checklist of CONTRACT 12, line by line: the bytes that clients in the field send, and what they need to be answered.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::GzDecoder;
use inthreat_api::{FeedId, Roles, conformance};
use inthreat_replica::{Options, Replica};
use inthreat_server::{KeyDraft, Keys, ServerOptions, serve};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};
use inthreat_wire::Permission;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const FEED: &str = FeedId::DEFAULT;
const MALWARE: &str = "malware--00000000-0000-4000-8000-000000000001";
const INDICATOR: &str = "indicator--00000000-0000-4000-8000-000000000001";

/// A replica of the archive behind a server that asks for a key.
struct World {
    runtime: Runtime,
    replica: Arc<Replica>,
    address: SocketAddr,
    key: String,
    _folder: tempfile::TempDir,
}

/// An answer, taken apart. The names of its headers are in lower case.
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
        let replica = Arc::new(replica);
        let mut keys = Keys::default();
        let draft = KeyDraft::new("checklist").with_permissions(Permission::ALL.iter().copied());
        let key = keys.create(draft, "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let center: Arc<dyn Roles> = Arc::clone(&replica) as _;
        let options = ServerOptions::default().with_keys(keys);
        runtime.spawn(serve(listener, center, options, std::future::pending()));
        let key = key.secret().to_owned();
        let world = Self { runtime, replica, address, key, _folder: folder };
        world.write(conformance::archive());
        world
    }

    fn write(&self, objects: Vec<RawObject>) {
        let mut batch = Batch::default();
        batch.extend(objects);
        self.runtime.block_on(self.replica.write(batch)).unwrap();
    }

    /// Sends a request as it stands, the host and the key put in, and reads one answer from the open connection. A body goes out
    /// when the server asks for it, where the client waits for that.
    fn send(&self, head: &str, body: &str) -> Answer {
        let basic = STANDARD.encode(format!("username:{}", self.key));
        let head = head
            .replace('\n', "\r\n")
            .replace("{host}", &self.address.to_string())
            .replace("{length}", &body.len().to_string())
            .replace("{basic}", &basic)
            .replace("{key}", &self.key);
        let mut stream = TcpStream::connect(self.address).unwrap();
        // A server that hangs fails the test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(format!("{head}\r\n\r\n").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        if head.contains("Expect: 100-continue") {
            assert_eq!(Answer::head(&mut reader).0, 100, "the server asks for the body");
        }
        stream.write_all(body.as_bytes()).unwrap();
        Answer::read(&mut reader)
    }

    /// A question of `requests`, which is what most scripts and connectors are made of.
    fn requests(&self, target: &str) -> Answer {
        let head = format!(
            "GET {target} HTTP/1.1\nHost: {{host}}\nUser-Agent: python-requests/2.31.0\nAccept-Encoding: gzip, deflate\nAccept: */*\nConnection: keep-alive\nAuthorization: Bearer {{key}}"
        );
        self.send(&head, "")
    }

    /// The same with a body of JSON.
    fn requests_post(&self, target: &str, body: &str) -> Answer {
        let head = format!(
            "POST {target} HTTP/1.1\nHost: {{host}}\nUser-Agent: python-requests/2.31.0\nAccept-Encoding: gzip, deflate\nAccept: */*\nConnection: keep-alive\nAuthorization: Bearer {{key}}\nContent-Length: {{length}}\nContent-Type: application/json"
        );
        self.send(&head, body)
    }

    /// The JSON of an answer that must be 200.
    fn json(&self, target: &str) -> Value {
        let answer = self.requests(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        answer.json()
    }
}

impl Answer {
    fn head(reader: &mut impl std::io::BufRead) -> (u16, Vec<(String, String)>) {
        let mut lines = reader.lines().map(Result::unwrap);
        let status = lines.next().unwrap();
        let headers = lines.take_while(|line| !line.is_empty()).map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_lowercase(), value.trim().to_owned())
        });
        let headers = headers.collect();
        (status.split(' ').nth(1).unwrap().parse().unwrap(), headers)
    }

    fn read(reader: &mut impl std::io::BufRead) -> Self {
        let (status, headers) = Self::head(reader);
        let mut answer = Self { status, headers, body: String::new() };
        let mut body = Vec::new();
        if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let length = u64::from_str_radix(line.trim(), 16).unwrap();
                reader.take(length).read_to_end(&mut body).unwrap();
                reader.read_line(&mut line).unwrap();
                if length == 0 {
                    break;
                }
            }
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().unwrap();
            reader.take(length).read_to_end(&mut body).unwrap();
        }
        if answer.header("content-encoding") == Some("gzip") {
            let packed = std::mem::take(&mut body);
            GzDecoder::new(packed.as_slice()).read_to_end(&mut body).unwrap();
        }
        answer.body = String::from_utf8(body).unwrap();
        answer
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body, of an answer that says that it is JSON.
    fn json(&self) -> Value {
        let content_type = self.header("content-type").unwrap();
        assert!(content_type.contains("json"), "{content_type}");
        serde_json::from_str(&self.body).unwrap()
    }
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

/// The cursor of a page, which a script pastes into its next URL as it is.
fn cursor(page: &Value) -> &str {
    let cursor = page["next_cursor"].as_str().unwrap();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-=".contains(&byte);
    assert!(!cursor.is_empty() && cursor.bytes().all(is_plain), "{cursor}");
    cursor
}

// Catches a base URL of some client that is not answered.
#[test]
fn line_1_every_base_url_is_served() {
    let world = World::new();
    for path in [
        format!("/v2/inthreat/objects/{MALWARE}"),
        format!("/api/v2/inthreat/objects/{MALWARE}"),
        format!("/api/v2/inthreat/objects/{MALWARE}/"),
        format!("/api//v2/inthreat//objects/{MALWARE}"),
        "/v1/auth/validate".to_owned(),
        "/api/v1/auth/validate".to_owned(),
    ] {
        world.json(&path);
    }
    // XSOAR tests its key by names that it reads.
    let key = world.json("/v1/auth/validate");
    for name in ["csrf", "fresh", "iat", "identity", "jti", "nbf", "type", "user_claims"] {
        assert!(key.get(name).is_some(), "{name}: {key}");
    }
}

// Catches a client whose key is not found, in whatever order and case it writes its headers, and a wrong key that is told in
// words that XSOAR does not read.
#[test]
fn line_2_the_key_is_a_bearer_or_a_password() {
    let world = World::new();
    let line = format!("GET /v2/inthreat/objects/{MALWARE} HTTP/1.1");
    for headers in [
        // requests, PowerShell, curl, node, Go, urllib and the HttpSocket of CakePHP.
        "Host: {host}\nUser-Agent: python-requests/2.31.0\nAccept-Encoding: gzip, deflate\nAccept: */*\nConnection: keep-alive\nAuthorization: Bearer {key}",
        "Authorization: Bearer {key}\nUser-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; fr-FR) WindowsPowerShell/5.1.19041.1682\nHost: {host}\nConnection: Keep-Alive",
        "Host: {host}\nAuthorization: Basic {basic}\nUser-Agent: curl/8.5.0\nAccept: */*",
        "authorization: bearer {key}\naccept: application/json\nhost: {host}\nconnection: keep-alive",
        "Host: {host}\nUser-Agent: Go-http-client/1.1\nAuthorization: Basic {basic}\nAccept-Encoding: gzip",
        "Accept-Encoding: identity\nHost: {host}\nUser-Agent: Python-urllib/3.11\nAuthorization: Bearer {key}\nConnection: close",
        "Host: {host}\nConnection: close\nUser-Agent: CakePHP\nAuthorization: Bearer {key}\nAccept: application/json\nContent-Type: application/json",
    ] {
        let answer = world.send(&format!("{line}\n{headers}"), "");
        assert_eq!(answer.status, 200, "{headers}");
        assert_eq!(answer.json()["data"]["id"], MALWARE);
    }
    for authorization in [
        "",
        "\nAuthorization: Bearer wrong",
        "\nAuthorization: Basic dXNlcjp4",
        "\nAuthorization: {key}",
    ] {
        let answer = world.send(&format!("{line}\nHost: {{host}}{authorization}"), "");
        assert_eq!(answer.status, 401, "{authorization}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), json!({ "message": "The token is invalid", "code": "T300" }));
    }
}

// Catches a page that a script cannot go on from: without a cursor, with one that must be escaped, or with the wrong one.
#[test]
fn line_3_every_page_has_items_and_a_cursor() {
    let world = World::new();
    let base = format!("/v2/inthreat/collections/{FEED}/objects?limit=100");
    let mut sent = String::new();
    let mut seen = Vec::new();
    loop {
        let page = world.json(&format!("{base}{sent}"));
        let next = cursor(&page);
        let is_same = sent == format!("&cursor={next}");
        if page["items"].as_array().unwrap().is_empty() {
            assert!(is_same, "an empty page echoes the cursor");
            break;
        }
        assert!(!is_same, "a page with items moves on");
        seen.extend(ids(&page).into_iter().map(str::to_owned));
        sent = format!("&cursor={next}");
    }
    assert_eq!(seen.len(), conformance::archive().len());
}

// Catches a cursor that OpenCTI makes up and that is refused, or taken for another instant (CONTRACT 13).
#[test]
fn line_4_cursors_that_clients_make_up_are_instants() {
    let world = World::new();
    let asked = |cursor: &str| {
        let path = format!("/v2/inthreat/collections/{FEED}/objects?limit=100&cursor={cursor}");
        world.json(&path)["items"].as_array().unwrap().len()
    };
    for instant in [
        "2019-01-01T00:00:00Z",
        "2019-01-01T00:00:00.123456+00:00Z",
        "2019-01-01T00:00:00.123456+00:00",
    ] {
        let standard = STANDARD.encode(instant);
        let bare = standard.trim_end_matches('=').replace('+', "-").replace('/', "_");
        let escaped = standard.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F");
        for cursor in [&standard, &bare, &escaped] {
            assert_eq!(asked(cursor), 100, "{instant} as {cursor}");
        }
    }
    assert_eq!(asked(&STANDARD.encode("2099-01-01T00:00:00Z")), 0);
}

// Catches a filter that some client spells in a way that is not understood, and a parameter of none that is refused.
#[test]
fn line_5_parameters_come_in_every_spelling() {
    let world = World::new();
    let base = format!("/api/v2/inthreat/collections/{FEED}/objects?limit=2000");
    let types = |query: &str| {
        let page = world.json(&format!("{base}&{query}"));
        let items = page["items"].as_array().unwrap();
        let mut types: Vec<_> =
            items.iter().map(|item| item["type"].as_str().unwrap().to_owned()).collect();
        types.sort_unstable();
        types.dedup();
        types
    };
    for query in [
        "match%5Btype%5D=malware%2Cindicator",
        "match[type]=malware,indicator",
        "match%5Btype%5D=malware&match%5Btype%5D=indicator",
        "match[type]=malware%2Cindicator&unknown=1&with=%C3%A9",
        "match%5Btype%5D=indicator&match%5Btype%5D=malware&match%5Btype%5D=malware",
    ] {
        assert_eq!(types(query), ["indicator", "malware"], "{query}");
    }
    let count = |query: &str| {
        world.json(&format!("{base}&match%5Btype%5D=indicator&{query}"))["items"]
            .as_array()
            .unwrap()
            .len()
    };
    let all = count("include_revoked=True");
    for query in [
        "include_revoked=False",
        "include_revoked=false",
        "include_revoked=FALSE",
        "include_revoked=False&skip_expired=false&include_revoked=false",
    ] {
        assert_eq!(count(query), all - 1, "{query}");
    }
}

// Catches an order in which a reader misses something, and a change that is not delivered again.
#[test]
fn line_6_the_default_feed_ascends_and_goes_on() {
    let world = World::new();
    let path = format!("/v2/inthreat/collections/{FEED}/objects?limit=2000");
    let page = world.json(&path);
    let items = page["items"].as_array().unwrap();
    let modified = items.iter().filter_map(|item| item["modified"].as_str());
    assert!(modified.is_sorted(), "by `modified`, oldest first");
    let path = format!("{path}&cursor={}", cursor(&page));
    assert!(ids(&world.json(&path)).is_empty(), "nothing is new");
    let text = format!(
        r#"{{"type":"malware","id":"{MALWARE}","created":"2020-01-01T00:00:00Z","modified":"2030-01-01T00:00:00Z"}}"#
    );
    world.write(vec![RawObject::new(text).unwrap()]);
    assert_eq!(ids(&world.json(&path)), [MALWARE], "what was changed comes again");
}

// Catches an object of some type that is not found by its identifier, and a list of identifiers that is not understood.
#[test]
fn line_7_objects_are_found_by_identifier() {
    let world = World::new();
    let marking = "marking-definition--00000000-0000-4000-8000-000000000001";
    let identity = "identity--00000000-0000-4000-8000-000000000001";
    for id in [MALWARE, marking, identity] {
        assert_eq!(world.json(&format!("/v2/inthreat/objects/{id}"))["data"]["id"], id);
    }
    let many = world.json(&format!("/v2/inthreat/objects/{marking},{identity}"));
    assert_eq!(ids(&many), [marking, identity]);
    let relationship = "relationship--00000000-0000-4000-8000-000000000002";
    assert_eq!(
        world.json(&format!("/v2/inthreat/relationships/{relationship}"))["data"]["id"],
        relationship
    );
    let listed =
        world.json(&format!("/api/v2/inthreat/objects?match%5Bid%5D=identity--404,{identity}"));
    assert_eq!(ids(&listed), [identity]);
    for id in ["malware--404", "location--00000000-0000-4000-8000-000000000404"] {
        let answer = world.requests(&format!("/v2/inthreat/objects/{id}"));
        assert_eq!(answer.status, 404);
        assert!(answer.json()["message"].is_string());
    }
}

// Catches relationships without their other ends, and another number of them than clients count on.
#[test]
fn line_8_relationships_come_with_their_other_ends() {
    let world = World::new();
    let list = world.json(&format!("/v2/inthreat/objects/{INDICATOR}/relationships"));
    let item = &list["items"][0];
    assert_eq!(item["related_object"]["id"], MALWARE);
    assert_eq!(item["relationship"]["relationship_type"], "indicates");
    let hub = "campaign--00000000-0000-4000-8000-000000000001";
    let list = world.json(&format!("/v2/inthreat/objects/{hub}/relationships"));
    assert_eq!(list["items"].as_array().unwrap().len(), 20);
}

// Catches a context in an envelope, and a value that is unknown and told as an error.
#[test]
fn line_9_contexts_are_bare_and_look_ups_are_never_lost() {
    let world = World::new();
    for slash in ["", "/"] {
        let bundle = world.json(&format!("/api/v2/inthreat/objects/{INDICATOR}/context{slash}"));
        assert_eq!(
            (&bundle["type"], &bundle["objects"][0]["id"]),
            (&json!("bundle"), &json!(INDICATOR))
        );
    }
    let found = world.json("/v2/inthreat/indicators?value=198.51.100.7&type=ipv4-addr");
    assert_eq!((ids(&found), &found["has_more"]), (vec![INDICATOR], &json!(false)));
    let contexts = world.json("/v2/inthreat/indicators/context?type=ipv4-addr&value=198.51.100.7");
    assert_eq!(contexts["items"][0]["type"], "bundle");
    for path in ["indicators", "indicators/context"] {
        let nothing =
            world.json(&format!("/v2/inthreat/{path}?type=domain-name&value=api.ontracting.com"));
        assert_eq!(nothing, json!({ "items": [], "has_more": false }));
    }
}

// Catches a search for observables of which some client does not read the answer, also one that waits before it sends its body.
#[test]
fn line_10_observables_are_listed_and_searched() {
    let world = World::new();
    let list = world
        .json("/v2/inthreat/observables?match%5Bvalue%5D=198.51.100.7&match%5Btype%5D=ipv4-addr");
    assert_eq!(list["items"][0]["value"], "198.51.100.7");
    // The names that SOAR sends are none: they are ignored.
    world.json("/v2/inthreat/observables?value=api.ontracting.com&type=domain-name&limit=5");
    let cortex = world.requests_post(
        "/api/v2/inthreat/observables/search?with_indicated_threats=1",
        r#"{"term": "198.51.100.7"}"#,
    );
    let powershell = "POST /api/v2/inthreat/observables/search HTTP/1.1\nAuthorization: Bearer {key}\nUser-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1682\nContent-Type: application/json\nHost: {host}\nContent-Length: {length}\nExpect: 100-continue";
    for answer in [cortex, world.send(powershell, r#"{"term":"198.51.100.7"}"#)] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let found = answer.json();
        assert_eq!(found["items"][0]["value"], "198.51.100.7");
        assert!(found["total"].is_u64() && found["has_more"].is_boolean(), "{found}");
    }
}

// Catches a search whose arguments are looked for in one place alone.
#[test]
fn line_11_searches_take_their_arguments_from_the_query_or_the_body() {
    let world = World::new();
    let query =
        world.requests_post("/api/v2/inthreat/objects/search?term=Fancy&sort=pertinence", "{}");
    let empty = world.requests_post("/api/v2/inthreat/objects/search?term=Fancy", "");
    let body = world.requests_post(
        "/v2/inthreat/objects/search",
        r#"{"term": "Fancy", "match": {"type": ["threat-actor"]}}"#,
    );
    for answer in [query, empty, body] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(
            ids(&answer.json()).contains(&"threat-actor--00000000-0000-4000-8000-000000000001"),
            "{}",
            answer.body
        );
    }
}

// Catches a feed that is made and cannot be read under its identifier, and a list without the place to go on from.
#[test]
fn line_12_feeds_are_made_and_read_in_their_formats() {
    let world = World::new();
    for (format, content_type) in
        [("text", "text/plain"), ("csv", "text/csv"), ("custom", "text/plain")]
    {
        let draft = json!({ "data": { "title": "t", "types": ["indicator"], "format": format, "template": "$id", "sort_order": "asc" } });
        let made = world.requests_post("/api/v2/inthreat/feeds", &draft.to_string());
        assert_eq!(made.status, 201, "{}", made.body);
        let made = made.json();
        let id = made["data"]["id"].as_str().unwrap();
        let path = format!(
            "/api/v2/inthreat/collections/{id}/objects?limit=2&skip_expired=true&include_revoked=false"
        );
        // The way of the vendor's own document for lists: the key is a password.
        let curl = |path: &str| {
            let head = format!(
                "GET {path} HTTP/1.1\nHost: {{host}}\nAuthorization: Basic {{basic}}\nUser-Agent: curl/8.5.0\nAccept: */*"
            );
            world.send(&head, "")
        };
        let first = curl(&path);
        assert_eq!(first.status, 200, "{}", first.body);
        assert!(first.header("content-type").unwrap().starts_with(content_type));
        let next = first.header("cursor").unwrap();
        assert!(!first.body.is_empty() && !next.is_empty());
        let second = curl(&format!("{path}&cursor={next}"));
        assert!(!second.body.is_empty() && second.body != first.body, "{}", second.body);
    }
    let plain = world.requests_post(
        "/api/v2/inthreat/feeds",
        r#"{"data": {"title": "t", "types": ["indicator"]}}"#,
    );
    let id = plain.json()["data"]["id"].as_str().unwrap().to_owned();
    assert!(!ids(&world.json(&format!("/v2/inthreat/collections/{id}/objects"))).is_empty());
}

// Catches a collection that taxii2-client does not walk, and the loop of the service's own document that gets no `next`.
#[test]
fn line_13_taxii_has_always_a_next() {
    let world = World::new();
    let root = "/api/v2/inthreat/taxii-server";
    let ask = |target: &str| {
        let head = format!(
            "GET {target} HTTP/1.1\nHost: {{host}}\nUser-Agent: taxii2-client/2.3.0\nAccept-Encoding: gzip, deflate\nAccept: application/taxii+json;version=2.1\nConnection: keep-alive\nAuthorization: Basic {{basic}}"
        );
        let answer = world.send(&head, "");
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/taxii+json;version=2.1"));
        answer.json()
    };
    assert!(
        ask(&format!("{root}/taxii2/"))["api_roots"][0].as_str().unwrap().starts_with("http://")
    );
    assert!(ask(&format!("{root}/"))["versions"].is_array());
    assert_eq!(ask(&format!("{root}/collections/"))["collections"][0]["id"], FEED);
    assert_eq!(ask(&format!("{root}/collections/{FEED}/"))["can_read"], true);
    let mut next = String::new();
    let mut count = 0;
    loop {
        let page = ask(&format!(
            "{root}/collections/{FEED}/objects?match%5Bspec_version%5D=2.1&limit=150{next}"
        ));
        count += page["objects"].as_array().map_or(0, Vec::len);
        next = format!("&next={}", page["next"].as_str().unwrap());
        if page["more"] == false {
            break;
        }
    }
    assert!(count > 150, "only {count} objects");
    let page = ask(&format!("{root}/collections/{FEED}/objects/?limit=150{next}"));
    assert_eq!(
        (&page["more"], format!("&next={}", page["next"].as_str().unwrap())),
        (&json!(false), next)
    );
}

// Catches an error that is no JSON: generic actions read `message` of it, and a trigger reads it as a page.
#[test]
fn line_14_every_error_is_json() {
    let world = World::new();
    let post = |target: &str, body: &str| world.requests_post(target, body);
    let answers = [
        (404, world.requests("/")),
        (404, world.requests("/v2/inthreat/nothing")),
        (
            404,
            world.requests("/v2/inthreat/collections/00000000-0000-4000-8000-000000000404/objects"),
        ),
        (400, world.requests(&format!("/v2/inthreat/collections/{FEED}/objects?limit=x"))),
        (400, world.requests(&format!("/v2/inthreat/collections/{FEED}/objects?cursor=never"))),
        (
            400,
            world.requests(&format!("/v2/inthreat/collections/{FEED}/objects?modified_after=%FF")),
        ),
        (400, post("/v2/inthreat/feeds", "{")),
        (400, post("/v2/inthreat/objects/search", r#"{"limit": 0}"#)),
        (405, post(&format!("/v2/inthreat/objects/{MALWARE}"), "{}")),
        (501, world.requests("/v2/inthreat/labels")),
        (404, world.requests("/v2/inthreat/ioc-collections/ioc-collection--404")),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.body);
        let error = answer.json();
        assert!(error["message"].is_string() && error["code"].is_string(), "{error}");
    }
}
