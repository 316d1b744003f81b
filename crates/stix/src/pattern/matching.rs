//! Matches a pattern against observations (STIX 2.1 section 9.5 and 9.6).

use serde_json::Value;

use super::instant::Instant;
use super::plan::{Candidate, Node, is_satisfiable};
use super::predicate::Predicate;
use super::select::Budget;
use super::{
    ComparisonExpression, MatchError, MatchErrorKind, Observation, ObservationExpression,
    ObservationKind, Pattern, Qualifier, TimestampLiteral,
};

/// Limits for [`Pattern::matches_with`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MatchOptions {
    /// How many steps a match may take: a step is an object or value that is looked at, or an observation that is
    /// tried for a place in the pattern; compiling a regular expression counts as many. Fifty million by default,
    /// which takes in the order of a second.
    pub max_steps: u64,
}

impl MatchOptions {
    /// Sets how many steps a match may take.
    #[must_use]
    pub fn with_max_steps(mut self, max_steps: u64) -> Self {
        self.max_steps = max_steps;
        self
    }
}

impl Default for MatchOptions {
    fn default() -> Self {
        Self { max_steps: 50_000_000 }
    }
}

impl Pattern {
    /// Whether the observations meet the pattern, within the default limits.
    ///
    /// The order of the observations makes no difference: their timestamps count. Operators between observation
    /// expressions need a different observation for each operand, and one whose `number_observed` is n serves n
    /// times.
    pub fn matches(&self, observations: &[Observation]) -> Result<bool, MatchError> {
        self.matches_with(observations, MatchOptions::default())
    }

    /// Whether the observations meet the pattern.
    ///
    /// # Cost
    ///
    /// Every comparison is tested once on every observation. What remains is to find different observations for all
    /// brackets. One bracket with any qualifiers, or several with `OR` between them, takes `n log n` for `n`
    /// observations, however many times it repeats. `AND` and `REPEATS` alone are a matching in a bipartite graph.
    /// `FOLLOWEDBY` and `WITHIN` over several brackets are searched depth first, earliest observation first, with
    /// their limits checked at every step; that can be exponential in the number of brackets, so it ends with
    /// [`MatchErrorKind::TooComplex`] after [`max_steps`](MatchOptions::max_steps).
    pub fn matches_with(
        &self,
        observations: &[Observation],
        options: MatchOptions,
    ) -> Result<bool, MatchError> {
        let mut budget = Budget::new(options.max_steps);
        let mut intervals = Vec::new();
        let builder = Builder { observations };
        let node = builder.node(self.expression(), &mut intervals, &mut budget)?;
        is_satisfiable(&node, observations, &mut budget)
    }
}

#[derive(Clone, Copy, Debug)]
struct Builder<'o> {
    observations: &'o [Observation],
}

/// A half-open interval in nanoseconds since 1970.
type Interval = (i128, i128);

