//! What not every center answers, asked and read.

use std::pin::pin;

use futures_util::StreamExt as _;
use inthreat_api::{
    Account, BulkSearchRequest, Collections, ErrorKind, ExportRequest, Exports, FeedId, FeedsExt,
    Ioc, IocCollectionDraft, IocCollections, IocFields, IocText, KeyCommunity, LiveCollections,
    NamedRequest, ObjectDetails, ObjectSearch, ObjectsRequest, Observables, PageRequest, Pager,
    PatternPageRequest, RelationshipPageRequest, Relationships, Reports, SearchRequest,
    WindowRequest,
};
use inthreat_stix::Id;

use crate::scripted::{Scripted, Then, answer};

fn id(text: &str) -> Id {
    Id::lenient(text).unwrap()
}

fn server(bodies: &[&str]) -> Scripted {
    let answers = bodies.iter().map(|body| (answer("200 OK", "", body), Then::Close));
    Scripted::new(answers.collect())
}

// Catches a method that asks another question than it says, or reads its answer as another.
#[tokio::test]
async fn each_method_asks_its_question() {
    let list = r#"{"items":[{"id":"a"}],"total":1,"has_more":false}"#;
    let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[]}"#;
    let collection = r#"{"id":"ioc-collection--1","name":"n","created_by":"u","modified_by":"u"}"#;
    let export = r#"{"data":{"id":"job","object_id":"a","status":"FINISHED"}}"#;
    let server = server(&[
        list,
        list,
        r#"{"items":[{"related_object":null,"relationship":{}}],"next_cursor":"c"}"#,
        r#"{"items":[{"uuid":"u","pattern":"[a:b = 'c']"}],"next_cursor":"c"}"#,
        list,
        bundle,
        r#"{"data":{"id":"report--1"}}"#,
        r#"{"items":[{"search":"x","found":false}]}"#,
        r#"{"count":3}"#,
        r#"{"items":["uses"],"total":1}"#,
        r#"{"categories":{"a":1}}"#,
        export,
        export,
        collection,
        r#"{"items":[{"id":"indicator--1"}],"total":1}"#,
        r#"{"task_id":"t"}"#,
        r#"{"id":"indicator--1","revoked":true}"#,
        r#"{"identity":"apikey:1","user_claims":{"community_uuid":"u","permissions":["p"]}}"#,
        r#"{"uuid":"u"}"#,
    ]);
    let client = server.client();
    let a = || id("a");
    client.list_objects(ObjectsRequest::default().with_limit(1_u32)).await.unwrap();
    client.search_objects(SearchRequest::default().with_term("apt")).await.unwrap();
    let request = RelationshipPageRequest::default().with_ids([a()]);
    assert_eq!(client.relationship_page(request).await.unwrap().items.len(), 1);
    client.patterns(FeedId::default(), PatternPageRequest::default()).await.unwrap();
    client.sources(NamedRequest::default()).await.unwrap();
    client.indicates_relationships(vec![a()]).await.unwrap();
    client.report(id("report--1")).await.unwrap();
    let request = BulkSearchRequest::default().with_searches(["x"]);
    assert!(!client.bulk_search_observables(request).await.unwrap()[0].found);
    assert_eq!(client.count_observables("x".into()).await.unwrap(), 3);
    assert_eq!(client.relationship_types(a()).await.unwrap(), ["uses"]);
    let statistics = client.relationship_statistics(a(), true).await.unwrap();
    assert_eq!(statistics.categories["a"], 1);
    assert!(client.create_export(ExportRequest::new(a())).await.unwrap().is_finished());
    client.export("job".into()).await.unwrap();
    let draft = IocCollectionDraft::default().with_name("n");
    assert_eq!(client.create_ioc_collection(draft).await.unwrap().name, "n");
    client.add_iocs(a(), vec![Ioc::new("1.2.3.4")], IocFields::default()).await.unwrap();
    assert_eq!(client.add_ioc_text(a(), IocText::new("1.2.3.4")).await.unwrap(), "t");
    assert!(client.revoke_ioc(a(), id("indicator--1")).await.unwrap().is_revoked());
    let info = client.validate_key().await.unwrap();
    assert_eq!(
        (info.identity.as_deref(), info.permissions),
        (Some("apikey:1"), Some(vec!["p".into()]))
    );
    assert_eq!(info.community, Some(KeyCommunity::One("u".into())));
    assert_eq!(client.me().await.unwrap().uuid.as_deref(), Some("u"));
    let expected = [
        "GET /v2/inthreat/objects?limit=1 ",
        "POST /v2/inthreat/objects/search ",
        "GET /v2/inthreat/collections/relationships?match[id]=a ",
        "GET /v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/patterns ",
        "GET /v2/inthreat/sources ",
        "POST /v2/inthreat/indicators/indicates-relationships ",
        "GET /v2/inthreat/reports/report--1 ",
        "POST /v2/inthreat/observables/bulk-search ",
        "POST /v2/inthreat/observables/count ",
        "GET /v2/inthreat/objects/a/relationship-types ",
        "GET /v2/inthreat/objects/a/relationships/statistics?include_revoked=true ",
        "POST /v2/inthreat/exports/ ",
        "GET /v2/inthreat/exports/job ",
        "POST /v2/inthreat/ioc-collections ",
        "POST /v2/inthreat/ioc-collections/a/indicators ",
        "POST /v2/inthreat/ioc-collections/a/indicators/text ",
        "DELETE /v2/inthreat/ioc-collections/a/indicators/indicator--1 ",
        "GET /v1/auth/validate ",
        "GET /v1/me ",
    ];
    for (asked, expected) in server.asked().iter().zip(expected) {
        assert!(asked.starts_with(expected), "expected {expected}: {asked}");
    }
    assert_eq!(server.asked().len(), expected.len());
}

