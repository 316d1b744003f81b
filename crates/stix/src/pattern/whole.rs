//! The pattern as a whole: its text and the expression it was read into.

use std::str::FromStr;

use super::error::{Fault, ParseErrorKind};
use super::parser::Parser;
use super::{ObservationExpression, ParseError, ParseOptions};

/// A STIX pattern (STIX 2.1 section 9): its text and what it says.
///
/// Two patterns are equal when they are written the same but for white space, comments, the spelling of operators
/// and literals, and quotes that are not needed: the expressions are compared, not the texts and not the spans.
/// [`is_equivalent_to`](Self::is_equivalent_to) compares the meaning.
///
/// ```
/// use inthreat_stix::pattern::Pattern;
///
/// let pattern: Pattern = "[ipv4-addr:value == '198.51.100.7'] // seen twice".parse()?;
/// assert_eq!(pattern.to_string(), "[ipv4-addr:value = '198.51.100.7']");
/// assert_eq!(pattern, Pattern::parse("[ipv4-addr:'value'='198.51.100.7']")?);
/// # Ok::<(), inthreat_stix::pattern::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    source: Box<str>,
    expression: ObservationExpression,
}

impl Pattern {
    /// Reads a pattern of at most [`MAX_LENGTH`](super::MAX_LENGTH) bytes.
    ///
    /// This is the verdict of the OASIS grammar alone; [`check`](Self::check) has what else tools refuse.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Self::parse_with(source, ParseOptions::default())
    }

    /// Reads a pattern within given limits.
    pub fn parse_with(source: &str, options: ParseOptions) -> Result<Self, ParseError> {
        let result = if source.len() > options.max_length {
            let (expected, found) = ("a pattern of the permitted length", "a longer one");
            Err(Fault::limit(ParseErrorKind::TooLong, 0, expected, found))
        } else {
            Parser::parse(source)
        };
        match result {
            Ok(expression) => Ok(Self { source: source.into(), expression }),
            Err(fault) => Err(ParseError::new(source, fault)),
        }
    }

    /// The text as it was given; every span is a range of it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What the pattern says.
    pub fn expression(&self) -> &ObservationExpression {
        &self.expression
    }

    /// What the pattern says, to keep.
    pub fn into_expression(self) -> ObservationExpression {
        self.expression
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression
    }
}

impl FromStr for Pattern {
    type Err = ParseError;

    fn from_str(source: &str) -> Result<Self, ParseError> {
        Self::parse(source)
    }
}
