//! Vectors about patterns.

use std::collections::BTreeMap;

use inthreat_stix::pattern::{Literal, Observation, PathStep, Pattern};
use serde_json::{Value, json};

use super::{Fields, Verdict, same};

fn text<'r>(row: &'r Value, name: &str) -> &'r str {
    row.at(name).as_str().unwrap_or_default()
}

/// The verdict of the OASIS grammar, and that of the OASIS validator.
pub(super) fn syntax(row: &Value) -> Verdict {
    let source = text(row, "pattern");
    let pattern = Pattern::parse(source);
    let found = pattern.is_ok();
    if row.at("grammar_valid").as_bool() != Some(found) {
        let reason =
            pattern.err().map_or_else(|| "it parses".to_owned(), |error| error.to_string());
        return Verdict::Disagree(format!("{source}: {reason}"));
    }
    let acceptable = pattern.is_ok_and(|pattern| pattern.is_acceptable());
    let Some(expected) = row.at("peer_validator_valid").as_bool() else { return Verdict::Agree };
    if acceptable == expected {
        return Verdict::Agree;
    }
    // The validator looks at the text of the whole set and so refuses every set of hashes.
    if acceptable && source.contains(" IN ") && source.contains("hashes") {
        return Verdict::Excused("hashes-in-sets", source.to_owned());
    }
    Verdict::Disagree(format!("{source}: acceptable {acceptable}, expected {expected}"))
}

pub(super) fn inspect(row: &Value) -> Verdict {
    let pattern = match Pattern::parse(text(row, "pattern")) {
        Ok(pattern) => pattern,
        Err(error) => return Verdict::Disagree(error.to_string()),
    };
    let inspection = pattern.inspect();
    let step = |step: &PathStep<'_>| match step {
        PathStep::Property(name) => json!(name),
        PathStep::Index(index) => json!(index),
        _ => json!("*"),
    };
    let comparisons: BTreeMap<_, Vec<_>> = inspection
        .comparisons
        .iter()
        .map(|(kind, comparisons)| {
            let rows = comparisons.iter().map(|comparison| {
                let path: Vec<_> = comparison.path.iter().map(step).collect();
                json!([path, comparison.operator, comparison.value])
            });
            (*kind, rows.collect())
        })
        .collect();
    let found = json!({
        "comparisons": sorted(json!(comparisons)),
        "observation_ops": sorted(json!(inspection.observation_operators)),
        "qualifiers": sorted(json!(inspection.qualifiers)),
    });
    let expected = json!({
        "comparisons": sorted(row.at("comparisons").clone()),
        "observation_ops": sorted(row.at("observation_ops").clone()),
        "qualifiers": sorted(row.at("qualifiers").clone()),
    });
    match same(&found, &expected) {
        Verdict::Agree => printed(&pattern),
        other => other,
    }
}

/// The order of comparisons, operators and qualifiers is not part of what the inspector says.
fn sorted(mut value: Value) -> Value {
    let lists = match &mut value {
        Value::Array(items) => return sorted_list(items),
        Value::Object(kinds) => kinds.values_mut(),
        _ => return value,
    };
    for list in lists {
        if let Value::Array(items) = list {
            *list = sorted_list(items);
        }
    }
    value
}

fn sorted_list(items: &[Value]) -> Value {
    let mut items = items.to_vec();
    items.sort_by_key(Value::to_string);
    Value::Array(items)
}

/// What is printed reads as the same pattern.
fn printed(pattern: &Pattern) -> Verdict {
    match Pattern::parse(&pattern.to_string()) {
        Ok(again) if again == *pattern => Verdict::Agree,
        _ => Verdict::Disagree(format!("printed as {pattern}, which reads otherwise")),
    }
}

/// A value and its type, without a verdict: the pattern of them must give both back.
pub(super) fn indicator(row: &Value) -> Verdict {
    let named = text(row, "type");
    let (kind, property) = named.split_once(':').unwrap_or((named, "value"));
    let property = match property.split_once('.') {
        Some((step, key)) if key.contains('-') => format!("{step}.'{key}'"),
        _ => property.to_owned(),
    };
    let literal = Literal::from(text(row, "value"));
    match Pattern::parse(&format!("[{kind}:{property} = {literal}]")) {
        Ok(pattern) => {
            let found = pattern.observables().map(|found| {
                (found.object_type.to_owned(), found.property.to_owned(), found.value.clone())
            });
            same(&found.collect::<Vec<_>>(), &vec![(kind.to_owned(), property, literal)])
        }
        Err(error) => Verdict::Disagree(error.to_string()),
    }
}

pub(super) fn matching(row: &Value) -> Verdict {
    let found = match Pattern::parse(text(row, "pattern")) {
        Err(_) => "parse-error",
        Ok(pattern) => match Observation::from_json(&row.at("observed_data").to_string()) {
            Err(_) => "runtime-error",
            Ok(observations) => match pattern.matches(&observations) {
                Ok(true) => "match",
                Ok(false) => "nomatch",
                Err(_) => "runtime-error",
            },
        },
    };
    let expected = text(row, "expected");
    if found == expected {
        return Verdict::Agree;
    }
    let reason = format!("{}: {found}, expected {expected}", text(row, "pattern"));
    // Plain strings after START and STOP, as STIX 2.0 drafts had them, are refused as the validator does.
    if found == "parse-error" && text(row, "pattern").contains("START '") {
        return Verdict::Excused("start-stop-strings", reason);
    }
    Verdict::Disagree(reason)
}

pub(super) fn equivalence(row: &Value) -> Verdict {
    let patterns = (Pattern::parse(text(row, "pattern1")), Pattern::parse(text(row, "pattern2")));
    let (Ok(first), Ok(second)) = patterns else {
        return Verdict::Disagree("a pattern does not parse".to_owned());
    };
    same(&first.is_equivalent_to(&second).ok(), &row.at("equivalent").as_bool())
}
