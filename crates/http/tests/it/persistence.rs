//! A question is asked until it is answered, within its budget, its rate and its key.

use std::{
    error::Error as _,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::join_all;
use inthreat_api::{
    Collections, ErrorKind, FeedDraft, FeedId, Feeds, ObservableSearchRequest, Observables,
    PageRequest, Result, retry::RetryOptions,
};
use inthreat_http::{ApiKey, Client, ClientOptions, KeyProvider, RateOptions};

use crate::scripted::{Scripted, Then, Waits, answer, once_only};

const EMPTY: &str = r#"{"items":[],"next_cursor":"c"}"#;

fn good() -> (Vec<u8>, Then) {
    (answer("200 OK", "", EMPTY), Then::Close)
}

fn bad(status: &str, headers: &str) -> (Vec<u8>, Then) {
    (answer(status, headers, r#"{"message":"not now"}"#), Then::Close)
}

fn patient(server: &Scripted) -> (Client, Arc<Waits>) {
    let waits = Arc::new(Waits::default());
    let client = server.client_with(ClientOptions::default().with_timer(Arc::clone(&waits) as _));
    (client, waits)
}

fn milliseconds(waits: &Waits) -> Vec<u128> {
    waits.all().iter().map(Duration::as_millis).collect()
}

// Catches a passing fault that ends a question: a busy service, a broken connection, a body that is cut off.
#[tokio::test]
async fn passing_faults_are_asked_again() {
    let mut cut = answer("200 OK", "", EMPTY);
    cut.truncate(cut.len() - 5);
    let lying = answer("200 OK", "", &EMPTY[..EMPTY.len() - 5]);
    for first in [
        bad("429 Too Many Requests", ""),
        bad("408 Request Timeout", ""),
        bad("500 Internal Server Error", ""),
        bad("502 Bad Gateway", ""),
        bad("503 Service Unavailable", ""),
        bad("504 Gateway Timeout", ""),
        (Vec::new(), Then::Close),
        (cut, Then::Close),
        (lying, Then::Close),
    ] {
        let shown = String::from_utf8_lossy(&first.0).into_owned();
        let server = Scripted::new(vec![first, good()]);
        let (client, waits) = patient(&server);
        let page = client.page(PageRequest::default()).await;
        assert!(page.is_ok_and(|page| page.is_empty()), "{shown}");
        assert_eq!(milliseconds(&waits), [500], "{shown}");
        assert_eq!(server.asked().len(), 2);
    }
}

// Catches a permanent error that is asked again.
#[tokio::test]
async fn permanent_errors_are_not() {
    for status in ["400", "401", "403", "404", "409", "422", "501"] {
        let server =
            Scripted::new(vec![bad(&format!("{status} No"), "Retry-After: 1\r\n"), good()]);
        let (client, waits) = patient(&server);
        let error = client.page(PageRequest::default()).await.unwrap_err();
        assert_eq!(error.status().map(|status| status.to_string()).as_deref(), Some(status));
        assert!(waits.all().is_empty() && server.asked().len() == 1, "{status}");
    }
}

// Catches a wait that is shorter than the service asks for, in seconds or as a date, and one that is much longer.
#[tokio::test]
async fn retry_after_is_obeyed() {
    let date =
        "Date: Sun, 06 Nov 1994 08:49:00 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:07 GMT\r\n";
    let no_date = "Retry-After: Sun, 06 Nov 1994 08:49:44 GMT\r\n";
    for headers in ["Retry-After: 7\r\n", date, no_date] {
        let server = Scripted::new(vec![bad("429 Too Many Requests", headers), good()]);
        let (client, waits) = patient(&server);
        client.page(PageRequest::default()).await.unwrap();
        assert_eq!(milliseconds(&waits), [7500], "{headers}");
    }
    let server = Scripted::new(vec![bad("503 Busy", "Retry-After: 86400\r\n"), good()]);
    let (client, waits) = patient(&server);
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_hours(24)));
    assert!(waits.all().is_empty());
}

// Catches tries without end, and an error that does not say how often and how long.
#[tokio::test]
async fn the_budget_ends() {
    let server = Scripted::new((0..9).map(|_| bad("503 Service Unavailable", "")).collect());
    let (client, waits) = patient(&server);
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer after 5 tries in 7.5 s");
    assert_eq!(error.source().unwrap().to_string(), "the service answered 503: not now");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, Some(503)));
    assert_eq!(milliseconds(&waits), [500, 1000, 2000, 4000]);
    // The rules of one question, and the connections, key and rate of the client.
    let once = client.with_retry(RetryOptions::never());
    let error = once.page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "the service answered 503: not now");
    assert_eq!(server.asked().len(), 6);
}

// Catches a question that is asked for longer than it may: the next wait would end too late.
#[tokio::test]
async fn the_time_ends() {
    let server = Scripted::new((0..9).map(|_| bad("503 Service Unavailable", "")).collect());
    let (client, waits) = patient(&server);
    let retry = RetryOptions::default().with_tries_max(9).with_time_max(Duration::from_secs(3));
    let error = client.with_retry(retry).page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer after 3 tries in 1.5 s");
    assert_eq!(milliseconds(&waits), [500, 1000]);
}

