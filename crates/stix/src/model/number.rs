//! Numbers that keep their digits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cursor, Json, Value, json};
use crate::TypeError;

/// A JSON number as it was written: the `float` of STIX 2.1 (section 2.6).
///
/// `1.50` stays `1.50` and `1e3` stays `1e3`; two numbers are equal when their texts are.
///
/// ```
/// use inthreat_stix::model::Number;
///
/// let number: Number = "48.8566130".parse()?;
/// assert_eq!(number.to_f64(), 48.856613);
/// assert_eq!(number.to_string(), "48.8566130");
/// assert_eq!(Number::from(1_000_u32).as_str(), "1000");
/// # Ok::<(), inthreat_stix::TypeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Box<str>);

impl Number {
    /// The number of this value, written as short as possible; `None` where it is infinite or no number.
    pub fn from_f64(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self(ryu_js::Buffer::new().format_finite(value).into()))
    }

    /// The text of the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest `f64`; infinite where the number is too large for it.
    pub fn to_f64(&self) -> f64 {
        // Every JSON number is one that Rust reads.
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self(value.to_string().into())
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self(value.to_string().into())
    }
}

/// Reads the text of a JSON number.
impl FromStr for Number {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, TypeError> {
        text.parse::<Json>()?.parse()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Number {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        if !matches!(cursor.peek()?, b'-' | b'0'..=b'9') {
            return None;
        }
        cursor.token().map(|text| Self(text.into()))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json::serialize_text(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::deserialize_with(deserializer, |cursor| {
            Self::read(cursor).ok_or_else(|| "expected a number".to_owned())
        })
    }
}
