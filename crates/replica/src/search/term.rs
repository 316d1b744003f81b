//! What a text finds: names by their words, and values by their beginning.

use std::collections::{BTreeMap, BTreeSet};

use inthreat_api::{Error, Observable, ObservableType};
use inthreat_stix::RawObject;
use inthreat_store::index::{self, IndexRows, is_by_length};
use rusqlite::params;
use serde_json::json;

use crate::{
    fault::Fault,
    listing::Among,
    names::{self, Part},
    reader::Reader,
    words,
};

/// How many rows of names and values are read for one question: what pages can reach, and what was replaced besides.
pub(crate) const ROWS_MAX: usize = 20_000;
/// The longest text that is searched for, in bytes.
pub(crate) const TERM_LENGTH_MAX: usize = 8 * 1024;
/// How many types of observables are searched. The service knows 24.
const TYPES_MAX: usize = 100;

/// How well an object fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    /// The text is a name of it, or a value.
    Whole,
    /// A name of it begins so.
    Name,
    /// A later word of a name begins so.
    Word,
    /// A value begins so.
    Value,
}

/// The versions that texts find, and how well each fits.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    pub(crate) found: BTreeMap<i64, Rank>,
    rows: usize,
    /// Whether more rows fit than are read.
    pub(crate) is_cut: bool,
}

impl Matches {
    fn add(&mut self, sequence: i64, rank: Rank) {
        let found = self.found.entry(sequence).or_insert(rank);
        *found = rank.min(*found);
    }

    /// Takes a row; `false` when there were enough.
    fn take(&mut self) -> bool {
        self.rows += 1;
        self.is_cut |= self.rows > ROWS_MAX;
        !self.is_cut
    }

    fn limit(&self) -> i64 {
        i64::try_from(ROWS_MAX.saturating_sub(self.rows) + 1).unwrap_or(i64::MAX)
    }

    fn into_among(self) -> Among {
        Among::Some(self.found.into_keys().collect(), self.is_cut)
    }
}

/// A text that can be searched for, without white space around it.
pub(crate) fn checked<'a>(field: &str, text: &'a str) -> Result<&'a str, Error> {
    if text.len() > TERM_LENGTH_MAX {
        let reason = format!("it is longer than {TERM_LENGTH_MAX} bytes");
        return Err(Error::invalid(field, reason));
    }
    Ok(text.trim())
}

/// Behind every text that begins with this one.
pub(crate) fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

impl Reader {
    /// Adds what a text finds by names, and by values too.
    pub(crate) fn match_text(
        &self,
        text: &str,
        with_values: bool,
        matches: &mut Matches,
    ) -> Result<(), Fault> {
        let folded = names::fold(text);
        if folded.is_empty() {
            return Ok(());
        }
        self.match_names(&folded, matches)?;
        if with_values {
            let keys = self.keys_of(text, &[])?;
            for (word, value) in &keys {
                self.match_value(*word, value, matches)?;
            }
            for (word, value) in &keys {
                self.match_values(*word, value, matches)?;
            }
        }
        Ok(())
    }

