//! Every question, every status, every spelling of a path.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use inthreat_api::{
    Body, Chunks, ContextList, Cursor, Error, ErrorKind, Feed, FeedDraft, FeedList, FormattedPage,
    IndicatorList, MockIntelligenceCenter, Page, PageFormat, Related, RelationshipList, Result,
};
use inthreat_server::{Event, ServerOptions};
use inthreat_stix::{Bundle, RawObject};

use crate::served::Served;

const FEED: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
const OBJECT: &str = r#"{"id":"indicator--1", "x":1.50}"#;

fn object() -> RawObject {
    RawObject::new(OBJECT).unwrap()
}

fn bundle() -> Bundle {
    Bundle::new("bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap(), vec![object()])
}

fn feed() -> Feed {
    Feed::new("f".parse().unwrap(), FeedDraft::default())
}

/// A center that answers every question.
pub(crate) fn center() -> MockIntelligenceCenter {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|request| {
        assert!(request.limit.is_none_or(|limit| limit == 2000));
        Ok(match request.cursor {
            None => Page::new(vec![object(), object()], Cursor::new("next").ok()),
            Some(_) => Page::default(),
        })
    });
    center.expect_object().returning(|id| match id.to_string().as_str() {
        "indicator--1" => Ok(object()),
        _ => Err(Error::not_found(format_args!("object `{id}`"))),
    });
    center.expect_objects().returning(|ids| Ok(ids.iter().map(|_| object()).collect()));
    center.expect_relationship().returning(|_| Ok(object()));
    center.expect_relationships().returning(|_| Ok(Vec::new()));
    center
        .expect_relationships_of()
        .returning(|_| Ok(RelationshipList::new(vec![Related::new(object(), None)], 30, true)));
    center.expect_context().returning(|_| Ok(bundle()));
    center.expect_indicators().returning(|_| Ok(IndicatorList::new(vec![object()], false)));
    center.expect_indicator_contexts().returning(|_| Ok(ContextList::new(vec![bundle()], true)));
    center.expect_feeds().returning(|_| Ok(FeedList::new(vec![feed()], 1)));
    center.expect_create_feed().returning(|draft| Ok(Feed::new("new".parse().unwrap(), draft)));
    center.expect_feed().returning(|_| Ok(feed()));
    center.expect_update_feed().returning(|id, draft| Ok(Feed::new(id, draft)));
    center.expect_delete_feed().returning(|id| match id.as_str() {
        FEED => Err(Error::new(ErrorKind::Forbidden, "the default feed cannot be deleted")),
        _ => Ok(()),
    });
    center
}

