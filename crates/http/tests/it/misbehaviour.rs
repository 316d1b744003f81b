//! A network and a server that misbehave.

use inthreat_api::{Collections, ErrorKind, FeedDraft, Feeds, Indicators, Observable, PageRequest};
use inthreat_http::{ApiKey, Client};

use crate::scripted::{Scripted, Then, answer, chain, once_only};

/// `{"items":[{"id":"a"}],"next_cursor":"c"}`, compressed.
const PAGE: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 202, 44, 73, 205, 45, 86, 178, 138, 174, 86, 202, 76,
    81, 178, 82, 74, 84, 170, 141, 213, 81, 202, 75, 173, 40, 137, 79, 46, 45, 42, 206, 47, 2, 138,
    37, 43, 213, 2, 0, 242, 131, 226, 37, 40, 0, 0, 0,
];
/// An empty page with 20,000 blanks in it, compressed.
const BOMB: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 177, 17, 0, 16, 16, 0, 176, 85, 220, 143, 97, 21,
    167, 84, 40, 190, 162, 115, 118, 183, 134, 34, 201, 137, 185, 71, 174, 168, 173, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 133, 126, 31, 32, 241, 127, 102, 44, 78, 0, 0,
];

async fn page(client: &Client) -> inthreat_api::Result<inthreat_api::Page> {
    client.page(PageRequest::default()).await
}

// Catches a half page that is taken for a whole one, and one that is not asked for again.
#[tokio::test]
async fn a_truncated_body_can_be_asked_for_again() {
    let whole = r#"{"items":[{"id":"a"},{"id":"b"}],"next_cursor":"c"}"#;
    let mut cut = answer("200 OK", "", whole);
    cut.truncate(cut.len() - 10);
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"ite\r\n".to_vec();
    let mut gzip = answer("200 OK", "Content-Encoding: gzip\r\n", PAGE);
    gzip.truncate(gzip.len() - 12);
    // The length is right, but the sender was cut off before it was counted.
    let short = answer("200 OK", "", &whole[..30]);
    let nothing = Vec::new();
    for bytes in [cut, chunked, gzip, short, nothing] {
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        let server = Scripted::new(vec![(bytes, Then::Close)]);
        let error = page(&server.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{shown}: {}", chain(&error));
        assert!(error.is_retryable());
    }
}

// Catches a compressed page that is not read.
#[tokio::test]
async fn compressed_answers_are_read() {
    let server = Scripted::once("200 OK", "Content-Encoding: gzip\r\n", PAGE);
    let found = page(&server.client()).await.unwrap();
    assert_eq!(found.objects[0].as_str(), r#"{"id":"a"}"#);
}

// Catches memory that a stranger fills: by a long body, an announced one, or a short one that unpacks to a long one.
#[tokio::test]
async fn bodies_are_bounded() {
    assert!(BOMB.len() < 200);
    let long = format!("{{\"items\":[{}]}}", " ".repeat(2000));
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    chunked.extend_from_slice(format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len()).as_bytes());
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{".to_vec();
    let gzip = answer("200 OK", "Content-Encoding: gzip\r\n", BOMB);
    for bytes in [answer("200 OK", "", &long), chunked, announced, gzip] {
        let shown = String::from_utf8_lossy(&bytes).chars().take(80).collect::<String>();
        let server = Scripted::new(vec![(bytes, Then::Hang)]);
        let client = server.client_with(once_only().with_body_length_max(1000));
        let error = page(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{shown}: {}", chain(&error));
        assert!(error.to_string().contains("longer than 1000 bytes"), "{error}");
    }
    let server = Scripted::once("200 OK", "Content-Encoding: gzip\r\n", BOMB);
    assert!(
        page(&server.client()).await.unwrap().is_empty(),
        "the bomb is a page when it may be long"
    );
}

// Catches the key on its way to a stranger.
#[tokio::test]
async fn the_key_does_not_leave_its_origin() {
    let stranger = Scripted::once("200 OK", "", r#"{"items":[]}"#);
    // The same machine on another port is another origin.
    let location = format!("Location: {}/v2/inthreat/x\r\n", stranger.url());
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let server = Scripted::once(status, &location, "");
        let error = page(&server.client()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains(&stranger.url()), "{error}");
    }
    assert!(stranger.asked().is_empty());
}

// Catches redirects within the origin that are not followed, or for ever, or with a change that is made twice.
#[tokio::test]
async fn redirects_within_the_origin_are_followed() {
    let redirect =
        || (answer("308 Permanent", "Location: /elsewhere?limit=1\r\n", ""), Then::Close);
    let found = (answer("200 OK", "", r#"{"items":[]}"#), Then::Close);
    let server = Scripted::new(vec![redirect(), found]);
    page(&server.client()).await.unwrap();
    let asked = server.asked();
    assert!(
        asked[1].starts_with("GET /elsewhere?limit=1 ") && asked[1].contains("Bearer secret-key"),
        "{}",
        asked[1]
    );

    let server = Scripted::new(vec![redirect(), redirect(), redirect()]);
    let client = server.client_with(once_only().with_redirects_max(2));
    assert!(page(&client).await.unwrap_err().to_string().contains("more than 2 times"));
    assert_eq!(server.asked().len(), 3);

    let server = Scripted::new(vec![redirect()]);
    assert_eq!(
        server.client().create_feed(FeedDraft::default()).await.unwrap_err().kind(),
        ErrorKind::Protocol
    );
    let server = Scripted::once("302 Found", "", "");
    assert!(page(&server.client()).await.unwrap_err().to_string().contains("without a place"));
}

// Catches the key or a value that is looked up in an error's text.
#[tokio::test]
async fn errors_tell_no_secrets() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let options = once_only().with_key(ApiKey::new("secret-key").unwrap());
    let client = Client::new(&format!("http://{address}"), options).unwrap();
    let error =
        client.indicators(Observable::new("url".into(), "private-value")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    let told = format!("{} {error:?} {client:?}", chain(&error));
    assert!(told.contains(&address.to_string()), "{told}");
    assert!(!told.contains("secret-key") && !told.contains("private-value"), "{told}");
}

// Catches a server that is no server of HTTP.
#[tokio::test]
async fn other_protocols_are_survived() {
    for bytes in [
        &b"SSH-2.0-OpenSSH_9.6\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ] {
        let server = Scripted::new(vec![(bytes.to_vec(), Then::Close)]);
        assert_eq!(page(&server.client()).await.unwrap_err().kind(), ErrorKind::Transport);
    }
}
