//! Vectors about new versions of objects: versioning, revocation, markings.

use inthreat_stix::{
    RawObject, Timestamp,
    marking::{self, Marking, MarkingError, MarkingErrorKind, Scope, Target},
    version::{self, Changes, VersionErrorKind},
};
use serde_json::Value;

use super::{Fields, Verdict, same};

/// The clock of the rows: any time will do that is behind those in them.
fn now() -> Option<Timestamp> {
    Timestamp::from_unix(1_900_000_000, 123_000_000)
}

pub(super) fn versioning(row: &Value) -> Verdict {
    let (Some(now), input) = (now(), row.at("input")) else {
        return Verdict::Disagree("no clock".to_owned());
    };
    let Ok(object) = RawObject::new(input.at("data").to_string()) else {
        // What is no object has no versions.
        return error_verdict(row, &["TypeNotVersionableError", "ValueError"], "no object");
    };
    let result = if row.at("op") == "revoke" {
        version::revoke(&object, now)
    } else {
        let mut changes = Changes::default();
        for (name, value) in input.at("kwargs").as_object().into_iter().flatten() {
            changes = match value {
                Value::Null => changes.without(name),
                value => match changes.with(name, value) {
                    Ok(changes) => changes,
                    Err(error) => return Verdict::Disagree(error.to_string()),
                },
            };
        }
        version::new_version(&object, &changes, now)
    };
    match result {
        Ok(newer) => compare(&newer, row),
        Err(error) => {
            let names: &[&str] = match error.kind() {
                VersionErrorKind::TypeNotVersionable => &["TypeNotVersionableError"],
                VersionErrorKind::ObjectNotVersionable => &["ObjectNotVersionableError"],
                VersionErrorKind::Revoked => &["RevokeError"],
                VersionErrorKind::UnmodifiableProperty => &["UnmodifiablePropertyError"],
                _ => &["InvalidValueError"],
            };
            error_verdict(row, names, &error.to_string())
        }
    }
}

fn error_verdict(row: &Value, names: &[&str], reason: &str) -> Verdict {
    match row.at("expected_error").as_str() {
        Some(expected) if names.contains(&expected) => Verdict::Agree,
        Some(expected) => Verdict::Disagree(format!("{reason}; expected {expected}")),
        None => Verdict::Disagree(format!("{reason}; expected {}", row.at("expected"))),
    }
}

/// Compares objects by value; `$now` is the clock, and the order of markings does not matter.
fn compare(found: &RawObject, row: &Value) -> Verdict {
    let Some(expected) = row.get("expected") else {
        return Verdict::Disagree(format!("no error, expected {}", row.at("expected_error")));
    };
    let mut found: Value = serde_json::from_str(found.as_str()).unwrap_or_default();
    let mut expected = expected.clone();
    if expected.at("modified") == "$now" {
        let later = found.at("modified").as_str().and_then(|text| text.parse::<Timestamp>().ok());
        if later.is_none_or(|later| Some(later) < now()) {
            return Verdict::Disagree(format!("`modified` is {}", found.at("modified")));
        }
        let modified = found.at("modified").clone();
        expected.put("modified", modified);
    }
    for object in [&mut found, &mut expected] {
        for name in ["granular_markings", "object_marking_refs"] {
            if let Some(list) = object.get_mut(name).and_then(Value::as_array_mut) {
                list.iter_mut().for_each(sort_selectors);
                list.sort_by_key(Value::to_string);
            }
            if object.at(name).is_null()
                && let Some(members) = object.as_object_mut()
            {
                members.remove(name);
            }
        }
    }
    same(&found, &expected)
}

fn sort_selectors(marking: &mut Value) {
    if let Some(selectors) = marking.get_mut("selectors").and_then(Value::as_array_mut) {
        selectors.sort_by_key(Value::to_string);
    }
}

/// What a row asks for.
struct Question<'r> {
    object: RawObject,
    selectors: Option<Vec<&'r str>>,
    markings: Vec<&'r str>,
    scope: Scope,
}

