//! Pages that a server keeps while its replica changes, and cursors that were edited.

use std::{future::pending, net::TcpListener, sync::Arc};

use inthreat_api::{FeedDraft, FeedId, Feeds as _};
use inthreat_replica::{Options, Replica};
use inthreat_server::{ServerOptions, serve};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};
use inthreat_tests::plain;

fn tool(number: u32, name: &str) -> RawObject {
    RawObject::new(format!(
        r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"2024-01-01T00:00:00Z","name":"{name}","description":"{}"}}"#,
        "x".repeat(2000)
    ))
    .unwrap()
}

async fn fill(replica: &Replica, objects: impl IntoIterator<Item = RawObject>) {
    let mut batch = Batch::default();
    batch.extend(objects);
    replica.write(batch).await.unwrap();
}

/// Serves a replica, and gives the URL.
fn served(replica: &Arc<Replica>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let center = Arc::<Replica>::clone(replica);
    tokio::spawn(serve(listener, center, ServerOptions::default(), pending()));
    url
}

/// Asks for a path, with headers more: the status, the head in small letters, and the body.
async fn ask(url: &str, path: &str, headers: &str) -> (u16, String, String) {
    let url = url.to_owned();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    let (status, head, body) =
        tokio::task::spawn_blocking(move || plain::send(&url, request)).await.unwrap();
    (status, head.to_lowercase(), body)
}

fn page_of(feed: &FeedId, query: &str) -> String {
    format!("/v2/inthreat/collections/{feed}/objects?{query}")
}

fn taxii_of(feed: &FeedId, rest: &str) -> String {
    format!("/v2/inthreat/taxii-server/collections/{feed}/{rest}")
}

/// How many pages were answered without reading them.
async fn hits(url: &str) -> u64 {
    figure(url, "hits", "pages").await
}

/// A figure of what is kept of pages, or of other answers.
async fn figure(url: &str, name: &str, of: &str) -> u64 {
    let (_, _, text) = ask(url, "/metrics", "").await;
    let name = format!("inthreat_server_cache_{name}_total{{of=\"{of}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap()
}

// Catches a page that is sent from what is kept although the replica, or the feed, is another by now.
#[tokio::test(flavor = "multi_thread")]
async fn kept_pages_follow_the_replica() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Arc::new(Replica::create_or_open(folder.path(), Options::default()).unwrap());
    let url = served(&replica);
    let mut draft = FeedDraft::default();
    draft.title = "tools".into();
    let feed = replica.create_feed(draft.clone()).await.unwrap().id;
    for target in [
        page_of(&FeedId::default(), "limit=100"),
        page_of(&feed, "limit=100"),
        taxii_of(&FeedId::default(), "objects/?limit=100"),
        taxii_of(&feed, "objects/?limit=100&match[type]=tool"),
    ] {
        let before = hits(&url).await;
        let mut tag = String::new();
        for round in 0..4 {
            let name = format!("round {round}");
            fill(&replica, [tool(1, &name), tool(2, &name)]).await;
            // The same version of an object is no news; another one is.
            let newer = tool(10 + round, &name);
            fill(&replica, [newer]).await;
            for _ in 0..2 {
                let held = format!("If-None-Match: {tag}\r\n");
                let (status, head, body) = ask(&url, &target, &held).await;
                assert_eq!(status, 200, "{round}: {head}");
                assert!(body.contains(&name), "{round}: the newest object is missing");
                tag = head.split("\r\netag: ").nth(1).unwrap().lines().next().unwrap().to_owned();
                let held = format!("If-None-Match: {tag}\r\n");
                assert_eq!(ask(&url, &target, &held).await.0, 304, "{round}");
                tag.clear();
            }
        }
        assert!(hits(&url).await > before, "{target} is read each time");
    }
    let target = page_of(&feed, "limit=100");
    let manifest = taxii_of(&feed, "manifest/");
    for target in [&target, &manifest] {
        assert!(ask(&url, target, "").await.2.contains("tool--"));
    }
    draft.types = vec!["malware".into()];
    replica.update_feed(feed.clone(), draft).await.unwrap();
    for target in [&target, &manifest] {
        assert!(!ask(&url, target, "").await.2.contains("tool--"), "the feed selects others now");
    }
    replica.delete_feed(feed).await.unwrap();
    for target in [&target, &manifest] {
        assert_eq!(ask(&url, target, "").await.0, 404);
    }
}

fn indicator(number: u32, value: &str) -> RawObject {
    RawObject::new(format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}","modified":"2024-01-01T00:00:00Z","pattern_type":"stix","pattern":"[ipv4-addr:value = '{value}']"}}"#
    ))
    .unwrap()
}

