//! How long a feed will still take: an estimate, since the service does not say how many objects there are. A feed is read
//! in the order of `modified`, so the share of the time that was read stands for the share of the objects.

use std::time::Duration;

use inthreat_stix::Timestamp;

/// An estimate from less of a run, in seconds, would say nothing.
const RUN_MIN_S: f64 = 1.0;
/// So would one from a smaller share of what was to be read.
const SHARE_MIN: f64 = 0.01;

/// How one feed is getting on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Nothing was read whose time is known.
    #[default]
    Unknown,
    /// It is read from `first`, which was there when the run was that old, and has come to `newest`.
    Reading { first: Timestamp, since: Duration, newest: Timestamp },
    /// Nothing is left.
    Done,
}

impl Pace {
    /// The feed has come to this instant, in a run that is this old.
    pub(crate) fn reach(&mut self, instant: Option<Timestamp>, age: Duration) {
        match (&mut *self, instant) {
            (Self::Reading { newest, .. }, Some(instant)) => *newest = instant.max(*newest),
            (_, Some(first)) => *self = Self::Reading { first, since: age, newest: first },
            (_, None) => {}
        }
    }

    /// The time that is left until this feed has come to `end`, in a run that is this old.
    fn left(self, end: Timestamp, age: Duration) -> Option<Duration> {
        let (first, since, newest) = match self {
            Self::Unknown => return None,
            Self::Reading { first, since, newest } => (first, since, newest),
            Self::Done => return Some(Duration::ZERO),
        };
        let (read, all) = (seconds_between(first, newest), seconds_between(first, end));
        let run = age.saturating_sub(since).as_secs_f64();
        let is_told = run >= RUN_MIN_S && all > 0.0 && read >= all * SHARE_MIN;
        let left = is_told.then(|| run * (all - read).max(0.0) / read)?;
        Duration::try_from_secs_f64(left).ok()
    }
}

/// The time that is left until all of these have come to `end`; `None` where it cannot be told of one of them.
pub(crate) fn left_of_all(paces: &[Pace], end: Timestamp, age: Duration) -> Option<Duration> {
    paces
        .iter()
        .map(|pace| pace.left(end, age))
        .try_fold(Duration::ZERO, |longest, left| left.map(|left| longest.max(left)))
}

/// A time that is left, for people: as rough as it is.
pub(crate) fn words(left: Duration) -> String {
    let minutes = left.as_secs().div_ceil(60);
    let (hours, days) = (minutes.div_ceil(60), minutes.div_ceil(60 * 24));
    match minutes {
        0 | 1 => "less than 1 min left".to_owned(),
        2..120 => format!("about {minutes} min left"),
        120..2880 => format!("about {hours} h left"),
        _ => format!("about {days} days left"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of years, for an estimate")]
fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.micros().saturating_sub(from.micros()) as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-11T00:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// What is left after these steps, each an instant and the age of the run in seconds, in a run of this age.
    fn left(steps: &[(&str, u64)], age: u64) -> Option<u64> {
        let mut pace = Pace::default();
        for (instant, age) in steps {
            pace.reach(Some(at(instant)), Duration::from_secs(*age));
        }
        let left = left_of_all(&[pace], at(NOW), Duration::from_secs(age))?;
        Some(left.as_secs())
    }

    // Catches an estimate that is not the share of the time at the pace of the run, and one that a standing feed lowers.
    #[test]
    fn what_is_left_follows_the_share_that_was_read() {
        let first = ("2026-01-01T00:00:00Z", 5);
        // Two days of ten in ten seconds: eight more take forty.
        assert_eq!(left(&[first, ("2026-01-03T00:00:00Z", 15)], 15), Some(40));
        assert_eq!(left(&[first, ("2026-01-03T00:00:00Z", 15)], 25), Some(80));
        assert_eq!(left(&[first, ("2026-01-06T00:00:00Z", 15)], 15), Some(10));
        assert_eq!(left(&[first, (NOW, 15)], 15), Some(0));
    }

    // Catches a time left where nobody can know it: nothing read, too little, newest first, or ahead of our clock.
    #[test]
    fn nothing_is_told_without_a_ground() {
        let first = ("2026-01-01T00:00:00Z", 5);
        assert_eq!(left(&[], 100), None);
        assert_eq!(left(&[first], 100), None);
        assert_eq!(left(&[first, ("2026-01-03T00:00:00Z", 5)], 5), None);
        assert_eq!(left(&[first, ("2026-01-01T00:10:00Z", 15)], 15), None);
        assert_eq!(left(&[first, ("2025-12-01T00:00:00Z", 15)], 15), None);
        assert_eq!(left(&[("2026-02-01T00:00:00Z", 5), ("2026-02-02T00:00:00Z", 9)], 9), None);
        assert_eq!(left(&[first, ("2026-02-01T00:00:00Z", 15)], 15), Some(0));
    }

    // Catches a feed that is done, or that nothing is known of, and hides how long another takes.
    #[test]
    fn the_longest_of_several_counts() {
        let age = Duration::from_secs(15);
        let mut slow = Pace::default();
        slow.reach(Some(at("2026-01-01T00:00:00Z")), Duration::from_secs(5));
        slow.reach(Some(at("2026-01-03T00:00:00Z")), age);
        let of = |paces: &[Pace]| left_of_all(paces, at(NOW), age);
        assert_eq!(of(&[Pace::Done, slow]), Some(Duration::from_secs(40)));
        assert_eq!(of(&[slow, Pace::Unknown]), None);
    }

    // Catches words that are more precise than the estimate, and a unit that nobody reads.
    #[test]
    fn words_are_as_rough_as_the_estimate() {
        for (seconds, expected) in [
            (0, "less than 1 min left"),
            (60, "less than 1 min left"),
            (61, "about 2 min left"),
            (7_140, "about 119 min left"),
            (7_201, "about 3 h left"),
            (200_000, "about 3 days left"),
        ] {
            assert_eq!(words(Duration::from_secs(seconds)), expected, "{seconds}");
        }
    }
}
