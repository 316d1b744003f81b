//! What each key uses of a server: how many requests, and how many at once.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use inthreat_api::{Error, ErrorKind, Result};

use crate::{
    bucket::{Allowance, Bucket},
    keys::KEYS_MAX,
};

/// How long a key waits that has too many requests in flight: nobody knows when one of them ends.
const BUSY_WAIT: Duration = Duration::from_secs(1);

/// How many requests a key may send in some time.
///
/// They may come all at once; after that, each waits for its share of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RequestRate {
    /// So many requests,
    pub requests: NonZeroU32,
    /// in so much time.
    pub time: Duration,
}

impl RequestRate {
    /// So many requests in so much time.
    pub fn new(requests: NonZeroU32, time: Duration) -> Self {
        Self { requests, time }
    }

    fn allowance(self) -> Allowance {
        let burst = self.requests.get();
        Allowance { period: self.time / burst, burst }
    }
}

/// What every key uses. There is an entry for each key that has used something lately.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    allowance: Option<Allowance>,
    in_flight_max: usize,
    keys: Mutex<HashMap<String, Used>>,
}

#[derive(Debug, Default)]
struct Used {
    bucket: Bucket,
    in_flight: usize,
}

/// A request that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct InFlight {
    usage: Arc<Usage>,
    key: String,
}

impl Usage {
    pub(crate) fn new(rate: Option<RequestRate>, in_flight_max: usize) -> Self {
        Self { allowance: rate.map(RequestRate::allowance), in_flight_max, ..Self::default() }
    }

    /// Counts a request of a key; `now` is the time since 1970-01-01T00:00:00Z.
    pub(crate) fn begin(self: &Arc<Self>, key: &str, now: Duration) -> Result<InFlight> {
        let mut keys = self.keys();
        if keys.len() >= 2 * KEYS_MAX {
            // Keys come and go while a server runs.
            keys.retain(|_, used| used.in_flight > 0 || !used.bucket.is_full(now));
        }
        let used = keys.entry(key.to_owned()).or_default();
        if used.in_flight >= self.in_flight_max {
            let message = format!("this key has {} requests under way already", self.in_flight_max);
            return Err(limited(message, BUSY_WAIT));
        }
        if let Some(allowance) = self.allowance {
            used.bucket
                .take(now, allowance)
                .map_err(|wait| limited("too many requests with this key", wait))?;
        }
        used.in_flight += 1;
        drop(keys);
        Ok(InFlight { usage: Arc::clone(self), key: key.to_owned() })
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<String, Used>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut keys = self.usage.keys();
        let Some(used) = keys.get_mut(&self.key) else { return };
        used.in_flight = used.in_flight.saturating_sub(1);
        if used.in_flight == 0 && self.usage.allowance.is_none() {
            keys.remove(&self.key);
        }
    }
}

/// Refuses a request that may be sent again in a while.
pub(crate) fn limited(message: impl Into<String>, wait: Duration) -> Error {
    Error::new(ErrorKind::RateLimited, message).with_retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_800_000_000 + seconds)
    }

    // Catches a request that is counted for ever, one that is not counted, and a key that pays for another.
    #[test]
    fn requests_in_flight_are_counted_until_they_end() {
        let usage = Arc::new(Usage::new(None, 2));
        let (first, second) = (usage.begin("a", at(0)).unwrap(), usage.begin("a", at(0)).unwrap());
        let refused = usage.begin("a", at(0)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::RateLimited);
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(1)));
        assert!(usage.begin("b", at(0)).is_ok());
        drop(first);
        let third = usage.begin("a", at(0)).unwrap();
        assert!(usage.begin("a", at(0)).is_err());
        drop((second, third));
        assert!(usage.keys().is_empty(), "nothing is kept of keys that rest");
    }

    // Catches a rate that is not kept to, one that refusals use up, and a wait that is not told.
    #[test]
    fn a_rate_is_kept_to() {
        let rate = RequestRate::new(NonZeroU32::new(30).unwrap(), Duration::from_mins(1));
        let usage = Arc::new(Usage::new(Some(rate), 100));
        let answered = (0..100).filter(|_| usage.begin("a", at(0)).is_ok()).count();
        assert_eq!(answered, 30);
        let refused = usage.begin("a", at(0)).unwrap_err();
        assert_eq!(refused.retry_after(), Some(Duration::from_secs(2)));
        assert!(usage.begin("b", at(0)).is_ok());
        assert!(usage.begin("a", at(2)).is_ok());
        assert!(usage.begin("a", at(2)).is_err());
    }

    // Catches a table that grows with every key that there ever was.
    #[test]
    fn keys_that_are_gone_are_forgotten() {
        let rate = RequestRate::new(NonZeroU32::MIN, Duration::from_secs(1));
        let usage = Arc::new(Usage::new(Some(rate), 100));
        for number in 0..2 * KEYS_MAX {
            usage.begin(&number.to_string(), at(0)).unwrap();
        }
        let held = usage.begin("held", at(5)).unwrap();
        assert_eq!(usage.keys().len(), 1);
        drop(held);
    }
}
