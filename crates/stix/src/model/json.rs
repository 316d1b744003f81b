//! A JSON value that is kept as it was written.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::{Cursor, Value};
use crate::TypeError;

/// A JSON value, kept as the text that was read: numbers keep their digits, objects the order of their names.
///
/// Two values are equal when their texts are.
///
/// ```
/// use inthreat_stix::model::Json;
///
/// let value: Json = "[1.50, 1e3]".parse()?;
/// assert_eq!(value.as_str(), "[1.50, 1e3]");
/// assert_eq!(value.parse::<Vec<f64>>()?, [1.5, 1000.0]);
/// assert_eq!(Json::new("a \"quoted\" text")?.as_str(), r#""a \"quoted\" text""#);
/// # Ok::<(), inthreat_stix::TypeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Box<str>);

impl Json {
    /// Writes a value as JSON.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, TypeError> {
        let text = serde_json::to_string(value).map_err(TypeError::new)?;
        Ok(Self(text.into()))
    }

    /// The text of the value, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the value as a type of your own, which may borrow from it.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, TypeError> {
        serde_json::from_str(&self.0).map_err(TypeError::new)
    }

    /// What the value says, when it is a string.
    pub fn as_string(&self) -> Option<Cow<'_, str>> {
        Cursor::new(&self.0).string()
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        &*self.0 == "null"
    }

    /// Takes a text that is known to be one value.
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.into())
    }
}

/// Reads the text of one JSON value.
impl FromStr for Json {
    type Err = TypeError;

    fn from_str(text: &str) -> Result<Self, TypeError> {
        let value: &RawValue = serde_json::from_str(text).map_err(TypeError::new)?;
        Ok(Self::from_text(value.get()))
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for Json {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.skip().map(Self::from_text)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_text(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self::from_text(text.get()))
    }
}

/// Writes a JSON text as it is.
pub(crate) fn serialize_text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let raw: &RawValue = serde_json::from_str(text).map_err(ser::Error::custom)?;
    raw.serialize(serializer)
}

/// Reads a value with a [`Cursor`] from whatever `serde_json` deserialises from.
pub(crate) fn deserialize_with<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    read: impl FnOnce(&mut Cursor<'_>) -> Result<T, String>,
) -> Result<T, D::Error> {
    let text = Box::<RawValue>::deserialize(deserializer)?;
    read(&mut Cursor::new(text.get())).map_err(de::Error::custom)
}
