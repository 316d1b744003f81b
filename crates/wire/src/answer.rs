//! Every answer, written and read.
//!
//! Objects go in and out as the bytes that they are: a body is one copy of slices, and what is read shares the
//! body's bytes. A body that ends too early is [`Transport`](ErrorKind::Transport), since asking again may help; one of
//! another shape is [`Protocol`](ErrorKind::Protocol) and says which property is wrong.

use std::fmt::{Display, Write};

use inthreat_api::{
    ContextList, Cursor, Error, ErrorKind, Feed, FeedList, IndicatorList, Page, Related,
    RelationshipList, Result,
};
use inthreat_stix::{
    Bundle, Id, RawObject, bundle,
    split::{self, Envelope, Split},
};
use serde_json::Value;

use crate::{feed, quote};

/// Writes a page: `{"items":[…],"next_cursor":"…"}`.
///
/// Without a next cursor the one that was `sent` is given back (CONTRACT 2.1). Rejected items are left out.
pub fn encode_page(page: &Page, sent: Option<&Cursor>) -> Vec<u8> {
    let cursor = page.next_cursor.as_ref().or(sent).map(Cursor::as_str);
    let tail = format!("],\"next_cursor\":{}}}", Value::from(cursor));
    encode_items(&page.objects, &tail)
}

/// Reads a page. Items that are no objects are in [`Page::rejected`]; a cursor that is null, empty or absent is none.
pub fn decode_page(body: Vec<u8>) -> Result<Page> {
    let (envelope, items) = decode_items(body)?;
    let mut page = Page::new(items.objects, decode_cursor(&envelope)?);
    page.rejected = items.rejected;
    Ok(page)
}

/// Writes one object: `{"data":…}`.
pub fn encode_object(object: &RawObject) -> Vec<u8> {
    let text = object.as_bytes();
    let mut out = Vec::with_capacity(text.len() + 9);
    out.extend_from_slice(b"{\"data\":");
    out.extend_from_slice(text);
    out.push(b'}');
    out
}

/// Reads one object.
pub fn decode_object(body: Vec<u8>) -> Result<RawObject> {
    object_property(&read_envelope(body, "items")?, "data")
}

/// Writes objects: `{"items":[…]}`.
pub fn encode_objects(objects: &[RawObject]) -> Vec<u8> {
    encode_items(objects, "]}")
}

/// Reads objects; `{"data":…}`, which one identifier gives, is taken as a list of one.
pub fn decode_objects(body: Vec<u8>) -> Result<Vec<RawObject>> {
    let mut envelope = read_envelope(body, "items")?;
    match envelope.items.take() {
        Some(items) => all_objects(items, "items"),
        None if envelope.property("data").is_some() => {
            Ok(vec![object_property(&envelope, "data")?])
        }
        None => Err(missing_array(&envelope, "items")),
    }
}

/// Writes relationships with their other ends:
/// `{"items":[{"related_object":…,"relationship":…}],"total":…,"has_more":…}`.
pub fn encode_relationships(list: &RelationshipList) -> Vec<u8> {
    let mut out = b"{\"items\":[".to_vec();
    for (index, item) in list.items.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        encode_related(item, &mut out);
    }
    let tail = format!("],\"total\":{},\"has_more\":{}}}", list.total, list.has_more);
    out.extend_from_slice(tail.as_bytes());
    out
}

/// Reads relationships with their other ends. Without a total it is the number of items.
pub fn decode_relationships(body: Vec<u8>) -> Result<RelationshipList> {
    let (envelope, items) = decode_items(body)?;
    let related = all_related(items)?;
    let count = u64::try_from(related.len()).unwrap_or(u64::MAX);
    Ok(RelationshipList::new(related, total(&envelope)?.unwrap_or(count), has_more(&envelope)?))
}

/// Writes one relationship with its other end: `{"related_object":…,"relationship":…}`.
pub(crate) fn encode_related(item: &Related, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"related_object\":");
    let related = item.related_object.as_ref().map_or(&b"null"[..], RawObject::as_bytes);
    out.extend_from_slice(related);
    out.extend_from_slice(b",\"relationship\":");
    out.extend_from_slice(item.relationship.as_bytes());
    out.push(b'}');
}

