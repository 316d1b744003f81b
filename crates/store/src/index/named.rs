//! The observables that an object names itself, each under its own type alone.

use inthreat_api::{Observable, ObservableType};
use inthreat_stix::RawObject;

use super::{
    keys,
    network::is_by_length,
    pattern::{form, is_far_end, literals, stix_pattern},
    read::Properties,
};

/// The observables that an object names: those that an indicator's pattern compares for equality, and an observable
/// itself, once for each of its own names and hashes. Sorted, spelled as keys are, each once.
///
/// Other than [`IndexRows::observables`](super::IndexRows::observables), which has every key that an object is found
/// by, a literal stands here under the type that its pattern compares it with, and only where it is the value, the
/// name or a hash of such an observable: MD5, SHA-1, SHA-256 or SHA-512.
///
/// ```
/// use inthreat_api::{Observable, ObservableType};
/// use inthreat_stix::RawObject;
/// use inthreat_store::index::named;
///
/// let text = r#"{"type":"indicator","pattern_type":"stix",
///     "pattern":"[network-traffic:dst_ref.value = 'Evil.example' AND network-traffic:dst_port = 8080]"}"#;
/// let found = named(&RawObject::new(text)?);
/// assert_eq!(found, [Observable::new(ObservableType::DomainName, "evil.example")]);
/// # Ok::<(), inthreat_stix::Rejected>(())
/// ```
pub fn named(object: &RawObject) -> Vec<Observable> {
    let properties = Properties::of(object);
    match object.object_type() {
        Some("indicator") => {
            let pattern = stix_pattern(properties.pattern, properties.pattern_type);
            let found = pattern.iter().flat_map(literals).filter_map(|found| {
                let far_end = is_far_end(found.object_type, found.property);
                let observable_type = if far_end {
                    form(&found.value)
                } else {
                    let known = ObservableType::from(found.object_type);
                    (is_own(&known, found.property) && is_whole(found.property, &found.value))
                        .then_some(known)?
                };
                Some(keys::key(&observable_type, &found.value))
            });
            keys::distinct(found.collect())
        }
        Some(other) => {
            let own = ObservableType::from(other);
            let mut found = keys::of_observable(other, &properties);
            // What is written for the sake of look-ups alone: other types, and networks by their length.
            found.retain(|key| key.observable_type == own && !is_by_length(key));
            found
        }
        None => Vec::new(),
    }
}

/// Whether a value is what its property says: of hashes those that files are called by, which their length tells apart.
fn is_whole(property: &str, value: &str) -> bool {
    let value = value.trim();
    let is_common = || {
        matches!(value.len(), 32 | 40 | 64 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit())
    };
    !property.starts_with("hashes.") || is_common()
}

/// Whether a property of an observable of this type is what it is called by.
fn is_own(observable_type: &ObservableType, property: &str) -> bool {
    let is_hash = property.starts_with("hashes.");
    match observable_type {
        ObservableType::Other(_) | ObservableType::ObservableRelationship => false,
        ObservableType::File => is_hash || property == "name",
        ObservableType::Artifact => is_hash,
        ObservableType::X509Certificate => is_hash || property == "serial_number",
        ObservableType::Mutex | ObservableType::Software => property == "name",
        ObservableType::AutonomousSystem => matches!(property, "number" | "name"),
        ObservableType::Directory => property == "path",
        ObservableType::EmailMessage => property == "subject",
        ObservableType::Process => matches!(property, "name" | "command_line"),
        ObservableType::UserAccount => {
            matches!(property, "user_id" | "account_login" | "display_name")
        }
        ObservableType::WindowsRegistryKey => property == "key",
        _ => matches!(property, "value" | "name"),
    }
}
