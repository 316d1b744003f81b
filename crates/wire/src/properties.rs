//! Typed access to the properties of small JSON objects, with errors that name the property.

use std::{collections::BTreeMap, convert::Infallible, fmt::Display};

use inthreat_api::{Error, ErrorKind, Result};
use inthreat_stix::{Id, Timestamp};
use serde_json::{Map, Value};

use crate::{answer, limits::DRAFT_LIST_MAX, quote};

/// The properties of an object, and whose fault it is when one is wrong.
pub(crate) struct Properties<'a> {
    map: &'a Map<String, Value>,
    kind: ErrorKind,
}

impl<'a> Properties<'a> {
    /// Properties of a question: what is wrong is the caller's fault.
    pub(crate) fn asked(map: &'a Map<String, Value>) -> Self {
        Self { map, kind: ErrorKind::InvalidRequest }
    }

    /// Properties of an answer: what is wrong is the service's fault.
    pub(crate) fn answered(map: &'a Map<String, Value>) -> Self {
        Self { map, kind: ErrorKind::Protocol }
    }

    /// A property that is neither absent nor null.
    pub(crate) fn present(&self, name: &str) -> Option<&'a Value> {
        #[cfg(test)]
        crate::openapi::recorded::body(name);
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "expected a text")),
        }
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(name, "expected `true` or `false`")),
        }
    }

    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        Timestamp::lenient(&text).map(Some).map_err(|error| self.wrong(name, error))
    }

    pub(crate) fn list<T, E: Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>> {
        let items = match self.present(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() <= DRAFT_LIST_MAX => items,
            Some(Value::Array(_)) => {
                return Err(self.wrong(name, format_args!("more than {DRAFT_LIST_MAX} values")));
            }
            Some(_) => return Err(self.wrong(name, "expected a list of texts")),
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Value::String(text) = item else {
                return Err(self.wrong(&format!("{name}[{index}]"), "expected a text"));
            };
            let value =
                parse(text).map_err(|error| self.wrong(&format!("{name}[{index}]"), error))?;
            values.push(value);
        }
        Ok(values)
    }

    pub(crate) fn wrong(&self, name: &str, reason: impl Display) -> Error {
        wrong(self.kind, name, reason)
    }

    /// A whole number from zero.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>> {
        match self.present(name) {
            None => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| self.wrong(name, "expected a whole number from zero")),
        }
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<String> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(self.wrong(name, "it is empty")),
            None => Err(self.wrong(name, "it is missing")),
        }
    }

    /// An identifier.
    pub(crate) fn id(&self, name: &str) -> Result<Option<Id>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        Id::lenient(&text).map(Some).map_err(|error| self.wrong(name, error))
    }

    /// A list of texts, taken as they are.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>> {
        self.list(name, |text| Ok::<_, Infallible>(text.to_owned()))
    }

    /// An object within this one.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self { map, kind: self.kind })),
            Some(_) => Err(self.wrong(name, "expected an object")),
        }
    }

    /// A list of objects, at most so many; none when there is no such list.
    pub(crate) fn objects(
        &self,
        name: &str,
        count_max: usize,
    ) -> Result<impl Iterator<Item = Result<Self>>> {
        let items: &[Value] = match self.present(name) {
            None => &[],
            Some(Value::Array(items)) if items.len() <= count_max => items,
            Some(Value::Array(_)) => {
                return Err(self.wrong(name, format_args!("more than {count_max} of them")));
            }
            Some(_) => return Err(self.wrong(name, "expected a list of objects")),
        };
        let (kind, name) = (self.kind, name.to_owned());
        Ok(items.iter().enumerate().map(move |(index, item)| match item {
            Value::Object(map) => Ok(Self { map, kind }),
            _ => Err(wrong(kind, &format!("{name}[{index}]"), "expected an object")),
        }))
    }

    /// An error of an inner object, with its place before the property that it names.
    pub(crate) fn within(&self, place: &str, error: &Error) -> Error {
        match error.field() {
            Some(field) => self.wrong(&format!("{place}.{field}"), error),
            None => self.wrong(place, error),
        }
    }

    /// The number under each name.
    pub(crate) fn counts(&self) -> Result<BTreeMap<String, u64>> {
        let mut counts = BTreeMap::new();
        for name in self.map.keys() {
            counts.insert(name.clone(), self.number(name)?.unwrap_or(0));
        }
        Ok(counts)
    }

    /// The names that there are.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a String> {
        self.map.keys()
    }
}

fn wrong(kind: ErrorKind, name: &str, reason: impl Display) -> Error {
    let reason = quote::printable(&reason.to_string(), 300);
    match kind {
        ErrorKind::InvalidRequest => Error::invalid(name, reason),
        _ => answer::wrong(name, reason),
    }
}

/// Leaves out what is not known: the service's schemas allow no null there.
pub(crate) fn known(value: Value) -> Value {
    match value {
        Value::Object(mut map) => {
            map.retain(|_, value| !value.is_null());
            Value::Object(map)
        }
        value => value,
    }
}
