//! What a pattern says besides the values that it names.

use inthreat_stix::pattern::{ComparisonExpression, ObservationExpression, ObservationKind};

/// Whether each value of a pattern fulfils it alone: nothing joins the comparisons but OR.
pub(crate) fn is_any_enough(expression: &ObservationExpression) -> bool {
    let mut observations = vec![expression];
    let mut comparisons = Vec::new();
    while let Some(expression) = observations.pop() {
        match &expression.kind {
            ObservationKind::Comparison(inner) => comparisons.push(inner),
            ObservationKind::Group(inner) => observations.push(inner),
            ObservationKind::Or(operands) => observations.extend(operands),
            _ => return false,
        }
    }
    while let Some(expression) = comparisons.pop() {
        match expression {
            ComparisonExpression::Test(_) => {}
            ComparisonExpression::Group(inner) => comparisons.push(inner),
            ComparisonExpression::Or(operands) => comparisons.extend(operands),
            _ => return false,
        }
    }
    true
}
