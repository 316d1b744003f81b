//! The time and the chance of the system.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use inthreat_api::Timer;
use tokio::time::Instant;

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
