//! Splitting documents into objects in one pass, without copying them.
//!
//! A page of a feed, a bundle, a JSON array, concatenated documents and NDJSON are all read here. A bad item
//! never takes its neighbours along: it becomes a [`Rejected`] with its reason and its place.

mod walk;

use std::io;

use bytes::Bytes;
use thiserror::Error;

use crate::{RawObject, Rejected, reader::engine::Engine};

/// What a document held: the objects in their order, and what is no object.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Split {
    /// The objects, in the order of the document.
    pub objects: Vec<RawObject>,
    /// The items that are no objects.
    pub rejected: Vec<Rejected>,
}

/// An object around an array of objects: a page, a bundle, an answer with `items`.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// What the array held; `None` when the envelope has no such array.
    pub items: Option<Split>,
    properties: Vec<(String, Bytes)>,
}

impl Envelope {
    /// The other properties and their JSON texts, in their order.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.properties.iter();
        texts.filter_map(|(name, text)| Some((name.as_str(), std::str::from_utf8(text).ok()?)))
    }

    /// The JSON text of another property of the envelope, where it has one of this name.
    pub fn property(&self, name: &str) -> Option<&str> {
        let (_, text) = self.properties.iter().rev().find(|(key, _)| key == name)?;
        std::str::from_utf8(text).ok()
    }
}

/// Why a document cannot be split, and where.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{reason} at byte {offset} of {length}")]
pub struct SplitError {
    reason: String,
    offset: usize,
    length: usize,
    truncated: bool,
}

impl SplitError {
    /// The byte where reading stopped.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether the document ends before it is complete: reading it again may help.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// Splits an object that carries its items in the array named `array`.
///
/// The bytes are kept and shared by the objects. Cost is linear in the length of the body.
///
/// ```
/// use inthreat_stix::split;
///
/// let body = br#"{"items":[{"id":"a"},{"id":"b"}],"next_cursor":"c"}"#;
/// let envelope = split::envelope(body.to_vec(), "items")?;
/// assert_eq!(envelope.items.map(|items| items.objects.len()), Some(2));
/// # Ok::<(), split::SplitError>(())
/// ```
pub fn envelope(body: impl Into<Vec<u8>>, array: &str) -> Result<Envelope, SplitError> {
    let body = Bytes::from(body.into());
    let mut walk = walk::Walk::new(&body);
    let envelope = walk.envelope(&[array])?;
    walk.end()?;
    Ok(envelope)
}

/// Splits one object per line. Only `\n` ends a line; blank lines are passed over.
pub fn ndjson(body: impl Into<Vec<u8>>) -> Split {
    let body = Bytes::from(body.into());
    let text = std::str::from_utf8(&body).ok();
    let mut split = Split::default();
    let mut start = byte_order_mark(&body);
    let ends = memchr::memchr_iter(b'\n', &body).chain([body.len()]);
    for (number, end) in ends.enumerate() {
        let line = body.get(start..end).unwrap_or_default();
        let item = line.trim_ascii();
        let item_start = start + line.len() - line.trim_ascii_start().len();
        start = end + 1;
        if item.is_empty() {
            continue;
        }
        let item_text = text.and_then(|text| text.get(item_start..item_start + item.len()));
        let item = body.slice_ref(item);
        match RawObject::scan(&item, item_text) {
            Ok(object) => split.objects.push(object),
            Err(reason) => split.rejected.push(Rejected::new(number, item_start, reason, item)),
        }
    }
    split
}

/// Cuts a text apart that holds objects one directly behind the other, given where each ends.
///
/// This is for who keeps objects that were split before, and knows that their bytes are what was written: that each is an
/// object is not looked at again, and its properties are read when they are asked for. The objects share the text.
/// `None` where the text is no UTF-8, or the ends do not grow or do not lie within it.
///
/// ```
/// let objects = inthreat_stix::split::kept(r#"{"id":"a"}{"id":"b"}"#, &[10, 20]);
/// let ids: Option<Vec<_>> = objects.iter().flatten().map(|object| object.id()).collect();
/// assert_eq!(ids, Some(vec!["a", "b"]));
/// ```
pub fn kept(text: impl Into<Vec<u8>>, ends: &[u32]) -> Option<Vec<RawObject>> {
    let text = Bytes::from(text.into());
    let checked = std::str::from_utf8(&text).ok()?;
    let mut start = 0;
    let mut objects = Vec::with_capacity(ends.len());
    for end in ends {
        let end = *end as usize;
        checked.get(start..end)?;
        objects.push(RawObject::of_kept(text.slice(start..end)));
        start = end;
    }
    Some(objects)
}

/// Splits a file of any of the shapes that STIX is kept in: an object, a bundle, an array, an answer of the
/// service (`items`, `data`), a wrapper that holds a `bundle` or an `object`, any of these one after the
/// other, and NDJSON of them.
///
/// Where a document breaks off, the objects before that are kept; reading goes on with the next line, so the
/// rest of an NDJSON file is not lost. [`Reader`](crate::Reader) does the same for documents larger than memory.
pub fn document(body: impl Into<Vec<u8>>) -> Split {
    let mut engine = Engine::<io::Empty>::new(None, Bytes::from(body.into()), usize::MAX);
    let mut split = Split::default();
    while let Some(item) = engine.next() {
        match item {
            Ok(object) => split.objects.push(object),
            Err(rejected) => split.rejected.push(rejected),
        }
    }
    split
}

/// How many bytes at the beginning are a byte order mark, which some editors write.
fn byte_order_mark(body: &[u8]) -> usize {
    if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

#[cfg(test)]
mod tests;
