//! Splits the text of a pattern into tokens, as the lexer rules of the OASIS grammar do: the longest match wins,
//! keywords are upper case, and white space and comments stand between any two tokens.

use memchr::{memchr, memchr2, memmem};

use super::Span;
use super::error::Fault;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    LeftBracket,
    RightBracket,
    LeftParen,
    RightParen,
    Comma,
    Dot,
    Colon,
    Asterisk,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    String,
    Integer,
    Float,
    Hex,
    Binary,
    Timestamp,
    Boolean,
    And,
    Or,
    Not,
    FollowedBy,
    Like,
    Matches,
    IsSuperset,
    IsSubset,
    Exists,
    Last,
    In,
    Start,
    Stop,
    Seconds,
    Within,
    Repeats,
    Times,
    /// A name that may stand anywhere in an object path.
    Identifier,
    /// A name with a hyphen: an object type, nothing else.
    HyphenatedIdentifier,
    End,
}

/// One token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// Reads tokens from left to right; every byte is looked at a bounded number of times.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    bytes: &'s [u8],
    position: usize,
}

impl<'s> Lexer<'s> {
    /// A lexer over the bytes of `span`, which lies on character boundaries.
    pub(super) fn new(source: &'s str, span: Span) -> Self {
        let bytes = source.as_bytes().get(..span.end()).unwrap_or(source.as_bytes());
        Self { bytes, position: span.start() }
    }

    /// The next token, or `End` for ever after the last one.
    pub(super) fn next_token(&mut self) -> Result<Token, Fault> {
        self.skip_blank()?;
        let start = self.position;
        let Some(first) = self.byte(start) else {
            return Ok(Token { kind: TokenKind::End, span: Span::new(start, start) });
        };
        let kind = match first {
            b'[' => self.advance(1, TokenKind::LeftBracket),
            b']' => self.advance(1, TokenKind::RightBracket),
            b'(' => self.advance(1, TokenKind::LeftParen),
            b')' => self.advance(1, TokenKind::RightParen),
            b',' => self.advance(1, TokenKind::Comma),
            b':' => self.advance(1, TokenKind::Colon),
            b'*' => self.advance(1, TokenKind::Asterisk),
            b'=' if self.byte(start + 1) == Some(b'=') => self.advance(2, TokenKind::Equal),
            b'=' => self.advance(1, TokenKind::Equal),
            b'!' if self.byte(start + 1) == Some(b'=') => self.advance(2, TokenKind::NotEqual),
            b'<' => match self.byte(start + 1) {
                Some(b'>') => self.advance(2, TokenKind::NotEqual),
                Some(b'=') => self.advance(2, TokenKind::LessOrEqual),
                _ => self.advance(1, TokenKind::Less),
            },
            b'>' if self.byte(start + 1) == Some(b'=') => {
                self.advance(2, TokenKind::GreaterOrEqual)
            }
            b'>' => self.advance(1, TokenKind::Greater),
            b'\'' => self.quoted(start)?,
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.word(start)?,
            b'0'..=b'9' | b'.' | b'+' | b'-' => self.number(start)?,
            _ => return Err(Fault::unexpected_character(start)),
        };
        Ok(Token { kind, span: Span::new(start, self.position) })
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    fn rest(&self, from: usize) -> &'s [u8] {
        self.bytes.get(from..).unwrap_or_default()
    }

    fn advance(&mut self, count: usize, kind: TokenKind) -> TokenKind {
        self.position += count;
        kind
    }

    fn skip_blank(&mut self) -> Result<(), Fault> {
        while let Some(byte) = self.byte(self.position) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => self.position += 1,
                b'/' => self.skip_comment()?,
                0xc2..=0xe3 => match wide_space(self.rest(self.position)) {
                    0 => break,
                    width => self.position += width,
                },
                _ => break,
            }
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> Result<(), Fault> {
        let start = self.position;
        let body = start + 2;
        match self.byte(start + 1) {
            Some(b'/') => {
                let length = memchr2(b'\r', b'\n', self.rest(body));
                self.position = length.map_or(self.bytes.len(), |length| body + length);
                Ok(())
            }
            Some(b'*') => match memmem::find(self.rest(body), b"*/") {
                Some(length) => {
                    self.position = body + length + 2;
                    Ok(())
                }
                None => Err(Fault::new(start, "`*/` at the end of the comment", "nothing")),
            },
            _ => Err(Fault::unexpected_character(start)),
        }
    }

    /// A string: any characters between quotes, where a backslash stands before a quote or a backslash alone.
    fn quoted(&mut self, start: usize) -> Result<TokenKind, Fault> {
        let mut at = start + 1;
        while let Some(offset) = memchr2(b'\'', b'\\', self.rest(at)) {
            at += offset;
            if self.byte(at) == Some(b'\'') {
                self.position = at + 1;
                return Ok(TokenKind::String);
            }
            if !matches!(self.byte(at + 1), Some(b'\'' | b'\\')) {
                return Err(Fault::new(at, r"`\'` or `\\` in the string", "another escape"));
            }
            at += 2;
        }
        Err(Fault::new(start, "a closing `'` for this string", "none"))
    }

