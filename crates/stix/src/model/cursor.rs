//! A place in a JSON text that is known to be well formed, and the steps that reading takes through it.
//!
//! The text was parsed once before, by `serde_json`, when the object was split from its page. So this reader
//! needs to find values and not to judge them: where a text is broken after all, every step gives `None`.

use std::borrow::Cow;

use crate::raw::is_json_space;

/// A place in a JSON text.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

/// What comes next in an object.
pub(crate) enum Next<'a> {
    Name(Cow<'a, str>),
    /// Nothing: it is closed.
    End,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Goes back to a place that [`Cursor::position`] gave.
    pub(crate) fn reset(&mut self, position: usize) {
        self.position = position;
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    /// The next byte that is no white space.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.position) {
            if !is_json_space(*byte) {
                return Some(*byte);
            }
            self.position += 1;
        }
        None
    }

    /// Steps over `byte` if it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.position += usize::from(found);
        found
    }

    /// The next name of an object whose `{` was taken, or its `}`.
    pub(crate) fn name(&mut self, is_first: bool) -> Option<Next<'a>> {
        if self.take(b'}') {
            return Some(Next::End);
        }
        if !is_first && !self.take(b',') {
            return None;
        }
        let name = self.string()?;
        self.take(b':').then_some(Next::Name(name))
    }

    /// Whether another element of an array follows whose `[` was taken.
    pub(crate) fn element(&mut self, is_first: bool) -> Option<bool> {
        if self.take(b']') {
            return Some(false);
        }
        (is_first || self.take(b',')).then_some(true)
    }

    /// The string that comes next, unescaped.
    pub(crate) fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.position;
        let length = memchr::memchr2(b'"', b'\\', self.rest().get(1..)?)?;
        let end = start + 1 + length;
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.position = end + 1;
            return Some(Cow::Borrowed(self.text.get(start + 1..end)?));
        }
        // Escapes are rare, and `serde_json` knows all of them.
        let raw = self.skip()?;
        serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
    }

    /// The text of a literal or number that comes next.
    pub(crate) fn token(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.position;
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':') || is_json_space(*byte);
        let length = self.rest().iter().position(ends).unwrap_or_else(|| self.rest().len());
        self.position = start + length;
        self.text.get(start..self.position).filter(|token| !token.is_empty())
    }

    /// Steps over the value that comes next and gives its text. Uses no stack, however deep it is nested.
    pub(crate) fn skip(&mut self) -> Option<&'a str> {
        let first = self.peek()?;
        let start = self.position;
        match first {
            b'"' => self.skip_string()?,
            b'{' | b'[' => self.skip_container()?,
            _ => {
                self.token()?;
            }
        }
        self.text.get(start..self.position)
    }

    fn skip_container(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.text.as_bytes().get(self.position)? {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 1 => {
                    self.position += 1;
                    return Some(());
                }
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.position += 1;
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        let mut at = self.position + 1;
        let bytes = self.text.as_bytes();
        loop {
            at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes.get(at) == Some(&b'"') {
                self.position = at + 1;
                return Some(());
            }
            at += 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Catches a value whose end is found in the wrong place.
    #[test]
    fn skips_exactly_one_value() {
        for value in
            ["1.50e3", "null", r#""a\"]}\\""#, r#"{"a":[1,{"b":"]"}],"c":{}}"#, "[]", "[[ ] ]"]
        {
            for (before, after) in [("", ""), (" \n", ",1"), ("", " }"), ("", "]")] {
                let text = format!("{before}{value}{after}");
                let mut cursor = Cursor::new(&text);
                assert_eq!(cursor.skip(), Some(value), "{text}");
                assert_eq!(cursor.position(), before.len() + value.len(), "{text}");
            }
        }
    }

    // Catches escapes that are read differently than `serde_json` reads them.
    #[test]
    fn strings_are_unescaped() {
        for text in [r#""plain""#, r#""\u00e9\n\/""#, r#""\ud83d\ude00 tail""#, r#""\\""#] {
            let expected: String = serde_json::from_str(text).unwrap();
            assert_eq!(Cursor::new(text).string().as_deref(), Some(expected.as_str()));
        }
        assert_eq!(Cursor::new(r#""\ud800""#).string(), None);
        assert_eq!(Cursor::new("1").string(), None);
    }

    proptest! {
        // Catches a panic or an endless loop on a broken text.
        #[test]
        fn broken_texts_are_survived(text in r#"[\[\]{}",:\\a-c0-9é ]{0,40}"#) {
            for step in 0..4 {
                let mut cursor = Cursor::new(&text);
                for _ in 0..=text.len() {
                    let _ = match step {
                        0 => cursor.skip().is_some(),
                        1 => cursor.string().is_some(),
                        2 => cursor.name(false).is_some(),
                        _ => cursor.token().is_some() || cursor.element(false).is_some(),
                    };
                }
            }
        }
    }
}
