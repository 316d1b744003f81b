//! How answers are sent: compressed, from what is kept, or not at all.

use std::{
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use flate2::read::GzDecoder;
use inthreat_api::{
    Body, Chunks, Collections, ContextList, Cursor, Error, Feed, FeedDraft, FeedId, FeedList,
    FeedsRequest, FormattedPage, FormattedPages, IndicatorList, Observable, Page, PageFormat,
    PageRequest, RelationshipList, RelationshipsRequest, Result, Roles,
};
use inthreat_server::ServerOptions;
use inthreat_stix::{Bundle, Id, RawObject};

use crate::{served::Served, slow::only_pages};

const PAGE: &str = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";
const BOTH: &str = "Accept-Encoding: gzip, zstd\r\n";

/// A center whose pages say which version they are of, and that counts what it is asked.
#[derive(Clone, Default)]
struct Versioned {
    /// 0: it cannot tell.
    version: Arc<AtomicU64>,
    read: Arc<AtomicUsize>,
}

impl Versioned {
    fn at(version: u64) -> Self {
        let center = Self::default();
        center.version.store(version, Ordering::SeqCst);
        center
    }

    fn read(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    /// A page of about 40 kB, or of as many bytes as its limit has, that differs from version to version.
    fn text(&self, limit: Option<u32>) -> String {
        self.read.fetch_add(1, Ordering::SeqCst);
        let length = limit.map_or(40_000, |limit| limit as usize);
        format!("{}{}", self.version.load(Ordering::SeqCst), "x".repeat(length))
    }
}

#[async_trait]
impl Collections for Versioned {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        let text = format!("{{\"id\":\"a\",\"x\":\"{}\"}}", self.text(request.limit));
        Ok(Page::new(vec![RawObject::new(text).unwrap()], Cursor::new("c").ok()))
    }
}

/// A body in pieces.
struct Pieces(Vec<Vec<u8>>);

#[async_trait]
impl Chunks for Pieces {
    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.pop())
    }
}

#[async_trait]
impl FormattedPages for Versioned {
    async fn formatted_page(&self, request: PageRequest, _: PageFormat) -> Result<FormattedPage> {
        let text = self.text(request.limit).into_bytes();
        let body = match request.feed.as_str() {
            "pieces" => Body::new(Pieces(vec![text.clone(), text])),
            _ => Body::from(text),
        };
        let mut page = FormattedPage::new(body);
        page.content_type = Some("text/csv; charset=utf-8".to_owned());
        page.next_cursor = Cursor::new("next").ok();
        Ok(page)
    }
}

only_pages!(Versioned);

#[async_trait]
impl Roles for Versioned {
    async fn page_version(&self, request: &PageRequest) -> Result<Option<u64>> {
        if request.feed.as_str() == "hidden" {
            return Err(Error::not_found("feed `hidden`"));
        }
        let version = self.version.load(Ordering::SeqCst);
        Ok((version > 0).then_some(version))
    }
}

/// An answer as bytes.
struct Raw {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The body without its coding and its chunks.
    fn plain(&self) -> Vec<u8> {
        let mut body = self.body.clone();
        if self.header("transfer-encoding") == Some("chunked") {
            body = unchunked(&body);
        }
        match self.header("content-encoding") {
            None => body,
            Some("zstd") => zstd::decode_all(body.as_slice()).unwrap(),
            Some("gzip") => {
                let mut plain = Vec::new();
                GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap();
                plain
            }
            Some(other) => panic!("{other} was never asked for"),
        }
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    loop {
        let (length, rest) = halves(body, b"\r\n");
        let length = usize::from_str_radix(std::str::from_utf8(length).unwrap(), 16).unwrap();
        if length == 0 {
            return plain;
        }
        let (chunk, rest) = rest.split_at(length);
        plain.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n").unwrap();
    }
}

/// What stands before a mark, and what stands behind it.
fn halves<'a>(bytes: &'a [u8], mark: &[u8]) -> (&'a [u8], &'a [u8]) {
    let place = bytes.windows(mark.len()).position(|window| window == mark).unwrap();
    let (before, rest) = bytes.split_at(place);
    (before, rest.strip_prefix(mark).unwrap())
}

fn ask(served: &Served, method: &str, target: &str, headers: &str) -> Raw {
    let mut stream = served.connect();
    let request =
        format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let (head, body) = halves(&answer, b"\r\n\r\n");
    let head = String::from_utf8(head.to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Raw { status, head, body: body.to_vec() }
}

// Catches a body that its client cannot read, and headers that mislead whoever keeps answers.
#[test]
fn answers_are_compressed_as_asked() {
    let served = Served::new(Versioned::at(1), ServerOptions::default());
    let plain = ask(&served, "GET", PAGE, "");
    assert_eq!((plain.status, plain.header("content-encoding")), (200, None));
    let feeds = ["own/objects", "pieces/objects"].map(|end| {
        (format!("/v2/inthreat/collections/{end}"), "text/csv; charset=utf-8", Some("next"))
    });
    let targets = [(PAGE.to_owned(), "application/json", None)].into_iter().chain(feeds);
    for (target, kind, cursor) in targets {
        let plain = ask(&served, "GET", &target, "").plain();
        for (header, coding) in [
            (BOTH, Some("zstd")),
            ("Accept-Encoding: gzip\r\n", Some("gzip")),
            ("Accept-Encoding: br\r\nAccept-Encoding: zstd;q=0, *;q=0.1\r\n", Some("gzip")),
            ("Accept-Encoding: gzip;q=0\r\n", None),
        ] {
            let answer = ask(&served, "GET", &target, header);
            assert_eq!(answer.header("content-encoding"), coding, "{target} {header}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"), "{target} {header}");
            assert_eq!(answer.header("content-type"), Some(kind), "{target} {header}");
            assert_eq!(answer.header("cursor"), cursor, "{target} {header}");
            assert!(answer.plain() == plain, "{target} {header}");
            assert!(coding.is_none() || answer.body.len() < 1000, "{}", answer.body.len());
        }
    }
    let refused = ask(&served, "GET", PAGE, "Accept-Encoding: identity;q=0, br\r\n");
    assert_eq!(refused.status, 406);
    // Small answers are left alone, unless the client insists.
    let small = format!("{PAGE}?limit=9");
    let answer = ask(&served, "GET", &small, BOTH);
    assert_eq!((answer.header("content-encoding"), answer.header("etag")), (None, None));
    let insisting = ask(&served, "GET", &small, "Accept-Encoding: gzip, identity;q=0\r\n");
    assert_eq!(insisting.header("content-encoding"), Some("gzip"));
    assert_eq!(insisting.plain(), answer.plain());
}

