//! Bodies: compressed, long, slow, mislabelled, and read piece by piece.

use std::time::Duration;

use inthreat_api::{
    Body, Collections, ErrorKind, Exports, FeedId, FormattedPages, PageFormat, PageRequest,
};
use inthreat_http::TimeoutOptions;
use inthreat_stix::Id;

use crate::scripted::{Scripted, Then, answer, once_only};

/// `{"items":[{"id":"a"}],"next_cursor":"c"}`, compressed.
const ZSTD: &[u8] = &[
    40, 181, 47, 253, 32, 40, 65, 1, 0, 123, 34, 105, 116, 101, 109, 115, 34, 58, 91, 123, 34, 105,
    100, 34, 58, 34, 97, 34, 125, 93, 44, 34, 110, 101, 120, 116, 95, 99, 117, 114, 115, 111, 114,
    34, 58, 34, 99, 34, 125,
];
const BROTLI: &[u8] = &[
    139, 19, 128, 123, 34, 105, 116, 101, 109, 115, 34, 58, 91, 123, 34, 105, 100, 34, 58, 34, 97,
    34, 125, 93, 44, 34, 110, 101, 120, 116, 95, 99, 117, 114, 115, 111, 114, 34, 58, 34, 99, 34,
    125, 3,
];
/// An empty page with 20,000 blanks in it, compressed.
const ZSTD_BOMB: &[u8] = &[
    40, 181, 47, 253, 96, 44, 77, 165, 0, 0, 104, 123, 34, 105, 116, 101, 109, 115, 34, 58, 91, 32,
    93, 125, 1, 0, 28, 206, 14, 188,
];
const BROTLI_BOMB: &[u8] = &[
    27, 43, 78, 248, 141, 212, 86, 121, 35, 120, 81, 138, 116, 237, 53, 136, 206, 86, 159, 148,
    100, 146, 211, 10, 1, 62, 218, 179, 139, 0, 24, 52,
];

fn page_of(encoding: &str, body: &[u8]) -> Scripted {
    Scripted::once("200 OK", &format!("Content-Encoding: {encoding}\r\n"), body)
}

