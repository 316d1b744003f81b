//! Finds different observations for all the brackets of a pattern, within its limits in time.

use super::MatchError;
use super::plan::{Candidate, Node};
use super::select::Budget;

/// A depth-first search that keeps its own stacks.
#[derive(Debug)]
pub(super) struct Search<'n> {
    /// How often each observation may still serve.
    free: Vec<u64>,
    /// What is still to be done: each goal and the one after it.
    goals: Vec<(Goal<'n>, usize)>,
    choices: Vec<Choice<'n>>,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
enum Goal<'n> {
    /// Everything has been found.
    Done,
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
    then: usize,
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
    /// A search among observations that may serve so often each.
    pub(super) fn new(free: Vec<u64>) -> Self {
        let limits = Limits { not_before: i128::MIN, scopes: Vec::new() };
        Self { free, goals: vec![(Goal::Done, 0)], choices: Vec::new(), limits }
    }

    /// Whether there is an assignment that meets `root`.
    pub(super) fn run(&mut self, root: &'n Node, budget: &mut Budget) -> Result<bool, MatchError> {
        let mut current = self.push(Goal::Node(root), 0);
        loop {
            budget.spend(1)?;
            let Some((goal, then)) = self.goals.get(current).copied() else { return Ok(false) };
            current = match goal {
                Goal::Done => return Ok(true),
                Goal::Close => {
                    self.limits.close();
                    then
                }
                Goal::Next => {
                    self.limits.next();
                    then
                }
                Goal::Repeat(0, _) | Goal::Take { times: 0, .. } => then,
                Goal::Repeat(times, node) => {
                    let rest = self.push(Goal::Repeat(times - 1, node), then);
                    self.push(Goal::Node(node), rest)
                }
                Goal::Node(node) if !matches!(node, Node::Any(_)) => self.expand(node, then),
                Goal::Node(_) | Goal::Take { .. } => {
                    self.choose(goal, then);
                    match self.retry(budget)? {
                        Some(next) => next,
                        None => return Ok(false),
                    }
                }
            };
        }
    }

    fn push(&mut self, goal: Goal<'n>, then: usize) -> usize {
        self.goals.push((goal, then));
        self.goals.len() - 1
    }

    fn expand(&mut self, node: &'n Node, then: usize) -> usize {
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

    fn choose(&mut self, goal: Goal<'n>, then: usize) {
        let next = match goal {
            Goal::Take { from, .. } => from,
            _ => 0,
        };
        let (goals, limits) = (self.goals.len(), self.limits.clone());
        self.choices.push(Choice { goal, then, next, taken: None, goals, limits });
    }

    /// Goes on with the next possibility of the latest choice that has one: `Some` with the goal to go on with, or
    /// `None` if there is none left.
    fn retry(&mut self, budget: &mut Budget) -> Result<Option<usize>, MatchError> {
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
                        budget.spend(1 + self.limits.scopes.len())?;
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
