//! When to ask again and how long to wait first: arithmetic without a clock, a sleep or a random number of its own,
//! so that every decision can be replayed. Whoever asks does it once, in one place.

use std::time::Duration;

use crate::{Error, ErrorKind};

/// How often and how long a question is asked again.
///
/// The wait before try *n* + 1 is drawn evenly from zero to `backoff_first` · 2ⁿ⁻¹, at most to `backoff_max` ("full
/// jitter"), so that clients that failed together do not come back together. When the other side says how long to
/// wait, that comes on top.
///
/// ```
/// use std::time::Duration;
/// use inthreat_api::{Error, ErrorKind, retry::{Made, Next, Repeat, RetryOptions}};
///
/// let error = Error::new(ErrorKind::Unavailable, "the service answered 503");
/// let made = Made { tries: 1, elapsed: Duration::from_secs(2), repeat: Repeat::Always };
/// let next = RetryOptions::default().next(&error, made, u64::MAX / 2);
/// assert!(matches!(next, Next::Again(wait) if wait < Duration::from_secs(1)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryOptions {
    /// How many tries a question has in all, the first included; 5 when nothing is said, 1 for none again.
    pub tries_max: u32,
    /// No try begins later than this after the first; 3 min when nothing is said.
    pub time_max: Duration,
    /// The longest wait before the second try; 500 ms when nothing is said.
    pub backoff_first: Duration,
    /// The longest wait before any try, if the other side asks for none; 30 s when nothing is said.
    pub backoff_max: Duration,
    /// The longest wait that the other side may ask for; 2 min when nothing is said. When it asks for a longer one,
    /// the question is given up, since asking earlier would only be refused again.
    pub retry_after_max: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        Self {
            tries_max: 5,
            time_max: Duration::from_mins(3),
            backoff_first: Duration::from_millis(500),
            backoff_max: Duration::from_secs(30),
            retry_after_max: Duration::from_mins(2),
        }
    }
}

/// What may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeat {
    /// Asking twice is the same as asking once: everything that reads, and what replaces a thing as a whole.
    Always,
    /// Asking twice may do a thing twice. It is asked again only when the other side surely did not do it: it
    /// refused for the moment (429), or nothing was sent.
    IfNotDone,
}

/// What has been tried so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "these three are what the decision depends on")]
pub struct Made {
    /// How many tries were made, at least 1.
    pub tries: u32,
    /// How long ago the first one began.
    pub elapsed: Duration,
    /// Whether the question may be repeated.
    pub repeat: Repeat,
}

/// What to do after a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Ask again after this long.
    Again(Duration),
    /// Ask no more, for this reason.
    GiveUp(GiveUp),
}

/// Why a question is not asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GiveUp {
    /// The same answer would come again.
    Permanent,
    /// Asking again might do a thing twice.
    NotRepeatable,
    /// All tries were made.
    Tries,
    /// The next try would begin too late.
    Time,
    /// The other side asks for a longer wait than is allowed.
    LongWait,
}

impl RetryOptions {
    /// Options under which nothing is asked twice.
    pub fn never() -> Self {
        Self { tries_max: 1, ..Self::default() }
    }

    /// Sets how many tries a question has, the first included.
    #[must_use]
    pub fn with_tries_max(mut self, tries: u32) -> Self {
        self.tries_max = tries;
        self
    }

    /// Sets after which time no try begins.
    #[must_use]
    pub fn with_time_max(mut self, time: Duration) -> Self {
        self.time_max = time;
        self
    }

    /// Sets the longest wait before the second try, and before any.
    #[must_use]
    pub fn with_backoff(mut self, first: Duration, max: Duration) -> Self {
        self.backoff_first = first;
        self.backoff_max = max;
        self
    }

    /// Sets the longest wait that the other side may ask for.
    #[must_use]
    pub fn with_retry_after_max(mut self, wait: Duration) -> Self {
        self.retry_after_max = wait;
        self
    }

    /// Decides what to do after `error`. `random` is any number, every one as likely as the others.
    pub fn next(&self, error: &Error, made: Made, random: u64) -> Next {
        if !error.is_retryable() {
            return Next::GiveUp(GiveUp::Permanent);
        }
        let not_done = error.kind() == ErrorKind::RateLimited || error.is_unsent();
        if made.repeat == Repeat::IfNotDone && !not_done {
            return Next::GiveUp(GiveUp::NotRepeatable);
        }
        if made.tries >= self.tries_max {
            return Next::GiveUp(GiveUp::Tries);
        }
        let asked = error.retry_after().unwrap_or_default();
        if asked > self.retry_after_max {
            return Next::GiveUp(GiveUp::LongWait);
        }
        let wait = asked.saturating_add(self.jitter(made.tries, random));
        if made.elapsed.saturating_add(wait) > self.time_max {
            return Next::GiveUp(GiveUp::Time);
        }
        Next::Again(wait)
    }

    /// The longest wait after this many tries, unless the other side asks for one.
    pub fn backoff(&self, tries: u32) -> Duration {
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.backoff_first.saturating_mul(factor).min(self.backoff_max)
    }

    /// The wait after this many tries, drawn evenly from zero to [`RetryOptions::backoff`] by `random`, any number, every
    /// one as likely as the others.
    pub fn jitter(&self, tries: u32, random: u64) -> Duration {
        let nanos = self.backoff(tries).as_nanos();
        // The backoff of a sane configuration fits easily; one of centuries is cut to those that do.
        let nanos = u64::try_from(nanos).unwrap_or(u64::MAX);
        let drawn = (u128::from(random) * (u128::from(nanos) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// The error that ends the tries: what the last one said, how often was asked and how long it took.
///
/// Kind, status, code and field stay those of the last error, which becomes the source. After one try it is given
/// back as it is.
pub fn given_up(error: Error, tries: u32, elapsed: Duration) -> Error {
    if tries <= 1 {
        return error;
    }
    let seconds = elapsed.as_secs_f64();
    let message = format!("no answer after {tries} tries in {seconds:.1} s");
    error.wrapped(message)
}

#[cfg(test)]
mod tests;
