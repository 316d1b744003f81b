//! Objects as they were written, byte for byte.

use std::{borrow::Cow, fmt, sync::OnceLock};

use bytes::Bytes;
use serde::Deserialize;

use crate::{
    Object, Timestamp,
    model::{Reference, references},
    scan::{Found, Scan},
};

/// A STIX object: its JSON text, untouched, and the few properties that every program asks for.
///
/// Cloning is cheap and shares the text. Objects that were split from one page share the page's bytes, so one
/// small object that is kept for long keeps its page in memory: [`RawObject::detach`] gives it bytes of its own.
/// Two objects are equal when their bytes are.
///
/// ```
/// use inthreat_stix::RawObject;
///
/// let text = r#"{"id":"indicator--4","type":"indicator","x_custom":1.50}"#;
/// let object = RawObject::new(text)?;
/// assert_eq!(object.object_type(), Some("indicator"));
/// assert_eq!(object.as_bytes(), text.as_bytes());
/// # Ok::<(), inthreat_stix::Rejected>(())
/// ```
#[derive(Clone)]
pub struct RawObject {
    text: Bytes,
    /// Read when it is first asked for, where the text was known to be an object without it.
    head: OnceLock<Head>,
}

/// What every program asks for.
#[derive(Clone, Default)]
struct Head {
    object_type: Span,
    id: Span,
    created: Option<Timestamp>,
    modified: Option<Timestamp>,
    revoked: bool,
}

/// Where a string of the head stands.
#[derive(Clone, Default)]
enum Span {
    #[default]
    Absent,
    /// Start and length within the object's text.
    At(u32, u32),
    /// A string that is written with escapes.
    Unescaped(Box<str>),
}

impl RawObject {
    /// Takes a text that holds one object and nothing else but white space.
    pub fn new(text: impl Into<Vec<u8>>) -> Result<Self, Rejected> {
        let text = Bytes::from(text.into()).trim_json();
        match Self::scan(&text, None) {
            Ok(object) => Ok(object),
            Err(reason) => Err(Rejected::new(0, 0, reason, text)),
        }
    }

    /// Takes a text that was just written as an object.
    pub(crate) fn of_written(text: String) -> Self {
        let text = Bytes::from(text);
        // A text that we wrote is an object; without a head it would still be kept.
        Self::scan(&text, None).unwrap_or_else(|_| Self::with_head(text, Found::default()))
    }

    /// Reads bytes that hold exactly one value; `text` is the same where the caller knows them to be UTF-8.
    pub(crate) fn scan(bytes: &Bytes, text: Option<&str>) -> Result<Self, String> {
        let text = match text {
            Some(text) => text,
            None => std::str::from_utf8(bytes)
                .map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?,
        };
        match serde_json::from_str::<Scan<'_>>(text) {
            Ok(Scan::Object(found)) => Ok(Self::with_head(bytes.clone(), found)),
            Ok(Scan::Other(kind)) => Err(not_an_object(kind)),
            Err(error) => Err(format!("broken JSON: {error}")),
        }
    }

    /// Joins a text and the head that was found in it.
    pub(crate) fn with_head(text: Bytes, found: Found<'_>) -> Self {
        Self { head: Head::of(found, &text).into(), text }
    }

    /// Takes a text that is known to be an object.
    pub(crate) fn of_kept(text: Bytes) -> Self {
        Self { text, head: OnceLock::new() }
    }

    fn head(&self) -> &Head {
        self.head.get_or_init(|| {
            // Of a text that is no object, against what was promised, nothing is known.
            match serde_json::from_str::<Scan<'_>>(self.as_str()) {
                Ok(Scan::Object(found)) => Head::of(found, &self.text),
                _ => Head::default(),
            }
        })
    }

    /// The text of the object, from `{` to `}`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The text of the object, from `{` to `}`.
    pub fn as_str(&self) -> &str {
        // Every constructor has checked the text; nothing can change it.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The property `type`, when it is a string.
    pub fn object_type(&self) -> Option<&str> {
        self.head().object_type.resolve(&self.text)
    }

    /// The property `id`, when it is a string. Whether it has the form of an identifier is for [`crate::Id`] to say.
    pub fn id(&self) -> Option<&str> {
        self.head().id.resolve(&self.text)
    }

    /// The property `created`, when it is a timestamp.
    pub fn created(&self) -> Option<Timestamp> {
        self.head().created
    }

    /// The property `modified`, when it is a timestamp.
    pub fn modified(&self) -> Option<Timestamp> {
        self.head().modified
    }

    /// Whether the property `revoked` is `true`.
    pub fn is_revoked(&self) -> bool {
        self.head().revoked
    }

    /// Types the object. Nothing is lost and nothing fails: see [`Object`].
    pub fn to_object(&self) -> Object {
        Object::from_raw(self)
    }

    /// Reads the object as one of the types in [`model`](crate::model), or as a type of your own, which may
    /// borrow from it.
    ///
    /// ```
    /// # use inthreat_stix::{RawObject, model::Tool};
    /// #[derive(serde::Deserialize)]
    /// struct Named<'a> {
    ///     #[serde(borrow)]
    ///     name: std::borrow::Cow<'a, str>,
    /// }
    ///
    /// let object = RawObject::new(r#"{"type":"tool","name":"mimikatz"}"#)?;
    /// assert_eq!(object.parse::<Named>()?.name, "mimikatz");
    /// assert_eq!(object.parse::<Tool>()?.name.as_deref(), Some("mimikatz"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, TypeError> {
        serde_json::from_slice(&self.text).map_err(TypeError::new)
    }

    /// The references to other objects, in their order: every string under a name that ends in `_ref`, and those
    /// in lists under names that end in `_refs`, wherever they stand; of custom objects, too.
    ///
    /// ```
    /// # use inthreat_stix::RawObject;
    /// let object = RawObject::new(r#"{"type":"x-case","created_by_ref":"identity--1","x_refs":["file--2"]}"#)?;
    /// let found: Vec<_> = object.references().map(|found| (found.path(), found.id().to_owned())).collect();
    /// assert_eq!(found, [("created_by_ref".into(), "identity--1".into()), ("x_refs.[0]".into(), "file--2".into())]);
    /// # Ok::<(), inthreat_stix::Rejected>(())
    /// ```
    pub fn references(&self) -> impl Iterator<Item = Reference> + use<> {
        references::find(self.as_str()).into_iter()
    }

    /// The same object with bytes of its own, so that it no longer keeps its page in memory.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { text: Bytes::copy_from_slice(&self.text), ..self.clone() }
    }
}

