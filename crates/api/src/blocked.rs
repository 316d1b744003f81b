//! What a firewall is told of an indicator.

use std::net::IpAddr;

use inthreat_stix::{RawObject, pattern::Pattern};
use serde::Deserialize;

use crate::ObservableType;

/// The longest name of a domain, in bytes.
const NAME_LENGTH_MAX: usize = 253;

#[derive(Deserialize)]
struct Indicator {
    pattern: String,
}

/// The values of a type that an indicator tells to block, as lines of a list (CONTRACT 2.7): those that fulfil its pattern
/// alone, since half of an AND is no reason to block anything.
///
/// Addresses, also with a length of their network, domain names, URLs, and for files hashes; for every other type, and
/// for what is no indicator, there are none. A value that no firewall could take, such as one with a line break, is
/// left out. Whether the indicator counts at the moment is not looked at.
///
/// ```
/// use inthreat_api::{ObservableType, blocked_values};
/// use inthreat_stix::RawObject;
///
/// let indicator = r#"{"type":"indicator","pattern":"[domain-name:value IN ('EVIL.example.', 'b.example')]"}"#;
/// let values = blocked_values(&RawObject::new(indicator)?, &ObservableType::DomainName);
/// assert_eq!(values, ["evil.example", "b.example"]);
/// # Ok::<(), inthreat_stix::Rejected>(())
/// ```
pub fn blocked_values(object: &RawObject, observable_type: &ObservableType) -> Vec<String> {
    if object.object_type() != Some("indicator") {
        return Vec::new();
    }
    let pattern = object.parse::<Indicator>().ok();
    let pattern = pattern.and_then(|indicator| Pattern::parse(&indicator.pattern).ok());
    let Some(pattern) = pattern.filter(Pattern::is_any_value_enough) else {
        return Vec::new();
    };
    let is_file = *observable_type == ObservableType::File;
    let values = pattern.observables().filter(|value| {
        let is_wanted =
            if is_file { value.hash_algorithm.is_some() } else { value.property == "value" };
        value.object_type == observable_type.as_str() && is_wanted
    });
    values.filter_map(|value| line(value.value.as_str()?, observable_type)).collect()
}

/// A value as a line; `None` for what no firewall could take.
fn line(value: &str, observable_type: &ObservableType) -> Option<String> {
    let is_word =
        !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control());
    match observable_type {
        ObservableType::Ipv4Addr => network(value, 32),
        ObservableType::Ipv6Addr => network(value, 128),
        ObservableType::DomainName => {
            let name = value.strip_suffix('.').unwrap_or(value).to_lowercase();
            let is_name = !name.is_empty() && name.len() <= NAME_LENGTH_MAX && !name.contains('/');
            (is_word && is_name).then_some(name)
        }
        ObservableType::Url => is_word.then(|| value.to_owned()),
        ObservableType::File => is_word.then(|| value.to_lowercase()),
        _ => None,
    }
}

/// An address of this many bits, perhaps with the length of its network.
fn network(value: &str, bits: u8) -> Option<String> {
    let (address, length) =
        value.split_once('/').map_or((value, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    if address.is_ipv4() != (bits == 32) {
        return None;
    }
    let Some(length) = length else { return Some(address.to_string()) };
    let length: u8 = length.parse().ok().filter(|length| *length <= bits)?;
    Some(format!("{address}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, observable_type: &ObservableType) -> String {
        let text = serde_json::json!({ "type": "indicator", "pattern": pattern }).to_string();
        blocked_values(&RawObject::new(text).unwrap(), observable_type).join(" ")
    }

    // Catches a value that blocks more than its indicator says, and a line that is no value.
    #[test]
    fn values_block_what_their_indicator_says() {
        let domain = |pattern: &str| found(pattern, &ObservableType::DomainName);
        assert_eq!(domain("[domain-name:value = 'EVIL.example.']"), "evil.example");
        assert_eq!(
            domain(
                "[(domain-name:value IN ('a.org', 'b.org') OR url:value = 'x')] OR [domain-name:value = 'c.org']"
            ),
            "a.org b.org c.org"
        );
        for pattern in [
            "[domain-name:value = 'a.org' AND url:value = 'http://a.org/x']",
            "[domain-name:value = 'a.org'] AND [url:value = 'x']",
            "[domain-name:value = 'a.org'] FOLLOWEDBY [url:value = 'x']",
            "[domain-name:value != 'a.org']",
            "[domain-name:value LIKE 'a%']",
            "[domain-name:value = 'a.org\\nb.org']",
            "[domain-name:value = 'a.org\nb.org']",
            "[domain-name:value = 'a.org/x']",
            "[domain-name:value = '.']",
            "[url:value = 'a.org']",
            "no pattern",
        ] {
            assert_eq!(domain(pattern), "", "{pattern}");
        }
        let addresses = "[ipv4-addr:value IN ('198.51.100.7', '198.51.100.0/24', '1.2.3', '1.2.3.4/', '1.2.3.4/33') OR ipv6-addr:value = '2001:DB8:0::1']";
        assert_eq!(found(addresses, &ObservableType::Ipv4Addr), "198.51.100.7 198.51.100.0/24");
        assert_eq!(found(addresses, &ObservableType::Ipv6Addr), "2001:db8::1");
        let url = "[url:value = 'http://a.org/X']";
        assert_eq!(found(url, &ObservableType::Url), "http://a.org/X");
        let hash = "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E' OR file:name = 'x']";
        assert_eq!(found(hash, &ObservableType::File), "d41d8cd98f00b204e9800998ecf8427e");
        let mutex = "[mutex:name = 'x' OR mutex:value = 'x']";
        assert_eq!(found(mutex, &ObservableType::from("mutex")), "");
    }

    // Catches an object of another type that is blocked.
    #[test]
    fn nothing_but_an_indicator_is_blocked() {
        let text = r#"{"type":"tool","pattern":"[domain-name:value = 'a.org']"}"#;
        let tool = RawObject::new(text).unwrap();
        assert!(blocked_values(&tool, &ObservableType::DomainName).is_empty());
    }
}
