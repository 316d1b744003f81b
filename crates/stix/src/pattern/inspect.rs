//! A summary of what a pattern uses: object types, comparisons, observation operators and qualifiers.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{Lexer, TokenKind};
use super::{ObservationExpression, ObservationKind, Operand, PathStep, Pattern, Span};

/// What a pattern uses, in the terms of the OASIS pattern inspector; made by [`Pattern::inspect`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inspection<'p> {
    /// The comparisons of each object type, in the order of the text. `EXISTS` is not among them.
    pub comparisons: BTreeMap<&'p str, Vec<InspectedComparison<'p>>>,
    /// The operators between observation expressions: `AND`, `OR`, `FOLLOWEDBY`.
    pub observation_operators: BTreeSet<&'static str>,
    /// The qualifiers as they are written but for white space, as `WITHIN 300 SECONDS`.
    pub qualifiers: BTreeSet<String>,
}

/// One comparison of an [`Inspection`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct InspectedComparison<'p> {
    /// The steps of the path after the object type.
    pub path: Vec<PathStep<'p>>,
    /// The operator as it is written, with `NOT ` before it where that stands there.
    pub operator: String,
    /// The literal or set as it is written, without white space and comments between its tokens.
    pub value: String,
}

impl Pattern {
    /// What the pattern uses, as text. To walk its comparisons, see [`Pattern::comparisons`].
    ///
    /// ```
    /// use inthreat_stix::pattern::Pattern;
    ///
    /// let pattern = Pattern::parse("[file:size NOT IN (1, 2)] WITHIN 5 SECONDS")?;
    /// let inspection = pattern.inspect();
    /// let comparison = &inspection.comparisons["file"][0];
    /// assert_eq!((comparison.operator.as_str(), comparison.value.as_str()), ("NOT IN", "(1,2)"));
    /// assert!(inspection.qualifiers.contains("WITHIN 5 SECONDS"));
    /// # Ok::<(), inthreat_stix::pattern::ParseError>(())
    /// ```
    pub fn inspect(&self) -> Inspection<'_> {
        let mut comparisons: BTreeMap<&str, Vec<InspectedComparison<'_>>> = BTreeMap::new();
        for comparison in self.comparisons() {
            if *comparison.operand() == Operand::None {
                continue;
            }
            let operator_span = comparison.operator_span();
            let written = self.source().get(operator_span.range()).unwrap_or_default();
            let not = if comparison.is_negated() { "NOT " } else { "" };
            let operand = Span::new(operator_span.end(), comparison.span().end());
            let path = comparison.path();
            comparisons.entry(path.object_type()).or_default().push(InspectedComparison {
                path: path.steps().collect(),
                operator: format!("{not}{written}"),
                value: self.compact(operand),
            });
        }
        Inspection {
            comparisons,
            observation_operators: observation_operators(self.expression()),
            qualifiers: self.written_qualifiers(),
        }
    }

    /// A qualifier's first keyword stands nowhere else in the language, so the tokens are enough.
    fn written_qualifiers(&self) -> BTreeSet<String> {
        let source = self.source();
        let mut lexer = Lexer::new(source, Span::new(0, source.len()));
        let mut qualifiers = BTreeSet::new();
        let mut written = String::new();
        let mut missing = 0;
        while let Ok(token) = lexer.next_token()
            && token.kind != TokenKind::End
        {
            missing = match token.kind {
                TokenKind::Repeats | TokenKind::Within => 3,
                TokenKind::Start => 4,
                _ if missing == 0 => continue,
                _ => {
                    written.push(' ');
                    missing
                }
            };
            written.push_str(source.get(token.span.range()).unwrap_or_default());
            missing -= 1;
            if missing == 0 {
                qualifiers.insert(std::mem::take(&mut written));
            }
        }
        qualifiers
    }
}

fn observation_operators(root: &ObservationExpression) -> BTreeSet<&'static str> {
    let mut operators = BTreeSet::new();
    let mut stack = vec![root];
    while let Some(expression) = stack.pop() {
        let (operator, operands): (_, &[_]) = match &expression.kind {
            ObservationKind::Comparison(_) => (None, &[]),
            ObservationKind::Group(inner) => (None, std::slice::from_ref(&**inner)),
            ObservationKind::And(operands) => (Some("AND"), operands),
            ObservationKind::Or(operands) => (Some("OR"), operands),
            ObservationKind::FollowedBy(operands) => (Some("FOLLOWEDBY"), operands),
        };
        operators.extend(operator);
        stack.extend(operands);
    }
    operators
}
