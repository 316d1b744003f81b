//! What the client makes of answers.

use std::time::Duration;

use inthreat_api::{Collections, ErrorKind, Indicators, Objects, Observable, PageRequest};
use inthreat_stix::Id;

use crate::scripted::Scripted;

// Catches a page whose objects are changed, whose bad items are lost, or whose missing cursor is an error.
#[tokio::test]
async fn a_page_is_read_to_the_byte() {
    let body = r#"{"items":[ {"id":"a", "x":1.50} ,7],"next_cursor":null}"#;
    let server = Scripted::once("200 OK", "Content-Type: application/json\r\n", body);
    let page = server.client().page(PageRequest::default()).await.unwrap();
    assert_eq!(page.objects[0].as_str(), r#"{"id":"a", "x":1.50}"#);
    assert_eq!(page.rejected[0].as_bytes(), b"7");
    assert_eq!(page.next_cursor, None);
}

// Catches a client that visits the places that objects name.
#[tokio::test]
async fn links_in_objects_are_not_followed() {
    let stranger = Scripted::once("200 OK", "", "");
    let url = stranger.url();
    let object = format!(
        r#"{{"id":"report--1","external_references":[{{"url":"{url}/a"}}],"x_inthreat_uploaded_files":[{{"url":"{url}/b"}}]}}"#
    );
    let link = format!("Link: <{url}/c>; rel=\"next\"\r\nRefresh: 0; url={url}/d\r\n");
    let body = format!(r#"{{"items":[{object}],"next":"{url}/e"}}"#);
    let server = Scripted::once("200 OK", &link, body);
    let page = server.client().page(PageRequest::default()).await.unwrap();
    assert_eq!(page.objects[0].as_str(), object);
    assert!(stranger.asked().is_empty());
}

// Catches a status that a caller cannot act on (CONTRACT 4).
#[tokio::test]
async fn statuses_are_told_apart() {
    let json = r#"{"message":"Too many","code":"INTHREAT429"}"#;
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::InvalidRequest),
        ("401 Unauthorized", ErrorKind::Unauthorized),
        ("403 Forbidden", ErrorKind::Forbidden),
        ("404 Not Found", ErrorKind::NotFound),
        ("408 Request Timeout", ErrorKind::Unavailable),
        ("422 Unprocessable", ErrorKind::InvalidRequest),
        ("429 Too Many Requests", ErrorKind::RateLimited),
        ("500 Internal", ErrorKind::Unavailable),
        ("501 Not Implemented", ErrorKind::Unsupported),
        ("503 Unavailable", ErrorKind::Unavailable),
        ("304 Not Modified", ErrorKind::Protocol),
    ] {
        let server = Scripted::once(status, "Retry-After: 7\r\n", json);
        let error = server.client().page(PageRequest::default()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        assert_eq!(error.status().map(|status| status.to_string()).as_deref(), status.get(..3));
        if kind == ErrorKind::RateLimited {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
            assert_eq!(error.code(), Some("INTHREAT429"));
        }
    }
}

// Catches an error page that is shown raw, or whose length is not bounded.
#[tokio::test]
async fn html_errors_are_shown_by_their_beginning() {
    let body = format!("<html>\r\n\x1b[31m<h1>Bad Gateway</h1>{}", "x".repeat(100_000));
    let server = Scripted::once("502 Bad Gateway", "Content-Type: text/html\r\n", &body[..60_000]);
    let error = server.client().page(PageRequest::default()).await.unwrap_err();
    let told = error.to_string();
    assert!(
        told.starts_with("the service answered 502: <html> \\u{1b}[31m<h1>Bad Gateway</h1>"),
        "{told}"
    );
    assert!(told.chars().count() < 250);
    let server = Scripted::once("502 Bad Gateway", "Content-Type: text/html\r\n", &body);
    let error = server.client().page(PageRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unavailable, Some(502)));
}

// Catches an answer of another shape that is taken for an empty one.
#[tokio::test]
async fn wrong_shapes_name_the_place() {
    let id = || Id::lenient("indicator--1").unwrap();
    let server = Scripted::once("200 OK", "", r#"{"objects":[]}"#);
    let error = server.client().page(PageRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Protocol, Some("items")));
    let server = Scripted::once("200 OK", "Content-Type: text/html\r\n", "<html>Sign in</html>");
    let error = server.client().object(id()).await.unwrap_err();
    assert!(error.to_string().contains("<html>Sign in"), "{error}");
    let server =
        Scripted::once("200 OK", "", r#"{"type":"bundle","id":"bundle--1","objects":[1]}"#);
    let error = server.client().context(id()).await.unwrap_err();
    assert_eq!(error.field(), Some("objects[0]"));
    let server = Scripted::once("200 OK", "", r#"{"items":[],"has_more":0}"#);
    let error = server.client().indicators(Observable::new("url".into(), "x")).await.unwrap_err();
    assert_eq!(error.field(), Some("has_more"));
}

// Catches a clock that is not read where the answer is a refusal, or whose difference has the wrong sign.
#[tokio::test]
async fn the_clock_of_the_service_is_compared() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    for (status, headers, is_told) in [
        ("200 OK", date, true),
        ("401 Unauthorized", date, true),
        ("200 OK", "Date: soon\r\n", false),
    ] {
        let server = Scripted::once(status, headers, r#"{"items":[]}"#);
        let client = server.client();
        assert_eq!(client.clock_ahead(), None);
        // What the answer says is not asked here.
        let _ = client.page(PageRequest::default()).await;
        let ahead = client.clock_ahead();
        assert_eq!(ahead.is_some_and(|seconds| seconds < -900_000_000), is_told, "{ahead:?}");
    }
}
