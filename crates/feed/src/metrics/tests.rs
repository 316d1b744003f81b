//! Tests of the figures: that they add up, and that their text can be read.

use std::future;

use async_trait::async_trait;
use inthreat_api::{Collections, Page, PageRequest};
use inthreat_store::{Batch, MemoryCursorStore, MemorySink, Result, Sink};

use super::*;
use crate::{
    Consumer, Filter, Options, Target,
    testing::{MemoryFeed, TestTimer, aged},
};

// Catches figures that differ from what was done, a lag that is no lag, and a line that cannot be read.
#[tokio::test]
async fn figures_are_what_was_done() {
    let metrics = Metrics::new().with_timer(TestTimer::skipping());
    let feed = MemoryFeed::new([aged("a", 300), aged("b", 200), aged("c", 100)]);
    let unauthorized = inthreat_api::Error::new(inthreat_api::ErrorKind::Unauthorized, "no");
    let filter = Filter::default().with_types(["tool", "x-a"]).with_drop_revoked(true);
    let options = Options::default().with_limit(2).with_filter(filter);
    let source = Arc::<MemoryFeed>::clone(&feed);
    let target = Target::transactional(Arc::new(MemorySink::new()));
    let consumer = Consumer::new(source, target, options)
        .with_timer(TestTimer::skipping())
        .with_observer(metrics.observer("a \"feed\"\\"));
    for unknown in ["lag_seconds{", "pulled_seconds{"] {
        assert!(!metrics.render().contains(unknown), "`{unknown}` is not known yet");
    }
    consumer.pull(future::pending()).await.unwrap();
    feed.script([Some(unauthorized)]);
    consumer.pull(future::pending()).await.unwrap_err();
    let text = metrics.render();
    let pulled = text.lines().find(|line| line.starts_with("inthreat_feed_pulled_seconds{"));
    assert!(pulled.is_some(), "{text}");
    for (name, value) in [
        ("pages_total", "3"),
        ("objects_total", "3"),
        ("failures_in_a_row", "1"),
        ("lag_seconds", "100"),
    ] {
        let line = format!("inthreat_feed_{name}{{feed=\"a \\\"feed\\\"\\\\\"}} {value}\n");
        assert!(text.contains(&line), "`{line}` is not in: {text}");
    }
    for (name, kind, value) in [
        ("written_total", "accepted", 3),
        ("runs_total", "caught-up", 1),
        ("runs_total", "failed", 1),
        ("dropped_total", "revoked", 0),
    ] {
        let line = format!(
            "inthreat_feed_{name}{{feed=\"a \\\"feed\\\"\\\\\",kind=\"{kind}\"}} {value}\n"
        );
        assert!(text.contains(&line), "`{line}` is not in: {text}");
    }
    for line in text.lines() {
        let is_known = line.starts_with("# HELP inthreat_feed_")
            || line.starts_with("# TYPE inthreat_feed_")
            || line.starts_with("inthreat_feed_") && line.contains("} ");
        assert!(is_known, "{line}");
    }
}

/// A feed whose first page takes two seconds, and a sink that takes three.
#[derive(Debug)]
struct Slow {
    feed: Arc<MemoryFeed>,
    sink: MemorySink,
    timer: Arc<TestTimer>,
}

#[async_trait]
impl Collections for Slow {
    async fn page(&self, request: PageRequest) -> inthreat_api::Result<Page> {
        if request.cursor.is_none() {
            self.timer.sleep(Duration::from_secs(2)).await;
        }
        self.feed.page(request).await
    }
}

#[async_trait]
impl Sink for Slow {
    async fn write(&self, batch: Batch) -> Result<Written> {
        self.timer.sleep(Duration::from_secs(3)).await;
        self.sink.write(batch).await
    }
}

// Catches time that is counted for the wrong side, or not at all.
#[tokio::test]
async fn time_goes_to_who_took_it() {
    let timer = TestTimer::skipping();
    let slow = Arc::new(Slow {
        feed: MemoryFeed::new([aged("a", 300)]),
        sink: MemorySink::new(),
        timer: Arc::clone(&timer),
    });
    let metrics = Metrics::new();
    let target = Target::separate(Arc::<Slow>::clone(&slow), Arc::new(MemoryCursorStore::new()));
    let consumer = Consumer::new(slow, target, Options::default().with_limit(1))
        .with_timer(timer)
        .with_observer(metrics.observer("x"));
    let report = consumer.pull(future::pending()).await.unwrap();
    assert_eq!([report.fetching, report.writing], [2, 3].map(Duration::from_secs));
    for (kind, value) in [("source", "2.000"), ("sink", "3.000")] {
        let line = format!("inthreat_feed_seconds_total{{feed=\"x\",kind=\"{kind}\"}} {value}\n");
        assert!(metrics.render().contains(&line), "{}", metrics.render());
    }
}