impl Builder<'_> {
    /// What has to be found, with the observations that can serve for each bracket. `START` and `STOP` speak of
    /// every observation below them on its own, so they only thin out those.
    fn node(
        &self,
        expression: &ObservationExpression,
        intervals: &mut Vec<Interval>,
        budget: &mut Budget,
    ) -> Result<Node, MatchError> {
        let outer = intervals.len();
        for qualifier in &expression.qualifiers {
            if let Qualifier::StartStop { start, stop } = qualifier {
                intervals.push((nanos(start)?, nanos(stop)?));
            }
        }
        let mut node = self.kind(&expression.kind, intervals, budget)?;
        intervals.truncate(outer);
        for qualifier in &expression.qualifiers {
            node = match qualifier {
                Qualifier::Repeats(0) => return Err(impossible("`REPEATS 0 TIMES`")),
                Qualifier::Repeats(times) => node.repeated(*times),
                Qualifier::Within(seconds) if *seconds <= 0.0 => {
                    return Err(impossible("`WITHIN 0 SECONDS`"));
                }
                Qualifier::Within(seconds) => node.within(to_nanos(*seconds)),
                Qualifier::StartStop { .. } => node,
            };
        }
        Ok(node)
    }

    fn kind(
        &self,
        kind: &ObservationKind,
        intervals: &mut Vec<Interval>,
        budget: &mut Budget,
    ) -> Result<Node, MatchError> {
        let mut nodes = |operands: &[ObservationExpression]| -> Result<Vec<Node>, MatchError> {
            operands.iter().map(|operand| self.node(operand, intervals, budget)).collect()
        };
        Ok(match kind {
            ObservationKind::Comparison(comparison) => {
                let compiled = Compiled::new(comparison, budget)?;
                Node::leaf(self.candidates(&compiled, intervals, budget)?)
            }
            ObservationKind::Group(inner) => self.node(inner, intervals, budget)?,
            ObservationKind::And(operands) => Node::All(nodes(operands)?),
            ObservationKind::Or(operands) => Node::Any(nodes(operands)?),
            ObservationKind::FollowedBy(operands) => Node::Ordered(nodes(operands)?),
        })
    }

    fn candidates(
        &self,
        compiled: &Compiled<'_>,
        intervals: &[Interval],
        budget: &mut Budget,
    ) -> Result<Vec<Candidate>, MatchError> {
        let mut candidates = Vec::new();
        for (index, observation) in self.observations.iter().enumerate() {
            let (first, last) = (observation.first.total_nanos(), observation.last.total_nanos());
            let fits = |(start, stop): &Interval| start < stop && last >= *start && first < *stop;
            let mut holds = false;
            for root in observation.all_roots() {
                holds |= compiled.holds(observation, root, budget)?;
            }
            if holds && intervals.iter().all(fits) {
                candidates.push(Candidate { index, first, last, count: observation.count });
            }
        }
        candidates.sort_unstable_by_key(|candidate| (candidate.first, candidate.last));
        Ok(candidates)
    }
}

/// A comparison expression with its comparisons compiled.
#[derive(Debug)]
enum Compiled<'p> {
    Test(Predicate<'p>),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl<'p> Compiled<'p> {
    fn new(expression: &'p ComparisonExpression, budget: &mut Budget) -> Result<Self, MatchError> {
        let mut all = |operands: &'p [ComparisonExpression]| -> Result<Vec<Self>, MatchError> {
            operands.iter().map(|operand| Self::new(operand, budget)).collect()
        };
        Ok(match expression {
            ComparisonExpression::Test(test) => Self::Test(Predicate::compile(test, budget)?),
            ComparisonExpression::Group(inner) => Self::new(inner, budget)?,
            ComparisonExpression::And(operands) => Self::All(all(operands)?),
            ComparisonExpression::Or(operands) => Self::Any(all(operands)?),
        })
    }

    /// Whether one object meets the expression. Every part is tested, so that an error does not depend on others.
    fn holds(
        &self,
        observation: &Observation,
        root: &Value,
        budget: &mut Budget,
    ) -> Result<bool, MatchError> {
        match self {
            Self::Test(predicate) => predicate.holds(observation, root, budget),
            Self::All(operands) => {
                let mut holds = true;
                for operand in operands {
                    holds &= operand.holds(observation, root, budget)?;
                }
                Ok(holds)
            }
            Self::Any(operands) => {
                let mut holds = false;
                for operand in operands {
                    holds |= operand.holds(observation, root, budget)?;
                }
                Ok(holds)
            }
        }
    }
}

fn nanos(timestamp: &TimestampLiteral) -> Result<i128, MatchError> {
    let instant = timestamp.instant().map(Instant::total_nanos);
    instant.ok_or_else(|| impossible(format!("the calendar has no `{timestamp}`")))
}

fn to_nanos(seconds: f64) -> i128 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and a fraction of a nanosecond is nothing"
    )]
    let nanos = (seconds * 1e9) as i128;
    nanos
}

fn impossible(message: impl Into<String>) -> MatchError {
    MatchError::new(MatchErrorKind::Pattern, message)
}
