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
        if !is_type_name(kind) {
            return Err(error(text, "the type is not made of a-z, 0-9 and hyphens"));
        }
        match parse_uuid(uuid) {
            Some(uuid) => Ok(Self(Form::Conformant(Kind::from(kind), uuid))),
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
    if [bytes[8], bytes[13], bytes[18], bytes[23]] != *b"----" {
        return None;
    }
    let (high, low) = bytes.split_at(19);
    Some(u128::from(parse_half(high)?) << 64 | u128::from(parse_half(low)?))
}

/// Reads 16 digits between hyphens. References are most of an object, so this is kept free of branches.
fn parse_half(bytes: &[u8]) -> Option<u64> {
    let (mut value, mut digits, mut wrong) = (0_u64, 0_u32, 0);
    for byte in bytes {
        let digit = DIGITS.get(usize::from(*byte)).copied().unwrap_or(WRONG);
        let counts = u32::from(digit != HYPHEN);
        wrong |= digit & WRONG;
        digits += counts;
        value = (value << (4 * counts)) | (u64::from(digit & 0xf) * u64::from(counts));
    }
    (wrong == 0 && digits == 16).then_some(value)
}

const HYPHEN: u8 = 0x10;
const WRONG: u8 = 0x80;

/// The value of each hexadecimal digit, by its byte.
#[expect(clippy::indexing_slicing, reason = "the compiler fills the table")]
const DIGITS: [u8; 256] = {
    let mut table = [WRONG; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    table[b'-' as usize] = HYPHEN;
    table
};

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
