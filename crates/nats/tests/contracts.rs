//! The contracts, on a NATS server with JetStream that runs.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use async_nats::jetstream::{self, consumer};
use async_trait::async_trait;
use futures_util::StreamExt;
use inthreat_api::FeedId;
use inthreat_nats::{NatsCursorStore, NatsOptions, NatsSink};
use inthreat_stix::{RawObject, split};
use inthreat_store::{
    Batch, ErrorKind, Sink, Written,
    conformance::{self, Inspect},
};
use tokio::time::sleep;

/// The URL of the server, where there is one.
fn url(test: &str) -> Option<String> {
    conformance::server_url("INTHREAT_TEST_NATS", &format!("nats::{test}"))
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

// Catches every breach of the contract, between two openers of one bucket too, and a bucket that is made by looking.
#[tokio::test]
async fn keeps_the_contract_of_cursors() {
    let Some(url) = url("keeps_the_contract_of_cursors") else { return };
    let options = options(&url, "cursors").await;
    let looking = options.clone().with_makes_bucket(false);
    let absent = NatsCursorStore::open(&url, looking.clone()).await.err().unwrap();
    assert_eq!(absent.kind(), ErrorKind::Incompatible, "{absent}");
    let store = NatsCursorStore::open(&url, options.clone()).await.unwrap();
    NatsCursorStore::open(&url, looking).await.unwrap();
    let other = NatsCursorStore::open(&url, options).await.unwrap();
    conformance::cursor_store(&store).await;
    conformance::leases(&store, &sleep).await;
    conformance::shared_cursor_store(&store, &other).await;
    conformance::shared_leases(&store, &other, &sleep).await;
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

// Catches an object that stops the feed because the server does not take it whole, that is lost, torn or counted as
// written, or that keeps its neighbours back; and a rejected item that does the same.
#[tokio::test]
async fn what_is_too_long_is_set_aside() {
    let Some(url) = url("what_is_too_long_is_set_aside") else { return };
    let options = options(&url, "long").await;
    let sink = NatsSink::open(&url, options.clone()).await.unwrap();
    let object = |name: &str, length: usize| {
        format!(r#"{{"type":"x-a","id":"x-a--{name}","n":"{}"}}"#, "n".repeat(length))
    };
    let long = object("long", 3 << 20);
    let mut given = batch(&[object("before", 1), long.clone(), object("after", 1)]);
    let item = format!(r#""{}""#, "m".repeat(1 << 20));
    given.rejected = split::document(format!("[{item}]")).rejected;
    assert_eq!(sink.write(given.clone()).await.unwrap(), Written::new(2, 0, 0, 2));
    // What is set aside again is there once.
    assert_eq!(sink.write(given).await.unwrap(), Written::new(0, 2, 0, 2));
    let reader = Reader::new(&url, &options).await;
    let ids: Vec<_> = reader.contents().await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["x-a--before", "x-a--after"]);
    let messages = reader.messages("quarantine").await;
    let header = |message: &jetstream::Message, name: &str| {
        message.headers.as_ref().unwrap().get(name).unwrap().to_string()
    };
    let parts: Vec<_> = messages.iter().map(|m| header(m, "Inthreat-Part")).collect();
    assert_eq!(parts, ["1", "2", "3", "4", "1", "2"]);
    assert!(messages[..4].iter().all(|m| header(m, "Inthreat-Parts") == "4"));
    let joined = |range: std::ops::Range<usize>| -> Vec<u8> {
        messages[range].iter().flat_map(|message| message.payload.to_vec()).collect()
    };
    assert!(joined(0..4) == long.as_bytes() && joined(4..6) == item.as_bytes());
    assert!(header(&messages[0], "Inthreat-Reason").contains("`x-a--long` has"));
}
