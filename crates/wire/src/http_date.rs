//! Dates in HTTP headers, in the three forms of RFC 9110, section 5.6.7.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994` into
/// seconds since 1970-01-01T00:00:00Z.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let words: Vec<_> = text.split_ascii_whitespace().take(7).collect();
    let (year, month, day, time) = match words.as_slice() {
        [_, day, month, year, time, "GMT"] if year.len() == 4 => {
            (year.parse().ok()?, *month, *day, *time)
        }
        [_, date, time, "GMT"] => {
            let mut parts = date.splitn(3, '-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let year: u16 = year.parse().ok().filter(|year| *year < 100)?;
            // Two digits more than 50 years ahead are of the past; no answer of this service is older than 1970.
            (if year < 70 { 2000 + year } else { 1900 + year }, month, day, *time)
        }
        [_, month, day, time, year] if year.len() == 4 => (year.parse().ok()?, *month, *day, *time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    if time.len() != 8 {
        return None;
    }
    let text = format!("{year:04}-{month:02}-{day:02}T{time}Z");
    text.parse::<inthreat_stix::Timestamp>().ok().map(inthreat_stix::Timestamp::seconds)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Catches a form that is not understood (the examples of the RFC).
    #[test]
    fn the_three_forms_are_one_instant() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse(text), Some(784_111_777), "{text}");
        }
        for text in
            ["", "GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "-1"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        // Catches a panic on any header.
        #[test]
        fn any_text_is_survived(text in "(Sun, )?.{0,40}") {
            let _ = parse(&text);
        }
    }
}
