//! Types as they are named on the command line: what is near to a known one is most likely misspelled.

use inthreat_api::ObservableType;
use inthreat_stix::Kind;

use crate::{meant, print::say, terminal};

/// In how many letters a name differs at most that is refused: another one may be a type that is new.
const CHANGES_MAX: usize = 2;
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

/// What people call types of objects.
const OBJECTS: [(&str, &str); 7] = [
    ("actor", "threat-actor"),
    ("cve", "vulnerability"),
    ("ioc", "indicator"),
    ("mitigation", "course-of-action"),
    ("relation", "relationship"),
    ("technique", "attack-pattern"),
    ("ttp", "attack-pattern"),
];

/// A type of objects. One that STIX does not define may be of anybody's making.
pub(crate) fn object(name: &str) -> Result<String, String> {
    checked(name, Kind::DEFINED.iter().map(Kind::as_str), &OBJECTS)
}

/// A type of observables, which the service may know and this program not: then it is asked for as it stands.
pub(crate) fn observable(name: &str) -> Result<String, String> {
    let known = ObservableType::KNOWN.iter().map(ObservableType::as_str);
    checked(name, known, &OBSERVABLES)
}

/// Whether it is a type of objects that STIX defines.
pub(crate) fn is_defined(name: &str) -> bool {
    Kind::DEFINED.iter().any(|kind| kind.as_str() == name)
}

/// Says which of these types of objects nobody defines, where nothing came of them.
pub(crate) fn tell_unknown(names: &[String]) {
    let is_unknown = |name: &&String| !is_defined(name) && !name.starts_with("x-");
    for name in names.iter().filter(is_unknown).filter(|name| !name.is_empty()) {
        say(terminal::visible(&format!("hint: STIX defines no objects of the type `{name}`")));
    }
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
    let plain = name.trim().to_lowercase().replace('_', "-");
    let plain = plain.strip_suffix("ies").map_or_else(|| plain.clone(), |stem| format!("{stem}y"));
    let named = short.iter().find(|(short, _)| *short == plain).map(|(_, meant)| *meant);
    match named.or_else(|| meant::nearest_within(CHANGES_MAX, &plain, known)) {
        Some(meant) => Err(format!("did you mean `{meant}`?")),
        None => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a mirror that stays empty for a typing error, and one that cannot have what anybody made up.
    #[test]
    fn objects_have_types_that_are_defined_or_made_up() {
        for (name, expected) in [
            ("indicatr", Err("did you mean `indicator`?")),
            ("Indicators", Err("did you mean `indicator`?")),
            ("vulnerabilities", Err("did you mean `vulnerability`?")),
            ("ioc", Err("did you mean `indicator`?")),
            ("malware", Ok("malware")),
            ("ipv4-addr", Ok("ipv4-addr")),
            ("x-indicator", Ok("x-indicator")),
            ("nonsense", Ok("nonsense")),
            ("", Ok("")),
        ] {
            assert_eq!(object(name), expected.map(str::to_owned).map_err(str::to_owned), "{name}");
        }
        assert!(OBJECTS.iter().all(|(short, meant)| !is_defined(short) && is_defined(meant)));
    }

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
            ("bank-account", None),
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
