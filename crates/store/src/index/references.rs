//! Who made an object and who may see it: what the bundle around it needs beside relationships.

use inthreat_stix::{Id, RawObject};

use super::{
    read::{Property, properties},
    rows::sorted,
};

properties! {
    created_by_ref b"created_by_ref";
    object_marking_refs b"object_marking_refs";
    x_inthreat_sources_refs b"x_inthreat_sources_refs";
}

/// The identities and markings that an object names; a small part of [`IndexRows`](super::IndexRows) for a small part of
/// its cost.
///
/// Lists are sorted and hold nothing twice. A property that is missing or malformed names nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct References {
    /// Marking definitions (`object_marking_refs`).
    pub markings: Vec<Id>,
    /// Identities that are its sources (`x_inthreat_sources_refs`).
    pub sources: Vec<Id>,
    /// Who created it (`created_by_ref`).
    pub created_by: Option<Id>,
}

impl References {
    /// What an object names.
    ///
    /// ```
    /// use inthreat_stix::RawObject;
    /// use inthreat_store::index::References;
    ///
    /// let text = r#"{"type":"tool","created_by_ref":"identity--357447d7-9229-4ce1-b7fa-f1b83587048e"}"#;
    /// let named = References::of(&RawObject::new(text)?);
    /// assert!(named.created_by.is_some() && named.markings.is_empty());
    /// # Ok::<(), inthreat_stix::Rejected>(())
    /// ```
    pub fn of(object: &RawObject) -> Self {
        let properties = Properties::of(object);
        Self {
            markings: sorted(properties.object_marking_refs.map(Property::ids)),
            sources: sorted(properties.x_inthreat_sources_refs.map(Property::ids)),
            created_by: properties.created_by_ref.and_then(Property::id),
        }
    }
}
