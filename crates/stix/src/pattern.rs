//! The STIX Patterning Language (STIX 2.1 section 9): reading, printing, checking, matching and comparing patterns.
//!
//! ```
//! use inthreat_stix::pattern::Pattern;
//!
//! let pattern = Pattern::parse("[file:hashes.MD5 = 'cead3f77f6cda6ec00f57d76c9a6879f' OR file:name = 'a.exe']")?;
//! for observable in pattern.observables() {
//!     println!("{}:{} {}", observable.object_type, observable.property, observable.value);
//! }
//! # Ok::<(), inthreat_stix::pattern::ParseError>(())
//! ```
//!
//! # What is accepted
//!
//! [`Pattern::parse`] accepts exactly what the OASIS grammar of STIX 2.1 accepts (`STIXPattern.g4` as in
//! stix2-patterns 2.1.2), and three limits of its own: [`MAX_LENGTH`], [`MAX_NESTING`] and the range of numbers
//! ([`ParseErrorKind::OutOfRange`]). That grammar is stricter than some texts about it: keywords are upper case and
//! `true` and `false` lower case; a property with a hyphen, or one that is a keyword, needs quotes; a number has no
//! exponent and no leading zero; `b''` is not empty; `START` and `STOP` take timestamp literals; a comment is
//! `/* … */` or `// …` to the end of the line; white space is what Unicode calls so, without a byte order mark.
//!
//! Where the tools of the field disagree about a pattern, this crate does the following.
//!
//! | subject | decision |
//! |---|---|
//! | `START '…' STOP '…'` with plain strings, as in STIX 2.0 | refused, as the OASIS validator does for both versions |
//! | one qualifier twice on one observation | parses; [`check`](Pattern::check) reports [`FindingCode::DuplicateQualifier`]; with parentheses between them there is no finding |
//! | `AND` over different object types | parses; a warning, [`FindingCode::MixedObjectTypes`]; no object ever matches |
//! | a hash that has not the form of its algorithm | parses; [`FindingCode::MalformedHash`], after every operator |
//! | a set of well-formed hashes after `IN` | no finding: the validator's refusal looks at the text of the whole set and is a defect |
//! | a comment before the first bracket | parses; [`FindingCode::LeadingComment`], since the validator looks for the bracket first |
//! | a chain of a thousand operands | parses: a chain is one flat node |
//! | days that the calendar does not have, second 60 | parse; such a day is an error when the pattern is matched, second 60 is the first of the next minute |
//! | fractions of a second beyond nine digits | parse, are kept, and are cut for comparison |
//! | `EXISTS`, which STIX 2.0 does not have | parses: there is one grammar, that of 2.1 |
//! | a negative index in a path | parses, and selects nothing |
//! | line feeds inside `b'…'`, which section 9.2 allows | refused, as the grammar does |
//!
//! So a pattern is acceptable to the OASIS validator if it parses and [`Pattern::is_acceptable`], but for valid sets
//! of hashes.
//!
//! # Matching
//!
//! [`Pattern::matches`] follows section 9.5 and 9.6 and agrees with the OASIS matcher (stix2-matcher 3.0.0), but
//! where that one departs from the specification:
//!
//! - `EXISTS` works; `NOT EXISTS` is met by an object of the type that has no such property. (Read to the letter,
//!   section 9.6 has every comparison of a missing property fail, which leaves `NOT EXISTS` without a use.)
//! - `.` in a regular expression and `%` and `_` in `LIKE` stand for line feeds too.
//! - `ISSUBSET` and `ISSUPERSET` know IPv6 and prefixes of length 0, and a property that is no address does not
//!   match instead of being an error.
//! - A boolean is never a member of a set of numbers.
//! - Timestamps compare to the nanosecond.
//!
//! In one point it is the OASIS matcher that is followed, since its tests ask for it: two observations that are as far
//! apart as `WITHIN` says are within it, where section 9.5.1 leaves the end of the window out.
//!
//! A property whose name ends in `_hex` or `_bin` is bytes, one that ends in `_ref` or `_refs` is the objects it
//! refers to. Values of types that do not compare are unequal, and have no order with or without `NOT`.
//!
//! `MATCHES` searches with the `regex` crate, not with PCRE: there are no look-around assertions, no backreferences
//! and no possessive or atomic groups, all of which make a search take exponential time. An expression that uses
//! them, or that compiles to more than 1 MiB, is a [`MatchErrorKind::Pattern`]. `$` is the end of the text alone, not
//! also the place before a last line feed. `LIKE` and `MATCHES` compare text in normalization form C; bytes are
//! searched byte by byte.
//!
//! # Limits
//!
//! No input panics, and none is read in more than linear time. Parentheses are the only thing that nests, so dropping,
//! printing and comparing a pattern that was read needs a stack of bounded depth.

mod ast;
mod canonical;
mod check;
mod display;
mod equivalence;
mod error;
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
mod plan;
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
pub use inspect::{InspectedComparison, Inspection};
pub use literal::{Literal, TimestampLiteral};
pub use match_error::{MatchError, MatchErrorKind};
pub use matching::MatchOptions;
pub use observable::{Comparisons, Observable};
pub use observation::Observation;
pub use options::{MAX_LENGTH, ParseOptions};
pub use parser::MAX_NESTING;
pub use path::{ObjectPath, PathStep, Steps};
pub use plan::MAX_COMBINED_OBSERVATIONS;
pub use span::Span;
pub use whole::Pattern;

use crate::HashAlgorithm;
