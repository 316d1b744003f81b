//! By which names objects are found, and which objects reports mention: tables for what people search.

use std::collections::BTreeSet;

use inthreat_store::index::IndexRows;

/// Rows stand there for objects that people name; an indicator's value stands in `observables` and not here again.
pub(crate) const TABLES: &str = "
CREATE TABLE names (
    name TEXT NOT NULL,
    part INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (name, part, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE mentions (
    key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (key, sequence)
) STRICT, WITHOUT ROWID;
";

/// How long a name is in the table, in bytes; what is longer is found by its beginning.
pub(crate) const LENGTH_MAX: usize = 256;
/// How many names of an object are found.
const NAMES_MAX: usize = 100;
/// From how many words within a name it is found, besides the first.
const WORDS_MAX: usize = 8;

/// What a row of `names` is of an object. The numbers stand in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The name.
    Name = 1,
    /// Another name.
    Alias = 2,
    /// What an external reference calls it.
    ExternalId = 3,
    /// A name from a word on that is not its first.
    Words = 4,
}

/// A text as it is compared: lower-cased, white space as single blanks, no longer than the table keeps it.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::new();
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        for letter in word.chars().flat_map(char::to_lowercase) {
            if folded.len() + letter.len_utf8() > LENGTH_MAX {
                // A blank may be left where the next word did not fit.
                folded.truncate(folded.trim_end().len());
                return folded;
            }
            folded.push(letter);
        }
    }
    folded
}

/// The names that an object is found by, sorted, each once.
///
/// What `observables` has is not among them: an indicator that is called by a value of its pattern, or by the whole of
/// it. Indicators are found by the beginning of their name alone, for they are many.
pub(crate) fn of(rows: &IndexRows, is_indicator: bool) -> Vec<(String, Part)> {
    let mut found = BTreeSet::new();
    let own = rows.name.iter().map(|name| (&**name, Part::Name));
    let others = rows.names.iter().map(|name| {
        let is_id = rows.external_ids.binary_search(name).is_ok();
        (&**name, if is_id { Part::ExternalId } else { Part::Alias })
    });
    for (name, part) in own.chain(others).take(NAMES_MAX) {
        if part != Part::ExternalId && is_value(name, rows, is_indicator) {
            continue;
        }
        let folded = fold(name);
        if !is_indicator && part != Part::ExternalId {
            found.extend(
                later_words(&folded).take(WORDS_MAX).map(|rest| (rest.to_owned(), Part::Words)),
            );
        }
        if !folded.is_empty() {
            found.insert((folded, part));
        }
    }
    found.into_iter().collect()
}

/// Whether `observables` finds an object by its name.
fn is_value(name: &str, rows: &IndexRows, is_indicator: bool) -> bool {
    let name = name.trim();
    let is_pattern = is_indicator && name.starts_with('[') && !rows.observables.is_empty();
    is_pattern || rows.observables.iter().any(|one| one.value.eq_ignore_ascii_case(name))
}

/// A folded name from each word on but the first.
fn later_words(name: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    let starts = name.char_indices().filter(move |(_, letter)| {
        let is_start =
            letter.is_alphanumeric() && before.is_some_and(|one: char| !one.is_alphanumeric());
        before = Some(*letter);
        is_start
    });
    starts.filter_map(|(place, _)| name.get(place..)).filter(move |rest| rest.len() < name.len())
}

#[cfg(test)]
mod tests {
    use inthreat_stix::RawObject;
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, is_indicator: bool) -> Vec<(String, Part)> {
        of(&IndexRows::of(&RawObject::new(text).unwrap()), is_indicator)
    }

    fn row(name: &str, part: Part) -> (String, Part) {
        (name.to_owned(), part)
    }

    // Catches a name that is not found by its beginning, a word of it or another name.
    #[test]
    fn objects_are_found_by_their_names() {
        let text = r#"{"type":"intrusion-set","name":"EICAR  Unit","aliases":["APT-31"],
            "external_references":[{"source_name":"mitre-attack","external_id":"G0128"}]}"#;
        let expected = [
            row("31", Part::Words),
            row("apt-31", Part::Alias),
            row("eicar unit", Part::Name),
            row("g0128", Part::ExternalId),
            row("unit", Part::Words),
        ];
        assert_eq!(found(text, false), expected);
    }

    // Catches rows for the bulk of the objects, which are found without.
    #[test]
    fn indicators_that_are_called_by_their_value_have_no_rows() {
        for (name, pattern) in [
            ("198.51.100.7", "[ipv4-addr:value = '198.51.100.7']"),
            ("Evil.Example", "[domain-name:value = 'evil.example']"),
            ("http://a.example/A", "[url:value = 'http://a.example/A']"),
            ("[file:name = 'a.exe']", "[file:name = 'a.exe']"),
        ] {
            let text = format!(r#"{{"type":"indicator","name":"{name}","pattern":"{pattern}"}}"#);
            assert_eq!(found(&text, true), [], "{name}");
        }
        let text = r#"{"type":"indicator","name":"A Rule","pattern":"rule","pattern_type":"yara"}"#;
        assert_eq!(found(text, true), [row("a rule", Part::Name)]);
    }

    proptest! {
        // Catches a text that is longer than the table keeps it, and one that folds to another text when it is folded again.
        #[test]
        fn folded_texts_stay(text in "[ \\tA-Za-zßİΣé\u{1F980}-]{0,300}") {
            let folded = fold(&text);
            prop_assert!(folded.len() <= LENGTH_MAX);
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
