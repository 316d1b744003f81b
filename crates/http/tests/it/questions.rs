//! What the client sends.

use inthreat_api::{
    Collections, Cursor, ErrorKind, FeedDraft, FeedId, Feeds, Indicators, Objects, Observable,
    ObservableType, PageRequest,
};
use inthreat_http::{Client, ClientOptions};
use inthreat_stix::Id;

use crate::scripted::{Scripted, Then, answer};

// Catches a request that the service does not understand or that lacks the key.
#[tokio::test]
async fn a_page_is_asked_for_with_the_key() {
    let server = Scripted::once("200 OK", "", r#"{"items":[],"next_cursor":"c"}"#);
    let request =
        PageRequest::new(FeedId::default()).with_limit(7).with_cursor(Cursor::new("a=+/").unwrap());
    server.client().page(request).await.unwrap();
    let asked = &server.asked()[0];
    let line = "GET /v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects?limit=7&cursor=a%3D%2B%2F HTTP/1.1\r\n";
    assert!(asked.starts_with(line), "{asked}");
    for header in
        ["authorization: Bearer secret-key", "accept-encoding: gzip", "user-agent: inthreat/"]
    {
        assert!(asked.contains(header), "{asked}");
    }
}

// Catches a form of the address that loses its prefix on the way.
#[tokio::test]
async fn the_prefix_of_the_address_is_kept() {
    for base in ["/api", "/api/", "/api/v2/inthreat/"] {
        let server = Scripted::once("200 OK", "", r#"{"items":[],"has_more":false}"#);
        let client =
            Client::new(&format!("{}{base}", server.url()), ClientOptions::default()).unwrap();
        client.indicators(Observable::new(ObservableType::Url, "http://a/?b=c&d")).await.unwrap();
        let asked = &server.asked()[0];
        let line = "GET /api/v2/inthreat/indicators?type=url&value=http%3A%2F%2Fa%2F%3Fb%3Dc%26d HTTP/1.1\r\n";
        assert!(asked.starts_with(line), "{asked}");
        assert!(!asked.contains("authorization"), "no key was given, but: {asked}");
    }
}

// Catches a request line that grows without end, an order that is the server's, and doubles.
#[tokio::test]
async fn many_objects_are_asked_for_some_at_a_time() {
    let id = |n: usize| Id::lenient(&format!("indicator--{n}")).unwrap();
    let object = |n: usize| format!(r#"{{"id":"indicator--{n}"}}"#);
    let first = format!(r#"{{"items":[{},{}]}}"#, object(39), object(0));
    let server = Scripted::new(vec![
        (answer("200 OK", "", first), Then::Close),
        (answer("404 Not Found", "", r#"{"message":"Unknown object"}"#), Then::Close),
    ]);
    let ids: Vec<_> = (0..41).map(id).chain([id(0), id(5)]).collect();
    let found = server.client().objects(ids).await.unwrap();
    let found: Vec<_> = found.iter().map(|object| object.id().unwrap()).collect();
    assert_eq!(found, ["indicator--0", "indicator--39"]);
    let asked = server.asked();
    assert_eq!(asked[0].split_whitespace().nth(1).unwrap().matches(',').count(), 39);
    assert!(asked[1].starts_with("GET /v2/inthreat/objects/indicator--40 "), "{}", asked[1]);
    assert!(server.client().objects(Vec::new()).await.unwrap().is_empty());
}

// Catches a draft that is not wrapped, and a deletion that waits for a body.
#[tokio::test]
async fn feeds_are_created_and_deleted() {
    let server = Scripted::new(vec![
        (answer("201 Created", "", r#"{"data":{"id":"f","title":"t"}}"#), Then::Close),
        (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".to_vec(), Then::Close),
    ]);
    let mut draft = FeedDraft::default();
    draft.title = "t".into();
    let feed = server.client().create_feed(draft).await.unwrap();
    assert_eq!(feed.id.as_str(), "f");
    server.client().delete_feed(feed.id).await.unwrap();
    let asked = server.asked();
    assert!(
        asked[0].starts_with("POST /v2/inthreat/feeds HTTP/1.1")
            && asked[0].contains("\r\n\r\n{\"data\":{"),
        "{}",
        asked[0]
    );
    assert!(asked[1].starts_with("DELETE /v2/inthreat/feeds/f HTTP/1.1"), "{}", asked[1]);
}

// Catches a key that goes through a network in the clear, and a build that is told wrongly what is missing.
#[test]
fn addresses_that_cannot_be_used_are_refused() {
    let error = Client::new("http://192.0.2.1", ClientOptions::default()).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("base URL")));
    Client::new("http://192.0.2.1", ClientOptions::default().with_allow_plain_http(true)).unwrap();
    let https = Client::new("https://127.0.0.1", ClientOptions::default());
    if cfg!(feature = "rustls") {
        // Where the system has no root certificates the client says so.
        let told = https.map_or_else(|error| error.to_string(), |client| format!("{client:?}"));
        assert!(told.contains("127.0.0.1") || told.contains("could not be set up"), "{told}");
    } else {
        assert!(https.unwrap_err().to_string().contains("feature `rustls`"));
    }
}
