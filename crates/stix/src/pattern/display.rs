//! Prints a pattern so that it reads back as the same one.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;

use super::literal::hex_digits;
use super::path::Quoted;
use super::{
    Comparison, ComparisonExpression, Literal, ObservationExpression, ObservationKind, Operand,
    Operator, Pattern, Qualifier,
};

/// The pattern in canonical spelling: one space between tokens, `=` and `!=`, no comments, parentheses as written.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.expression(), f)
    }
}

impl fmt::Display for ObservationExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A chain with qualifiers comes from no text: without parentheses they would belong to its last operand.
        if !self.qualifiers.is_empty() && binding(&self.kind) < UNIT {
            write!(f, "({})", self.kind)?;
        } else {
            write!(f, "{}", self.kind)?;
        }
        self.qualifiers.iter().try_for_each(|qualifier| write!(f, " {qualifier}"))
    }
}

/// An operand that binds looser than its chain, which comes from no text, gets parentheses.
impl fmt::Display for ObservationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = binding(self);
        let is_loose = |part: &ObservationExpression| {
            part.qualifiers.is_empty() && binding(&part.kind) <= level
        };
        match self {
            Self::Comparison(comparison) => write!(f, "[{comparison}]"),
            Self::Group(inner) => write!(f, "({inner})"),
            Self::And(operands) => joined(f, operands, " AND ", is_loose),
            Self::Or(operands) => joined(f, operands, " OR ", is_loose),
            Self::FollowedBy(operands) => joined(f, operands, " FOLLOWEDBY ", is_loose),
        }
    }
}

/// How tight an operand that is no chain binds.
const UNIT: u8 = 3;

fn binding(kind: &ObservationKind) -> u8 {
    match kind {
        ObservationKind::FollowedBy(_) => 0,
        ObservationKind::Or(_) => 1,
        ObservationKind::And(_) => 2,
        ObservationKind::Comparison(_) | ObservationKind::Group(_) => UNIT,
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeats(times) => write!(f, "REPEATS {times} TIMES"),
            Self::Within(seconds) => write!(f, "WITHIN {seconds} SECONDS"),
            Self::StartStop { start, stop } => write!(f, "START t'{start}' STOP t'{stop}'"),
        }
    }
}

impl fmt::Display for ComparisonExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(comparison) => fmt::Display::fmt(comparison, f),
            Self::Group(inner) => write!(f, "({inner})"),
            Self::And(operands) => {
                joined(f, operands, " AND ", |part| matches!(part, Self::And(_) | Self::Or(_)))
            }
            Self::Or(operands) => joined(f, operands, " OR ", |part| matches!(part, Self::Or(_))),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.is_negated() { "NOT " } else { "" };
        let (path, operator) = (self.path(), self.operator());
        match self.operand() {
            Operand::None => write!(f, "{not}{operator} {path}"),
            Operand::Literal(literal) => write!(f, "{path} {not}{operator} {literal}"),
            Operand::Set(members) => {
                write!(f, "{path} {not}{operator} (")?;
                joined(f, members, ", ", |_| false)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The literal as the language writes it. The grammar has no empty `b''`, so no bytes at all print as `h''`.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{}", Quoted(text)),
            Self::Integer(value) => write!(f, "{value}"),
            // A float prints without exponent; a whole one needs its point.
            Self::Float(value) if value.fract() == 0.0 => write!(f, "{value}.0"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Binary(bytes) if !bytes.is_empty() => {
                write!(f, "b'{}'", Base64Display::new(bytes, &STANDARD))
            }
            Self::Binary(bytes) | Self::Hex(bytes) => write!(f, "h'{}'", hex_digits(bytes)),
            Self::Timestamp(timestamp) => write!(f, "t'{timestamp}'"),
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    parts: &[T],
    separator: &str,
    needs_parentheses: impl Fn(&T) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        if needs_parentheses(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}
