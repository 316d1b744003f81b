//! Numbers for the words that stand in many rows.

use std::{collections::HashMap, sync::LazyLock};

use inthreat_api::ObservableType;
use inthreat_stix::{Id, Kind};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Fault, hashing::Seeded};

/// The words whose numbers are fixed: the first is number 1. The list only ever grows at its end, for the numbers
/// stand in files. The first [`OBSERVABLE_TYPES`] are the observable types.
const WORDS: [&str; 79] = [
    "individual",
    "x509-certificate",
    "mac-addr",
    "software",
    "process",
    "windows-registry-key",
    "email-message",
    "text",
    "mutex",
    "url",
    "phone-number",
    "ipv4-addr",
    "address",
    "file",
    "domain-name",
    "user-account",
    "observable-relationship",
    "artifact",
    "ipv6-addr",
    "directory",
    "autonomous-system",
    "filename",
    "organization",
    "email-addr",
    "attack-pattern",
    "campaign",
    "course-of-action",
    "grouping",
    "identity",
    "incident",
    "indicator",
    "infrastructure",
    "intrusion-set",
    "location",
    "malware",
    "malware-analysis",
    "note",
    "observed-data",
    "opinion",
    "report",
    "threat-actor",
    "tool",
    "vulnerability",
    "relationship",
    "sighting",
    "network-traffic",
    "extension-definition",
    "language-content",
    "marking-definition",
    "bundle",
    "x-mitre-tactic",
    "x-mitre-matrix",
    "x-mitre-data-source",
    "x-mitre-data-component",
    "x-mitre-collection",
    "x-mitre-analytic",
    "x-mitre-detection-strategy",
    "x-mitre-asset",
    "indicates",
    "uses",
    "attributed-to",
    "authored-by",
    "targets",
    "mitigates",
    "subtechnique-of",
    "revoked-by",
    "detects",
    "related-to",
    "derived-from",
    "duplicate-of",
    "based-on",
    "located-at",
    "communicates-with",
    "impersonates",
    "variant-of",
    "consists-of",
    "delivers",
    "exploits",
    "originates-from",
];
const OBSERVABLE_TYPES: i64 = 24;
/// The first number of a word that is not in the list.
const FIRST_OTHER: i64 = 1 << 16;
/// How many other words are remembered in memory.
const REMEMBERED_MAX: usize = 4096;

static NUMBERS: LazyLock<HashMap<&str, i64, Seeded>> =
    LazyLock::new(|| WORDS.iter().copied().zip(1..).collect());

/// A word: its number where that is fixed, its text otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Word {
    Fixed(i64),
    Other(Box<str>),
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        NUMBERS.get(text).map_or_else(|| Self::Other(text.into()), |number| Self::Fixed(*number))
    }
}

/// The fixed words and their numbers.
pub(crate) fn fixed() -> impl Iterator<Item = (i64, &'static str)> {
    (1..).zip(WORDS)
}

/// The number of a word that is stored; `None` for one that is not.
pub(crate) fn find(connection: &Connection, text: &str) -> Result<Option<i64>, Fault> {
    match Word::from(text) {
        Word::Fixed(number) => Ok(Some(number)),
        Word::Other(text) => {
            let mut statement = connection.prepare_cached("SELECT n FROM words WHERE word = ?1")?;
            Ok(statement.query_row([&*text], |row| row.get(0)).optional()?)
        }
    }
}

/// The word of a number.
pub(crate) fn text(connection: &Connection, number: i64) -> Result<String, Fault> {
    if let Some(word) = fixed_text(number) {
        return Ok(word.to_owned());
    }
    let mut statement = connection.prepare_cached("SELECT word FROM words WHERE n = ?1")?;
    let found = statement.query_row([number], |row| row.get(0)).optional()?;
    found.ok_or_else(|| Fault::corrupt(format!("word {number} is missing in `words`")))
}

/// The word of a number as the type of an object.
pub(crate) fn kind(connection: &Connection, number: i64) -> Result<Kind, Fault> {
    match fixed_text(number) {
        Some(word) => Ok(Kind::from(word)),
        None => Ok(Kind::from(&*text(connection, number)?)),
    }
}

/// The word of a number that is fixed.
pub(crate) fn fixed_text(number: i64) -> Option<&'static str> {
    WORDS.get(usize::try_from(number.checked_sub(1)?).ok()?).copied()
}

/// Gives new words their numbers; used by the writer alone. What was coined in a transaction that failed was never stored,
/// so that the coiner is dropped with it.
#[derive(Debug, Default)]
pub(crate) struct Coiner {
    remembered: HashMap<Box<str>, i64, Seeded>,
    identifiers: HashMap<Id, i64, Seeded>,
}

impl Coiner {
    /// The number of a word, which is stored when it is new.
    pub(crate) fn number(&mut self, connection: &Connection, word: &Word) -> Result<i64, Fault> {
        let text = match word {
            Word::Fixed(number) => return Ok(*number),
            Word::Other(text) => text,
        };
        if let Some(number) = self.remembered.get(text) {
            return Ok(*number);
        }
        let number = coin(connection, text)?;
        if self.remembered.len() < REMEMBERED_MAX {
            self.remembered.insert(text.clone(), number);
        }
        Ok(number)
    }

    /// The number of an identifier's text.
    pub(crate) fn identifier(&mut self, connection: &Connection, id: &Id) -> Result<i64, Fault> {
        if let Some(number) = self.identifiers.get(id) {
            return Ok(*number);
        }
        let number = coin(connection, &id.to_string())?;
        if self.identifiers.len() < REMEMBERED_MAX {
            self.identifiers.insert(id.clone(), number);
        }
        Ok(number)
    }
}

/// The number of a word that is not remembered.
fn coin(connection: &Connection, text: &str) -> Result<i64, Fault> {
    if let Some(number) = find(connection, text)? {
        return Ok(number);
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO words SELECT max(?2, coalesce(max(n), 0) + 1), ?1 FROM words RETURNING n",
    )?;
    Ok(statement.query_row(params![text, FIRST_OTHER], |row| row.get(0))?)
}

/// The bit of an observable type in the column `observable_types`: one for each documented type, one for all others.
pub(crate) fn observable_bit(observable_type: &ObservableType) -> i64 {
    match NUMBERS.get(observable_type.as_str()) {
        Some(number) if *number <= OBSERVABLE_TYPES => 1 << (number - 1),
        _ => 1 << OBSERVABLE_TYPES,
    }
}

/// The number of a kind, where it is fixed and fits a byte.
pub(crate) fn kind_number(kind: &Kind) -> Option<u8> {
    NUMBERS.get(kind.as_str()).and_then(|number| u8::try_from(*number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a word listed twice, and a documented type without its bit.
    #[test]
    fn the_fixed_words_cover_what_is_defined() {
        assert_eq!(NUMBERS.len(), WORDS.len());
        for known in ObservableType::KNOWN {
            assert!(observable_bit(known) < 1 << OBSERVABLE_TYPES, "{known}");
        }
    }

    // Catches a list that was sorted or cut: the numbers of every replica in the field would change their meaning.
    #[test]
    fn the_fixed_numbers_stay() {
        let expected =
            [("individual", 1), ("email-addr", 24), ("indicator", 31), ("originates-from", 79)];
        for (word, number) in expected {
            assert_eq!(Word::from(word), Word::Fixed(number));
        }
    }
}