// Catches an answer that is not what CONTRACT 2 says, byte for byte.
#[test]
fn every_question_is_answered() {
    let served = Served::new(center(), ServerOptions::default());
    let bundle = format!(
        r#"{{"type":"bundle","id":"bundle--357447d7-9229-4ce1-b7fa-f1b83587048e","objects":[{OBJECT}]}}"#
    );
    for (target, body) in [
        (
            format!("collections/{FEED}/objects"),
            format!(r#"{{"items":[{OBJECT},{OBJECT}],"next_cursor":"next"}}"#),
        ),
        (
            format!("collections/{FEED}/objects?limit=2001&cursor=MjAyMg%3D%3D"),
            r#"{"items":[],"next_cursor":"MjAyMg=="}"#.to_owned(),
        ),
        ("objects/indicator--1".to_owned(), format!(r#"{{"data":{OBJECT}}}"#)),
        ("objects/indicator--1,b--2".to_owned(), format!(r#"{{"items":[{OBJECT},{OBJECT}]}}"#)),
        ("relationships/relationship--1".to_owned(), format!(r#"{{"data":{OBJECT}}}"#)),
        (
            "relationships/relationship--1%2Crelationship--2".to_owned(),
            r#"{"items":[]}"#.to_owned(),
        ),
        (
            "objects/indicator--1/relationships".to_owned(),
            format!(
                r#"{{"items":[{{"related_object":null,"relationship":{OBJECT}}}],"total":30,"has_more":true}}"#
            ),
        ),
        ("objects/indicator--1/context".to_owned(), bundle.clone()),
        (
            "indicators?type=url&value=x".to_owned(),
            format!(r#"{{"items":[{OBJECT}],"has_more":false}}"#),
        ),
        (
            "indicators/context?type=url&value=x".to_owned(),
            format!(r#"{{"items":[{bundle}],"has_more":true}}"#),
        ),
    ] {
        let answer = served.get(&format!("/v2/inthreat/{target}"));
        assert_eq!((answer.status, &answer.body), (200, &body), "{target}");
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        assert!(
            answer.head.contains(&format!("content-length: {}", body.len())),
            "{}",
            answer.head
        );
    }
}

/// A body in two pieces, or one piece and an error.
struct Pieces(Vec<Result<Vec<u8>>>);

#[async_trait]
impl Chunks for Pieces {
    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        self.0.pop().transpose()
    }
}

// Catches a format that the center is not asked for, a cursor or a content type that is lost, and half a page that
// looks like a whole one.
#[test]
fn pages_in_other_formats_are_handed_on() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_formatted_page().returning(|request, format| {
        let second = match request.feed.as_str() {
            "broken" => Err(Error::new(ErrorKind::Storage, "read a block")),
            _ => Ok(b"two\n".to_vec()),
        };
        let mut page = FormattedPage::new(Body::new(Pieces(vec![second, Ok(b"one\n".to_vec())])));
        page.next_cursor = Cursor::new("next").ok();
        page.content_type = match format {
            PageFormat::Text => Some("text/plain; charset=utf-8".into()),
            PageFormat::Csv => Some("text/csv; charset=utf-8".into()),
            _ => None,
        };
        Ok(page)
    });
    let served = Served::new(center, ServerOptions::default());
    for (target, content_type) in [
        (format!("{FEED}/objects?format=text&limit=10000"), Some("text/plain; charset=utf-8")),
        (format!("{FEED}/objects?format=csv"), Some("text/csv; charset=utf-8")),
        ("f/objects".to_owned(), None),
        ("f/objects?format=json".to_owned(), None),
    ] {
        let answer = served.get(&format!("/v2/inthreat/collections/{target}"));
        assert_eq!(answer.status, 200, "{target}");
        assert!(answer.head.contains("cursor: next"), "{}", answer.head);
        let told = answer.head.split("content-type: ").nth(1).and_then(|rest| rest.lines().next());
        assert_eq!(told, content_type, "{target}");
        assert_eq!(answer.body, "4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n", "{target}");
    }
    let answer = served.get("/v2/inthreat/collections/broken/objects");
    assert!(!answer.body.ends_with("0\r\n\r\n"), "{}", answer.body);
}

// Catches a status of feed management that clients do not take for success (CONTRACT 2.3).
#[test]
fn feeds_are_managed() {
    let served = Served::new(center(), ServerOptions::default());
    let created = served.request(
        "POST",
        "/api/v2/inthreat/feeds",
        "",
        r#"{"data":{"title":"t","types":["indicator"]}}"#,
    );
    assert_eq!(created.status, 201);
    assert!(
        created.body.contains(r#""id":"new""#) && created.body.contains(r#""title":"t""#),
        "{}",
        created.body
    );
    assert_eq!(served.request("PUT", "/v2/inthreat/feeds/f", "", r#"{"data":{}}"#).status, 200);
    assert!(served.get("/v2/inthreat/feeds?limit=5").body.contains(r#""total":1"#));
    assert_eq!(served.get("/v2/inthreat/feeds/f").status, 200);
    let deleted = served.request("DELETE", "/v2/inthreat/feeds/f", "", "");
    assert_eq!((deleted.status, deleted.body.as_str()), (204, ""));
    let refused = served.request("DELETE", &format!("/v2/inthreat/feeds/{FEED}"), "", "");
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (403, r#"{"message":"the default feed cannot be deleted","code":"INTHREAT403"}"#)
    );
}

// Catches a spelling of a path that clients send (CONTRACT 1.1).
#[test]
fn prefixes_and_slashes_are_tolerated() {
    let served = Served::new(center(), ServerOptions::default());
    for target in [
        "/v2/inthreat/objects/indicator--1",
        "/api/v2/inthreat/objects/indicator--1",
        "/v2/inthreat/objects/indicator--1/",
        "//api//v2/inthreat//objects/indicator--1//",
        "/v2/inthreat/objects/indicator%2D-1",
        "http://other.example.org/v2/inthreat/objects/indicator--1",
    ] {
        assert_eq!(served.get(target).status, 200, "{target}");
    }
}

// Catches an error without a body of JSON, which clients in the field crash on (CONTRACT 4, 12.14).
#[test]
fn errors_are_json() {
    let served = Served::new(center(), ServerOptions::default());
    for (method, target, status, told) in [
        ("GET", "/v2/inthreat/objects/indicator--2", 404, "object `indicator--2` does not exist"),
        ("GET", "/", 404, "this path does not exist"),
        ("GET", "/v2/inthreat/nothing", 404, "this path does not exist"),
        ("GET", "/v2/inthreat/observables?match[value]=x", 501, "cannot be answered here"),
        ("POST", "/v2/inthreat/objects/search?term=APT31", 501, "cannot be answered here"),
        ("GET", "/v2/inthreat/ioc-collections", 501, "cannot be answered here"),
        ("GET", "/v2/inthreat/labels", 501, "cannot be answered here"),
        ("GET", "/v2/inthreat/objects?limit=0", 400, r#""field":"limit""#),
        ("POST", "/v2/inthreat/observables/search", 400, r#""field":"term""#),
        (
            "POST",
            "/v2/inthreat/objects/indicator--1",
            405,
            "the method `POST` is not allowed here, only GET",
        ),
        ("PATCH", "/v2/inthreat/feeds/f", 405, "only GET, PUT, DELETE"),
        ("OPTIONS", "/v2/inthreat/feeds", 405, "only GET, POST"),
        ("GET", "/v2/inthreat/collections/f/objects?limit=0", 400, r#""field":"limit""#),
        ("GET", "/v2/inthreat/collections/f/objects?limit=x", 400, r#""field":"limit""#),
        ("GET", "/v2/inthreat/collections/f/objects?cursor=%zz", 400, r#""field":"cursor""#),
        ("GET", "/v2/inthreat/objects/%ff", 400, r#""field":"id""#),
        ("GET", "/v2/inthreat/indicators?type=url&value=%00", 400, r#""field":"value""#),
        ("POST", "/v2/inthreat/feeds", 400, r#""field":"body""#),
        ("DELETE", "/healthz", 405, "only GET"),
    ] {
        let answer = served.request(method, target, "", "");
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
        assert!(
            answer.body.starts_with("{\"message\":\"") && answer.body.contains(told),
            "{target}: {}",
            answer.body
        );
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        assert_eq!(answer.head.contains("\r\nallow: get"), status == 405, "{}", answer.head);
    }
    let wrong = served.get("/v2/inthreat/objects/search");
    assert_eq!(wrong.status, 405);
    assert!(wrong.head.contains("\r\nallow: post"), "{}", wrong.head);
    let head = served.request("HEAD", "/v2/inthreat/objects/indicator--2", "", "");
    assert_eq!((head.status, head.body.as_str()), (404, ""));
}

// Catches an error of the center that becomes another status, tells its inside, or is told to no one.
#[test]
fn errors_of_the_center_are_told_apart() {
    for (kind, status, is_told) in [
        (ErrorKind::Unauthorized, 502, false),
        (ErrorKind::Forbidden, 403, true),
        (ErrorKind::NotFound, 404, true),
        (ErrorKind::InvalidRequest, 400, true),
        (ErrorKind::RateLimited, 429, true),
        (ErrorKind::Unavailable, 503, false),
        (ErrorKind::Protocol, 502, false),
        (ErrorKind::Transport, 502, false),
        (ErrorKind::Storage, 500, false),
        (ErrorKind::Unsupported, 501, true),
    ] {
        let mut center = MockIntelligenceCenter::new();
        center.expect_object().returning(move |_| {
            Err(Error::new(kind, "open `/secret`").with_retry_after(Duration::from_millis(1500)))
        });
        let failed = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&failed);
        let options = ServerOptions::default().with_observer(move |event| {
            if let Event::Failed { error, .. } = event {
                seen.lock().unwrap().push(error.to_string());
            }
        });
        let answer = Served::new(center, options).get("/v2/inthreat/objects/indicator--1");
        assert_eq!(answer.status, status, "{kind:?}");
        assert_eq!(answer.body.contains("secret"), is_told, "{kind:?}: {}", answer.body);
        assert_eq!(failed.lock().unwrap().is_empty(), is_told, "{kind:?}");
        let has_wait = matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable);
        assert_eq!(answer.head.contains("retry-after: 2"), has_wait, "{kind:?}");
    }
}

// Catches a panic that ends the server, the connection, or is told to no one.
#[test]
fn a_panic_is_an_answer() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_object().returning(|_| panic!("a bug"));
    center.expect_context().returning(|_| Ok(bundle()));
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let options = ServerOptions::default().with_observer(move |event| {
        seen.lock().unwrap().push(format!("{event:?}"));
    });
    let served = Served::new(center, options);
    let answer = served.get("/v2/inthreat/objects/indicator--1?token=x");
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (500, r#"{"message":"Internal error","code":"INTHREAT500"}"#)
    );
    assert_eq!(served.get("/v2/inthreat/objects/indicator--1/context").status, 200);
    let told = told.lock().unwrap();
    assert!(told[0].contains("Panicked") && told[0].contains("a bug"), "{told:?}");
    assert!(told[1].contains("status: 500") && !told[1].contains("token"), "{told:?}");
}

// Catches a server that cannot be watched.
#[test]
fn health_needs_no_key() {
    let options = ServerOptions::default().with_keys(inthreat_server::Keys::default());
    let answer = Served::new(MockIntelligenceCenter::new(), options).get("/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
}
