//! The values a pattern compares with (STIX 2.1 section 9.2, constants).

use std::borrow::Cow;
use std::fmt;

use super::instant::Instant;
use super::token;

/// A constant of the pattern language (section 9.2).
///
/// Two literals are equal when they have the same kind and value, whatever their spelling: `+5` and `5`, `1.50` and
/// `1.5`, `h'4F'` and `h'4f'`. An integer and a float, a hexadecimal and a base64 literal are never equal;
/// [`Pattern::is_equivalent_to`](super::Pattern::is_equivalent_to) is the comparison that looks further.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// `'text'`, with its escapes resolved.
    String(String),
    /// A whole number. Literals beyond 128 bits are refused when the pattern is read.
    Integer(i128),
    /// A number with a point; finite.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// `b'…'`, decoded from base64.
    Binary(Vec<u8>),
    /// `h'…'`, decoded from hexadecimal digits.
    Hex(Vec<u8>),
    /// `t'…'`.
    Timestamp(TimestampLiteral),
}

impl Literal {
    /// The text of a string literal.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value as plain text, as a property of an object would show it: a string without quotes, a number or
    /// boolean in digits or words, a timestamp without `t''`, bytes as hexadecimal digits.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::String(text) => Cow::Borrowed(text),
            Self::Timestamp(timestamp) => Cow::Borrowed(timestamp.as_str()),
            Self::Boolean(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
            Self::Binary(bytes) | Self::Hex(bytes) => Cow::Owned(hex_digits(bytes)),
            Self::Integer(_) | Self::Float(_) => Cow::Owned(self.to_string()),
        }
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self::Integer(value.into())
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

/// The text between the quotes of `t'…'` (section 9.2, with the fields of RFC 3339 in upper case and UTC).
///
/// The grammar checks every field but not the calendar: 30 February and second 60 are accepted when a pattern is
/// read. Equality is that of the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TimestampLiteral(Box<str>);

impl TimestampLiteral {
    /// A timestamp of the form `YYYY-MM-DDThh:mm:ss[.s…]Z`, or `None` where the grammar would refuse it.
    pub fn new(text: &str) -> Option<Self> {
        token::is_timestamp(text.as_bytes()).then(|| Self(text.into()))
    }

    /// The text, as `2016-06-01T01:30:00.123Z`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Seconds and nanoseconds since 1970 in UTC (digits beyond the ninth are cut), or `None` for a day that the
    /// calendar does not have. Second 60 is the first second of the next minute.
    pub fn unix_time(&self) -> Option<(i64, u32)> {
        Instant::parse(&self.0).map(|instant| (instant.seconds, instant.nanos))
    }

    pub(super) fn instant(&self) -> Option<Instant> {
        Instant::parse(&self.0)
    }
}

impl fmt::Display for TimestampLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Two lower-case digits for each byte.
pub(super) fn hex_digits(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
