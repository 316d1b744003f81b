//! A comparison made ready to be tested on many values (STIX 2.1 section 9.6.1).

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder, bytes};
use serde_json::{Number, Value};

use super::instant::Instant;
use super::normalize::nfc;
use super::observation::object_type;
use super::select::{Budget, Selected, exists, select};
use super::subnet::Subnet;
use super::{
    Comparison, Literal, MatchError, MatchErrorKind, Observation, Operand, Operator, PathStep,
};

/// How many bytes a compiled regular expression may take.
const REGEX_SIZE_LIMIT: usize = 1 << 20;

/// How many steps compiling a regular expression counts as, so that a match compiles at most some hundreds
/// with the default limit.
const SEARCH_STEPS: usize = 250_000;

/// How many steps each byte of a `LIKE` counts as: each wildcard is a small automaton.
const LIKE_STEPS_PER_BYTE: usize = 50;

/// A comparison with its path split and its operand compiled.
#[derive(Debug)]
pub(super) struct Predicate<'p> {
    object_type: &'p str,
    steps: Vec<PathStep<'p>>,
    negated: bool,
    test: Test,
}

#[derive(Debug)]
enum Test {
    Exists,
    /// Equality with any of the constants; the flag turns it round.
    AnyOf(Vec<Constant>, bool),
    Order(Constant, fn(Ordering) -> bool),
    Text(Regex),
    Search(Regex, Option<bytes::Regex>),
    IsSubset(Subnet),
    IsSuperset(Subnet),
}

/// A constant as values are compared with it.
#[derive(Debug)]
enum Constant {
    Text(String),
    Number(Num),
    Boolean(bool),
    Bytes(Vec<u8>),
    Time(Instant),
}

#[derive(Clone, Copy, Debug)]
enum Num {
    Whole(i128),
    Real(f64),
}

impl<'p> Predicate<'p> {
    pub(super) fn compile(
        comparison: &'p Comparison,
        budget: &mut Budget,
    ) -> Result<Self, MatchError> {
        budget.spend(match (comparison.operator(), comparison.literals()) {
            (Operator::Matches, _) => SEARCH_STEPS,
            (Operator::Like, [Literal::String(text)]) => {
                text.len().saturating_mul(LIKE_STEPS_PER_BYTE)
            }
            (_, literals) => literals.len(),
        })?;
        let test = match (comparison.operator(), comparison.operand()) {
            (Operator::In, Operand::Set(members)) => Test::AnyOf(set(members)?, false),
            (operator, Operand::Literal(literal)) => compile_test(operator, literal)?,
            (_, Operand::None | Operand::Set(_)) => Test::Exists,
        };
        Ok(Self {
            object_type: comparison.path().object_type(),
            steps: comparison.path().steps().collect(),
            negated: comparison.is_negated(),
            test,
        })
    }

    /// Whether any value at the path below `root` passes.
    pub(super) fn holds(
        &self,
        observation: &Observation,
        root: &Value,
        budget: &mut Budget,
    ) -> Result<bool, MatchError> {
        budget.spend(1)?;
        if object_type(root) != self.object_type {
            return Ok(false);
        }
        if matches!(self.test, Test::Exists) {
            return Ok(exists(observation, root, &self.steps, budget)? != self.negated);
        }
        let values = select(observation, root, &self.steps, budget)?;
        let mut holds = false;
        for value in &values {
            budget.spend(self.test.cost())?;
            holds = holds || self.test.passes(value, self.negated)?;
        }
        Ok(holds)
    }
}

impl Test {
    fn cost(&self) -> usize {
        match self {
            Self::AnyOf(constants, _) => constants.len(),
            _ => 1,
        }
    }

