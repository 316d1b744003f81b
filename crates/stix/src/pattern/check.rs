//! What tools refuse in a pattern that the grammar accepts.

use std::fmt;

use super::token::{Lexer, TokenKind};
use super::{
    Comparison, ComparisonExpression, HashAlgorithm, ObservationExpression, ObservationKind,
    Pattern, Qualifier, Span,
};

/// Something [`Pattern::check`] has found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub code: FindingCode,
    /// Where it is in [`Pattern::source`].
    pub span: Span,
    /// What is wrong, in words.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// The kinds of finding; their names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingCode {
    /// `malformed-hash`: a value compared with a hash does not have the form of its algorithm. An error.
    MalformedHash,
    /// `duplicate-qualifier`: one observation has two qualifiers of a kind. An error.
    DuplicateQualifier,
    /// `leading-comment`: a comment stands before the first bracket. An error.
    LeadingComment,
    /// `mixed-object-types`: an `AND` whose operands speak of different object types, which no object can meet. A
    /// warning.
    MixedObjectTypes,
}

impl FindingCode {
    /// The stable name, as `malformed-hash`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedHash => "malformed-hash",
            Self::DuplicateQualifier => "duplicate-qualifier",
            Self::LeadingComment => "leading-comment",
            Self::MixedObjectTypes => "mixed-object-types",
        }
    }

    /// Whether the OASIS pattern validator refuses a pattern with such a finding.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::MixedObjectTypes)
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Pattern {
    /// What tools refuse or dislike in this pattern although the grammar accepts it, in no particular order.
    ///
    /// A pattern is acceptable to the OASIS validator (stix2-patterns 2.1.2) if it parses and has no finding whose
    /// code [is an error](FindingCode::is_error):
    ///
    /// ```
    /// use inthreat_stix::pattern::{FindingCode, Pattern};
    ///
    /// let pattern = Pattern::parse("[file:hashes.'SHA-256' = 'f00']")?;
    /// let findings = pattern.check();
    /// assert_eq!(findings[0].code, FindingCode::MalformedHash);
    /// assert_eq!(findings[0].to_string(), "malformed-hash: `f00` is not a SHA-256 value");
    /// assert!(!pattern.is_acceptable());
    /// # Ok::<(), inthreat_stix::pattern::ParseError>(())
    /// ```
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.check_start(&mut findings);
        self.comparisons().for_each(|comparison| check_hashes(comparison, &mut findings));
        check_observation(self.expression(), &mut findings);
        findings
    }

    /// Whether no finding of [`check`](Self::check) is an error.
    pub fn is_acceptable(&self) -> bool {
        !self.check().iter().any(|finding| finding.code.is_error())
    }

    /// The validator looks for `[` behind white space and parentheses before it parses.
    fn check_start(&self, findings: &mut Vec<Finding>) {
        let source = self.source();
        let rest = source.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
        if rest.starts_with('/') {
            let start = source.len() - rest.len();
            let mut lexer = Lexer::new(source, Span::new(start, source.len()));
            let end = lexer.next_token().map_or(start, |token| token.span.start());
            findings.push(Finding {
                code: FindingCode::LeadingComment,
                span: Span::new(start, end),
                message: "a comment stands before the first `[`".to_owned(),
            });
        }
    }

    /// The tokens of a part of the text, without white space and comments.
    pub(super) fn compact(&self, span: Span) -> String {
        let mut lexer = Lexer::new(self.source(), span);
        let mut text = String::new();
        while let Ok(token) = lexer.next_token()
            && token.kind != TokenKind::End
        {
            text.push_str(self.source().get(token.span.range()).unwrap_or_default());
        }
        text
    }
}

/// Each value on its own: the OASIS validator looks at the text of the whole set and so refuses every one.
fn check_hashes(comparison: &Comparison, findings: &mut Vec<Finding>) {
    let Some(algorithm) = comparison.hash_algorithm() else { return };
    if algorithm == HashAlgorithm::Tlsh {
        // The validator does not know its form.
        return;
    }
    for literal in comparison.literals() {
        let value = literal.to_text();
        // Hashes are strings: a number is none even if it has the digits.
        if literal.as_str().is_none() || !algorithm.is_valid(&value) {
            findings.push(Finding {
                code: FindingCode::MalformedHash,
                span: comparison.span(),
                message: format!("`{value}` is not {} {algorithm} value", article(algorithm)),
            });
        }
    }
}

/// These are read letter by letter, and the name of the first one begins with a vowel.
fn article(algorithm: HashAlgorithm) -> &'static str {
    match algorithm {
        HashAlgorithm::Md5 | HashAlgorithm::Md6 | HashAlgorithm::Ssdeep => "an",
        _ => "a",
    }
}

fn check_observation(expression: &ObservationExpression, findings: &mut Vec<Finding>) {
    match &expression.kind {
        ObservationKind::Comparison(comparison) => {
            check_qualifiers(expression, findings);
            object_types(comparison, expression.span, findings);
        }
        ObservationKind::Group(inner) => check_observation(inner, findings),
        ObservationKind::And(operands)
        | ObservationKind::Or(operands)
        | ObservationKind::FollowedBy(operands) => {
            for operand in operands {
                check_observation(operand, findings);
            }
        }
    }
}

/// Only what stands directly after a bracket counts: parentheses make a new expression (section 9.5.1).
fn check_qualifiers(expression: &ObservationExpression, findings: &mut Vec<Finding>) {
    let mut seen = [false; 3];
    for qualifier in &expression.qualifiers {
        let [repeats, within, start_stop] = &mut seen;
        let (flag, name) = match qualifier {
            Qualifier::Repeats(_) => (repeats, "REPEATS"),
            Qualifier::Within(_) => (within, "WITHIN"),
            Qualifier::StartStop { .. } => (start_stop, "START STOP"),
        };
        if *flag {
            findings.push(Finding {
                code: FindingCode::DuplicateQualifier,
                span: expression.span,
                message: format!("`{name}` qualifies one observation twice"),
            });
        }
        *flag = true;
    }
}

/// The object types that can meet an expression, sorted; reports an `AND` that none can meet.
fn object_types<'p>(
    expression: &'p ComparisonExpression,
    span: Span,
    findings: &mut Vec<Finding>,
) -> Vec<&'p str> {
    match expression {
        ComparisonExpression::Test(comparison) => vec![comparison.path().object_type()],
        ComparisonExpression::Group(inner) => object_types(inner, span, findings),
        ComparisonExpression::Or(operands) => {
            let mut types: Vec<&str> =
                operands.iter().flat_map(|operand| object_types(operand, span, findings)).collect();
            types.sort_unstable();
            types.dedup();
            types
        }
        ComparisonExpression::And(operands) => {
            let mut operands = operands.iter().map(|operand| object_types(operand, span, findings));
            let mut common = operands.next().unwrap_or_default();
            let mut was_empty = common.is_empty();
            let rest: Vec<Vec<&str>> = operands.collect();
            for types in rest {
                // What is empty below has been reported there.
                was_empty = was_empty || types.is_empty();
                common.retain(|name| types.binary_search(name).is_ok());
            }
            if common.is_empty() && !was_empty {
                findings.push(Finding {
                    code: FindingCode::MixedObjectTypes,
                    span,
                    message: "no object has all the types that an `AND` asks for".to_owned(),
                });
            }
            common
        }
    }
}
