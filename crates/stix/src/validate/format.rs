//! The forms of strings that the specification lays down, and the few it takes from elsewhere.

mod address;
mod uri;

use super::{Code, registry, shape::Dictionary};
use crate::{json::Node, spec_version::SpecVersion};

/// The form of a string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    TypeName,
    RelationshipType,
    Selector,
    Language,
    /// Of `software`, where 2.1 asks for RFC 5646 and 2.0 asked for ISO 639-2.
    SoftwareLanguage,
    Charset,
    MediaType,
    Hex,
    Base64,
    Uri,
    DomainName,
    EmailAddress,
    Ipv4,
    Ipv6,
    MacAddress,
    Cpe,
    RegistryKey,
}

/// What is wrong with a string.
pub(super) struct Problem {
    pub(super) code: Code,
    /// What follows the string in a message.
    pub(super) reason: &'static str,
}

impl Format {
    pub(super) fn check(self, version: SpecVersion, text: &str) -> Result<(), Problem> {
        let (fits, code, reason) = match self {
            Self::TypeName => return type_name(version, text),
            Self::RelationshipType => (
                !text.is_empty() && text.bytes().all(is_name_byte),
                Code::Enumeration,
                "is not made of `a-z`, `0-9` and `-`",
            ),
            Self::Selector => (is_selector(text), Code::Selector, "is no selector"),
            Self::Language => {
                (registry::is_language_tag(text), Code::Language, "is no language of RFC 5646")
            }
            Self::SoftwareLanguage => (
                registry::is_iso_639_2(text)
                    || (version != SpecVersion::V20 && registry::is_language_tag(text)),
                Code::Language,
                "is no language code",
            ),
            Self::Charset => {
                (registry::is_charset(text), Code::Charset, "is no character set of IANA")
            }
            Self::MediaType => (is_media_type(text), Code::MediaType, "is no media type"),
            Self::Hex => (is_hex(text), Code::Hex, "is not hexadecimal"),
            Self::Base64 => (is_base64(text), Code::Base64, "is not base64"),
            Self::Uri => (uri::is_uri(text), Code::Uri, "is no URI"),
            Self::DomainName => {
                (address::is_domain_name(text), Code::DomainName, "is no domain name")
            }
            Self::EmailAddress => {
                (address::is_email_address(text), Code::EmailAddress, "is no mailbox address")
            }
            Self::Ipv4 => (address::is_ipv4(text), Code::IpAddress, "is no IPv4 address or block"),
            Self::Ipv6 => (address::is_ipv6(text), Code::IpAddress, "is no IPv6 address or block"),
            Self::MacAddress => (
                address::is_mac_address(text),
                Code::MacAddress,
                "is no MAC address in lower case with colons",
            ),
            Self::Cpe => (is_cpe(text), Code::Cpe, "is no CPE 2.3 name"),
            Self::RegistryKey => {
                (!has_short_hive(text), Code::RegistryHive, "abbreviates the hive")
            }
        };
        if fits { Ok(()) } else { Err(Problem { code, reason }) }
    }
}

/// An identifier, taken apart.
pub(super) struct Identified<'t> {
    pub(super) kind: &'t str,
    /// The version of the UUID.
    pub(super) version: u8,
}

