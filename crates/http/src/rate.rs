//! The rate that all clones of a client share: when the next try may begin, and how many questions are open.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use inthreat_api::Timer;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::RateOptions;

/// Lets tries begin as fast as the options say.
#[derive(Debug)]
pub(crate) struct Limiter {
    pacer: Option<Mutex<Pacer>>,
    in_flight: Arc<Semaphore>,
}

/// Held while a question is open.
#[derive(Debug)]
pub(crate) struct Permit(
    #[expect(dead_code, reason = "it counts by being held")] Option<OwnedSemaphorePermit>,
);

impl Limiter {
    pub(crate) fn new(options: &RateOptions) -> Self {
        let pacer =
            options.per_second.map(|rate| Mutex::new(Pacer::new(rate.get(), options.burst.get())));
        let permits = usize::try_from(options.in_flight_max.get()).unwrap_or(usize::MAX);
        let permits = permits.min(Semaphore::MAX_PERMITS);
        Self { pacer, in_flight: Arc::new(Semaphore::new(permits)) }
    }

    /// Waits until the next try may begin. Dropping the future gives up the place in the queue; a turn that was
    /// taken already is lost, which asks more slowly and never faster.
    pub(crate) async fn begin(&self, timer: &dyn Timer) -> Permit {
        // The semaphore is never closed, so without a permit there is nothing to wait for.
        let permit = Arc::clone(&self.in_flight).acquire_owned().await.ok();
        let wait = self.pacer.as_ref().map(|pacer| {
            let mut pacer = pacer.lock().unwrap_or_else(PoisonError::into_inner);
            pacer.reserve(timer.elapsed())
        });
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            timer.sleep(wait).await;
        }
        Permit(permit)
    }
}

/// A leaky bucket: one turn every so often, and some in advance.
#[derive(Debug)]
struct Pacer {
    interval: Duration,
    /// How far ahead of an even pace tries may be.
    slack: Duration,
    /// When the next turn is due at an even pace, by the client's timer.
    due: Duration,
}

impl Pacer {
    fn new(per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self {
            interval,
            slack: interval.saturating_mul(burst.saturating_sub(1)),
            due: Duration::ZERO,
        }
    }

    /// Takes the next turn and says how long it is until then.
    fn reserve(&mut self, now: Duration) -> Duration {
        let due = self.due.max(now);
        self.due = due.saturating_add(self.interval);
        due.saturating_sub(self.slack).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a rate that is exceeded: whatever the arrivals, no window of n seconds sees more than n times the
        // rate and the burst.
        #[test]
        fn the_rate_is_kept(rate in 1u32..50, burst in 1u32..10, gaps in prop::collection::vec(0u64..400, 1..80)) {
            let mut pacer = Pacer::new(rate, burst);
            let mut now = Duration::ZERO;
            let mut begins = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                begins.push(now + pacer.reserve(now));
            }
            for (first, from) in begins.iter().enumerate() {
                for (last, to) in begins.iter().enumerate().skip(first) {
                    let allowed = to.saturating_sub(*from).as_secs_f64() * f64::from(rate) + f64::from(burst) + 1e-3;
                    let count = u32::try_from(last - first + 1).unwrap();
                    prop_assert!(f64::from(count) <= allowed, "{count} in {:?}", to.saturating_sub(*from));
                }
            }
        }
    }

    // Catches a client that is slower than it may be.
    #[test]
    fn turns_come_at_an_even_pace_after_the_burst() {
        let mut pacer = Pacer::new(10, 3);
        let waits: Vec<_> = (0..5).map(|_| pacer.reserve(Duration::ZERO).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        assert_eq!(pacer.reserve(Duration::from_secs(9)), Duration::ZERO);
    }
}
