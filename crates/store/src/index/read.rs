//! Reads the properties that an object is indexed by, in one pass and without copying their text.

use std::{borrow::Cow, fmt};

use inthreat_stix::{Id, Timestamp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The JSON text of one property.
///
/// Reading it is a step of its own, so that a property that is not what it should be is absent and costs no other.
#[derive(Clone, Copy)]
pub(crate) struct Property<'a>(&'a str);

/// Declares `Properties`: some properties of an object, as they are written.
macro_rules! properties {
    ($($field:ident $name:literal;)*) => {
        /// Some properties of an object, as they are written.
        #[derive(Default)]
        pub(crate) struct Properties<'a> {
            $(pub(crate) $field: Option<$crate::index::Property<'a>>,)*
        }

        #[expect(non_camel_case_types, reason = "the names are those of the fields")]
        enum Name {
            $($field,)*
            other,
        }

        struct NameVisitor;

        impl ::serde::de::Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("a property name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                // Byte by byte: a few looks tell one name from all others.
                Ok(match text.as_bytes() {
                    $($name => Name::$field,)*
                    _ => Name::other,
                })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for Name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(NameVisitor)
            }
        }

        struct PropertiesVisitor;

        impl<'de> ::serde::de::Visitor<'de> for PropertiesVisitor {
            type Value = Properties<'de>;

            fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: ::serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = Properties::default();
                while let Some(which) = map.next_key::<Name>()? {
                    match which {
                        $(Name::$field => found.$field = Some($crate::index::Property::new(map.next_value()?)),)*
                        Name::other => {
                            map.next_value::<::serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(found)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for Properties<'de> {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_map(PropertiesVisitor)
            }
        }

        impl<'a> Properties<'a> {
            /// The properties of an object. None of a text that cannot be read again, which a
            /// [`RawObject`](inthreat_stix::RawObject) never holds.
            pub(crate) fn of(object: &'a ::inthreat_stix::RawObject) -> Self {
                // As text, so that UTF-8 is checked once and not string by string.
                ::serde_json::from_str(object.as_str()).unwrap_or_default()
            }
        }
    };
}

properties! {
    account_login b"account_login";
    aliases b"aliases";
    command_line b"command_line";
    confidence b"confidence";
    created_by_ref b"created_by_ref";
    display_name b"display_name";
    external_references b"external_references";
    hashes b"hashes";
    key b"key";
    labels b"labels";
    mitre_aliases b"x_mitre_aliases";
    name b"name";
    number b"number";
    object_refs b"object_refs";
    object_marking_refs b"object_marking_refs";
    path b"path";
    pattern b"pattern";
    pattern_type b"pattern_type";
    relationship_type b"relationship_type";
    serial_number b"serial_number";
    source_ref b"source_ref";
    subject b"subject";
    target_ref b"target_ref";
    user_id b"user_id";
    valid_from b"valid_from";
    valid_until b"valid_until";
    value b"value";
    x_ic_deprecated b"x_ic_deprecated";
    x_ic_impacted_locations b"x_ic_impacted_locations";
    x_ic_impacted_sectors b"x_ic_impacted_sectors";
    x_ic_is_in_flint b"x_ic_is_in_flint";
    x_ic_is_sector b"x_ic_is_sector";
    x_ic_is_source b"x_ic_is_source";
    x_ic_observable_types b"x_ic_observable_types";
    x_inthreat_sources_refs b"x_inthreat_sources_refs";
}

pub(crate) use properties;

impl<'a> Property<'a> {
    pub(crate) fn new(value: &'a RawValue) -> Self {
        Self(value.get())
    }

    /// A string that is not empty.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let text = match self.plain() {
            Some(text) => Cow::Borrowed(text),
            None => serde_json::from_str::<Text<'a>>(self.0).ok()?.0,
        };
        (!text.is_empty()).then_some(text)
    }

    /// The text of a string in which nothing is escaped: all between its quotes.
    fn plain(self) -> Option<&'a str> {
        let text = self.0.strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('\\')).then_some(text)
    }

    /// A string, or an integer as it is written.
    pub(crate) fn text_or_integer(self) -> Option<Cow<'a, str>> {
        let is_text = self.0.starts_with('"');
        let is_integer = !is_text && serde_json::from_str::<i64>(self.0).is_ok();
        if is_integer { Some(Cow::Borrowed(self.0)) } else { self.text() }
    }

    /// The strings of a list; other members are passed over.
    pub(crate) fn texts(self) -> Vec<Cow<'a, str>> {
        match serde_json::from_str::<Vec<Text<'a>>>(self.0) {
            Ok(texts) => texts.into_iter().map(|Text(text)| text).collect(),
            Err(_) => self.members().into_iter().filter_map(Self::text).collect(),
        }
    }

    /// The members of a list.
    pub(crate) fn members(self) -> Vec<Self> {
        let members: Vec<&'a RawValue> = serde_json::from_str(self.0).unwrap_or_default();
        members.into_iter().map(|member| Self(member.get())).collect()
    }

    /// The strings among the values of an object.
    pub(crate) fn values(self) -> Vec<Cow<'a, str>> {
        let Values(values) = serde_json::from_str(self.0).unwrap_or_default();
        values.into_iter().filter_map(Self::text).collect()
    }

    /// A property of an object.
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        Member(name).deserialize(&mut serde_json::Deserializer::from_str(self.0)).ok()?
    }

    /// An identifier.
    pub(crate) fn id(self) -> Option<Id> {
        Id::lenient(&self.text()?).ok()
    }

    /// The identifiers of a list; other members are passed over.
    pub(crate) fn ids(self) -> Vec<Id> {
        self.texts().iter().filter_map(|text| Id::lenient(text).ok()).collect()
    }

    /// An instant.
    pub(crate) fn instant(self) -> Option<Timestamp> {
        Timestamp::lenient(&self.text()?).ok()
    }

    /// A boolean; false when it is anything else.
    pub(crate) fn flag(self) -> bool {
        self.0 == "true"
    }

    /// A whole number from 0 to 100.
    pub(crate) fn percent(self) -> Option<u8> {
        serde_json::from_str(self.0).ok().filter(|value| *value <= 100)
    }
}

/// A string that is borrowed wherever it is written without escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The values of an object, in their order.
#[derive(Default)]
struct Values<'a>(Vec<Property<'a>>);

impl<'de> Deserialize<'de> for Values<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<IgnoredAny, &RawValue>()? {
                    values.push(Property(value.get()));
                }
                Ok(Values(values))
            }
        }

        deserializer.deserialize_map(ValuesVisitor)
    }
}

/// Reads the property of this name from an object.
struct Member<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Option<Property<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<Property<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(name)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            if name == self.0 {
                found = Some(Property::new(value));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches text that is copied though it stands as it is meant, which the way of every object cannot afford.
    #[test]
    fn only_escaped_text_is_copied() {
        let read = |json| serde_json::from_str::<Text<'_>>(json).unwrap().0;
        assert!(matches!(read(r#""as it is""#), Cow::Borrowed("as it is")));
        assert!(matches!(read(r#""\u0061\n""#), Cow::Owned(text) if text == "a\n"));
        assert!(serde_json::from_str::<Text<'_>>("1").is_err());
    }
}
