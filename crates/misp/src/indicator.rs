//! What an indicator is in MISP: of which events, and which attributes (MISP core format, section 2.4.2).

use std::net::IpAddr;

use inthreat_stix::{
    HashAlgorithm, Id, RawObject, Timestamp,
    marking::Tlp,
    pattern::{ComparisonExpression, Literal, Observable, ObservationKind, Operator, Pattern},
};
use serde::Deserialize;

const NETWORK: &str = "Network activity";
const DELIVERY: &str = "Payload delivery";
const INSTALLATION: &str = "Payload installation";
/// The longest value that MISP keeps, in bytes.
const VALUE_LENGTH_MAX: usize = 65_535;

/// The properties of an indicator that MISP is told of.
#[derive(Debug, Deserialize)]
pub(crate) struct Indicator {
    id: String,
    #[serde(default)]
    pub(crate) name: String,
    pattern: String,
    #[serde(default)]
    pattern_type: Option<String>,
    created: String,
    modified: Option<String>,
    #[serde(default)]
    revoked: bool,
    valid_until: Option<String>,
    created_by_ref: Option<String>,
    #[serde(default)]
    x_inthreat_sources_refs: Vec<String>,
    #[serde(default)]
    object_marking_refs: Vec<String>,
}

/// A value, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The type, as MISP names it.
    pub(crate) kind: &'static str,
    pub(crate) category: &'static str,
    pub(crate) value: String,
    /// Whether the value alone is enough to raise an alarm.
    pub(crate) to_ids: bool,
}

impl Indicator {
    /// Reads an object; `None` for one that is no indicator, or not one that MISP could be told of.
    pub(crate) fn read(object: &RawObject) -> Option<Self> {
        if object.object_type() != Some("indicator") {
            return None;
        }
        object.parse().ok()
    }

    /// The UUID, big-endian; `None` where the identifier has none.
    pub(crate) fn uuid(&self) -> Option<u128> {
        self.id.parse::<Id>().ok()?.uuid().map(u128::from_be_bytes)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The day of its creation since 1970, in UTC.
    pub(crate) fn day(&self) -> Option<i32> {
        let seconds = Timestamp::lenient(&self.created).ok()?.seconds();
        i32::try_from(seconds.div_euclid(86_400)).ok()
    }

    /// When it was changed, in seconds since 1970.
    pub(crate) fn modified(&self) -> i64 {
        let modified = self.modified.as_deref().unwrap_or(&self.created);
        Timestamp::lenient(modified).map_or(0, Timestamp::seconds)
    }

    /// From when on it says nothing, in seconds since 1970: `None` for never. One that was revoked never said anything.
    pub(crate) fn ends(&self) -> Option<i64> {
        if self.revoked {
            return Some(0);
        }
        Timestamp::lenient(self.valid_until.as_deref()?).ok().map(Timestamp::seconds)
    }

    /// Who says so: its sources, or else who created it. Each once.
    pub(crate) fn sources(&self) -> Vec<&str> {
        let mut sources: Vec<_> = self.x_inthreat_sources_refs.iter().map(String::as_str).collect();
        sources.sort_unstable();
        sources.dedup();
        if sources.is_empty() {
            sources.push(self.created_by_ref.as_deref().unwrap_or_default());
        }
        sources
    }

    /// How far it may be passed on.
    pub(crate) fn tlp(&self) -> Option<Tlp> {
        let markings = self.object_marking_refs.iter();
        markings.filter_map(|id| Tlp::of_marking(&Id::lenient(id).ok()?)).max()
    }

    /// The values that it names, each once; the whole pattern where none of them is known to MISP.
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let language = self.pattern_type.as_deref().unwrap_or("stix");
        let mut found = if language.eq_ignore_ascii_case("stix") {
            values(&self.pattern)
        } else {
            vec![rule(language, &self.pattern)]
        };
        found.retain(|attribute| (1..=VALUE_LENGTH_MAX).contains(&attribute.value.len()));
        let mut seen = Vec::with_capacity(found.len());
        found.retain(|attribute| {
            let is_new = !seen.contains(attribute);
            if is_new && seen.len() < REPEATED_MAX {
                seen.push(attribute.clone());
            }
            is_new
        });
        found
    }
}

/// Among how many values of a pattern one that stands twice is looked for.
const REPEATED_MAX: usize = 64;

