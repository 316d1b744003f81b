//! The instant a timestamp of the grammar's form stands for.

use crate::calendar::{days_from_civil, days_in_month};

use super::token;

/// A point in time; ordered. It is no [`Timestamp`](crate::Timestamp): patterns also have the year 0, any number of
/// fractional digits, and a second 60 in every minute, which is the first of the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Instant {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub(super) seconds: i64,
    /// Nanoseconds within the second.
    pub(super) nanos: u32,
}

impl Instant {
    /// Reads `YYYY-MM-DDThh:mm:ss[.s…]Z`, in upper case and with a day that exists.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !token::is_timestamp(text.as_bytes()) {
            return None;
        }
        let number = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if day > days_in_month(year, month) {
            return None;
        }
        let days = days_from_civil(year, month, day);
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
        let digits = text.get(20..text.len() - 1).unwrap_or_default();
        let mut nanos = 0;
        for index in 0..9 {
            let digit = digits.as_bytes().get(index).map_or(0, |byte| u32::from(byte - b'0'));
            nanos = nanos * 10 + digit;
        }
        Some(Self { seconds, nanos })
    }

    /// Nanoseconds since 1970.
    pub(super) fn total_nanos(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }
}
