//! A server over the client of another server: roles that no replica plays, and the statuses of what they change.

use std::{future::pending, net::TcpListener, sync::Arc};

use inthreat_api::retry::RetryOptions;
use inthreat_http::{Client, ClientOptions};
use inthreat_server::{ServerOptions, serve};
use inthreat_tests::scripted::{self, Scripted};

use crate::paths::ask;

const COLLECTION: &str = r#"{"id":"ioc-collection--1","name":"n","description":""}"#;
const OBJECT: &str = r#"{"id":"indicator--1","x":1.50}"#;

/// Asks a gateway, which asks a service that answers so: the status and the body, and what the service was asked.
async fn through(
    method: &'static str,
    target: &'static str,
    body: &'static str,
    answered: Vec<u8>,
) -> (u16, String, String) {
    let service = Scripted::start([answered]).unwrap();
    let options = ClientOptions::default().with_retry(RetryOptions::never());
    let center = Arc::new(Client::new(&service.url(), options).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, center, ServerOptions::default(), pending()));
    let asking = move || ask(&url, method, &format!("/v2/inthreat/{target}"), body);
    let (status, told) = tokio::task::spawn_blocking(asking).await.unwrap();
    server.abort();
    (status, told, service.requests().concat())
}

// Catches a question that reaches the service as another one, an answer that is not what the service said, and a status
// that clients do not take for success (CONTRACT 2.7, 2.8).
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_the_service_is_passed_on() {
    let list = r#"{"items":[{"id":"indicator--1","x":1.50}],"total":1,"has_more":false}"#;
    for (method, target, body, (answered, said), (status, told)) in [
        (
            "POST",
            "ioc-collections",
            r#"{"name":"n"}"#,
            ("201 Created", COLLECTION),
            (201, r#""id":"ioc-collection--1""#),
        ),
        (
            "GET",
            "ioc-collections/ioc-collection--1",
            "",
            ("200 OK", COLLECTION),
            (200, r#""name":"n""#),
        ),
        (
            "PATCH",
            "ioc-collections/ioc-collection--1",
            r#"{"name":"n"}"#,
            ("200 OK", COLLECTION),
            (200, r#""name":"n""#),
        ),
        ("DELETE", "ioc-collections/ioc-collection--1", "", ("204 No Content", ""), (204, "")),
        (
            "GET",
            "ioc-collections/count-total-iocs",
            "",
            ("200 OK", r#"{"count":3,"max":null}"#),
            (200, r#""count":3"#),
        ),
        ("GET", "ioc-collections/ioc-collection--1/indicators", "", ("200 OK", list), (200, list)),
        (
            "POST",
            "ioc-collections/ioc-collection--1/indicators",
            r#"{"indicators":[{"value":"192.0.2.1"}]}"#,
            ("200 OK", r#"{"items":[{"id":"indicator--1","x":1.50}],"total":1}"#),
            (200, r#"{"items":[{"id":"indicator--1","x":1.50}],"total":1}"#),
        ),
        (
            "POST",
            "ioc-collections/ioc-collection--1/indicators/text",
            r#"{"indicators":"192.0.2.1"}"#,
            ("202 Accepted", r#"{"task_id":"t"}"#),
            (202, r#"{"task_id":"t"}"#),
        ),
        (
            "DELETE",
            "ioc-collections/ioc-collection--1/indicators/indicator--1",
            "",
            ("200 OK", OBJECT),
            (200, OBJECT),
        ),
        (
            "PUT",
            "ioc-collections/ioc-collection--1/indicators/indicator--1",
            r#"{"description":"d"}"#,
            ("200 OK", OBJECT),
            (200, OBJECT),
        ),
        (
            "POST",
            "exports/",
            r#"{"object_id":"malware--1","format":"csv"}"#,
            ("202 Accepted", r#"{"data":{"id":"e"}}"#),
            (202, r#""id":"e""#),
        ),
        ("GET", "exports/e", "", ("200 OK", r#"{"data":{"id":"e"}}"#), (200, r#""id":"e""#)),
        (
            "GET",
            "ioc-collections/ioc-collection--2",
            "",
            ("404 Not Found", r#"{"message":"IOC Collection not found","code":"INTHREAT2500"}"#),
            (404, r#""code":"INTHREAT2500""#),
        ),
    ] {
        let answered = scripted::answer(answered, "application/json", said);
        let (found, answer, asked) = through(method, target, body, answered).await;
        assert_eq!(found, status, "{method} {target}: {answer}");
        assert!(answer.contains(told), "{method} {target}: {answer}");
        assert!(asked.starts_with(&format!("{method} /v2/inthreat/{target} ")), "{asked}");
    }
}

// Catches a file that is shown instead of kept, or that loses bytes.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_passed_on_as_bytes() {
    for target in ["objects/report--1/files/abc", "exports/e/file"] {
        let answered = scripted::answer("200 OK", "text/html", "<b>\0</b>");
        let (status, file, _) = through("GET", target, "", answered).await;
        assert_eq!(status, 200, "{target}");
        assert!(file.contains("<b>\0</b>"), "{target}: {file:?}");
    }
}
