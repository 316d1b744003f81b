//! What happens in a feed, as events of `tracing`.

use std::time::Duration;

use tracing::{debug, info, warn};

use crate::{Event, Observer};

/// Tells what happens in a feed by way of `tracing`, under the target `inthreat_feed`: what failed or was set aside as
/// warnings, runs as information, pages and batches for debugging. No object is told, and no cursor.
#[derive(Clone, Debug)]
pub struct TraceObserver {
    feed: String,
}

impl TraceObserver {
    /// Tells of a feed under this name.
    pub fn new(feed: impl Into<String>) -> Self {
        Self { feed: feed.into() }
    }
}

impl Observer for TraceObserver {
    fn observe(&self, event: &Event) {
        let feed = self.feed.as_str();
        match event {
            Event::Started { cursor } => {
                info!(target: "inthreat_feed", feed, goes_on = cursor.is_some(), "run started");
            }
            Event::PageFetched { objects, bytes, dropped, resolved, unresolved, took } => {
                let (dropped, ms) = (dropped.total(), millis(*took));
                debug!(target: "inthreat_feed", feed, objects, bytes, dropped, resolved, unresolved, ms, "page fetched");
            }
            Event::Restarted { after } => {
                let after = after.map(|at| at.to_string());
                warn!(target: "inthreat_feed", feed, after, "cursor refused, begun again");
            }
            Event::Rejected(rejected) => {
                let (index, reason) = (rejected.index(), rejected.reason());
                warn!(target: "inthreat_feed", feed, index, reason, "item set aside");
            }
            Event::BatchWritten { pages, objects, bytes, written, newest, took, .. } => {
                let ms = millis(*took);
                let (accepted, newest) = (written.accepted, newest.map(|at| at.to_string()));
                debug!(target: "inthreat_feed", feed, pages, objects, bytes, accepted, newest, ms, "batch written");
            }
            Event::Finished { outcome } => {
                info!(target: "inthreat_feed", feed, ?outcome, "run finished");
            }
            Event::Failed { kind, reason } => {
                warn!(target: "inthreat_feed", feed, ?kind, reason, "run failed");
            }
            Event::Waiting { wait } => {
                debug!(target: "inthreat_feed", feed, seconds = wait.as_secs(), "waiting");
            }
            Event::BackingOff { wait, failures } => {
                let seconds = wait.as_secs();
                info!(target: "inthreat_feed", feed, seconds, failures, "backing off");
            }
        }
    }
}

/// `tracing` takes no `u128`.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
