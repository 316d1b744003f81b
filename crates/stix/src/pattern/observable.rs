//! The values a pattern names that an index can be asked for.

use super::{
    Comparison, ComparisonExpression, HashAlgorithm, Literal, ObservationExpression,
    ObservationKind, Operator, PathStep, Pattern, Qualifier,
};

/// One value a pattern compares a property with for equality.
///
/// Everything is borrowed from the pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Observable<'p> {
    /// The object type, as `ipv4-addr`, `file` or `network-traffic`.
    pub object_type: &'p str,
    /// The rest of the path as canonical text, as `value`, `hashes.'SHA-256'` or `dst_ref.value`.
    pub property: &'p str,
    /// The value; the text of a string literal is [`Literal::as_str`].
    pub value: &'p Literal,
    /// See [`Comparison::hash_algorithm`].
    pub hash_algorithm: Option<HashAlgorithm>,
    /// [`Operator::Equal`], or [`Operator::In`] for a member of a set.
    pub operator: Operator,
}

impl Pattern {
    /// Every value the pattern compares for equality: the literal of `=` and each member of `IN`, without `NOT`, in
    /// the order of the text. Whether it is required (`AND`) or one of several (`OR`) makes no difference, and a
    /// value that stands twice is given twice.
    ///
    /// ```
    /// use inthreat_stix::{HashAlgorithm, pattern::Pattern};
    ///
    /// let source = "[file:hashes.sha1 = 'ab' OR network-traffic:dst_ref.value IN ('a.org', 'b.org')]";
    /// let pattern = Pattern::parse(source)?;
    /// let found: Vec<_> = pattern.observables().collect();
    /// assert_eq!((found[0].object_type, found[0].property), ("file", "hashes.sha1"));
    /// assert_eq!(found[0].hash_algorithm, Some(HashAlgorithm::Sha1));
    /// assert_eq!((found[2].property, found[2].value.as_str()), ("dst_ref.value", Some("b.org")));
    /// # Ok::<(), inthreat_stix::pattern::ParseError>(())
    /// ```
    pub fn observables(&self) -> impl Iterator<Item = Observable<'_>> {
        self.comparisons().filter(|comparison| is_positive(comparison)).flat_map(|comparison| {
            let path = comparison.path();
            let hash_algorithm = comparison.hash_algorithm();
            comparison.literals().iter().map(move |value| Observable {
                object_type: path.object_type(),
                property: path.property(),
                value,
                hash_algorithm,
                operator: comparison.operator(),
            })
        })
    }

    /// Whether each value that the pattern compares fulfils it alone: nothing joins its comparisons but `OR`, and no
    /// qualifier asks for repetition or for a time. What it says of a property without a value (`EXISTS`) or by `NOT` is not looked at.
    ///
    /// ```
    /// use inthreat_stix::pattern::Pattern;
    ///
    /// let is_enough = |source| Pattern::parse(source).map(|pattern| pattern.is_any_value_enough());
    /// assert!(is_enough("[url:value = 'x' OR (url:value IN ('y', 'z'))] OR [file:name = 'f']")?);
    /// assert!(!is_enough("[url:value = 'x' AND file:name = 'f']")?);
    /// assert!(!is_enough("[url:value = 'x'] FOLLOWEDBY [file:name = 'f']")?);
    /// assert!(!is_enough("[url:value = 'x'] REPEATS 5 TIMES")?);
    /// assert!(is_enough("[url:value = 'x'] WITHIN 60 SECONDS")?);
    /// # Ok::<(), inthreat_stix::pattern::ParseError>(())
    /// ```
    pub fn is_any_value_enough(&self) -> bool {
        let mut observations = vec![self.expression()];
        let mut comparisons = Vec::new();
        while let Some(expression) = observations.pop() {
            // One observation alone is always within so many seconds.
            let asks_for_more = |qualifier: &Qualifier| !matches!(qualifier, Qualifier::Within(_));
            if expression.qualifiers.iter().any(asks_for_more) {
                return false;
            }
            match &expression.kind {
                ObservationKind::Comparison(inner) => comparisons.push(inner),
                ObservationKind::Group(inner) => observations.push(inner),
                ObservationKind::Or(operands) => observations.extend(operands),
                _ => return false,
            }
        }
        while let Some(expression) = comparisons.pop() {
            match expression {
                ComparisonExpression::Test(_) => {}
                ComparisonExpression::Group(inner) => comparisons.push(inner),
                ComparisonExpression::Or(operands) => comparisons.extend(operands),
                ComparisonExpression::And(_) => return false,
            }
        }
        true
    }

    /// Every comparison of the pattern, in the order of the text.
    pub fn comparisons(&self) -> Comparisons<'_> {
        Comparisons { stack: vec![Part::Observation(self.expression())] }
    }
}

/// The comparisons of a pattern in the order of the text; made by [`Pattern::comparisons`].
#[derive(Clone, Debug)]
pub struct Comparisons<'p> {
    stack: Vec<Part<'p>>,
}

#[derive(Clone, Copy, Debug)]
enum Part<'p> {
    Observation(&'p ObservationExpression),
    Comparison(&'p ComparisonExpression),
}

impl<'p> Iterator for Comparisons<'p> {
    type Item = &'p Comparison;

    fn next(&mut self) -> Option<&'p Comparison> {
        loop {
            match self.stack.pop()? {
                Part::Observation(expression) => match &expression.kind {
                    ObservationKind::Comparison(inner) => self.stack.push(Part::Comparison(inner)),
                    ObservationKind::Group(inner) => self.stack.push(Part::Observation(inner)),
                    ObservationKind::And(operands)
                    | ObservationKind::Or(operands)
                    | ObservationKind::FollowedBy(operands) => {
                        self.stack.extend(operands.iter().rev().map(Part::Observation));
                    }
                },
                Part::Comparison(expression) => match expression {
                    ComparisonExpression::Test(comparison) => return Some(comparison),
                    ComparisonExpression::Group(inner) => self.stack.push(Part::Comparison(inner)),
                    ComparisonExpression::And(operands) | ComparisonExpression::Or(operands) => {
                        self.stack.extend(operands.iter().rev().map(Part::Comparison));
                    }
                },
            }
        }
    }
}

fn is_positive(comparison: &Comparison) -> bool {
    matches!(comparison.operator(), Operator::Equal | Operator::In) && !comparison.is_negated()
}

impl Comparison {
    /// For a path with a step `hashes`: the algorithm its last step names, however it is spelled.
    pub fn hash_algorithm(&self) -> Option<HashAlgorithm> {
        // Looking at the text first keeps the steps of all other paths unread.
        if !self.path().property().contains("hashes") {
            return None;
        }
        let mut in_hashes = false;
        let mut last = None;
        for step in self.path().steps() {
            in_hashes |= matches!(&step, PathStep::Property(name) if name == "hashes");
            last = Some(step);
        }
        match last {
            Some(PathStep::Property(name)) if in_hashes => HashAlgorithm::from_name(&name),
            _ => None,
        }
    }
}
