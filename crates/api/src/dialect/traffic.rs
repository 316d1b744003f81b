//! Patterns that name the far end of network traffic, and what they say plainly.

use std::net::{Ipv4Addr, Ipv6Addr};

use inthreat_stix::{
    RawObject,
    pattern::{
        Comparison, ComparisonExpression, ObservationExpression, ObservationKind, Operator, Pattern,
    },
};
use memchr::memmem;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

const NEEDLE: &str = "network-traffic";

/// The indicator with `network-traffic:dst_ref.value = X` in its pattern replaced by `ipv4-addr:value = X`,
/// `ipv6-addr:value = X` or `domain-name:value = X`, after the form of X; `None` when there is nothing to replace.
///
/// This is what `convert_network_traffic` asks for (CONTRACT 2.1, 5.6). Only the text of the property `pattern`
/// changes; every other byte of the object stays. A comparison that is joined to others by AND inside its brackets
/// is left alone: no object is both an address and traffic to a port, so the new pattern could never match.
///
/// ```
/// use inthreat_api::dialect::plain_network_traffic;
/// use inthreat_stix::RawObject;
///
/// let text = r#"{"type":"indicator","pattern":"[network-traffic:dst_ref.value = '198.51.100.7']"}"#;
/// let plain = plain_network_traffic(&RawObject::new(text)?).unwrap();
/// assert_eq!(plain.as_str(), r#"{"type":"indicator","pattern":"[ipv4-addr:value = '198.51.100.7']"}"#);
/// # Ok::<(), inthreat_stix::Rejected>(())
/// ```
pub fn plain_network_traffic(object: &RawObject) -> Option<RawObject> {
    // Most objects end here, without being read.
    if memmem::find(object.as_bytes(), NEEDLE.as_bytes()).is_none()
        || object.object_type() != Some("indicator")
    {
        return None;
    }
    let written: Written<'_> = object.parse().ok()?;
    if !matches!(written.pattern_type, None | Some("\"stix\"")) {
        return None;
    }
    let written = written.pattern?;
    let text: String = serde_json::from_str(written).ok()?;
    let plain = serde_json::to_string(&rewritten(&text)?).ok()?;
    let start = written.as_ptr().addr().checked_sub(object.as_bytes().as_ptr().addr())?;
    let (before, rest) = object.as_bytes().split_at_checked(start)?;
    let after = rest.get(written.len()..)?;
    RawObject::new([before, plain.as_bytes(), after].concat()).ok()
}

/// The pattern with plain paths; `None` when none of its paths can be made plain.
fn rewritten(text: &str) -> Option<String> {
    let pattern = Pattern::parse(text).ok()?;
    let mut found = Vec::new();
    in_observation(pattern.expression(), &mut found);
    let mut plain = String::with_capacity(text.len());
    let mut position = 0;
    for comparison in &found {
        let Some(object_type) = plain_type(comparison) else { continue };
        let start = comparison.span().start();
        let path = text.get(start..comparison.operator_span().start())?.trim_end();
        plain.push_str(text.get(position..start)?);
        plain.push_str(object_type);
        plain.push_str(":value");
        position = start + path.len();
    }
    plain.push_str(text.get(position..)?);
    (position > 0).then_some(plain)
}

/// Collects, in the order of the text, the comparisons that are not joined to others by AND.
fn in_observation<'p>(expression: &'p ObservationExpression, found: &mut Vec<&'p Comparison>) {
    match &expression.kind {
        ObservationKind::Comparison(inner) => in_brackets(inner, found),
        ObservationKind::Group(inner) => in_observation(inner, found),
        ObservationKind::And(operands)
        | ObservationKind::Or(operands)
        | ObservationKind::FollowedBy(operands) => {
            for operand in operands {
                in_observation(operand, found);
            }
        }
        _ => {}
    }
}

fn in_brackets<'p>(expression: &'p ComparisonExpression, found: &mut Vec<&'p Comparison>) {
    match expression {
        ComparisonExpression::Test(comparison) => found.push(comparison),
        ComparisonExpression::Group(inner) => in_brackets(inner, found),
        ComparisonExpression::Or(operands) => {
            for operand in operands {
                in_brackets(operand, found);
            }
        }
        _ => {}
    }
}

