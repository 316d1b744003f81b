//! Which part of a feed is read afterwards.

use std::time::Duration;

use inthreat_stix::Timestamp;
use inthreat_store::CursorKey;

use crate::{Error, Result};

/// How many slices a range may have.
const SLICES_MAX: i64 = 100_000;

/// A part of a feed by `modified`, for [`Consumer::backfill`](crate::Consumer::backfill): what is newer than its
/// beginning, up to its end, which is left out.
///
/// ```
/// use std::time::Duration;
/// use inthreat_feed::Range;
/// use inthreat_stix::Timestamp;
///
/// let year = Range::after("2023-01-01T00:00:00Z".parse()?)
///     .with_until("2024-01-01T00:00:00Z".parse::<Timestamp>()?)
///     .with_slice(Duration::from_hours(30 * 24));
/// assert!(year.until > Some(year.after));
/// # Ok::<(), inthreat_stix::TimestampError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Range {
    /// Objects of exactly this instant are left out.
    pub after: Timestamp,
    /// Objects of this instant or later are left out; without it the feed is read to its end.
    pub until: Option<Timestamp>,
    /// How long each part is that has a cursor of its own, in whole seconds; without it the range is one part. A range
    /// that is read in slices has an end.
    pub slice: Option<Duration>,
}

/// A part of a range, read by a cursor of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slice {
    /// What is asked for.
    pub(crate) after: Timestamp,
    pub(crate) until: Option<Timestamp>,
    /// What it is called in the key of its cursor.
    name: String,
}

impl Range {
    /// What is newer than `after`.
    pub fn after(after: Timestamp) -> Self {
        Self { after, until: None, slice: None }
    }

    /// Sets from when on objects are left out.
    #[must_use]
    pub fn with_until(mut self, until: impl Into<Option<Timestamp>>) -> Self {
        self.until = until.into();
        self
    }

    /// Sets how long each part is.
    #[must_use]
    pub fn with_slice(mut self, slice: impl Into<Option<Duration>>) -> Self {
        self.slice = slice.into();
        self
    }

    /// The parts, oldest first. Each but the first asks from a second before it begins, since what is asked for is
    /// strictly later than an instant whose fraction a source may cut off; what comes twice changes nothing.
    pub(crate) fn slices(&self) -> Result<impl Iterator<Item = Slice> + Send + use<>> {
        let Self { after, until, slice } = *self;
        if until.is_some_and(|until| until <= after) {
            return Err(Error::invalid("the end of the range does not lie behind its beginning"));
        }
        let step = match (slice, until) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(Error::invalid("a range that is read in slices needs an end"));
            }
            (Some(slice), Some(until)) => {
                let seconds = i64::try_from(slice.as_secs()).unwrap_or(i64::MAX).max(1);
                let whole = until.seconds().saturating_sub(after.seconds());
                if whole / seconds >= SLICES_MAX {
                    let reason = format!("the range has more than {SLICES_MAX} slices");
                    return Err(Error::invalid(reason));
                }
                Some(seconds)
            }
        };
        let mut begin = Some(after);
        Ok(std::iter::from_fn(move || {
            let start = begin.take()?;
            let end = step.and_then(|step| start.plus_seconds(step));
            let end = match (end, until) {
                (Some(end), Some(until)) if end < until => {
                    begin = Some(end);
                    Some(end)
                }
                _ => until,
            };
            let asked =
                if start == after { after } else { start.plus_seconds(-1).unwrap_or(start) };
            let name = end.map(|end| end.to_string()).unwrap_or_default();
            Some(Slice { after: asked, until: end, name: format!("{start}..{name}") })
        }))
    }
}

impl Slice {
    /// What its cursor is kept under, beside that of the feed.
    pub(crate) fn key(&self, base: &CursorKey) -> Result<CursorKey> {
        let text = format!("{base}#{}", self.name);
        text.parse().map_err(|_| {
            Error::invalid("the filters are too long for the key of a cursor: give a key")
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds, 0).unwrap()
    }

    proptest! {
        // Catches a gap between two slices, one that reaches beyond the range, and two slices of one name.
        #[test]
        fn slices_cover_the_range(start in 0_i64..1000, length in 1_i64..5000, slice in 0_u64..700) {
            let range = Range::after(at(start))
                .with_until(at(start + length))
                .with_slice(Duration::from_secs(slice));
            let slices: Vec<_> = range.slices().unwrap().collect();
            prop_assert_eq!(slices[0].after, range.after);
            prop_assert_eq!(slices.last().unwrap().until, range.until);
            for pair in slices.windows(2) {
                prop_assert!(pair[1].after < pair[0].until.unwrap());
                prop_assert!(pair[0].until < pair[1].until);
                prop_assert_ne!(&pair[0].name, &pair[1].name);
            }
            let step = i64::try_from(slice.max(1)).unwrap();
            let expected = usize::try_from((length + step - 1) / step).unwrap();
            prop_assert_eq!(slices.len(), expected);
        }
    }

    // Catches a range without sense that is read for ever, and keys that meet that of the feed.
    #[test]
    fn ranges_without_sense_are_refused() {
        let open = Range::after(at(5));
        let slices: Vec<_> = open.slices().unwrap().collect();
        assert_eq!((slices.len(), slices[0].until), (1, None));
        let key = slices[0].key(&"feed".parse().unwrap()).unwrap();
        assert_eq!(key.as_str(), "feed#1970-01-01T00:00:05Z..");
        let day = Duration::from_hours(24);
        for range in [
            open.clone().with_until(at(5)),
            open.clone().with_slice(day),
            open.with_until(at(1_000_000_000)).with_slice(Duration::from_secs(1)),
        ] {
            assert!(range.slices().is_err(), "{range:?}");
        }
    }
}