    fn match_names(&self, folded: &str, matches: &mut Matches) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT name = ?1, part, sequence FROM names WHERE name >= ?1 AND name < ?2
             ORDER BY name, part, sequence LIMIT ?3",
        )?;
        let mut rows = statement.query(params![folded, end_of(folded), matches.limit()])?;
        while let Some(row) = rows.next()? {
            let (is_whole, part): (bool, i64) = (row.get(0)?, row.get(1)?);
            let rank = match (part == Part::Words as i64, is_whole) {
                (true, _) => Rank::Word,
                (false, true) => Rank::Whole,
                (false, false) => Rank::Name,
            };
            if !matches.take() {
                break;
            }
            matches.add(row.get(2)?, rank);
        }
        Ok(())
    }

    fn match_value(&self, word: i64, value: &str, matches: &mut Matches) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence FROM observables WHERE type = ?1 AND value = ?2 ORDER BY sequence LIMIT ?3",
        )?;
        let mut rows = statement.query(params![word, value, matches.limit()])?;
        while let Some(row) = rows.next()? {
            if !matches.take() {
                break;
            }
            matches.add(row.get(0)?, Rank::Whole);
        }
        Ok(())
    }

    fn match_values(&self, word: i64, prefix: &str, matches: &mut Matches) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence FROM observables WHERE type = ?1 AND value > ?2 AND value < ?3
             ORDER BY value, sequence LIMIT ?4",
        )?;
        let mut rows = statement.query(params![word, prefix, end_of(prefix), matches.limit()])?;
        while let Some(row) = rows.next()? {
            if !matches.take() {
                break;
            }
            matches.add(row.get(0)?, Rank::Value);
        }
        Ok(())
    }

    /// The keys that a value has as an observable of each of these types; of each that there is where none is named.
    pub(crate) fn keys_of(
        &self,
        value: &str,
        types: &[String],
    ) -> Result<BTreeSet<(i64, String)>, Fault> {
        let mut keys = BTreeSet::new();
        for (_, observable_type) in self.observable_types(types)? {
            for key in index::normalise(&Observable::new(observable_type, value)) {
                let word = words::find(&self.connection, key.observable_type.as_str())?;
                if let Some(word) = word.filter(|_| !key.value.is_empty() && !is_by_length(&key)) {
                    keys.insert((word, key.value));
                }
            }
        }
        Ok(keys)
    }

    /// The types of observables that there are, by their numbers; of these types where some are named.
    pub(crate) fn observable_types(
        &self,
        wanted: &[String],
    ) -> Result<Vec<(i64, ObservableType)>, Fault> {
        let mut statement =
            self.connection.prepare_cached("SELECT min(type) FROM observables WHERE type > ?1")?;
        let mut found = Vec::new();
        let mut last = i64::MIN;
        while let Some(word) = statement.query_row([last], |row| row.get::<_, Option<i64>>(0))?
            && found.len() < TYPES_MAX
        {
            let text = words::text(&self.connection, word)?;
            if wanted.is_empty() || wanted.contains(&text) {
                found.push((word, ObservableType::from(&*text)));
            }
            last = word;
        }
        Ok(found)
    }

    /// The versions that may have one of these names.
    pub(crate) fn named(&self, texts: &[String]) -> Result<Among, Fault> {
        let mut matches = Matches::default();
        for text in texts {
            self.match_part(&names::fold(text), Part::Name, &mut matches)?;
            // A name that is a value, or a pattern, stands there and not among the names.
            for (word, value) in self.keys_of(text, &[])? {
                self.match_value(word, &value, &mut matches)?;
            }
            if text.trim_start().starts_with('[') {
                let indicator =
                    json!({"type": "indicator", "pattern": text, "pattern_type": "stix"});
                let indicator = RawObject::new(indicator.to_string());
                let rows = indicator.map(|object| IndexRows::of(&object)).unwrap_or_default();
                for key in rows.observables {
                    let word = words::find(&self.connection, key.observable_type.as_str())?;
                    if let Some(word) = word {
                        self.match_value(word, &key.value, &mut matches)?;
                    }
                }
            }
        }
        Ok(matches.into_among())
    }

    /// The versions to which external references give one of these identifiers.
    pub(crate) fn externally_named(&self, texts: &[String]) -> Result<Among, Fault> {
        let mut matches = Matches::default();
        for text in texts {
            self.match_part(&names::fold(text), Part::ExternalId, &mut matches)?;
        }
        Ok(matches.into_among())
    }

    fn match_part(&self, folded: &str, part: Part, matches: &mut Matches) -> Result<(), Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence FROM names WHERE name = ?1 AND part = ?2 ORDER BY sequence LIMIT ?3",
        )?;
        let mut rows = statement.query(params![folded, part as i64, matches.limit()])?;
        while let Some(row) = rows.next()? {
            if !matches.take() {
                break;
            }
            matches.add(row.get(0)?, Rank::Whole);
        }
        Ok(())
    }
}
