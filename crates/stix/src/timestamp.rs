//! Instants as STIX writes them, with the digits that were written.

use std::{cmp::Ordering, fmt, hash, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::calendar::{civil_from_days, days_from_civil, days_in_month};

/// A `timestamp` of STIX 2.1 (section 2.16): RFC 3339 in UTC, ending in `Z`.
///
/// It compares by instant and keeps its spelling: `…15.98Z` and `…15.980Z` are equal, and each is written as it
/// was read. From 0 to 9 fractional digits; years 0001 to 9999; a leap second (`23:59:60`) sorts behind the
/// second before it.
///
/// ```
/// use inthreat_stix::Timestamp;
///
/// let short: Timestamp = "2020-11-04T00:27:15.9801Z".parse()?;
/// let long: Timestamp = "2020-11-04T00:27:15.980123Z".parse()?;
/// assert!(short < long);
/// assert_eq!(short.to_string(), "2020-11-04T00:27:15.9801Z");
/// # Ok::<(), inthreat_stix::TimestampError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z; of the second before, in a leap second.
    seconds: i64,
    /// From 0 to 999,999,999, and above that in a leap second.
    nanos: u32,
    /// How many fractional digits are written.
    digits: u8,
}

/// Why a text is no timestamp.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("parse `{}` as a timestamp: {reason}", text.escape_default())]
pub struct TimestampError {
    text: Box<str>,
    reason: &'static str,
}

const NANOS_PER_SECOND: u32 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanos: 0, digits: 0 };

    /// The instant this many seconds and nanoseconds after 1970-01-01T00:00:00Z, written with six digits at
    /// most and without trailing zeros, as the service writes them (CONTRACT 5.1).
    ///
    /// `None` outside the years 0001 to 9999 or where `nanos` is no fraction of a second.
    pub fn from_unix(seconds: i64, nanos: u32) -> Option<Self> {
        let (year, ..) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
        if !(1..=9999).contains(&year) || nanos >= NANOS_PER_SECOND {
            return None;
        }
        let nanos = nanos / 1000 * 1000;
        let mut digits = 6;
        while digits > 0 && (nanos / 10_u32.pow(9 - digits)).is_multiple_of(10) {
            digits -= 1;
        }
        Some(Self { seconds, nanos, digits: u8::try_from(digits).unwrap_or_default() })
    }

    /// The instant this many seconds after 1970-01-01T00:00:00Z, which the caller knows to be in range.
    pub(crate) const fn of_second(seconds: i64) -> Self {
        Self { seconds, nanos: 0, digits: 0 }
    }

    /// Reads any RFC 3339 date and time: also lower-case `t` and `z`, a blank for the `T`, and offsets
    /// from UTC. Without an offset it is UTC. The result is written in UTC.
    pub fn lenient(text: &str) -> Result<Self, TimestampError> {
        parse(text, true).map_err(|reason| error(text, reason))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds behind [`Timestamp::seconds`]; 1,000,000,000 and more in a leap second.
    pub fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// How many fractional digits the text has.
    pub fn digits(self) -> u8 {
        self.digits
    }

    /// Microseconds since 1970-01-01T00:00:00Z, rounded down: what indexes are sorted by.
    pub fn micros(self) -> i64 {
        self.seconds.saturating_mul(1_000_000).saturating_add(i64::from(self.nanos / 1000))
    }

    /// The instant written with this many fractional digits, 9 at most: cut off, or filled up with zeros.
    ///
    /// ```
    /// let instant: inthreat_stix::Timestamp = "2024-05-01T12:00:00.1239Z".parse()?;
    /// assert_eq!(instant.with_digits(3).to_string(), "2024-05-01T12:00:00.123Z");
    /// # Ok::<(), inthreat_stix::TimestampError>(())
    /// ```
    #[must_use]
    pub fn with_digits(self, digits: u8) -> Self {
        let digits = digits.min(9);
        let unit = 10_u32.pow(9 - u32::from(digits));
        Self { nanos: self.nanos / unit * unit, digits, ..self }
    }

    /// The same instant without zeros at the end of the fraction.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let mut digits = self.digits;
        while digits > 0 && (self.nanos / 10_u32.pow(9 - u32::from(digits))).is_multiple_of(10) {
            digits -= 1;
        }
        Self { digits, ..self }
    }

    /// The instant this many nanoseconds later, with as many digits as are written of this one: what they do
    /// not show is cut off.
    pub fn plus_nanos(self, nanos: u32) -> Option<Self> {
        let leap = if self.nanos >= NANOS_PER_SECOND { NANOS_PER_SECOND } else { 0 };
        let total = u64::from(self.nanos - leap) + u64::from(nanos);
        let carried = i64::try_from(total / u64::from(NANOS_PER_SECOND)).ok()?;
        let rest = u32::try_from(total % u64::from(NANOS_PER_SECOND)).ok()?;
        let later = if carried == 0 { self } else { self.plus_seconds(carried)? };
        let leap = if later.nanos >= NANOS_PER_SECOND { NANOS_PER_SECOND } else { 0 };
        Some(Self { nanos: leap + rest, ..later }.with_digits(self.digits))
    }

    /// The instant this many seconds later (or, below zero, earlier), with as many digits.
    ///
    /// A leap second is counted: one second behind `23:59:60` is `00:00:00`, one before it is `23:59:59`.
    pub fn plus_seconds(self, seconds: i64) -> Option<Self> {
        let (mut from, mut nanos) = (self.seconds, self.nanos);
        if nanos >= NANOS_PER_SECOND && seconds != 0 {
            // `seconds` of a leap second is that of the second before.
            nanos -= NANOS_PER_SECOND;
            from += i64::from(seconds < 0);
        }
        let seconds = from.checked_add(seconds)?;
        Self::from_unix(seconds, 0).map(|_| Self { seconds, nanos, ..self })
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text, false).map_err(|reason| error(text, reason))
    }
}

