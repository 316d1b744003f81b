//! What keys of different communities see of one replica, on every face of its server.

use std::{net::TcpListener, sync::Arc};

use inthreat_api::{FeedId, Roles, conformance};
use inthreat_replica::{Options, Replica};
use inthreat_server::{KeyDraft, Keys, NewKey, ServerOptions, serve};
use inthreat_store::{Batch, Sink as _};
use inthreat_tests::plain;
use inthreat_wire::Permission;
use serde_json::Value;

const A: &str = "6ffbe55b-d30a-4dc4-bc52-a213dce0af29";
const B: &str = "6ffbe55b-d30a-4dc4-bc52-a213dce0af30";

/// A server that is asked with keys of two communities and of its operator.
struct Scene {
    url: String,
    a: NewKey,
    b: NewKey,
    operator: NewKey,
}

impl Scene {
    fn ask(&self, key: &NewKey, method: &str, target: &str, body: &str) -> (u16, String, String) {
        let (secret, length) = (key.secret(), body.len());
        let head = format!(
            "{method} /v2/inthreat/{target} HTTP/1.0\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Length: {length}\r\n\r\n"
        );
        plain::send(&self.url, head + body)
    }

    fn get(&self, key: &NewKey, target: &str) -> (u16, String) {
        let (status, _, body) = self.ask(key, "GET", target, "");
        (status, body)
    }

    fn json(&self, key: &NewKey, target: &str) -> Value {
        let (status, body) = self.get(key, target);
        assert_eq!(status, 200, "{target}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Makes a feed, and gives its id and its community.
    fn create(&self, key: &NewKey, title: &str, types: &str) -> (String, Value) {
        let body =
            format!(r#"{{"data":{{"title":"{title}","types":["{types}"],"sort_order":"asc"}}}}"#);
        let (status, _, answer) = self.ask(key, "POST", "feeds", &body);
        assert_eq!(status, 201, "{answer}");
        let feed: Value = serde_json::from_str(&answer).unwrap();
        let feed = feed.get("data").unwrap();
        (feed["id"].as_str().unwrap().to_owned(), feed["community_uuid"].clone())
    }
}

/// Runs a test beside a server over the archive.
async fn with_scene(test: impl FnOnce(Scene) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let replica = Arc::new(Replica::create_or_open(folder.path(), Options::default()).unwrap());
    let mut batch = Batch::default();
    batch.extend(conformance::archive());
    replica.write(batch).await.unwrap();
    let mut keys = Keys::default();
    let mut key = |name: &str, community: Option<&str>| {
        let draft = KeyDraft::new(name).with_permissions(Permission::ALL);
        let draft = draft.with_community(community.map(str::to_owned));
        keys.create(draft, "2026-11-22T00:00:00Z".parse().unwrap()).unwrap()
    };
    let (a, b, operator) = (key("a", Some(A)), key("b", Some(B)), key("operator", None));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let center: Arc<dyn Roles> = replica;
    let options = ServerOptions::default().with_keys(keys);
    tokio::spawn(serve(listener, center, options, std::future::pending()));
    tokio::task::spawn_blocking(move || test(Scene { url, a, b, operator })).await.unwrap();
}

// Catches a face on which a community meets the feed of another one, or one that is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn a_community_sees_its_own_feeds() {
    with_scene(|scene| {
        let (of_a, community) = scene.create(&scene.a, "secret of a", "malware");
        assert_eq!(community, A);
        let (of_operator, community) = scene.create(&scene.operator, "secret of all", "malware");
        assert_eq!(community, Value::Null);
        for id in [&of_a, &of_operator] {
            for target in [
                format!("feeds/{id}"),
                format!("collections/{id}/objects"),
                format!("collections/{id}/objects?format=text"),
                format!("collections/{id}/objects?format=csv&limit=1"),
                format!("collections/{id}/patterns"),
                format!("reports?feed_id={id}"),
                format!("taxii-server/collections/{id}/"),
                format!("taxii-server/collections/{id}/objects/"),
                format!("taxii-server/collections/{id}/manifest/"),
            ] {
                let (status, body) = scene.get(&scene.b, &target);
                assert_eq!(status, 404, "{target}: {body}");
                assert!(!body.contains("secret of"), "{target}: {body}");
            }
            let change = r#"{"data":{"title":"taken"}}"#;
            assert_eq!(scene.ask(&scene.b, "PUT", &format!("feeds/{id}"), change).0, 404);
            assert_eq!(scene.ask(&scene.b, "DELETE", &format!("feeds/{id}"), "").0, 404);
            for list in [
                "feeds".to_owned(),
                "feeds?term=secret".to_owned(),
                format!("feeds?match[id]={id}"),
            ] {
                let (status, body) = scene.get(&scene.b, &list);
                assert_eq!((status, body.contains("secret of")), (200, false), "{list}: {body}");
            }
        }
        let total = |key| scene.json(key, "feeds")["total"].as_u64();
        let totals = (total(&scene.a), total(&scene.b), total(&scene.operator));
        assert_eq!(totals, (Some(2), Some(1), Some(3)));
        let collections = |key| {
            let list = scene.json(key, "taxii-server/collections/");
            list["collections"].as_array().unwrap().len()
        };
        let counts = (collections(&scene.a), collections(&scene.b), collections(&scene.operator));
        assert_eq!(counts, (2, 1, 3));
        assert_eq!(scene.get(&scene.a, &format!("feeds/{of_a}")).0, 200);
        assert_eq!(scene.get(&scene.a, &format!("feeds/{of_operator}")).0, 404);
        assert_eq!(scene.get(&scene.operator, &format!("collections/{of_a}/objects")).0, 200);
        let default = format!("collections/{}/objects", FeedId::DEFAULT);
        assert_eq!(scene.get(&scene.b, &default).0, 200);
        assert_eq!(scene.ask(&scene.a, "DELETE", &format!("feeds/{of_a}"), "").0, 204);
    })
    .await;
}

// Catches a cursor that opens the feed of another community, as it was given out or with one character changed.
#[tokio::test(flavor = "multi_thread")]
async fn no_cursor_opens_the_feed_of_another_community() {
    with_scene(|scene| {
        let (of_a, _) = scene.create(&scene.a, "of a", "malware");
        let (of_b, _) = scene.create(&scene.b, "of b", "intrusion-set");
        let page = scene.json(&scene.a, &format!("collections/{of_a}/objects?limit=1"));
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        let cursor = page["next_cursor"].as_str().unwrap();
        let mut cursors = vec![cursor.to_owned()];
        for place in 0..cursor.len() {
            for other in ["A", "z", "0", "-"] {
                let mut edited = cursor.to_owned();
                edited.replace_range(place..=place, other);
                cursors.push(edited);
            }
        }
        for cursor in cursors {
            let (status, body) =
                scene.get(&scene.b, &format!("collections/{of_a}/objects?cursor={cursor}"));
            assert_eq!(status, 404, "{cursor}: {body}");
            let taxii = format!("taxii-server/collections/{of_a}/objects/?next={cursor}");
            assert_eq!(scene.get(&scene.b, &taxii).0, 404, "{cursor}");
            let (status, body) =
                scene.get(&scene.b, &format!("collections/{of_b}/objects?cursor={cursor}"));
            assert!(matches!(status, 200 | 400), "{cursor}: {body}");
            assert!(!body.contains(r#""type":"malware""#), "{cursor}: {body}");
        }
    })
    .await;
}
