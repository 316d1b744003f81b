//! Figures about feeds in the text format of Prometheus.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use inthreat_api::Timer;
use inthreat_stix::Timestamp;
use inthreat_store::Written;

use crate::{Dropped, Event, Observer, Outcome, timer::SystemTimer};

/// Counts what happens in any number of feeds, and writes it in the text format of Prometheus.
///
/// Every figure has the label `feed`. The lag is the time from the newest `modified` that was delivered until now, so
/// that it grows while a feed stands still, whatever the reason.
///
/// ```
/// use inthreat_feed::Metrics;
///
/// let metrics = Metrics::new();
/// let observer = metrics.observer("default");
/// # drop(observer);
/// assert!(metrics.render().contains("inthreat_feed_objects_total{feed=\"default\"} 0"));
/// ```
#[derive(Clone, Debug)]
pub struct Metrics {
    feeds: Arc<Mutex<BTreeMap<String, Figures>>>,
    timer: Arc<dyn Timer>,
}

/// What is known of one feed.
#[derive(Clone, Debug, Default)]
struct Figures {
    pages: u64,
    objects: u64,
    bytes: u64,
    batches: u64,
    written: Written,
    dropped: Dropped,
    resolved: u64,
    unresolved: u64,
    fetching: Duration,
    writing: Duration,
    caught_up: u64,
    interrupted: u64,
    failed: u64,
    restarts: u64,
    failures_in_a_row: u32,
    newest: Option<Timestamp>,
    /// When a run last reached the end of the feed, in seconds since 1970.
    pulled: Option<i64>,
}

struct FeedObserver {
    feed: String,
    metrics: Metrics,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { feeds: Arc::default(), timer: Arc::new(SystemTimer::default()) }
    }
}

impl Metrics {
    /// Figures about no feed yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets where the time comes from, in the place of the system.
    #[must_use]
    pub fn with_timer(mut self, timer: Arc<dyn Timer>) -> Self {
        self.timer = timer;
        self
    }

    /// Counts what happens in a feed. Two observers of one name count together.
    pub fn observer(&self, feed: impl Into<String>) -> Arc<dyn Observer> {
        let feed = feed.into();
        self.feeds().entry(feed.clone()).or_default();
        Arc::new(FeedObserver { feed, metrics: self.clone() })
    }

    /// All figures, as of now.
    pub fn render(&self) -> String {
        let now = self.timer.unix_seconds();
        let feeds = self.feeds().clone();
        let mut text = Text { out: String::new(), feeds };
        text.counter("pages", "Pages that were fetched.", |f| vec![("", f.pages)]);
        text.counter("objects", "Items that were delivered.", |f| vec![("", f.objects)]);
        text.counter("bytes", "Bytes of these items.", |f| vec![("", f.bytes)]);
        text.counter("batches", "Batches that are durable.", |f| vec![("", f.batches)]);
        text.counter("written", "What the sink made of items.", |f| {
            let w = f.written;
            vec![
                ("accepted", w.accepted),
                ("unchanged", w.unchanged),
                ("outdated", w.outdated),
                ("quarantined", w.quarantined),
                ("withheld", w.withheld),
            ]
        });
        text.counter("dropped", "Items that were dropped, by reason.", |f| {
            f.dropped.counts().to_vec()
        });
        text.counter("references", "Objects that pages refer to and that were asked for.", |f| {
            vec![("found", f.resolved), ("missing", f.unresolved)]
        });
        text.counter("seconds", "Time that pages and batches took, at once in part.", |f| {
            vec![("source", seconds(f.fetching)), ("sink", seconds(f.writing))]
        });
        text.counter("runs", "Runs that ended, by how.", |f| {
            vec![("caught-up", f.caught_up), ("interrupted", f.interrupted), ("failed", f.failed)]
        });
        text.counter("restarts", "Cursors that the source refused.", |f| vec![("", f.restarts)]);
        text.gauge("failures_in_a_row", "Runs that failed since the last one that did not.", |f| {
            Some(f.failures_in_a_row.into())
        });
        text.gauge("pulled_seconds", "When a run last caught up, since 1970.", |f| f.pulled);
        text.gauge("newest_seconds", "The newest `modified` delivered, since 1970.", |f| {
            f.newest.map(Timestamp::seconds)
        });
        text.gauge("lag_seconds", "The time since the newest `modified` delivered.", |f| {
            f.newest.map(|newest| now.saturating_sub(newest.seconds()).max(0))
        });
        text.out
    }

    fn feeds(&self) -> MutexGuard<'_, BTreeMap<String, Figures>> {
        // Each figure is whole at any time.
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for FeedObserver {
    fn observe(&self, event: &Event) {
        let mut feeds = self.metrics.feeds();
        let figures = feeds.entry(self.feed.clone()).or_default();
        match event {
            Event::PageFetched { dropped, resolved, unresolved, took, .. } => {
                figures.pages += 1;
                figures.fetching += *took;
                figures.dropped += *dropped;
                figures.resolved += resolved;
                figures.unresolved += unresolved;
            }
            Event::BatchWritten { objects, bytes, written, newest, took, .. } => {
                figures.batches += 1;
                figures.writing += *took;
                figures.objects += objects;
                figures.bytes += bytes;
                figures.written += *written;
                figures.newest = figures.newest.max(*newest);
            }
            Event::Restarted { .. } => figures.restarts += 1,
            Event::Finished { outcome } => {
                figures.failures_in_a_row = 0;
                match outcome {
                    Outcome::Interrupted => figures.interrupted += 1,
                    _ => {
                        figures.caught_up += 1;
                        figures.pulled = Some(self.metrics.timer.unix_seconds());
                    }
                }
            }
            Event::Failed { .. } => {
                figures.failed += 1;
                figures.failures_in_a_row = figures.failures_in_a_row.saturating_add(1);
            }
            _ => {}
        }
    }
}

/// What is written so far.
struct Text {
    out: String,
    feeds: BTreeMap<String, Figures>,
}

impl Text {
    /// A figure that only grows; each value has a second label, unless that is empty.
    fn counter<V: fmt::Display>(
        &mut self,
        name: &str,
        help: &str,
        values: impl Fn(&Figures) -> Vec<(&'static str, V)>,
    ) {
        self.head(&format!("{name}_total"), help, "counter");
        for (feed, figures) in &self.feeds {
            for (kind, value) in values(figures) {
                let feed = escaped(feed);
                let kind =
                    if kind.is_empty() { String::new() } else { format!(",kind=\"{kind}\"") };
                // Writing to a text cannot fail.
                let _ = writeln!(
                    self.out,
                    "inthreat_feed_{name}_total{{feed=\"{feed}\"{kind}}} {value}"
                );
            }
        }
    }

    /// A figure that rises and falls; left out where it is not known.
    fn gauge(&mut self, name: &str, help: &str, value: impl Fn(&Figures) -> Option<i64>) {
        self.head(name, help, "gauge");
        for (feed, figures) in &self.feeds {
            if let Some(value) = value(figures) {
                let feed = escaped(feed);
                let _ = writeln!(self.out, "inthreat_feed_{name}{{feed=\"{feed}\"}} {value}");
            }
        }
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.out, "# HELP inthreat_feed_{name} {help}");
        let _ = writeln!(self.out, "# TYPE inthreat_feed_{name} {kind}");
    }
}

/// Seconds to the millisecond.
fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

/// The value of a label: backslash, quote and line break are escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