/// A rule in another language than that of STIX.
fn rule(language: &str, text: &str) -> Attribute {
    let (kind, category, to_ids) = match language.to_ascii_lowercase().as_str() {
        "yara" => ("yara", INSTALLATION, true),
        "snort" | "suricata" => ("snort", NETWORK, true),
        "sigma" => ("sigma", INSTALLATION, true),
        _ => ("text", "Other", false),
    };
    Attribute { kind, category, value: text.to_owned(), to_ids }
}

fn values(text: &str) -> Vec<Attribute> {
    let whole = || {
        let value = text.to_owned();
        vec![Attribute { kind: "stix2-pattern", category: INSTALLATION, value, to_ids: true }]
    };
    let Ok(pattern) = Pattern::parse(text) else { return whole() };
    if let Some(endpoint) = endpoint(&pattern) {
        return vec![endpoint];
    }
    // Half of an AND is no reason for an alarm.
    let to_ids = pattern.is_any_value_enough();
    let values = pattern.observables().filter_map(|observable| {
        let value = observable.value.to_text();
        let (kind, category) = kind_of(&observable, &value)?;
        let value = normalised(kind, &value);
        Some(Attribute { kind, category, value, to_ids })
    });
    let values: Vec<_> = values.collect();
    if values.is_empty() { whole() } else { values }
}

/// A value as MISP keeps it, so that it finds what it looks for.
fn normalised(kind: &str, value: &str) -> String {
    match kind {
        "domain" => value.strip_suffix('.').unwrap_or(value).to_lowercase(),
        "ssdeep" | "tlsh" => value.to_owned(),
        _ if kind.starts_with("sha") || kind == "md5" || kind.starts_with("x509") => {
            value.to_ascii_lowercase()
        }
        _ => value.to_owned(),
    }
}

/// An address or a name together with a port, which MISP has types for.
fn endpoint(pattern: &Pattern) -> Option<Attribute> {
    let ObservationKind::Comparison(ComparisonExpression::And(_)) = pattern.expression().kind
    else {
        return None;
    };
    if pattern.comparisons().count() != 2 {
        return None;
    }
    let named = |property| {
        pattern.observables().find(|observable| {
            observable.object_type == "network-traffic"
                && observable.operator == Operator::Equal
                && observable.property == property
        })
    };
    let host = named("dst_ref.value")?.value.as_str()?;
    let Literal::Integer(port) = named("dst_port")?.value else { return None };
    let kind = if host.parse::<IpAddr>().is_ok() { "ip-dst|port" } else { "hostname|port" };
    let value = format!("{host}|{port}");
    Some(Attribute { kind, category: NETWORK, value, to_ids: true })
}

/// The type and the category of a value.
fn kind_of(observable: &Observable<'_>, value: &str) -> Option<(&'static str, &'static str)> {
    Some(match (observable.object_type, observable.property) {
        ("ipv4-addr" | "ipv6-addr", "value") => ("ip-dst", NETWORK),
        ("network-traffic", "dst_ref.value") if is_address(value) => ("ip-dst", NETWORK),
        ("domain-name", "value") | ("network-traffic", "dst_ref.value") => ("domain", NETWORK),
        ("network-traffic", "src_ref.value") if is_address(value) => ("ip-src", NETWORK),
        ("url", "value") => ("url", NETWORK),
        ("mac-addr", "value") => ("mac-address", NETWORK),
        ("autonomous-system", "number") => ("AS", NETWORK),
        ("email-addr", "value") | ("email-message", "from_ref.value") => ("email-src", DELIVERY),
        ("email-message", "subject") => ("email-subject", DELIVERY),
        ("filename", "value") | ("file", "name") => ("filename", DELIVERY),
        ("mutex", "name") => ("mutex", "Artifacts dropped"),
        ("windows-registry-key", "key") => ("regkey", "Persistence mechanism"),
        ("x509-certificate", _) => (fingerprint(observable.hash_algorithm?)?, NETWORK),
        ("file", _) => {
            let algorithm = observable.hash_algorithm?;
            (hash(algorithm).filter(|_| algorithm.is_valid(value))?, DELIVERY)
        }
        _ => return None,
    })
}

fn is_address(value: &str) -> bool {
    value.split('/').next().unwrap_or_default().parse::<IpAddr>().is_ok()
}

