//! The methods that no other file asks: each sends its own request and reads its answer.

use inthreat_api::{
    Collections, FeedDraft, FeedId, Feeds, FeedsRequest, Indicators, IocCollectionDraft,
    IocCollections, IocCollectionsRequest, IocFields, IocsRequest, LiveCollections, NamedRequest,
    ObjectDetails, ObjectSearch, Objects, ObjectsRequest, Observable, ObservableIndicatorsRequest,
    ObservablePageRequest, ObservableType, Observables, ObservablesRequest, PageRequest,
    Relationships, RelationshipsRequest, Reports, ReportsRequest, Result, TypedRequest,
    WindowRequest,
};
use inthreat_http::Client;
use inthreat_stix::{Id, RawObject};

use crate::scripted::{Scripted, answer};

const LIST: &str = r#"{"items":[{"id":"a"}],"total":7,"has_more":true}"#;
const BUNDLE: &str = r#"{"type":"bundle","id":"bundle--1","objects":[{"id":"a"}]}"#;
const OBJECT: &str = r#"{"data":{"id":"a"}}"#;
const RELATED: &str = r#"{"items":[{"relationship":{"id":"a"},"related_object":{"id":"b"}}],"total":7,"has_more":true}"#;
const COLLECTION: &str =
    r#"{"id":"ioc-collection--1","name":"n","created_by":"u","modified_by":"u"}"#;

/// Asks one question and checks the request that it makes.
async fn asks<T>(expected: &str, body: &str, question: impl AsyncFnOnce(Client) -> Result<T>) -> T {
    let server = Scripted::once("200 OK", "", body);
    let answer = question(server.client()).await;
    let asked = server.asked().join("\n");
    assert!(asked.starts_with(&format!("{expected} HTTP/1.1\r\n")), "not {expected}: {asked}");
    assert!(asked.contains("authorization: Bearer secret-key\r\n"), "{asked}");
    answer.unwrap()
}

fn id(text: &str) -> Id {
    Id::lenient(text).unwrap()
}

fn name(object: &RawObject) -> &str {
    object.id().unwrap()
}

/// Asks for a list and checks that it was read.
macro_rules! lists {
    ($expected:expr, |$client:ident| $question:expr) => {
        let list = asks($expected, LIST, async |$client: Client| $question.await).await;
        assert_eq!((name(&list.items[0]), list.total, list.has_more), ("a", Some(7), true));
    };
}

// Catches a list that is asked for elsewhere than it is.
#[tokio::test]
async fn lists_are_asked_for() {
    lists!("GET /v2/inthreat/objects/sectors", |client| client.sectors(NamedRequest::default()));
    lists!("GET /v2/inthreat/objects/x/reports", |client| {
        client.reports_of(id("x"), NamedRequest::default())
    });
    lists!("GET /v2/inthreat/objects/x/sources", |client| client.sources_of(id("x")));
    lists!("GET /v2/inthreat/relationships", |client| {
        client.list_relationships(TypedRequest::default())
    });
    lists!("GET /v2/inthreat/reports", |client| client.list_reports(ReportsRequest::default()));
    lists!("GET /v2/inthreat/reports/x/objects", |client| {
        client.report_objects(id("x"), TypedRequest::default())
    });
    lists!("GET /v2/inthreat/reports/x/observables", |client| {
        client.report_observables(id("x"), TypedRequest::default())
    });
    lists!("GET /v2/inthreat/observables", |client| {
        client.list_observables(ObservablesRequest::default())
    });
    lists!("GET /v2/inthreat/observables/x/indicators", |client| {
        client.observable_indicators(id("x"), ObservableIndicatorsRequest::default())
    });
    lists!("GET /v2/inthreat/observables/x/reports", |client| {
        client.observable_reports(id("x"), WindowRequest::default())
    });
    lists!("GET /v2/inthreat/ioc-collections/x/indicators", |client| {
        client.list_iocs(id("x"), IocsRequest::default())
    });
}

