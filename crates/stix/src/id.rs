//! Identifiers of objects: a kind and a UUID.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::Kind;

/// The identifier of an object, `<type>--<UUID>` (STIX 2.1, section 2.9).
///
/// Parsing with [`FromStr`] takes what the specification allows. Real feeds also carry identifiers that it
/// does not (`indicator--4`, upper-case digits): [`Id::lenient`] keeps those as they are written, so that an
/// object is never lost for its name. Comparing and hashing allocate nothing.
///
/// ```
/// use inthreat_stix::{Id, Kind};
///
/// let id: Id = "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc".parse()?;
/// assert_eq!(id.kind(), Kind::Indicator);
/// assert_eq!(id.to_string(), "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc");
/// assert!("indicator--4".parse::<Id>().is_err());
/// assert_eq!(Id::lenient("indicator--4")?.to_string(), "indicator--4");
/// # Ok::<(), inthreat_stix::IdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(Form);

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Form {
    /// What the specification asks for.
    Conformant(Kind, u128),
    /// Anything else, as it is written. Never the text of a conformant identifier.
    Written(Box<str>),
}

/// Why a text is no identifier.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("parse `{}` as an identifier: {reason}", text.escape_default())]
pub struct IdError {
    text: Box<str>,
    reason: &'static str,
}

impl Id {
    /// The longest text that [`Id::lenient`] takes, in bytes.
    pub const LENGTH_MAX: usize = 512;

    /// The identifier of the object of this kind with this UUID.
    pub fn new(kind: Kind, uuid: [u8; 16]) -> Self {
        Self(Form::Conformant(kind, u128::from_be_bytes(uuid)))
    }

    /// Takes any text of 1 to [`Id::LENGTH_MAX`] bytes without control characters as an identifier.
    pub fn lenient(text: &str) -> Result<Self, IdError> {
        if let Ok(id) = text.parse() {
            return Ok(id);
        }
        let reason = if text.is_empty() {
            "it is empty"
        } else if text.len() > Self::LENGTH_MAX {
            "it is longer than 512 bytes"
        } else if text.chars().any(char::is_control) {
            "it holds a control character"
        } else {
            return Ok(Self(Form::Written(text.into())));
        };
        Err(error(text, reason))
    }

    /// The kind of the object: what stands before `--`.
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Form::Conformant(kind, _) => kind.clone(),
            Form::Written(text) => Kind::from(text.split_once("--").map_or("", |(kind, _)| kind)),
        }
    }

    /// The UUID, big-endian, where the identifier has the form that the specification asks for.
    pub fn uuid(&self) -> Option<[u8; 16]> {
        match &self.0 {
            Form::Conformant(_, uuid) => Some(uuid.to_be_bytes()),
            Form::Written(_) => None,
        }
    }

    /// Whether the identifier has the form that the specification asks for.
    pub fn is_conformant(&self) -> bool {
        matches!(self.0, Form::Conformant(..))
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        // The place of `--` is known, so it need not be searched for: this stands on the way of every reference.
        let Some((kind, uuid)) = text
            .len()
            .checked_sub(UUID_LENGTH)
            .and_then(|place| text.split_at_checked(place))
            .and_then(|(kind, uuid)| Some((kind.strip_suffix("--")?, uuid)))
        else {
            return Err(error(text, "expected a type, `--` and a UUID"));
        };
        let kind = Kind::from(kind);
        // The specification's own types need no second look.
        if matches!(&kind, Kind::Custom(name) if !is_type_name(name)) {
            return Err(error(text, "the type is not made of a-z, 0-9 and hyphens"));
        }
        match parse_uuid(uuid) {
            Some(uuid) => Ok(Self(Form::Conformant(kind, uuid))),
            None => Err(error(text, "what follows `--` is no UUID in lower case")),
        }
    }
}

/// How many characters a UUID has in text.
const UUID_LENGTH: usize = 36;

/// Type names are lower case; the length bound of section 2.15 is a matter of validation, not of reading.
fn is_type_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 250
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.as_bytes().windows(2).any(|two| two == b"--")
}

