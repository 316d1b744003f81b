//! Tests of the pattern language against the shared vectors and of properties that hold for every pattern.

use std::fs;
use std::path::Path;

use super::Pattern;

/// The rows of a vector file, or `None` where the shared folder is absent.
fn rows(name: &str) -> Option<Vec<serde_json::Value>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/vectors"));
    let Ok(text) = fs::read_to_string(folder.join(format!("{name}.jsonl"))) else {
        println!("skipped: {name}: ../shared is absent");
        return None;
    };
    let lines = text.split('\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn text<'r>(row: &'r serde_json::Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_default()
}

/// Fails with every disagreement, and says how many rows agree.
fn conclude(name: &str, total: usize, failures: &[String]) {
    println!("{name}: agree {} of {total}", total - failures.len());
    assert!(failures.is_empty(), "{} of {total}:\n{}", failures.len(), failures.join("\n"));
}

// Would catch a parser that refuses what the grammar accepts, or a printer that loses something.
#[test]
fn good_patterns_parse_and_print() {
    let Some(rows) = rows("patterns_good") else { return };
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let source = text(row, "pattern");
            match Pattern::parse(source) {
                Err(error) => Some(format!("{source}: {error}")),
                Ok(pattern) => {
                    let printed = pattern.to_string();
                    match Pattern::parse(&printed) {
                        Ok(again) if again == pattern => None,
                        other => Some(format!("{source} printed {printed}: {other:?}")),
                    }
                }
            }
        })
        .collect();
    conclude("patterns_good", rows.len(), &failures);
}

// Would catch any difference from the verdict of the OASIS grammar on near-valid text.
#[test]
fn mutated_patterns_get_the_verdict_of_the_grammar() {
    for name in ["patterns_mutated", "patterns_bad", "patterns_disputed"] {
        let Some(rows) = rows(name) else { return };
        let failures: Vec<String> = rows
            .iter()
            .filter(|row| Pattern::parse(text(row, "pattern")).is_ok() != row["grammar_valid"])
            .map(|row| format!("{row} {:?}", Pattern::parse(text(row, "pattern"))))
            .collect();
        conclude(name, rows.len(), &failures);
    }
}
