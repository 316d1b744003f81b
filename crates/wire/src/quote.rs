//! Percent-encoding, and text from strangers made fit to print.

use std::fmt::Write;

use inthreat_api::{Error, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a `+` stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    /// A blank, as HTML forms write it.
    Blank,
    /// Itself: in paths, and in values that hold no blanks but may hold `+`.
    Itself,
}

/// Writes a text so that it can stand in a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Reads a path segment or a query value; `field` names it in errors.
pub(crate) fn decode(text: &str, plus: Plus, field: &str) -> Result<String> {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
        if !is_digit(index + 1) || !is_digit(index + 2) {
            return Err(Error::invalid(field, "`%` is not followed by two hexadecimal digits"));
        }
    }
    let text = if plus == Plus::Blank { text.replace('+', " ") } else { text.to_owned() };
    let Ok(decoded) = percent_decode_str(&text).decode_utf8() else {
        return Err(Error::invalid(field, "it is not UTF-8"));
    };
    if decoded.contains('\0') {
        return Err(Error::invalid(field, "it holds a NUL character"));
    }
    Ok(decoded.into_owned())
}

/// At most `length_max` characters of a text from a stranger, without control characters and runs of white space.
pub(crate) fn printable(text: &str, length_max: usize) -> String {
    let mut out = String::new();
    let mut characters = 0;
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
            characters += 1;
        }
        for character in word.chars() {
            if characters >= length_max {
                out.push('…');
                return out;
            }
            characters += 1;
            if character.is_control() || is_directional(character) {
                let _ = write!(out, "{}", character.escape_unicode());
            } else {
                out.push(character);
            }
        }
    }
    out
}

/// Characters that make a terminal show a line in another order than it is written.
fn is_directional(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a character that is not restored, or a panic on half an escape.
        #[test]
        fn text_survives(text in "[^\0]{0,40}") {
            prop_assert_eq!(&decode(&encode(&text), Plus::Blank, "x").unwrap(), &text);
            prop_assert_eq!(decode(&encode(&text), Plus::Itself, "x").unwrap(), text);
        }

        // Catches a panic on any input, and control characters that reach a terminal.
        #[test]
        fn anything_is_taken(text in "\\PC*|.*|%[0-9a-fg%]{0,3}") {
            let _ = decode(&text, Plus::Blank, "x");
            prop_assert!(!printable(&text, 20).contains(char::is_control));
        }
    }

    // Catches broken escapes that are taken as they stand, and a message that does not name the place.
    #[test]
    fn broken_escapes_are_refused() {
        for text in ["%", "a%2", "%zz", "%ff", "%00"] {
            assert_eq!(
                decode(text, Plus::Itself, "value").unwrap_err().field(),
                Some("value"),
                "{text}"
            );
        }
    }

    // Catches an escape sequence of a terminal that is passed on.
    #[test]
    fn control_characters_are_shown_as_escapes() {
        assert_eq!(printable("a\x1b[31m\n\n b\u{202e}c", 100), "a\\u{1b}[31m b\\u{202e}c");
        assert_eq!(printable("abcdef", 3), "abc…");
    }
}
