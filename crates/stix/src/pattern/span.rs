//! A range of bytes in the text of a pattern.

use std::ops::Range;

/// A range of bytes in the text of a pattern; `source.get(span.range())` is the text it covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// The range from `start` to `end`, which is not part of it.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The offset of the first byte.
    pub fn start(self) -> usize {
        self.start
    }

    /// The offset after the last byte.
    pub fn end(self) -> usize {
        self.end
    }

    /// The same as a standard range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// From the start of this span to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}