/// Reads `<type>--<UUID>`, where the UUID is one of RFC 4122 in either case (section 2.9); in STIX 2.0 of
/// version 4.
pub(super) fn identifier(version: SpecVersion, text: &str) -> Result<Identified<'_>, &'static str> {
    const UUID_LENGTH: usize = 36;
    let at = text.len().checked_sub(UUID_LENGTH);
    let (kind, uuid) = at.and_then(|at| text.split_at_checked(at)).ok_or("there is no UUID")?;
    let kind = kind.strip_suffix("--").ok_or("`--` is missing between type and UUID")?;
    if type_name(version, kind).is_err_and(|problem| problem.code != Code::ReservedProperty) {
        return Err("the type is malformed");
    }
    let bytes: &[u8; UUID_LENGTH] = uuid.as_bytes().try_into().map_err(|_| "there is no UUID")?;
    let fits = bytes.iter().enumerate().all(|(place, byte)| match place {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    if !fits {
        return Err("there is no UUID");
    }
    let (digit, variant) = (bytes[14].wrapping_sub(b'0'), bytes[19].to_ascii_lowercase());
    if !matches!(variant, b'8' | b'9' | b'a' | b'b') || !(1..=5).contains(&digit) {
        return Err("the UUID is not one of RFC 4122");
    }
    if version == SpecVersion::V20 && digit != 4 {
        return Err("the UUID is not of version 4");
    }
    Ok(Identified { kind, version: digit })
}

fn type_name(version: SpecVersion, text: &str) -> Result<(), Problem> {
    let mut before = 0;
    let plain = text.bytes().all(|byte| {
        let doubled = byte == b'-' && before == b'-';
        before = byte;
        is_name_byte(byte) && !doubled
    });
    let begins = match version {
        SpecVersion::V20 => true,
        _ => text.starts_with(|c: char| c.is_ascii_lowercase()),
    };
    if !plain || !begins || !matches!(text.len(), 3..=250) {
        return Err(Problem {
            code: Code::TypeName,
            reason: "is no type: 3 to 250 of `a-z`, `0-9` and single hyphens",
        });
    }
    Ok(())
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

/// Section 3.1. STIX 2.0 lets a name begin with a digit or an underscore.
pub(super) fn is_property_name(version: SpecVersion, name: &str) -> bool {
    matches!(name.len(), 3..=250)
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && (version == SpecVersion::V20 || name.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Names and indices with dots between them (section 7.2.3.1). Keys of dictionaries keep their case.
fn is_selector(text: &str) -> bool {
    let mut steps = text.split('.');
    let first = steps.next().unwrap_or_default();
    let name = |step: &str| {
        matches!(step.len(), 1..=250)
            && step.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let index = |step: &str| {
        let digits = step.strip_prefix('[').and_then(|step| step.strip_suffix(']'));
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    };
    (first == "id" || (first.len() >= 3 && name(first)))
        && steps.all(|step| name(step) || index(step))
}

pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// RFC 4648, section 4, with padding.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && !text.is_empty()
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
}

fn is_media_type(text: &str) -> bool {
    const TOP_LEVEL: [&str; 9] =
        ["application", "audio", "font", "image", "message", "model", "multipart", "text", "video"];
    text.split_once('/').is_some_and(|(top, rest)| {
        let subtype = rest.split(';').next().unwrap_or_default().trim_end();
        TOP_LEVEL.contains(&top)
            && !subtype.is_empty()
            && subtype.bytes().all(|b| b.is_ascii_alphanumeric() || b".+_-!#$&^".contains(&b))
    })
}

/// The hive of a key is written in full (section 6.17).
fn has_short_hive(key: &str) -> bool {
    let hive = key.split('\\').next().unwrap_or_default();
    ["HKLM", "HKCC", "HKCR", "HKCU", "HKU"].iter().any(|short| hive.eq_ignore_ascii_case(short))
}

/// A formatted string of CPE 2.3 (NISTIR 7695, section 6.2).
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let mut components = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b':' => {
                components.push(rest.get(start..place).unwrap_or_default());
                start = place + 1;
            }
            _ => {}
        }
    }
    components.push(rest.get(start..).unwrap_or_default());
    let [part, attributes @ ..] = components.as_slice() else { return false };
    matches!(*part, "a" | "h" | "o" | "*" | "-")
        && attributes.len() == 10
        && attributes.iter().enumerate().all(|(index, attribute)| match index {
            5 => matches!(*attribute, "*" | "-") || is_cpe_language(attribute),
            _ => is_cpe_attribute(attribute),
        })
}

fn is_cpe_language(text: &str) -> bool {
    let (language, region) = text.split_once('-').unwrap_or((text, "US"));
    let alphabetic = |text: &str| text.bytes().all(|b| b.is_ascii_alphabetic());
    let number = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    matches!(language.len(), 2 | 3)
        && alphabetic(language)
        && ((region.len() == 2 && alphabetic(region)) || number(region))
}

fn is_cpe_attribute(text: &str) -> bool {
    if matches!(text, "*" | "-") {
        return true;
    }
    let body = text.trim_matches(['*', '?']);
    let mut bytes = body.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'\\' => bytes.next().is_some_and(|next| next.is_ascii_punctuation()),
            b'-' | b'.' | b'_' => true,
            _ => byte.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
    }
    !body.is_empty()
}

/// Why a key is not allowed in a dictionary of this kind.
pub(super) fn dictionary_key(kind: Dictionary, key: &str) -> Option<&'static str> {
    match kind {
        Dictionary::SocketOptions => {
            const FAMILIES: [&str; 8] =
                ["SO", "ICMP", "ICMP6", "IP", "IPV6", "MCAST", "TCP", "IRLMP"];
            let fits = key.split_once('_').is_some_and(|(family, name)| {
                let upper =
                    |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase());
                FAMILIES.contains(&family) && name.split('_').all(upper)
            });
            (!fits).then_some("the key names no socket option")
        }
        Dictionary::ExifTags => (!key.starts_with(|c: char| c.is_ascii_uppercase())
            || key.len() < 2)
            .then_some("an EXIF tag begins with an upper-case letter"),
        Dictionary::HeaderFields => [
            "date",
            "received_lines",
            "content_type",
            "from_ref",
            "sender_ref",
            "to_refs",
            "cc_refs",
            "bcc_refs",
            "subject",
        ]
        .contains(&key)
        .then_some("the header field has a property of its own"),
        Dictionary::StartupInfo => (!STARTUP_TEXTS.contains(&key)
            && !STARTUP_INTEGERS.contains(&key)
            && !["lpReserved", "lpReserved2"].contains(&key))
        .then_some("STARTUPINFO has no such field"),
        _ => None,
    }
}

const STARTUP_TEXTS: [&str; 8] = [
    "lpDesktop",
    "lpTitle",
    "dwFillAttribute",
    "dwFlags",
    "wShowWindow",
    "hStdInput",
    "hStdOutput",
    "hStdError",
];

const STARTUP_INTEGERS: [&str; 8] =
    ["cb", "dwX", "dwY", "dwXSize", "dwYSize", "dwXCountChars", "dwYCountChars", "cbReserved2"];

/// Whether a value fits its field of STARTUPINFO.
pub(super) fn startup_info(key: &str, value: &Node<'_>) -> bool {
    match value {
        Node::String(_) => STARTUP_TEXTS.contains(&key),
        Node::Number(_) => STARTUP_INTEGERS.contains(&key),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
