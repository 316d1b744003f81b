//! Object paths: an object type and the steps to one of its properties (STIX 2.1 section 9.7).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::{Span, token};

/// An object path such as `file:hashes.'SHA-256'` or `network-traffic:dst_ref.value` (section 9.7).
///
/// It is kept as canonical text: no white space, quotes only around a step that needs them, indices without sign or
/// leading zero. So `file : 'hashes' . 'MD5'` and `file:hashes.MD5` are the same path. Equality ignores the span.
#[derive(Clone, Debug)]
pub struct ObjectPath {
    text: String,
    type_length: usize,
    span: Span,
}

impl ObjectPath {
    /// A path of an object type and its steps, or `None` if the type is not a name of letters, digits, `_` and `-`
    /// (or is a keyword), or if the first step is no property.
    ///
    /// ```
    /// use inthreat_stix::pattern::{ObjectPath, PathStep};
    ///
    /// let steps = [PathStep::Property("hashes".into()), PathStep::Property("SHA-256".into())];
    /// assert_eq!(ObjectPath::new("file", &steps).unwrap().to_string(), "file:hashes.'SHA-256'");
    /// ```
    pub fn new(object_type: &str, steps: &[PathStep<'_>]) -> Option<Self> {
        let first_is_property = matches!(steps.first(), Some(PathStep::Property(_)));
        if !token::is_object_type(object_type) || !first_is_property {
            return None;
        }
        let mut builder = PathBuilder::new(object_type);
        for step in steps {
            builder.push(step);
        }
        Some(builder.finish(Span::default()))
    }

    /// The object type, as `ipv4-addr`.
    pub fn object_type(&self) -> &str {
        self.text.get(..self.type_length).unwrap_or_default()
    }

    /// The canonical text after the colon, as `value` or `hashes.'SHA-256'`.
    pub fn property(&self) -> &str {
        self.text.get(self.type_length + 1..).unwrap_or_default()
    }

    /// The whole path as canonical text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The steps after the object type; the first one is a property.
    pub fn steps(&self) -> Steps<'_> {
        Steps { rest: self.property() }
    }

    /// Where the path stands in the text of the pattern.
    pub fn span(&self) -> Span {
        self.span
    }

    /// A path whose text is canonical already.
    pub(super) fn from_canonical(text: &str, type_length: usize, span: Span) -> Self {
        Self { text: text.to_owned(), type_length, span }
    }
}

impl PartialEq for ObjectPath {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for ObjectPath {}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One step of an object path (section 9.7).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathStep<'p> {
    /// A property of an object, or a key of a dictionary.
    Property(Cow<'p, str>),
    /// `[n]`: an element of a list, from 0. A negative index, which the grammar accepts, selects nothing; an index
    /// beyond 64 bits is given as the nearest one.
    Index(i64),
    /// `[*]`: any element of a list.
    AnyIndex,
}

/// The steps of an [`ObjectPath`], in order.
#[derive(Clone, Debug)]
pub struct Steps<'p> {
    rest: &'p str,
}

impl<'p> Iterator for Steps<'p> {
    type Item = PathStep<'p>;

    fn next(&mut self) -> Option<PathStep<'p>> {
        let rest = self.rest.strip_prefix('.').unwrap_or(self.rest);
        if let Some(inner) = rest.strip_prefix('[') {
            let (index, after) = inner.split_once(']')?;
            self.rest = after;
            return Some(match index {
                "*" => PathStep::AnyIndex,
                _ => PathStep::Index(saturating_index(index)),
            });
        }
        if let Some(inner) = rest.strip_prefix('\'') {
            let (name, after) = split_quoted(inner)?;
            self.rest = after;
            return Some(PathStep::Property(unescape(name)));
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        self.rest = after;
        (!name.is_empty()).then_some(PathStep::Property(Cow::Borrowed(name)))
    }
}

/// Writes the canonical text of a path.
#[derive(Debug)]
pub(super) struct PathBuilder {
    text: String,
    type_length: usize,
}

impl PathBuilder {
    pub(super) fn new(object_type: &str) -> Self {
        // Room for the paths that are common.
        let mut text = String::with_capacity(object_type.len() + 24);
        text.push_str(object_type);
        text.push(':');
        Self { text, type_length: object_type.len() }
    }

    pub(super) fn push(&mut self, step: &PathStep<'_>) {
        match step {
            PathStep::Property(name) => self.property(name),
            PathStep::Index(index) => self.index(&index.to_string()),
            PathStep::AnyIndex => self.index("*"),
        }
    }

    pub(super) fn property(&mut self, name: &str) {
        if token::is_plain_name(name) {
            self.plain_property(name);
        } else {
            self.separate();
            // Writing to a string does not fail.
            let _ = write!(self.text, "{}", Quoted(name));
        }
    }

    /// A property whose name is known to need no quotes.
    pub(super) fn plain_property(&mut self, name: &str) {
        self.separate();
        self.text.push_str(name);
    }

    fn separate(&mut self) {
        if self.text.len() > self.type_length + 1 {
            self.text.push('.');
        }
    }

    /// `index` is `*` or an integer of the grammar.
    pub(super) fn index(&mut self, index: &str) {
        let index = index.strip_prefix('+').unwrap_or(index);
        let index = if index == "-0" { "0" } else { index };
        self.text.push('[');
        self.text.push_str(index);
        self.text.push(']');
    }

    pub(super) fn finish(self, span: Span) -> ObjectPath {
        ObjectPath { text: self.text, type_length: self.type_length, span }
    }
}

/// A string as a literal of the language.
#[derive(Debug)]
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('\'')?;
        for piece in self.0.split_inclusive(['\'', '\\']) {
            match piece.char_indices().next_back() {
                Some((at, special @ ('\'' | '\\'))) => {
                    f.write_str(piece.get(..at).unwrap_or_default())?;
                    f.write_char('\\')?;
                    f.write_char(special)?;
                }
                _ => f.write_str(piece)?,
            }
        }
        f.write_char('\'')
    }
}

/// Resolves the escapes of the text between the quotes of a string literal.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        // The lexer let a backslash stand before a quote or a backslash only.
        let kept = if character == '\\' { characters.next().unwrap_or('\\') } else { character };
        result.push(kept);
    }
    Cow::Owned(result)
}

fn split_quoted(inner: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\'' => return Some((inner.get(..at)?, inner.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn saturating_index(text: &str) -> i64 {
    let nearest = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    text.parse().unwrap_or(nearest)
}
