//! Input that no client of good will sends: answered, told, survived, and others answered meanwhile.

use std::{
    io::{Read, Write},
    net::Shutdown,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use inthreat_server::{Event, ServerOptions};

use crate::{
    served::{Answered, Served},
    slow::Slow,
};

const PAGE: &str = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";
const SHORT: Duration = Duration::from_millis(80);

/// A server, and what it tells but answers: panics and failures.
fn served(options: ServerOptions) -> (Served, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let options = options.with_observer(move |event| {
        if !matches!(event, Event::Answered { .. }) {
            seen.lock().unwrap().push(format!("{event:?}"));
        }
    });
    (Served::new(Slow::default(), options), told)
}

/// Asserts that an answer is one of the contract: a status that fits, and a body of JSON that says what is wrong.
fn assert_told(answer: &Answered, asked: &str) {
    let is_fit = matches!(answer.status, 200 | 204 | 400..=499 | 501);
    assert!(is_fit, "{asked}: {} {}", answer.status, answer.body);
    // TAXII and the lists for firewalls have errors of their own.
    let begins = ["{\"message\":\"", "{\"description\":\"", "{\"error_code\":\"", "{\"detail\":["];
    let says = answer.status < 300 || begins.iter().any(|begin| answer.body.starts_with(begin));
    assert!(says, "{asked}: {} {}", answer.status, answer.body);
    assert!(answer.body.len() < 4000, "{asked}: what was sent is repeated at length");
    let is_plain = |c: char| !c.is_control();
    assert!(answer.body.chars().all(is_plain), "{asked}: {:?}", answer.body);
}

// Catches a parameter whose range nobody looks at, and a message that does not name it.
#[test]
fn parameters_out_of_range_are_named() {
    let (served, told) = served(ServerOptions::default());
    for (parameter, values) in [
        ("limit", &["0", "-1", "10001", "1.5", "x", "", "99999999999999999999", "%00", "1e3"][..]),
        ("cursor", &["%ff", "%zz", "%", "%0a"]),
        ("modified_after", &["yesterday", "2020-13-01", "%00", "9999999999999999999"]),
        ("include_revoked", &["maybe", "2", "%00"]),
        ("skip_expired", &["maybe", "2"]),
        ("latest", &["maybe", "2"]),
        ("convert_network_traffic", &["maybe"]),
        ("format", &["xml", "%00", "JSON%20"]),
    ] {
        for value in values {
            let answer = served.get(&format!("{PAGE}?{parameter}={value}"));
            let asked = format!("{parameter}={value}");
            assert_told(&answer, &asked);
            let names_it = answer.body.contains(&format!("\"field\":\"{parameter}\""));
            assert!(answer.status == 400 && names_it, "{asked}: {} {}", answer.status, answer.body);
        }
    }
    assert_eq!(*told.lock().unwrap(), Vec::<String>::new());
}

// Catches a path, a query or a body on any of the routes that makes the server panic, fail or keep silent.
#[test]
fn no_route_fails_on_nonsense() {
    let (served, told) = served(ServerOptions::default());
    let deep = format!("{{\"data\":{}", "[".repeat(200_000));
    let bodies = [
        "",
        "null",
        "{",
        "[]",
        "{\"data\":null}",
        "{\"data\":{\"unknown\":1,\"title\":7}}",
        "{\"data\":{\"title\":\"\\u0000\"}}",
        "\u{0}\u{0}",
        "{\"a\":1,\"a\":2}",
        &deep,
    ];
    let ids = ["%00", "%ff%fe", "%", "..", "%2e%2e%2f", "a,,b", "\u{e9}", "'%20or%201=1", "--"];
    let queries = [
        "limit=%ff",
        "offset=-1&limit=99999999",
        "a&b&=c&&&==",
        "match%5Bvalue%5D=%00&match[x]=y",
        "sort=nothing&order=%0d%0aX:%20y",
        "type=url&value=%ed%a0%80",
    ];
    let taxii = ["/v2/inthreat/taxii-server/collections/{feed}/objects/", "/taxii2/"];
    let others = taxii.iter().map(|path| (*path, "GET")).chain([("/v1/edl-gateway/{id}", "GET")]);
    for (round, (path, methods)) in inthreat_wire::paths().chain(others).enumerate() {
        for (method, turn) in methods.split(", ").zip(0..) {
            for step in 0..ids.len().max(queries.len()) {
                let id = ids[(round + turn + step) % ids.len()];
                let mut target: String = path
                    .split('/')
                    .map(|part| if part.starts_with('{') { id } else { part })
                    .collect::<Vec<_>>()
                    .join("/");
                target += "?";
                target += queries[step % queries.len()];
                let body = match method {
                    "GET" => "",
                    _ => bodies[(round + step) % bodies.len()],
                };
                assert_told(
                    &served.request(method, &target, "", body),
                    &format!("{method} {target}"),
                );
            }
        }
    }
    let told = told.lock().unwrap();
    assert!(!told.iter().any(|event| event.contains("Panicked")), "{told:?}");
}

// Catches a body that is read although it is too long, also one that does not say how long it is.
#[test]
fn a_hundred_megabytes_are_not_read() {
    let (served, _) = served(ServerOptions::default());
    let length = 100_000_000;
    for head in [format!("Content-Length: {length}"), "Transfer-Encoding: chunked".to_owned()] {
        let mut stream = served.connect();
        let head = format!("POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let mut sent = 0;
        while sent < length {
            match stream.write(chunk.as_bytes()) {
                Ok(taken) => sent += taken,
                Err(_) => break,
            }
        }
        assert!(sent < length, "everything was taken");
        assert_eq!(served.get(PAGE).status, 200, "others are answered");
    }
}

// Catches a body that is broken off and told to be too long, so that its client splits what was never too much.
#[test]
fn a_broken_body_is_not_too_long() {
    let (served, told) = served(ServerOptions::default());
    for (head, body) in [
        ("Content-Length: 50", "{\"data\":"),
        ("Transfer-Encoding: chunked", "5\r\n{\"dat"),
        ("Transfer-Encoding: chunked", "zz\r\n"),
    ] {
        let mut stream = served.connect();
        let request =
            format!("POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = Answered::parse(&answer);
        assert_eq!(answer.status, 400, "{head} {body}: {}", answer.body);
        assert!(answer.body.contains("it did not arrive whole"), "{}", answer.body);
    }
    assert_eq!(*told.lock().unwrap(), Vec::<String>::new());
}

// Catches headers without an end.
#[test]
fn floods_of_headers_end() {
    let (served, told) = served(ServerOptions::default());
    for line in ["X: y\r\n".to_owned(), format!("X: {}\r\n", "y".repeat(5000)), "y".repeat(5000)] {
        let mut stream = served.connect();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap();
        let mut sent = 0;
        while sent < 100_000_000 {
            match stream.write(line.as_bytes()) {
                Ok(taken) => sent += taken,
                Err(_) => break,
            }
        }
        assert!(sent < 100_000_000, "everything was taken");
        assert_eq!(served.get(PAGE).status, 200, "others are answered");
    }
    let told = told.lock().unwrap();
    assert!(told.iter().filter(|event| event.starts_with("Refused")).count() >= 3, "{told:?}");
}

// Catches a request that two readers would understand differently: the second half of it must not be answered.
#[test]
fn requests_of_two_meanings_are_refused() {
    let (served, _) = served(ServerOptions::default());
    let inner = format!("GET {PAGE} HTTP/1.1\r\nHost: x\r\n\r\n");
    for head in [
        format!("Content-Length: 0\r\nContent-Length: {}", inner.len()),
        "Content-Length: +0".to_owned(),
        "Content-Length: 0x0".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
        "Transfer-Encoding : chunked".to_owned(),
        " Folded: x".to_owned(),
    ] {
        let request =
            format!("POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{inner}");
        let answer = served.send(request.as_bytes());
        assert_eq!(answer.status, 400, "{head}: {} {}", answer.head, answer.body);
        assert!(!answer.body.contains("HTTP/1.1"), "{head}: {}", answer.body);
    }
    for line in ["GET", "GET / HTTP/3.0", "GET  / HTTP/1.1", "G\u{0}T / HTTP/1.1", "\u{0}"] {
        let answer = served.send(format!("{line}\r\nHost: x\r\n\r\n").as_bytes());
        assert_eq!(answer.status, 400, "{line}");
    }
    assert_eq!(served.get(PAGE).status, 200, "others are answered");
}

// Catches connections that are half open, or say a little again and again, and so keep others waiting or stay for ever.
#[test]
fn half_open_and_dripping_connections_end() {
    let options = ServerOptions::default().with_head_timeout(SHORT).with_answer_timeout(SHORT);
    let (served, told) = served(options);
    let mut silent: Vec<_> = (0..50).map(|_| served.connect()).collect();
    for stream in &silent {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    for begin in
        ["GET /", "POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n"]
    {
        let mut stream = served.connect();
        // Each wait for an answer is what lies between two letters.
        stream.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        stream.write_all(begin.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut letters = 0;
        while letters < 10_000 && stream.write_all(b"x").is_ok() {
            letters += 1;
            let mut buffer = [0; 1000];
            match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => answer.extend_from_slice(&buffer[..length]),
                Err(_) => {}
            }
            if letters == 3 {
                assert_eq!(served.get(PAGE).status, 200, "others are answered");
            }
        }
        assert!(letters < 10_000, "it may go on for ever");
        let status = Answered::parse(&answer).status;
        assert!(matches!(status, 0 | 408 | 503), "{}", String::from_utf8_lossy(&answer));
    }
    for stream in &mut silent {
        assert_eq!(stream.read(&mut [0; 10]).unwrap_or(0), 0);
    }
    let told = told.lock().unwrap();
    let refused = told.iter().filter(|event| event.starts_with("Refused")).count();
    assert_eq!(refused, 1, "half a head is told, silence is not: {told:?}");
}

// Catches connections that are kept in silence, before, in or behind a request, and that keep others waiting for as long as they may be idle.
#[test]
fn silence_takes_no_places() {
    let (served, _) = served(ServerOptions::default().with_connections_max(8));
    let health = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let body = b"POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    for said in [&b""[..], b"GET / HT", health, body] {
        let begun = Instant::now();
        let mut silent: Vec<_> = (0..20).map(|_| served.connect()).collect();
        for stream in &mut silent {
            // The server may be done with it already.
            let _ = stream.write_all(said);
        }
        assert_eq!(served.get(PAGE).status, 200);
        assert!(begun.elapsed() < Duration::from_secs(15), "it waited for one to be idle too long");
    }
}
