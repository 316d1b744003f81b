//! Why markings cannot be read or changed.

use thiserror::Error;

/// Why markings cannot be read or changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{reason}")]
pub struct MarkingError {
    kind: MarkingErrorKind,
    reason: String,
}

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MarkingErrorKind {
    /// A selector selects nothing in the object, or there is none.
    Selector,
    /// What is to be removed is not there.
    NotFound,
    /// A marking is not a well-formed one.
    Marking,
    /// The object cannot have a new version: see [`crate::version::VersionError`].
    Version,
    /// The object's JSON cannot be walked.
    Json,
}

impl MarkingError {
    pub(super) fn new(kind: MarkingErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// What went wrong, for programs.
    pub fn kind(&self) -> MarkingErrorKind {
        self.kind
    }
}
