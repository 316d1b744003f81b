//! Durations as they are written on the command line: `500ms`, `90s`, `3m`, `2h`.

use std::time::Duration;

/// Reads a whole number and its unit.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let expected =
        || "expected a number and a unit (`ms`, `s`, `m`, `h`), such as `90s`".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(expected()),
    };
    number
        .checked_mul(milliseconds)
        .map(Duration::from_millis)
        .ok_or_else(|| "it is too long".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a unit that is mistaken for another, and a text that is read halfway.
    #[test]
    fn durations_have_a_unit() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("3m", 180), ("2h", 7200), ("1000ms", 1)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "3",
            "m",
            "-1s",
            "1.5s",
            "3 m",
            "3min",
            "٣s",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
