//! Figures about requests, in the text format of Prometheus.
//!
//! A registry of our own: the routes are a closed list and each answer is counted in one place, so that one table under one
//! lock is all there is to it, where a library brings a global recorder, its own threads and a few dozen crates.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::pages::PageFigures;

/// What answers may take, in seconds: the upper ends of the histogram's buckets.
const BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];
/// The methods that are told by name.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// The names, types and meanings of all figures of a server's `/metrics` in the text format of Prometheus, as a server tells
/// them that was asked nothing yet. Figures that are given by [`ServerOptions::with_more_metrics`] are not among them.
///
/// [`ServerOptions::with_more_metrics`]: crate::ServerOptions::with_more_metrics
///
/// ```
/// let text = inthreat_server::described_metrics();
/// assert!(text.contains("# TYPE inthreat_server_requests_total counter\n"));
/// ```
pub fn described_metrics() -> String {
    Metrics::default().render(PageFigures::default(), PageFigures::default())
}

/// What is counted while a server runs.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Connections that are open.
    connections: AtomicUsize,
    /// Requests whose answer is not yet sent.
    in_flight: AtomicUsize,
    /// Requests that were none, or did not arrive.
    refused: AtomicU64,
    routes: Mutex<BTreeMap<&'static str, Route>>,
}

/// One answer that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) route: &'static str,
    pub(crate) method: &'a str,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    /// How long it took until the answer began.
    pub(crate) elapsed: Duration,
}

#[derive(Debug, Default)]
struct Route {
    answers: BTreeMap<(&'static str, u16), u64>,
    bytes: u64,
    /// How many answers took so long, each in the first bucket that it fits into; the last one has no end.
    buckets: [u64; BUCKETS.len() + 1],
    took: Duration,
}

/// Counts one up, and down again when it is dropped.
pub(crate) struct Gauge<'a>(&'a AtomicUsize);

impl<'a> Gauge<'a> {
    fn new(gauge: &'a AtomicUsize) -> Self {
        gauge.fetch_add(1, Ordering::Relaxed);
        Self(gauge)
    }
}

impl Drop for Gauge<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a connection for as long as this is held.
    pub(crate) fn connection(&self) -> Gauge<'_> {
        Gauge::new(&self.connections)
    }

    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end(&self, counted: &Counted<'_>) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        let method = METHODS.iter().find(|name| **name == counted.method);
        let seconds = counted.elapsed.as_secs_f64();
        let bucket = BUCKETS.iter().position(|end| seconds <= *end).unwrap_or(BUCKETS.len());
        // Each figure is whole at any time.
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let route = routes.entry(counted.route).or_default();
        *route.answers.entry((method.unwrap_or(&"other"), counted.status)).or_default() += 1;
        route.bytes += counted.bytes;
        route.took += counted.elapsed;
        if let Some(count) = route.buckets.get_mut(bucket) {
            *count += 1;
        }
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// All figures.
    pub(crate) fn render(&self, pages: PageFigures, answers: PageFigures) -> String {
        let mut text = Text::default();
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        text.head("requests_total", "Requests that were answered.", "counter");
        for (name, route) in &*routes {
            for ((method, status), count) in &route.answers {
                let labels = format!("route=\"{name}\",method=\"{method}\",status=\"{status}\"");
                text.line("requests_total", &labels, count);
            }
        }
        text.head("sent_bytes_total", "Bytes of the bodies of answers.", "counter");
        for (name, route) in &*routes {
            text.line("sent_bytes_total", &format!("route=\"{name}\""), route.bytes);
        }
        text.head("answer_seconds", "The time until an answer begins.", "histogram");
        for (name, route) in &*routes {
            text.histogram(name, route);
        }
        drop(routes);
        for (name, help, kind, value) in [
            ("in_flight", "Requests that are being answered.", "gauge", number(&self.in_flight)),
            ("connections", "Connections that are open.", "gauge", number(&self.connections)),
            (
                "refused_total",
                "Requests that could not be read, or did not arrive.",
                "counter",
                self.refused.load(Ordering::Relaxed),
            ),
        ] {
            text.head(name, help, kind);
            text.line(name, "", value);
        }
        text.kept(pages, answers);
        text.0
    }
}

fn number(gauge: &AtomicUsize) -> u64 {
    u64::try_from(gauge.load(Ordering::Relaxed)).unwrap_or(u64::MAX)
}

/// The text so far.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP inthreat_server_{name} {help}");
        let _ = writeln!(self.0, "# TYPE inthreat_server_{name} {kind}");
    }

    /// A figure. No label needs to be escaped: all of them are words of this program.
    fn line(&mut self, name: &str, labels: &str, value: impl fmt::Display) {
        let _ = match labels {
            "" => writeln!(self.0, "inthreat_server_{name} {value}"),
            _ => writeln!(self.0, "inthreat_server_{name}{{{labels}}} {value}"),
        };
    }

    /// What is kept of pages, and of other answers.
    fn kept(&mut self, pages: PageFigures, answers: PageFigures) {
        type Value = fn(PageFigures) -> u64;
        let figures: [(&str, &str, &str, Value); 4] = [
            ("cache_hits_total", "Answers that were not read again.", "counter", |of| of.hits),
            (
                "cache_unchanged_total",
                "Answers that were read and found unchanged.",
                "counter",
                |of| of.unchanged,
            ),
            ("cache_misses_total", "Answers that were read.", "counter", |of| of.misses),
            ("cache_bytes", "Bytes of the answers that are kept.", "gauge", |of| {
                u64::try_from(of.bytes).unwrap_or(u64::MAX)
            }),
        ];
        for (name, help, kind, value) in figures {
            self.head(name, help, kind);
            self.line(name, "of=\"pages\"", value(pages));
            self.line(name, "of=\"answers\"", value(answers));
        }
    }

    fn histogram(&mut self, name: &str, route: &Route) {
        let mut count = 0;
        let ends = BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (end, here) in ends.zip(route.buckets) {
            count += here;
            let labels = format!("route=\"{name}\",le=\"{end}\"");
            self.line("answer_seconds_bucket", &labels, count);
        }
        let labels = format!("route=\"{name}\"");
        self.line("answer_seconds_sum", &labels, route.took.as_secs_f64());
        self.line("answer_seconds_count", &labels, count);
    }
}
