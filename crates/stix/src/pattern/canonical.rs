//! Comparisons and constants in a spelling that is the same whenever their meaning is.

use std::cmp::Ordering;

use super::instant::Instant;
use super::subnet::Subnet;
use super::{Comparison, Literal, ObjectPath, Operand, Operator, PathStep, TimestampLiteral};

/// A comparison whose operator and constants are canonical.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Atom<'p> {
    pub(super) path: PathKey<'p>,
    operator: Operator,
    negated: bool,
    value: Key,
}

/// A path, ordered by its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathKey<'p>(&'p ObjectPath);

impl<'p> PathKey<'p> {
    pub(super) fn object_type(self) -> &'p str {
        self.0.object_type()
    }
}

impl PartialEq for PathKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for PathKey<'_> {}

impl PartialOrd for PathKey<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PathKey<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.as_str().cmp(other.0.as_str())
    }
}

/// The meaning of a constant: integers and floats are numbers, hexadecimal and base64 literals are bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    None,
    Text(String),
    Whole(i128),
    /// The bits of a number that is not whole.
    Real(u64),
    Boolean(bool),
    Bytes(Vec<u8>),
    Time(Instant),
    /// A timestamp that the calendar does not have.
    NoTime(String),
    /// Sorted, without repetition.
    Set(Vec<Self>),
}

impl<'p> Atom<'p> {
    pub(super) fn new(comparison: &'p Comparison) -> Self {
        let value = match comparison.operand() {
            Operand::None => Key::None,
            Operand::Literal(literal) => key(comparison, literal),
            Operand::Set(members) => {
                let mut keys: Vec<Key> =
                    members.iter().map(|member| key(comparison, member)).collect();
                keys.sort_unstable();
                keys.dedup();
                Key::Set(keys)
            }
        };
        // `!=` is the same as `NOT =`.
        let (operator, negated) = match comparison.operator() {
            Operator::NotEqual => (Operator::Equal, !comparison.is_negated()),
            operator => (operator, comparison.is_negated()),
        };
        Self { path: PathKey(comparison.path()), operator, negated, value }
    }

    /// The equality that a member of `IN` stands for.
    pub(super) fn of_member(comparison: &'p Comparison, member: &Literal) -> Self {
        let path = PathKey(comparison.path());
        Self { path, operator: Operator::Equal, negated: false, value: key(comparison, member) }
    }
}

impl Key {
    /// A whole number is the same as an integer and as a float.
    pub(super) fn number(value: f64) -> Self {
        // Below 2^126 every whole float is an integer of this crate.
        if value.fract() == 0.0 && value.abs() < 8.5e37 {
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            let whole = value as i128;
            return Self::Whole(whole);
        }
        Self::Real(value.to_bits())
    }

    pub(super) fn timestamp(timestamp: &TimestampLiteral) -> Self {
        match timestamp.instant() {
            Some(instant) => Self::Time(instant),
            None => Self::NoTime(timestamp.as_str().to_owned()),
        }
    }
}

fn key(comparison: &Comparison, literal: &Literal) -> Key {
    match literal {
        Literal::String(text) => Key::Text(canonical_text(comparison, text)),
        Literal::Integer(value) => Key::Whole(*value),
        Literal::Float(value) => Key::number(*value),
        Literal::Boolean(value) => Key::Boolean(*value),
        Literal::Binary(bytes) | Literal::Hex(bytes) => Key::Bytes(bytes.clone()),
        Literal::Timestamp(timestamp) => Key::timestamp(timestamp),
    }
}

/// What the object type says of its values: a Windows registry key and the names of its values have no case, and
/// bits of an address beyond its prefix mean nothing. A regular expression is left as it is.
fn canonical_text(comparison: &Comparison, text: &str) -> String {
    let (path, operator) = (comparison.path(), comparison.operator());
    let is_value = path.property() == "value" && operator != Operator::Like;
    let canonical = match path.object_type() {
        _ if operator == Operator::Matches => None,
        "windows-registry-key" => is_caseless(path).then(|| text.to_lowercase()),
        "ipv4-addr" if is_value => canonical_v4(text),
        "ipv6-addr" if is_value => canonical_v6(text),
        _ => None,
    };
    canonical.unwrap_or_else(|| text.to_owned())
}

fn is_caseless(path: &ObjectPath) -> bool {
    let mut steps = path.steps();
    let is = |step: Option<PathStep<'_>>, expected: &str| match step {
        Some(PathStep::Property(name)) => name == expected,
        _ => false,
    };
    path.property() == "key"
        || (is(steps.next(), "values")
            && matches!(steps.next(), Some(PathStep::Index(_) | PathStep::AnyIndex))
            && is(steps.next(), "name")
            && steps.next().is_none())
}

fn canonical_v6(text: &str) -> Option<String> {
    text.contains(':').then(|| Subnet::parse(text).map(Subnet::canonical))?
}

fn canonical_v4(text: &str) -> Option<String> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let address = parse_v4(address)?;
    match prefix {
        None => Some(address.to_string()),
        Some(prefix) => Subnet::parse(&format!("{address}/{prefix}")).map(Subnet::canonical),
    }
}

/// An IPv4 address as the C library reads it: one to four parts in decimal, octal (`0`) or hexadecimal (`0x`) digits,
/// where the last one fills the bytes that are left.
fn parse_v4(text: &str) -> Option<std::net::Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(parse_part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    let free_bytes = 4_u32.checked_sub(u32::try_from(first.len()).ok()?)?;
    let fits = free_bytes > 0 && u64::from(*last) < 1_u64 << (8 * free_bytes);
    if !fits || first.iter().any(|part| *part > 255) {
        return None;
    }
    let high = first.iter().fold(0_u64, |bits, part| bits << 8 | u64::from(*part));
    let bits = (high << (8 * free_bytes)) | u64::from(*last);
    u32::try_from(bits).ok().map(Into::into)
}

fn parse_part(text: &str) -> Option<u32> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (text.get(2..)?, 16),
        [b'0', _, ..] => (text.get(1..)?, 8),
        _ => (text, 10),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}
