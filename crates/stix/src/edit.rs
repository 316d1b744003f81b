//! An object that is being rewritten: the text of every property that does not change stays as it is.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{RawObject, json::write_string};

/// The properties of an object in their order, each with the JSON text of its value.
pub(crate) struct Draft<'a> {
    properties: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Draft<'a> {
    pub(crate) fn of(object: &'a RawObject) -> Result<Self, String> {
        serde_json::from_str(object.as_str()).map_err(|error| error.to_string())
    }

    /// Replaces the value of a property, or adds the property at the end. Of several with one name the last counts, so it
    /// is the one that is replaced.
    pub(crate) fn set(&mut self, name: &str, text: String) {
        match self.properties.iter_mut().rev().find(|(key, _)| key == name) {
            Some((_, old)) => *old = text.into(),
            None => self.properties.push((name.to_owned().into(), text.into())),
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.properties.retain(|(key, _)| key != name);
    }

    /// The object as it is now, without white space between its properties.
    pub(crate) fn finish(&self) -> Result<RawObject, String> {
        let mut text = String::from("{");
        for (index, (name, value)) in self.properties.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            write_string(name, &mut text);
            text.push(':');
            text.push_str(value);
        }
        text.push('}');
        RawObject::new(text).map_err(|rejected| rejected.reason().to_owned())
    }
}

impl<'de> Deserialize<'de> for Draft<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DraftVisitor;

        impl<'de> Visitor<'de> for DraftVisitor {
            type Value = Draft<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut properties = Vec::with_capacity(16);
                while let Some((name, text)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
                    properties.push((name, Cow::Borrowed(text.get())));
                }
                Ok(Draft { properties })
            }
        }

        deserializer.deserialize_map(DraftVisitor)
    }
}