// Catches an answer about one thing, or a change of it, that goes elsewhere than it should.
#[tokio::test]
async fn single_things_are_asked_for() {
    let path = "GET /v2/inthreat/observables/x";
    let found = asks(path, OBJECT, async |client| client.observable(id("x")).await).await;
    assert_eq!(name(&found), "a");
    let window = WindowRequest::default;
    let path = "GET /v2/inthreat/observables/x/relationships";
    let found = asks(path, RELATED, async |client| {
        client.observable_relationships(id("x"), window()).await
    })
    .await;
    assert_eq!(found.total, 7);
    let path = "GET /v2/inthreat/observables/tags";
    let tags = r#"{"items":[{"name":"c2"}],"has_more":false}"#;
    let found =
        asks(path, tags, async |client| client.observable_tags(NamedRequest::default()).await)
            .await;
    assert_eq!(found.items, ["c2"]);
    let path = "GET /v2/inthreat/objects/light";
    let light = r#"{"items":[{"id":"malware--1","type":"malware","name":"n"}],"has_more":false}"#;
    let request = ObjectsRequest::default;
    let found = asks(path, light, async |client| client.list_light_objects(request()).await).await;
    assert_eq!(found.items[0].name.as_deref(), Some("n"));
    let path = "GET /v2/inthreat/collections/observables";
    let page = r#"{"items":[{"id":"a"}],"next_cursor":"c"}"#;
    let request = ObservablePageRequest::default;
    let found = asks(path, page, async |client| client.observable_page(request()).await).await;
    assert_eq!(found.next_cursor.unwrap().as_str(), "c");
}