    fn passes(&self, value: &Selected<'_>, negated: bool) -> Result<bool, MatchError> {
        let result = match self {
            Self::Exists => true,
            Self::AnyOf(constants, turned) => {
                let mut equal = false;
                for constant in constants {
                    equal =
                        equal || compare(value, constant)? == Compared::Ordered(Ordering::Equal);
                }
                equal != *turned
            }
            Self::Order(constant, accepts) => match compare(value, constant)? {
                Compared::Ordered(ordering) => accepts(ordering),
                Compared::Unequal => false,
                // Types that have no order among them fail with and without `NOT`.
                Compared::Incompatible => return Ok(false),
            },
            Self::Text(regex) => match value {
                Selected::Json(Value::String(text)) => regex.is_match(&nfc(text)),
                Selected::Bytes(bytes) => {
                    std::str::from_utf8(bytes).is_ok_and(|text| regex.is_match(&nfc(text)))
                }
                Selected::Json(_) | Selected::Objects(_) => false,
            },
            Self::Search(regex, binary) => match value {
                Selected::Json(Value::String(text)) => regex.is_match(&nfc(text)),
                Selected::Bytes(bytes) => {
                    binary.as_ref().is_some_and(|regex| regex.is_match(bytes))
                }
                Selected::Json(_) | Selected::Objects(_) => false,
            },
            Self::IsSubset(range) => subnet(value).is_some_and(|inner| range.contains(inner)),
            Self::IsSuperset(range) => subnet(value).is_some_and(|outer| outer.contains(*range)),
        };
        Ok(result != negated)
    }
}

fn compile_test(operator: Operator, literal: &Literal) -> Result<Test, MatchError> {
    let text = literal.as_str().unwrap_or_default();
    let accepts: fn(Ordering) -> bool = match operator {
        Operator::Equal => return Ok(Test::AnyOf(vec![constant(literal)?], false)),
        Operator::NotEqual => return Ok(Test::AnyOf(vec![constant(literal)?], true)),
        Operator::Like => return Ok(Test::Text(regex(&like(text))?)),
        Operator::Matches => return search(text),
        Operator::IsSubset => return Ok(Test::IsSubset(range(text)?)),
        Operator::IsSuperset => return Ok(Test::IsSuperset(range(text)?)),
        Operator::Exists | Operator::In => return Ok(Test::Exists),
        Operator::Less => Ordering::is_lt,
        Operator::LessOrEqual => Ordering::is_le,
        Operator::Greater => Ordering::is_gt,
        Operator::GreaterOrEqual => Ordering::is_ge,
    };
    Ok(Test::Order(constant(literal)?, accepts))
}

/// The members of a set have one type, where integers and floats are one (section 9.6.1).
fn set(members: &[Literal]) -> Result<Vec<Constant>, MatchError> {
    let constants: Vec<Constant> = members.iter().map(constant).collect::<Result<_, _>>()?;
    let mut kinds = constants.iter().map(std::mem::discriminant);
    let first = kinds.next();
    if kinds.any(|kind| Some(kind) != first) {
        return Err(impossible("a set has members of several types"));
    }
    Ok(constants)
}

fn constant(literal: &Literal) -> Result<Constant, MatchError> {
    Ok(match literal {
        Literal::String(text) => Constant::Text(text.clone()),
        Literal::Integer(value) => Constant::Number(Num::Whole(*value)),
        Literal::Float(value) => Constant::Number(Num::Real(*value)),
        Literal::Boolean(value) => Constant::Boolean(*value),
        Literal::Binary(bytes) | Literal::Hex(bytes) => Constant::Bytes(bytes.clone()),
        Literal::Timestamp(timestamp) => {
            let instant = timestamp.instant();
            let message = || impossible(format!("the calendar has no `{timestamp}`"));
            Constant::Time(instant.ok_or_else(message)?)
        }
    })
}

fn range(text: &str) -> Result<Subnet, MatchError> {
    Subnet::parse(text).ok_or_else(|| impossible(format!("`{text}` is no address range")))
}

fn subnet(value: &Selected<'_>) -> Option<Subnet> {
    match value {
        Selected::Json(Value::String(text)) => Subnet::parse(text),
        _ => None,
    }
}

/// `%` is any text, `_` any character, and the whole value has to match.
fn like(pattern: &str) -> String {
    let mut result = String::from(r"\A");
    let pattern = nfc(pattern);
    for piece in pattern.split_inclusive(['%', '_']) {
        let (text, wildcard) = match piece.char_indices().next_back() {
            Some((at, '%')) => (piece.get(..at), ".*"),
            Some((at, '_')) => (piece.get(..at), "."),
            _ => (Some(piece), ""),
        };
        result.push_str(&regex::escape(text.unwrap_or_default()));
        result.push_str(wildcard);
    }
    result.push_str(r"\z");
    result
}

