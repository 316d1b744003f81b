//! What a pattern is made of, part by part.

use inthreat_stix::pattern::{
    Comparison, ComparisonExpression, ObservationExpression, ObservationKind, Pattern,
};
use serde_json::{Value, json};

/// A part of a pattern; those that follow it and are deeper belong to it.
pub(super) struct Part<'p> {
    /// 0 for the whole.
    pub(super) depth: usize,
    /// What joins the parts in it, or what it is.
    node: &'static str,
    /// How often and when it is to happen.
    qualifiers: Vec<String>,
    test: Option<&'p Comparison>,
}

impl Part<'_> {
    pub(super) const HEAD: [&'static str; 6] =
        ["depth", "node", "qualifiers", "path", "operator", "values"];

    pub(super) fn words(&self) -> String {
        let name = self.test.map_or_else(|| self.node.to_owned(), ToString::to_string);
        [&[name][..], &self.qualifiers].concat().join(" ")
    }

    pub(super) fn json(&self) -> Value {
        let Self { depth, node, qualifiers, test } = self;
        match test {
            None => json!({ "depth": depth, "node": node, "qualifiers": qualifiers }),
            Some(test) => json!({
                "depth": depth, "node": node, "comparison": test.to_string(),
                "path": test.path().to_string(), "negated": test.is_negated(),
                "operator": test.operator().as_str(), "values": values(test),
            }),
        }
    }

    pub(super) fn row(&self) -> Vec<String> {
        let mut row = vec![self.depth.to_string(), self.node.to_owned(), self.qualifiers.join(" ")];
        match self.test {
            None => row.resize(Self::HEAD.len(), String::new()),
            Some(test) => {
                let not = if test.is_negated() { "NOT " } else { "" };
                let operator = format!("{not}{}", test.operator().as_str());
                row.extend([test.path().to_string(), operator, values(test).join(", ")]);
            }
        }
        row
    }
}

fn values(test: &Comparison) -> Vec<String> {
    test.literals().iter().map(|literal| literal.to_text().to_string()).collect()
}

/// The parts in the order of the text. Patterns are nested no deeper than their parser allows.
pub(super) fn parts(pattern: &Pattern) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    observation(pattern.expression(), 0, &mut parts);
    parts
}

fn observation<'p>(expression: &'p ObservationExpression, depth: usize, parts: &mut Vec<Part<'p>>) {
    let (node, operands): (_, &[_]) = match &expression.kind {
        ObservationKind::Comparison(_) => ("observation", &[]),
        ObservationKind::Group(inner) => ("group", std::slice::from_ref(&**inner)),
        ObservationKind::And(operands) => ("AND", operands),
        ObservationKind::Or(operands) => ("OR", operands),
        ObservationKind::FollowedBy(operands) => ("FOLLOWEDBY", operands),
        _ => return,
    };
    let qualifiers = expression.qualifiers.iter().map(ToString::to_string).collect();
    parts.push(Part { depth, node, qualifiers, test: None });
    if let ObservationKind::Comparison(inner) = &expression.kind {
        comparison(inner, depth + 1, parts);
    }
    for operand in operands {
        observation(operand, depth + 1, parts);
    }
}

fn comparison<'p>(expression: &'p ComparisonExpression, depth: usize, parts: &mut Vec<Part<'p>>) {
    let (node, operands, test): (_, &[_], _) = match expression {
        ComparisonExpression::Test(test) => ("comparison", &[], Some(test)),
        ComparisonExpression::Group(inner) => ("group", std::slice::from_ref(&**inner), None),
        ComparisonExpression::And(operands) => ("AND", operands, None),
        ComparisonExpression::Or(operands) => ("OR", operands, None),
        _ => return,
    };
    parts.push(Part { depth, node, qualifiers: Vec::new(), test });
    for operand in operands {
        comparison(operand, depth + 1, parts);
    }
}
