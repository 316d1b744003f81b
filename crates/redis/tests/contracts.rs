//! The contracts, on a Redis that runs.
#![expect(clippy::unwrap_used, reason = "tests fail loudly")]

use inthreat_redis::{RedisCursorStore, RedisOptions};
use inthreat_store::{Commit, CursorKey, CursorStore, ErrorKind, conformance};
use redis::AsyncCommands;
use tokio::time::sleep;

/// The URL of the server, where there is one.
fn url(test: &str) -> Option<String> {
    conformance::server_url("INTHREAT_TEST_REDIS", &format!("redis::{test}"))
}

async fn connection(url: &str) -> redis::aio::MultiplexedConnection {
    redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// A store under a prefix of its own, which is empty.
async fn open(url: &str, prefix: &str) -> RedisCursorStore {
    let hash = format!("{prefix}:cursors");
    connection(url).await.del::<_, ()>(&hash).await.unwrap();
    again(url, prefix).await
}

async fn again(url: &str, prefix: &str) -> RedisCursorStore {
    RedisCursorStore::open(url, RedisOptions::default().with_prefix(prefix)).await.unwrap()
}

// Catches every breach of the contract, between two openers of one server too.
#[tokio::test]
async fn keeps_the_contract() {
    let Some(url) = url("keeps_the_contract") else { return };
    let store = open(&url, "inthreat-test-contract").await;
    let other = again(&url, "inthreat-test-contract").await;
    conformance::cursor_store(&store).await;
    conformance::leases(&store, &sleep).await;
    conformance::shared_cursor_store(&store, &other).await;
    conformance::shared_leases(&store, &other, &sleep).await;
}

// Catches stores under two prefixes that see each other, and a record of somebody else that passes for "never read".
#[tokio::test]
async fn prefixes_are_apart_and_damage_is_told() {
    let Some(url) = url("prefixes_are_apart_and_damage_is_told") else { return };
    let (one, two) = (open(&url, "inthreat-test-one").await, open(&url, "inthreat-test-two").await);
    let key: CursorKey = "k".parse().unwrap();
    one.commit(Commit::new(key.clone(), 0, "c".parse().unwrap())).await.unwrap();
    assert_eq!(two.load(&key).await.unwrap().generation, 0);
    let mut connection = connection(&url).await;
    for (bad, kind) in [
        ("damaged", ErrorKind::Corrupt),
        (r#"{"version":1,"key":"other","generation":1}"#, ErrorKind::Corrupt),
        (r#"{"version":9,"key":"k","generation":1}"#, ErrorKind::Incompatible),
    ] {
        connection.hset::<_, _, _, ()>("inthreat-test-one:cursors", "k", bad).await.unwrap();
        assert_eq!(one.load(&key).await.unwrap_err().kind(), kind, "{bad}");
        let commit = Commit::new(key.clone(), 1, "d".parse().unwrap());
        assert_eq!(one.commit(commit).await.unwrap_err().kind(), kind, "{bad}");
    }
}
