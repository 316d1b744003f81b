//! Under which keys an indicator is found: its observable types and the literals of its pattern.

use std::net::{Ipv4Addr, Ipv6Addr};

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::pattern::{Literal, Pattern};

use super::{
    keys::{self, key},
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
    let is_stix = properties.pattern_type.is_none_or(|property| {
        property.text().is_some_and(|text| text.eq_ignore_ascii_case("stix"))
    });
    let text = properties.pattern.filter(|_| is_stix).and_then(Property::text);
    let Some(pattern) = text.and_then(|text| Pattern::parse(&text).ok()) else {
        return (told, Vec::new());
    };
    let mut types = told;
    if types.is_empty() {
        types.extend(pattern.observables().filter_map(|found| {
            derived(found.object_type, found.property, &found.value.to_text())
        }));
        types.sort_unstable();
        types.dedup();
        types.truncate(TYPES_MAX);
    }
    let mut observables = Vec::new();
    for found in pattern.observables() {
        if matches!(found.value, Literal::Boolean(_)) {
            continue;
        }
        let value = found.value.to_text();
        observables.extend(types.iter().map(|one| key(one, &value)));
        if is_far_end(found.object_type, found.property) {
            observables.push(key(&form(&value), &value));
        }
        if (found.object_type, found.property) == ("file", "name") {
            observables.push(key(&ObservableType::Filename, &value));
        }
    }
    (types, keys::distinct(observables))
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
fn is_far_end(object_type: &str, property: &str) -> bool {
    object_type == "network-traffic" && matches!(property, "dst_ref.value" | "src_ref.value")
}

/// What the value at an end of network traffic looks like.
fn form(value: &str) -> ObservableType {
    let value = value.trim();
    let address = value.split_once('/').map_or(value, |(address, _)| address);
    if address.parse::<Ipv4Addr>().is_ok() {
        ObservableType::Ipv4Addr
    } else if address.parse::<Ipv6Addr>().is_ok() {
        ObservableType::Ipv6Addr
    } else {
        ObservableType::DomainName
    }
}
