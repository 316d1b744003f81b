//! The keys of values: the same spelling at write and at look-up.

use std::{borrow::Cow, net::Ipv6Addr};

use inthreat_api::{Observable, ObservableType};

use super::{
    network,
    read::{Properties, Property},
};

/// The longest domain name that is converted to ASCII. The protocol allows 253 bytes, and the conversion of one
/// long label takes more than linear time.
const DOMAIN_LENGTH_MAX: usize = 1024;

/// How defanged text is written, and what it means.
const DEFANGED: [(&str, &str); 10] = [
    ("[://]", "://"),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[:]", ":"),
    ("[@]", "@"),
    ("[at]", "@"),
];

/// The keys to look an observable up by: an object is found when one of them is among its
/// [`observables`](super::IndexRows::observables).
///
/// Domain names are lower-cased, lose their trailing dot and are written in ASCII; IPv6 addresses take their canonical
/// form (RFC 5952), and one that maps an IPv4 address is that address too; networks lose the bits behind their length;
/// hashes are lower-cased; of URLs the scheme and the host are lower-cased. What was defanged
/// (`hxxp://evil[.]example`) is understood. There are at most four keys. [`Networks`](super::Networks) leads from an
/// address to the networks that it is in.
///
/// ```
/// use inthreat_api::{Observable, ObservableType};
/// use inthreat_store::index::normalise;
///
/// let keys = normalise(&Observable::new(ObservableType::DomainName, "EVIL[.]example."));
/// assert_eq!(keys[0].value, "evil.example");
/// ```
pub fn normalise(observable: &Observable) -> Vec<Observable> {
    let Observable { observable_type, value, .. } = observable;
    let mut keys = Vec::with_capacity(1);
    // What was meant comes before what is written.
    if let Some(plain) = refanged(observable_type, value) {
        add_keys(observable_type, &plain, &mut keys);
    }
    add_keys(observable_type, value, &mut keys);
    keys
}

