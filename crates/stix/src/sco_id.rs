//! Deterministic identifiers of cyber-observable objects (STIX 2.1, section 2.9).

use uuid::Uuid;

use crate::{
    CanonicalError, Category, Id, Kind, RawObject,
    canonical::write_members,
    json::{Node, Object},
};

/// The name space of the UUIDs that the specification defines.
const NAMESPACE: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);
/// Of several hashes only the first of this order contributes.
const HASH_PREFERENCE: [&str; 4] = ["MD5", "SHA-1", "SHA-256", "SHA-512"];

/// The identifier that STIX 2.1 section 2.9 gives to a cyber-observable object for its contributing
/// properties, whatever identifier it carries.
///
/// `None` when the object's type is not one of section 6 or has no contributing properties (`process`), or when
/// the object has none of them: such an object gets a random UUID (version 4). Values contribute as they are
/// written: a timestamp `…:55.000000Z` gives another identifier than `…:55Z`.
///
/// ```
/// use inthreat_stix::{RawObject, deterministic_id};
///
/// let object = RawObject::new(r#"{"type":"ipv4-addr","value":"198.51.100.3"}"#)?;
/// let id = deterministic_id(&object)?;
/// assert_eq!(id.map(|id| id.to_string()).as_deref(), Some("ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deterministic_id(object: &RawObject) -> Result<Option<Id>, CanonicalError> {
    let kind = Kind::from(object.object_type().unwrap_or_default());
    if kind.category() != Category::Observable {
        return Ok(None);
    }
    let root = Node::parse_checked(object.as_str())?;
    match root.as_object() {
        Some(members) => of_members(kind, members),
        None => Ok(None),
    }
}

/// The names of the properties that an identifier of this kind is made from.
pub(crate) fn contributing_properties(kind: &Kind) -> &'static [&'static str] {
    match kind {
        Kind::Artifact => &["hashes", "payload_bin"],
        Kind::AutonomousSystem => &["number"],
        Kind::Directory => &["path"],
        Kind::DomainName
        | Kind::EmailAddr
        | Kind::Ipv4Addr
        | Kind::Ipv6Addr
        | Kind::MacAddr
        | Kind::Url => &["value"],
        Kind::EmailMessage => &["from_ref", "subject", "body"],
        Kind::File => &["hashes", "name", "extensions", "parent_directory_ref"],
        Kind::Mutex => &["name"],
        Kind::NetworkTraffic => &[
            "start",
            "end",
            "src_ref",
            "dst_ref",
            "src_port",
            "dst_port",
            "protocols",
            "extensions",
        ],
        Kind::Software => &["name", "cpe", "swid", "vendor", "version"],
        Kind::UserAccount => &["account_type", "user_id", "account_login"],
        Kind::WindowsRegistryKey => &["key", "values"],
        Kind::X509Certificate => &["hashes", "serial_number"],
        _ => &[],
    }
}

pub(crate) fn of_members(kind: Kind, object: &Object<'_>) -> Result<Option<Id>, CanonicalError> {
    let hash = object.get("hashes").and_then(Node::as_object).and_then(preferred_hash);
    let hash = hash.map(|(algorithm, value)| {
        Node::Object(Object::new(vec![(algorithm.into(), value.clone())]))
    });
    let members: Vec<_> = contributing_properties(&kind)
        .iter()
        .filter_map(|name| match *name {
            "hashes" => Some((*name, hash.as_ref()?)),
            _ => Some((*name, object.get(name)?)),
        })
        .collect();
    if members.is_empty() {
        return Ok(None);
    }
    let mut text = String::new();
    write_members(members, &mut text)?;
    let uuid = Uuid::new_v5(&NAMESPACE, text.as_bytes());
    Ok(Some(Id::new(kind, *uuid.as_bytes())))
}

/// The hash that contributes: by preference, or else the first that is written.
fn preferred_hash<'a, 'b>(hashes: &'b Object<'a>) -> Option<(&'b str, &'b Node<'a>)> {
    let preferred = HASH_PREFERENCE.iter().find_map(|name| Some((*name, hashes.get(name)?)));
    preferred.or_else(|| hashes.iter().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(text: &str) -> Option<String> {
        deterministic_id(&RawObject::new(text).unwrap()).unwrap().map(|id| id.to_string())
    }

    // Catches an identifier that depends on the spelling of the object, or on a hash that does not contribute.
    #[test]
    fn only_contributing_values_count() {
        let id = id_of(r#"{"type":"file","name":"a","hashes":{"SHA-256":"b","MD5":"c"}}"#);
        assert!(id.is_some());
        assert_eq!(id, id_of(r#"{"size":1, "hashes":{"MD5":"\u0063"},"type":"file","name":"a"}"#));
        assert_ne!(id, id_of(r#"{"type":"file","name":"a","hashes":{"MD5":"d"}}"#));
    }

    // Catches an identifier made from nothing.
    #[test]
    fn nothing_contributes_nothing() {
        assert_eq!(id_of(r#"{"type":"process","pid":1}"#), None);
        assert_eq!(id_of(r#"{"type":"email-message","is_multipart":false}"#), None);
        assert_eq!(id_of(r#"{"type":"malware","name":"a"}"#), None);
    }
}
