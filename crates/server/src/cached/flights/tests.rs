//! Who asks, who waits, and what is kept for how long.

use std::{
    future::{Future, pending, ready},
    pin::{Pin, pin},
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::sync::oneshot;

use super::*;

fn object(text: &str) -> RawObject {
    RawObject::new(format!(r#"{{"id":"x--1","type":"x","name":"{text}"}}"#)).unwrap()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Asks and has the answer at once.
fn now(flights: &Flights, key: &str, answer: Result<RawObject>) -> Result<RawObject> {
    match poll(pin!(flights.once(key.to_owned(), ready(answer)))) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("nothing is waited for"),
    }
}

// Catches a question that is asked again for each who asks it, and one that is lost with the first who gives up.
#[test]
fn equal_questions_are_asked_once() {
    let flights = Flights::new(CacheOptions::default());
    let asked = AtomicUsize::new(0);
    let (answer, answered) = oneshot::channel();
    let mut given_up = Box::pin(flights.once("k".into(), async {
        asked.fetch_add(1, Ordering::Relaxed);
        pending::<Result<RawObject>>().await
    }));
    assert!(poll(given_up.as_mut()).is_pending());
    let mut second = pin!(flights.once("k".into(), async {
        asked.fetch_add(1, Ordering::Relaxed);
        answered.await.unwrap()
    }));
    let mut third = pin!(flights.once("k".into(), async {
        asked.fetch_add(1, Ordering::Relaxed);
        Ok(object("third"))
    }));
    assert!(poll(second.as_mut()).is_pending());
    assert!(poll(third.as_mut()).is_pending());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    drop(given_up);
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(asked.load(Ordering::Relaxed), 2, "the next one asks");
    answer.send(Ok(object("second"))).unwrap();
    let Poll::Ready(Ok(told)) = poll(second) else { panic!("it is answered") };
    assert_eq!(told.as_bytes(), object("second").as_bytes());
    let Poll::Ready(Ok(told)) = poll(third) else { panic!("the other waits no longer") };
    assert_eq!(told.as_bytes(), object("second").as_bytes());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let kept = now(&flights, "k", Ok(object("new"))).unwrap();
    assert_eq!(kept.as_bytes(), object("second").as_bytes());
    assert!(flights.state().under_way.is_empty());
}

// Catches a question that stays in the table when all who asked have given up.
#[test]
fn questions_that_nobody_waits_for_are_forgotten() {
    let flights = Flights::new(CacheOptions::default());
    let ask = || Box::pin(flights.once("k".into(), pending::<Result<RawObject>>()));
    let (mut one, mut other) = (ask(), ask());
    assert!(poll(one.as_mut()).is_pending() && poll(other.as_mut()).is_pending());
    drop(one);
    assert_eq!(flights.state().under_way.len(), 1);
    drop(other);
    assert!(flights.state().under_way.is_empty());
}

// Catches an error that is kept, and one that loses what a client is told of it.
#[test]
fn errors_are_shared_and_never_kept() {
    let flights = Flights::new(CacheOptions::default());
    let error = || {
        Error::new(ErrorKind::RateLimited, "slowly")
            .with_status(429)
            .with_code("C")
            .with_field("f")
            .with_retry_after(Duration::from_secs(7))
            .with_source("behind")
    };
    let told = now(&flights, "k", Err(error())).unwrap_err();
    assert_eq!((told.kind(), told.to_string()), (ErrorKind::RateLimited, "slowly".to_owned()));
    assert_eq!((told.status(), told.code(), told.field()), (Some(429), Some("C"), Some("f")));
    assert_eq!(told.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error::Error::source(&told).unwrap().to_string(), "behind");
    let answer = now(&flights, "k", Ok(object("later"))).unwrap();
    assert_eq!(answer.as_bytes(), object("later").as_bytes());
}

// Catches a cache that grows for ever, that keeps what is too old, or that forgets what it has room for.
#[test]
fn what_is_kept_is_bounded() {
    let room = 3 * (ENTRY_BYTES + 1 + object("1").as_bytes().len());
    let flights = Flights::new(CacheOptions::default().with_bytes_max(room));
    for key in ["1", "2", "3", "4"] {
        now(&flights, key, Ok(object(key))).unwrap();
    }
    let again = |key: &str| now(&flights, key, Ok(object("9"))).unwrap();
    for key in ["2", "3", "4"] {
        assert_eq!(again(key).as_bytes(), object(key).as_bytes());
    }
    assert_eq!(again("1").as_bytes(), object("9").as_bytes(), "the oldest made room");
    assert!(flights.state().bytes <= room && flights.state().order.len() == 3);
    let large = "x".repeat(room);
    now(&flights, "large", Ok(object(&large))).unwrap();
    assert_eq!(flights.state().kept.len(), 3, "what is too large moves nothing");

    let young = Flights::new(CacheOptions::default().with_age_max(Duration::ZERO));
    now(&young, "k", Ok(object("first"))).unwrap();
    let told = now(&young, "k", Ok(object("second"))).unwrap();
    assert_eq!(told.as_bytes(), object("second").as_bytes());
    assert!(young.state().kept.is_empty());
}
