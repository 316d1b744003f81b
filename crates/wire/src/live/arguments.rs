//! The arguments of questions that carry them in a body: clients put some or all of them into the query instead
//! (CONTRACT 2.4), so both are read, the body first.

use inthreat_api::{Error, Result};
use inthreat_stix::{Id, Timestamp};
use serde_json::{Map, Value};

use crate::{
    limits::VALUE_LENGTH_MAX,
    parameters::Reader,
    properties::Properties,
    quote::{self, Plus},
};

/// Where arguments are looked for.
pub(super) struct Arguments<'a> {
    pub(super) body: Properties<'a>,
    query: &'a Reader<'a>,
}

/// Reads a body that is an object, or none at all.
pub(super) fn parse_body(body: &[u8]) -> Result<Map<String, Value>> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::invalid("body", "expected an object")),
        Err(error) => Err(Error::invalid("body", "it is not JSON").with_source(error)),
    }
}

impl<'a> Arguments<'a> {
    pub(super) fn new(body: &'a Map<String, Value>, query: &'a Reader<'a>) -> Self {
        Self { body: Properties::asked(body), query }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.body.text(name)? {
            Some(text) if text.len() > VALUE_LENGTH_MAX => {
                let reason = format_args!("it is longer than {VALUE_LENGTH_MAX} bytes");
                Err(Error::invalid(name, reason))
            }
            Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
            None => self.query.text(name, Plus::Blank),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| Error::invalid(name, "it is required"))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.body.flag(name)? {
            Some(flag) => Ok(Some(flag)),
            None => self.query.flag(name),
        }
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>> {
        match self.body.instant(name)? {
            Some(instant) => Ok(Some(instant)),
            None => self.query.instant(name),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>> {
        match self.body.present(name) {
            Some(_) => self.body.texts(name),
            None => Ok(self.query.list(name)?.unwrap_or_default()),
        }
    }

    pub(super) fn ids(&self, name: &str) -> Result<Vec<Id>> {
        match self.body.present(name) {
            Some(_) => self.body.list(name, Id::lenient),
            None => self.query.ids(name),
        }
    }

    pub(super) fn limit(&self, allowed: u32) -> Result<Option<u32>> {
        match self.body.number("limit")? {
            Some(number @ 1..=10_000) => {
                Ok(Some(u32::try_from(number).unwrap_or(allowed).min(allowed)))
            }
            Some(_) => {
                let reason = format_args!("expected a number from 1 to {allowed}");
                Err(Error::invalid("limit", reason))
            }
            None => self.query.limit(allowed),
        }
    }

    pub(super) fn offset(&self) -> Result<Option<u32>> {
        match self.body.number("offset")? {
            Some(number @ 0..=10_000) => Ok(u32::try_from(number).ok()),
            Some(_) => Err(Error::invalid("offset", "expected a number up to 10000")),
            None => self.query.offset(),
        }
    }

    /// A number that may also stand in the query.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>> {
        if let Some(number) = self.body.number(name)? {
            return Ok(Some(number));
        }
        let Some(text) = self.query.text(name, Plus::Blank)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let text = quote::printable(&text, 20);
            Error::invalid(name, format_args!("expected a whole number, found `{text}`"))
        })
    }
}
