//! What a stranger can send and hold, and how the server ends.

use std::{
    io::{Read, Write},
    sync::{Arc, atomic::Ordering, mpsc},
    time::{Duration, Instant},
};

use inthreat_api::{Cursor, MockIntelligenceCenter, Page};
use inthreat_server::ServerOptions;
use inthreat_stix::RawObject;

use crate::{
    served::{Answered, Served},
    slow::Slow,
};

const SHORT: Duration = Duration::from_millis(80);
const PAGE: &str = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";

fn center() -> MockIntelligenceCenter {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|_| Ok(Page::new(Vec::new(), Cursor::new("c").ok())));
    center
}

/// A page so long that it fills every buffer between server and client.
fn long_page() -> Page {
    let text = format!("{{\"id\":\"a\",\"x\":\"{}\"}}", "x".repeat(1_000_000));
    let object = RawObject::new(text).unwrap();
    Page::new(vec![object; 30], Cursor::new("c").ok())
}

// Catches a request without an end: its body, its line, its headers.
#[test]
fn requests_are_bounded() {
    let options = ServerOptions::default().with_body_length_max(1000);
    let served = Served::new(center(), options);
    let answer = served.request("POST", "/v2/inthreat/feeds", "", &" ".repeat(1001));
    assert_eq!(
        (answer.status, answer.body.contains("\"field\":\"body\"")),
        (413, true),
        "{}",
        answer.body
    );
    // Announced, and never sent.
    let announced = served.send(
        b"POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
    );
    assert_eq!(announced.status, 413);
    let chunk = format!("{:x}\r\n{}\r\n0\r\n\r\n", 2000, " ".repeat(2000));
    let chunked = format!(
        "POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"
    );
    assert_eq!(served.send(chunked.as_bytes()).status, 413);

    assert_eq!(served.get(&format!("{PAGE}?x={}", "x".repeat(40_000))).status, 414);
    assert_eq!(served.get(&format!("{PAGE}?x={}", "x".repeat(70_000))).status / 100, 4);
    let header = format!("X: {}\r\n", "x".repeat(70_000));
    assert_eq!(served.request("GET", PAGE, &header, "").status, 431);
    assert_eq!(served.request("GET", PAGE, &"X: x\r\n".repeat(200), "").status, 431);
    assert_eq!(served.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").status, 400);
    assert_eq!(served.get(PAGE).status, 200, "and others are answered");
}

// Catches connections that are held open by saying little or nothing, while others wait for them.
#[test]
fn silent_connections_are_closed() {
    let options = ServerOptions::default()
        .with_connections_max(3)
        .with_head_timeout(SHORT)
        .with_answer_timeout(SHORT);
    let served = Served::new(center(), options);
    let said = [
        &b""[..],
        b"GET /v2/inth",
        b"POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ];
    let silent: Vec<_> = said
        .iter()
        .map(|said| {
            let mut stream = served.connect();
            stream.write_all(said).unwrap();
            stream
        })
        .collect();
    // All three places are taken; this one is answered once one of them is free.
    assert_eq!(served.get(PAGE).status, 200);
    for mut stream in silent {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert!(matches!(Answered::parse(&answer).status, 0 | 408 | 503), "{answer:?}");
    }
}

// Catches a connection that serves one request only, and one that is idle for ever.
#[test]
fn connections_are_kept_and_closed_when_idle() {
    let served = Served::new(center(), ServerOptions::default().with_head_timeout(SHORT));
    let mut stream = served.connect();
    let request = format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\n\r\n");
    // Two requests at once, then none.
    stream.write_all(request.repeat(2).as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2, "{answers}");
}

// Catches a page that a client asks for, does not read, and so keeps in memory for ever.
#[test]
fn clients_that_take_nothing_are_dropped() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|_| Ok(long_page()));
    let options = ServerOptions::default().with_connections_max(1).with_stall_timeout(SHORT);
    let served = Served::new(center, options);
    let mut stalled = served.connect();
    stalled.write_all(format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    // The only place is taken until the server gives up on the client before.
    assert_eq!(served.get("/healthz").status, 200);
    let mut taken = Vec::new();
    let _ = stalled.read_to_end(&mut taken);
    assert!(taken.len() < 30_000_000, "the whole page was sent");
}

// Catches a center that never answers, and a body that never arrives, which is the client's to mend.
#[test]
fn answers_take_a_bounded_time() {
    let served = Served::new(Slow::default(), ServerOptions::default().with_answer_timeout(SHORT));
    let answer = served.get("/v2/inthreat/collections/never/objects");
    assert_eq!(
        (answer.status, answer.body.contains("Not available")),
        (503, true),
        "{}",
        answer.body
    );
    let answer =
        served.send(b"POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
    assert_eq!(answer.status, 408);
    assert!(answer.head.to_ascii_lowercase().contains("connection: close"), "{}", answer.head);
    assert!(answer.body.contains("did not arrive in time"), "{}", answer.body);
    // A body that came is not what is waited for.
    let answer = served.request("GET", "/v2/inthreat/collections/never/objects", "", "{}");
    assert_eq!(answer.status, 503);
    let whole = served.request("POST", "/v2/inthreat/feeds", "", "{}");
    assert_ne!(whole.status, 408);
}

// Catches a center that is asked more at once than it was promised, and a turn that is never given back.
#[test]
fn questions_wait_for_their_turn() {
    let center = Slow::default();
    let at_once = Arc::clone(&center.at_once);
    let options = ServerOptions::default().with_in_flight_max(2).with_answer_timeout(SHORT * 50);
    let served = Served::new(center, options);
    // Two that go away before they are answered give their turns back.
    for _ in 0..2 {
        let request = b"GET /v2/inthreat/collections/never/objects HTTP/1.1\r\nHost: x\r\n\r\n";
        served.connect().write_all(request).unwrap();
    }
    let mut streams: Vec<_> = (0..8).map(|_| served.connect()).collect();
    for stream in &mut streams {
        let request = format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
    }
    for mut stream in streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(Answered::parse(&answer).status, 200);
    }
    assert!((1..=2).contains(&at_once.load(Ordering::SeqCst)));
}

// Catches questions that wait for one that reads a whole feed, and that take the turns of all others meanwhile.
#[test]
fn who_waits_for_a_reader_takes_no_turn() {
    let (told, asked) = mpsc::channel();
    let options = ServerOptions::default().with_in_flight_max(2);
    let served = Served::new(Slow::telling(told), options);
    let mut waiting: Vec<_> = (0..4).map(|_| served.connect()).collect();
    for stream in &mut waiting {
        let request = b"GET /v2/inthreat/misp/manifest.json HTTP/1.1\r\nHost: x\r\n\r\n";
        stream.write_all(request).unwrap();
    }
    asked.recv().unwrap();
    for _ in 0..20 {
        assert_eq!(served.get(PAGE).status, 200);
    }
}

// Catches a shutdown that cuts an answer off.
#[test]
fn answers_under_way_are_finished() {
    let mut center = MockIntelligenceCenter::new();
    let (asked, was_asked) = mpsc::channel();
    center.expect_page().returning(move |_| {
        asked.send(()).unwrap();
        Ok(long_page())
    });
    let mut served = Served::new(center, ServerOptions::default());
    let mut stream = served.connect();
    stream.write_all(format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    was_asked.recv().unwrap();
    served.stop();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = Answered::parse(&answer).body;
    assert_eq!(body.matches("{\"id\":\"a\"").count(), 30);
    assert!(body.ends_with("],\"next_cursor\":\"c\"}"), "the page is whole");
    served.join();
    assert!(std::net::TcpStream::connect(served.address).is_err(), "nobody listens any more");
}

// Catches a shutdown that waits for a client that takes nothing.
#[test]
fn shutting_down_takes_a_bounded_time() {
    let mut center = MockIntelligenceCenter::new();
    let (asked, was_asked) = mpsc::channel();
    center.expect_page().returning(move |_| {
        asked.send(()).unwrap();
        Ok(long_page())
    });
    let mut served = Served::new(center, ServerOptions::default().with_drain_timeout(SHORT));
    let mut stream = served.connect();
    stream.write_all(format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    was_asked.recv().unwrap();
    let begun = Instant::now();
    served.join();
    assert!(begun.elapsed() >= SHORT, "the client was given its time");
}
