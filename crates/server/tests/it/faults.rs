//! Faults on purpose, as a client meets them on a socket.

use std::{
    io::{ErrorKind, Read, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use inthreat_server::{Event, Fault, Faults, ServerOptions};

use crate::{answers::center, served::Served};

const OBJECT: &str = "/v2/inthreat/objects/indicator--1";
const WHOLE: &str = r#"{"data":{"id":"indicator--1", "x":1.50}}"#;

fn served(fault: Fault) -> Served {
    let faults = Faults::new(1).with_fault(fault, 1.0);
    Served::new(center(), ServerOptions::default().with_faults(faults))
}

// Catches a status without the words and the header that clients go by, and a fault where the server is watched.
#[test]
fn statuses_are_answered_as_the_contract_says() {
    let limited = served(Fault::Status(429));
    let answer = limited.get(OBJECT);
    assert_eq!(answer.status, 429);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    assert_eq!(answer.body, r#"{"message":"this fault is injected","code":"INTHREAT429"}"#);
    let answer = limited.get("/v2/inthreat/taxii-server/");
    assert_eq!(answer.status, 429);
    assert!(answer.head.contains("application/taxii+json"), "{}", answer.head);
    assert_eq!(limited.get("/healthz").status, 200);

    let answer = served(Fault::Status(503)).get(OBJECT);
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    let answer = served(Fault::Status(500)).get(OBJECT);
    assert_eq!(answer.status, 500);
    assert!(!answer.head.contains("retry-after"), "{}", answer.head);
}

// Catches a cut that nobody can notice, one that loses all of the answer, and one that cuts every time the same place.
#[test]
fn a_body_is_cut_in_the_middle() {
    let answer = served(Fault::Truncate).get(OBJECT);
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains(&format!("content-length: {}", WHOLE.len())), "{}", answer.head);
    assert_eq!(answer.body, WHOLE[..WHOLE.len() / 2]);
    // An answer without a body cannot be cut.
    let target = "/v2/inthreat/feeds/f";
    assert_eq!(served(Fault::Truncate).request("DELETE", target, "", "").status, 204);
}

// Catches a reset that is an orderly end.
#[test]
fn a_connection_is_reset_in_the_middle() {
    let served = served(Fault::Reset);
    let mut stream = served.connect();
    stream.write_all(format!("GET {OBJECT} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    let error = stream.read_to_end(&mut answer).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(!String::from_utf8_lossy(&answer).contains(WHOLE));
    // The others are served.
    assert_eq!(served.get("/healthz").status, 200);
}

// Catches a delay that changes the answer, or that is none.
#[test]
fn a_slow_answer_is_whole() {
    let wait = Duration::from_millis(60);
    let served = served(Fault::Slow(wait));
    let begun = Instant::now();
    let answer = served.get(OBJECT);
    assert!(begun.elapsed() >= wait);
    assert_eq!((answer.status, answer.body.as_str()), (200, WHOLE));
}

// Catches a fault that nobody is told of, a status that is in no log and no figure, and requests without a fault that meet one.
#[test]
fn faults_are_told_to_who_runs_the_server() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&told);
    let observe = move |event: &Event<'_>| {
        if let Event::Faulted { path, fault, .. } = event {
            notes.lock().unwrap().push(((*path).to_owned(), *fault));
        }
    };
    let faults = Faults::new(3).with_fault(Fault::Status(500), 0.5);
    let options = ServerOptions::default().with_faults(faults).with_observer(observe);
    let served = Served::new(center(), options);
    let statuses: Vec<_> = (0..20).map(|_| served.get(OBJECT).status).collect();
    let faulted = statuses.iter().filter(|status| **status == 500).count();
    assert!((1..20).contains(&faulted), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 20 - faulted);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), faulted);
    assert!(told.iter().all(|told| *told == (OBJECT.to_owned(), Fault::Status(500))));
    let figures = served.get("/metrics").body;
    let counted = format!("method=\"GET\",status=\"500\"}} {faulted}\n");
    assert!(figures.contains(&counted), "{figures}");
}
