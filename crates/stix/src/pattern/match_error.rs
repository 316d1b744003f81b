//! Why a pattern could not be matched against observations.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What kind of reason a match had no answer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MatchErrorKind {
    /// The observations are not JSON, or lack what an observation has.
    Observation,
    /// The pattern asks for something impossible: a day that the calendar does not have, `REPEATS 0 TIMES`,
    /// `WITHIN 0 SECONDS`, a set of several types, an address that is none, a regular expression that cannot be
    /// compiled.
    Pattern,
    /// A property has a value that its name or the comparison forbids: a timestamp that is none, a `_hex` or `_bin`
    /// property that cannot be decoded, a reference that is no string.
    Value,
    /// The answer would take more than [`MatchOptions::max_steps`](super::MatchOptions::max_steps), or the pattern
    /// combines more than [`MAX_COMBINED_OBSERVATIONS`](super::MAX_COMBINED_OBSERVATIONS).
    TooComplex,
}

/// A match without an answer.
///
/// Two errors are equal when their kind and message are.
#[derive(Clone, Debug)]
pub struct MatchError {
    kind: MatchErrorKind,
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl MatchError {
    pub(super) fn new(kind: MatchErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(super) fn caused_by(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// What kind of reason it is.
    pub fn kind(&self) -> MatchErrorKind {
        self.kind
    }
}

impl PartialEq for MatchError {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.message == other.message
    }
}

impl Eq for MatchError {}

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for MatchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}
