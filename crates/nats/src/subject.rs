//! Names within subjects: any text as one token.

/// Writes a text as one token of a subject, so that different texts are different tokens: letters, digits, `-` and `_`
/// stand for themselves, each other byte for `=XX`.
pub(crate) fn token(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            token.push(char::from(byte));
        } else {
            token.extend(['=', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    token
}

#[cfg(test)]
mod tests {
    use super::token;

    // Catches a text that becomes several tokens or a wildcard, and two that meet in one.
    #[test]
    fn any_text_is_one_token() {
        assert_eq!(token("x-a_1"), "x-a_1");
        assert_eq!(token("a.b*>= é"), "a=2Eb=2A=3E=3D=20=C3=A9");
        assert_ne!(token("=2E"), token("."));
    }
}
