//! Tests of the pattern language against the shared vectors.

mod behaviour;
mod properties;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::token::{Lexer, TokenKind};
use super::{Observation, Operator, PathStep, Pattern, Span};

/// The rows of a vector file, or `None` where the shared folder is absent.
fn rows(name: &str) -> Option<Vec<Value>> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/vectors"));
    let Ok(text) = fs::read_to_string(folder.join(format!("{name}.jsonl"))) else {
        report(&format!("skipped: {name}: ../shared is absent"));
        return None;
    };
    let lines = text.split('\n').filter(|line| !line.is_empty());
    Some(lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn text<'r>(row: &'r Value, key: &str) -> &'r str {
    row[key].as_str().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "a test says what it has seen")]
fn report(line: &str) {
    println!("{line}");
}

/// Fails with every disagreement, and says how many rows agree.
fn conclude(name: &str, total: usize, failures: &[String]) {
    report(&format!("{name}: agree {} of {total}", total - failures.len()));
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

// Would catch a finding the OASIS validator has and `check` has not, or the other way round.
#[test]
fn acceptable_patterns_are_those_of_the_validator() {
    for name in ["patterns_good", "patterns_mutated", "patterns_bad", "patterns_disputed"] {
        let Some(rows) = rows(name) else { return };
        let failures: Vec<String> = rows
            .iter()
            .filter(|row| {
                let source = text(row, "pattern");
                let ours = Pattern::parse(source).is_ok_and(|pattern| pattern.is_acceptable());
                let theirs = row["peer_validator_valid"] == true;
                ours != theirs && !is_valid_hash_set(source)
            })
            .map(|row| {
                format!("{row} {:?}", Pattern::parse(text(row, "pattern")).map(|p| p.check()))
            })
            .collect();
        conclude(name, rows.len(), &failures);
    }
}

/// The documented exception: a set of hashes that are all well formed.
fn is_valid_hash_set(source: &str) -> bool {
    Pattern::parse(source).is_ok_and(|pattern| {
        pattern.is_acceptable()
            && pattern.comparisons().any(|comparison| {
                comparison.operator() == Operator::In && comparison.hash_algorithm().is_some()
            })
    })
}

// Would catch a comparison, step, operator, literal or qualifier that is lost or respelled, and a printed form of
// python-stix2 that does not read as the same pattern.
#[test]
fn inspection_is_that_of_the_oasis_inspector() {
    let Some(rows) = rows("patterns_inspect") else { return };
    let failures: Vec<String> = rows.iter().filter_map(inspection_failure).collect();
    conclude("patterns_inspect", rows.len(), &failures);
}

fn inspection_failure(row: &Value) -> Option<String> {
    let pattern = match Pattern::parse(text(row, "pattern")) {
        Ok(pattern) => pattern,
        Err(error) => return Some(format!("{row}: {error}")),
    };
    let inspection = pattern.inspect();
    let comparisons: serde_json::Map<String, Value> = inspection
        .comparisons
        .iter()
        .map(|(object_type, comparisons)| {
            let rows = comparisons.iter().map(|comparison| {
                let path: Vec<Value> = comparison.path.iter().map(step_value).collect();
                json!([path, comparison.operator, comparison.value])
            });
            ((*object_type).to_owned(), rows.collect())
        })
        .collect();
    let ours = json!({
        "comparisons": comparisons,
        "observation_ops": inspection.observation_operators,
        "qualifiers": inspection.qualifiers,
    });
    for key in ["comparisons", "observation_ops", "qualifiers"] {
        if ours[key] != row[key] {
            return Some(format!("{key}: {} is not {} in {}", ours[key], row[key], row["pattern"]));
        }
    }
    match row["stix2_print"].as_str().map(Pattern::parse) {
        None => None,
        Some(Ok(printed)) if normal(&printed) == normal(&pattern) => None,
        Some(other) => Some(format!("{} printed {} {other:?}", row["pattern"], row["stix2_print"])),
    }
}

fn step_value(step: &PathStep<'_>) -> Value {
    match step {
        PathStep::Property(name) => json!(name),
        PathStep::Index(index) => json!(index),
        PathStep::AnyIndex => json!("*"),
    }
}

/// The tokens of the printed form without what python-stix2 changes: it writes `!=` as `NOT =`, cuts the zeros at the
/// end of a timestamp's fraction, and loses `NOT` before every operator but `=`.
fn normal(pattern: &Pattern) -> Vec<String> {
    let printed = pattern.to_string();
    let mut lexer = Lexer::new(&printed, Span::new(0, printed.len()));
    let mut tokens = Vec::new();
    let mut after_not = false;
    loop {
        let token = lexer.next_token().unwrap();
        let text = printed[token.span.range()].to_owned();
        if after_not && token.kind == TokenKind::Equal {
            tokens.push("NOT".to_owned());
        }
        after_not = token.kind == TokenKind::Not;
        match token.kind {
            TokenKind::End => return tokens,
            TokenKind::Not => {}
            TokenKind::NotEqual => tokens.extend(["NOT".to_owned(), "=".to_owned()]),
            TokenKind::Timestamp if text.contains('.') => {
                let cut = text.trim_end_matches("Z'").trim_end_matches('0').trim_end_matches('.');
                tokens.push(format!("{cut}Z'"));
            }
            _ => tokens.push(text),
        }
    }
}

// Would catch any difference from the OASIS matcher: comparisons, types, references, qualifiers, bindings.
#[test]
fn matches_are_those_of_the_oasis_matcher() {
    let Some(rows) = rows("pattern_match") else { return };
    let failures: Vec<String> = rows
        .iter()
        .filter(|row| match_verdict(row) != text(row, "expected"))
        .map(|row| format!("{}: {} in {}", match_verdict(row), row["pattern"], row["test"]))
        .collect();
    conclude("pattern_match", rows.len(), &failures);
}

fn match_verdict(row: &Value) -> &'static str {
    let Ok(pattern) = Pattern::parse(text(row, "pattern")) else { return "parse-error" };
    let observed = Observation::from_json(&row["observed_data"].to_string());
    match observed.and_then(|observed| pattern.matches(&observed)) {
        Ok(true) => "match",
        Ok(false) => "nomatch",
        Err(_) => "runtime-error",
    }
}

// Would catch a rule of the normal form that is missing or wrong.
#[test]
fn equivalence_is_that_of_the_peer() {
    let Some(rows) = rows("pattern_equiv") else { return };
    let failures: Vec<String> = rows
        .iter()
        .filter(|row| {
            let one = Pattern::parse(text(row, "pattern1")).unwrap();
            let other = Pattern::parse(text(row, "pattern2")).unwrap();
            let ours = one.is_equivalent_to(&other);
            ours != Ok(row["equivalent"] == true) || ours != other.is_equivalent_to(&one)
        })
        .map(ToString::to_string)
        .collect();
    conclude("pattern_equiv", rows.len(), &failures);
}
