//! Under which keys an indicator is found: its observable types and the literals of its pattern.

use std::{borrow::Cow, net::IpAddr};

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::pattern::{Literal, Operator, Pattern};

use super::{
    keys,
    read::{Properties, Property},
};

/// How many types of its own an indicator may name, so that types times literals stays linear in its length.
const TYPES_MAX: usize = 32;

/// The observable types of an indicator, and its keys. `told` are the types that it names itself.
pub(super) fn keys(
    properties: &Properties<'_>,
    mut told: Vec<ObservableType>,
) -> (Vec<ObservableType>, Vec<Observable>) {
    told.truncate(TYPES_MAX);
    let Some(pattern) = stix_pattern(properties.pattern, properties.pattern_type) else {
        return (told, Vec::new());
    };
    let types = if told.is_empty() { types_of(&pattern) } else { told };
    let mut observables = Vec::new();
    for found in literals(&pattern) {
        let value = found.value;
        observables.extend(types.iter().flat_map(|one| keys::all(one, &value)));
        if is_far_end(found.object_type, found.property) {
            observables.extend(keys::all(&form(&value), &value));
        }
        if (found.object_type, found.property) == ("file", "name") {
            observables.extend(keys::all(&ObservableType::Filename, &value));
        }
    }
    (types, keys::distinct(observables))
}

/// The pattern of an indicator, where it is one of STIX.
pub(crate) fn stix_pattern(
    pattern: Option<Property<'_>>,
    pattern_type: Option<Property<'_>>,
) -> Option<Pattern> {
    let is_stix = pattern_type.is_none_or(|property| {
        property.text().is_some_and(|text| text.eq_ignore_ascii_case("stix"))
    });
    let text = pattern.filter(|_| is_stix)?.text()?;
    Pattern::parse(&text).ok()
}

/// The observable types that a pattern speaks of, sorted.
pub(crate) fn types_of(pattern: &Pattern) -> Vec<ObservableType> {
    let mut types: Vec<_> = literals(pattern)
        .filter_map(|found| derived(found.object_type, found.property, &found.value))
        .collect();
    types.sort_unstable();
    types.dedup();
    types.truncate(TYPES_MAX);
    types
}

/// The values that a pattern compares for equality, as they are written, in the order of the text.
pub(crate) fn values_of(pattern: &Pattern) -> impl Iterator<Item = Cow<'_, str>> {
    let positive =
        pattern.observables().filter(|found| !matches!(found.value, Literal::Boolean(_)));
    positive.map(|found| found.value.to_text())
}

/// A value that an indicator is found by, and what it is compared with.
pub(super) struct Named<'p> {
    pub(super) object_type: &'p str,
    pub(super) property: &'p str,
    pub(super) value: Cow<'p, str>,
}

/// What a pattern compares for equality, and the networks that it wants addresses to be in.
pub(super) fn literals(pattern: &Pattern) -> impl Iterator<Item = Named<'_>> {
    let wanted = pattern.comparisons().filter(|comparison| {
        !comparison.is_negated()
            && matches!(comparison.operator(), Operator::Equal | Operator::In | Operator::IsSubset)
    });
    wanted.flat_map(|comparison| {
        let path = comparison.path();
        let plain = comparison.literals().iter().filter(|one| !matches!(one, Literal::Boolean(_)));
        plain.map(move |literal| Named {
            object_type: path.object_type(),
            property: path.property(),
            value: literal.to_text(),
        })
    })
}

/// The observable type that a comparison speaks of; none for a type that the service does not know.
fn derived(object_type: &str, property: &str, value: &str) -> Option<ObservableType> {
    if is_far_end(object_type, property) {
        return Some(form(value));
    }
    let known = ObservableType::from(object_type);
    (!matches!(known, ObservableType::Other(_))).then_some(known)
}

/// Whether a comparison is with the address or name at an end of network traffic.
pub(super) fn is_far_end(object_type: &str, property: &str) -> bool {
    object_type == "network-traffic" && matches!(property, "dst_ref.value" | "src_ref.value")
}

/// What the value at an end of network traffic looks like.
pub(super) fn form(value: &str) -> ObservableType {
    let value = value.trim();
    let address = value.split_once('/').map_or(value, |(address, _)| address);
    match address.parse() {
        Ok(IpAddr::V4(_)) => ObservableType::Ipv4Addr,
        Ok(IpAddr::V6(_)) => ObservableType::Ipv6Addr,
        Err(_) => ObservableType::DomainName,
    }
}
