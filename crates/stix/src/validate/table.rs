//! The types of STIX 2.1 and 2.0 as tables.

mod domain;
mod extension;
mod legacy;
mod meta;
mod observable;

use super::shape::{Property, Shape};
use crate::spec_version::SpecVersion;

/// What is known of a type of object.
pub(super) struct TypeShape {
    pub(super) name: &'static str,
    /// The properties that it shares with its family.
    pub(super) common: &'static Shape,
    pub(super) own: &'static Shape,
}

impl TypeShape {
    /// The property of this name, with its place among all, its own before the common ones.
    pub(super) fn property(&self, name: &str) -> Option<(usize, &'static Property, &'static str)> {
        if let Some((place, property)) = self.own.property(name) {
            return Some((place, property, self.own.section));
        }
        let (place, property) = self.common.property(name)?;
        Some((self.own.properties.len() + place, property, self.common.section))
    }
}

/// The table's entry for a type of this version.
pub(super) fn lookup(version: SpecVersion, name: &str) -> Option<&'static TypeShape> {
    let types: &[&[TypeShape]] = match version {
        SpecVersion::V20 => &[legacy::TYPES, legacy::META],
        _ => &[domain::TYPES, observable::TYPES, meta::TYPES],
    };
    types.iter().flat_map(|types| types.iter()).find(|shape| shape.name == name)
}

/// The entry for an observable within `objects` of an `observed-data` object.
pub(super) fn lookup_contained(version: SpecVersion, name: &str) -> Option<&'static TypeShape> {
    match version {
        SpecVersion::V20 => legacy::OBSERVABLES.iter().find(|shape| shape.name == name),
        // Relationships between the observables stand there as well.
        _ => lookup(version, name),
    }
}

/// What a type that the specification does not define must have.
pub(super) fn custom(version: SpecVersion, is_observable: bool) -> &'static TypeShape {
    match (version, is_observable) {
        (SpecVersion::V20, false) => &legacy::CUSTOM,
        (SpecVersion::V20, true) => &legacy::CUSTOM_OBSERVABLE,
        (_, false) => &domain::CUSTOM,
        (_, true) => &observable::CUSTOM,
    }
}
