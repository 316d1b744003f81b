//! TAXII 2.1 over a replica: read by the client of this project, and by that of the OASIS committee.

use std::{future::poll_fn, pin::pin};

use futures_core::Stream as _;
use inthreat_api::{Collections as _, FeedDraft, FeedId, Feeds as _, PageRequest, Pager};
use inthreat_http::{ClientOptions, TaxiiClient};
use inthreat_stix::{Id, RawObject};
use inthreat_store::Sink as _;
use inthreat_wire::taxii::TaxiiFilter;

use crate::{
    conformance::{batch, served},
    python::Python,
};

/// What taxii2-client is asked to do: walk everything there is, print it as JSON, and complain about nothing.
const SCRIPT: &str = r#"
import json, logging, sys
from taxii2client.v21 import Server, as_pages

logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
server = Server(sys.argv[1], user="any", password="key")
found = {"title": server.title, "roots": [root.url for root in server.api_roots], "collections": []}
assert server.default.max_content_length > 0
for collection in server.default.collections:
    assert collection.can_read and not collection.can_write
    pages = list(as_pages(collection.get_objects, per_request=2))
    objects = [o for page in pages for o in page.get("objects", [])]
    manifest = [m for page in as_pages(collection.get_manifest, per_request=3) for m in page.get("objects", [])]
    assert [m["id"] for m in manifest] == [o["id"] for o in objects]
    for entry in manifest:
        versions = collection.object_versions(entry["id"])["versions"]
        assert versions == [entry["version"]], (versions, entry)
        one = collection.get_object(entry["id"], version="all")["objects"]
        assert one in [[o] for o in objects]
    # What was added behind each of them, by its date.
    added = [m["date_added"] for m in manifest]
    assert all(one < other for one, other in zip(added, added[1:])), added
    for place, date in enumerate(added):
        later = collection.get_objects(added_after=date, limit=2000)["objects"]
        assert [o["id"] for o in later] == [o["id"] for o in objects[place + 1:]]
    # What is newer than everything: nothing, and the same place.
    end = pages[-1]["next"]
    news = collection.get_objects(next=end)
    assert news == {"more": False, "next": end, "objects": []}, news
    indicators = collection.get_objects(type=["indicator", "malware"], spec_version="2.1")["objects"]
    assert {o["type"] for o in indicators} <= {"indicator", "malware"}
    found["collections"].append({"id": collection.id, "ids": [o["id"] for o in objects]})
print(json.dumps(found))
"#;

async fn read(client: &TaxiiClient, feed: &FeedId, limit: u32) -> Vec<RawObject> {
    let request = PageRequest::new(feed.clone()).with_limit(limit);
    let mut pages = pin!(Pager::new(request, |request| client.page(request)));
    let mut objects = Vec::new();
    while let Some(page) = poll_fn(|context| pages.as_mut().poll_next(context)).await {
        objects.extend(page.unwrap().objects);
    }
    objects
}

fn ids(objects: &[RawObject]) -> Vec<&str> {
    objects.iter().map(|object| object.id().unwrap()).collect()
}

fn ascending(types: &[&str]) -> FeedDraft {
    let mut draft = FeedDraft::default();
    draft.title = "Some".into();
    draft.types = types.iter().map(ToString::to_string).collect();
    draft.sort_order = inthreat_api::SortOrder::Ascending;
    draft
}

