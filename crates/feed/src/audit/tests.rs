//! Tests of the comparison: what differs is found, and nothing else.

use std::{collections::BTreeSet, future};

use inthreat_store::{Batch, MemorySink, Sink};

use super::*;
use crate::testing::{MemoryFeed, NOW, TestTimer, aged, instant};

async fn sink(objects: impl IntoIterator<Item = RawObject>) -> Arc<MemorySink> {
    let sink = Arc::new(MemorySink::new());
    let mut batch = Batch::default();
    batch.extend(objects);
    sink.write(batch).await.unwrap();
    sink
}

async fn audit(
    feed: &Arc<MemoryFeed>,
    sink: &Arc<MemorySink>,
    options: AuditOptions,
) -> AuditReport {
    let (feed, sink) = (Arc::<MemoryFeed>::clone(feed), Arc::<MemorySink>::clone(sink));
    let audit = Audit::new(feed, sink, options).with_timer(TestTimer::skipping());
    audit.run(future::pending()).await.unwrap()
}

fn options() -> AuditOptions {
    let mut options = AuditOptions::default();
    options.request.limit = Some(2);
    options
}

fn revoked(name: &str, age: i64) -> RawObject {
    let text = aged(name, age).as_str().replace('}', r#","revoked":true}"#);
    RawObject::new(text).unwrap()
}

// Catches a difference that is not found or told as another, and one that is none: a sink that is ahead.
#[tokio::test]
async fn what_differs_is_found() {
    let feed = MemoryFeed::new([
        aged("same", 500),
        aged("missing", 400),
        aged("stale", 300),
        revoked("revoked", 200),
        aged("ahead", 150),
        aged("new", 100),
    ]);
    let sink = sink([
        aged("same", 500),
        aged("stale", 301),
        aged("revoked", 200),
        aged("ahead", 1),
        aged("of another feed", 1),
    ])
    .await;
    let report = audit(&feed, &sink, options().with_until(instant(NOW - 150))).await;
    let found: Vec<_> = report.drift.iter().map(|d| (d.id.as_str(), d.kind)).collect();
    let expected = [
        ("x-a--missing", DriftKind::Missing),
        ("x-a--stale", DriftKind::Stale),
        ("x-a--revoked", DriftKind::Revoked),
    ];
    assert_eq!(found, expected);
    assert_eq!((report.compared, report.passed_over), (5, 1));
    assert_eq!((report.missing, report.stale, report.revoked), (1, 1, 1));
    assert_eq!(report.drift[1].held, Some(instant(NOW - 301)));
    assert!(!report.is_clean());

    let told = audit(&feed, &sink, options().with_told_max(1)).await;
    assert_eq!((told.drift.len(), told.missing), (1, 2));
    let mut filtered = options();
    filtered.filter = Filter::default().with_types(["tool"]);
    let nothing = audit(&feed, &sink, filtered).await;
    assert!(nothing.is_clean() && nothing.compared == 0, "{nothing:?}");
}

// Catches a sample that differs from time to time, or that is far from what was asked for.
#[tokio::test]
async fn a_sample_is_always_the_same() {
    let feed = MemoryFeed::new((0..500).map(|n| aged(n, 1000 - n)));
    let sink = sink([]).await;
    let sample = || audit(&feed, &sink, options().with_one_of(10));
    let (first, second) = (sample().await, sample().await);
    assert_eq!(first, second);
    assert!((25..=75).contains(&first.compared), "{}", first.compared);
    let ids: BTreeSet<_> = first.drift.iter().map(|drift| &drift.id).collect();
    assert_eq!(ids.len() as u64, first.compared);
}

// Catches a comparison that cannot be stopped.
#[tokio::test]
async fn a_comparison_can_be_stopped() {
    let feed = MemoryFeed::new([aged("a", 1)]);
    let audit = Audit::new(feed, sink([]).await, options());
    assert!(audit.run(future::ready(())).await.unwrap().is_interrupted);
}
