//! The STIX Patterning Language (STIX 2.1 section 9).
mod ast;
mod canonical;
mod check;
mod display;
mod equivalence;
mod error;
mod hash;
mod inspect;
mod instant;
mod literal;
mod match_error;
mod matching;
mod normalize;
mod observable;
mod observation;
mod options;
mod parser;
mod path;
mod predicate;
mod search;
mod select;
mod span;
mod subnet;
#[cfg(test)]
mod tests;
mod token;
mod whole;

pub use ast::{
    Comparison, ComparisonExpression, ObservationExpression, ObservationKind, Operand, Operator,
    Qualifier,
};
pub use check::{Finding, FindingCode};
pub use equivalence::EquivalenceError;
pub use error::{ParseError, ParseErrorKind};
pub use hash::HashAlgorithm;
pub use inspect::{InspectedComparison, Inspection};
pub use literal::{Literal, TimestampLiteral};
pub use match_error::{MatchError, MatchErrorKind};
pub use matching::MatchOptions;
pub use observable::{Comparisons, Observable};
pub use observation::Observation;
pub use options::{MAX_LENGTH, ParseOptions};
pub use parser::MAX_NESTING;
pub use path::{ObjectPath, PathStep, Steps};
pub use search::MAX_COMBINED_OBSERVATIONS;
pub use span::Span;
pub use whole::Pattern;
