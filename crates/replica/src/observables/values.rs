//! The values of observables, one after the other.

use std::collections::{HashSet, VecDeque};

use inthreat_api::{Error, Observable, ObservableType};
use inthreat_stix::{Category, Id, RawObject};
use inthreat_store::index::{is_by_length, named};
use rusqlite::{OptionalExtension, params};

use super::made::{self, Found};
use crate::{fault::Fault, key::Key, reader::Reader, search::term::end_of, words};

/// Among how many rows the value is searched for of which an identifier is made that is stored nowhere.
const SCANNED_MAX: i64 = 250_000;

/// Values of observables in the order of the table: by type, and each once.
#[derive(Debug, Default)]
pub(crate) struct Values(VecDeque<Range>);

/// Values of a type, from one text to another, which is not included.
#[derive(Debug)]
struct Range {
    word: i64,
    observable_type: ObservableType,
    from: String,
    end: String,
}

impl Values {
    /// Adds the values of a type that begin so.
    pub(crate) fn add(&mut self, word: i64, observable_type: ObservableType, prefix: &str) {
        let (from, end) = (prefix.to_owned(), end_of(prefix));
        self.0.push_back(Range { word, observable_type, from, end });
    }

    /// The next type and value.
    pub(crate) fn next(&mut self, reader: &Reader) -> Result<Option<(i64, String)>, Fault> {
        while let Some(range) = self.0.front_mut() {
            let mut statement = reader.connection.prepare_cached(
                "SELECT value FROM observables WHERE type = ?1 AND value >= ?2 AND value < ?3
                 ORDER BY value LIMIT 1",
            )?;
            let found: Option<String> = statement
                .query_row(params![range.word, range.from, range.end], |row| row.get(0))
                .optional()?;
            let Some(value) = found else {
                self.0.pop_front();
                continue;
            };
            if is_by_length(&Observable::new(range.observable_type.clone(), &*value)) {
                // Digits sort behind the slash that all of these begin with.
                "0".clone_into(&mut range.from);
                continue;
            }
            // The next text there is.
            range.from = format!("{value}\0");
            return Ok(Some((range.word, value)));
        }
        Ok(None)
    }
}

impl Reader {
    /// All values of these types; of every type where none is named.
    pub(crate) fn values(&self, types: &[String]) -> Result<Values, Fault> {
        let mut values = Values::default();
        for (word, observable_type) in self.observable_types(types)? {
            values.add(word, observable_type, "");
        }
        Ok(values)
    }

    /// The observable with this identifier, which must be known: one that is stored, or one that is made.
    pub(crate) fn known_observable(&mut self, id: &Id) -> Result<RawObject, Fault> {
        let unknown = || Error::not_found(format!("observable `{id}`"));
        let kind = id.kind();
        let observable_type = ObservableType::from(kind.as_str());
        if let Some(sequence) = self.resolve(&Key::of(id))? {
            let is_observable = !matches!(observable_type, ObservableType::Other(_))
                || kind.category() == Category::Observable;
            if !is_observable {
                return Err(unknown().into());
            }
            return self.object(sequence);
        }
        let word = words::find(&self.connection, observable_type.as_str())?;
        let Some((word, uuid)) = word.zip(id.uuid()) else {
            return Err(unknown().into());
        };
        let value = self.value_of(word, observable_type, uuid)?.ok_or_else(unknown)?;
        let found = self.observable_of(word, &value)?;
        found.map(|found| found.object).ok_or_else(|| unknown().into())
    }

    /// The value of which an identifier with this UUID is made.
    fn value_of(
        &self,
        word: i64,
        observable_type: ObservableType,
        uuid: [u8; 16],
    ) -> Result<Option<String>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT value FROM observables WHERE type = ?1 ORDER BY value LIMIT ?2",
        )?;
        let mut rows = statement.query(params![word, SCANNED_MAX + 1])?;
        let mut one = Observable::new(observable_type, "");
        let mut count = 0;
        while let Some(row) = rows.next()? {
            let value = row.get_ref(0)?.as_str().unwrap_or_default();
            if value != one.value {
                value.clone_into(&mut one.value);
                if made::uuid_of(&one) == uuid {
                    return Ok(Some(one.value));
                }
            }
            count += 1;
        }
        if count <= SCANNED_MAX {
            return Ok(None);
        }
        let kind = one.observable_type;
        let what = format!("an identifier among more than {SCANNED_MAX} values of type `{kind}`");
        Err(Error::unsupported(what).into())
    }

    /// The observables that an object names: itself, or those of its pattern.
    pub(crate) fn observables_named_by(
        &mut self,
        object: &RawObject,
    ) -> Result<Vec<RawObject>, Fault> {
        let mut observables = Vec::new();
        let mut seen = HashSet::new();
        for one in named(object) {
            let word = words::find(&self.connection, one.observable_type.as_str())?;
            let found = match word {
                Some(word) => self.observable_of(word, &one.value)?,
                None => None,
            };
            if let Some(Found { object, .. }) = found
                && seen.insert(object.id().map(str::to_owned))
            {
                observables.push(object);
            }
        }
        Ok(observables)
    }
}
