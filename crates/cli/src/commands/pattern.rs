//! `inthreat pattern`: STIX patterns, read, checked and put into words.

mod words;

use std::io::Read;

use inthreat_stix::pattern::{
    Comparison, ComparisonExpression, Finding, MAX_LENGTH, ObservationExpression, ObservationKind,
    ParseError, Pattern,
};
use serde_json::{Value, json};

use crate::{
    arguments::{self, PatternArguments, PatternFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    input,
    print::Output,
};

pub(crate) fn run(arguments: &arguments::Pattern) -> Outcome<Exit> {
    let (given, print): (_, fn(&Pattern, PatternFormat) -> Outcome<Exit>) = match arguments {
        arguments::Pattern::Parse(given) => (given, parse),
        arguments::Pattern::Check(given) => (given, check),
        arguments::Pattern::Explain(given) => (given, explain),
    };
    let source = source(given)?;
    match Pattern::parse(&source) {
        Ok(pattern) => print(&pattern, given.output),
        Err(error) => refused(&error, given.output),
    }
}

fn source(given: &PatternArguments) -> Outcome<String> {
    if given.pattern != "-" {
        return Ok(given.pattern.clone());
    }
    let mut text = String::new();
    let path = std::path::Path::new("-");
    let limit = MAX_LENGTH as u64 + 2;
    let read = input::open(path)?.take(limit).read_to_string(&mut text);
    read.map_err(|error| input::failed(path, &error))?;
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "standard input holds no pattern"));
    }
    Ok(text.trim_end().to_owned())
}

/// What is wrong is the answer, and goes where answers go.
fn refused(error: &ParseError, format: PatternFormat) -> Outcome<Exit> {
    let mut output = Output::new();
    match format {
        PatternFormat::Text => error.render().lines().try_for_each(|line| output.line(line))?,
        PatternFormat::Json => {
            let finding = json!({
                "code": "syntax", "severity": "error", "start": error.offset(), "line": error.line(),
                "column": error.column(), "message": error.to_string(),
            });
            let answer = json!({ "valid": false, "findings": [finding] });
            output.json(answer.to_string().as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Missing)
}

fn check(pattern: &Pattern, format: PatternFormat) -> Outcome<Exit> {
    let findings = pattern.check();
    let mut output = Output::new();
    match format {
        PatternFormat::Json => {
            let found: Vec<Value> = findings.iter().map(finding).collect();
            let answer = json!({ "valid": pattern.is_acceptable(), "findings": found });
            output.json(answer.to_string().as_bytes())?;
        }
        PatternFormat::Text if findings.is_empty() => output.line("nothing is wrong with it")?,
        PatternFormat::Text => {
            for one in &findings {
                let text = pattern.source().get(one.span.range()).unwrap_or_default();
                let severity = if one.code.is_error() { "error" } else { "warning" };
                let place = one.span.start();
                output.line(&format!("{severity}: {one} (byte {place}: `{text}`)"))?;
            }
        }
    }
    output.finish()?;
    Ok(if findings.is_empty() { Exit::Success } else { Exit::Missing })
}

fn finding(one: &Finding) -> Value {
    json!({
        "code": one.code.as_str(), "severity": if one.code.is_error() { "error" } else { "warning" },
        "start": one.span.start(), "end": one.span.end(), "message": one.message,
    })
}

fn explain(pattern: &Pattern, format: PatternFormat) -> Outcome<Exit> {
    let lines = words::explain(pattern);
    let mut output = Output::new();
    match format {
        PatternFormat::Text => lines.iter().try_for_each(|line| output.line(line))?,
        PatternFormat::Json => {
            let answer = json!({ "pattern": pattern.to_string(), "words": lines });
            output.json(answer.to_string().as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Success)
}

fn parse(pattern: &Pattern, format: PatternFormat) -> Outcome<Exit> {
    let mut output = Output::new();
    match format {
        PatternFormat::Text => {
            let mut lines = Vec::new();
            draw(&observation(pattern.expression()), 0, &mut lines);
            lines.iter().try_for_each(|line| output.line(line))?;
            for one in pattern.observables() {
                let (kind, property) = (one.object_type, one.property);
                output.line(&format!("looks for {kind} {property} {}", one.value))?;
            }
        }
        PatternFormat::Json => {
            let observables: Vec<Value> = pattern
                .observables()
                .map(|one| json!({
                    "type": one.object_type, "property": one.property, "value": one.value.to_text(),
                }))
                .collect();
            let answer = json!({
                "pattern": pattern.to_string(),
                "expression": observation(pattern.expression()),
                "observables": observables,
            });
            output.json(answer.to_string().as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Success)
}

/// An expression as a tree: `{"operator":…,"operands":[…]}` or `{"comparison":…}`. Patterns are nested no deeper than
/// their parser allows.
fn observation(expression: &ObservationExpression) -> Value {
    let node = |operator: &str, operands: Vec<Value>| json!({ "operator": operator, "operands": operands });
    let all = |operands: &[ObservationExpression]| operands.iter().map(observation).collect();
    let mut value = match &expression.kind {
        ObservationKind::Comparison(inner) => node("observation", vec![comparison(inner)]),
        ObservationKind::Group(inner) => node("group", vec![observation(inner)]),
        ObservationKind::And(operands) => node("AND", all(operands)),
        ObservationKind::Or(operands) => node("OR", all(operands)),
        ObservationKind::FollowedBy(operands) => node("FOLLOWEDBY", all(operands)),
        _ => Value::Null,
    };
    if !expression.qualifiers.is_empty()
        && let Some(members) = value.as_object_mut()
    {
        let texts: Vec<String> = expression.qualifiers.iter().map(ToString::to_string).collect();
        members.insert("qualifiers".into(), texts.into());
    }
    value
}

fn comparison(expression: &ComparisonExpression) -> Value {
    let node = |operator: &str, operands: Vec<Value>| json!({ "operator": operator, "operands": operands });
    let all = |operands: &[ComparisonExpression]| operands.iter().map(comparison).collect();
    match expression {
        ComparisonExpression::Test(test) => one(test),
        ComparisonExpression::Group(inner) => node("group", vec![comparison(inner)]),
        ComparisonExpression::And(operands) => node("AND", all(operands)),
        ComparisonExpression::Or(operands) => node("OR", all(operands)),
        _ => Value::Null,
    }
}

fn one(test: &Comparison) -> Value {
    let values: Vec<String> = test.literals().iter().map(ToString::to_string).collect();
    json!({
        "comparison": test.to_string(), "path": test.path().to_string(), "negated": test.is_negated(),
        "operator": test.operator().as_str(), "values": values,
    })
}

fn draw(node: &Value, depth: usize, lines: &mut Vec<String>) {
    let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default();
    let qualifiers = node.get("qualifiers").and_then(Value::as_array).into_iter().flatten();
    let qualifiers: Vec<&str> = qualifiers.filter_map(Value::as_str).collect();
    let name = match node.get("comparison").and_then(Value::as_str) {
        Some(comparison) => comparison,
        None => text("operator"),
    };
    let line = [&[name][..], &qualifiers].concat().join(" ");
    lines.push(format!("{:width$}{line}", "", width = depth * 2));
    for operand in node.get("operands").and_then(Value::as_array).into_iter().flatten() {
        draw(operand, depth + 1, lines);
    }
}
