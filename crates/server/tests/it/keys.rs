//! Who is answered.

use std::{
    io::Write,
    net::TcpListener,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use inthreat_api::{
    Cursor, Feed, FeedDraft, FeedList, KeyCommunity, MockIntelligenceCenter, Page, Profile,
};
use inthreat_server::{
    KeyDraft, Keys, NewKey, RequestRate, ServeErrorKind, ServerOptions, SharedKeys, serve,
};
use inthreat_wire::{Permission, live_answer};

use crate::{
    served::{Answered, Served, run},
    slow::Slow,
};

const TARGET: &str = "/v2/inthreat/feeds";

fn served() -> (Served, NewKey, NewKey) {
    let mut keys = Keys::default();
    let good = keys.create("good", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let revoked = keys.create("revoked", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    keys.revoke(revoked.id(), "2026-11-21T17:00:00Z".parse().unwrap()).unwrap();
    let mut center = MockIntelligenceCenter::new();
    center.expect_feeds().returning(|_| Ok(FeedList::default()));
    (Served::new(center, ServerOptions::default().with_keys(keys)), good, revoked)
}

// Catches a form of the key that is refused, or a stranger who is answered (CONTRACT 1.2, 12.2).
#[test]
fn only_keys_are_answered() {
    let (served, good, revoked) = served();
    let status = |header: &str| served.request("GET", TARGET, header, "").status;
    let secret = good.secret();
    let basic = |text: String| format!("Authorization: Basic {}\r\n", STANDARD.encode(text));
    assert_eq!(status(&format!("Authorization: Bearer {secret}\r\n")), 200);
    assert_eq!(status(&format!("authorization: bearer {secret}\r\n")), 200);
    assert_eq!(status(&basic(format!("username:{secret}"))), 200);
    assert_eq!(status(&basic(format!(":{secret}"))), 200);
    for header in [
        String::new(),
        format!("Authorization: {secret}\r\n"),
        format!("Authorization: Bearer {secret}x\r\n"),
        format!("Authorization: Bearer {}\r\n", good.id()),
        format!("Authorization: Token {secret}\r\n"),
        "Authorization: Bearer \u{e9}\r\n".to_owned(),
        basic(format!("{secret}:")),
        basic(secret.to_owned()),
        "Authorization: Basic ????\r\n".to_owned(),
    ] {
        let answer = served.request("GET", TARGET, &header, "");
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(answer.body, r#"{"message":"The token is invalid","code":"T300"}"#);
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    }
    let answer = served.request(
        "GET",
        TARGET,
        &format!("Authorization: Bearer {}\r\n", revoked.secret()),
        "",
    );
    assert_eq!((answer.status, answer.body.contains("T302")), (401, true), "{}", answer.body);
    // Strangers do not learn which paths there are.
    assert_eq!(served.get("/v2/inthreat/nothing").status, 401);
}

// Catches "test connectivity" of clients in the field (CONTRACT 1.2).
#[test]
fn a_key_can_be_checked() {
    let (served, good, _) = served();
    for target in ["/v1/auth/validate", "/api/v1/auth/validate/"] {
        let answer = served.request(
            "GET",
            target,
            &format!("Authorization: Bearer {}\r\n", good.secret()),
            "",
        );
        assert_eq!(answer.status, 200);
        assert!(
            answer.body.contains(&format!("\"identity\":\"apikey:{}\"", good.id())),
            "{}",
            answer.body
        );
        assert_eq!(served.get(target).status, 401);
    }
}

// Catches a key that does not learn what it may do and whose feeds it sees, and one that is told of more than it has.
#[test]
fn a_key_is_told_what_it_may() {
    let community = "6ffbe55b-d30a-4dc4-bc52-a213dce0af29";
    let mut keys = Keys::default();
    let few = KeyDraft::new("few").with_community(community.to_owned());
    let few = create(&mut keys, few.with_permissions([Permission::ReadFeeds]));
    let none = create(&mut keys, KeyDraft::new("none").with_permissions([]));
    let center = MockIntelligenceCenter::new;
    let served = Served::new(center(), ServerOptions::default().with_keys(keys));
    let told = |answer: Answered| {
        let info = live_answer::decode_key_info(answer.body.as_bytes()).unwrap();
        (info.community.unwrap(), info.permissions.unwrap())
    };
    let of = |key| told(with_key(&served, key, "GET", "/v1/auth/validate", ""));
    let feeds = vec!["INTHREAT_READ_FEEDS".to_owned()];
    assert_eq!(of(&few), (KeyCommunity::One(community.to_owned()), feeds));
    assert_eq!(of(&none), (KeyCommunity::All, Vec::new()));
    let open = Served::new(center(), ServerOptions::default());
    let all = Permission::ALL.map(|one| one.to_string()).to_vec();
    assert_eq!(told(open.get("/v1/auth/validate")), (KeyCommunity::All, all));
}

/// Asks with a key.
fn with_key(served: &Served, key: &NewKey, method: &str, target: &str, body: &str) -> Answered {
    let header = format!("Authorization: Bearer {}\r\n", key.secret());
    served.request(method, target, &header, body)
}

fn create(keys: &mut Keys, draft: impl Into<KeyDraft>) -> NewKey {
    keys.create(draft, "2020-01-01T00:00:00Z".parse().unwrap()).unwrap()
}

// Catches a key that is open after its time, and clients that are not told of it (CONTRACT 4).
#[test]
fn a_key_expires() {
    let mut keys = Keys::default();
    let late = KeyDraft::new("late").with_expires("2021-01-01T00:00:00Z".parse().ok());
    let late = create(&mut keys, late);
    let good = KeyDraft::new("good").with_expires("2199-01-01T00:00:00Z".parse().ok());
    let good = create(&mut keys, good);
    let served =
        Served::new(MockIntelligenceCenter::new(), ServerOptions::default().with_keys(keys));
    let answer = with_key(&served, &late, "GET", "/v1/me", "");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (401, r#"{"message":"The token has expired","code":"T301"}"#)
    );
    let answer = with_key(&served, &good, "GET", "/v1/auth/validate", "");
    assert!(answer.body.contains(r#""exp":7226582400"#), "{}", answer.body);
}

// Catches the account of whoever runs a gateway that is told to everyone with a key (CONTRACT 1.2).
#[test]
fn whose_key_it_is_is_told_by_the_server() {
    let mut keys = Keys::default();
    let one = create(&mut keys, KeyDraft::new("splunk").with_permissions([]));
    let other = create(&mut keys, KeyDraft::new("opencti").with_permissions([]));
    let served =
        Served::new(MockIntelligenceCenter::new(), ServerOptions::default().with_keys(keys));
    let me = |key: &NewKey| -> Profile {
        let answer = with_key(&served, key, "GET", "/api/v1/me/", "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        live_answer::decode_profile(answer.body.as_bytes()).unwrap()
    };
    assert_eq!(me(&one).firstname.as_deref(), Some("splunk"));
    assert_eq!((me(&one).email, me(&one).lastname), (None, None));
    assert_eq!(me(&one).uuid, me(&one).uuid);
    assert_ne!(me(&one).uuid, me(&other).uuid);
    assert_eq!(me(&one).uuid.unwrap().len(), 36);
}

// Catches a key that does more than it may, on every face of a server, and a refusal that does not say what is missing.
#[test]
fn a_key_does_what_it_may() {
    let mut keys = Keys::default();
    let key = |keys: &mut Keys, permission| {
        create(keys, KeyDraft::new("one").with_permissions([permission]))
    };
    let objects = key(&mut keys, Permission::ReadObjects);
    let feeds = key(&mut keys, Permission::ReadFeeds);
    let writes = key(&mut keys, Permission::WriteFeeds);
    let mut center = MockIntelligenceCenter::new();
    center.expect_feeds().returning(|_| Ok(FeedList::default()));
    center.expect_feed().returning(|id| Ok(Feed::new(id, FeedDraft::default())));
    center.expect_create_feed().returning(|draft| Ok(Feed::new("f".parse().unwrap(), draft)));
    center.expect_page().returning(|_| Ok(Page::new(Vec::new(), Cursor::new("c").ok())));
    let served = Served::new(center, ServerOptions::default().with_keys(keys));
    let page = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";
    let collections = "/v2/inthreat/taxii-server/collections/";
    let body = r#"{"data":{"title":"t"}}"#;
    for (key, method, target, status) in [
        (&objects, "GET", page, 200),
        (&feeds, "GET", page, 403),
        (&objects, "GET", TARGET, 403),
        (&feeds, "GET", TARGET, 200),
        (&feeds, "GET", "//api/v2/inthreat//feeds/", 200),
        (&writes, "GET", "//api/v2/inthreat//feeds/", 403),
        (&feeds, "POST", TARGET, 403),
        (&writes, "POST", TARGET, 201),
        (&objects, "GET", collections, 200),
        (&feeds, "GET", collections, 403),
        (&objects, "GET", "/v1/edl-gateway/ipv4", 200),
        (&feeds, "GET", "/v1/edl-gateway/ipv4", 403),
        (&feeds, "GET", "/v1/auth/validate", 200),
        (&feeds, "GET", "/v2/inthreat/what-nobody-thought-of", 403),
        (&objects, "GET", "/v2/inthreat/what-nobody-thought-of", 404),
    ] {
        let body = if method == "POST" { body } else { "" };
        let answer = with_key(&served, key, method, target, body);
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
    }
    let answer = with_key(&served, &feeds, "POST", TARGET, body);
    assert_eq!(
        answer.body,
        r#"{"message":"insufficient permissions: this needs INTHREAT_WRITE_FEEDS","code":"INTHREAT403"}"#
    );
    let answer = with_key(&served, &feeds, "GET", collections, "");
    assert!(answer.head.contains("content-type: application/taxii+json"), "{}", answer.head);
    assert!(answer.body.contains(r#""http_status":"403""#), "{}", answer.body);
}

// Catches a key that is open until the next restart, and one that is not until then.
#[test]
fn keys_are_replaced_while_a_server_runs() {
    let mut keys = Keys::default();
    let old = create(&mut keys, "old");
    let shared = SharedKeys::new(keys.clone());
    let options = ServerOptions::default().with_keys(shared.clone());
    let served = Served::new(MockIntelligenceCenter::new(), options);
    let status = |key: &NewKey| with_key(&served, key, "GET", "/v1/auth/validate", "").status;
    assert_eq!(status(&old), 200);
    let new = create(&mut keys, "new");
    assert_eq!(status(&new), 401);
    keys.revoke(old.id(), "2026-11-22T00:00:00Z".parse().unwrap()).unwrap();
    shared.replace(keys);
    assert_eq!((status(&old), status(&new)), (401, 200));
}

/// A clock that a test sets.
#[derive(Clone)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000)))
    }

    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn clock(&self) -> impl Fn() -> SystemTime + Send + Sync + use<> {
        let hand = Arc::clone(&self.0);
        move || SystemTime::UNIX_EPOCH + Duration::from_secs(hand.load(Ordering::Relaxed))
    }
}

// Catches wrong keys that may be tried for ever, and a client that is locked out for what its neighbour sends.
#[test]
fn wrong_keys_are_slowed_down() {
    let mut keys = Keys::default();
    let good = create(&mut keys, "good");
    let hand = Hand::new();
    let options = ServerOptions::default().with_keys(keys).with_clock(hand.clock());
    let served = Served::new(MockIntelligenceCenter::new(), options);
    let wrong = |target| served.request("GET", target, "Authorization: Bearer wrong\r\n", "");
    for _ in 0..10 {
        assert_eq!(wrong("/v1/me").status, 401);
    }
    let answer = wrong("/v1/me");
    assert_eq!(answer.status, 429);
    assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    assert!(answer.body.contains(r#""code":"INTHREAT429""#), "{}", answer.body);
    let answer = wrong("/v2/inthreat/taxii-server/");
    assert_eq!((answer.status, answer.head.contains("retry-after: 5")), (429, true));
    // Who shows no key tries none.
    assert_eq!(served.get("/v1/me").status, 401);
    hand.advance(5);
    assert_eq!(wrong("/v1/me").status, 401);
    assert_eq!(wrong("/v1/me").status, 429);
    assert_eq!(with_key(&served, &good, "GET", "/v1/me", "").status, 200);
    assert_eq!(wrong("/v1/me").status, 401, "what was tried is forgotten");
}

// Catches a key that uses a whole server, and one that pays for another.
#[test]
fn each_key_keeps_to_a_rate() {
    let mut keys = Keys::default();
    let (one, other) = (create(&mut keys, "one"), create(&mut keys, "other"));
    let hand = Hand::new();
    let rate = RequestRate::new(NonZeroU32::new(3).unwrap(), Duration::from_secs(30));
    let options = ServerOptions::default().with_keys(keys).with_key_rate(rate);
    let served = Served::new(MockIntelligenceCenter::new(), options.with_clock(hand.clock()));
    let ask = |key: &NewKey| with_key(&served, key, "GET", "/v1/me", "");
    let answered: Vec<_> = (0..5).map(|_| ask(&one).status).collect();
    assert_eq!(answered, [200, 200, 200, 429, 429]);
    let answer = ask(&one);
    assert!(answer.head.contains("retry-after: 10"), "{}", answer.head);
    assert_eq!(
        answer.body,
        r#"{"message":"too many requests with this key","code":"INTHREAT429"}"#
    );
    assert_eq!(ask(&other).status, 200);
    hand.advance(10);
    assert_eq!((ask(&one).status, ask(&one).status), (200, 429));
}

// Catches a key whose requests are counted for ever once they were cut off, or not until their answer was sent.
#[test]
fn each_key_has_so_many_requests_under_way() {
    let mut keys = Keys::default();
    let (one, other) = (create(&mut keys, "one"), create(&mut keys, "other"));
    let options = ServerOptions::default()
        .with_keys(keys)
        .with_key_in_flight_max(1)
        .with_answer_timeout(Duration::from_mins(10));
    let (asked, asks) = mpsc::channel();
    let served = Served::new(Slow::telling(asked), options);
    let target = "/v2/inthreat/collections/never/objects";
    let mut stream = served.connect();
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        one.secret()
    );
    stream.write_all(request.as_bytes()).unwrap();
    asks.recv_timeout(Duration::from_secs(20)).unwrap();
    let answer = with_key(&served, &one, "GET", "/v1/me", "");
    assert_eq!((answer.status, answer.head.contains("retry-after: 1")), (429, true));
    assert!(answer.body.contains("1 requests under way"), "{}", answer.body);
    assert_eq!(with_key(&served, &other, "GET", "/v1/me", "").status, 200);
    drop(stream);
    // The server finds out by itself that nobody waits any more.
    let is_free = || with_key(&served, &one, "GET", "/v1/me", "").status == 200;
    assert!((0..10_000).any(|_| is_free()), "the request was never given up");
}

// Catches a key in what is logged, told or printed, whatever is wrong with it.
#[test]
fn no_key_is_told() {
    let mut keys = Keys::default();
    let few = create(&mut keys, KeyDraft::new("few").with_permissions([Permission::ReadFeeds]));
    let revoked = create(&mut keys, "revoked");
    keys.revoke(revoked.id(), "2026-11-22T00:00:00Z".parse().unwrap()).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&told);
    let mut center = MockIntelligenceCenter::new();
    center.expect_feeds().returning(|_| panic!("it breaks"));
    let options = ServerOptions::default().with_keys(keys).with_observer(move |event| {
        log.lock().unwrap().push(format!("{event:?}"));
    });
    let mut printed = vec![format!("{options:?} {few:?}")];
    let served = Served::new(center, options);
    for target in [TARGET, "/v2/inthreat/objects/a", "/v1/me", "/v2/inthreat/taxii-server/"] {
        for key in [&few, &revoked] {
            let answer = with_key(&served, key, "GET", target, "");
            printed.push(format!("{answer:?}"));
            let basic = STANDARD.encode(format!("u:{}", key.secret()));
            let header = format!("Authorization: Basic {basic}\r\n");
            printed.push(format!("{:?}", served.request("GET", target, &header, "")));
        }
    }
    printed.append(&mut told.lock().unwrap());
    let printed = printed.concat();
    assert!(printed.contains("Panicked") && printed.contains("401"), "{printed}");
    for key in [&few, &revoked] {
        let lower = key.secret().to_lowercase();
        assert!(!printed.to_lowercase().contains(&lower), "{printed}");
    }
}

// Catches a center that knows no communities and shows everything to each of them.
#[test]
fn a_community_needs_a_center_that_tells_them_apart() {
    let mut keys = Keys::default();
    let community = "6ffbe55b-d30a-4dc4-bc52-a213dce0af29".to_owned();
    let draft = KeyDraft::new("all").with_permissions(Permission::ALL).with_community(community);
    let key = create(&mut keys, draft);
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|request| {
        assert!(request.feed.is_default(), "it was asked for a feed of somebody");
        Ok(Page::new(Vec::new(), Cursor::new("c").ok()))
    });
    let served = Served::new(center, ServerOptions::default().with_keys(keys));
    let base = "/v2/inthreat";
    for (method, target, status) in [
        ("GET", "collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects", 200),
        ("GET", "collections/d6092c37-d8d7-45c3-8aff-c4dc26030609/objects", 403),
        ("GET", "collections/a/objects?format=text", 403),
        ("GET", "collections/a/patterns", 403),
        ("GET", "feeds", 403),
        ("GET", "feeds/a", 403),
        ("DELETE", "feeds/a", 403),
        ("GET", "ioc-collections", 403),
        ("GET", "ioc-collections/ioc-collection--1/indicators", 403),
        ("GET", "reports?feed_id=a", 403),
        ("GET", "taxii-server/collections/", 403),
        ("GET", "taxii-server/collections/a/objects/", 403),
    ] {
        let answer = with_key(&served, &key, method, &format!("{base}/{target}"), "");
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
    }
    assert_eq!(with_key(&served, &key, "GET", "/v1/edl-gateway/ipv4", "").status, 200);
}

// Catches a copy of somebody's intelligence that a whole network can read.
#[test]
fn other_machines_need_keys() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let center = Arc::new(MockIntelligenceCenter::new());
    let refused = run(serve(listener, center, ServerOptions::default(), std::future::ready(())));
    assert_eq!(refused.unwrap_err().kind(), ServeErrorKind::Exposed);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let center = Arc::new(MockIntelligenceCenter::new());
    let options = ServerOptions::default().with_keys(Keys::default());
    run(serve(listener, center, options, std::future::ready(()))).unwrap();
}
