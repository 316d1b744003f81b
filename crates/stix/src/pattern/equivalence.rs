//! Whether two patterns say the same, by a normal form of both.
//!
//! The normal form of a comparison expression is a set of conjunctions of comparisons (section 9.6): `AND` is
//! distributed over `OR`, a conjunction that contains another one is dropped, and so is one that asks one object for
//! two types. Comparisons are monotone in this form, so it is the set of prime implicants, which is unique.
//!
//! The normal form of an observation expression is a set of alternatives in the same way, where `AND` and
//! `FOLLOWEDBY` are distributed over `OR`. Their operands need different observations, so `[a] AND [a]` is not `[a]`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use super::canonical::{Atom, Key};
use super::{
    Comparison, ComparisonExpression, ObservationExpression, ObservationKind, Operand, Operator,
    Pattern, Qualifier,
};

/// How many alternatives a normal form may have.
const MAX_ALTERNATIVES: usize = 4_096;

/// How many pairs of alternatives may be compared, and comparisons be copied, for one answer.
const MAX_STEPS: usize = 50_000_000;

/// Two patterns whose normal forms are too large to be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EquivalenceError(());

impl fmt::Display for EquivalenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the patterns have more than 4096 alternatives")
    }
}

impl Error for EquivalenceError {}

impl Pattern {
    /// Whether the two patterns are met by the same observations, as far as the rules of the language show it.
    ///
    /// These make no difference: the order of operands, parentheses, repetition inside brackets and between `OR`,
    /// what is implied (`a OR (a AND b)`), distribution, `IN` or a chain of `=`, `[a OR b]` or `[a] OR [b]`, the
    /// spelling of numbers, bytes and timestamps, bits beyond the prefix of an address, and the case of the key and
    /// the value names of a Windows registry key.
    ///
    /// `Ok(true)` is always right. `Ok(false)` may be wrong where a fact beyond the language would be needed: that
    /// `a > 2` implies `a > 1`, or that a regular expression matches what another one does.
    ///
    /// ```
    /// use inthreat_stix::pattern::Pattern;
    ///
    /// let one = Pattern::parse("[a:b = 1 AND (a:c = 'x' OR a:c = 'y')]").unwrap();
    /// let other = Pattern::parse("[a:c IN ('y', 'x') AND a:b = 1.0]").unwrap();
    /// assert_eq!(one.is_equivalent_to(&other), Ok(true));
    /// ```
    pub fn is_equivalent_to(&self, other: &Self) -> Result<bool, EquivalenceError> {
        if self == other {
            return Ok(true);
        }
        let mut normalizer = Normalizer { atoms: BTreeMap::new(), types: Vec::new(), steps: 0 };
        let left = normalizer.observation(self.expression())?;
        let right = normalizer.observation(other.expression())?;
        Ok(left == right)
    }
}

/// A comparison: its number in [`Normalizer::atoms`].
type AtomId = usize;

/// Comparisons one object has to meet, sorted.
type Conjunction = Vec<AtomId>;

/// One alternative of an observation expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Term {
    Simple(Conjunction),
    /// Sorted; may hold the same term twice.
    And(Vec<Self>),
    FollowedBy(Vec<Self>),
    Qualified(Vec<Self>, QualifierKey),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum QualifierKey {
    Repeats(u64),
    Within(Key),
    StartStop(Key, Key),
}

#[derive(Debug)]
struct Normalizer<'p> {
    atoms: BTreeMap<Atom<'p>, AtomId>,
    /// The object type of each comparison.
    types: Vec<&'p str>,
    steps: usize,
}

impl<'p> Normalizer<'p> {
    /// The alternatives of an expression: sorted, none implied by another.
    fn observation(
        &mut self,
        expression: &'p ObservationExpression,
    ) -> Result<Vec<Term>, EquivalenceError> {
        let mut terms = match &expression.kind {
            ObservationKind::Comparison(comparison) => {
                self.comparison(comparison)?.into_iter().map(Term::Simple).collect()
            }
            ObservationKind::Group(inner) => self.observation(inner)?,
            ObservationKind::Or(operands) => {
                let mut terms = Vec::new();
                for operand in operands {
                    terms.extend(self.observation(operand)?);
                    bound(terms.len())?;
                }
                self.simplify(terms, absorbs)?
            }
            ObservationKind::And(operands) => self.distribute(operands, |mut parts| {
                parts.sort_unstable();
                Term::And(parts)
            })?,
            ObservationKind::FollowedBy(operands) => self.distribute(operands, Term::FollowedBy)?,
        };
        for qualifier in &expression.qualifiers {
            if !terms.is_empty() {
                terms = vec![Term::Qualified(terms, QualifierKey::new(qualifier))];
            }
        }
        Ok(terms)
    }

    /// Every choice of one alternative for each operand.
    fn distribute(
        &mut self,
        operands: &'p [ObservationExpression],
        build: fn(Vec<Term>) -> Term,
    ) -> Result<Vec<Term>, EquivalenceError> {
        let mut choices: Vec<Vec<Term>> = vec![Vec::new()];
        let is_and = matches!(build(Vec::new()), Term::And(_));
        for operand in operands {
            let alternatives = self.observation(operand)?;
            let mut next = Vec::new();
            bound(choices.len().saturating_mul(alternatives.len()))?;
            for choice in &choices {
                for alternative in &alternatives {
                    let mut parts = choice.clone();
                    // A chain in a chain of the same operator is one chain.
                    match alternative {
                        Term::And(inner) if is_and => parts.extend(inner.iter().cloned()),
                        Term::FollowedBy(inner) if !is_and => parts.extend(inner.iter().cloned()),
                        other => parts.push(other.clone()),
                    }
                    self.spend(parts.len())?;
                    next.push(parts);
                }
            }
            choices = next;
        }
        self.simplify(choices.into_iter().map(build).collect(), absorbs)
    }

