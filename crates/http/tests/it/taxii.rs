//! TAXII 2.1: questions, answers, and collections as a source of pages.

use inthreat_api::{Collections, Cursor, ErrorKind, FeedId, PageRequest};
use inthreat_http::{ApiKey, ClientOptions, TaxiiClient};

use crate::scripted::{Scripted, Then, Waits, answer, once_only};

const TYPE: &str = "Content-Type: application/taxii+json;version=2.1\r\n";

fn client(server: &Scripted) -> TaxiiClient {
    let options = once_only().with_key(ApiKey::new("password").unwrap());
    TaxiiClient::with_user(&format!("{}/api1/", server.url()), "user", options).unwrap()
}

fn server(answers: &[(&str, &str)]) -> Scripted {
    let answers = answers
        .iter()
        .map(|(headers, body)| (answer("200 OK", &format!("{TYPE}{headers}"), body), Then::Close));
    Scripted::new(answers.collect())
}

fn feed() -> FeedId {
    "91a7b528-80eb-42ed-a74d-c6fbd5a26116".parse().unwrap()
}

// Catches a request that a TAXII server refuses: the wrong media type, password or path.
#[tokio::test]
async fn questions_are_those_of_the_specification() {
    let server = server(&[("", r#"{"collections":[{"id":"c","title":"t","can_read":true}]}"#)]);
    assert_eq!(client(&server).collections().await.unwrap()[0].id, "c");
    let asked = &server.asked()[0];
    assert!(asked.starts_with("GET /api1/collections/ HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("accept: application/taxii+json;version=2.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"), "{asked}");
}

// Catches a collection that is not read to its end, and a place that is lost behind it, on a server that pages with
// `next` and tells when the last object was added.
#[tokio::test]
async fn a_foreign_collection_is_read_to_its_end() {
    let last = "X-TAXII-Date-Added-Last: 2020-01-02T00:00:00.000000Z\r\n";
    let server = server(&[
        ("", r#"{"more":true,"next":"123","objects":[{"id":"a"}]}"#),
        // Nothing in it, and more behind: no end.
        ("", r#"{"more":true,"next":"456"}"#),
        (last, r#"{"more":false,"objects":[{"id":"b"},7]}"#),
        ("", "{}"),
    ]);
    let client = client(&server);
    let request = PageRequest::new(feed()).with_limit(1).with_types(["malware"]);
    let first = client.page(request.clone()).await.unwrap();
    let second = client.page(request.clone().with_cursor(first.next_cursor)).await.unwrap();
    assert_eq!((second.objects.len(), second.rejected.len()), (1, 1));
    let third = client.page(request.with_cursor(second.next_cursor.clone())).await.unwrap();
    assert!(third.is_empty());
    assert_eq!(third.next_cursor, second.next_cursor);
    let path = format!("GET /api1/collections/{}/objects/?limit=1", feed());
    for (asked, query) in server.asked().iter().zip([
        "&match[type]=malware ",
        "&next=123&match[type]=malware ",
        "&next=456&match[type]=malware ",
        "&added_after=2020-01-02T00%3A00%3A00.000000Z&match[type]=malware ",
    ]) {
        assert!(asked.starts_with(&format!("{path}{query}")), "{query}: {asked}");
    }
}

// Catches the service's own way: `next` behind the last object too, which goes on from there (CONTRACT 6).
#[tokio::test]
async fn the_services_own_next_goes_on() {
    let server = server(&[
        ("", r#"{"more":false,"next":"MjAy","objects":[{"id":"a"}]}"#),
        ("", r#"{"more":false,"next":"MjAy","objects":[]}"#),
    ]);
    let client = client(&server);
    let first = client.page(PageRequest::new(feed())).await.unwrap();
    let request = PageRequest::new(feed()).with_cursor(first.next_cursor.clone());
    let second = client.page(request).await.unwrap();
    assert!(second.is_empty() && second.next_cursor == first.next_cursor);
    assert!(server.asked()[1].contains("?next=MjAy "));
}

// Catches a question without end, and a filter that is silently left out.
#[tokio::test]
async fn what_cannot_be_answered_says_so() {
    let server = server(&[("", r#"{"more":true}"#)]);
    let error = client(&server).page(PageRequest::new(feed())).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Protocol, Some("next")));
    let mut request = PageRequest::new(feed());
    request.skip_expired = Some(true);
    let error = client(&server).page(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let request = PageRequest::new(feed()).with_cursor(Cursor::new("nonsense").unwrap());
    assert_eq!(client(&server).page(request).await.unwrap_err().field(), Some("cursor"));
}

// Catches objects that are lost on a server that counts along under one `next`: asking twice gives the next page.
#[tokio::test]
async fn a_server_that_counts_along_is_asked_once() {
    let page = |id: &str| format!(r#"{{"more":true,"next":"scroll","objects":[{{"id":"{id}"}}]}}"#);
    let (a, b) = (page("a"), page("b"));
    let server = Scripted::new(vec![
        (answer("200 OK", TYPE, a), Then::Close),
        (answer("200 OK", TYPE, b), Then::Close),
        (answer("503 Busy", "", ""), Then::Close),
        (answer("200 OK", TYPE, "{}"), Then::Close),
    ]);
    let waits = std::sync::Arc::new(Waits::default());
    let options = ClientOptions::default().with_timer(waits);
    let client = TaxiiClient::new(&server.url(), options).unwrap();
    let first = client.page(PageRequest::new(feed())).await.unwrap().next_cursor;
    let request = PageRequest::new(feed()).with_cursor(first.clone());
    let second = client.page(request).await.unwrap().next_cursor;
    assert_ne!(first, second);
    let error = client.page(PageRequest::new(feed()).with_cursor(second)).await.unwrap_err();
    assert_eq!((error.status(), server.asked().len()), (Some(503), 3));
}
