//! The walk over the bytes of a document.
//!
//! Values are parsed by `serde_json`, which tells where each one ends; the few bytes between them are read
//! here. Where an item does not parse, its end is found by counting brackets.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Deserializer, de::Read, value::RawValue};

use super::{Envelope, Split, SplitError, byte_order_mark};
use crate::{
    RawObject, Rejected,
    cut::is_cut_off,
    raw::{is_json_space, not_an_object},
    scan::Scan,
};

/// A place in a document.
pub(super) struct Walk<'a> {
    body: &'a Bytes,
    /// The whole body where it is UTF-8, so that its parts need not be checked one by one.
    text: Option<&'a str>,
    position: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(body: &'a Bytes) -> Self {
        Self { body, text: std::str::from_utf8(body).ok(), position: byte_order_mark(body) }
    }

    /// Reads an object that keeps items under one of `arrays`.
    pub(super) fn envelope(&mut self, arrays: &[&str]) -> Result<Envelope, SplitError> {
        let mut envelope = Envelope::default();
        self.expect(b'{', "expected an object")?;
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(envelope);
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("expected a property name"));
            }
            let name = self.value::<Cow<'_, str>>()?;
            self.expect(b':', "expected `:`")?;
            if self.peek() == Some(b'[') && arrays.contains(&&*name) {
                self.array(envelope.items.get_or_insert_default())?;
            } else {
                let start = self.position;
                self.value::<&RawValue>()?;
                let text = self.body.slice(start..self.position);
                envelope.properties.push((name.into_owned(), text));
            }
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => break,
                _ => return Err(self.error("expected `,` or `}`")),
            }
        }
        self.position += 1;
        Ok(envelope)
    }

    /// Reads an array of items into `split`.
    fn array(&mut self, split: &mut Split) -> Result<(), SplitError> {
        self.expect(b'[', "expected an array")?;
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(());
        }
        loop {
            self.item(split)?;
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => break,
                _ => return Err(self.error("expected `,` or `]`")),
            }
        }
        self.position += 1;
        Ok(())
    }

    /// Reads one item of an array and files it.
    fn item(&mut self, split: &mut Split) -> Result<(), SplitError> {
        self.skip_space();
        let start = self.position;
        let index = split.objects.len() + split.rejected.len();
        let reason = match self.parse::<Scan<'_>>().map(Option::unwrap_or_default) {
            Ok(Scan::Object(found)) => {
                let text = self.body.slice(start..self.position);
                match self.utf8_error(&text) {
                    None => {
                        split.objects.push(RawObject::with_head(text, found));
                        return Ok(());
                    }
                    Some(reason) => reason,
                }
            }
            Ok(Scan::Other(kind)) => not_an_object(kind),
            Err(error) => {
                let broken = self.error_from(&error, start);
                self.position = start;
                let resumed = self.skip_value() && matches!(self.peek(), Some(b',' | b']'));
                if !resumed {
                    return Err(broken);
                }
                let text = self.body.slice(start..self.position);
                self.utf8_error(&text).unwrap_or_else(|| format!("broken JSON: {error}"))
            }
        };
        let text = self.body.slice(start..self.position);
        split.rejected.push(Rejected::new(index, start, reason, text));
        Ok(())
    }

    /// Checks that nothing but white space follows.
    pub(super) fn end(&mut self) -> Result<(), SplitError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("expected the end of the document")),
        }
    }

    /// Parses a value of the envelope itself, where a fault concerns the whole document.
    fn value<T: Deserialize<'a>>(&mut self) -> Result<T, SplitError> {
        let start = self.position;
        match self.parse() {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(self.error("expected a value")),
            Err(error) => Err(self.error_from(&error, start)),
        }
    }

    /// Parses the value at hand and steps behind it. `None` at the end.
    fn parse<T: Deserialize<'a>>(&mut self) -> Result<Option<T>, serde_json::Error> {
        // Reading from a `&str` spares checking every string for UTF-8 again.
        match self.text.and_then(|text| text.get(self.position..)) {
            Some(rest) => self.parse_from(Deserializer::from_str(rest)),
            None => self.parse_from(Deserializer::from_slice(self.rest())),
        }
    }

    fn parse_from<T: Deserialize<'a>>(
        &mut self,
        deserializer: Deserializer<impl Read<'a>>,
    ) -> Result<Option<T>, serde_json::Error> {
        let mut stream = deserializer.into_iter::<T>();
        let value = stream.next().transpose()?;
        self.position += stream.byte_offset();
        Ok(value)
    }

    /// Steps over a value by its brackets and strings alone. False when the document ends within it.
    fn skip_value(&mut self) -> bool {
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut bytes = self.rest().iter().enumerate();
        while let Some((offset, byte)) = bytes.next() {
            match byte {
                b'"' => in_string = !in_string,
                b'\\' if in_string => {
                    bytes.next();
                }
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 1 => depth -= 1,
                b'}' | b']' | b',' if depth == 0 => {
                    self.position += offset;
                    return true;
                }
                b'}' | b']' => {
                    self.position += offset + 1;
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    fn utf8_error(&self, text: &[u8]) -> Option<String> {
        if self.text.is_some() {
            return None;
        }
        let error = std::str::from_utf8(text).err()?;
        Some(format!("invalid UTF-8 at byte {}", error.valid_up_to()))
    }

    fn rest(&self) -> &'a [u8] {
        self.body.get(self.position..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        self.position += self.rest().iter().take_while(|byte| is_json_space(**byte)).count();
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.rest().first().copied()
    }

    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), SplitError> {
        if self.peek() != Some(byte) {
            return Err(self.error(expected));
        }
        self.position += 1;
        Ok(())
    }

    fn error(&self, reason: &str) -> SplitError {
        let truncated = self.position >= self.body.len();
        let reason = if truncated { format!("{reason}, found the end") } else { reason.to_owned() };
        SplitError { reason, offset: self.position, length: self.body.len(), truncated }
    }

    fn error_from(&self, error: &serde_json::Error, start: usize) -> SplitError {
        let text = error.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        SplitError {
            reason: format!("broken JSON ({reason}) in the value"),
            offset: start,
            length: self.body.len(),
            truncated: is_cut_off(error, self.body.get(start..).unwrap_or_default()),
        }
    }
}