// Catches an encoding that is offered and not read, or whose length is not bounded.
#[tokio::test]
async fn zstd_and_brotli_are_read_and_bounded() {
    for (encoding, body, bomb) in [("zstd", ZSTD, ZSTD_BOMB), ("br", BROTLI, BROTLI_BOMB)] {
        let page = page_of(encoding, body).client().page(PageRequest::default()).await.unwrap();
        assert_eq!(page.objects[0].as_str(), r#"{"id":"a"}"#, "{encoding}");
        let server = page_of(encoding, bomb);
        let client = server.client_with(once_only().with_body_length_max(1000));
        let error = client.page(PageRequest::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol, "{encoding}");
        assert!(error.to_string().contains("longer than 1000 bytes"), "{error}");
        // Cut off in the middle it can be asked for again; garbage cannot do harm.
        let server = page_of(encoding, &body[..body.len() / 2]);
        let error = server.client().page(PageRequest::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{encoding}: {error}");
        let server = page_of(encoding, b"<html>");
        server.client().page(PageRequest::default()).await.unwrap_err();
    }
    let server = Scripted::once("200 OK", "", r#"{"items":[]}"#);
    let client = server.client_with(once_only().with_compression(false));
    client.page(PageRequest::default()).await.unwrap();
    assert!(!server.asked()[0].contains("accept-encoding"));
}

// Catches a head that fills the memory, in one header or in many.
#[tokio::test]
async fn heads_are_bounded() {
    let one = format!("X-Long: {}\r\n", "x".repeat(70_000));
    let many = "X-Many: x\r\n".repeat(200);
    let endless = format!("X-Endless: {}", "x".repeat(2_000_000));
    for headers in [one, many, endless] {
        let server = Scripted::once("200 OK", &headers, r#"{"items":[]}"#);
        let error = server.client().page(PageRequest::default()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Transport), "{error}");
    }
}

// Catches a page without end that is well-formed.
#[tokio::test]
async fn pages_are_bounded() {
    let body = format!(r#"{{"items":[{}{{}}]}}"#, "{},".repeat(10));
    let server = Scripted::once("200 OK", "", &body);
    let client = server.client_with(once_only().with_page_length_max(10));
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::Protocol, Some("items")));
}

// Catches a drip that keeps a question open for ever although something arrives all the time.
#[tokio::test]
async fn a_slow_drip_is_cut_off() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{\"items\":[".to_vec();
    let server = Scripted::new(vec![(head, Then::Drip)]);
    let timeouts = TimeoutOptions::default().with_whole(Duration::from_millis(80));
    let client = server.client_with(once_only().with_timeouts(timeouts));
    let error = client.page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.to_string().contains("in time"), "{error}");
}

// Catches an answer that is believed for its label: JSON that is called HTML is a page, HTML that is called JSON is none.
#[tokio::test]
async fn bodies_count_and_labels_do_not() {
    let server = Scripted::once("200 OK", "Content-Type: text/html\r\n", r#"{"items":[]}"#);
    assert!(server.client().page(PageRequest::default()).await.unwrap().is_empty());
    let html = "<!DOCTYPE html><title>Sign in</title>";
    let server = Scripted::once("200 OK", "Content-Type: application/json\r\n", html);
    let error = server.client().page(PageRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(error.to_string().contains("begins with `<!DOCTYPE html>"), "{error}");
}

async fn text(body: Body) -> String {
    String::from_utf8(body.collect(1000).await.unwrap()).unwrap()
}

// Catches a page in text whose cursor is lost, and one that is taken for JSON.
#[tokio::test]
async fn formatted_pages_have_their_cursor_in_the_head() {
    let headers = "Content-Type: text/plain; charset=utf-8\r\nCursor: abc=\r\n";
    let server = Scripted::once("200 OK", headers, "1.2.3.4\nexample.org\n");
    let request = PageRequest::new(FeedId::default()).with_limit(10_000);
    let page = server.client().formatted_page(request, PageFormat::Text).await.unwrap();
    assert_eq!(page.next_cursor.unwrap().as_str(), "abc=");
    assert_eq!(page.content_type.as_deref(), Some("text/plain; charset=utf-8"));
    assert_eq!(text(page.body).await, "1.2.3.4\nexample.org\n");
    assert!(server.asked()[0].contains("/objects?limit=10000&format=text "));

    let server = Scripted::once("200 OK", "", "");
    let page =
        server.client().formatted_page(PageRequest::default(), PageFormat::Own).await.unwrap();
    assert!(page.next_cursor.is_none() && text(page.body).await.is_empty());
    assert!(!server.asked()[0].contains("format="));
}

// Catches a file that is held as a whole, an error that is written into it, and a half one that is taken for whole.
#[tokio::test]
async fn files_are_read_piece_by_piece() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let server = Scripted::once("200 OK", "Content-Type: application/pdf\r\n", &bytes);
    // The limit of answers that are held does not count for one that is not.
    let client = server.client_with(once_only().with_body_length_max(1000));
    let id = Id::lenient("report--1").unwrap();
    let mut body = client.file_of(id, "ab".repeat(32)).await.unwrap();
    let mut read = Vec::new();
    while let Some(chunk) = body.next_chunk().await.unwrap() {
        assert!(!chunk.is_empty());
        read.extend_from_slice(&chunk);
    }
    assert_eq!(read, bytes);
    assert!(body.next_chunk().await.unwrap().is_none());
    let path = format!("GET /v2/inthreat/objects/report--1/files/{} ", "ab".repeat(32));
    assert!(server.asked()[0].starts_with(&path));

    let server = Scripted::once("404 Not Found", "", r#"{"message":"Unknown object"}"#);
    let error = server.client().export_file("job".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let mut cut = answer("200 OK", "", &bytes);
    cut.truncate(cut.len() / 2);
    let server = Scripted::new(vec![(cut, Then::Close)]);
    let body = server.client().export_file("job".into()).await.unwrap();
    assert_eq!(body.collect(usize::MAX).await.unwrap_err().kind(), ErrorKind::Transport);
}
