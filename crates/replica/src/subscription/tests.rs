//! Subscriptions in the process that writes and in one that reads.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use inthreat_stix::{Id, split};
use inthreat_store::{Batch, Sink};

use super::*;
use crate::Options;

async fn write(replica: &Replica, numbers: std::ops::Range<u32>) {
    let text = |number| format!(r#"{{"type":"x-t","id":"x-t--{number}"}}"#);
    let mut batch = Batch::default();
    batch.extend(split::ndjson(numbers.map(text).collect::<Vec<_>>().join("\n")).objects);
    replica.write(batch).await.unwrap();
}

fn is_pending(subscription: &mut Subscription) -> bool {
    let mut next = pin!(subscription.next());
    next.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Pending
}

// Catches a sequence that is told twice, told before it is there, or lost with a future that is dropped.
#[tokio::test]
async fn news_are_told_once_and_together() {
    let folder = tempfile::tempdir().unwrap();
    let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
    let mut news = replica.subscribe(0).unwrap();
    assert!(is_pending(&mut news));
    write(&replica, 0..3).await;
    write(&replica, 3..5).await;
    assert_eq!(news.next().await, Some(5));
    write(&replica, 0..5).await;
    assert!(is_pending(&mut news));
    write(&replica, 5..500).await;
    assert_eq!(replica.subscribe(7).unwrap().next().await, Some(500));
    assert!(is_pending(&mut replica.subscribe(500).unwrap()));
    drop(replica);
    assert_eq!(news.next().await, Some(500));
    assert_eq!((news.next().await, news.next().await), (None, None));
    let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
    assert_eq!(replica.subscribe(0).unwrap().next().await, Some(500));
}

// Catches a process that reads and is never told, or told of what it cannot find yet.
#[tokio::test]
async fn others_are_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Replica::create_or_open(folder.path(), Options::default()).unwrap();
    let options = Options::default().with_watch_interval(Duration::from_millis(1));
    let reader = Replica::open(folder.path(), options).unwrap();
    let mut news = reader.subscribe(0).unwrap();
    assert!(is_pending(&mut news));
    write(&writer, 0..300).await;
    assert_eq!(news.next().await, Some(300));
    let found = reader.get(&Id::lenient("x-t--299").unwrap()).unwrap();
    assert!(found.is_some());
    write(&writer, 300..301).await;
    assert_eq!(reader.subscribe(300).unwrap().next().await, Some(301));
    assert_eq!(news.next().await, Some(301));
    drop(reader);
    assert_eq!(news.next().await, None);
}
