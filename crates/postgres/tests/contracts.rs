//! The contracts, on a PostgreSQL that runs.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use async_trait::async_trait;
use inthreat_api::FeedId;
use inthreat_postgres::{PostgresOptions, PostgresStore};
use inthreat_stix::{Id, RawObject};
use inthreat_store::{
    Batch, Commit, CursorStore, ErrorKind, Quarantine, Sink, TransactionalSink,
    conformance::{self, Inspect},
};
use tokio::time::sleep;
use tokio_postgres::NoTls;

struct Inspector(PostgresStore);

#[async_trait]
impl Inspect for Inspector {
    async fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<(String, Vec<u8>)> = Vec::new();
        loop {
            let after = all.last().map(|(id, _)| Id::lenient(id).unwrap());
            let page = self.0.objects_after(after.as_ref(), 100).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page.iter().map(|o| (o.id().unwrap().to_owned(), o.as_bytes().to_vec())));
        }
    }

    async fn quarantine(&self) -> Vec<Vec<u8>> {
        let items = self.0.quarantined(0, 1000).await.unwrap();
        items.into_iter().map(|item| item.bytes).collect()
    }
}

/// The URL of the server, where there is one.
fn url(test: &str) -> Option<String> {
    conformance::server_url("INTHREAT_TEST_POSTGRES", &format!("postgres::{test}"))
}

async fn run(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
}

/// A store in a schema of its own, which is empty.
async fn open(url: &str, schema: &str) -> PostgresStore {
    run(url, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
    again(url, schema).await
}

async fn again(url: &str, schema: &str) -> PostgresStore {
    PostgresStore::open(url, PostgresOptions::default().with_schema(schema)).await.unwrap()
}

fn batch(texts: &[&str]) -> Batch {
    let mut batch = Batch::new(FeedId::default());
    batch.extend(texts.iter().map(|text| RawObject::new(*text).unwrap()));
    batch
}

// Catches every breach of the contracts, between two openers of one database too.
#[tokio::test]
async fn keeps_the_contracts() {
    let Some(url) = url("keeps_the_contracts") else { return };
    let store = open(&url, "inthreat_test_contracts").await;
    let inspect = Inspector(again(&url, "inthreat_test_contracts").await);
    conformance::transactional_sink(&store, &inspect).await;
    conformance::holdings(&store, &store).await;
    conformance::leases(&store, &sleep).await;
    conformance::transactional_leases(&store, &inspect, &sleep).await;
    conformance::shared_cursor_store(&store, &inspect.0).await;
    conformance::shared_leases(&store, &inspect.0, &sleep).await;
}

// Catches tables that two programs make at once, and ones of a newer program that are written to.
#[tokio::test]
async fn tables_are_made_once_and_newer_ones_refused() {
    let Some(url) = url("tables_are_made_once_and_newer_ones_refused") else { return };
    let schema = "inthreat_test_schema";
    run(&url, &format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await;
    let (one, two, three) =
        tokio::join!(again(&url, schema), again(&url, schema), again(&url, schema));
    let key: inthreat_store::CursorKey = "k".parse().unwrap();
    one.commit(Commit::new(key.clone(), 0, "c".parse().unwrap())).await.unwrap();
    assert_eq!(two.load(&key).await.unwrap(), three.load(&key).await.unwrap());
    run(&url, &format!("UPDATE {schema}.version SET version = 99")).await;
    let options = PostgresOptions::default().with_schema(schema);
    let error = PostgresStore::open(&url, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("version 99, expected 1"), "{error}");
    let options =
        PostgresOptions::default().with_schema("inthreat_test_absent").with_makes_tables(false);
    let error = PostgresStore::open(&url, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
    let options = PostgresOptions::default().with_schema("a; DROP TABLE x");
    let error = PostgresStore::open(&url, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible, "{error}");
}

// Catches an object that JSON allows and `jsonb` does not, which would hold the feed up for ever.
#[tokio::test]
async fn what_jsonb_cannot_hold_is_kept() {
    let Some(url) = url("what_jsonb_cannot_hold_is_kept") else { return };
    let store = open(&url, "inthreat_test_jsonb").await;
    let texts = [
        r#"{"type":"x-a","id":"x-a--nul","name":"a\u0000b"}"#,
        r#"{"type":"x\u0000a","id":"x-a--type"}"#,
        r#"{"type":"x-a","id":"x-a--surrogate","name":"\ud83d"}"#,
        r#"{"type":"x-a","id":"x-a--number","n":1e999999}"#,
        r#"{"type":"x-a","id":"x-a--plain","modified":"2016-12-31T23:59:60.5Z"}"#,
    ];
    assert_eq!(store.write(batch(&texts)).await.unwrap().accepted, 5);
    for text in texts {
        let id = RawObject::new(text).unwrap().id().unwrap().to_owned();
        let found = store.get(&Id::lenient(&id).unwrap()).await.unwrap().unwrap();
        assert_eq!(found.as_str(), text);
    }
    let query = "DO $$ BEGIN ASSERT (SELECT count(object) = 1 AND count(modified) = 1
        FROM inthreat_test_jsonb.objects); END $$";
    run(&url, query).await;
}

// Catches writers of the same objects that block each other, and an older version that wins a race.
#[tokio::test]
async fn many_writers_end_with_the_newest() {
    let Some(url) = url("many_writers_end_with_the_newest") else { return };
    let store = std::sync::Arc::new(open(&url, "inthreat_test_writers").await);
    let writers: Vec<_> = (0..8)
        .map(|writer: usize| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move {
                let key: inthreat_store::CursorKey = format!("writer-{writer}").parse().unwrap();
                for round in 0..5_usize {
                    let texts: Vec<String> = (0..60)
                        .map(|n| {
                            let n = (n * 7 + writer * 13) % 60;
                            let second = (writer + round) % 10;
                            format!(r#"{{"type":"x-a","id":"x-a--{n}","modified":"2020-01-01T00:00:0{second}Z"}}"#)
                        })
                        .collect();
                    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
                    let commit = Commit::new(key.clone(), round as u64, "c".parse().unwrap());
                    store.write_and_commit(batch(&texts), commit).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let found = store.objects_after(None, 1000).await.unwrap();
    assert_eq!(found.len(), 60);
    for object in found {
        assert_eq!(object.modified().unwrap().to_string(), "2020-01-01T00:00:09Z");
    }
}

// Catches a paused consumer whose open transaction keeps others from the cursor for ever.
#[tokio::test]
async fn a_paused_transaction_is_given_up() {
    let Some(url) = url("a_paused_transaction_is_given_up") else { return };
    let schema = "inthreat_test_paused";
    let store = open(&url, schema).await;
    let key: inthreat_store::CursorKey = "paused".parse().unwrap();
    store.commit(Commit::new(key.clone(), 0, "c".parse().unwrap())).await.unwrap();
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let lock = format!(
        "SET idle_in_transaction_session_timeout = 500; BEGIN;
         SELECT FROM {schema}.cursors WHERE key = 'paused' FOR UPDATE"
    );
    client.batch_execute(&lock).await.unwrap();
    store.commit(Commit::new(key, 1, "d".parse().unwrap())).await.unwrap();
    drop(client);
    let _ = connection.await;
}

// Catches every promise of a quarantine that is not kept.
#[tokio::test]
async fn keeps_the_contract_of_a_quarantine() {
    let Some(url) = url("keeps_the_contract_of_a_quarantine") else { return };
    conformance::quarantine(&open(&url, "inthreat_test_quarantine").await).await;
}