fn regex(source: &str) -> Result<Regex, MatchError> {
    RegexBuilder::new(source)
        .dot_matches_new_line(true)
        .size_limit(REGEX_SIZE_LIMIT)
        .dfa_size_limit(REGEX_SIZE_LIMIT)
        .build()
        .map_err(|error| impossible(format!("`{source}` cannot be compiled")).caused_by(error))
}

/// Bytes are searched byte by byte: an expression with characters beyond U+00FF, or with Unicode classes, finds nothing
/// in them.
fn search(source: &str) -> Result<Test, MatchError> {
    let source = nfc(source);
    let text = regex(&source)?;
    let binary = if source.chars().all(|c| u32::from(c) < 256) {
        let escaped: String = source.chars().map(escape_latin).collect();
        bytes::RegexBuilder::new(&escaped)
            .unicode(false)
            .dot_matches_new_line(true)
            .size_limit(REGEX_SIZE_LIMIT)
            .dfa_size_limit(REGEX_SIZE_LIMIT)
            .build()
            .ok()
    } else {
        None
    };
    Ok(Test::Search(text, binary))
}

fn escape_latin(character: char) -> String {
    if character.is_ascii() {
        character.to_string()
    } else {
        format!(r"\x{:02X}", u32::from(character))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Ordered(Ordering),
    /// Of types that can be compared, but these two values cannot.
    Unequal,
    Incompatible,
}

fn compare(value: &Selected<'_>, constant: &Constant) -> Result<Compared, MatchError> {
    let ordering = match (value, constant) {
        (Selected::Json(Value::String(text)), Constant::Text(other)) => text.cmp(other),
        (Selected::Json(Value::String(text)), Constant::Time(time)) => {
            let instant = Instant::parse(text).ok_or_else(|| {
                let message = format!("`{text}` is compared with a timestamp and is none");
                MatchError::new(MatchErrorKind::Value, message)
            })?;
            instant.cmp(time)
        }
        (Selected::Json(Value::String(text)), Constant::Bytes(bytes)) => {
            return Ok(compare_latin(text, bytes));
        }
        (Selected::Bytes(bytes), Constant::Text(text)) => {
            return Ok(match compare_latin(text, bytes) {
                Compared::Ordered(ordering) => Compared::Ordered(ordering.reverse()),
                other => other,
            });
        }
        (Selected::Bytes(bytes), Constant::Bytes(other)) => bytes.cmp(other),
        (Selected::Json(Value::Bool(value)), Constant::Boolean(other)) => value.cmp(other),
        (Selected::Json(Value::Number(value)), Constant::Number(other)) => {
            return Ok(number(value).map_or(Compared::Incompatible, |value| {
                compare_numbers(value, *other).map_or(Compared::Unequal, Compared::Ordered)
            }));
        }
        _ => return Ok(Compared::Incompatible),
    };
    Ok(Compared::Ordered(ordering))
}

/// A string compares with bytes as its code points do, if all are below 256 (section 9.2).
fn compare_latin(text: &str, bytes: &[u8]) -> Compared {
    if text.chars().any(|c| u32::from(c) > 255) {
        return Compared::Unequal;
    }
    let points = text.chars().map(u32::from);
    Compared::Ordered(points.cmp(bytes.iter().map(|byte| u32::from(*byte))))
}

fn number(value: &Number) -> Option<Num> {
    value.as_i128().map(Num::Whole).or_else(|| value.as_f64().map(Num::Real))
}

fn compare_numbers(left: Num, right: Num) -> Option<Ordering> {
    match (left, right) {
        (Num::Whole(left), Num::Whole(right)) => Some(left.cmp(&right)),
        (Num::Real(left), Num::Real(right)) => left.partial_cmp(&right),
        (Num::Whole(left), Num::Real(right)) => compare_mixed(left, right),
        (Num::Real(left), Num::Whole(right)) => compare_mixed(right, left).map(Ordering::reverse),
    }
}

/// Exact, where converting either side would round.
fn compare_mixed(whole: i128, real: f64) -> Option<Ordering> {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, which keeps the order")]
    let floor = real.floor() as i128;
    Some(whole.cmp(&floor).then(0.0.partial_cmp(&(real - real.floor()))?))
}

fn impossible(message: impl Into<String>) -> MatchError {
    MatchError::new(MatchErrorKind::Pattern, message)
}
