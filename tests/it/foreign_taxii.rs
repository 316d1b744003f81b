//! The client of TAXII 2.1 against medallion, the server of the OASIS committee.
//!
//! `cargo xtask services` installs it; without it, or without its sample collection in `../shared`, the test says that
//! it is skipped.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    pin::pin,
    process::{Child, Command, Stdio},
};

use inthreat_api::{Collections, ErrorKind, FeedId, PageRequest, Pager};
use inthreat_http::{ApiKey, ClientOptions, TaxiiClient};
use inthreat_stix::Id;
use inthreat_wire::taxii::TaxiiFilter;

const COLLECTION: &str = "91a7b528-80eb-42ed-a74d-c6fbd5a26116";
const INDICATOR: &str = "indicator--6770298f-0fd8-471a-ab8c-1c658a46574e";

/// A server that ends with the test.
struct Medallion {
    child: Child,
    url: String,
}

impl Medallion {
    /// Starts it with its own sample data; `None`, and a line that says why, where something is missing.
    fn start(folder: &Path) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let program = root.join("target/services/medallion/bin/medallion");
        let program = env::var_os("INTHREAT_MEDALLION").map_or(program, PathBuf::from);
        let data = root.join("../shared/data/corpora/examples/taxii-server-default_data.json");
        for (path, what) in [(&program, "medallion"), (&data, "../shared")] {
            if !path.exists() {
                skip(what);
                return None;
            }
        }
        let config = serde_json::json!({
            "backend": {
                "module": "medallion.backends.memory_backend",
                "module_class": "MemoryBackend",
                "filename": data,
            },
            "users": { "admin": "Password0" },
            "taxii": { "max_page_size": 100 },
        });
        let path = folder.join("medallion.json");
        fs::write(&path, config.to_string()).unwrap();
        // The port is free for a moment at least; a server of others cannot choose one by itself.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .arg(path)
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.is_ok_and(|line| line.contains("Running on"))),
            "medallion does not start"
        );
        // What it says from here on goes nowhere, but it must be able to say it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, url: format!("http://127.0.0.1:{port}") })
    }

    fn client(&self, path: &str, password: &str) -> TaxiiClient {
        let options = ClientOptions::default().with_key(ApiKey::new(password).unwrap());
        TaxiiClient::with_user(&format!("{}{path}", self.url), "admin", options).unwrap()
    }
}

impl Drop for Medallion {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
fn skip(what: &str) {
    println!("skipped: a_foreign_server_is_read: {what} is absent");
}

async fn read(client: &TaxiiClient, feed: &FeedId, limit: u32) -> Vec<String> {
    use std::future::poll_fn;

    use futures_core::Stream as _;

    let request = PageRequest::new(feed.clone()).with_limit(limit);
    let mut pages = pin!(Pager::new(request, |request| client.page(request)));
    let mut ids = Vec::new();
    while let Some(page) = poll_fn(|context| pages.as_mut().poll_next(context)).await {
        let page = page.unwrap();
        assert!(page.rejected.is_empty());
        ids.extend(page.objects.iter().map(|object| object.id().unwrap().to_owned()));
    }
    ids
}

// Catches a client that only understands servers of its own kind.
#[tokio::test]
async fn a_foreign_server_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let Some(server) = Medallion::start(folder.path()) else { return };
    let feed: FeedId = COLLECTION.parse().unwrap();

    let discovery = server.client("", "Password0").discovery().await.unwrap();
    assert!(discovery.api_roots.iter().any(|root| root.ends_with("/trustgroup1/")));
    let client = server.client("/trustgroup1/", "Password0");
    assert!(!client.api_root().await.unwrap().versions.is_empty());
    let collections = client.collections().await.unwrap();
    assert!(collections.iter().any(|collection| collection.id == COLLECTION));
    assert!(client.collection(feed.clone()).await.unwrap().can_read);

    // Pages of any length hold the same objects, each once.
    let whole = read(&client, &feed, 100).await;
    assert!(whole.len() > 4, "{whole:?}");
    for limit in [1, 2, 3] {
        let pages = read(&client, &feed, limit).await;
        assert_eq!(pages, whole, "in pages of {limit}");
    }
    let manifest = client.manifest(feed.clone(), TaxiiFilter::default()).await.unwrap();
    let named: BTreeSet<_> = manifest.objects.iter().map(|record| record.id.to_string()).collect();
    assert_eq!(named, whole.iter().cloned().collect());

    let indicator = Id::lenient(INDICATOR).unwrap();
    let versions = client.versions(feed.clone(), indicator.clone(), TaxiiFilter::default()).await;
    let versions = versions.unwrap().versions;
    let mut filter = TaxiiFilter::default();
    filter.versions = vec!["all".into()];
    let objects = client.object(feed.clone(), indicator, filter).await.unwrap().objects;
    assert_eq!(objects.len(), versions.len());

    let request = PageRequest::new(feed.clone()).with_types(["malware"]);
    let malware = client.page(request).await.unwrap().objects;
    assert!(!malware.is_empty());
    assert!(malware.iter().all(|object| object.object_type() == Some("malware")));

    let stranger = server.client("/trustgroup1/", "wrong").collections().await.unwrap_err();
    assert_eq!(stranger.kind(), ErrorKind::Unauthorized);
    let nothing = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    let error = client.page(PageRequest::new(nothing)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
