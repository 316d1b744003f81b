//! How often something may happen: the arithmetic of a bucket that empties steadily, without a clock of its own.

use std::time::Duration;

/// How often something may happen: one time every `period` on the average, and `burst` times at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) period: Duration,
    pub(crate) burst: u32,
}

/// What was used of an allowance (GCRA: one instant is all that is kept).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    /// When the whole allowance is there again, since 1970-01-01T00:00:00Z.
    full: Duration,
}

impl Bucket {
    /// Uses the allowance once; where nothing is left of it, uses nothing and tells how long to wait.
    ///
    /// A clock that is set back gives the whole allowance anew: otherwise the wait would be as long as the step.
    pub(crate) fn take(&mut self, now: Duration, allowance: Allowance) -> Result<(), Duration> {
        let window = allowance.period.saturating_mul(allowance.burst);
        let debt = self.full.saturating_sub(now);
        let debt = if debt > window { Duration::ZERO } else { debt };
        let left = window.saturating_sub(debt);
        if left < allowance.period {
            return Err(allowance.period.saturating_sub(left));
        }
        self.full = now.saturating_add(debt).saturating_add(allowance.period);
        Ok(())
    }

    /// Whether the whole allowance is there, so that the bucket need not be kept.
    pub(crate) fn is_full(&self, now: Duration) -> bool {
        self.full <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance { period: Duration::from_secs(2), burst: 3 };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_800_000_000 + seconds)
    }

    // Catches a burst that is one too long, a wait that is too short, and refusals that make it longer.
    #[test]
    fn a_burst_is_followed_by_waits() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0), ALLOWANCE), Ok(()));
        }
        for _ in 0..5 {
            assert_eq!(bucket.take(at(0), ALLOWANCE), Err(Duration::from_secs(2)));
        }
        assert_eq!(bucket.take(at(1), ALLOWANCE), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(at(2), ALLOWANCE), Ok(()));
        assert_eq!(bucket.take(at(2), ALLOWANCE), Err(Duration::from_secs(2)));
        assert!(!bucket.is_full(at(7)));
        assert!(bucket.is_full(at(8)));
    }

    // Catches a clock that is set back by a year and locks everyone out for that long.
    #[test]
    fn a_clock_that_is_set_back_gives_the_allowance_anew() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.take(at(1_000_000), ALLOWANCE), Ok(()));
        }
        assert_eq!(bucket.take(at(0), ALLOWANCE), Ok(()));
    }
}
