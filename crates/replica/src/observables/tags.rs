//! The tags that observables have (CONTRACT 5.7).

use std::{collections::BTreeSet, ops::ControlFlow};

use inthreat_api::{NamedRequest, ObservableType, TagList};
use inthreat_stix::{RawObject, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    bitmaps::Dimension,
    fault::Fault,
    listing::{CHECKED_MAX, Marked, Window},
    reader::Reader,
};

/// The tags of an observable, each as it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Tagged<'a> {
    #[serde(borrow)]
    x_inthreat_tags: Vec<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tag {
    name: String,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

impl Tag {
    /// Whether it is valid at an instant, in microseconds since 1970.
    fn is_valid(&self, now: i64) -> bool {
        let instant = |text: &Option<String>| {
            text.as_ref().and_then(|text| Timestamp::lenient(text).ok()).map(Timestamp::micros)
        };
        instant(&self.valid_from).is_none_or(|from| from <= now)
            && instant(&self.valid_until).is_none_or(|until| now < until)
    }
}

/// The tags of an observable. What is not a tag is passed over.
fn tags(object: &RawObject) -> Vec<Tag> {
    let tagged: Tagged<'_> = serde_json::from_str(object.as_str()).unwrap_or_default();
    tagged.x_inthreat_tags.iter().filter_map(|tag| serde_json::from_str(tag.get()).ok()).collect()
}

/// Whether an observable has one of these tags, and one of those that is valid; no tags are no restriction.
pub(super) fn fit(object: &RawObject, names: &[String], valid: &[String], now: i64) -> bool {
    if names.is_empty() && valid.is_empty() {
        return true;
    }
    let tags = tags(object);
    let has = |names: &[String], is_meant: &dyn Fn(&Tag) -> bool| {
        names.is_empty() || tags.iter().any(|tag| is_meant(tag) && names.contains(&tag.name))
    };
    has(names, &|_| true) && has(valid, &|tag| tag.is_valid(now))
}

impl Reader {
    pub(super) fn observable_tags(&mut self, request: &NamedRequest) -> Result<TagList, Fault> {
        let window = Window::new(request.limit, request.offset)?;
        let types: Vec<String> = ObservableType::KNOWN.iter().map(ToString::to_string).collect();
        let marked =
            Marked::all(&self.connection)?.with(&self.connection, Dimension::Type, &types)?;
        let mut sequences = Vec::new();
        marked.walk(&self.connection, 0, false, |sequence| {
            sequences.push(sequence);
            let is_wanted = sequences.len() < CHECKED_MAX;
            Ok(if is_wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        let mut names = BTreeSet::new();
        // In parts, so that few bodies are held at a time.
        for part in sequences.chunks(256) {
            for object in self.objects_in_order(part)? {
                names.extend(tags(&object).into_iter().map(|tag| tag.name));
            }
        }
        names.retain(|name| {
            !name.is_empty() && (request.names.is_empty() || request.names.contains(name))
        });
        let part = window.of(names);
        let has_more = part.has_more();
        Ok(TagList::new(part.items, has_more))
    }
}
