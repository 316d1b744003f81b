//! Query strings: written parameter by parameter, read with the tolerance of CONTRACT 2 and 12.5.

use std::collections::HashSet;

use inthreat_api::{Cursor, Error, OFFSET_MAX, Result};
use inthreat_stix::{Id, Kind, Timestamp};

use crate::{
    limits::{IDS_MAX, PARAMETERS_MAX, QUERY_LENGTH_MAX, VALUE_LENGTH_MAX},
    quote::{self, Plus},
};

/// A limit above this is refused; one between what is allowed and this is lowered (CONTRACT 11, U1).
pub(crate) const LIMIT_DECLARED_MAX: u32 = 10_000;

/// A query string in the making.
#[derive(Default)]
pub(crate) struct Writer(String);

impl Writer {
    /// Appends a parameter; the name is one of ours and needs no quoting.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0.push_str(&quote::encode(value));
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.text(name, &value.to_string());
        }
    }

    /// Appends how many things to answer, which is refused when it is out of range: a service that lowers it would
    /// answer another question.
    pub(crate) fn limit(&mut self, limit: Option<u32>, allowed: u32) -> Result<()> {
        check_limit(limit, allowed)?;
        self.optional("limit", limit);
        Ok(())
    }

    /// Appends how many things to pass over, which is refused when it is out of range.
    pub(crate) fn offset(&mut self, offset: Option<u32>) -> Result<()> {
        check_offset(offset)?;
        self.optional("offset", offset);
        Ok(())
    }

    /// Appends a comma list, unless it is empty.
    pub(crate) fn list<T: AsRef<str>>(&mut self, name: &str, values: &[T]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        if values.len() > IDS_MAX {
            return Err(Error::invalid(name, format_args!("more than {IDS_MAX} values")));
        }
        let values: Vec<_> = values.iter().map(AsRef::as_ref).collect();
        if values
            .iter()
            .any(|value| value.trim() != *value || value.is_empty() || value.contains(','))
        {
            let reason = "a value is empty, holds a comma or has blanks around it";
            return Err(Error::invalid(name, reason));
        }
        self.text(name, &values.join(","));
        Ok(())
    }

    /// Appends a comma list of identifiers, unless it is empty.
    pub(crate) fn ids(&mut self, name: &str, ids: &[Id]) -> Result<()> {
        self.list(name, &ids.iter().map(Id::to_string).collect::<Vec<_>>())
    }

    /// Appends a flag, unless it is `false`, which is what nothing means.
    pub(crate) fn flag(&mut self, name: &str, flag: bool) {
        self.optional(name, flag.then_some(true));
    }

    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// Whether a service answers this many things.
pub(crate) fn check_limit(limit: Option<u32>, allowed: u32) -> Result<()> {
    match limit {
        Some(limit) if !(1..=allowed).contains(&limit) => {
            Err(Error::invalid("limit", format_args!("expected a number from 1 to {allowed}")))
        }
        _ => Ok(()),
    }
}

/// Whether a service passes over this many things.
pub(crate) fn check_offset(offset: Option<u32>) -> Result<()> {
    match offset {
        Some(offset) if offset > OFFSET_MAX => {
            Err(Error::invalid("offset", format_args!("expected a number up to {OFFSET_MAX}")))
        }
        _ => Ok(()),
    }
}

/// A query string that was received. Values are decoded only when they are asked for, so that a parameter that
/// nobody knows cannot fail a question.
pub(crate) struct Reader<'a>(Vec<(String, &'a str)>);

impl<'a> Reader<'a> {
    pub(crate) fn new(query: &'a str) -> Result<Self> {
        if query.len() > QUERY_LENGTH_MAX {
            let reason = format_args!("it is longer than {QUERY_LENGTH_MAX} bytes");
            return Err(Error::invalid("query", reason).with_status(414));
        }
        let mut pairs = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == PARAMETERS_MAX {
                let reason = format_args!("more than {PARAMETERS_MAX} parameters");
                return Err(Error::invalid("query", reason));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((quote::decode(name, Plus::Blank, "query")?, value));
        }
        Ok(Self(pairs))
    }

