//! A body that hardly moves.

use std::time::Duration;

/// Counts the bytes of a body over the time that was spent waiting for them.
#[derive(Debug)]
pub(crate) struct StallMeter {
    window: Duration,
    waited: Duration,
    bytes: u64,
}

impl StallMeter {
    pub(crate) fn new(window: Duration) -> Self {
        Self { window, waited: Duration::ZERO, bytes: 0 }
    }

    /// Counts a piece that was waited for this long; `true` when less than a byte a second came in the last window.
    pub(crate) fn is_stalled(&mut self, waited: Duration, bytes: usize) -> bool {
        self.waited = self.waited.saturating_add(waited);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.waited < self.window {
            return false;
        }
        let stalled = Duration::from_secs(self.bytes) < self.waited;
        (self.waited, self.bytes) = (Duration::ZERO, 0);
        stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a drip that goes on for ever, and a slow but honest body that is cut off.
    #[test]
    fn less_than_a_byte_a_second_is_a_stall() {
        let drip = |every_ms: u64, bytes| {
            let mut meter = StallMeter::new(Duration::from_secs(20));
            (0..200).any(|_| meter.is_stalled(Duration::from_millis(every_ms), bytes))
        };
        assert!(drip(1100, 1) && drip(19_000, 18) && drip(30_000, 29));
        assert!(!drip(900, 1) && !drip(10_000, 2000) && !drip(0, 1));
    }
}
