//! Runs a file of vectors: which rows agree, which fall under a documented rule, and which disagree.

mod changes;
mod objects;
mod patterns;
mod values;

use std::{collections::BTreeMap, fmt, fs, path::Path};

use serde_json::Value;

/// What became of one row.
pub(crate) enum Verdict {
    Agree,
    /// The crate departs from the vector's source by this rule of its documentation.
    Excused(&'static str, String),
    Disagree(String),
}

/// What became of a file.
pub(crate) struct Outcome {
    name: String,
    agree: usize,
    total: usize,
    pub(crate) rules: BTreeMap<&'static str, usize>,
    pub(crate) excused: Vec<String>,
    pub(crate) disagreements: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: agree {} of {}", self.name, self.agree, self.total)?;
        for (rule, count) in &self.rules {
            write!(f, "; {rule}: {count}")?;
        }
        Ok(())
    }
}

/// Runs the rows of a file whose name tells what they are.
pub(crate) fn run(file: &Path) -> Result<Outcome, String> {
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let check = check_of(&name).ok_or_else(|| format!("`{name}` is no known kind of vectors"))?;
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let mut outcome = Outcome {
        name,
        agree: 0,
        total: 0,
        rules: BTreeMap::new(),
        excused: Vec::new(),
        disagreements: Vec::new(),
    };
    for (number, line) in text.split('\n').enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let row: Value =
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        let id =
            row.at("id").as_str().map_or_else(|| format!("line {}", number + 1), str::to_owned);
        outcome.total += 1;
        match check(&row) {
            Verdict::Agree => outcome.agree += 1,
            Verdict::Excused(rule, reason) => {
                *outcome.rules.entry(rule).or_default() += 1;
                outcome.excused.push(format!("{id}: {rule}: {reason}"));
            }
            Verdict::Disagree(reason) => outcome.disagreements.push(format!("{id}: {reason}")),
        }
    }
    Ok(outcome)
}

fn check_of(name: &str) -> Option<fn(&Value) -> Verdict> {
    Some(match name {
        "jcs" => values::canonical,
        "jcs_numbers" => values::number,
        "sco_ids" => values::deterministic_id,
        "timestamps" => values::timestamp,
        "timestamps_api" => values::timestamp_call,
        "hashes" => values::hash,
        "type_checks" => values::type_check,
        "confidence_scales" => values::confidence,
        "spec_version_detect" => values::spec_version,
        "versioning" => changes::versioning,
        "granular_markings" => changes::marking,
        "objects_valid" | "objects_invalid" => objects::object,
        "interop_bundles" => objects::interop,
        "spec_examples" => objects::example,
        "patterns_good" | "patterns_bad" | "patterns_disputed" | "patterns_mutated" => {
            patterns::syntax
        }
        "patterns_inspect" => patterns::inspect,
        "iocs" => patterns::indicator,
        "pattern_match" => patterns::matching,
        "pattern_equiv" => patterns::equivalence,
        _ => return None,
    })
}

/// The member of a value, or null.
trait Fields {
    fn at(&self, name: &str) -> &Value;

    /// Puts a member in, where the value is an object.
    fn put(&mut self, name: &str, value: Value);
}

impl Fields for Value {
    fn at(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Self::Null)
    }

    fn put(&mut self, name: &str, value: Value) {
        if let Some(members) = self.as_object_mut() {
            members.insert(name.to_owned(), value);
        }
    }
}

/// Agrees when two values are equal, and shows both when not.
fn same<T: PartialEq + fmt::Debug>(found: &T, expected: &T) -> Verdict {
    if found == expected {
        return Verdict::Agree;
    }
    Verdict::Disagree(format!("found {found:?}, expected {expected:?}"))
}
