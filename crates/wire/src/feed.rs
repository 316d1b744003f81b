//! The JSON of feeds (CONTRACT 3.1). They are few and small, so they are read by way of `Value`.

use std::fmt::Display;

use inthreat_api::{
    Error, ErrorKind, Feed, FeedDraft, FeedFormat, FeedId, FeedList, ObservableType, Result,
    SortOrder,
};
use inthreat_stix::{Id, Timestamp};
use serde_json::{Map, Value, json};

use crate::{answer, limits::DRAFT_LIST_MAX, quote};

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
    Properties { map: data, kind: ErrorKind::InvalidRequest }.draft()
}

/// Writes `{"data":…}`.
pub(crate) fn encode_feed(feed: &Feed) -> Vec<u8> {
    json!({ "data": feed_properties(feed) }).to_string().into_bytes()
}

/// Reads `{"data":…}`.
pub(crate) fn decode_feed(body: &[u8]) -> Result<Feed> {
    match answer::parse_value(body)?.get("data") {
        Some(Value::Object(data)) => Properties { map: data, kind: ErrorKind::Protocol }.feed(),
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
        feeds.push(Properties { map, kind: ErrorKind::Protocol }.feed()?);
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
    value
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

/// The properties of one feed, and whose fault it is when one is wrong.
struct Properties<'a> {
    map: &'a Map<String, Value>,
    kind: ErrorKind,
}

impl Properties<'_> {
    fn feed(&self) -> Result<Feed> {
        let id: FeedId = match self.present("id") {
            Some(Value::String(text)) => text.parse().map_err(|error| self.wrong("id", error))?,
            _ => return Err(self.wrong("id", "expected a text")),
        };
        let mut feed = Feed::new(id, self.draft()?);
        feed.created = self.instant("created")?;
        feed.modified = self.instant("modified")?;
        feed.community_uuid = self.text("community_uuid")?;
        Ok(feed)
    }

    fn draft(&self) -> Result<FeedDraft> {
        let mut draft = FeedDraft::default();
        draft.title = self.text("title")?.unwrap_or_default();
        draft.description = self.text("description")?.unwrap_or_default();
        draft.types = self.list("types", |text| Ok::<_, String>(text.to_owned()))?;
        draft.observable_types =
            self.list("observable_types", |text| Ok::<_, String>(ObservableType::from(text)))?;
        draft.sources = self.list("sources", Id::lenient)?;
        draft.tlps = self.list("tlps", Id::lenient)?;
        draft.labels = self.list("labels", |text| Ok::<_, String>(text.to_owned()))?;
        draft.sectors = self.list("sectors", Id::lenient)?;
        draft.locations = self.list("locations", Id::lenient)?;
        draft.format = match self.text("format")?.as_deref() {
            None | Some("json") => FeedFormat::Json,
            Some("csv") => FeedFormat::Csv,
            Some("text") => FeedFormat::Text,
            Some("custom") => FeedFormat::Custom,
            Some(_) => {
                return Err(self.wrong("format", "expected `json`, `csv`, `text` or `custom`"));
            }
        };
        draft.fields = self.list("fields", |text| Ok::<_, String>(text.to_owned()))?;
        draft.template = self.text("template")?.unwrap_or_default();
        draft.include_revoked = self.flag("include_revoked")?.unwrap_or(draft.include_revoked);
        draft.skip_expired = self.flag("skip_expired")?.unwrap_or(draft.skip_expired);
        draft.sort_order = match self.text("sort_order")?.as_deref() {
            None => SortOrder::default(),
            Some("asc") => SortOrder::Ascending,
            Some("desc") => SortOrder::Descending,
            Some(_) => return Err(self.wrong("sort_order", "expected `asc` or `desc`")),
        };
        Ok(draft)
    }

    /// A property that is neither absent nor null.
    fn present(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<String>> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "expected a text")),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>> {
        match self.present(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(self.wrong(name, "expected `true` or `false`")),
        }
    }

    fn instant(&self, name: &str) -> Result<Option<Timestamp>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        Timestamp::lenient(&text).map(Some).map_err(|error| self.wrong(name, error))
    }

    fn list<T, E: Display>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Vec<T>> {
        let items = match self.present(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(items)) if items.len() <= DRAFT_LIST_MAX => items,
            Some(Value::Array(_)) => {
                return Err(self.wrong(name, format_args!("more than {DRAFT_LIST_MAX} values")));
            }
            Some(_) => return Err(self.wrong(name, "expected a list of texts")),
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Value::String(text) = item else {
                return Err(self.wrong(&format!("{name}[{index}]"), "expected a text"));
            };
            let value =
                parse(text).map_err(|error| self.wrong(&format!("{name}[{index}]"), error))?;
            values.push(value);
        }
        Ok(values)
    }

    fn wrong(&self, name: &str, reason: impl Display) -> Error {
        let reason = quote::printable(&reason.to_string(), 300);
        match self.kind {
            ErrorKind::InvalidRequest => Error::invalid(name, reason),
            _ => answer::wrong(name, reason),
        }
    }
}
