//! The values of observables, one after the other.

use std::collections::{BTreeMap, HashSet, VecDeque};

use inthreat_api::{Error, Observable, ObservableType};
use inthreat_stix::{Id, RawObject};
use inthreat_store::index::{is_by_length, named};
use rusqlite::{OptionalExtension, params};

use super::made::{self, Found};
use crate::{
    fault::Fault, key::Key, reader::Reader, reports::is_observable, search::term::end_of, words,
};

/// Among how many rows the value is searched for of which an identifier is made that is stored nowhere.
const SCANNED_MAX: i64 = 250_000;

/// Values of observables in the order of the table: by type, and each once.
#[derive(Debug, Default)]
pub(crate) struct Values(VecDeque<Range>);

/// UUIDs that are looked for, by the number of their type.
type Wanted = BTreeMap<i64, HashSet<[u8; 16]>>;

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
        let found = self.observables_with(std::slice::from_ref(id))?.pop();
        found.ok_or_else(|| Error::not_found(format!("observable `{id}`")).into())
    }

    /// The observables with these identifiers, as far as there are any.
    pub(crate) fn observables_with(&mut self, ids: &[Id]) -> Result<Vec<RawObject>, Fault> {
        let mut found = Vec::new();
        let mut wanted = Wanted::new();
        for id in ids {
            let kind = id.kind();
            let observable_type = ObservableType::from(kind.as_str());
            if let Some(sequence) = self.resolve(&Key::of(id))? {
                if is_observable(&kind) {
                    found.push(self.object(sequence)?);
                }
                continue;
            }
            let word = words::find(&self.connection, observable_type.as_str())?;
            if let Some((word, uuid)) = word.zip(id.uuid()) {
                wanted.entry(word).or_default().insert(uuid);
            }
        }
        for (word, value) in self.values_behind(wanted)? {
            found.extend(self.observable_of(word, &value)?.map(|found| found.object));
        }
        Ok(found)
    }

    /// The values of which identifiers with these UUIDs are made, by their types.
    fn values_behind(&self, mut wanted: Wanted) -> Result<Vec<(i64, String)>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT value FROM observables WHERE type = ?1 ORDER BY value LIMIT ?2",
        )?;
        let mut left = SCANNED_MAX;
        let mut found = Vec::new();
        for (word, uuids) in &mut wanted {
            let text = words::text(&self.connection, *word)?;
            let mut one = Observable::new(ObservableType::from(&*text), "");
            let mut rows = statement.query(params![word, left + 1])?;
            while let Some(row) = rows.next()?
                && !uuids.is_empty()
            {
                left -= 1;
                if left < 0 {
                    let what = format!("an identifier among more than {SCANNED_MAX} values");
                    return Err(Error::unsupported(what).into());
                }
                let value = row.get_ref(0)?.as_str().unwrap_or_default();
                if value != one.value {
                    value.clone_into(&mut one.value);
                    if uuids.remove(&made::uuid_of(&one)) {
                        found.push((*word, one.value.clone()));
                    }
                }
            }
        }
        Ok(found)
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
