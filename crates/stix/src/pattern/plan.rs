//! What a pattern asks of observations, and the ways to answer that need no search.

use std::collections::VecDeque;

use super::search::Search;
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
            Self::All(nodes) => places_of(nodes, places),
            Self::Ordered(nodes) => {
                places_of(nodes, places);
                false
            }
            Self::Any(_) => false,
            Self::Repeat(times, node) => {
                let mut is_whole = true;
                for _ in 0..*times {
                    is_whole &= node.places(places);
                }
                is_whole
            }
            Self::Within(_, node) => {
                node.places(places);
                false
            }
        }
    }
}

fn places_of<'n>(nodes: &'n [Node], places: &mut Vec<&'n [Candidate]>) -> bool {
    let mut is_whole = true;
    for node in nodes {
        is_whole &= node.places(places);
    }
    is_whole
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

/// Whether every place gets an observation of its own, without regard to time.
fn has_matching(
    places: &[&[Candidate]],
    counts: &[u64],
    budget: &mut Budget,
) -> Result<bool, MatchError> {
    let mut matching = Matching {
        places,
        counts,
        serves: vec![Vec::new(); counts.len()],
        served_by: vec![None; places.len()],
    };
    for place in 0..places.len() {
        if !matching.add(place, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A matching between places and observations that grows by augmenting paths.
#[derive(Debug)]
struct Matching<'m> {
    places: &'m [&'m [Candidate]],
    /// How often each observation may serve.
    counts: &'m [u64],
    /// Which places each observation serves.
    serves: Vec<Vec<usize>>,
    /// Which observation serves each place.
    served_by: Vec<Option<usize>>,
}

impl Matching<'_> {
    /// Finds an observation for one more place, breadth first over the places that could hand theirs on.
    fn add(&mut self, place: usize, budget: &mut Budget) -> Result<bool, MatchError> {
        // From which place each observation was reached.
        let mut reached: Vec<Option<usize>> = vec![None; self.counts.len()];
        budget.spend(self.counts.len())?;
        let mut queue = VecDeque::from([place]);
        while let Some(from) = queue.pop_front() {
            let candidates = self.places.get(from).copied().unwrap_or_default();
            budget.spend(candidates.len())?;
            for candidate in candidates {
                let Some(seen @ None) = reached.get_mut(candidate.index) else { continue };
                *seen = Some(from);
                let served = self.serves.get(candidate.index).map_or(&[][..], Vec::as_slice);
                let count = self.counts.get(candidate.index).copied().unwrap_or(0);
                if u64::try_from(served.len()).is_ok_and(|used| used < count) {
                    self.hand_on(candidate.index, &reached);
                    return Ok(true);
                }
                queue.extend(served);
            }
        }
        Ok(false)
    }

    /// Gives a free observation to the place it was reached from, that place's observation to the next, and so on.
    fn hand_on(&mut self, free: usize, reached: &[Option<usize>]) {
        let mut observation = Some(free);
        while let Some(index) = observation {
            let Some(place) = reached.get(index).copied().flatten() else { return };
            let Some(slot) = self.served_by.get_mut(place) else { return };
            observation = slot.replace(index);
            if let Some(served) = observation.and_then(|previous| self.serves.get_mut(previous)) {
                served.retain(|other| *other != place);
            }
            if let Some(served) = self.serves.get_mut(index) {
                served.push(place);
            }
        }
    }
}
