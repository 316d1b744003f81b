//! Instants as two integers that sort as the instants do.

use inthreat_stix::Timestamp;

/// What a leap second counts as: behind the last microsecond of the second that it follows.
const LEAP_REST: u32 = 1000;
const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// Microseconds since 1970-01-01T00:00:00Z, and the nanoseconds behind them.
///
/// The pair orders as [`Timestamp`] does, to the nanosecond. In a leap second the microseconds stay at the last of
/// the second before, and the rest begins at 1000.
pub(crate) fn to_pair(instant: Timestamp) -> (i64, i64) {
    match instant.subsec_nanos().checked_sub(NANOS_PER_SECOND) {
        None => (instant.micros(), i64::from(instant.subsec_nanos() % 1000)),
        Some(nanos) => {
            let micros = instant.seconds().saturating_mul(1_000_000).saturating_add(999_999);
            (micros, i64::from(LEAP_REST) + i64::from(nanos))
        }
    }
}

/// The instant at these microseconds; the years 0001 to 9999 have one.
pub(crate) fn from_micros(micros: i64) -> Option<Timestamp> {
    let nanos = u32::try_from(micros.rem_euclid(1_000_000)).ok()? * 1000;
    Timestamp::from_unix(micros.div_euclid(1_000_000), nanos)
}

/// The instant of a pair that [`to_pair`] gave.
pub(crate) fn from_pair(micros: i64, rest: i64) -> Option<Timestamp> {
    let rest = u32::try_from(rest).ok()?;
    let Some(nanos) = rest.checked_sub(LEAP_REST) else {
        return Some(from_micros(micros)?.with_digits(9).plus_nanos(rest)?.trimmed());
    };
    // Only its text makes a leap second: the second behind the one that the microseconds are in.
    let before = from_micros(micros)?.with_digits(0).to_string();
    let minute = before.strip_suffix(":59Z")?;
    let leap: Timestamp = format!("{minute}:60.{nanos:09}Z").parse().ok()?;
    Some(leap.trimmed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_instant() -> impl Strategy<Value = Timestamp> {
        let ordinary = "20(16-12-31|17-01-01)T(23:59:5[89]|00:00:00)(\\.[0-9]{1,9})?Z";
        let leap = "2016-12-31T23:59:60(\\.[0-9]{1,9})?Z";
        prop_oneof![ordinary, leap].prop_map(|text| text.parse().unwrap())
    }

    proptest! {
        // Catches an order by microseconds that mixes nanoseconds or leap seconds up.
        #[test]
        fn pairs_sort_as_the_instants_do(a in any_instant(), b in any_instant()) {
            prop_assert_eq!(to_pair(a).cmp(&to_pair(b)), a.cmp(&b));
        }

        // Catches an instant that comes back as another one.
        #[test]
        fn pairs_give_their_instants_back(instant in any_instant()) {
            let (micros, rest) = to_pair(instant);
            prop_assert_eq!(from_pair(micros, rest), Some(instant));
        }
    }
}