fn error(text: &str, reason: &'static str) -> TimestampError {
    TimestampError { text: text.chars().take(80).collect::<String>().into(), reason }
}

const SHAPE: &str = "expected YYYY-MM-DDTHH:MM:SS[.fraction]Z";

fn parse(text: &str, lenient: bool) -> Result<Timestamp, &'static str> {
    let (fixed, rest) = text.as_bytes().split_first_chunk::<19>().ok_or(SHAPE)?;
    let separator = match fixed[10] {
        b't' | b' ' if lenient => b'T',
        other => other,
    };
    if [fixed[4], fixed[7], separator, fixed[13], fixed[16]] != *b"--T::" {
        return Err(SHAPE);
    }
    let field = |from: usize, length: usize| {
        let mut value = 0;
        for byte in fixed.iter().skip(from).take(length) {
            value = value * 10 + i64::from(byte.checked_sub(b'0').filter(|d| *d < 10)?);
        }
        Some(value)
    };
    let [year, month, day] = [field(0, 4), field(5, 2), field(8, 2)].map(|v| v.unwrap_or(-1));
    let [hour, minute, second] =
        [field(11, 2), field(14, 2), field(17, 2)].map(|v| v.unwrap_or(-1));
    if year < 1 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return Err("the date does not exist");
    }
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..=60).contains(&second) {
        return Err("the time does not exist");
    }
    let leap = second == 60;
    let (nanos, digits, zone) = fraction(rest)?;
    let offset = offset(zone, lenient)?;
    let days = days_from_civil(year, month, day);
    let second = if leap { 59 } else { second };
    let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    if leap && seconds.rem_euclid(SECONDS_PER_DAY) != SECONDS_PER_DAY - 1 {
        return Err("a leap second is the last of a day");
    }
    if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        return Err("the year is not 0001 to 9999 in UTC");
    }
    Ok(Timestamp { seconds, nanos: if leap { nanos + NANOS_PER_SECOND } else { nanos }, digits })
}

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const MIN_SECONDS: i64 = -62_135_596_800;
const MAX_SECONDS: i64 = 253_402_300_799;

/// Reads `.123456` into nanoseconds and a number of digits, and gives what follows.
fn fraction(rest: &[u8]) -> Result<(u32, u8, &[u8]), &'static str> {
    let Some((b'.', fraction)) = rest.split_first() else {
        return Ok((0, 0, rest));
    };
    let length = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
    let (written, zone) = fraction.split_at_checked(length).ok_or(SHAPE)?;
    match length {
        0 => return Err("no digit follows the decimal point"),
        10.. => return Err("there are more than nine fractional digits"),
        _ => {}
    }
    let digits = u8::try_from(length).map_err(|_| SHAPE)?;
    let value = written.iter().fold(0_u32, |value, byte| value * 10 + u32::from(byte - b'0'));
    Ok((value * 10_u32.pow(9 - u32::from(digits)), digits, zone))
}

/// Seconds east of UTC.
fn offset(zone: &[u8], lenient: bool) -> Result<i64, &'static str> {
    match zone {
        b"Z" => Ok(0),
        _ if !lenient => Err("it does not end in `Z`"),
        b"" | b"z" => Ok(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let digits = [*h1, *h2, *m1, *m2].map(|b| i64::from(b.wrapping_sub(b'0')));
            let [h1, h2, m1, m2] = digits;
            let (hours, minutes) = (h1 * 10 + h2, m1 * 10 + m2);
            if digits.iter().any(|d| *d > 9) || hours > 23 || minutes > 59 {
                return Err("the offset from UTC does not exist");
            }
            let seconds = hours * 3600 + minutes * 60;
            Ok(if *sign == b'+' { seconds } else { -seconds })
        }
        _ => Err("what follows the time is no offset from UTC"),
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.seconds.div_euclid(SECONDS_PER_DAY));
        let time = self.seconds.rem_euclid(SECONDS_PER_DAY);
        let leap = self.nanos >= NANOS_PER_SECOND;
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60 + i64::from(leap));
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if self.digits > 0 {
            let width = usize::from(self.digits);
            let fraction = self.nanos % NANOS_PER_SECOND / 10_u32.pow(9 - u32::from(self.digits));
            write!(f, ".{fraction:0width$}")?;
        }
        f.write_str("Z")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl PartialEq for Timestamp {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timestamp {}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanos).cmp(&(other.seconds, other.nanos))
    }
}

