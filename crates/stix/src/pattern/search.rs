//! Finds different observations for all the brackets of a pattern, within its limits in time.

use super::select::Budget;
use super::{MatchError, MatchErrorKind, Observation};

/// How many observations a pattern may combine where it is searched (see
/// [`Pattern::matches_with`](super::Pattern::matches_with)): brackets, each times its repetitions.
pub const MAX_COMBINED_OBSERVATIONS: u64 = 1_000;

/// An observation that meets a bracket: its place in the input, its interval in nanoseconds since 1970, and how often
/// it may serve.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) index: usize,
    pub(super) first: i128,
    pub(super) last: i128,
    pub(super) count: u64,
}

/// What has to be found.
#[derive(Debug)]
pub(super) enum Node {
    /// So many of these candidates, which are in the order of their first instant.
    Take {
        candidates: Vec<Candidate>,
        times: u64,
    },
    All(Vec<Self>),
    Any(Vec<Self>),
    /// All, each one no earlier than those before it.
    Ordered(Vec<Self>),
    Repeat(u64, Box<Self>),
    /// In a window of so many nanoseconds.
    Within(i128, Box<Self>),
}

impl Node {
    pub(super) fn leaf(candidates: Vec<Candidate>) -> Self {
        Self::Take { candidates, times: 1 }
    }

    pub(super) fn repeated(self, times: u64) -> Self {
        match self {
            Self::Take { candidates, times: inner } => {
                Self::Take { candidates, times: inner.saturating_mul(times) }
            }
            node if times == 1 => node,
            node => Self::Repeat(times, Box::new(node)),
        }
    }

    pub(super) fn within(self, nanos: i128) -> Self {
        match self {
            // One observation is always near itself.
            Self::Take { times: 1, .. } => self,
            Self::Within(inner, node) => Self::Within(inner.min(nanos), node),
            node => Self::Within(nanos, Box::new(node)),
        }
    }

    /// How many observations the largest way to meet it combines.
    fn size(&self) -> u64 {
        match self {
            Self::Take { times, .. } => *times,
            Self::All(nodes) | Self::Ordered(nodes) => {
                nodes.iter().fold(0, |sum, node| sum.saturating_add(node.size()))
            }
            Self::Any(nodes) => nodes.iter().map(Self::size).max().unwrap_or(0),
            Self::Repeat(times, node) => node.size().saturating_mul(*times),
            Self::Within(_, node) => node.size(),
        }
    }

    /// The candidates of every place that must be filled whatever `Any` chooses, and whether that is all of it.
    fn places<'n>(&'n self, places: &mut Vec<&'n [Candidate]>) -> bool {
        match self {
            Self::Take { candidates, times } => {
                (0..*times).for_each(|_| places.push(candidates));
                true
            }
            Self::All(nodes) => nodes.iter().fold(true, |whole, node| node.places(places) && whole),
            Self::Ordered(nodes) => {
                nodes.iter().for_each(|node| {
                    node.places(places);
                });
                false
            }
            Self::Any(_) => false,
            Self::Repeat(times, node) => {
                (0..*times).fold(true, |whole, _| node.places(places) && whole)
            }
            Self::Within(_, node) => {
                node.places(places);
                false
            }
        }
    }
}

/// Whether `node` can be met.
pub(super) fn is_satisfiable(
    node: &Node,
    observations: &[Observation],
    budget: &mut Budget,
) -> Result<bool, MatchError> {
    match node {
        Node::Any(nodes) => {
            let mut result = Ok(false);
            for node in nodes {
                match is_satisfiable(node, observations, budget) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    // Another alternative may still have an answer.
                    Err(error) => result = Err(error),
                }
            }
            result
        }
        Node::Take { candidates, times } => Ok(total(candidates) >= u128::from(*times)),
        Node::Within(nanos, inner) => match &**inner {
            Node::Take { candidates, times } => Ok(has_window(candidates, *times, *nanos)),
            _ => combine(node, observations, budget),
        },
        Node::All(_) | Node::Ordered(_) | Node::Repeat(..) => combine(node, observations, budget),
    }
}

fn total(candidates: &[Candidate]) -> u128 {
    candidates.iter().map(|candidate| u128::from(candidate.count)).sum()
}

/// Whether a window of `nanos` touches the intervals of `times` candidates. If any does, then also one that starts
/// where one of them ends; so both ends of all intervals are walked in order.
fn has_window(candidates: &[Candidate], times: u64, nanos: i128) -> bool {
    let mut by_last: Vec<&Candidate> = candidates.iter().collect();
    by_last.sort_unstable_by_key(|candidate| candidate.last);
    let mut begun = candidates.iter().peekable();
    let mut ended: u128 = 0;
    let mut entered: u128 = 0;
    for start in by_last {
        while let Some(candidate) =
            begun.next_if(|next| next.first <= start.last.saturating_add(nanos))
        {
            entered += u128::from(candidate.count);
        }
        // Those before `start` in this order have ended by now; equal ends are tried with more room earlier.
        if entered - ended >= u128::from(times) {
            return true;
        }
        ended += u128::from(start.count);
    }
    false
}

