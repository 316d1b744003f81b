//! Vectors about whole objects and bundles: the verdict of validation.

use inthreat_stix::{
    RawObject, SpecVersion,
    validate::{self, Code, Finding, Options, Report},
};
use serde_json::Value;

use super::{Fields, Verdict};

pub(super) fn object(row: &Value) -> Verdict {
    let version = match row.at("stix_version").as_str() {
        Some("2.0") => SpecVersion::V20,
        _ => SpecVersion::V21,
    };
    let options = Options::default().with_version(version);
    // Where the validator fails on an object, it has not taken it either.
    let expected = row.at("must_valid").as_bool().unwrap_or(false);
    compare(row.at("object"), &options, expected, row.at("errors"))
}

pub(super) fn interop(row: &Value) -> Verdict {
    let expected = row.at("validator_must_valid").as_bool().unwrap_or(false);
    compare(row.at("bundle"), &Options::default(), expected, row.at("validator_errors"))
}

/// A block of the specification; the validator has judged those objects that are whole.
pub(super) fn example(row: &Value) -> Verdict {
    if row.at("json_valid").as_bool() == Some(false) {
        let text = row.at("text").as_str().unwrap_or_default();
        return match RawObject::new(text) {
            Ok(_) => Verdict::Disagree("a text that is no JSON was read".to_owned()),
            Err(_) => Verdict::Agree,
        };
    }
    let verdicts = row.at("validator").as_array().into_iter().flatten();
    let objects = row.at("objects").as_array().into_iter().flatten();
    let mut excused = Verdict::Agree;
    for (object, verdict) in objects.zip(verdicts) {
        let Some(expected) = verdict.at("valid").as_bool() else { continue };
        let options = Options::default().with_version(SpecVersion::V21);
        match compare(object, &options, expected, verdict.at("errors")) {
            Verdict::Agree => {}
            Verdict::Disagree(reason) => return Verdict::Disagree(reason),
            other @ Verdict::Excused(..) => excused = other,
        }
    }
    excused
}

fn compare(object: &Value, options: &Options, expected: bool, errors: &Value) -> Verdict {
    let report = match RawObject::new(object.to_string()) {
        Ok(object) => validate::object(&object, options),
        // What is no object is not valid either.
        Err(_) if !expected => return Verdict::Agree,
        Err(rejected) => return Verdict::Disagree(rejected.reason().to_owned()),
    };
    if report.is_valid() == expected {
        return Verdict::Agree;
    }
    let errors: Vec<_> =
        errors.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let rule = if expected { stricter(&report) } else { milder(&errors) };
    let reason = if expected {
        report.errors().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
    } else {
        format!("valid, expected {errors:?}")
    };
    match rule {
        Some(rule) => Verdict::Excused(rule, reason),
        None => Verdict::Disagree(reason),
    }
}

/// The rule by which this crate reports errors where the OASIS validator does not, if it is one for all of them.
fn stricter(report: &Report) -> Option<&'static str> {
    let mut rules = report.errors().map(stricter_rule);
    let first = rules.next()??;
    rules.all(|rule| rule.is_some()).then_some(first)
}

fn stricter_rule(finding: &Finding) -> Option<&'static str> {
    let property = finding.pointer().rsplit('/').find(|step| step.parse::<usize>().is_err());
    let is_reference =
        property.is_some_and(|name| name.ends_with("_ref") || name.ends_with("_refs"));
    match finding.code() {
        Code::ReferenceType | Code::UnresolvedReference => Some("reference-kinds"),
        Code::Identifier if is_reference => Some("reference-kinds"),
        Code::PropertyName => Some("property-names"),
        Code::EmptyList | Code::EmptyObject | Code::NullValue => Some("nested-empty-lists"),
        Code::NumberRange => Some("integer-range"),
        Code::TimestampPrecision if property == Some("created") => Some("creation-time"),
        Code::IdentifierType => Some("custom-identifiers"),
        Code::BundleItem => Some("nested-bundles"),
        _ => None,
    }
}

/// The rule by which the OASIS validator reports errors where this crate does not, if there is one for all of them.
fn milder(errors: &[&str]) -> Option<&'static str> {
    let mut rules = errors.iter().map(|error| milder_rule(error));
    let first = rules.next()??;
    rules.all(|rule| rule.is_some()).then_some(first)
}

fn milder_rule(error: &str) -> Option<&'static str> {
    let rules: [(&str, &str); 11] = [
        ("should start with 'x_'", "pattern-properties"),
        ("should start with 'x-'", "pattern-properties"),
        ("'id' is not a valid observable property name", "pattern-properties"),
        ("'marking_ref' is a required property", "language-markings"),
        ("RFC 5646", "languages"),
        ("is not a 'email'", "mailboxes"),
        ("selectors", "selectors"),
        ("IANA registered MIME", "media-types"),
        ("additional_header_fields", "header-fields"),
        ("^HKLM", "registry-hives"),
        ("does not match '^s*(((", "addresses"),
    ];
    let leap_second = error.contains(":60") && error.contains("timestamp");
    let rule = rules.iter().find(|(part, _)| error.contains(part)).map(|(_, rule)| *rule);
    rule.or_else(|| leap_second.then_some("timestamps"))
}
