//! Findings as text, as JSON, and as SARIF.

use std::collections::BTreeSet;

use inthreat_stix::validate::Severity;
use serde_json::{Value, json};

use super::{Findings, Found};
use crate::{
    arguments::{FindingFormat, Shown},
    failure::Outcome,
    measure,
    print::{Format, Listing, Output},
};

pub(super) fn print(findings: &Findings, format: FindingFormat) -> Outcome {
    let list = match format {
        FindingFormat::Json => Format::Json,
        FindingFormat::Ndjson => Format::Ndjson,
        FindingFormat::Text | FindingFormat::Sarif => {
            let mut output = Output::new();
            if format == FindingFormat::Sarif {
                output.json(sarif(findings).to_string().as_bytes())?;
            } else {
                findings.found.iter().try_for_each(|one| output.line(&line(one)))?;
            }
            return output.finish();
        }
    };
    let mut listing = Listing::new(&Shown::of(list), &[]);
    for one in &findings.found {
        let json = json!({
            "file": one.file, "line": one.line, "column": one.column, "object": one.object,
            "pointer": one.pointer, "code": one.code, "severity": one.severity.to_string(),
            "section": one.section, "message": one.message,
        });
        listing.value(&json.to_string())?;
    }
    // Who reads findings alone is told that there are more: with the members of the others, and how many.
    if findings.omitted() > 0 {
        let json = json!({
            "file": null, "line": null, "column": null, "object": null, "pointer": "", "code": "omitted",
            "severity": "note", "section": null, "message": omitted(findings), "omitted": findings.omitted(),
        });
        listing.value(&json.to_string())?;
    }
    listing.finish()
}

fn omitted(findings: &Findings) -> String {
    let omitted = measure::count(findings.omitted() as u64);
    format!("{omitted} more findings are left out; in all there are {}", findings.totals.words())
}

fn line(one: &Found) -> String {
    let object = one.object.as_deref().map(|id| format!(" {id}")).unwrap_or_default();
    let pointer = if one.pointer.is_empty() { "/" } else { &one.pointer };
    format!(
        "{}:{}:{}: {}:{object} {pointer}: {} [{}, STIX 2.1 section {}]",
        one.file, one.line, one.column, one.severity, one.message, one.code, one.section
    )
}

/// The findings as a log of SARIF 2.1.0.
pub(super) fn sarif(findings: &Findings) -> Value {
    let found = &findings.found;
    let codes: BTreeSet<&str> = found.iter().map(|one| one.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| json!({ "id": code })).collect();
    let results: Vec<Value> = found.iter().map(result).collect();
    let notes = match findings.omitted() {
        0 => json!([]),
        _ => json!([{ "level": "warning", "message": { "text": omitted(findings) } }]),
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "inthreat",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(one: &Found) -> Value {
    let level = if one.severity == Severity::Error { "error" } else { "warning" };
    let name = match &one.object {
        Some(id) => format!("{id}{}", one.pointer),
        None => one.pointer.clone(),
    };
    json!({
        "ruleId": one.code,
        "level": level,
        "message": { "text": format!("{} (STIX 2.1 section {})", one.message, one.section) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&one.file) },
                "region": { "startLine": one.line, "startColumn": one.column },
            },
            "logicalLocations": [{ "fullyQualifiedName": name }],
        }],
    })
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            b'\\' if cfg!(windows) => uri.push('/'),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => uri.extend(format!("%{byte:02X}").chars()),
        }
    }
    uri
}
