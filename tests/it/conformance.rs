//! One contract for all: a client of a server of a replica answers as the replica itself does.

use std::{net::TcpListener, path::Path, sync::Arc};

use inthreat_api::{
    Account as _, ErrorKind, Exports as _, Roles, conformance, retry::RetryOptions,
};
use inthreat_http::{Client, ClientOptions};
use inthreat_replica::{Options, Replica};
use inthreat_server::{ServerOptions, serve};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};

/// Some objects as a batch.
pub(crate) fn batch(objects: Vec<RawObject>) -> Batch {
    let mut batch = Batch::default();
    batch.extend(objects);
    batch
}

/// A replica of the scene, and where a server answers from it.
pub(crate) async fn served(folder: &Path) -> (Arc<Replica>, String) {
    served_with(folder, conformance::scene()).await
}

/// A replica of some objects, and where a server answers from it.
pub(crate) async fn served_with(folder: &Path, objects: Vec<RawObject>) -> (Arc<Replica>, String) {
    let replica = Arc::new(Replica::create_or_open(folder, Options::default()).unwrap());
    replica.write(batch(objects)).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let center: Arc<dyn Roles> = Arc::clone(&replica) as _;
    tokio::spawn(serve(listener, center, ServerOptions::default(), std::future::pending()));
    (replica, url)
}

// Catches every answer that loses or changes something on its way over the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_behind_a_server_and_a_client_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let client = client(&url);
    conformance::intelligence_center(&client).await;
    conformance::kept_feeds(&client).await;
    let end = conformance::end_of_feed(&client).await;
    replica.write(batch(conformance::news())).await.unwrap();
    conformance::news_follow_the_end(&client, end).await;
}

// Catches an answer of a further role that loses or changes something on its way over the wire, and a question that the
// server understands differently from what the client asked.
#[tokio::test(flavor = "multi_thread")]
async fn further_roles_behind_a_server_and_a_client_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served_with(folder.path(), conformance::archive()).await;
    conformance::roles(replica.as_ref()).await;
    conformance::roles(&client(&url)).await;
}

// Catches a question about local indicators that loses something on its way over the wire.
#[tokio::test(flavor = "multi_thread")]
async fn ioc_collections_behind_a_server_and_a_client_keep_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served_with(folder.path(), Vec::new()).await;
    conformance::ioc_collections(&client(&url)).await;
    assert!(replica.verify().unwrap().is_sound());
}

// Catches a role that the center does not play and that is answered as if the path, the object or the key were wrong.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_center_plays_no_role_for_is_unsupported() {
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served(folder.path()).await;
    let client = client(&url);
    let errors = [client.export("a".into()).await.unwrap_err()];
    for error in errors {
        assert_eq!((error.kind(), error.status()), (ErrorKind::Unsupported, Some(501)), "{error}");
        assert_eq!(error.code(), Some("INTHREAT501"), "{error}");
    }
    assert_eq!(client.validate_key().await.unwrap().identity.as_deref(), Some("apikey:none"));
}

fn client(url: &str) -> Client {
    Client::new(url, ClientOptions::default().with_retry(RetryOptions::never())).unwrap()
}
