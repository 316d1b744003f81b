//! Figures for people: how much, how fast, how much memory.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Measures one step of a run.
pub(crate) struct Step(Instant);

impl Step {
    /// Begins a step; where the system allows, the peak of memory begins anew.
    pub(crate) fn begin() -> Self {
        reset_peak();
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

#[expect(clippy::disallowed_methods, reason = "the kernel's file is a switch, not data")]
fn reset_peak() {
    // Only Linux has it, and a sandbox may refuse it: then the peak is that of the whole run.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process had at a time, in MB. `None` where the system does not tell.
pub(crate) fn peak_megabytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}

/// ", peak memory 93 MB", or nothing where the system does not tell.
pub(crate) fn peak_words() -> String {
    peak_megabytes().map(|megabytes| format!(", peak memory {megabytes} MB")).unwrap_or_default()
}

/// Something per second, in words: "48,210 objects/s, 63 MB/s". Where no bytes are counted, none are told.
pub(crate) fn rates(objects: u64, bytes: u64, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(1e-6);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let per_second = |amount: u64| amount as f64 / seconds;
    let objects = format!("{} objects/s", grouped(per_second(objects)));
    if bytes == 0 {
        return objects;
    }
    format!("{objects}, {:.0} MB/s", per_second(bytes) / 1e6)
}

/// A rate without its fraction: "1,235".
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is small and not negative"
)]
pub(crate) fn grouped(number: f64) -> String {
    count(number.round() as u64)
}

/// A number with its thousands apart: "1,234,567".
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many things, by their name in the singular: "1 object", "2 objects".
pub(crate) fn things(number: u64, name: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {name}{ending}", count(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a comma in the wrong place.
    #[test]
    fn thousands_stand_apart() {
        let numbers = [0, 999, 1000, 12_345, 1_234_567];
        assert_eq!(numbers.map(count), ["0", "999", "1,000", "12,345", "1,234,567"]);
        assert_eq!([0, 1, 1000].map(|it| things(it, "x")), ["0 xs", "1 x", "1,000 xs"]);
        assert_eq!(rates(1000, 2_000_000, Duration::from_millis(500)), "2,000 objects/s, 4 MB/s");
        assert_eq!(rates(1000, 0, Duration::from_millis(500)), "2,000 objects/s");
    }
}
