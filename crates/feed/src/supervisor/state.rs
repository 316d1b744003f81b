//! What a supervised feed is doing.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use inthreat_api::Timer;
use inthreat_stix::Timestamp;
use tokio::sync::watch;

use crate::{Event, Observer, Outcome, Report, Result};

/// What a supervised feed is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeedState {
    /// It has not begun.
    #[default]
    Idle,
    /// It is being read.
    Pulling,
    /// It is caught up.
    #[non_exhaustive]
    Waiting {
        /// When it is read again, in whole seconds.
        until: Option<Timestamp>,
    },
    /// The last run failed, and is repeated.
    #[non_exhaustive]
    BackingOff {
        /// When, in whole seconds.
        until: Option<Timestamp>,
        /// How many runs have failed one after the other.
        failures: u32,
        /// Why the last one failed: the error and its causes.
        reason: String,
    },
    /// It failed and is not read any more, unless it is [restarted](crate::Supervisor::restart).
    #[non_exhaustive]
    Failed {
        /// The error and its causes.
        reason: String,
    },
    /// It ended without an error.
    Ended(Outcome),
}

impl FeedState {
    pub(super) fn of_result(result: &Result<Report>) -> Self {
        match result {
            Ok(report) => Self::Ended(report.outcome),
            Err(error) => Self::Failed { reason: error.chain() },
        }
    }

    /// The state as one word, as in a metric.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pulling => "pulling",
            Self::Waiting { .. } => "waiting",
            Self::BackingOff { .. } => "backing-off",
            Self::Failed { .. } => "failed",
            Self::Ended(_) => "ended",
        }
    }
}

/// The state, and why.
impl fmt::Display for FeedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())?;
        match self {
            Self::Waiting { until: Some(until) } => write!(f, " until {until}"),
            Self::BackingOff { until, reason, .. } => {
                if let Some(until) = until {
                    write!(f, " until {until}")?;
                }
                write!(f, ": {reason}")
            }
            Self::Failed { reason } => write!(f, ": {reason}"),
            _ => Ok(()),
        }
    }
}

/// Follows the state of a feed. States that come and go between two calls are passed over.
#[derive(Clone, Debug)]
pub struct StateUpdates(watch::Receiver<FeedState>);

impl StateUpdates {
    pub(super) fn new(receiver: watch::Receiver<FeedState>) -> Self {
        Self(receiver)
    }

    /// The state now.
    pub fn current(&self) -> FeedState {
        self.0.borrow().clone()
    }

    /// Waits for the state to change, and gives it; `None` when its supervisor is gone. Cancelling it loses nothing.
    pub async fn changed(&mut self) -> Option<FeedState> {
        self.0.changed().await.ok()?;
        Some(self.0.borrow_and_update().clone())
    }
}

/// Keeps the state up with the events.
pub(super) struct StateObserver {
    state: Arc<watch::Sender<FeedState>>,
    timer: Arc<dyn Timer>,
    /// Why the last run failed.
    reason: Mutex<String>,
}

impl StateObserver {
    pub(super) fn new(state: Arc<watch::Sender<FeedState>>, timer: Arc<dyn Timer>) -> Self {
        Self { state, timer, reason: Mutex::default() }
    }

    fn after(&self, wait: Duration) -> Option<Timestamp> {
        let seconds = i64::try_from(wait.as_secs()).ok()?;
        Timestamp::from_unix(self.timer.unix_seconds().checked_add(seconds)?, 0)
    }
}

impl Observer for StateObserver {
    fn observe(&self, event: &Event) {
        // A text is whole at any time.
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        let state = match event {
            Event::Started { .. } => FeedState::Pulling,
            Event::Failed { reason: why, .. } => {
                reason.clone_from(why);
                return;
            }
            Event::Waiting { wait } => FeedState::Waiting { until: self.after(*wait) },
            Event::BackingOff { wait, failures } => FeedState::BackingOff {
                until: self.after(*wait),
                failures: *failures,
                reason: reason.clone(),
            },
            _ => return,
        };
        self.state.send_replace(state);
    }
}