/// Reads relationships with their other ends.
pub(crate) fn all_related(items: Split) -> Result<Vec<Related>> {
    let mut related = Vec::new();
    for (index, item) in all_objects(items, "items")?.into_iter().enumerate() {
        let pair = read_envelope(item.as_bytes().to_vec(), "")?;
        let place = |error: Error| at(&error, &format!("items[{index}]"));
        let relationship = object_property(&pair, "relationship").map_err(place)?;
        let other = match pair.property("related_object") {
            None | Some("null") => None,
            Some(_) => Some(object_property(&pair, "related_object").map_err(place)?),
        };
        related.push(Related::new(relationship, other));
    }
    Ok(related)
}

/// How many items there are in all, where it was counted.
pub(crate) fn total(envelope: &Envelope) -> Result<Option<u64>> {
    match envelope.property("total") {
        None | Some("null") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| wrong("total", "expected a whole number")),
    }
}

/// Writes a bundle as it is, in no envelope (CONTRACT 8).
pub fn encode_bundle(bundle: &Bundle) -> Vec<u8> {
    let mut out = Vec::new();
    bundle.write_json(&mut out);
    out
}

/// Reads a bundle. One without `objects` is empty.
pub fn decode_bundle(body: Vec<u8>) -> Result<Bundle> {
    let mut envelope = read_envelope(body, "objects")?;
    if string_property(&envelope, "type")?.as_deref() != Some("bundle") {
        return Err(wrong("type", "expected `bundle`"));
    }
    let id = string_property(&envelope, "id")?.ok_or_else(|| wrong("id", "it is missing"))?;
    let id = Id::lenient(&id).map_err(|error| wrong("id", error))?;
    let objects = match (envelope.items.take(), envelope.property("objects")) {
        (Some(items), _) => all_objects(items, "objects")?,
        (None, None) => Vec::new(),
        (None, Some(_)) => return Err(missing_array(&envelope, "objects")),
    };
    Ok(Bundle::new(id, objects))
}

/// Writes indicators: `{"items":[…],"has_more":…}`.
pub fn encode_indicators(list: &IndicatorList) -> Vec<u8> {
    encode_items(&list.items, &format!("],\"has_more\":{}}}", list.has_more))
}

/// Reads indicators.
pub fn decode_indicators(body: Vec<u8>) -> Result<IndicatorList> {
    let (envelope, items) = decode_items(body)?;
    Ok(IndicatorList::new(all_objects(items, "items")?, has_more(&envelope)?))
}

/// Writes contexts: `{"items":[<bundle>,…],"has_more":…}`.
pub fn encode_contexts(list: &ContextList) -> Vec<u8> {
    let mut out = b"{\"items\":[".to_vec();
    for (index, bundle) in list.items.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"" } else { b"," });
        bundle.write_json(&mut out);
    }
    out.extend_from_slice(format!("],\"has_more\":{}}}", list.has_more).as_bytes());
    out
}

/// Reads contexts.
pub fn decode_contexts(body: Vec<u8>) -> Result<ContextList> {
    let (envelope, items) = decode_items(body)?;
    let mut bundles = Vec::new();
    for (index, item) in all_objects(items, "items")?.into_iter().enumerate() {
        let bundle = decode_bundle(item.as_bytes().to_vec());
        bundles.push(bundle.map_err(|error| at(&error, &format!("items[{index}]")))?);
    }
    Ok(ContextList::new(bundles, has_more(&envelope)?))
}

/// Writes a feed: `{"data":…}`.
pub fn encode_feed(feed: &Feed) -> Vec<u8> {
    feed::encode_feed(feed)
}

/// Reads a feed.
pub fn decode_feed(body: &[u8]) -> Result<Feed> {
    feed::decode_feed(body)
}

/// Writes feeds: `{"items":[…],"total":…}`.
pub fn encode_feeds(list: &FeedList) -> Vec<u8> {
    feed::encode_feeds(list)
}

/// Reads feeds. Without a total it is the number of items.
pub fn decode_feeds(body: &[u8]) -> Result<FeedList> {
    feed::decode_feeds(body)
}

/// Joins objects into an answer with one copy of each byte and no growing.
pub(crate) fn encode_items(objects: &[RawObject], tail: &str) -> Vec<u8> {
    let head = b"{\"items\":[";
    let length: usize = objects.iter().map(|object| object.as_bytes().len() + 1).sum();
    let mut out = Vec::with_capacity(head.len() + length + tail.len());
    out.extend_from_slice(head);
    bundle::write_joined(objects, &mut out);
    out.extend_from_slice(tail.as_bytes());
    out
}

pub(crate) fn decode_items(body: Vec<u8>) -> Result<(Envelope, Split)> {
    let mut envelope = read_envelope(body, "items")?;
    match envelope.items.take() {
        Some(items) => Ok((envelope, items)),
        None => Err(missing_array(&envelope, "items")),
    }
}

