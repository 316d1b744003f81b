//! The JSON of feeds (CONTRACT 3.1). They are few and small, so they are read by way of `Value`.

use std::fmt::Display;

use inthreat_api::{
    Error, Feed, FeedDraft, FeedFormat, FeedId, FeedList, ObservableType, Result, SortOrder,
};
use inthreat_stix::Id;
use serde_json::{Value, json};

use crate::{
    answer,
    properties::{Properties, known},
};

/// Writes the body of a question that creates or replaces a feed.
pub(crate) fn encode_draft(draft: &FeedDraft) -> Vec<u8> {
    json!({ "data": draft_properties(draft) }).to_string().into_bytes()
}

/// Reads such a body; what is absent or null has the service's defaults.
pub(crate) fn decode_draft(body: &[u8]) -> Result<FeedDraft> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Error::invalid("body", "it is not JSON").with_source(error))?;
    let Some(Value::Object(data)) = value.get("data") else {
        return Err(Error::invalid("data", "expected an object under this name"));
    };
    read_draft(&Properties::asked(data))
}

/// Writes `{"data":…}`.
pub(crate) fn encode_feed(feed: &Feed) -> Vec<u8> {
    json!({ "data": feed_properties(feed) }).to_string().into_bytes()
}

/// Reads `{"data":…}`.
pub(crate) fn decode_feed(body: &[u8]) -> Result<Feed> {
    match answer::parse_value(body)?.get("data") {
        Some(Value::Object(data)) => read_feed(&Properties::answered(data)),
        _ => Err(answer::wrong("data", "expected an object")),
    }
}

/// Writes `{"items":[…],"total":…}`.
pub(crate) fn encode_feeds(list: &FeedList) -> Vec<u8> {
    let items: Vec<_> = list.items.iter().map(feed_properties).collect();
    json!({ "items": items, "total": list.total }).to_string().into_bytes()
}

/// Reads `{"items":[…],"total":…}`.
pub(crate) fn decode_feeds(body: &[u8]) -> Result<FeedList> {
    let value = answer::parse_value(body)?;
    let Some(Value::Array(items)) = value.get("items") else {
        return Err(answer::wrong("items", "expected an array"));
    };
    let mut feeds = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Value::Object(map) = item else {
            return Err(answer::wrong(&format!("items[{index}]"), "expected an object"));
        };
        feeds.push(read_feed(&Properties::answered(map))?);
    }
    let total = value.get("total").and_then(Value::as_u64);
    let total = total.unwrap_or_else(|| u64::try_from(feeds.len()).unwrap_or(u64::MAX));
    Ok(FeedList::new(feeds, total))
}

fn draft_properties(draft: &FeedDraft) -> Value {
    json!({
        "title": draft.title,
        "description": draft.description,
        "types": draft.types,
        "observable_types": texts(&draft.observable_types),
        "sources": texts(&draft.sources),
        "tlps": texts(&draft.tlps),
        "labels": draft.labels,
        "sectors": texts(&draft.sectors),
        "locations": texts(&draft.locations),
        "format": format_name(draft.format),
        "fields": draft.fields,
        "template": draft.template,
        "include_revoked": draft.include_revoked,
        "skip_expired": draft.skip_expired,
        "sort_order": match draft.sort_order {
            SortOrder::Ascending => "asc",
            _ => "desc",
        },
    })
}

fn feed_properties(feed: &Feed) -> Value {
    let mut value = draft_properties(&feed.draft);
    if let Value::Object(map) = &mut value {
        map.insert("id".into(), feed.id.as_str().into());
        map.insert("created".into(), feed.created.map(|at| at.to_string()).into());
        map.insert("modified".into(), feed.modified.map(|at| at.to_string()).into());
        map.insert("community_uuid".into(), feed.community_uuid.clone().into());
    }
    known(value)
}

fn texts<T: Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

fn format_name(format: FeedFormat) -> &'static str {
    match format {
        FeedFormat::Csv => "csv",
        FeedFormat::Text => "text",
        FeedFormat::Custom => "custom",
        _ => "json",
    }
}

fn read_feed(map: &Properties<'_>) -> Result<Feed> {
    let id: FeedId = match map.present("id") {
        Some(Value::String(text)) => text.parse().map_err(|error| map.wrong("id", error))?,
        _ => return Err(map.wrong("id", "expected a text")),
    };
    let mut draft = read_draft(map)?;
    if map.present("sort_order").is_none() {
        // A feed that tells no order is older than the property: oldest first, as it ever was (CONTRACT 2.1).
        draft.sort_order = SortOrder::Ascending;
    }
    let mut feed = Feed::new(id, draft);
    feed.created = map.instant("created")?;
    feed.modified = map.instant("modified")?;
    feed.community_uuid = map.text("community_uuid")?;
    Ok(feed)
}

fn read_draft(map: &Properties<'_>) -> Result<FeedDraft> {
    let mut draft = FeedDraft::default();
    draft.title = map.text("title")?.unwrap_or_default();
    draft.description = map.text("description")?.unwrap_or_default();
    draft.types = map.list("types", |text| Ok::<_, String>(text.to_owned()))?;
    draft.observable_types =
        map.list("observable_types", |text| Ok::<_, String>(ObservableType::from(text)))?;
    draft.sources = map.list("sources", Id::lenient)?;
    draft.tlps = map.list("tlps", Id::lenient)?;
    draft.labels = map.list("labels", |text| Ok::<_, String>(text.to_owned()))?;
    draft.sectors = map.list("sectors", Id::lenient)?;
    draft.locations = map.list("locations", Id::lenient)?;
    draft.format = match map.text("format")?.as_deref() {
        None | Some("json") => FeedFormat::Json,
        Some("csv") => FeedFormat::Csv,
        Some("text") => FeedFormat::Text,
        Some("custom") => FeedFormat::Custom,
        Some(_) => {
            return Err(map.wrong("format", "expected `json`, `csv`, `text` or `custom`"));
        }
    };
    draft.fields = map.list("fields", |text| Ok::<_, String>(text.to_owned()))?;
    draft.template = map.text("template")?.unwrap_or_default();
    draft.include_revoked = map.flag("include_revoked")?.unwrap_or(draft.include_revoked);
    draft.skip_expired = map.flag("skip_expired")?.unwrap_or(draft.skip_expired);
    draft.sort_order = match map.text("sort_order")?.as_deref() {
        None => SortOrder::default(),
        Some("asc") => SortOrder::Ascending,
        Some("desc") => SortOrder::Descending,
        Some(_) => return Err(map.wrong("sort_order", "expected `asc` or `desc`")),
    };
    Ok(draft)
}
