//! The error of a pattern that cannot be read: where, what was expected, and the place shown with a caret.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// How many characters of the line [`ParseError::render`] shows on each side of the place.
const CONTEXT_CHARS: usize = 40;

/// What kind of reason a pattern was refused for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text is not in the grammar.
    Syntax,
    /// The text is longer than [`ParseOptions::max_length`](super::ParseOptions::max_length) bytes.
    TooLong,
    /// Parentheses are nested deeper than [`MAX_NESTING`](super::MAX_NESTING).
    TooDeep,
    /// A number is beyond what this crate can hold: integers have 127 bits and a sign, `REPEATS` has 64 bits,
    /// floats are 64-bit IEEE numbers that must be finite.
    OutOfRange,
}

/// A pattern that cannot be read.
///
/// `Display` is one line (``expected `]`, found `and` at line 1, column 27``); [`render`](Self::render) shows the
/// line of the pattern and a caret under the place.
#[derive(Clone, PartialEq, Eq)]
pub struct ParseError(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    kind: ParseErrorKind,
    offset: usize,
    line: usize,
    column: usize,
    expected: &'static str,
    found: String,
    excerpt: String,
    caret: usize,
}

impl ParseError {
    /// What kind of reason it is.
    pub fn kind(&self) -> ParseErrorKind {
        self.0.kind
    }

    /// Where, in bytes from the start of the pattern.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.0.column
    }

    /// What would have been accepted there, as a phrase with literal text in backticks.
    pub fn expected(&self) -> &str {
        self.0.expected
    }

    /// What stands there instead.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// The message, the line of the pattern (cut to 80 characters around the place) and a caret below it:
    ///
    /// ```
    /// use inthreat_stix::pattern::Pattern;
    ///
    /// let error = Pattern::parse("[file:name = 'a' and file:size = 1]").unwrap_err();
    /// assert_eq!(
    ///     error.render(),
    ///     "expected `]`, `AND` or `OR`, found `and` at line 1, column 18\n  \
    ///      [file:name = 'a' and file:size = 1]\n                   ^",
    /// );
    /// ```
    pub fn render(&self) -> String {
        let Inner { excerpt, caret, .. } = &*self.0;
        format!("{self}\n  {excerpt}\n  {:caret$}^", "")
    }

    pub(super) fn new(source: &str, fault: Fault) -> Self {
        let offset = floor_boundary(source, fault.offset);
        let (before, after) = source.split_at_checked(offset).unwrap_or((source, ""));
        let (line_start, excerpt_before) = match before.rfind('\n') {
            Some(newline) => (newline + 1, before.get(newline + 1..).unwrap_or_default()),
            None => (0, before),
        };
        let left: String = excerpt_before.chars().rev().take(CONTEXT_CHARS).collect();
        let right = after.chars().take_while(|c| !matches!(c, '\r' | '\n')).take(CONTEXT_CHARS);
        let caret = left.chars().count();
        let excerpt: String = left.chars().rev().chain(right).map(printable).collect();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let found = match fault.found {
            Found::Text(text) => text.to_owned(),
            Found::Span(span) => quote(source.get(span).unwrap_or_default()),
            Found::Character => match after.chars().next() {
                Some(character) => format!("`{}`", printable(character)),
                None => "the end of the pattern".to_owned(),
            },
        };
        let (kind, expected) = (fault.kind, fault.expected);
        Self(Box::new(Inner { kind, offset, line, column, expected, found, excerpt, caret }))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { expected, found, line, column, .. } = &*self.0;
        write!(f, "expected {expected}, found {found} at line {line}, column {column}")
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for ParseError {}

/// What the lexer and the parser know of an error: enough to build the message once, at the end.
#[derive(Debug)]
pub(super) struct Fault {
    kind: ParseErrorKind,
    offset: usize,
    expected: &'static str,
    found: Found,
}

#[derive(Debug)]
enum Found {
    Text(&'static str),
    Span(Range<usize>),
    Character,
}

impl Fault {
    /// A syntax error at a place, with a phrase for what stands there.
    pub(super) fn new(offset: usize, expected: &'static str, found: &'static str) -> Self {
        Self { kind: ParseErrorKind::Syntax, offset, expected, found: Found::Text(found) }
    }

    /// A character that begins no token.
    pub(super) fn unexpected_character(offset: usize) -> Self {
        let expected = "a token of the pattern language";
        Self { kind: ParseErrorKind::Syntax, offset, expected, found: Found::Character }
    }

    /// A token where another one was expected.
    pub(super) fn token(range: Range<usize>, expected: &'static str) -> Self {
        let found = if range.is_empty() {
            Found::Text("the end of the pattern")
        } else {
            Found::Span(range.clone())
        };
        Self { kind: ParseErrorKind::Syntax, offset: range.start, expected, found }
    }

    /// A number that is too large for this crate.
    pub(super) fn out_of_range(range: Range<usize>, expected: &'static str) -> Self {
        Self { kind: ParseErrorKind::OutOfRange, ..Self::token(range, expected) }
    }

    /// A limit on the whole text.
    pub(super) fn limit(
        kind: ParseErrorKind,
        offset: usize,
        expected: &'static str,
        found: &'static str,
    ) -> Self {
        Self { kind, offset, expected, found: Found::Text(found) }
    }
}

fn floor_boundary(source: &str, offset: usize) -> usize {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Control characters would move the caret or the reader's terminal.
fn printable(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

fn quote(text: &str) -> String {
    let mut shown: String = text.chars().take(CONTEXT_CHARS).map(printable).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}
