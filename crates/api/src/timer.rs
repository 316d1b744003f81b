//! Time and chance, handed in, so that what depends on them can be replayed.

use std::{fmt, time::Duration};

use async_trait::async_trait;

/// Where a client or a consumer takes its waits and its random numbers from. Each has the system's by default; a test
/// hands in another, to see the waits and not to wait.
#[async_trait]
pub trait Timer: fmt::Debug + Send + Sync {
    /// Waits this long. Dropping the future ends the wait.
    async fn sleep(&self, wait: Duration);

    /// Any number, every one as likely as the others.
    fn random(&self) -> u64;

    /// Seconds since 1970-01-01T00:00:00Z.
    fn unix_seconds(&self) -> i64;

    /// The time since some moment that stays the same. It never goes back.
    fn elapsed(&self) -> Duration;
}
