//! When a feed is read again: decisions without a clock, a sleep or a random number of their own.

use std::time::Duration;

use inthreat_api::retry::RetryOptions;

/// How a feed is watched.
///
/// ```
/// use std::time::Duration;
/// use inthreat_feed::WatchOptions;
///
/// let options = WatchOptions::default().with_interval(Duration::from_secs(60)).with_failures_max(10);
/// assert_eq!(options.jitter, Duration::from_secs(30));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WatchOptions {
    /// How long a feed that is caught up is left alone; 5 min when nothing is said.
    pub interval: Duration,
    /// Up to this much is added to the interval by chance, so that consumers that began together do not ask together;
    /// 30 s when nothing is said.
    pub jitter: Duration,
    /// The longest wait after the first run that failed; 1 s when nothing is said. Every further failure doubles it.
    pub backoff_first: Duration,
    /// The longest wait after any run that failed, unless the source asks for more; 5 min when nothing is said.
    pub backoff_max: Duration,
    /// How long to wait, at least and at most, after a failure that somebody has to mend, such as a key that is refused
    /// ([`Error::is_mendable`](crate::Error::is_mendable)); one ends the watch when nothing is said.
    pub mend_wait: Option<(Duration, Duration)>,
    /// After how many failures in a row to give up; never when nothing is said.
    pub failures_max: Option<u32>,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_mins(5),
            jitter: Duration::from_secs(30),
            backoff_first: Duration::from_secs(1),
            backoff_max: Duration::from_mins(5),
            mend_wait: None,
            failures_max: None,
        }
    }
}

impl WatchOptions {
    /// The longest wait that a source may ask for.
    pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

    /// Sets how long a feed that is caught up is left alone.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how much is added to the interval by chance at most.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// Sets the longest wait after the first failure, and after any.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration, max: Duration) -> Self {
        (self.backoff_first, self.backoff_max) = (first, max);
        self
    }

    /// Sets how long to wait, at least and at most, after a failure that somebody has to mend; `None` gives up at once.
    #[must_use]
    pub fn with_mend_wait(mut self, wait: impl Into<Option<(Duration, Duration)>>) -> Self {
        self.mend_wait = wait.into();
        self
    }

    /// Sets after how many failures in a row to give up.
    #[must_use]
    pub fn with_failures_max(mut self, failures: impl Into<Option<u32>>) -> Self {
        self.failures_max = failures.into();
        self
    }

    /// What to do after a run. `random` is any number, every one as likely as the others.
    pub(crate) fn next(&self, ended: Ended, random: u64) -> Next {
        let draw = |max, tries| {
            RetryOptions::default()
                .with_backoff(max, self.backoff_max.max(max))
                .jitter(tries, random)
        };
        match ended {
            Ended::Well => Next::Wait(self.interval.saturating_add(draw(self.jitter, 1))),
            Ended::Failed { failures, .. }
                if self.failures_max.is_some_and(|max| failures >= max) =>
            {
                Next::GiveUp
            }
            Ended::Failed { outlook, failures, retry_after } => {
                let drawn = match (outlook, self.mend_wait) {
                    (Outlook::Passes, _) => {
                        draw(self.backoff_first.min(self.backoff_max), failures)
                    }
                    (Outlook::Mendable, Some((least, most))) => {
                        least.saturating_add(draw(most.saturating_sub(least), 1))
                    }
                    (Outlook::Mendable, None) | (Outlook::Lasts, _) => return Next::GiveUp,
                };
                let asked = retry_after.unwrap_or_default().min(Self::RETRY_AFTER_MAX);
                Next::BackOff { asked, drawn }
            }
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    Failed {
        outlook: Outlook,
        /// How long the source asked to wait.
        retry_after: Option<Duration>,
        /// How many runs have failed in a row, this one included.
        failures: u32,
    },
}

/// What becomes of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// It may pass by itself.
    Passes,
    /// It passes when somebody does something about it.
    Mendable,
    /// It stays.
    Lasts,
}

/// What to do after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Read again after this long, or when woken.
    Wait(Duration),
    /// Read again after both: what the source asked for, and what was drawn or until woken.
    BackOff {
        asked: Duration,
        drawn: Duration,
    },
    GiveUp,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches waits beyond their bounds, a Retry-After that is not obeyed, and an overflow on absurd options.
        #[test]
        fn waits_stay_within_their_bounds(
            interval: u64,
            jitter: u64,
            (first, max) in (any::<u64>(), any::<u64>()),
            asked in prop::option::of(any::<u64>()),
            failures in 1_u32..,
            random: u64,
        ) {
            let [interval, jitter, first, max] = [interval, jitter, first, max].map(Duration::from_millis);
            let options = WatchOptions::default()
                .with_interval(interval)
                .with_jitter(jitter)
                .with_backoff(first, max);
            let Next::Wait(wait) = options.next(Ended::Well, random) else { panic!("no wait") };
            prop_assert!(wait >= interval && wait <= interval + jitter);
            let retry_after = asked.map(Duration::from_millis);
            let mending = Ended::Failed { outlook: Outlook::Mendable, retry_after, failures };
            prop_assert_eq!(options.next(mending, random), Next::GiveUp);
            let patient = options.clone().with_mend_wait((first, max));
            let Next::BackOff { drawn, .. } = patient.next(mending, random) else { panic!("no wait") };
            prop_assert!(drawn >= first && drawn <= first.max(max));
            let failed = Ended::Failed { outlook: Outlook::Passes, retry_after, failures };
            let Next::BackOff { asked, drawn } = options.next(failed, random) else { panic!("no wait") };
            prop_assert_eq!(asked, retry_after.unwrap_or_default().min(WatchOptions::RETRY_AFTER_MAX));
            prop_assert!(drawn <= max);
            prop_assert!(drawn <= first.saturating_mul(2_u32.saturating_pow(failures - 1)));
        }
    }

    // Catches a back-off that does not grow, or whose whole range is not drawn from; and a failure too many.
    #[test]
    fn failures_double_the_wait_until_it_is_given_up() {
        let options = WatchOptions::default().with_failures_max(9);
        let failed =
            |failures| Ended::Failed { outlook: Outlook::Passes, retry_after: None, failures };
        let longest: Vec<_> = (1..10).map(|n| options.next(failed(n), u64::MAX)).collect();
        let seconds = [1, 2, 4, 8, 16, 32, 64, 128].map(Duration::from_secs);
        let waits = seconds.map(|drawn| Next::BackOff { asked: Duration::ZERO, drawn });
        assert_eq!(longest[..8], waits);
        assert_eq!(longest[8], Next::GiveUp);
        let none = Next::BackOff { asked: Duration::ZERO, drawn: Duration::ZERO };
        assert_eq!(options.next(failed(5), 0), none);
        let permanent = Ended::Failed { outlook: Outlook::Lasts, retry_after: None, failures: 1 };
        let options = options.with_mend_wait((Duration::ZERO, Duration::ZERO));
        assert_eq!(options.next(permanent, 0), Next::GiveUp);
    }
}
