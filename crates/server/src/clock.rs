//! What time it is, handed in, so that what depends on it can be tested without waiting.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use inthreat_stix::Timestamp;

/// A clock that was handed in, or the system's.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }

    /// The time since 1970-01-01T00:00:00Z; none before.
    pub(crate) fn since_epoch(&self) -> Duration {
        (self.0)().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// An instant that is so long after 1970-01-01T00:00:00Z; `None` where the clock was never set.
pub(crate) fn instant(since_epoch: Duration) -> Option<Timestamp> {
    let seconds = i64::try_from(since_epoch.as_secs()).ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_unix(seconds, since_epoch.subsec_nanos())
}

impl Default for Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others take from here")]
    fn default() -> Self {
        Self(Arc::new(SystemTime::now))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
