//! The contracts, on a NATS server with JetStream that runs.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail loudly and say what they skip"
)]

use std::{env, time::Duration};

use async_nats::jetstream::{self, consumer};
use async_trait::async_trait;
use futures_util::StreamExt;
use inthreat_api::FeedId;
use inthreat_nats::{NatsCursorStore, NatsOptions, NatsSink};
use inthreat_stix::{RawObject, split};
use inthreat_store::{
    Batch, ErrorKind, Sink, Written,
    conformance::{self, Elapse, Inspect},
};

/// The server's own clock has to be waited for.
struct ServerClock;

#[async_trait]
impl Elapse for ServerClock {
    async fn elapse(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The URL of the server; `None`, and a line that says so, where there is none.
fn url(test: &str) -> Option<String> {
    let url = env::var("INTHREAT_TEST_NATS").ok();
    if url.is_none() {
        println!("skipped: nats::{test}: INTHREAT_TEST_NATS is not set");
    }
    url
}

/// Options under names that no other test uses, and that nothing stands under.
async fn options(url: &str, name: &str) -> NatsOptions {
    let context = jetstream::new(async_nats::connect(url).await.unwrap());
    // They are there when the test ran before.
    let _ = context.delete_stream(format!("TEST-{name}")).await;
    let _ = context.delete_stream(format!("KV_test-{name}")).await;
    NatsOptions::default()
        .with_stream(format!("TEST-{name}"))
        .with_subject(format!("test-{name}"))
        .with_bucket(format!("test-{name}"))
}

/// Reads a stream as a worker would.
struct Reader {
    stream: jetstream::stream::Stream,
    subject: String,
}

impl Reader {
    async fn new(url: &str, options: &NatsOptions) -> Self {
        let context = jetstream::new(async_nats::connect(url).await.unwrap());
        let stream = context.get_stream(&options.stream).await.unwrap();
        Self { stream, subject: options.subject.clone() }
    }

    async fn messages(&self, rest: &str) -> Vec<jetstream::Message> {
        let config = consumer::pull::Config {
            filter_subject: format!("{}.{rest}", self.subject),
            ..consumer::pull::Config::default()
        };
        let consumer = self.stream.create_consumer(config).await.unwrap();
        let mut all = Vec::new();
        loop {
            let mut found = consumer.fetch().max_messages(500).messages().await.unwrap();
            let before = all.len();
            while let Some(message) = found.next().await {
                all.push(message.unwrap());
            }
            if all.len() == before {
                return all;
            }
        }
    }
}

#[async_trait]
impl Inspect for Reader {
    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let messages = self.messages("objects.>").await;
        let id = |message: &jetstream::Message| {
            message.headers.as_ref().unwrap().get("Inthreat-Id").unwrap().to_string()
        };
        messages.iter().map(|message| (id(message), message.payload.to_vec())).collect()
    }

    async fn quarantine(&self) -> Vec<Vec<u8>> {
        let messages = self.messages("quarantine").await;
        messages.iter().map(|message| message.payload.to_vec()).collect()
    }
}

fn batch(texts: &[String]) -> Batch {
    let mut batch = Batch::new(FeedId::default());
    batch.extend(texts.iter().map(|text| RawObject::new(text.as_str()).unwrap()));
    batch
}

// Catches every breach of the contract, between two openers of one bucket too.
#[tokio::test]
async fn keeps_the_contract_of_cursors() {
    let Some(url) = url("keeps_the_contract_of_cursors") else { return };
    let options = options(&url, "cursors").await;
    let store = NatsCursorStore::open(&url, options.clone()).await.unwrap();
    let other = NatsCursorStore::open(&url, options).await.unwrap();
    conformance::cursor_store(&store).await;
    conformance::leases(&store, &ServerClock).await;
    conformance::shared_cursor_store(&store, &other).await;
    conformance::shared_leases(&store, &other, &ServerClock).await;
}

// Catches bytes that change on the way, a rejected item that is lost, and counts that do not add up. Which version
// is the newest is for who reads the stream.
#[tokio::test]
async fn keeps_the_contract_of_a_log() {
    let Some(url) = url("keeps_the_contract_of_a_log") else { return };
    let options = options(&url, "log").await;
    let sink = NatsSink::open(&url, options.clone()).await.unwrap();
    let reader = Reader::new(&url, &options).await;
    conformance::batch_is_kept_byte_for_byte(&sink, &reader).await;
    conformance::rejected_items_are_kept(&sink, &reader).await;
    conformance::writing_again_changes_nothing(&sink, &reader).await;
    conformance::counts_add_up(&sink, &reader).await;
    conformance::empty_batch_changes_nothing(&sink, &reader).await;
}

// Catches an order that is lost, a message that is written twice, one of the same instant with other bytes that is
// taken for a copy, and types that meet in one subject.
#[tokio::test]
async fn a_stream_has_each_version_once_in_order() {
    let Some(url) = url("a_stream_has_each_version_once_in_order") else { return };
    let options = options(&url, "order").await.with_in_flight_max(7);
    let sink = NatsSink::open(&url, options.clone()).await.unwrap();
    let texts: Vec<String> = (0..500)
        .map(|n| {
            format!(r#"{{"type":"x.{}","id":"x-a--{n}","modified":"2020-01-01T00:00:00Z"}}"#, n % 2)
        })
        .collect();
    assert_eq!(sink.write(batch(&texts)).await.unwrap(), Written::new(500, 0, 0, 0));
    let again = NatsSink::open(&url, options.clone()).await.unwrap();
    assert_eq!(again.write(batch(&texts)).await.unwrap(), Written::new(0, 500, 0, 0));
    let other = [texts[0].replace("Z\"", "Z\",\"n\":1")];
    assert_eq!(sink.write(batch(&other)).await.unwrap(), Written::new(1, 0, 0, 0));
    let reader = Reader::new(&url, &options).await;
    let found: Vec<String> = reader
        .contents()
        .await
        .into_iter()
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(found, [texts.as_slice(), &other].concat());
    assert_eq!(reader.messages("objects.x=2E1").await.len(), 250);
}

// Catches an object that the server does not take and that nobody is told of.
#[tokio::test]
async fn what_is_too_long_is_named() {
    let Some(url) = url("what_is_too_long_is_named") else { return };
    let sink = NatsSink::open(&url, options(&url, "long").await).await.unwrap();
    let text = format!(r#"{{"type":"x-a","id":"x-a--long","n":"{}"}}"#, "n".repeat(1 << 20));
    let error = sink.write(batch(&[text])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full, "{error}");
    assert!(error.to_string().contains("x-a--long"), "{error}");
    let rejected = split::document("[42]").rejected;
    let mut given = Batch::new(FeedId::default());
    given.rejected = rejected;
    assert_eq!(sink.write(given).await.unwrap().quarantined, 1);
}
