//! Canonical JSON, the form of a value that can be hashed (RFC 8785).

use std::{borrow::Cow, cmp::Ordering};

use thiserror::Error;

use crate::json::{JsonError, Node, write_string};

/// Why a text has no canonical form.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("canonicalize JSON: {reason}")]
pub struct CanonicalError {
    reason: Cow<'static, str>,
}

impl From<JsonError> for CanonicalError {
    fn from(error: JsonError) -> Self {
        Self { reason: error.to_string().into() }
    }
}

/// Writes a JSON text in its canonical form (RFC 8785): without white space, members in the order of their
/// names' UTF-16 code units, numbers as ECMAScript writes the nearest double, strings with the fewest escapes.
///
/// Refused are what RFC 7493 refuses: broken JSON, a name that occurs twice in one object, half of a surrogate
/// pair, a number beyond the range of a double; and nesting deeper than 128.
///
/// ```
/// let canonical = inthreat_stix::canonical_json(r#"{ "b": 1.50, "a": "\u20ac" }"#)?;
/// assert_eq!(canonical, r#"{"a":"€","b":1.5}"#);
/// # Ok::<(), inthreat_stix::CanonicalError>(())
/// ```
pub fn canonical_json(text: &str) -> Result<String, CanonicalError> {
    let mut out = String::with_capacity(text.len());
    write_canonical(&Node::parse(text)?, &mut out)?;
    Ok(out)
}

pub(crate) fn write_canonical(node: &Node<'_>, out: &mut String) -> Result<(), CanonicalError> {
    match node {
        Node::Null => out.push_str("null"),
        Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Node::Number(_) => write_number(node, out)?,
        Node::String(text) => write_string(text, out),
        Node::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out)?;
            }
            out.push(']');
        }
        Node::Object(object) => write_members(object.iter().collect(), out)?,
    }
    Ok(())
}

/// Writes an object of these members, in canonical order.
pub(crate) fn write_members(
    mut members: Vec<(&str, &Node<'_>)>,
    out: &mut String,
) -> Result<(), CanonicalError> {
    members.sort_by(|(a, _), (b, _)| compare_utf16(a, b));
    if members.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b)) {
        return Err(CanonicalError { reason: "a name occurs twice in one object".into() });
    }
    out.push('{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write_canonical(value, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_number(node: &Node<'_>, out: &mut String) -> Result<(), CanonicalError> {
    match node.as_f64().filter(|value| value.is_finite()) {
        Some(value) => {
            out.push_str(ryu_js::Buffer::new().format_finite(value));
            Ok(())
        }
        None => Err(CanonicalError { reason: "a number is beyond the range of a double".into() }),
    }
}

/// The order of UTF-16 code units differs from that of UTF-8 only above the basic plane.
fn compare_utf16(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a form that is not canonical: writing it again would change it.
        #[test]
        fn canonical_is_idempotent(
            names in proptest::collection::btree_map(any::<String>(), any::<f64>(), 0..8),
            texts in proptest::collection::vec(any::<String>(), 0..4),
        ) {
            let value = serde_json::json!({ "a": names, "b": texts, "c": [null, true, {"d": {}}] });
            let once = canonical_json(&value.to_string()).unwrap();
            prop_assert_eq!(&canonical_json(&once).unwrap(), &once);
            prop_assert_eq!(&canonical_json(&serde_json::to_string_pretty(&value).unwrap()).unwrap(), &once);
        }

        // Catches a number that is not the nearest double, which a fast parser may give.
        #[test]
        fn numbers_survive(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let written = canonical_json(&format!("{value:e}")).unwrap();
            prop_assert_eq!(written.parse::<f64>().unwrap().to_bits(), (value + 0.0).to_bits());
        }
    }

    // Catches an order by code points: U+FF5E sorts before U+1F600 there, and behind it in UTF-16.
    #[test]
    fn sorts_by_utf16() {
        let text = "{\"\u{ff5e}\":1,\"\u{1f600}\":2}";
        assert_eq!(canonical_json(text).unwrap(), "{\"\u{1f600}\":2,\"\u{ff5e}\":1}");
    }

    // Catches values that have no canonical form and would get one.
    #[test]
    fn refuses_what_has_no_canonical_form() {
        for text in [r#"{"a":1,"a":2}"#, "1e999", r#""\ud800""#, "{", "[1,]", ""] {
            assert!(canonical_json(text).is_err(), "{text}");
        }
    }
}
