//! How values of the command line are written.

use std::{num::NonZeroU32, time::Duration};

use inthreat_api::{FeedId, dialect::TLP_MARKINGS};
use inthreat_server::RequestRate;
use inthreat_stix::{Id, Timestamp, marking::Tlp};

use crate::{
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
};

/// A time such as `500ms`, `90s`, `10m`, `12h` or `30d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong =
        || "expected a number and a unit (`ms`, `s`, `m`, `h`, `d`), such as `90s`".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let duration = number.checked_mul(milliseconds).map(Duration::from_millis);
    duration.ok_or_else(|| "it is too long".to_owned())
}

/// A number of bytes such as `500MB`, `20GiB` or `1048576`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || {
        "expected a number of bytes, perhaps with a unit (`kB`, `MB`, `GB`, `TB`; `KiB`, `MiB`, `GiB`, `TiB`), such as `20GB`".to_owned()
    };
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let bytes: u64 = match unit {
        "" | "B" => 1,
        "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(bytes).ok_or_else(|| "it is too much".to_owned())
}

/// A level of the Traffic Light Protocol.
pub(crate) fn tlp(text: &str) -> Result<Tlp, String> {
    let text = text.to_ascii_lowercase();
    match text.strip_prefix("tlp:").unwrap_or(&text) {
        "clear" | "white" => Ok(Tlp::Clear),
        "green" => Ok(Tlp::Green),
        "amber" => Ok(Tlp::Amber),
        "amber+strict" => Ok(Tlp::AmberStrict),
        "red" => Ok(Tlp::Red),
        _ => Err("expected clear, green, amber, amber+strict or red".to_owned()),
    }
}

/// The marking definitions of levels of the Traffic Light Protocol.
pub(crate) fn markings(levels: &[Tlp]) -> Outcome<Vec<Id>> {
    levels.iter().map(|level| marking(*level)).collect()
}

/// The marking definition of a level.
pub(crate) fn marking(level: Tlp) -> Outcome<Id> {
    let name = match level {
        Tlp::Clear => "white",
        Tlp::Green => "green",
        Tlp::Amber => "amber",
        Tlp::Red => "red",
        _ => "",
    };
    let found = TLP_MARKINGS.iter().find(|(known, _)| *known == name);
    let id = found.and_then(|(_, id)| Id::lenient(id).ok());
    id.ok_or_else(|| Failure::new(Exit::Usage, "the service has no marking of that level"))
}

/// The id of a feed.
pub(crate) fn feed(text: &str) -> Outcome<FeedId> {
    text.parse().map_err(|error| {
        Failure::because(Exit::Usage, "read the command line", &error).hint(WHICH_FEEDS)
    })
}

/// What helps whoever names a feed that is none.
pub(crate) const WHICH_FEEDS: &str =
    "`inthreat feeds list` prints the feeds that there are, each with its id";

/// A date and time (RFC 3339), a date alone, or a time such as `7d` for so long ago.
pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = duration(text) {
        return before_now(ago).ok_or_else(|| "it is too long ago".to_owned());
    }
    let of_day = || Timestamp::lenient(&format!("{text}T00:00:00Z"));
    Timestamp::lenient(text).or_else(|_| of_day()).map_err(|_| {
        "expected a date such as 2026-01-31, an instant such as 2026-01-31T08:00:00Z, or 7d for so long ago"
            .to_owned()
    })
}

/// The instant so long ago.
fn before_now(ago: Duration) -> Option<Timestamp> {
    let seconds = i64::try_from(ago.as_secs()).ok()?;
    clock::now()?.plus_seconds(seconds.checked_neg()?)
}

/// A state of a replica, as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Sequence(u64),
    Instant(Timestamp),
}

/// A date and time, a date alone, or a sequence of a replica.
pub(crate) fn when(text: &str) -> Result<When, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let sequence = text.parse().map_err(|_| "it is too large for a sequence".to_owned())?;
        return Ok(When::Sequence(sequence));
    }
    instant(text).map(When::Instant)
}

/// When something ends, as it is named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    After(Duration),
    At(Timestamp),
}

/// A time from now, a date and time, or a date alone.
pub(crate) fn end(text: &str) -> Result<End, String> {
    if let Ok(time) = duration(text) {
        return Ok(End::After(time));
    }
    instant(text).map(End::At).map_err(|error| format!("{error}; or a time, such as `90d`"))
}

/// How often, such as `50/s`.
pub(crate) fn rate(text: &str) -> Result<RequestRate, String> {
    let wrong = || "expected a number and a unit (`s`, `m`, `h`), such as `50/s`".to_owned();
    let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
    let number: NonZeroU32 = number.parse().map_err(|_| wrong())?;
    let time = match unit {
        "s" => Duration::from_secs(1),
        "m" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        _ => return Err(wrong()),
    };
    Ok(RequestRate::new(number, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a unit that means another one, a number that overflows, and a value that is guessed.
    #[test]
    fn values_are_read_as_they_are_written() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(duration("12h"), Ok(Duration::from_hours(12)));
        assert_eq!(duration("30d"), Ok(Duration::from_hours(720)));
        for text in [
            "",
            "s",
            "10",
            "1.5h",
            "-1s",
            "10 m",
            "99999999999999999999s",
            "999999999999999999d",
            "1us",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!((size("7"), size("7B")), (Ok(7), Ok(7)));
        assert_eq!((size("500kB"), size("20GB")), (Ok(500_000), Ok(20_000_000_000)));
        assert_eq!((size("3KiB"), size("2TiB")), (Ok(3072), Ok(2 << 40)));
        for text in ["", "GB", "1.5GB", "-1", "20 GB", "20gb", "20G", "99999999TiB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(tlp("AMBER+STRICT"), Ok(Tlp::AmberStrict));
        assert_eq!(tlp("TLP:Clear"), Ok(Tlp::Clear));
        assert!(tlp("amber strict").is_err());
        assert_eq!(instant("2024-05-01").unwrap().to_string(), "2024-05-01T00:00:00Z");
        assert_eq!(
            instant("2024-05-01T12:00:00+02:00").unwrap().to_string(),
            "2024-05-01T10:00:00Z"
        );
        assert!(instant("yesterday").is_err());
        let week = clock::now().unwrap().seconds() - instant("7d").unwrap().seconds();
        assert!((604_799..=604_810).contains(&week), "{week}");
        assert!(instant("99999999999d").is_err());
        assert_eq!(when("2024"), Ok(When::Sequence(2024)));
        assert_eq!(when("2024-05-01"), instant("2024-05-01").map(When::Instant));
        assert!(when("").is_err() && when("-1").is_err() && when("99999999999999999999").is_err());
    }

    // Catches a unit of a rate that means another one, and a rate of nothing, by which no question would be answered.
    #[test]
    fn rates_and_ends_are_read_as_they_are_written() {
        let rate_of = |number, time| RequestRate::new(NonZeroU32::new(number).unwrap(), time);
        assert_eq!(rate("50/s"), Ok(rate_of(50, Duration::from_secs(1))));
        assert_eq!(rate("1000/m"), Ok(rate_of(1000, Duration::from_mins(1))));
        assert_eq!(rate("7/h"), Ok(rate_of(7, Duration::from_hours(1))));
        for text in ["", "50", "0/s", "-1/s", "1.5/s", "50/d", "/s", "99999999999/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(end("90d"), Ok(End::After(Duration::from_hours(90 * 24))));
        assert_eq!(end("2027-01-01"), Ok(End::At("2027-01-01T00:00:00Z".parse().unwrap())));
        assert!(end("soon").is_err());
    }
}
