//! How long to wait and how fast to ask: plain options, for a client or for some of its questions.

use std::{num::NonZeroU32, time::Duration};

/// How long each step of a try may take. Each try of a question has them anew.
///
/// ```
/// use std::time::Duration;
/// use inthreat_http::TimeoutOptions;
///
/// let timeouts = TimeoutOptions::default().with_first_byte(Duration::from_secs(5));
/// assert_eq!(timeouts.connect, Duration::from_secs(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimeoutOptions {
    /// Making a connection, TLS included; 10 s when nothing is said. It belongs to the client and cannot differ
    /// between its questions.
    pub connect: Duration,
    /// From asking to the head of the answer, the connection included; 60 s when nothing is said.
    pub first_byte: Duration,
    /// Silence in the middle of a body; 20 s when nothing is said.
    pub between_bytes: Duration,
    /// A whole try, redirects and body included; 5 min when nothing is said. A body that is read piece by piece may
    /// take longer, since its reader sets the pace.
    pub whole: Duration,
    /// A body is given up when it brings less than a byte a second for this long; 20 s when nothing is said. Time
    /// during which its reader does not ask does not count.
    pub stall: Duration,
}

impl Default for TimeoutOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_mins(1),
            between_bytes: Duration::from_secs(20),
            whole: Duration::from_mins(5),
            stall: Duration::from_secs(20),
        }
    }
}

impl TimeoutOptions {
    /// Sets how long making a connection may take.
    #[must_use]
    pub fn with_connect(mut self, timeout: Duration) -> Self {
        self.connect = timeout;
        self
    }

    /// Sets how long the head of the answer may take.
    #[must_use]
    pub fn with_first_byte(mut self, timeout: Duration) -> Self {
        self.first_byte = timeout;
        self
    }

    /// Sets how long a body may be silent.
    #[must_use]
    pub fn with_between_bytes(mut self, timeout: Duration) -> Self {
        self.between_bytes = timeout;
        self
    }

    /// Sets how long a whole try may take.
    #[must_use]
    pub fn with_whole(mut self, timeout: Duration) -> Self {
        self.whole = timeout;
        self
    }

    /// Sets how long a body may bring less than a byte a second.
    #[must_use]
    pub fn with_stall(mut self, time: Duration) -> Self {
        self.stall = time;
        self
    }
}

/// How fast a client asks. All clones of a client share one measure; the service's own limits are not documented
/// (CONTRACT 11, U12).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateOptions {
    /// How many tries begin in a second, on average; no limit when nothing is said.
    pub per_second: Option<NonZeroU32>,
    /// How many may begin at once after a pause; 1 when nothing is said. Counts only with `per_second`.
    pub burst: NonZeroU32,
    /// How many questions may be open at once; 16 when nothing is said. One that waits to be asked again is not open.
    pub in_flight_max: NonZeroU32,
}

impl Default for RateOptions {
    fn default() -> Self {
        Self {
            per_second: None,
            burst: NonZeroU32::MIN,
            in_flight_max: NonZeroU32::MIN.saturating_add(15),
        }
    }
}

impl RateOptions {
    /// Sets how many tries begin in a second.
    #[must_use]
    pub fn with_per_second(mut self, tries: impl Into<Option<NonZeroU32>>) -> Self {
        self.per_second = tries.into();
        self
    }

    /// Sets how many may begin at once after a pause.
    #[must_use]
    pub fn with_burst(mut self, tries: NonZeroU32) -> Self {
        self.burst = tries;
        self
    }

    /// Sets how many questions may be open at once.
    #[must_use]
    pub fn with_in_flight_max(mut self, questions: NonZeroU32) -> Self {
        self.in_flight_max = questions;
        self
    }
}