// Catches a change of a community's own indicators that is made to another thing, or by another method.
#[tokio::test]
async fn collections_of_iocs_are_managed() {
    const ROOT: &str = "/v2/inthreat/ioc-collections";
    let list = format!(r#"{{"items":[{COLLECTION}],"total":7}}"#);
    let path = format!("GET {ROOT}");
    let request = IocCollectionsRequest::default;
    let found = asks(&path, &list, async |client| client.ioc_collections(request()).await).await;
    assert_eq!(found.total, 7);
    let path = format!("GET {ROOT}/x");
    let found = asks(&path, COLLECTION, async |client| client.ioc_collection(id("x")).await).await;
    assert_eq!(found.name, "n");
    let draft = || IocCollectionDraft::default().with_name("other");
    asks(&format!("PATCH {ROOT}/x"), COLLECTION, async |client| {
        client.update_ioc_collection(id("x"), draft()).await
    })
    .await;
    let path = format!("DELETE {ROOT}/x");
    asks(&path, "", async |client| client.delete_ioc_collection(id("x")).await).await;
    let path = format!("GET {ROOT}/count-total-iocs");
    let count = r#"{"count":3,"max":9}"#;
    let found = asks(&path, count, async |client| client.count_iocs(None).await).await;
    assert_eq!((found.count, found.max), (3, Some(9)));
    let bare = r#"{"id":"a"}"#;
    let path = format!("PUT {ROOT}/x/indicators/y");
    let fields = IocFields::default;
    let found =
        asks(&path, bare, async |client| client.update_ioc(id("x"), id("y"), fields()).await).await;
    assert_eq!(name(&found), "a");
    let path = format!("DELETE {ROOT}/x/indicators/y?force_deletion=true");
    asks(&path, "", async |client| client.delete_ioc(id("x"), id("y")).await).await;
    let path = format!("GET {ROOT}/x/indicators/y/context");
    let found =
        asks(&path, BUNDLE, async |client| client.ioc_context(id("x"), id("y")).await).await;
    assert_eq!(found.objects.len(), 1);
}

// Catches a parameter of the common questions that is lost on its way.
#[tokio::test]
async fn common_questions_say_all_that_they_are_asked() {
    let found =
        asks("GET /v2/inthreat/objects/x", OBJECT, async |client| client.object(id("x")).await);
    assert_eq!(name(&found.await), "a");
    let path = "GET /v2/inthreat/objects/x/context";
    let found = asks(path, BUNDLE, async |client| client.context(id("x")).await).await;
    assert_eq!(found.objects.len(), 1);
    let path = "GET /v2/inthreat/relationships/x";
    asks(path, OBJECT, async |client| client.relationship(id("x")).await).await;
    let path = "GET /v2/inthreat/relationships/a,b";
    let found = asks(path, LIST, async |client| client.relationships(vec![id("a"), id("b")]).await);
    assert_eq!(found.await.len(), 1);
    let mut request = RelationshipsRequest::new(id("x"));
    (request.limit, request.offset) = (Some(5), Some(10));
    request.types = vec!["uses".into()];
    request.target_types = vec!["tool".into(), "malware".into()];
    request.include_revoked = true;
    let path = "GET /v2/inthreat/objects/x/relationships?limit=5&offset=10&match[type]=uses&match[target_types]=tool%2Cmalware&include_revoked=true";
    let found = asks(path, RELATED, async |client| client.relationships_of(request).await).await;
    assert!(found.has_more && found.items[0].related_object.is_some());
    let path = "GET /v2/inthreat/indicators/context?type=ipv4-addr&value=198.51.100.7";
    let observable = || Observable::new(ObservableType::Ipv4Addr, "198.51.100.7");
    let contexts = format!(r#"{{"items":[{BUNDLE}],"has_more":false}}"#);
    let found =
        asks(path, &contexts, async |client| client.indicator_contexts(observable()).await).await;
    assert_eq!(found.items.len(), 1);

    let mut request = FeedsRequest::default();
    (request.limit, request.offset) = (Some(5), Some(10));
    request.term = Some("mine & yours".into());
    request.ids = vec!["f".parse().unwrap(), "g".parse().unwrap()];
    let path = "GET /v2/inthreat/feeds?limit=5&offset=10&term=mine%20%26%20yours&match[id]=f%2Cg";
    let feeds = r#"{"items":[{"id":"f","title":"t"}],"total":7}"#;
    assert_eq!(asks(path, feeds, async |client| client.feeds(request).await).await.total, 7);
    let feed = r#"{"data":{"id":"f","title":"t"}}"#;
    let f = || "f".parse::<FeedId>().unwrap();
    asks("GET /v2/inthreat/feeds/f", feed, async |client| client.feed(f()).await).await;
    let draft = FeedDraft::default();
    let path = "PUT /v2/inthreat/feeds/f";
    asks(path, feed, async |client| client.update_feed(f(), draft).await).await;

    let mut request = PageRequest::new(f())
        .with_limit(5)
        .with_modified_after("2026-01-01T00:00:00Z".parse().unwrap())
        .with_types(["indicator", "malware"]);
    request.observable_types = vec![ObservableType::Url, ObservableType::File];
    request.include_revoked = Some(false);
    request.skip_expired = Some(true);
    request.return_all_fields = Some(true);
    request.convert_network_traffic = Some(false);
    request.latest = Some(true);
    let path = "GET /v2/inthreat/collections/f/objects?limit=5&modified_after=2026-01-01T00%3A00%3A00Z&match[type]=indicator%2Cmalware&match[observable_type]=url%2Cfile&include_revoked=false&skip_expired=true&return_all_fields=true&convert_network_traffic=false&latest=true";
    asks(path, r#"{"items":[]}"#, async |client| client.page(request).await).await;
}

// Catches a deletion that waits for a body where there is none.
#[tokio::test]
async fn deletions_have_no_answer() {
    let nothing = answer("204 No Content", "", "");
    let server = Scripted::new(vec![(nothing, crate::scripted::Then::Close)]);
    server.client().delete_ioc(id("x"), id("y")).await.unwrap();
    // An answer without a body to another question is none.
    let server = Scripted::once("200 OK", "", "");
    server.client().indicators(Observable::new(ObservableType::Url, "x")).await.unwrap_err();
}
