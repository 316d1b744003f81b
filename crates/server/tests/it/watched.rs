//! What a server tells those who watch it.

use std::{
    io::{Read, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
};

use inthreat_api::{Cursor, Error, ErrorKind, MockIntelligenceCenter, Page};
use inthreat_server::{Event, Keys, ServerOptions};
use inthreat_stix::RawObject;

use crate::served::Served;

fn center() -> MockIntelligenceCenter {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|_| Ok(Page::new(Vec::new(), Cursor::new("c").ok())));
    center.expect_object().returning(|_| Ok(RawObject::new(r#"{"id":"indicator--1"}"#).unwrap()));
    center
}

/// What is told of each answer, as it is told.
fn told(options: ServerOptions) -> (ServerOptions, mpsc::Receiver<String>) {
    let (sender, told) = mpsc::channel();
    let sender = Mutex::new(sender);
    let options = options.with_observer(move |event| {
        if let Event::Answered {
            address, method, route, key, status, bytes, elapsed, took, ..
        } = event
        {
            assert!(address.ip().is_loopback() && elapsed <= took);
            let line = format!("{method} {route} {status} {bytes} {}", key.unwrap_or("-"));
            sender.lock().unwrap().send(line).unwrap();
        }
    });
    (options, told)
}

// Catches a request that is told twice or never, with what was asked for in it, or with wrong figures.
#[test]
fn each_answer_is_told_once_and_without_values() {
    let mut keys = Keys::default();
    let key = keys.create("soc", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let (options, told) = told(ServerOptions::default().with_keys(keys));
    let served = Served::new(center(), options);
    let header = format!("Authorization: Bearer {}\r\n", key.secret());
    let id = key.id();
    for (method, target, header, line) in [
        (
            "GET",
            "/v2/inthreat/objects/indicator--1?token=secret",
            &*header,
            format!("GET /v2/inthreat/objects/{{id}} 200 30 {id}"),
        ),
        (
            "HEAD",
            "/v2/inthreat/objects/x--1",
            &header,
            format!("HEAD /v2/inthreat/objects/{{id}} 200 0 {id}"),
        ),
        ("GET", "/v2/inthreat/objects/x--1", "", "GET /v2/inthreat/objects/{id} 401 ".to_owned()),
        ("GET", "/secret", &header, "GET other 404 ".to_owned()),
        ("BREW", "/v2/inthreat/feeds", &header, "BREW /v2/inthreat/feeds 405 ".to_owned()),
        ("GET", "/healthz", "", "GET /healthz 200 15 -".to_owned()),
    ] {
        served.request(method, target, header, "");
        let found = told.recv().unwrap();
        assert!(found.starts_with(&line), "{found} is not {line}");
        assert!(!found.contains("secret") && !found.contains("--1"), "{found}");
    }
    drop(served);
    assert!(told.recv().is_err(), "nothing is told twice");
}

// Catches an answer whose client goes away, and that is then told to no one.
#[test]
fn clients_that_go_away_are_told() {
    let (options, told) = told(ServerOptions::default());
    let served = Served::new(crate::slow::Slow::default(), options);
    let mut stream = served.connect();
    stream
        .write_all(b"GET /v2/inthreat/collections/never/objects HTTP/1.1\r\nHost: x\r\n\r\n")
        .unwrap();
    drop(stream);
    assert_eq!(told.recv().unwrap(), "GET /v2/inthreat/collections/{feed}/objects 499 0 -");
    // Their end often comes with the request, before anybody looked at it.
    for _ in 0..20 {
        served.connect().write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    }
    for turn in 0..20 {
        let found = told.recv_timeout(std::time::Duration::from_secs(20));
        assert!(found.is_ok_and(|line| line.starts_with("GET /healthz ")), "request {turn}");
    }
}

// Catches a request that never was one and is told to no one, or more than once.
#[test]
fn requests_that_are_none_are_told_once() {
    let (sender, told) = mpsc::channel();
    let sender = Mutex::new(sender);
    let short = std::time::Duration::from_millis(80);
    let options = ServerOptions::default().with_head_timeout(short).with_observer(move |event| {
        sender.lock().unwrap().send(format!("{event:?}")).unwrap();
    });
    let served = Served::new(center(), options);
    let mut idle = served.connect();
    let said = ["GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "GET /v2/inth"];
    for said in said {
        served.send(said.as_bytes());
        let event = told.recv().unwrap();
        assert!(event.starts_with("Refused") && event.contains("127.0.0.1"), "{event}");
    }
    let _ = idle.read_to_end(&mut Vec::new());
    assert!(served.get("/metrics").body.contains("inthreat_server_refused_total 3\n"));
    let event = told.recv().unwrap();
    assert!(event.starts_with("Answered"), "{event}, where the connection was idle only");
}

// Catches figures that strangers can read, and figures that are missing.
#[test]
fn figures_are_for_this_machine_and_for_keys() {
    let mut keys = Keys::default();
    let key = keys.create("soc", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let options = ServerOptions::default()
        .with_keys(keys)
        .with_more_metrics(|| "inthreat_replica_objects 7\n".to_owned());
    let served = Served::new(center(), options);
    let header = format!("Authorization: Bearer {}\r\n", key.secret());
    assert_eq!(served.request("GET", "/v2/inthreat/objects/secret--1", &header, "").status, 200);
    let text = served.get("/metrics");
    assert!(text.head.contains("content-type: text/plain; version=0.0.4"), "{}", text.head);
    for line in [
        "inthreat_server_requests_total{route=\"/v2/inthreat/objects/{id}\",method=\"GET\",status=\"200\"} 1\n",
        "inthreat_server_in_flight 1\n",
        "inthreat_server_cache_bytes{of=\"pages\"} 0\n",
        "inthreat_replica_objects 7\n",
    ] {
        assert!(text.body.contains(line), "{line} is not in\n{}", text.body);
    }
    assert!(!text.body.contains("secret"), "{}", text.body);
    for proxied in ["X-Forwarded-For: 192.0.2.1\r\n", "Forwarded: for=192.0.2.1\r\n"] {
        assert_eq!(served.request("GET", "/metrics", proxied, "").status, 401, "{proxied}");
        let with_key = format!("{proxied}{header}");
        assert_eq!(served.request("GET", "/metrics", &with_key, "").status, 200, "{proxied}");
    }
    assert_eq!(served.request("POST", "/metrics", &header, "").status, 405);
}

// Catches a server that says it is ready and is not, or tells strangers why its center fails.
#[test]
fn readiness_asks_center_and_program() {
    let answer = |center: MockIntelligenceCenter, reason: Option<&'static str>| {
        let keys = Keys::default();
        let check = move || reason.map_or(Ok(()), |reason| Err(reason.to_owned()));
        let options = ServerOptions::default().with_keys(keys).with_check(check);
        let answer = Served::new(center, options).get("/readyz");
        (answer.status, answer.body)
    };
    assert_eq!(answer(center(), None), (200, r#"{"status":"ready"}"#.to_owned()));
    let behind = r#"{"reason":"the first pull is under way","status":"not ready"}"#;
    assert_eq!(answer(center(), Some("the first pull is under way")), (503, behind.to_owned()));
    let mut broken = MockIntelligenceCenter::new();
    broken.expect_page().returning(|_| Err(Error::new(ErrorKind::Storage, "open `/secret`")));
    let down = r#"{"reason":"the center does not answer","status":"not ready"}"#;
    assert_eq!(answer(broken, None), (503, down.to_owned()));
}

// Catches strangers without a key who keep the center busy.
#[test]
fn readiness_is_asked_once_for_many() {
    let asked = Arc::new(Mutex::new(0));
    let (counted, is_ready) = (Arc::clone(&asked), Arc::new(AtomicBool::new(false)));
    let told = Arc::clone(&is_ready);
    let options = ServerOptions::default().with_check(move || {
        *counted.lock().unwrap() += 1;
        if told.load(Ordering::SeqCst) { Ok(()) } else { Err("not yet".to_owned()) }
    });
    let served = Served::new(center(), options);
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(served.get("/readyz").status, 503);
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(*asked.lock().unwrap() <= 1 + seconds, "once a second");
    is_ready.store(true, Ordering::SeqCst);
    while served.get("/readyz").status != 200 {}
}