fn hash(algorithm: HashAlgorithm) -> Option<&'static str> {
    Some(match algorithm {
        HashAlgorithm::Md5 => "md5",
        HashAlgorithm::Sha1 => "sha1",
        HashAlgorithm::Sha224 => "sha224",
        HashAlgorithm::Sha256 => "sha256",
        HashAlgorithm::Sha384 => "sha384",
        HashAlgorithm::Sha512 => "sha512",
        HashAlgorithm::Sha3_224 => "sha3-224",
        HashAlgorithm::Sha3_256 => "sha3-256",
        HashAlgorithm::Sha3_384 => "sha3-384",
        HashAlgorithm::Sha3_512 => "sha3-512",
        HashAlgorithm::Ssdeep => "ssdeep",
        HashAlgorithm::Tlsh => "tlsh",
        _ => return None,
    })
}

fn fingerprint(algorithm: HashAlgorithm) -> Option<&'static str> {
    Some(match algorithm {
        HashAlgorithm::Md5 => "x509-fingerprint-md5",
        HashAlgorithm::Sha1 => "x509-fingerprint-sha1",
        HashAlgorithm::Sha256 => "x509-fingerprint-sha256",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(properties: &str) -> Indicator {
        let text = format!(
            r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000001","created":"2026-11-21T23:59:59.9Z",{properties}}}"#
        );
        Indicator::read(&RawObject::new(text).unwrap()).unwrap()
    }

    fn told(pattern: &str) -> String {
        let pattern = serde_json::Value::from(pattern);
        let attributes = indicator(&format!(r#""pattern":{pattern}"#)).attributes();
        let line =
            |a: &Attribute| format!("{}={}{}", a.kind, a.value, if a.to_ids { "!" } else { "" });
        attributes.iter().map(line).collect::<Vec<_>>().join(" ")
    }

    // Catches a value that MISP is told to be something else, or told twice, or whose half raises an alarm.
    #[test]
    fn values_become_attributes() {
        for (pattern, expected) in [
            ("[ipv4-addr:value = '198.51.100.0/24']", "ip-dst=198.51.100.0/24!"),
            ("[network-traffic:dst_ref.value = '2001:db8::1']", "ip-dst=2001:db8::1!"),
            ("[network-traffic:dst_ref.value = 'A.org.']", "domain=a.org!"),
            (
                "[network-traffic:dst_ref.value = '87.251.71.195' AND network-traffic:dst_port = 82]",
                "ip-dst|port=87.251.71.195|82!",
            ),
            (
                "[network-traffic:dst_port = 82 AND network-traffic:dst_ref.value = 'a.org']",
                "hostname|port=a.org|82!",
            ),
            (
                "[domain-name:value = 'a.org' AND url:value = 'http://a.org/x']",
                "domain=a.org url=http://a.org/x",
            ),
            (
                "[file:hashes.MD5 = '44d88612fea8a8f36de82e1278abb02f' OR file:hashes.'SHA-256' = 'x' OR file:name = 'a']",
                "md5=44d88612fea8a8f36de82e1278abb02f! filename=a!",
            ),
            ("[domain-name:value IN ('a.org', 'a.org')]", "domain=a.org!"),
            ("[autonomous-system:number = 64496]", "AS=64496!"),
            ("[software:name = 'x']", "stix2-pattern=[software:name = 'x']!"),
            ("no pattern", "stix2-pattern=no pattern!"),
        ] {
            assert_eq!(told(pattern), expected, "{pattern}");
        }
        let yara = indicator(r#""pattern":"rule a {}","pattern_type":"yara""#).attributes();
        assert_eq!(yara[0].kind, "yara");
    }

    // Catches a day of another time zone, a source that is told twice, and an end that is missed.
    #[test]
    fn events_are_told() {
        let plain = indicator(r#""pattern":"x""#);
        assert_eq!(plain.day(), Some(20_778));
        assert_eq!((plain.ends(), plain.tlp(), plain.sources()), (None, None, vec![""]));
        let full = indicator(
            r#""pattern":"x","created_by_ref":"c","x_inthreat_sources_refs":["b","a","b"],"valid_until":"1970-01-01T00:00:07Z","object_marking_refs":["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]"#,
        );
        assert_eq!(full.sources(), ["a", "b"]);
        assert_eq!((full.ends(), full.tlp()), (Some(7), Some(Tlp::Green)));
        assert_eq!(indicator(r#""pattern":"x","created_by_ref":"c""#).sources(), ["c"]);
        let revoked =
            indicator(r#""pattern":"x","revoked":true,"valid_until":"9999-01-01T00:00:00Z""#);
        assert_eq!(revoked.ends(), Some(0));
    }
}
