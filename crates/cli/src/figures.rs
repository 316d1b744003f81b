//! Figures about a replica in the text format of Prometheus, for the `/metrics` of `serve`.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use inthreat_replica::{Replica, Stats};

use crate::clock;

/// How long a count is good: counting takes time in proportion to the number of objects.
const LIFE: Duration = Duration::from_mins(1);

const PREFIX: &str = "inthreat_replica_";
/// A figure: its name, what it is, and its value where it can be told.
type Figure = (&'static str, &'static str, fn(Option<&Stats>) -> Option<u64>);
const FIGURES: [Figure; 6] = [
    ("readable", "Whether the replica can be counted: 1, or 0.", |stats| {
        Some(u64::from(stats.is_some()))
    }),
    ("objects", "Objects, each counted once.", |stats| Some(stats?.objects)),
    ("sequence", "The newest sequence of the arrival log.", |stats| Some(stats?.sequence)),
    ("bytes", "Bytes of the database and its log.", |stats| {
        Some(stats?.database_bytes.saturating_add(stats?.log_bytes))
    }),
    ("quarantined", "Items in quarantine.", |stats| Some(stats?.quarantined)),
    ("lag_seconds", "The time since the newest `modified`.", |stats| lag(stats?)),
];

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
        for (name, help, of) in FIGURES {
            if let Some(value) = of(stats.as_ref()) {
                let _ = writeln!(text, "{}{PREFIX}{name} {value}", head(name, help));
            }
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

/// The names of all figures and what they are, without values.
pub(crate) fn described() -> String {
    FIGURES.iter().map(|(name, help, _)| head(name, help)).collect()
}

fn head(name: &str, help: &str) -> String {
    format!("# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} gauge\n")
}

/// The time since the newest object was changed.
fn lag(stats: &Stats) -> Option<u64> {
    let lag = clock::now()?.seconds().saturating_sub(stats.newest?.seconds());
    Some(u64::try_from(lag).unwrap_or_default())
}
