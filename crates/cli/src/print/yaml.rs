//! JSON as YAML 1.2, document by document.

use std::fmt::Write;

use super::json::Json;
use crate::terminal;

/// Deeper levels stand as JSON on one line, which YAML reads too.
const INDENT_MAX: usize = 64;

/// Appends a value as a document.
pub(crate) fn document(text: &str, out: &mut String) {
    out.push_str("---\n");
    block(text, 0, out);
}

/// Appends a value; the first line is indented already.
fn block(text: &str, indent: usize, out: &mut String) {
    match Json::open(text) {
        Json::Object(members) if !members.is_empty() && indent < INDENT_MAX => {
            for (index, (name, value)) in members.iter().enumerate() {
                pad(if index == 0 { 0 } else { indent }, out);
                scalar(name, out);
                out.push(':');
                if is_block(value) {
                    out.push('\n');
                    pad(indent + 2, out);
                } else {
                    out.push(' ');
                }
                block(value, indent + 2, out);
            }
        }
        Json::Array(items) if !items.is_empty() && indent < INDENT_MAX => {
            for (index, item) in items.iter().enumerate() {
                pad(if index == 0 { 0 } else { indent }, out);
                out.push_str("- ");
                block(item, indent + 2, out);
            }
        }
        Json::Text(text) => {
            scalar(&text, out);
            out.push('\n');
        }
        Json::Object(_) | Json::Array(_) | Json::Plain(_) => {
            let line = text.trim_ascii().replace(['\n', '\r'], " ");
            out.push_str(&terminal::visible_json(&line));
            out.push('\n');
        }
    }
}

/// Whether a value takes lines of its own.
fn is_block(text: &str) -> bool {
    let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    text.starts_with(['{', '[']) && !inside.trim_ascii().is_empty()
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// Appends a text, in quotes unless every version of YAML reads it as a text without.
fn scalar(text: &str, out: &mut String) {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "true", "false", "on", "off", "null"];
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_plain {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ if terminal::steers(character) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\U{:08x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yaml(text: &str) -> String {
        let mut out = String::new();
        document(text, &mut out);
        out
    }

    // Catches a level that slips, and a text that YAML would read as something else.
    #[test]
    fn a_value_reads_as_it_was() {
        let text = r#"{"id":"indicator--1","n":1.50,"b":true,"none":null,"no":"no","t":"2024-01-01T00:00:00Z",
            "text":"a: b\n\u202e\"","empty":{},"nothing":[ ],"list":["x",{"k":1,"m":[2]},[3,4]],"a:b":{"c":{"d":""}}}"#;
        let expected = r#"---
id: indicator--1
"n": 1.50
b: true
none: null
"no": "no"
t: "2024-01-01T00:00:00Z"
text: "a: b\n\U0000202e\""
empty: {}
nothing: [ ]
list:
  - x
  - k: 1
    m:
      - 2
  - - 3
    - 4
"a:b":
  c:
    d: ""
"#;
        assert_eq!(yaml(text), expected);
    }

    // Catches a stack that a stranger's object can exhaust.
    #[test]
    fn depth_has_a_limit() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(yaml(&deep).lines().count() < 10);
    }
}