impl Question<'_> {
    fn target(&self) -> Target<'_> {
        self.selectors.as_deref().map_or(Target::Object, Target::Properties)
    }

    /// Marking definitions have a type; a language has none.
    fn markings(&self) -> Vec<Marking> {
        let of_text = |text: &&str| match self.selectors {
            Some(_) if !text.contains("--") => Marking::Language((*text).to_owned()),
            _ => Marking::Definition((*text).to_owned()),
        };
        self.markings.iter().map(of_text).collect()
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        // A marking definition stands for its identifier.
        Value::Object(object) => object.get("id").map(texts).unwrap_or_default(),
        _ => Vec::new(),
    }
}

pub(super) fn marking(row: &Value) -> Verdict {
    let input = row.at("input");
    let Ok(object) = RawObject::new(input.at("obj").to_string()) else {
        return Verdict::Disagree("no object".to_owned());
    };
    let flag = |name: &str| input.at(name).as_bool().unwrap_or(false);
    let question = Question {
        object,
        selectors: input.get("selectors").filter(|s| !s.is_null()).map(texts),
        markings: texts(input.at("marking")),
        scope: Scope::default()
            .with_inherited(flag("inherited"))
            .with_descendants(flag("descendants")),
    };
    let Some(now) = now() else { return Verdict::Disagree("no clock".to_owned()) };
    let (object, target) = (&question.object, question.target());
    let changed = match row.at("op").as_str() {
        Some("get_markings") => return get(&question, row),
        Some("is_marked") => return is_marked(&question, row),
        Some("add_markings") => marking::add(object, &question.markings(), target, now),
        Some("remove_markings") => marking::remove(object, &question.markings(), target, now),
        Some("set_markings") => marking::set(object, &question.markings(), target, now),
        _ => marking::clear(object, target, now),
    };
    match changed {
        Ok(changed) => match compare(&changed, row) {
            // An object that says the same afterwards is left as it is.
            Verdict::Disagree(reason)
                if changed == question.object && row.at("expected").at("modified") == "$now" =>
            {
                let mut unchanged = row.clone();
                let mut expected = row.at("expected").clone();
                expected.put("modified", input.at("obj").at("modified").clone());
                unchanged.put("expected", expected);
                match compare(&changed, &unchanged) {
                    Verdict::Agree => Verdict::Excused("unchanged-objects", reason),
                    other => other,
                }
            }
            verdict => verdict,
        },
        Err(error) => marking_error(row, &error),
    }
}

fn marking_error(row: &Value, error: &MarkingError) -> Verdict {
    let names: &[&str] = match error.kind() {
        MarkingErrorKind::Selector => &["InvalidSelectorError"],
        MarkingErrorKind::NotFound => &["MarkingNotFoundError"],
        MarkingErrorKind::Marking => &["InvalidValueError"],
        _ => &["TypeNotVersionableError", "ObjectNotVersionableError"],
    };
    error_verdict(row, names, &error.to_string())
}

fn get(question: &Question<'_>, row: &Value) -> Verdict {
    let found = match marking::get(&question.object, question.target(), question.scope) {
        Ok(found) => found,
        Err(error) => return marking_error(row, &error),
    };
    let wants = |name: &str| row.at("input").at(name).as_bool().unwrap_or(true);
    let found = found.into_iter().filter_map(|marking| match marking {
        Marking::Definition(text) if wants("marking_ref") => Some(text),
        Marking::Language(text) if wants("lang") => Some(text),
        _ => None,
    });
    let mut found: Vec<_> = found.collect();
    let mut expected: Vec<_> = texts(row.at("expected")).into_iter().map(str::to_owned).collect();
    found.sort();
    expected.sort();
    same(&found, &expected)
}

/// Of properties, all the markings asked for must be there; of an object, any of them.
fn is_marked(question: &Question<'_>, row: &Value) -> Verdict {
    let found = match marking::get(&question.object, question.target(), question.scope) {
        Ok(found) => found,
        Err(error) => return marking_error(row, &error),
    };
    let is_there = |text: &&str| {
        found.iter().any(|marking| match marking {
            Marking::Definition(found) | Marking::Language(found) => found == text,
            _ => false,
        })
    };
    let answer = match question.selectors {
        _ if question.markings.is_empty() => !found.is_empty(),
        None => question.markings.iter().any(is_there),
        Some(_) => question.markings.iter().all(is_there),
    };
    same(&Some(answer), &row.at("expected").as_bool())
}
