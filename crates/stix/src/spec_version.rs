//! Versions of the specification, and which one an object is written in.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    Category, Kind, RawObject,
    json::{Node, Object},
};

/// A version of the STIX specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SpecVersion {
    /// STIX 2.0.
    V20,
    /// STIX 2.1.
    #[default]
    V21,
}

impl SpecVersion {
    /// The version that an object or bundle is written in.
    ///
    /// An object says so in `spec_version`. Without it, an object is one of STIX 2.0 (STIX 2.1, section 3.2), but
    /// for cyber-observable objects with an identifier, which STIX 2.0 does not have, and bundles, which only
    /// carried a `spec_version` in STIX 2.0.
    ///
    /// ```
    /// use inthreat_stix::{RawObject, SpecVersion};
    ///
    /// let object = RawObject::new(r#"{"type":"url","id":"url--1","value":"http://a.example"}"#)?;
    /// assert_eq!(SpecVersion::detect(&object), SpecVersion::V21);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn detect(object: &RawObject) -> Self {
        let root = Node::parse_checked(object.as_str()).unwrap_or(Node::Null);
        root.as_object().map_or_else(Self::default, Self::of_members)
    }

    pub(crate) fn of_members(object: &Object<'_>) -> Self {
        let kind = Kind::from(object.string("type").unwrap_or_default());
        match object.string("spec_version") {
            // Only bundles of STIX 2.0 have one by right.
            Some(version) if kind == Kind::Bundle && version != "2.1" => Self::V20,
            Some("2.0") => Self::V20,
            Some(_) => Self::V21,
            None if !object.contains("id") => Self::V20,
            None => match kind.category() {
                Category::Bundle | Category::Observable => Self::V21,
                _ => Self::V20,
            },
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "2.0" => Some(Self::V20),
            "2.1" => Some(Self::V21),
            _ => None,
        }
    }

    /// The version as it is written in `spec_version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V20 => "2.0",
            Self::V21 => "2.1",
        }
    }
}

impl Serialize for SpecVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for SpecVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