// Catches an answer to a look-up, an object or a context that is sent from what is kept although something was stored since, be it
// found already or not; one that is never sent from there; and a refusal that is kept.
#[tokio::test(flavor = "multi_thread")]
async fn kept_answers_follow_the_replica() {
    for in_place in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::default().with_answers_in_place(in_place);
        let replica = Arc::new(Replica::create_or_open(folder.path(), options).unwrap());
        let url = served(&replica);
        let look_up = "/v2/inthreat/indicators?type=ipv4-addr&value=192.0.2.1";
        let contexts = "/v2/inthreat/indicators/context?type=ipv4-addr&value=192.0.2.1";
        for number in 0..4_u32 {
            let id = format!("indicator--00000000-0000-4000-8000-{number:012}");
            let object = format!("/v2/inthreat/objects/{id}");
            let context = format!("{object}/context");
            for target in [&object, &context] {
                assert_eq!(ask(&url, target, "").await.0, 404, "{number}: {target}");
            }
            fill(&replica, [indicator(number, "192.0.2.1")]).await;
            let before = figure(&url, "hits", "answers").await;
            for target in [look_up, contexts, &object, &context] {
                for _ in 0..3 {
                    let (status, _, body) = ask(&url, target, "").await;
                    assert_eq!(status, 200, "{number}: {target}");
                    assert!(body.contains(&id), "{number}: {target}: {body}");
                }
            }
            let after = figure(&url, "hits", "answers").await;
            assert!(after > before, "{number}: everything is read each time");
        }
    }
}

// Catches a page of observables whose codings are made anew each time, and one that is kept although others are named by now.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_observables_keep_their_codings() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Arc::new(Replica::create_or_open(folder.path(), Options::default()).unwrap());
    let url = served(&replica);
    let target = "/v2/inthreat/collections/observables?limit=100";
    for round in 0..3 {
        let indicators = (0..20)
            .map(|number| indicator(round * 100 + number, &format!("192.0.{round}.{number}")));
        fill(&replica, indicators).await;
        let before = figure(&url, "unchanged", "pages").await;
        for _ in 0..2 {
            let (status, head, body) = ask(&url, target, "").await;
            assert_eq!(status, 200, "{head}");
            assert!(body.contains(&format!("192.0.{round}.7")), "{round}: {body}");
        }
        assert_eq!(figure(&url, "unchanged", "pages").await, before + 1, "{round}");
    }
}

// Catches a cursor that, edited, opens what its holder may not see, or makes the server fail.
#[tokio::test(flavor = "multi_thread")]
async fn edited_cursors_open_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let of = |community: &str| Options::default().with_community(community);
    let theirs = Replica::create_or_open(folder.path(), of("theirs")).unwrap();
    let hidden = theirs.create_feed(FeedDraft::default()).await.unwrap().id;
    drop(theirs);
    let replica = Arc::new(Replica::create_or_open(folder.path(), of("ours")).unwrap());
    let mut draft = FeedDraft::default();
    draft.types = vec!["malware".into()];
    let own = replica.create_feed(draft).await.unwrap().id;
    let malware = RawObject::new(r#"{"type":"malware","id":"malware--1"}"#).unwrap();
    fill(&replica, (0..5).map(|number| tool(number, "t")).chain([malware])).await;
    let url = served(&replica);

    let (_, _, first) = ask(&url, &page_of(&FeedId::default(), "limit=2"), "").await;
    let cursor = first.rsplit('"').nth(1).unwrap().to_owned();
    assert!(cursor.is_ascii() && cursor.len() > 8, "{first}");
    let (mut refused, mut answered) = (0, 0);
    for place in 0..cursor.len() {
        for with in ["A", "z", "0", "-", "%3D", "%00", ""] {
            let edited = format!("{}{with}{}", &cursor[..place], &cursor[place + 1..]);
            let query = format!("limit=2&cursor={edited}");
            let (status, _, body) = ask(&url, &page_of(&own, &query), "").await;
            match status {
                200 => {
                    answered += 1;
                    assert!(!body.contains("tool--"), "{edited}: {body}");
                }
                400 => {
                    refused += 1;
                    assert!(body.contains("\"field\":\"cursor\""), "{edited}: {body}");
                }
                _ => panic!("{edited}: {status} {body}"),
            }
            let (status, _, body) = ask(&url, &page_of(&hidden, &query), "").await;
            // What is no cursor at all is told before the feed is looked for.
            assert!(matches!(status, 400 | 404), "{edited}: {status} {body}");
        }
    }
    assert!(refused > answered, "{refused} refused, {answered} answered");
}
