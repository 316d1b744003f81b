//! Types as they are named on the command line: what is near to a known one is most likely misspelled.

use inthreat_api::ObservableType;

use crate::{meant, print::say, terminal};

/// What people call types of observables.
const OBSERVABLES: [(&str, &str); 20] = [
    ("as", "autonomous-system"),
    ("asn", "autonomous-system"),
    ("certificate", "x509-certificate"),
    ("domain", "domain-name"),
    ("email", "email-addr"),
    ("fqdn", "domain-name"),
    ("hash", "file"),
    ("host", "domain-name"),
    ("hostname", "domain-name"),
    ("ip", "ipv4-addr` or `ipv6-addr"),
    ("ipv4", "ipv4-addr"),
    ("ipv6", "ipv6-addr"),
    ("mac", "mac-addr"),
    ("mail", "email-addr"),
    ("md5", "file"),
    ("sha1", "file"),
    ("sha256", "file"),
    ("sha512", "file"),
    ("uri", "url"),
    ("user", "user-account"),
];

/// A type of observables, which the service may know and this program not: then it is asked for as it stands.
pub(crate) fn observable(name: &str) -> Result<String, String> {
    let known = ObservableType::KNOWN.iter().map(ObservableType::as_str);
    checked(name, known, &OBSERVABLES)
}

/// Says which of these types of observables nobody documents, where nothing came of them.
pub(crate) fn tell_unknown_observables(names: &[String]) {
    let is_unknown = |name: &&String| matches!(name.as_str().into(), ObservableType::Other(_));
    for name in names.iter().filter(is_unknown).filter(|name| !name.is_empty()) {
        say(terminal::visible(&format!(
            "hint: the service documents no observables of the type `{name}`"
        )));
    }
}

/// The name, unless it is near to another one that is meant.
fn checked<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    short: &[(&str, &'a str)],
) -> Result<String, String> {
    if name.starts_with("x-") || known.clone().any(|it| it == name) {
        return Ok(name.to_owned());
    }
    let plain = name.trim().to_lowercase();
    let named = short.iter().find(|(short, _)| *short == plain).map(|(_, meant)| *meant);
    match named.or_else(|| meant::nearest(&plain, known)) {
        Some(meant) => Err(format!("did you mean `{meant}`?")),
        None => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a mistyped type that is asked for and finds nothing, and one of a newer service that cannot be asked for.
    #[test]
    fn what_is_near_to_a_known_type_is_refused() {
        for (name, meant) in [
            ("IPv4-Addr", Some("ipv4-addr")),
            ("ipv4", Some("ipv4-addr")),
            ("IP", Some("ipv4-addr` or `ipv6-addr")),
            ("domain", Some("domain-name")),
            ("domain_name", Some("domain-name")),
            ("SHA256", Some("file")),
            ("files", Some("file")),
            (" url", Some("url")),
            ("file", None),
            ("x-url", None),
            ("bank-account-number", None),
            ("", None),
        ] {
            let expected = meant
                .map_or_else(|| Ok(name.to_owned()), |it| Err(format!("did you mean `{it}`?")));
            assert_eq!(observable(name), expected, "{name}");
        }
        let known = |name: &str| ObservableType::KNOWN.iter().any(|known| known.as_str() == name);
        assert!(OBSERVABLES.iter().all(|(short, _)| !known(short)));
    }
}