/// Adds the keys of a value that are not there yet.
fn add_keys(observable_type: &ObservableType, value: &str, keys: &mut Vec<Observable>) {
    let key = key(observable_type, value);
    let twin = match observable_type {
        ObservableType::Url => slash_twin(&key.value),
        _ => None,
    };
    let twin = twin.map(|twin| Observable::new(ObservableType::Url, twin));
    let mapped = mapped(&key);
    for key in [Some(key), twin, mapped].into_iter().flatten() {
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
}

/// The IPv4 address that an IPv6 address maps (RFC 4291, section 2.5.5.2).
fn mapped(key: &Observable) -> Option<Observable> {
    let address: Ipv6Addr = match key.observable_type {
        ObservableType::Ipv6Addr => key.value.parse().ok()?,
        _ => return None,
    };
    let address = address.to_ipv4_mapped()?;
    Some(Observable::new(ObservableType::Ipv4Addr, address.to_string()))
}

/// The key that a value is written under, and those that it is found by besides.
pub(super) fn all(
    observable_type: &ObservableType,
    value: &str,
) -> impl Iterator<Item = Observable> + use<> {
    let key = key(observable_type, value);
    let mapped = mapped(&key);
    network::keys(key).chain(mapped)
}

/// The key that a value is written under.
pub(super) fn key(observable_type: &ObservableType, value: &str) -> Observable {
    Observable::new(observable_type.clone(), spelling(observable_type, value.trim()))
}

/// The keys of an observable of its own right; none for other objects.
pub(super) fn of_observable(object_type: &str, properties: &Properties<'_>) -> Vec<Observable> {
    let observable_type = ObservableType::from(object_type);
    let own: &[Option<Property<'_>>] = match &observable_type {
        ObservableType::Other(_) | ObservableType::ObservableRelationship => return Vec::new(),
        ObservableType::File | ObservableType::Mutex | ObservableType::Software => {
            &[properties.name]
        }
        ObservableType::AutonomousSystem => &[properties.number, properties.name],
        ObservableType::Directory => &[properties.path],
        ObservableType::EmailMessage => &[properties.subject],
        ObservableType::Process => &[properties.name, properties.command_line],
        ObservableType::UserAccount => {
            &[properties.user_id, properties.account_login, properties.display_name]
        }
        ObservableType::WindowsRegistryKey => &[properties.key],
        ObservableType::X509Certificate => &[properties.serial_number],
        _ => &[properties.value, properties.name],
    };
    let plain = own.iter().flatten().filter_map(|property| property.text_or_integer());
    let hashes = properties.hashes.map(Property::values).unwrap_or_default();
    let mut keys: Vec<_> =
        plain.chain(hashes).flat_map(|value| all(&observable_type, &value)).collect();
    if observable_type == ObservableType::File {
        let name = properties.name.and_then(Property::text);
        keys.extend(name.map(|name| key(&ObservableType::Filename, &name)));
    }
    distinct(keys)
}

/// Keys, sorted, each once.
pub(super) fn distinct(mut keys: Vec<Observable>) -> Vec<Observable> {
    keys.sort_unstable_by(|a, b| {
        (&a.observable_type, &a.value).cmp(&(&b.observable_type, &b.value))
    });
    keys.dedup();
    keys
}

fn spelling(observable_type: &ObservableType, value: &str) -> String {
    match observable_type {
        ObservableType::DomainName => domain(value),
        ObservableType::Ipv4Addr | ObservableType::Ipv6Addr => {
            network::canonical(value).unwrap_or_else(|| value.to_lowercase())
        }
        ObservableType::Url => url(value),
        ObservableType::EmailAddr => match value.rsplit_once('@') {
            Some((local, host)) => format!("{}@{}", local.to_lowercase(), domain(host)),
            None => value.to_lowercase(),
        },
        ObservableType::File | ObservableType::Artifact if is_hash(value) => {
            value.to_ascii_lowercase()
        }
        ObservableType::X509Certificate | ObservableType::WindowsRegistryKey => {
            value.to_lowercase()
        }
        ObservableType::MacAddr => value.to_ascii_lowercase().replace('-', ":"),
        _ => value.to_owned(),
    }
}

/// Whether a value is written in hexadecimal digits and as long as a hash; fuzzy hashes mind case.
fn is_hash(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 70 | 96 | 128)
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Dots at the end go before anything else: a name that is no domain name with them may be one without.
fn domain(value: &str) -> String {
    let value = Some(value.trim_end_matches('.')).filter(|rest| !rest.is_empty()).unwrap_or(value);
    let ascii = if value.is_ascii() {
        value.to_ascii_lowercase()
    } else if value.len() > DOMAIN_LENGTH_MAX {
        value.to_lowercase()
    } else {
        idna::domain_to_ascii(value).unwrap_or_else(|_| value.to_lowercase())
    };
    // Other scripts have dots of their own, which are plain ones by now.
    match ascii.trim_end_matches('.') {
        rest if rest.is_empty() || rest.len() == ascii.len() => ascii,
        rest => rest.to_owned(),
    }
}

/// A URL as it is written, scheme and host lower-cased.
fn url(value: &str) -> String {
    let Some((scheme, rest)) = value.split_once("://") else {
        return value.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let (user, host) = match authority.rfind('@') {
        Some(at) => authority.split_at(at + 1),
        None => ("", authority),
    };
    let (name, port) = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => host.split_at(colon),
        _ => (host, ""),
    };
    let name = if name.is_ascii() { name.to_ascii_lowercase() } else { domain(name) };
    format!("{}://{user}{name}{port}{path}", scheme.to_ascii_lowercase())
}

/// The same URL with, or without, the slash that may stand behind a host alone.
fn slash_twin(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    match rest.find(['/', '?', '#']) {
        None => Some(format!("{url}/")),
        Some(place) if place + 1 == rest.len() && rest.ends_with('/') => {
            url.strip_suffix('/').map(str::to_owned)
        }
        Some(_) => None,
    }
}

/// A defanged value as it was meant; `None` for one that was not defanged.
fn refanged(observable_type: &ObservableType, value: &str) -> Option<String> {
    let is_network = matches!(
        observable_type,
        ObservableType::DomainName
            | ObservableType::EmailAddr
            | ObservableType::Ipv4Addr
            | ObservableType::Ipv6Addr
            | ObservableType::Url
    );
    if !is_network {
        return None;
    }
    let mut plain = plain(value);
    let scheme = plain.get(..4).filter(|start| start.eq_ignore_ascii_case("hxxp"));
    if scheme.is_some() && *observable_type == ObservableType::Url {
        plain = Cow::Owned(format!("http{}", plain.get(4..).unwrap_or_default()));
    }
    match plain {
        Cow::Owned(plain) => Some(plain),
        Cow::Borrowed(_) => None,
    }
}

/// A value without what was put into it so that nobody follows it.
pub(super) fn plain(value: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(value.trim());
    if !plain.contains(['[', '(', '{']) {
        return plain;
    }
    for (written, meant) in DEFANGED {
        if plain.contains(written) {
            plain = Cow::Owned(plain.replace(written, meant));
        }
    }
    plain
}
