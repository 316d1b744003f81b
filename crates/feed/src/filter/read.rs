//! Reads what a filter asks for, in one pass and without copying text.

use std::{borrow::Cow, fmt};

use inthreat_stix::{Id, RawObject, Timestamp, marking::Tlp};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// Whether an object is marked more strictly than `ceiling`.
pub(crate) fn is_above(object: &RawObject, ceiling: Tlp) -> bool {
    Properties::of(object).tlp > Some(ceiling)
}

/// The same for the bytes of an item that is no object that can be stored. What cannot be read may be anything.
pub(crate) fn is_text_above(bytes: &[u8], ceiling: Tlp) -> bool {
    let properties = std::str::from_utf8(bytes).ok().map(|text| {
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            None
        } else if text.trim_ascii_start().starts_with('{') {
            serde_json::from_str::<Properties>(text).ok()
        } else {
            // A number, a text or a list is not marked.
            Some(Properties::default())
        }
    });
    properties.flatten().map_or(Tlp::Red > ceiling, |found| found.tlp > Some(ceiling))
}

/// What a filter looks at. Properties of another form than they should have are absent, but for markings.
#[derive(Debug, Default)]
pub(super) struct Properties {
    /// The strictest of all markings; red where a marking cannot be read.
    pub(super) tlp: Option<Tlp>,
    pub(super) confidence: Option<u64>,
    pub(super) valid_until: Option<Timestamp>,
}

impl Properties {
    pub(super) fn of(object: &RawObject) -> Self {
        serde_json::from_str(object.as_str())
            .unwrap_or_else(|_| Self { tlp: Some(Tlp::Red), ..Self::default() })
    }

    fn add_markings(&mut self, list: &RawValue, read: impl FnOnce(&str) -> Option<Option<Tlp>>) {
        let text = list.get();
        // `null` is as good as absent.
        let found = if text == "null" { None } else { read(text).unwrap_or(Some(Tlp::Red)) };
        self.tlp = self.tlp.max(found);
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PropertiesVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut found = Properties::default();
        while let Some(name) = map.next_key_seed(NameSeed)? {
            match name {
                Name::Markings => {
                    let list = map.next_value::<&RawValue>()?;
                    found.add_markings(list, |text| {
                        serde_json::from_str::<Strictest>(text).ok().map(|list| list.0)
                    });
                }
                Name::GranularMarkings => {
                    let list = map.next_value::<&RawValue>()?;
                    found.add_markings(list, |text| {
                        serde_json::from_str::<StrictestGranular>(text).ok().map(|list| list.0)
                    });
                }
                Name::Confidence => {
                    found.confidence =
                        serde_json::from_str(map.next_value::<&RawValue>()?.get()).ok();
                }
                Name::ValidUntil => {
                    let text = map.next_value::<&RawValue>()?.get();
                    let text = serde_json::from_str::<Text<'_>>(text).ok();
                    found.valid_until = text.and_then(|text| text.0.parse().ok());
                }
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

enum Name {
    Markings,
    GranularMarkings,
    Confidence,
    ValidUntil,
    Other,
}

struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(match name {
            "object_marking_refs" => Name::Markings,
            "granular_markings" => Name::GranularMarkings,
            "confidence" => Name::Confidence,
            "valid_until" => Name::ValidUntil,
            _ => Name::Other,
        })
    }
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The strictest of a list of identifiers of marking definitions.
struct Strictest(Option<Tlp>);

impl<'de> Deserialize<'de> for Strictest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = Strictest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of identifiers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Strictest, A::Error> {
                let mut strictest = None;
                while let Some(id) = list.next_element::<Text<'_>>()? {
                    strictest = strictest.max(tlp(&id.0));
                }
                Ok(Strictest(strictest))
            }
        }

        deserializer.deserialize_seq(List)
    }
}

/// The strictest of a list of granular markings (STIX 2.1, section 7.2.3).
struct StrictestGranular(Option<Tlp>);

impl<'de> Deserialize<'de> for StrictestGranular {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;

        impl<'de> Visitor<'de> for List {
            type Value = StrictestGranular;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of granular markings")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<StrictestGranular, A::Error> {
                let mut strictest = None;
                while let Some(marking) = list.next_element::<Granular>()? {
                    strictest = strictest.max(marking.0);
                }
                Ok(StrictestGranular(strictest))
            }
        }

        deserializer.deserialize_seq(List)
    }
}

struct Granular(Option<Tlp>);

impl<'de> Deserialize<'de> for Granular {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Granular;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a granular marking")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Granular, A::Error> {
                let mut strictest = None;
                while let Some(name) = map.next_key::<Text<'_>>()? {
                    if name.0 == "marking_ref" {
                        let id = map.next_value::<Option<Text<'_>>>()?;
                        strictest = strictest.max(id.and_then(|id| tlp(&id.0)));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Granular(strictest))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

fn tlp(id: &str) -> Option<Tlp> {
    Tlp::of_marking(&Id::lenient(id).ok()?)
}