fn combine(
    node: &Node,
    observations: &[Observation],
    budget: &mut Budget,
) -> Result<bool, MatchError> {
    if node.size() > MAX_COMBINED_OBSERVATIONS {
        let message = "the pattern combines more than 1000 observations";
        return Err(MatchError::new(MatchErrorKind::TooComplex, message));
    }
    let free: Vec<u64> = observations.iter().map(|observation| observation.count).collect();
    let mut places = Vec::new();
    let is_whole = node.places(&mut places);
    if !has_matching(&places, &free, budget)? {
        return Ok(false);
    }
    if is_whole {
        return Ok(true);
    }
    Search::new(free).run(node, budget)
}

/// Whether every place gets an observation of its own, without regard to time: augmenting paths, breadth first.
fn has_matching(
    places: &[&[Candidate]],
    counts: &[u64],
    budget: &mut Budget,
) -> Result<bool, MatchError> {
    // Which places each observation serves.
    let mut serves: Vec<Vec<usize>> = vec![Vec::new(); counts.len()];
    for place in 0..places.len() {
        // How each observation was reached: from which place.
        let mut reached: Vec<Option<usize>> = vec![None; counts.len()];
        budget.spend(counts.len())?;
        let mut queue = std::collections::VecDeque::from([place]);
        let mut found = None;
        'paths: while let Some(from) = queue.pop_front() {
            let candidates = places.get(from).copied().unwrap_or_default();
            budget.spend(candidates.len())?;
            for candidate in candidates {
                let (Some(seen), Some(served), Some(count)) = (
                    reached.get_mut(candidate.index),
                    serves.get(candidate.index),
                    counts.get(candidate.index),
                ) else {
                    continue;
                };
                if seen.is_some() {
                    continue;
                }
                *seen = Some(from);
                if u64::try_from(served.len()).is_ok_and(|used| used < *count) {
                    found = Some(candidate.index);
                    break 'paths;
                }
                queue.extend(served);
            }
        }
        let Some(mut observation) = found else { return Ok(false) };
        // Hand the observations of the path on, one place each.
        while let Some(from) = reached.get(observation).copied().flatten() {
            let previous = serves.iter().position(|served| served.contains(&from));
            budget.spend(serves.len())?;
            if let Some(served) = serves.get_mut(observation) {
                served.push(from);
            }
            let Some(previous) = previous else { break };
            if let Some(served) = serves.get_mut(previous) {
                served.retain(|place| *place != from);
            }
            observation = previous;
        }
    }
    Ok(true)
}