    fn word(&mut self, start: usize) -> Result<TokenKind, Fault> {
        let mut at = start + 1;
        let mut hyphen = false;
        while let Some(byte) = self.byte(at) {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' => {}
                b'-' => hyphen = true,
                _ => break,
            }
            at += 1;
        }
        self.position = at;
        if hyphen {
            return Ok(TokenKind::HyphenatedIdentifier);
        }
        let word = self.bytes.get(start..at).unwrap_or_default();
        match word {
            [prefix @ (b'b' | b'h' | b't')] if self.byte(at) == Some(b'\'') => {
                self.prefixed(start, *prefix)
            }
            _ => Ok(keyword(word).unwrap_or(TokenKind::Identifier)),
        }
    }

    /// `b'…'`, `h'…'` and `t'…'`. The grammar would read a malformed one as a name and a string, which can never
    /// stand beside each other, so the verdict is the same and the message is better here.
    fn prefixed(&mut self, start: usize, prefix: u8) -> Result<TokenKind, Fault> {
        let open = start + 2;
        let Some(length) = memchr(b'\'', self.rest(open)) else {
            return Err(Fault::new(start + 1, "a closing `'` for this literal", "none"));
        };
        let body = self.rest(open).get(..length).unwrap_or_default();
        let (valid, kind, expected) = match prefix {
            b'b' => (is_base64(body), TokenKind::Binary, "padded base64 in the binary literal"),
            b'h' => (is_hex(body), TokenKind::Hex, "pairs of hexadecimal digits in the literal"),
            _ => (is_timestamp(body), TokenKind::Timestamp, "a timestamp YYYY-MM-DDThh:mm:ss[.s]Z"),
        };
        if !valid {
            return Err(Fault::new(start, expected, "a malformed literal"));
        }
        self.position = open + length + 1;
        Ok(kind)
    }

    fn number(&mut self, start: usize) -> Result<TokenKind, Fault> {
        let signed = usize::from(matches!(self.byte(start), Some(b'+' | b'-')));
        let whole = self.digits(start + signed);
        if self.byte(whole) == Some(b'.') {
            let end = self.digits(whole + 1);
            if end > whole + 1 {
                self.position = end;
                return Ok(TokenKind::Float);
            }
        }
        if whole > start + signed {
            // A leading zero ends the integer: `01` is two integers, which stand nowhere beside each other.
            let zero = self.byte(start + signed) == Some(b'0');
            self.position = if zero { start + signed + 1 } else { whole };
            return Ok(TokenKind::Integer);
        }
        if self.byte(start) == Some(b'.') {
            return Ok(self.advance(1, TokenKind::Dot));
        }
        Err(Fault::unexpected_character(start))
    }

    fn digits(&self, from: usize) -> usize {
        let run = self.rest(from).iter().take_while(|byte| byte.is_ascii_digit()).count();
        from + run
    }
}

/// The length of the white space character at the start of `bytes` beyond ASCII, or 0.
fn wide_space(bytes: &[u8]) -> usize {
    match bytes {
        [0xc2, 0x85 | 0xa0, ..] => 2,
        [0xe1, 0x9a, 0x80, ..]
        | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
        | [0xe2, 0x81, 0x9f, ..]
        | [0xe3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

/// The keyword `word` is, or `None` for a name. Used for printing too: a step that is a keyword needs quotes.
pub(super) fn keyword(word: &[u8]) -> Option<TokenKind> {
    Some(match word {
        b"AND" => TokenKind::And,
        b"OR" => TokenKind::Or,
        b"NOT" => TokenKind::Not,
        b"FOLLOWEDBY" => TokenKind::FollowedBy,
        b"LIKE" => TokenKind::Like,
        b"MATCHES" => TokenKind::Matches,
        b"ISSUPERSET" => TokenKind::IsSuperset,
        b"ISSUBSET" => TokenKind::IsSubset,
        b"EXISTS" => TokenKind::Exists,
        b"LAST" => TokenKind::Last,
        b"IN" => TokenKind::In,
        b"START" => TokenKind::Start,
        b"STOP" => TokenKind::Stop,
        b"SECONDS" => TokenKind::Seconds,
        b"true" | b"false" => TokenKind::Boolean,
        b"WITHIN" => TokenKind::Within,
        b"REPEATS" => TokenKind::Repeats,
        b"TIMES" => TokenKind::Times,
        _ => return None,
    })
}

/// Whether `text` can stand in a path without quotes.
pub(super) fn is_plain_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    starts
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && keyword(bytes).is_none()
}

/// Whether `text` can be an object type: as a plain name, and hyphens may follow the first character.
pub(super) fn is_object_type(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts = bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    starts
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        && keyword(bytes).is_none()
}

fn is_hex(body: &[u8]) -> bool {
    body.len().is_multiple_of(2) && body.iter().all(u8::is_ascii_hexdigit)
}

fn is_base64(body: &[u8]) -> bool {
    let padding = body.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let data = body.get(..body.len() - padding).unwrap_or_default();
    !data.is_empty()
        && body.len().is_multiple_of(4)
        && data.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// The shape the grammar gives a timestamp: every field within its range, no calendar, any length of fraction.
pub(super) fn is_timestamp(body: &[u8]) -> bool {
    let Some((fixed, rest)) = body.split_first_chunk::<19>() else { return false };
    let [y1, y2, y3, y4, s1, m1, m2, s2, d1, d2, s3, h1, h2, s4, n1, n2, s5, c1, c2] = *fixed;
    let two = |tens: u8, ones: u8| -> Option<u8> {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
    };
    let within = |value: Option<u8>, low: u8, high: u8| {
        value.is_some_and(|value| (low..=high).contains(&value))
    };
    let fraction = match rest {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => !digits.is_empty() && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    fraction
        && [y1, y2, y3, y4].iter().all(u8::is_ascii_digit)
        && [s1, s2, s3, s4, s5] == *b"--T::"
        && within(two(m1, m2), 1, 12)
        && within(two(d1, d2), 1, 31)
        && within(two(h1, h2), 0, 23)
        && within(two(n1, n2), 0, 59)
        && within(two(c1, c2), 0, 60)
}