    /// The last value of a parameter, as it was sent: a repeated one replaces those before it.
    fn last(&self, name: &str) -> Option<&'a str> {
        #[cfg(test)]
        crate::openapi::recorded::query(name);
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| *value)
    }

    /// A text; absent and empty are the same.
    pub(crate) fn text(&self, name: &str, plus: Plus) -> Result<Option<String>> {
        let Some(raw) = self.last(name) else { return Ok(None) };
        let text = quote::decode(raw, plus, name)?;
        if text.len() > VALUE_LENGTH_MAX {
            let reason = format_args!("it is longer than {VALUE_LENGTH_MAX} bytes");
            return Err(Error::invalid(name, reason));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String> {
        self.text(name, Plus::Blank)?.ok_or_else(|| Error::invalid(name, "it is required"))
    }

    /// `true`, `false`, `1` or `0` in any case.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>> {
        let Some(raw) = self.last(name) else { return Ok(None) };
        match quote::decode(raw, Plus::Blank, name)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(Error::invalid(name, "expected `true` or `false`")),
        }
    }

    /// A number of things to answer, from 1; above `allowed` it is lowered to that, above 10,000 refused.
    pub(crate) fn limit(&self, allowed: u32) -> Result<Option<u32>> {
        match self.number("limit")? {
            Some(number @ 1..=LIMIT_DECLARED_MAX) => Ok(Some(number.min(allowed))),
            None => Ok(None),
            Some(_) => {
                Err(Error::invalid("limit", format_args!("expected a number from 1 to {allowed}")))
            }
        }
    }

    /// A number of things to answer, from 1; however large it is, it is lowered to what is allowed.
    pub(crate) fn lowered_limit(&self, allowed: u32) -> Result<Option<u32>> {
        match self.number("limit")? {
            Some(0) => Err(Error::invalid("limit", "expected a number from 1")),
            number => Ok(number.map(|number| number.min(allowed))),
        }
    }

    /// A number of things to pass over, from 0 to 10,000.
    pub(crate) fn offset(&self) -> Result<Option<u32>> {
        let offset = self.number("offset")?;
        check_offset(offset)?;
        Ok(offset)
    }

    /// A cursor. It holds no blanks, but base64 has `+`, and the documented script pastes it as it is.
    pub(crate) fn cursor(&self, name: &str) -> Result<Option<Cursor>> {
        let text = self.text(name, Plus::Itself)?;
        text.map(Cursor::new).transpose().map_err(|error| Error::invalid(name, error))
    }

    /// The identifiers that an answer is narrowed to; none where the parameter is absent.
    ///
    /// A parameter that is there and empty asks for no object, and an empty list would ask for all: so it is read as the one
    /// identifier that nothing has (CONTRACT 2).
    pub(crate) fn wanted_ids(&self, name: &str) -> Result<Vec<Id>> {
        let ids = self.ids(name)?;
        if ids.is_empty() && self.last(name).is_some() {
            return Ok(vec![Id::new(Kind::from("nothing"), [0; 16])]);
        }
        Ok(ids)
    }

    /// A list of identifiers.
    pub(crate) fn ids(&self, name: &str) -> Result<Vec<Id>> {
        let texts = self.list(name)?.unwrap_or_default();
        let ids = texts.iter().map(|text| Id::lenient(text));
        ids.collect::<Result<_, _>>().map_err(|error| Error::invalid(name, error))
    }

    fn number(&self, name: &str) -> Result<Option<u32>> {
        let Some(raw) = self.last(name) else { return Ok(None) };
        let text = quote::decode(raw, Plus::Blank, name)?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(Error::invalid(name, "expected a whole number"));
        }
        // Whatever does not fit is out of every range.
        Ok(Some(text.parse().unwrap_or(u32::MAX)))
    }

    /// An instant, perhaps in quotation marks and without a zone (CONTRACT 11, U4).
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>> {
        let Some(raw) = self.last(name) else { return Ok(None) };
        // A `+` is the sign of an offset, unless the text only makes sense with a blank in its place.
        let text = quote::decode(raw, Plus::Itself, name)?;
        let text = text.trim().trim_matches('"');
        let instant = Timestamp::lenient(text)
            .or_else(|error| Timestamp::lenient(&text.replacen('+', " ", 1)).map_err(|_| error));
        instant.map(Some).map_err(|error| Error::invalid(name, error))
    }

    /// The union of all comma lists of this name, none twice; `None` when the parameter is absent.
    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<String>>> {
        #[cfg(test)]
        crate::openapi::recorded::query(name);
        let mut found = None;
        let mut seen = HashSet::new();
        for (_, raw) in self.0.iter().filter(|(key, _)| key == name) {
            let values: &mut Vec<String> = found.get_or_insert_default();
            for value in quote::decode(raw, Plus::Blank, name)?.split(',') {
                let value = value.trim();
                if value.is_empty() || !seen.insert(value.to_owned()) {
                    continue;
                }
                if value.len() > VALUE_LENGTH_MAX || values.len() == IDS_MAX {
                    return Err(Error::invalid(name, format_args!("more than {IDS_MAX} values")));
                }
                values.push(value.to_owned());
            }
        }
        Ok(found)
    }
}
