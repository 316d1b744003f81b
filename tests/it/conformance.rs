//! One contract for all: a client of a server of a replica answers as the replica itself does.

use std::{net::TcpListener, path::Path, sync::Arc};

use inthreat_api::{IntelligenceCenter, conformance, retry::RetryOptions};
use inthreat_http::{Client, ClientOptions};
use inthreat_replica::{Options, Replica};
use inthreat_server::{ServerOptions, serve};
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Sink as _};

fn batch(objects: Vec<RawObject>) -> Batch {
    let mut batch = Batch::default();
    batch.extend(objects);
    batch
}

/// A replica of the scene, and where a server answers from it.
pub(crate) async fn served(folder: &Path) -> (Arc<Replica>, String) {
    let replica = Arc::new(Replica::create_or_open(folder, Options::default()).unwrap());
    replica.write(batch(conformance::scene())).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let center: Arc<dyn IntelligenceCenter> = Arc::clone(&replica) as _;
    tokio::spawn(serve(listener, center, ServerOptions::default(), std::future::pending()));
    (replica, url)
}

// Catches every answer that loses or changes something on its way over the wire.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_behind_a_server_and_a_client_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let (replica, url) = served(folder.path()).await;
    let options = ClientOptions::default().with_retry(RetryOptions::never());
    let client = Client::new(&url, options).unwrap();
    conformance::intelligence_center(&client).await;
    conformance::kept_feeds(&client).await;
    let end = conformance::end_of_feed(&client).await;
    replica.write(batch(conformance::news())).await.unwrap();
    conformance::news_follow_the_end(&client, end).await;
}
