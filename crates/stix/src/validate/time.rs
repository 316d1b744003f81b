//! Timestamps of any precision, as validation compares them.

use crate::Timestamp;

pub(super) struct Instant {
    /// To the nanosecond; what follows is cut off.
    pub(super) instant: Timestamp,
    /// How many fractional digits are written.
    pub(super) digits: usize,
}

/// Reads a timestamp as section 2.16 writes it, with any number of fractional digits.
pub(super) fn parse(text: &str) -> Result<Instant, &'static str> {
    const KEPT_MAX: usize = 9;
    let digits = match text.split_once('.') {
        Some((_, fraction)) => fraction.bytes().take_while(u8::is_ascii_digit).count(),
        None => 0,
    };
    if digits <= KEPT_MAX {
        let instant = text.parse().map_err(|_| SHAPE)?;
        return Ok(Instant { instant, digits });
    }
    let (whole, fraction) = text.split_once('.').ok_or(SHAPE)?;
    let (kept, rest) = (fraction.get(..KEPT_MAX), fraction.get(digits..));
    let (Some(kept), Some("Z")) = (kept, rest) else { return Err(SHAPE) };
    let instant = format!("{whole}.{kept}Z").parse().map_err(|_| SHAPE)?;
    Ok(Instant { instant, digits })
}

const SHAPE: &str = "expected an existing YYYY-MM-DDTHH:MM:SS[.fraction]Z";

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a bound on digits that the specification does not set.
    #[test]
    fn takes_any_number_of_digits() {
        let digits = |text| parse(text).ok().map(|instant| instant.digits);
        assert_eq!(digits("2020-01-01T00:00:00Z"), Some(0));
        assert_eq!(digits("2020-01-01T00:00:00.123456789012Z"), Some(12));
        assert_eq!(digits("2020-01-01T00:00:00.1234567890"), None);
        assert_eq!(digits("2020-01-32T00:00:00.1234567890Z"), None);
    }
}