pub(crate) fn read_envelope(body: Vec<u8>, array: &str) -> Result<Envelope> {
    // The body is given away, so what an error would need of it is taken first.
    let mut shape = Shape::of(&body);
    split::envelope(body, array).map_err(|error| {
        shape.ends_early |= error.is_truncated();
        shape.error().with_source(error)
    })
}

/// Reads small JSON that is no object of STIX.
pub(crate) fn parse_value(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).map_err(|error| {
        let mut shape = Shape::of(body);
        shape.ends_early |= error.is_eof();
        shape.error().with_source(error)
    })
}

/// What an error tells of a body that could not be read.
struct Shape {
    beginning: [u8; 96],
    length: usize,
    ends_early: bool,
}

impl Shape {
    fn of(body: &[u8]) -> Self {
        let mut beginning = [0; 96];
        let length = beginning.iter_mut().zip(body).map(|(to, from)| *to = *from).count();
        // A cut in the middle of a number or a word looks broken to a parser, and not short.
        let ends_early = body.trim_ascii_start().first() == Some(&b'{')
            && body.trim_ascii_end().last() != Some(&b'}');
        Self { beginning, length, ends_early }
    }

    fn error(&self) -> Error {
        if self.ends_early {
            return Error::new(ErrorKind::Transport, "the answer ends too early");
        }
        let beginning = self.beginning.get(..self.length).unwrap_or_default();
        let beginning = quote::printable(&String::from_utf8_lossy(beginning), 80);
        let message =
            format!("the answer is not the JSON that was expected: it begins with `{beginning}`");
        Error::new(ErrorKind::Protocol, message)
    }
}

/// An answer with a wrong property.
pub(crate) fn wrong(property: &str, reason: impl Display) -> Error {
    let message = format!("the answer's `{property}` is wrong: {reason}");
    Error::new(ErrorKind::Protocol, message).with_field(property)
}

/// Puts the place of an item before the property that an error names.
pub(crate) fn at(error: &Error, place: &str) -> Error {
    let field = match error.field() {
        Some(field) => format!("{place}.{field}"),
        None => place.to_owned(),
    };
    let mut reason = error.to_string();
    if let Some(source) = std::error::Error::source(error) {
        let _ = write!(reason, ": {source}");
    }
    Error::new(error.kind(), format!("the answer's `{place}` is wrong: {reason}")).with_field(field)
}

pub(crate) fn missing_array(envelope: &Envelope, name: &str) -> Error {
    match envelope.property(name) {
        None => wrong(name, "it is missing"),
        Some(text) => wrong(name, format_args!("expected an array, found {}", kind_of(text))),
    }
}

/// The good items, when all of them are good.
pub(crate) fn all_objects(items: Split, name: &str) -> Result<Vec<RawObject>> {
    match items.rejected.into_iter().next() {
        None => Ok(items.objects),
        Some(rejected) => {
            let place = format!("{name}[{}]", rejected.index());
            let reason = format!("{} (at byte {})", rejected.reason(), rejected.offset());
            Err(wrong(&place, quote::printable(&reason, 300)))
        }
    }
}

pub(crate) fn object_property(envelope: &Envelope, name: &str) -> Result<RawObject> {
    let Some(text) = envelope.property(name) else { return Err(wrong(name, "it is missing")) };
    RawObject::new(text).map_err(|rejected| wrong(name, quote::printable(rejected.reason(), 300)))
}

/// A property that is a string; null is none.
pub(crate) fn string_property(envelope: &Envelope, name: &str) -> Result<Option<String>> {
    let Some(text) = envelope.property(name) else { return Ok(None) };
    serde_json::from_str::<Option<String>>(text)
        .map_err(|_| wrong(name, format_args!("expected a string, found {}", kind_of(text))))
}

pub(crate) fn decode_cursor(envelope: &Envelope) -> Result<Option<Cursor>> {
    match string_property(envelope, "next_cursor")? {
        Some(text) if !text.is_empty() => {
            Cursor::new(text).map(Some).map_err(|error| wrong("next_cursor", error))
        }
        _ => Ok(None),
    }
}

pub(crate) fn has_more(envelope: &Envelope) -> Result<bool> {
    match envelope.property("has_more") {
        None | Some("null" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(text) => {
            let reason = format!("expected `true` or `false`, found {}", kind_of(text));
            Err(wrong("has_more", reason))
        }
    }
}

fn kind_of(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests;
