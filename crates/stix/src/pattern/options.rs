//! Limits on the text of a pattern.

/// How long a pattern may be unless [`ParseOptions`] say otherwise: 1 MiB.
pub const MAX_LENGTH: usize = 1 << 20;

/// Limits for [`Pattern::parse_with`](super::Pattern::parse_with).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseOptions {
    /// How many bytes a pattern may have.
    pub max_length: usize,
}

impl ParseOptions {
    /// Sets how many bytes a pattern may have.
    #[must_use]
    pub fn with_max_length(mut self, max_length: usize) -> Self {
        self.max_length = max_length;
        self
    }
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { max_length: MAX_LENGTH }
    }
}