/// The type whose value a comparison is about, where it is about the far end of traffic.
fn plain_type(comparison: &Comparison) -> Option<&'static str> {
    let path = comparison.path();
    let is_far_end = path.object_type() == NEEDLE && path.property() == "dst_ref.value";
    if !is_far_end || comparison.operator() != Operator::Equal || comparison.is_negated() {
        return None;
    }
    let value = comparison.literals().first()?.as_str()?;
    let address = value.split_once('/').map_or(value, |(address, _)| address);
    Some(if address.parse::<Ipv4Addr>().is_ok() {
        "ipv4-addr"
    } else if address.parse::<Ipv6Addr>().is_ok() {
        "ipv6-addr"
    } else {
        "domain-name"
    })
}

/// The JSON text of a pattern and of its type, the last ones where they stand twice.
#[derive(Default)]
struct Written<'a> {
    pattern: Option<&'a str>,
    pattern_type: Option<&'a str>,
}

impl<'de> Deserialize<'de> for Written<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WrittenVisitor;

        impl<'de> Visitor<'de> for WrittenVisitor {
            type Value = Written<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut written = Written::default();
                while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match &*name {
                        "pattern" => written.pattern = Some(map.next_value::<&RawValue>()?.get()),
                        "pattern_type" => {
                            written.pattern_type = Some(map.next_value::<&RawValue>()?.get());
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(written)
            }
        }

        deserializer.deserialize_map(WrittenVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pattern: &str) -> Option<String> {
        let pattern = serde_json::to_string(pattern).unwrap();
        let text = format!("{{ \"type\":\"indicator\" ,\"pattern\": {pattern} ,\"n\":1.50}}");
        let found = plain_network_traffic(&RawObject::new(text).unwrap())?;
        let inner = found.as_str().strip_prefix("{ \"type\":\"indicator\" ,\"pattern\": ").unwrap();
        let inner = inner.strip_suffix(" ,\"n\":1.50}").unwrap();
        Some(serde_json::from_str(inner).unwrap())
    }

    // Catches a path that becomes the wrong type, a comparison that is missed, and bytes that change elsewhere.
    #[test]
    fn far_ends_become_plain() {
        let pairs = [
            (
                "[network-traffic:dst_ref.value = '198.51.100.7']",
                "[ipv4-addr:value = '198.51.100.7']",
            ),
            ("[network-traffic:dst_ref.value='10.0.0.0/8']", "[ipv4-addr:value='10.0.0.0/8']"),
            (
                "[ network-traffic:dst_ref.'value'  == '2001:db8::1' ]",
                "[ ipv6-addr:value  == '2001:db8::1' ]",
            ),
            (
                "[network-traffic:dst_ref.value = 'a.example' OR (network-traffic:dst_ref.value = '198.51.100.7')]",
                "[domain-name:value = 'a.example' OR (ipv4-addr:value = '198.51.100.7')]",
            ),
            (
                "[url:value = 'x\\\\\"é'] AND [network-traffic:dst_ref.value = 'a.example'] WITHIN 5 SECONDS",
                "[url:value = 'x\\\\\"é'] AND [domain-name:value = 'a.example'] WITHIN 5 SECONDS",
            ),
        ];
        for (pattern, expected) in pairs {
            assert_eq!(plain(pattern).as_deref(), Some(expected), "{pattern}");
        }
    }

    // Catches a rewriting that changes what a pattern means, or that touches what is no pattern.
    #[test]
    fn everything_else_stays() {
        for pattern in [
            "[ipv4-addr:value = '198.51.100.7']",
            "[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 30303]",
            "[network-traffic:dst_ref.value != 'a.example']",
            "[network-traffic:dst_ref.value NOT = 'a.example']",
            "[network-traffic:src_ref.value = 'a.example']",
            "[url:value = 'network-traffic:dst_ref.value']",
            "network-traffic:dst_ref.value = 'a.example'",
        ] {
            assert_eq!(plain(pattern), None, "{pattern}");
        }
        for text in [
            r#"{"type":"indicator","pattern_type":"yara","pattern":"[network-traffic:dst_ref.value = 'a']"}"#,
            r#"{"type":"report","pattern":"[network-traffic:dst_ref.value = 'a']"}"#,
            r#"{"type":"indicator","pattern":["[network-traffic:dst_ref.value = 'a']"]}"#,
        ] {
            assert_eq!(plain_network_traffic(&RawObject::new(text).unwrap()), None, "{text}");
        }
    }
}