// Catches a server and a client of one house that do not understand each other, and an object that is changed on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_read_by_our_client() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let some = replica.create_feed(ascending(&["malware", "indicator"])).await.unwrap().id;
    let client =
        |path: &str| TaxiiClient::new(&format!("{url}{path}"), ClientOptions::default()).unwrap();
    let discovery = client("").discovery().await.unwrap();
    assert_eq!(discovery.default, Some(format!("{url}/v2/inthreat/taxii-server/")));
    let client = client("/api/v2/inthreat/taxii-server");
    assert!(client.api_root().await.unwrap().max_content_length.is_some());
    let collections = client.collections().await.unwrap();
    assert_eq!(collections.len(), 2);

    for feed in [FeedId::default(), some] {
        let collection = client.collection(feed.clone()).await.unwrap();
        assert!(collections.contains(&collection));
        let mut request = PageRequest::new(feed.clone()).with_limit(2000);
        request.convert_network_traffic = Some(false);
        let expected = replica.page(request).await.unwrap().objects;
        for limit in [1, 3, 2000] {
            let objects = read(&client, &feed, limit).await;
            assert!(objects == expected, "{feed} in pages of {limit}: {:?}", ids(&objects));
        }
        let mut all = TaxiiFilter::default();
        all.limit = Some(2000);
        let manifest = client.manifest(feed.clone(), all).await.unwrap();
        let named: Vec<_> = manifest.objects.iter().map(|record| record.id.to_string()).collect();
        assert!(named == ids(&expected), "{named:?}");
        let id = Id::lenient(expected[0].id().unwrap()).unwrap();
        let filter = TaxiiFilter::default;
        let one = client.object(feed.clone(), id.clone(), filter()).await.unwrap().objects;
        assert_eq!(one, expected[..1]);
        let versions = client.versions(feed.clone(), id, filter()).await.unwrap().versions;
        assert_eq!(versions, [expected[0].modified().or_else(|| expected[0].created()).unwrap()]);
        assert!(manifest.objects.is_sorted_by(|one, other| one.date_added < other.date_added));
        for (place, record) in manifest.objects.iter().enumerate() {
            let mut later = filter();
            (later.added_after, later.limit) = (record.date_added, Some(2000));
            let objects = client.objects(feed.clone(), later).await.unwrap().objects;
            assert!(objects == expected[place + 1..], "{feed} behind {place}: {:?}", ids(&objects));
        }
    }
}

// Catches a collection that gives objects in another order than that in which they were added, and an object that was written long
// before it came and that nobody is told of (TAXII 2.1, section 3.4).
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_was_added_late() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let mut newest_first = FeedDraft::default();
    newest_first.types = vec!["malware".into()];
    let some = replica.create_feed(newest_first).await.unwrap().id;
    let root = format!("{url}/v2/inthreat/taxii-server");
    let client = TaxiiClient::new(&root, ClientOptions::default()).unwrap();
    let mut before = Vec::new();
    for feed in [FeedId::default(), some] {
        let mut all = TaxiiFilter::default();
        all.limit = Some(2000);
        let manifest = client.manifest(feed.clone(), all).await.unwrap();
        before.push((feed, manifest));
    }
    let late = r#"{"type":"malware","id":"malware--00000000-0000-4000-8000-000000001999","modified":"1999-01-01T00:00:00Z"}"#;
    let late = RawObject::new(late).unwrap();
    replica.write(batch(vec![late.clone()])).await.unwrap();
    for (feed, manifest) in before {
        let last = manifest.objects.last().unwrap();
        let mut by_date = TaxiiFilter::default();
        by_date.added_after = last.date_added;
        let mut by_next = TaxiiFilter::default();
        by_next.next.clone_from(&manifest.next);
        for filter in [by_date, by_next] {
            let news = client.objects(feed.clone(), filter.clone()).await.unwrap();
            assert_eq!(news.objects, std::slice::from_ref(&late), "{feed}");
            let told = client.manifest(feed.clone(), filter).await.unwrap().objects.remove(0);
            assert!(told.date_added > last.date_added && told.version == late.modified());
        }
        let id = Id::lenient(late.id().unwrap()).unwrap();
        let one = client.object(feed, id, TaxiiFilter::default()).await.unwrap();
        assert_eq!(one.objects, std::slice::from_ref(&late));
    }
}

// Catches an answer that only our own client understands.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_read_by_a_foreign_client() {
    let name = "a_replica_is_read_by_a_foreign_client";
    let Some(python) = Python::find(name, "taxii2-client", "taxii2client.v21") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let some = replica.create_feed(ascending(&["malware"])).await.unwrap().id;
    for (path, root) in [
        ("/taxii2/", "/v2/inthreat/taxii-server/"),
        ("/api/v2/inthreat/taxii-server/taxii2/", "/api/v2/inthreat/taxii-server/"),
    ] {
        let found = python.run(SCRIPT, &[&format!("{url}{path}")]).await;
        assert_eq!(found["roots"][0], format!("{url}{root}"));
        for (index, feed) in [FeedId::default(), some.clone()].into_iter().enumerate() {
            assert_eq!(found["collections"][index]["id"], feed.as_str());
            let request = PageRequest::new(feed).with_limit(2000);
            let expected = replica.page(request).await.unwrap().objects;
            assert!(!expected.is_empty());
            assert_eq!(found["collections"][index]["ids"], serde_json::json!(ids(&expected)));
        }
    }
}