// Catches a list that is not read to its end, by page or by item, or that asks one time too many.
#[tokio::test]
async fn lists_are_read_to_their_end() {
    let server = server(&[
        r#"{"items":[{"id":"a"},{"id":"b"}],"has_more":true}"#,
        r#"{"items":[{"id":"c"}],"has_more":false}"#,
    ]);
    let client = server.client();
    let pager =
        Pager::new(WindowRequest::default(), |request| client.observables_of(id("x"), request));
    let names: Vec<_> =
        pager.items().map(|item| item.unwrap().id().unwrap().to_owned()).collect().await;
    assert_eq!(names, ["a", "b", "c"]);
    assert!(server.asked()[1].starts_with("GET /v2/inthreat/objects/x/observables?offset=2 "));
}

// Catches a feed whose stream loses its place.
#[tokio::test]
async fn feeds_are_streams() {
    let server = server(&[
        r#"{"items":[{"id":"a"}],"next_cursor":"1"}"#,
        r#"{"items":[{"id":"b"}],"next_cursor":"2"}"#,
        r#"{"items":[],"next_cursor":"2"}"#,
    ]);
    let client = server.client();
    let mut pages = pin!(Pager::new(PageRequest::default(), |request| client.page(request)));
    let mut count = 0;
    while let Some(page) = pages.next().await {
        count += page.unwrap().objects.len();
    }
    assert_eq!(count, 2);
    assert!(server.asked()[2].contains("cursor=2"));
}

// Catches a duplicate that is not made of the original.
#[tokio::test]
async fn a_feed_is_duplicated() {
    let server = server(&[
        r#"{"data":{"id":"f","title":"a","types":["malware"]}}"#,
        r#"{"data":{"id":"g","title":"b","types":["malware"]}}"#,
    ]);
    let feed = server.client().duplicate_feed("f".parse().unwrap(), "b".into()).await.unwrap();
    assert_eq!(feed.id.as_str(), "g");
    assert!(server.asked()[1].contains(r#""title":"b""#));
    assert!(server.asked()[1].contains(r#""types":["malware"]"#));
}

// Catches a question that is sent although it cannot be said.
#[tokio::test]
async fn what_cannot_be_said_is_not_sent() {
    let server = server(&["{}"]);
    let error = server.client().add_iocs(id("a"), Vec::new(), IocFields::default()).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert!(server.asked().is_empty());
}
