//! The STIX Patterning Language (STIX 2.1 section 9).
mod ast;
mod display;
mod error;
mod hash;
mod instant;
mod literal;
mod observable;
mod options;
mod parser;
mod path;
mod span;
#[cfg(test)]
mod tests;
mod token;
mod whole;

pub use ast::{
    Comparison, ComparisonExpression, ObservationExpression, ObservationKind, Operand, Operator,
    Qualifier,
};
pub use error::{ParseError, ParseErrorKind};
pub use hash::HashAlgorithm;
pub use literal::{Literal, TimestampLiteral};
pub use observable::{Comparisons, Observable};
pub use options::{MAX_LENGTH, ParseOptions};
pub use parser::MAX_NESTING;
pub use path::{ObjectPath, PathStep, Steps};
pub use span::Span;
pub use whole::Pattern;
