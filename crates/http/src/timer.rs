//! Time and chance, as the client needs them: handed in, so that what it does can be replayed.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use tokio::time::Instant;

/// Where a client takes its waits, its random numbers and the time from. The default is the system; a test hands in
/// another, to see the waits and not to wait. [Timeouts](crate::TimeoutOptions) of silence are the runtime's own.
#[async_trait]
pub trait Timer: fmt::Debug + Send + Sync {
    /// Waits this long.
    async fn sleep(&self, wait: Duration);

    /// Any number, every one as likely as the others.
    fn random(&self) -> u64;

    /// Seconds since 1970-01-01T00:00:00Z.
    fn unix_seconds(&self) -> i64;

    /// The time since some moment that stays the same. It never goes back.
    fn elapsed(&self) -> Duration;
}

/// The clock and the random numbers of the system.
#[derive(Debug)]
pub(crate) struct SystemTimer {
    began: Instant,
}

impl Default for SystemTimer {
    fn default() -> Self {
        Self { began: Instant::now() }
    }
}

#[async_trait]
impl Timer for SystemTimer {
    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn random(&self) -> u64 {
        // Without randomness a wait is as long as it may be, which is the safe side.
        getrandom::u64().unwrap_or(u64::MAX)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everyone else is handed")]
    fn unix_seconds(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}