    /// The prime implicants of a comparison expression.
    fn comparison(
        &mut self,
        expression: &'p ComparisonExpression,
    ) -> Result<Vec<Conjunction>, EquivalenceError> {
        match expression {
            ComparisonExpression::Test(comparison) => Ok(self.test(comparison)),
            ComparisonExpression::Group(inner) => self.comparison(inner),
            ComparisonExpression::Or(operands) => {
                let mut conjunctions = Vec::new();
                for operand in operands {
                    conjunctions.extend(self.comparison(operand)?);
                    bound(conjunctions.len())?;
                }
                self.simplify(conjunctions, |left, right| is_subset(left, right))
            }
            ComparisonExpression::And(operands) => {
                let mut choices: Vec<Conjunction> = vec![Vec::new()];
                for operand in operands {
                    let alternatives = self.comparison(operand)?;
                    bound(choices.len().saturating_mul(alternatives.len()))?;
                    let mut next = Vec::new();
                    for choice in &choices {
                        for alternative in &alternatives {
                            self.spend(choice.len() + alternative.len())?;
                            next.extend(self.union(choice, alternative));
                        }
                    }
                    // Dropping early what is implied keeps the product small.
                    choices = self.simplify(next, |left, right| is_subset(left, right))?;
                }
                Ok(choices)
            }
        }
    }

    /// Both conjunctions at once, or `None` if no object can have both their types.
    fn union(&self, left: &[AtomId], right: &[AtomId]) -> Option<Conjunction> {
        let object_type = |conjunction: &[AtomId]| {
            conjunction.first().and_then(|atom| self.types.get(*atom)).copied()
        };
        if let (Some(left), Some(right)) = (object_type(left), object_type(right))
            && left != right
        {
            return None;
        }
        let mut union = [left, right].concat();
        union.sort_unstable();
        union.dedup();
        Some(union)
    }

    /// A comparison, where a set is a choice of its members.
    fn test(&mut self, comparison: &'p Comparison) -> Vec<Conjunction> {
        match (comparison.operator(), comparison.operand()) {
            (Operator::In, Operand::Set(members)) if !comparison.is_negated() => {
                let mut atoms: Vec<Conjunction> = members
                    .iter()
                    .map(|member| Atom::of_member(comparison, member))
                    .map(|atom| vec![self.intern(atom)])
                    .collect();
                atoms.sort_unstable();
                atoms.dedup();
                atoms
            }
            _ => vec![vec![self.intern(Atom::new(comparison))]],
        }
    }

    fn intern(&mut self, atom: Atom<'p>) -> AtomId {
        let object_type = atom.path.object_type();
        let next = self.types.len();
        let id = *self.atoms.entry(atom).or_insert(next);
        if id == next {
            self.types.push(object_type);
        }
        id
    }

    /// Sorts, and drops what is there twice or implied by another.
    fn simplify<T: Ord>(
        &mut self,
        mut items: Vec<T>,
        absorbs: impl Fn(&T, &T) -> bool,
    ) -> Result<Vec<T>, EquivalenceError> {
        items.sort_unstable();
        items.dedup();
        self.spend(items.len().saturating_mul(items.len()))?;
        let implied: Vec<bool> =
            items.iter().map(|item| items.iter().any(|other| absorbs(other, item))).collect();
        let mut implied = implied.into_iter();
        items.retain(|_| !implied.next().unwrap_or(false));
        Ok(items)
    }

    fn spend(&mut self, steps: usize) -> Result<(), EquivalenceError> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > MAX_STEPS { Err(EquivalenceError(())) } else { Ok(()) }
    }
}

fn bound(alternatives: usize) -> Result<(), EquivalenceError> {
    if alternatives > MAX_ALTERNATIVES { Err(EquivalenceError(())) } else { Ok(()) }
}

impl QualifierKey {
    fn new(qualifier: &Qualifier) -> Self {
        match qualifier {
            Qualifier::Repeats(times) => Self::Repeats(*times),
            Qualifier::Within(seconds) => Self::Within(Key::number(*seconds)),
            Qualifier::StartStop { start, stop } => {
                Self::StartStop(Key::timestamp(start), Key::timestamp(stop))
            }
        }
    }
}

/// Whether `left` implies nothing that `right` does not ask for, so that `left OR right` is `left`.
fn absorbs(left: &Term, right: &Term) -> bool {
    if left == right {
        return false;
    }
    match (left, right) {
        (Term::Simple(left), Term::Simple(right)) => is_subset(left, right),
        // As in the peer implementation, nothing is concluded from a qualified expression.
        (Term::Qualified(..), _) => false,
        (Term::And(left), Term::And(right)) | (Term::FollowedBy(left), Term::FollowedBy(right)) => {
            is_subsequence(left, right)
        }
        (left, Term::And(right) | Term::FollowedBy(right)) => right.contains(left),
        _ => false,
    }
}

/// Whether the shorter of two sorted sets is in the longer one; not for equal ones.
fn is_subset(left: &[AtomId], right: &[AtomId]) -> bool {
    left.len() < right.len() && left.iter().all(|atom| right.binary_search(atom).is_ok())
}

/// Whether every term of the left has its own on the right, in this order; operands of `AND` are sorted.
fn is_subsequence(left: &[Term], right: &[Term]) -> bool {
    let mut rest = right.iter();
    left.len() < right.len() && left.iter().all(|term| rest.any(|other| other == term))
}
