//! Prints the tree of a pattern, the observables that it asks for, and what tools dislike in it.
//!
//! ```text
//! cargo run -p inthreat-stix --example pattern_tree -- "[file:name = 'a.exe' OR url:value LIKE '%/a'] WITHIN 5 SECONDS"
//! ```

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use inthreat_stix::pattern::{
    ComparisonExpression, ObservationExpression, ObservationKind, Pattern,
};

#[expect(clippy::print_stderr, reason = "a program's output")]
fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let Some(source) = env::args().nth(1) else {
        eprintln!("usage: pattern_tree PATTERN");
        return Ok(ExitCode::from(2));
    };
    let pattern = match Pattern::parse(&source) {
        Ok(pattern) => pattern,
        Err(error) => {
            eprintln!("{}", error.render());
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut lines = Vec::new();
    observation(pattern.expression(), 0, &mut lines);
    for line in lines {
        writeln!(out, "{line}")?;
    }
    for observable in pattern.observables() {
        writeln!(
            out,
            "looks for {} {} {}",
            observable.object_type, observable.property, observable.value
        )?;
    }
    for finding in pattern.check() {
        writeln!(out, "{finding}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn observation(expression: &ObservationExpression, depth: usize, lines: &mut Vec<String>) {
    let (name, operands): (_, &[_]) = match &expression.kind {
        ObservationKind::Comparison(comparison_expression) => {
            push(lines, depth, &format!("observation{}", qualifiers(expression)));
            comparison(comparison_expression, depth + 1, lines);
            return;
        }
        ObservationKind::Group(inner) => ("group", std::slice::from_ref(&**inner)),
        ObservationKind::And(operands) => ("AND", operands),
        ObservationKind::Or(operands) => ("OR", operands),
        ObservationKind::FollowedBy(operands) => ("FOLLOWEDBY", operands),
        _ => return,
    };
    push(lines, depth, &format!("{name}{}", qualifiers(expression)));
    for operand in operands {
        observation(operand, depth + 1, lines);
    }
}

fn comparison(expression: &ComparisonExpression, depth: usize, lines: &mut Vec<String>) {
    let (name, operands): (_, &[_]) = match expression {
        ComparisonExpression::Test(test) => return push(lines, depth, &test.to_string()),
        ComparisonExpression::Group(inner) => ("group", std::slice::from_ref(&**inner)),
        ComparisonExpression::And(operands) => ("AND", operands),
        ComparisonExpression::Or(operands) => ("OR", operands),
        _ => return,
    };
    push(lines, depth, name);
    for operand in operands {
        comparison(operand, depth + 1, lines);
    }
}

fn qualifiers(expression: &ObservationExpression) -> String {
    let mut text = String::new();
    for qualifier in &expression.qualifiers {
        text.push(' ');
        text.push_str(&qualifier.to_string());
    }
    text
}

fn push(lines: &mut Vec<String>, depth: usize, text: &str) {
    lines.push(format!("{:width$}{text}", "", width = depth * 2));
}