/// Why a value does not fit a type, or cannot be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("read or write the value as the wanted type")]
pub struct TypeError(#[source] serde_json::Error);

impl TypeError {
    pub(crate) fn new(source: serde_json::Error) -> Self {
        Self(source)
    }

    pub(crate) fn message(message: String) -> Self {
        Self(serde::de::Error::custom(message))
    }
}

pub(crate) fn not_an_object(kind: &str) -> String {
    format!("expected an object, found {kind}")
}

impl Head {
    fn of(found: Found<'_>, text: &Bytes) -> Self {
        Self {
            object_type: Span::of(found.object_type, text),
            id: Span::of(found.id, text),
            created: found.created,
            modified: found.modified,
            revoked: found.revoked,
        }
    }
}

impl Span {
    fn of(found: Option<Cow<'_, str>>, text: &Bytes) -> Self {
        match found {
            None => Self::Absent,
            Some(Cow::Owned(unescaped)) => Self::Unescaped(unescaped.into()),
            Some(Cow::Borrowed(part)) => {
                // The part was borrowed from the text, so the difference of the addresses is its place.
                let start = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
                match (u32::try_from(start), u32::try_from(part.len())) {
                    (Ok(start), Ok(length)) => Self::At(start, length),
                    _ => Self::Unescaped(part.into()),
                }
            }
        }
    }

    fn resolve<'a>(&'a self, text: &'a [u8]) -> Option<&'a str> {
        match self {
            Self::Absent => None,
            Self::Unescaped(text) => Some(text),
            Self::At(start, length) => {
                let start = *start as usize;
                std::str::from_utf8(text.get(start..start + *length as usize)?).ok()
            }
        }
    }
}

impl PartialEq for RawObject {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RawObject {}

impl fmt::Debug for RawObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawObject")
            .field("type", &self.object_type())
            .field("id", &self.id())
            .field("modified", &self.modified())
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// An item of a document that is no object: its bytes, where it stood, and what is wrong with it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("item {index} at byte {offset}: {reason}")]
pub struct Rejected {
    index: usize,
    offset: usize,
    reason: String,
    text: Bytes,
}

impl Rejected {
    pub(crate) fn new(index: usize, offset: usize, reason: String, text: Bytes) -> Self {
        Self { index, offset, reason, text }
    }

    /// Sets aside an object that was read, but that a consumer cannot take for `reason`.
    pub fn from_object(object: &RawObject, index: usize, reason: impl Into<String>) -> Self {
        Self::new(index, 0, reason.into(), object.text.clone())
    }

    /// The place among the items of the document, from 0; in NDJSON the line.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The first byte of the item, from the beginning of the document.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The bytes of the item, which need not be UTF-8.
    pub fn as_bytes(&self) -> &[u8] {
        &self.text
    }
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("index", &self.index)
            .field("offset", &self.offset)
            .field("reason", &self.reason)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// White space as JSON defines it.
pub(crate) fn is_json_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

trait TrimJson {
    fn trim_json(self) -> Self;
}

impl TrimJson for Bytes {
    fn trim_json(mut self) -> Self {
        let leading = self.iter().take_while(|b| is_json_space(**b)).count();
        let _ = self.split_to(leading);
        let trailing = self.iter().rev().take_while(|b| is_json_space(**b)).count();
        self.truncate(self.len() - trailing);
        self
    }
}
