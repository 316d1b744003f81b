//! One pass over the text of a value: whether it is an object, and the few properties that stand in its head.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Timestamp;

/// What one value of a document turned out to be.
pub(crate) enum Scan<'de> {
    Object(Found<'de>),
    /// What was found in the place of an object.
    Other(&'static str),
}

impl Default for Scan<'_> {
    fn default() -> Self {
        Self::Other("nothing")
    }
}

/// The head of an object. What has another JSON type than it should counts as absent.
#[derive(Default)]
pub(crate) struct Found<'de> {
    pub(crate) object_type: Option<Cow<'de, str>>,
    pub(crate) id: Option<Cow<'de, str>>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) modified: Option<Timestamp>,
    pub(crate) revoked: bool,
}

impl<'de> Deserialize<'de> for Scan<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScanVisitor)
    }
}

struct ScanVisitor;

impl<'de> Visitor<'de> for ScanVisitor {
    type Value = Scan<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Found::default();
        while let Some(name) = map.next_key::<Name>()? {
            match name {
                Name::Type => found.object_type = map.next_value::<Text<'de>>()?.0,
                Name::Id => found.id = map.next_value::<Text<'de>>()?.0,
                Name::Created => found.created = map.next_value::<Instant>()?.0,
                Name::Modified => found.modified = map.next_value::<Instant>()?.0,
                Name::Revoked => found.revoked = map.next_value::<Flag>()?.0,
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Scan::Object(found))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scan::Other("an array"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Scan::Other("a string"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scan::Other("a boolean"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Scan::Other("a number"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Scan::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Scan::Other("a number"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scan::Other("null"))
    }
}

/// The names that a head is made of. Reading them into this enumeration copies no text.
enum Name {
    Type,
    Id,
    Created,
    Modified,
    Revoked,
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a property name")
            }

            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(match text {
                    "type" => Name::Type,
                    "id" => Name::Id,
                    "created" => Name::Created,
                    "modified" => Name::Modified,
                    "revoked" => Name::Revoked,
                    _ => Name::Other,
                })
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

/// Declares a wrapper that takes the values it is made for and reads over all others.
macro_rules! tolerant {
    ($name:ident $(<$life:lifetime>)?, $inner:ty, { $($visit:item)* }) => {
        struct $name $(<$life>)? ($inner);

        impl<'de> Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct TolerantVisitor;

                impl<'de> Visitor<'de> for TolerantVisitor {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a JSON value")
                    }

                    $($visit)*

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                        Ok($name(Default::default()))
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                        while seq.next_element::<IgnoredAny>()?.is_some() {}
                        Ok($name(Default::default()))
                    }

                    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                        Ok($name(Default::default()))
                    }

                    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                        Ok($name(Default::default()))
                    }

                    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                        Ok($name(Default::default()))
                    }

                    fn visit_unit<E>(self) -> Result<Self::Value, E> {
                        Ok($name(Default::default()))
                    }
                }

                deserializer.deserialize_any(TolerantVisitor)
            }
        }
    };
}

tolerant!(Text<'de>, Option<Cow<'de, str>>, {
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.into()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Text(None))
    }
});

tolerant!(Instant, Option<Timestamp>, {
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Instant(text.parse().ok()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Instant(None))
    }
});

tolerant!(Flag, bool, {
    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Flag(false))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Flag(value))
    }
});