// Catches a question that goes on after nobody waits for it: its connection stays open, or its place is taken.
#[tokio::test]
async fn a_question_that_is_dropped_leaves_nothing_behind() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"items\":[".to_vec();
    let server = Scripted::new(vec![(Vec::new(), Then::Hang), (half, Then::Hang), good(), good()]);
    let rate = RateOptions::default().with_in_flight_max(NonZeroU32::MIN);
    let client = server.client_with(once_only().with_rate(rate));
    for asked in 1..=2 {
        let client = client.clone();
        let question = tokio::spawn(async move { client.page(PageRequest::default()).await });
        while server.asked().len() < asked {
            tokio::task::yield_now().await;
        }
        question.abort();
        assert!(question.await.is_err_and(|ended| ended.is_cancelled()));
    }
    // The server goes on when the connection is closed, and there is one place alone.
    client.page(PageRequest::default()).await.unwrap();
    assert_eq!(server.asked().len(), 3);
}

// Catches a change that is made twice, and a search by POST that is not asked again although it changes nothing.
#[tokio::test]
async fn changes_are_asked_again_only_when_they_were_refused() {
    let server = Scripted::new(vec![bad("500 Internal", ""), good()]);
    let (client, _) = patient(&server);
    client.create_feed(FeedDraft::default()).await.unwrap_err();
    assert_eq!(server.asked().len(), 1);

    let created = (answer("201 Created", "", r#"{"data":{"id":"f"}}"#), Then::Close);
    let server = Scripted::new(vec![bad("429 Slow", ""), created]);
    let (client, _) = patient(&server);
    assert_eq!(client.create_feed(FeedDraft::default()).await.unwrap().id.as_str(), "f");

    let server = Scripted::new(vec![bad("500 Internal", ""), good()]);
    let (client, _) = patient(&server);
    let request = ObservableSearchRequest::default().with_term("x");
    client.search_observables(request).await.unwrap();
    assert!(server.asked()[1].starts_with("POST /v2/inthreat/observables/search "));
}

// Catches a client that is out of reach and does not try again: nothing was sent, so even a change is.
#[tokio::test]
async fn an_unsent_change_is_asked_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let waits = Arc::new(Waits::default());
    let options = ClientOptions::default().with_timer(Arc::clone(&waits) as _);
    let client = Client::new(&url, options).unwrap();
    let error = client.create_feed(FeedDraft::default()).await.unwrap_err();
    assert!(error.is_unsent() && error.to_string().contains("after 5 tries"), "{error}");
    assert_eq!(waits.all().len(), 4);
}

// Catches clones that each have a rate of their own.
#[tokio::test]
async fn clones_share_one_rate() {
    let server = Scripted::new((0..4).map(|_| good()).collect());
    let waits = Arc::new(Waits::default());
    let rate = RateOptions::default().with_per_second(NonZeroU32::MIN);
    let options = once_only().with_rate(rate).with_timer(Arc::clone(&waits) as _);
    let client = server.client_with(options);
    for client in [client.clone(), client.with_retry(RetryOptions::never()), client.clone(), client]
    {
        client.page(PageRequest::default()).await.unwrap();
    }
    let seconds: Vec<_> = waits.all().iter().map(|wait| wait.as_secs_f64().round()).collect();
    assert_eq!(seconds, [1.0, 1.0, 1.0]);
}

// Catches more open questions than there may be: the one server answers one connection after the other, so a second
// open question would find nobody.
#[tokio::test]
async fn questions_in_flight_are_bounded() {
    let server = Scripted::new((0..4).map(|_| good()).collect());
    let rate = RateOptions::default().with_in_flight_max(NonZeroU32::MIN);
    let client = server.client_with(once_only().with_rate(rate));
    let answers = join_all((0..4).map(|_| client.page(PageRequest::default()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    // A future that is dropped gives its place back.
    drop(client.page(PageRequest::default()));
    assert_eq!(server.asked().len(), 4);
}

/// Gives one key after the other.
#[derive(Debug)]
struct Rotating(Mutex<Vec<&'static str>>);

#[async_trait]
impl KeyProvider for Rotating {
    async fn key(&self) -> Result<ApiKey> {
        let mut keys = self.0.lock().unwrap();
        let next = if keys.len() > 1 { Some(keys.remove(0)) } else { keys.first().copied() };
        ApiKey::new(next.unwrap_or_default())
    }
}

// Catches a key that was changed and is not asked for, and one that is asked for without end.
#[tokio::test]
async fn a_refused_key_is_renewed_once() {
    let refused = || bad("401 Unauthorized", "");
    let options = |keys: &[&'static str]| {
        once_only().with_key_provider(Arc::new(Rotating(Mutex::new(keys.to_vec()))))
    };
    let server = Scripted::new(vec![refused(), good(), good()]);
    let client = Client::new(&server.url(), options(&["old", "new"])).unwrap();
    client.page(PageRequest::default()).await.unwrap();
    client.feeds(inthreat_api::FeedsRequest::default()).await.unwrap();
    let asked = server.asked();
    for (request, key) in asked.iter().zip(["old", "new", "new"]) {
        assert!(request.contains(&format!("authorization: Bearer {key}\r\n")), "{request}");
    }

    let server = Scripted::new(vec![refused(), refused(), refused(), good()]);
    let client = Client::new(&server.url(), options(&["old", "wrong"])).unwrap();
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), server.asked().len()), (ErrorKind::Unauthorized, 2));
    // The same key again is not worth a question.
    let error = client.feed(FeedId::default()).await.unwrap_err();
    assert_eq!((error.kind(), server.asked().len()), (ErrorKind::Unauthorized, 3));
}