/// Reads `8-4-4-4-12` lower-case hexadecimal digits. Upper case would not survive being written again.
fn parse_uuid(text: &str) -> Option<u128> {
    let bytes: &[u8; UUID_LENGTH] = text.as_bytes().try_into().ok()?;
    let [
        a0,
        a1,
        a2,
        a3,
        a4,
        a5,
        a6,
        a7,
        b'-',
        b0,
        b1,
        b2,
        b3,
        b'-',
        b4,
        b5,
        b6,
        b7,
        b'-',
        c0,
        c1,
        c2,
        c3,
        b'-',
        c4,
        c5,
        c6,
        c7,
        d0,
        d1,
        d2,
        d3,
        d4,
        d5,
        d6,
        d7,
    ] = *bytes
    else {
        return None;
    };
    let quarters = [
        [a0, a1, a2, a3, a4, a5, a6, a7],
        [b0, b1, b2, b3, b4, b5, b6, b7],
        [c0, c1, c2, c3, c4, c5, c6, c7],
        [d0, d1, d2, d3, d4, d5, d6, d7],
    ];
    let mut uuid = 0;
    for digits in quarters {
        uuid = uuid << 32 | u128::from(parse_digits(digits)?);
    }
    Some(uuid)
}

/// Reads eight lower-case hexadecimal digits, all at once: references are a good part of every object.
fn parse_digits(digits: [u8; 8]) -> Option<u32> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let text = u64::from_be_bytes(digits);
    // `a` to `f` have the sixth bit, `0` to `9` have not; the last four bits hold 1 to 6, or the value itself.
    let letters = text >> 6 & ONES;
    let values = (text & (ONES * 0x0f)) + letters * 9;
    // Spelled again, what is no digit gives another text, or a value of the other half.
    let is_same = values + ONES * 0x30 + letters * 0x27 == text;
    let from_ten = (values + ONES * 0x76) & HIGH;
    let from_sixteen = (values + ONES * 0x70) & HIGH;
    if !is_same || from_ten != letters << 7 || from_sixteen != 0 {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((fours | fours >> 16) & 0xffff_ffff).ok()
}

fn error(text: &str, reason: &'static str) -> IdError {
    IdError { text: text.chars().take(80).collect::<String>().into(), reason }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Written(text) => f.write_str(text),
            Form::Conformant(kind, uuid) => {
                let groups = (uuid >> 96, uuid >> 80 & 0xffff, uuid >> 64 & 0xffff);
                let rest = (uuid >> 48 & 0xffff, uuid & 0xffff_ffff_ffff);
                write!(f, "{kind}--{:08x}-{:04x}-{:04x}-", groups.0, groups.1, groups.2)?;
                write!(f, "{:04x}-{:012x}", rest.0, rest.1)
            }
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Written(text) => serializer.serialize_str(text),
            Form::Conformant(..) => serializer.collect_str(self),
        }
    }
}

/// Reads identifiers of any form, as [`Id::lenient`] does.
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::lenient(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches an identifier that changes when it is read and written.
        #[test]
        fn text_survives(text in "[a-zA-Z0-9-]{0,20}--([0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|.{0,40})") {
            if let Ok(id) = Id::lenient(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }

        // Catches digits that land in the wrong group.
        #[test]
        fn uuid_survives(uuid: [u8; 16]) {
            let id = Id::new(Kind::Malware, uuid);
            prop_assert_eq!(id.to_string().parse::<Id>().unwrap().uuid(), Some(uuid));
        }
    }

    // Catches a byte that counts as a digit and is none, a digit of the wrong value, and one that spills over.
    #[test]
    fn every_byte_is_a_digit_or_none() {
        for place in 0..8 {
            for byte in 0..=u8::MAX {
                let mut digits = *b"0f9a1e5c";
                digits[place] = byte;
                let lower = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                let text = std::str::from_utf8(&digits).ok().filter(|_| lower);
                let expected = text.and_then(|text| u32::from_str_radix(text, 16).ok());
                assert_eq!(parse_digits(digits), expected, "{byte:#x} at {place}");
            }
        }
    }

    // Catches a strict parser that takes what section 2.9 does not allow.
    #[test]
    fn refuses_what_is_no_identifier() {
        for text in [
            "",
            "indicator",
            "indicator--",
            "--f24eb993-4ece-47ff-90e1-fa3f87de85dc",
            "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85d",
            "indicator--F24eb993-4ece-47ff-90e1-fa3f87de85dc",
            "indicator--f24eb9934ece-47ff-90e1-fa3f87de85dc-0",
            "Indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc",
        ] {
            assert!(text.parse::<Id>().is_err(), "{text}");
        }
        assert!(Id::lenient("a\nb").is_err());
        assert!(Id::lenient(&"x".repeat(513)).is_err());
    }
}
