//! Figures about a replica in the text format of Prometheus, for the `/metrics` of `serve`.

use std::{
    fmt::{Display, Write},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use inthreat_replica::{Replica, Stats};

use crate::clock;

/// How long a count is good: counting takes time in proportion to the number of objects.
const LIFE: Duration = Duration::from_mins(1);

/// Counts what is in a replica, at most once a minute.
pub(crate) struct Figures {
    replica: Arc<Replica>,
    newest: Mutex<Option<(Instant, Option<Stats>)>>,
}

impl Figures {
    pub(crate) fn new(replica: Arc<Replica>) -> Self {
        Self { replica, newest: Mutex::default() }
    }

    /// All figures. Blocks.
    pub(crate) fn render(&self) -> String {
        let stats = self.stats();
        let mut text = String::new();
        gauge(
            &mut text,
            "readable",
            "Whether the replica can be counted: 1, or 0.",
            u8::from(stats.is_some()),
        );
        let Some(stats) = stats else { return text };
        gauge(&mut text, "objects", "Objects, each counted once.", stats.objects);
        gauge(&mut text, "sequence", "The newest sequence of the arrival log.", stats.sequence);
        let bytes = stats.database_bytes.saturating_add(stats.log_bytes);
        gauge(&mut text, "bytes", "Bytes of the database and its log.", bytes);
        gauge(&mut text, "quarantined", "Items in quarantine.", stats.quarantined);
        if let (Some(now), Some(newest)) = (clock::now(), stats.newest) {
            let lag = now.seconds().saturating_sub(newest.seconds()).max(0);
            gauge(&mut text, "lag_seconds", "The time since the newest `modified`.", lag);
        }
        text
    }

    fn stats(&self) -> Option<Stats> {
        // Whoever asks meanwhile waits, and is given the same figures.
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((counted, stats)) = &*newest
            && counted.elapsed() < LIFE
        {
            return stats.clone();
        }
        let stats = self.replica.stats().ok();
        *newest = Some((Instant::now(), stats.clone()));
        stats
    }
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl Display) {
    let name = format!("inthreat_replica_{name}");
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
}