/// A depth-first search that keeps its own stacks.
#[derive(Debug)]
struct Search<'n> {
    /// How often each observation may still serve.
    free: Vec<u64>,
    /// What is still to be done: each goal and the one after it.
    goals: Vec<(Goal<'n>, Option<usize>)>,
    choices: Vec<Choice<'n>>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
enum Goal<'n> {
    Node(&'n Node),
    /// So many more of these candidates, from this one on.
    Take {
        candidates: &'n [Candidate],
        times: u64,
        from: usize,
    },
    Repeat(u64, &'n Node),
    /// The next operand of `FOLLOWEDBY` begins.
    Next,
    /// A `WITHIN` or `FOLLOWEDBY` ends.
    Close,
}

/// A place to come back to: what was there, and what to try next.
#[derive(Debug)]
struct Choice<'n> {
    goal: Goal<'n>,
    then: Option<usize>,
    next: usize,
    taken: Option<usize>,
    goals: usize,
    limits: Limits,
}

/// The limits that are open at a point of the search.
#[derive(Clone, Debug)]
struct Limits {
    /// No observation may end before this.
    not_before: i128,
    scopes: Vec<Scope>,
}

#[derive(Clone, Copy, Debug)]
struct Scope {
    kind: ScopeKind,
    max_first: i128,
    min_last: i128,
}

#[derive(Clone, Copy, Debug)]
enum ScopeKind {
    Within(i128),
    Ordered { outer_not_before: i128 },
}

impl Limits {
    fn open(&mut self, kind: ScopeKind) {
        self.scopes.push(Scope { kind, max_first: i128::MIN, min_last: i128::MAX });
    }

    fn close(&mut self) {
        if let Some(Scope { kind: ScopeKind::Ordered { outer_not_before }, .. }) = self.scopes.pop()
        {
            self.not_before = outer_not_before;
        }
    }

    /// What comes now in a `FOLLOWEDBY` may not end before all that came before has begun.
    fn next(&mut self) {
        if let Some(scope) = self.scopes.last() {
            self.not_before = self.not_before.max(scope.max_first);
        }
    }

    fn admits(&self, candidate: &Candidate) -> bool {
        candidate.last >= self.not_before
            && self.scopes.iter().all(|scope| match scope.kind {
                ScopeKind::Ordered { .. } => true,
                ScopeKind::Within(nanos) => {
                    let min_last = scope.min_last.min(candidate.last);
                    scope.max_first.max(candidate.first) <= min_last.saturating_add(nanos)
                }
            })
    }

    fn add(&mut self, candidate: &Candidate) {
        for scope in &mut self.scopes {
            scope.max_first = scope.max_first.max(candidate.first);
            scope.min_last = scope.min_last.min(candidate.last);
        }
    }
}

impl<'n> Search<'n> {
    fn new(free: Vec<u64>) -> Self {
        let limits = Limits { not_before: i128::MIN, scopes: Vec::new() };
        Self { free, goals: Vec::new(), choices: Vec::new(), limits }
    }

    fn run(&mut self, root: &'n Node, budget: &mut Budget) -> Result<bool, MatchError> {
        let mut current = self.push(Goal::Node(root), None);
        while let Some(index) = current {
            budget.spend(1)?;
            let Some((goal, then)) = self.goals.get(index).copied() else { return Ok(false) };
            current = match goal {
                Goal::Close => {
                    self.limits.close();
                    then
                }
                Goal::Next => {
                    self.limits.next();
                    then
                }
                Goal::Repeat(0, _) => then,
                Goal::Repeat(times, node) => {
                    let rest = self.push(Goal::Repeat(times - 1, node), then);
                    self.push(Goal::Node(node), rest)
                }
                Goal::Node(node) if !matches!(node, Node::Any(_)) => self.expand(node, then),
                Goal::Take { times: 0, .. } => then,
                Goal::Node(_) | Goal::Take { .. } => {
                    self.choose(goal, then);
                    match self.retry(budget)? {
                        Some(next) => next,
                        None => return Ok(false),
                    }
                }
            };
        }
        Ok(true)
    }

    fn push(&mut self, goal: Goal<'n>, then: Option<usize>) -> Option<usize> {
        self.goals.push((goal, then));
        Some(self.goals.len() - 1)
    }

    fn expand(&mut self, node: &'n Node, then: Option<usize>) -> Option<usize> {
        match node {
            Node::Take { candidates, times } => {
                self.push(Goal::Take { candidates, times: *times, from: 0 }, then)
            }
            Node::All(nodes) => {
                nodes.iter().rev().fold(then, |then, node| self.push(Goal::Node(node), then))
            }
            Node::Ordered(nodes) => {
                let outer_not_before = self.limits.not_before;
                self.limits.open(ScopeKind::Ordered { outer_not_before });
                let mut then = self.push(Goal::Close, then);
                for node in nodes.iter().rev() {
                    then = self.push(Goal::Node(node), then);
                    then = self.push(Goal::Next, then);
                }
                then
            }
            Node::Repeat(times, node) => self.push(Goal::Repeat(*times, node), then),
            Node::Within(nanos, node) => {
                self.limits.open(ScopeKind::Within(*nanos));
                let then = self.push(Goal::Close, then);
                self.push(Goal::Node(node), then)
            }
            Node::Any(_) => then,
        }
    }

    fn choose(&mut self, goal: Goal<'n>, then: Option<usize>) {
        let next = match goal {
            Goal::Take { from, .. } => from,
            _ => 0,
        };
        let (goals, limits) = (self.goals.len(), self.limits.clone());
        self.choices.push(Choice { goal, then, next, taken: None, goals, limits });
    }

    /// Goes on with the next possibility of the latest choice that has one: `Some` with the goal to go on with, or
    /// `None` if there is none left.
    fn retry(&mut self, budget: &mut Budget) -> Result<Option<Option<usize>>, MatchError> {
        while let Some(choice) = self.choices.last_mut() {
            if let Some(free) = choice.taken.take().and_then(|taken| self.free.get_mut(taken)) {
                *free += 1;
            }
            self.goals.truncate(choice.goals);
            self.limits.clone_from(&choice.limits);
            let then = choice.then;
            match choice.goal {
                Goal::Node(Node::Any(nodes)) => {
                    if let Some(node) = nodes.get(choice.next) {
                        choice.next += 1;
                        return Ok(Some(self.push(Goal::Node(node), then)));
                    }
                }
                Goal::Take { candidates, times, .. } => {
                    while let Some(candidate) = candidates.get(choice.next) {
                        budget.spend(1)?;
                        let from = choice.next;
                        choice.next += 1;
                        let Some(free) = self.free.get_mut(candidate.index) else { continue };
                        if *free > 0 && self.limits.admits(candidate) {
                            *free -= 1;
                            choice.taken = Some(candidate.index);
                            self.limits.add(candidate);
                            let rest = Goal::Take { candidates, times: times - 1, from };
                            return Ok(Some(self.push(rest, then)));
                        }
                    }
                }
                _ => {}
            }
            self.choices.pop();
        }
        Ok(None)
    }
}
