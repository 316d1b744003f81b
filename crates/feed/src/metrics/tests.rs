//! Tests of the figures: that they add up, and that their text can be read.

use std::future;

use inthreat_store::MemorySink;

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
    assert!(!metrics.render().contains("lag_seconds{"), "the lag is not known yet");
    consumer.pull(future::pending()).await.unwrap();
    feed.script([Some(unauthorized)]);
    consumer.pull(future::pending()).await.unwrap_err();
    let text = metrics.render();
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