impl hash::Hash for Timestamp {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        (self.seconds, self.nanos).hash(state);
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a date that moves, and digits that are lost or invented.
        #[test]
        fn text_survives(
            (year, month, day) in (1_i64..=9999, 1_i64..=12, 1_i64..=28),
            (hour, minute, second) in (0..24, 0..60, 0..60),
            fraction in "(\\.[0-9]{1,9})?",
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z");
            prop_assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }

        // Catches an input that panics.
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Timestamp>();
            let _ = Timestamp::lenient(&text);
        }
    }

    // Catches an order by text: `…15.9801Z` sorts behind `…15.980123Z` there.
    #[test]
    fn orders_by_instant() {
        let order = [
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "2016-12-31T23:59:59.999Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.5Z",
            "2017-01-01T00:00:00Z",
            "2020-11-04T00:27:15.9801Z",
            "2020-11-04T00:27:15.980123Z",
            "9999-12-31T23:59:59.999999999Z",
        ];
        let parsed = order.map(|text| text.parse::<Timestamp>().unwrap());
        assert!(parsed.is_sorted_by(|a, b| a < b));
        assert_eq!(parsed.map(|t| t.to_string()), order.map(String::from));
        let equal = ["2020-11-04T00:27:15.98Z", "2020-11-04T00:27:15.980Z"];
        let equal = equal.map(|text| text.parse::<Timestamp>().unwrap());
        assert_eq!(equal[0], equal[1]);
    }

    // Catches a parser that takes what STIX 2.1 section 2.16 does not allow.
    #[test]
    fn refuses_what_is_no_timestamp() {
        for text in [
            "",
            "2020-11-04",
            "2020-02-30T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2020-11-04T24:00:00Z",
            "2020-11-04T00:00:61Z",
            "2020-11-04T12:00:60Z",
            "2020-11-04T00:00:00",
            "2020-11-04T00:00:00.Z",
            "2020-11-04T00:00:00.1234567890Z",
            "2020-11-04T00:00:00Z\n",
            "2020-11-04t00:00:00z",
            "2020-11-04T00:00:00+00:00",
            "2020-11-04T00:00:00ZZ",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    // Catches an offset that is added where it is to be taken away.
    #[test]
    fn lenient_converts_offsets() {
        for (text, expected) in [
            ("2020-11-04T02:00:00+02:00", "2020-11-04T00:00:00Z"),
            ("2020-11-03 23:30:00.50-00:30", "2020-11-04T00:00:00.50Z"),
            ("2020-11-04t00:00:00", "2020-11-04T00:00:00Z"),
            ("2017-01-01T01:59:60+02:00", "2016-12-31T23:59:60Z"),
        ] {
            assert_eq!(Timestamp::lenient(text).unwrap().to_string(), expected);
        }
    }

    // Catches a leap second that is carried into a minute which has none, where it compares as another instant
    // than its text says.
    #[test]
    fn plus_seconds_leaves_a_leap_second() {
        let leap: Timestamp = "2016-12-31T23:59:60.5Z".parse().unwrap();
        for (seconds, expected) in [
            (0, "2016-12-31T23:59:60.5Z"),
            (1, "2017-01-01T00:00:00.5Z"),
            (-1, "2016-12-31T23:59:59.5Z"),
            (86_400, "2017-01-01T23:59:59.5Z"),
        ] {
            let moved = leap.plus_seconds(seconds).unwrap();
            assert_eq!((moved.to_string().as_str(), moved), (expected, expected.parse().unwrap()));
        }
        assert_eq!(leap.plus_seconds(i64::MIN), None);
    }

    // Catches a second that is skipped or counted twice, and digits that are not cut.
    #[test]
    fn plus_nanos_carries() {
        let plus = |text: &str, nanos| {
            text.parse::<Timestamp>().unwrap().plus_nanos(nanos).unwrap().to_string()
        };
        assert_eq!(plus("2020-12-31T23:59:59.999Z", 1_000_000), "2021-01-01T00:00:00.000Z");
        assert_eq!(plus("2016-12-31T23:59:60.500Z", 1_000_000), "2016-12-31T23:59:60.501Z");
        assert_eq!(plus("2016-12-31T23:59:60.500Z", 500_000_000), "2017-01-01T00:00:00.000Z");
        assert_eq!(plus("2020-01-01T00:00:00.0Z", 1), "2020-01-01T00:00:00.0Z");
    }

    // Catches trailing zeros, which the service does not write.
    #[test]
    fn from_unix_trims_zeros() {
        let text = |nanos| Timestamp::from_unix(1_600_000_000, nanos).unwrap().to_string();
        assert_eq!(text(0), "2020-09-13T12:26:40Z");
        assert_eq!(text(980_100_999), "2020-09-13T12:26:40.9801Z");
        assert!(Timestamp::from_unix(i64::MAX / SECONDS_PER_DAY, 0).is_none());
    }
}
