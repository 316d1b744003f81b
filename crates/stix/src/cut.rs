//! Whether a text that does not parse is only the beginning of one that does.

use serde::de::IgnoredAny;
use serde_json::Error;

/// Whether parsing `text` failed with `error` for want of the bytes behind its end.
///
/// `serde_json` says so itself but where a value is passed over whose last token is a number: there it calls `1.`,
/// `-` and `1e` invalid, at the end of the text as anywhere else. Takes no more time than parsing did.
pub(crate) fn is_cut_off(error: &Error, text: &[u8]) -> bool {
    error.is_eof() || error.is_syntax() && is_at_end(error, text) && ends_within_number(text)
}

fn is_at_end(error: &Error, text: &[u8]) -> bool {
    let line_feeds = memchr::memchr_iter(b'\n', text).take(error.line().saturating_sub(1));
    let line_start = line_feeds.last().map_or(0, |at| at + 1);
    line_start + error.column() >= text.len()
}

/// Whether one more digit makes the last token a number.
fn ends_within_number(text: &[u8]) -> bool {
    if !matches!(text.last(), Some(b'.' | b'e' | b'E' | b'+' | b'-')) {
        return false;
    }
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let length = text.iter().rev().take_while(|byte| is_of_number(byte)).count();
    let token = text.get(text.len() - length..).unwrap_or_default();
    serde_json::from_slice::<IgnoredAny>(&[token, b"0"].concat()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a page that is taken for broken where it is only cut, and one that no further byte can mend.
    #[test]
    fn cut_texts() {
        let found = |text: &str| {
            let error = serde_json::from_str::<IgnoredAny>(text).unwrap_err();
            is_cut_off(&error, text.as_bytes())
        };
        for text in
            ["1.", "-", "[1e", "{\"a\":\n[0.5, -1.5E+", "[1", "\"a", "{\"a\"", "tru", "[\"\\u00"]
        {
            assert!(found(text), "{text}");
        }
        for text in ["1.x", "[1.-", "--", "[01.", "[1,]", "[tru, 1.", "[1.\n]", "[1. ", "{e", "[+"]
        {
            assert!(!found(text), "{text}");
        }
    }
}