// Catches a tag that another body or another coding has too, a 304 for what has changed, and a page that is sent to who has it.
#[test]
fn what_a_client_has_is_not_sent() {
    let center = Versioned::at(1);
    let version = Arc::clone(&center.version);
    let served = Served::new(center, ServerOptions::default());
    let tag = |headers: &str| {
        let answer = ask(&served, "GET", PAGE, headers);
        assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
        answer.header("etag").unwrap().to_owned()
    };
    let held = |tag: &str, headers: &str| {
        let answer = ask(&served, "GET", PAGE, &format!("{headers}If-None-Match: {tag}\r\n"));
        assert!(answer.status == 200 || answer.body.is_empty(), "a 304 has no body");
        if answer.status == 304 {
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert!(answer.header("etag").is_some() && answer.header("content-type").is_none());
        }
        answer.status
    };
    let (plain, zstd) = (tag(""), tag(BOTH));
    assert_ne!(plain, zstd);
    assert_eq!((held(&plain, ""), held(&zstd, BOTH)), (304, 304));
    assert_eq!((held(&zstd, ""), held(&plain, BOTH)), (200, 200));
    assert_eq!(held(&format!("\"other\", W/{plain}"), ""), 304);
    assert_eq!(held("*", ""), 304);
    version.store(2, Ordering::SeqCst);
    assert_eq!(held(&plain, ""), 200, "the page has changed");
    assert_ne!(tag(""), plain);
}

// Catches a page that is read, or compressed, again without need, one that is not although it has changed, and one that is
// given to who may not see its feed.
#[test]
fn pages_are_read_once_for_each_version() {
    let center = Versioned::at(1);
    let served = Served::new(center.clone(), ServerOptions::default());
    let first = ask(&served, "GET", PAGE, "").plain();
    for headers in [BOTH, "", "Accept-Encoding: gzip\r\n", BOTH] {
        assert!(ask(&served, "GET", PAGE, headers).plain() == first);
    }
    assert_eq!(center.read(), 1);
    ask(&served, "GET", &format!("/api{PAGE}/?limit=100&types="), "");
    ask(&served, "GET", &format!("{PAGE}?limit=100"), "");
    assert_eq!(center.read(), 2, "one question, spelled in two ways");
    ask(&served, "GET", &format!("{PAGE}?limit=101"), "");
    ask(&served, "GET", &format!("{PAGE}?limit=101&cursor=d"), "");
    ask(&served, "GET", &format!("{PAGE}?limit=101&format=csv"), "");
    assert_eq!(center.read(), 5, "other questions");
    center.version.store(2, Ordering::SeqCst);
    assert!(ask(&served, "GET", PAGE, BOTH).plain() != first);
    assert_eq!(center.read(), 6);
    assert_eq!(ask(&served, "GET", "/v2/inthreat/collections/hidden/objects", "").status, 404);
    assert_eq!(center.read(), 6);
}

// Catches pages that are kept where nobody can tell whether they are still good, or where none shall be.
#[test]
fn without_a_version_pages_are_read_each_time() {
    for (version, bytes) in [(0, 64 << 20), (1, 0)] {
        let center = Versioned::at(version);
        let options = ServerOptions::default().with_page_cache_bytes(bytes);
        let served = Served::new(center.clone(), options);
        let first = ask(&served, "GET", PAGE, BOTH);
        let tag = first.header("etag").unwrap();
        let held = ask(&served, "GET", PAGE, &format!("{BOTH}If-None-Match: {tag}\r\n"));
        assert_eq!((held.status, center.read()), (304, 2));
    }
}

// Catches an answer to HEAD that has a body, or other headers than the answer to GET.
#[test]
fn head_is_get_without_a_body() {
    let served = Served::new(Versioned::at(1), ServerOptions::default());
    for (target, headers) in [(PAGE, ""), (PAGE, BOTH), ("/healthz", ""), ("/nothing", "")] {
        let (get, head) =
            (ask(&served, "GET", target, headers), ask(&served, "HEAD", target, headers));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{target}");
        for name in ["content-length", "content-type", "etag", "content-encoding", "vary"] {
            assert_eq!(head.header(name), get.header(name), "{target} {name}");
        }
    }
    // The connection goes on behind it.
    let mut stream = served.connect();
    let two = format!(
        "HEAD {PAGE} HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(two.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert!(answers.ends_with("\r\n\r\n{\"status\":\"ok\"}"), "{answers}");
}
