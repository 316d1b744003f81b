//! The parts a pattern is made of: observation expressions and the comparisons inside their brackets.

use super::{Literal, ObjectPath, Span, TimestampLiteral};

/// An observation expression with its qualifiers (STIX 2.1 section 9.5 and 9.5.1).
///
/// Equality compares kind and qualifiers, and no spans.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObservationExpression {
    /// What is observed.
    pub kind: ObservationKind,
    /// What stands after it, in order.
    pub qualifiers: Vec<Qualifier>,
    /// Where it stands in the text, qualifiers included.
    pub span: Span,
}

impl ObservationExpression {
    /// An expression without qualifiers and without a place in a text.
    pub fn new(kind: ObservationKind) -> Self {
        Self { kind, qualifiers: Vec::new(), span: Span::default() }
    }

    /// Adds a qualifier after those that are there.
    #[must_use]
    pub fn with_qualifier(mut self, qualifier: Qualifier) -> Self {
        self.qualifiers.push(qualifier);
        self
    }
}

impl PartialEq for ObservationExpression {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.qualifiers == other.qualifiers
    }
}

/// The kinds of observation expression (section 9.5.2, observation operators).
///
/// A chain of one operator is one node with all its operands (`a AND b AND c`); parentheses are kept as
/// [`Group`](Self::Group), so what is printed reads as what was written. `AND` binds tighter than `OR`, and `OR`
/// tighter than `FOLLOWEDBY` (section 9.5.3).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ObservationKind {
    /// `[…]`
    Comparison(ComparisonExpression),
    /// `(…)`
    Group(Box<ObservationExpression>),
    /// `… AND …`: all, by different observations.
    And(Vec<ObservationExpression>),
    /// `… OR …`: any.
    Or(Vec<ObservationExpression>),
    /// `… FOLLOWEDBY …`: all, by different observations, each one no earlier than those before it.
    FollowedBy(Vec<ObservationExpression>),
}

/// What limits an observation expression in time or number (section 9.5.1).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Qualifier {
    /// `REPEATS n TIMES`
    Repeats(u64),
    /// `WITHIN n SECONDS`; finite and not negative.
    Within(f64),
    /// `START t'…' STOP t'…'`; the start is part of the interval and the stop is not.
    StartStop {
        /// The first instant of the interval.
        start: TimestampLiteral,
        /// The instant after the last one.
        stop: TimestampLiteral,
    },
}

/// What stands in the brackets of an observation expression (section 9.6).
///
/// As with observations, a chain of one operator is one node and parentheses are kept.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ComparisonExpression {
    /// One comparison.
    Test(Comparison),
    /// `(…)`
    Group(Box<Self>),
    /// `… AND …`: all, by the same object.
    And(Vec<Self>),
    /// `… OR …`: any.
    Or(Vec<Self>),
}

/// One comparison: an object path, an operator and what it is compared with (section 9.6.1).
///
/// Equality ignores the span.
#[derive(Clone, Debug)]
pub struct Comparison {
    path: ObjectPath,
    negated: bool,
    operator: Operator,
    operand: Operand,
    span: Span,
    operator_span: Span,
}

impl Comparison {
    /// A comparison, or `None` if the grammar has no such one: `EXISTS` takes no operand, `IN` takes a set, `LIKE`,
    /// `MATCHES`, `ISSUBSET` and `ISSUPERSET` take a string, the orderings take anything but a boolean.
    ///
    /// ```
    /// use inthreat_stix::pattern::{Comparison, ObjectPath, Operand, Operator, PathStep};
    ///
    /// let path = ObjectPath::new("file", &[PathStep::Property("name".into())]).unwrap();
    /// let comparison = Comparison::new(path, Operator::Equal, Operand::Literal("a.exe".into())).unwrap();
    /// assert_eq!(comparison.to_string(), "file:name = 'a.exe'");
    /// ```
    pub fn new(path: ObjectPath, operator: Operator, operand: Operand) -> Option<Self> {
        let (span, operator_span) = (Span::default(), Span::default());
        operator.takes(&operand).then_some(Self {
            path,
            negated: false,
            operator,
            operand,
            span,
            operator_span,
        })
    }

    /// The same with `NOT` before the operator, or without it.
    #[must_use]
    pub fn with_negated(mut self, negated: bool) -> Self {
        self.negated = negated;
        self
    }

    /// Which property of which objects.
    pub fn path(&self) -> &ObjectPath {
        &self.path
    }

    /// Whether `NOT` stands before the operator.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// How the property is compared.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// What it is compared with.
    pub fn operand(&self) -> &Operand {
        &self.operand
    }

    /// The literals it is compared with: none for `EXISTS`, the members for `IN`, one for every other operator.
    pub fn literals(&self) -> &[Literal] {
        match &self.operand {
            Operand::None => &[],
            Operand::Literal(literal) => std::slice::from_ref(literal),
            Operand::Set(members) => members,
        }
    }

    /// Where the comparison stands in the text of the pattern.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where its operator stands, without `NOT`.
    pub fn operator_span(&self) -> Span {
        self.operator_span
    }

    /// A comparison the parser has read.
    pub(super) fn read(
        path: ObjectPath,
        negated: bool,
        (operator, operator_span): (Operator, Span),
        operand: Operand,
        span: Span,
    ) -> Self {
        Self { path, negated, operator, operand, span, operator_span }
    }
}

impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && self.negated == other.negated
            && self.operator == other.operator
            && self.operand == other.operand
    }
}

/// The comparison operators (section 9.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operator {
    /// `=`, also written `==`.
    Equal,
    /// `!=`, also written `<>`.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IN`
    In,
    /// `LIKE`
    Like,
    /// `MATCHES`
    Matches,
    /// `ISSUBSET`
    IsSubset,
    /// `ISSUPERSET`
    IsSuperset,
    /// `EXISTS`, which stands before the path.
    Exists,
}

impl Operator {
    /// The operator as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "IN",
            Self::Like => "LIKE",
            Self::Matches => "MATCHES",
            Self::IsSubset => "ISSUBSET",
            Self::IsSuperset => "ISSUPERSET",
            Self::Exists => "EXISTS",
        }
    }

    fn takes(self, operand: &Operand) -> bool {
        match operand {
            Operand::None => self == Self::Exists,
            Operand::Set(_) => self == Self::In,
            Operand::Literal(literal) => match self {
                Self::Exists | Self::In => false,
                Self::Equal | Self::NotEqual => true,
                Self::Like | Self::Matches | Self::IsSubset | Self::IsSuperset => {
                    matches!(literal, Literal::String(_))
                }
                Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => {
                    !matches!(literal, Literal::Boolean(_))
                }
            },
        }
    }
}

/// What a property is compared with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operand {
    /// Nothing: the operand of `EXISTS`.
    None,
    /// One constant.
    Literal(Literal),
    /// The members of a set: the operand of `IN`. May be empty.
    Set(Vec<Literal>),
}
