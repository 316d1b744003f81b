//! JSON opened one level at a time: members in the order in which they are written, numbers as they are spelled.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// A value of JSON, of which what stands inside is not opened yet.
pub(crate) enum Json<'a> {
    Object(Vec<(String, &'a str)>),
    Array(Vec<&'a str>),
    Text(String),
    /// A number, `true`, `false` or `null`, as it is spelled.
    Plain(&'a str),
}

impl<'a> Json<'a> {
    /// Opens a value. What is no JSON is a text, as is a string with half of a surrogate pair.
    pub(crate) fn open(text: &'a str) -> Self {
        let text = text.trim_ascii();
        let opened = match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str::<Members<'_>>(text).map(|it| Self::Object(it.0)),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(text)
                .map(|items| Self::Array(items.into_iter().map(RawValue::get).collect())),
            Some(b'"') => serde_json::from_str(text).map(Self::Text),
            _ => Ok(Self::Plain(text)),
        };
        opened.unwrap_or_else(|_| Self::Text(text.trim_matches('"').to_owned()))
    }

    /// The value as people read it: a list with commas, an object as JSON, `null` as nothing.
    pub(super) fn cell(text: &str) -> String {
        match Json::open(text) {
            Json::Object(_) => text.to_owned(),
            Json::Array(items) => {
                let items = items.into_iter().map(|item| match Json::open(item) {
                    Json::Text(text) => text,
                    _ => item.to_owned(),
                });
                items.collect::<Vec<_>>().join(", ")
            }
            Json::Text(text) => text,
            Json::Plain("null") => String::new(),
            Json::Plain(text) => text.to_owned(),
        }
    }
}

/// The members of an object.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
