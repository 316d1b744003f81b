//! The questions, and how each is written as a request and read from one.

use std::fmt;

use inthreat_api::{
    Error, ErrorKind, FeedDraft, FeedId, FeedsRequest, LIMIT_MAX, Observable, ObservableType,
    PageFormat, PageRequest, RelationshipsRequest, Result, TEXT_LIMIT_MAX,
};
use inthreat_stix::Id;

use crate::{
    feed,
    limits::{BODY_LENGTH_MAX, IDS_MAX, VALUE_LENGTH_MAX},
    parameters::{Reader, Writer},
    quote::{self, Plus},
    route::{self, Route},
};

/// How many items every list but a page may have (CONTRACT 2.3, 2.4).
pub(crate) const LIST_LIMIT_MAX: u32 = 100;

const PAGE: &str = "/v2/inthreat/collections/{feed}/objects";
const OBJECT: &str = "/v2/inthreat/objects/{id}";
const RELATIONSHIP: &str = "/v2/inthreat/relationships/{id}";
const FEEDS: &str = "/v2/inthreat/feeds";
const FEED: &str = "/v2/inthreat/feeds/{id}";

/// Everything that can be asked of an Intelligence Center, one variant for each method of its traits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Question {
    /// `GET collections/{feed}/objects` (CONTRACT 2.1); the answer is a [page](crate::answer::decode_page), unless the
    /// feed's own format is another one.
    Page(PageRequest),
    /// The same with a `format`; the answer is bytes and the header [`Cursor`](crate::CURSOR_HEADER). The feed's own
    /// format is not written, so that such a question is read as a [`Question::Page`].
    FormattedPage(PageRequest, PageFormat),
    /// `GET objects/{id}` (CONTRACT 2.4); the answer is [one object](crate::answer::decode_object).
    Object(Id),
    /// `GET objects/{id},{id}`, at least two; the answer is [a list](crate::answer::decode_objects).
    Objects(Vec<Id>),
    /// `GET relationships/{id}`; the answer is [one object](crate::answer::decode_object).
    Relationship(Id),
    /// `GET relationships/{id},{id}`, at least two; the answer is [a list](crate::answer::decode_objects).
    Relationships(Vec<Id>),
    /// `GET objects/{id}/relationships`; the answer is [a list of pairs](crate::answer::decode_relationships).
    RelationshipsOf(RelationshipsRequest),
    /// `GET objects/{id}/context` (CONTRACT 8); the answer is [a bundle](crate::answer::decode_bundle).
    Context(Id),
    /// `GET indicators` (CONTRACT 2.5); the answer is [a list](crate::answer::decode_indicators).
    Indicators(Observable),
    /// `GET indicators/context`; the answer is [a list of bundles](crate::answer::decode_contexts).
    IndicatorContexts(Observable),
    /// `GET feeds` (CONTRACT 2.3); the answer is [a list](crate::answer::decode_feeds).
    Feeds(FeedsRequest),
    /// `POST feeds`; the answer is [the feed](crate::answer::decode_feed).
    CreateFeed(FeedDraft),
    /// `GET feeds/{id}`; the answer is [the feed](crate::answer::decode_feed).
    Feed(FeedId),
    /// `PUT feeds/{id}`; the answer is [the feed](crate::answer::decode_feed).
    UpdateFeed(FeedId, FeedDraft),
    /// `DELETE feeds/{id}`; the answer has no body.
    DeleteFeed(FeedId),
}

/// The methods of HTTP that questions are asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes a part.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The name in a request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A question as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded, from `/v2/inthreat` on.
    pub path: String,
    /// The query, percent-encoded, without `?`; empty when there is none.
    pub query: String,
    /// The JSON body, where the method has one.
    pub body: Option<Vec<u8>>,
    /// The path with names in place of what is asked for, such as `/v2/inthreat/objects/{id}`, fit for logs.
    pub template: &'static str,
    /// Whether asking twice is the same as asking once.
    pub is_repeatable: bool,
}

/// Writes a question as a request.
///
/// Fails with [`ErrorKind::InvalidRequest`], naming the field, for what no request can say: an identifier or
/// a type with a comma in it, no identifier at all, more than [`IDS_MAX`], a limit out of range.
pub fn encode(question: &Question) -> Result<Request> {
    let mut query = Writer::default();
    let mut method = Method::Get;
    let mut body = None;
    let (template, segments) = match question {
        Question::Page(request) => {
            encode_page(request, LIMIT_MAX, &mut query)?;
            (PAGE, vec![request.feed.to_string()])
        }
        Question::FormattedPage(request, format) => {
            encode_page(request, limit_max(*format), &mut query)?;
            query.optional("format", format_name(*format));
            (PAGE, vec![request.feed.to_string()])
        }
        Question::Object(id) => (OBJECT, vec![segment(id)?]),
        Question::Objects(ids) => (OBJECT, vec![segments(ids)?]),
        Question::Relationship(id) => (RELATIONSHIP, vec![segment(id)?]),
        Question::Relationships(ids) => (RELATIONSHIP, vec![segments(ids)?]),
        Question::RelationshipsOf(request) => {
            query.limit(request.limit, LIST_LIMIT_MAX)?;
            query.optional("offset", request.offset);
            query.list("match[type]", &request.types)?;
            query.list("match[target_types]", &request.target_types)?;
            query.optional("include_revoked", request.include_revoked.then_some(true));
            ("/v2/inthreat/objects/{id}/relationships", vec![segment(&request.id)?])
        }
        Question::Context(id) => ("/v2/inthreat/objects/{id}/context", vec![segment(id)?]),
        Question::Indicators(observable) => {
            encode_observable(observable, &mut query)?;
            ("/v2/inthreat/indicators", Vec::new())
        }
        Question::IndicatorContexts(observable) => {
            encode_observable(observable, &mut query)?;
            ("/v2/inthreat/indicators/context", Vec::new())
        }
        Question::Feeds(request) => {
            query.limit(request.limit, LIST_LIMIT_MAX)?;
            query.optional("offset", request.offset);
            query.optional("term", request.term.as_ref());
            let ids: Vec<_> = request.ids.iter().map(FeedId::as_str).collect();
            query.list("match[id]", &ids)?;
            (FEEDS, Vec::new())
        }
        Question::CreateFeed(draft) => {
            method = Method::Post;
            body = Some(feed::encode_draft(draft));
            (FEEDS, Vec::new())
        }
        Question::Feed(id) => (FEED, vec![id.to_string()]),
        Question::UpdateFeed(id, draft) => {
            method = Method::Put;
            body = Some(feed::encode_draft(draft));
            (FEED, vec![id.to_string()])
        }
        Question::DeleteFeed(id) => {
            method = Method::Delete;
            (FEED, vec![id.to_string()])
        }
    };
    Ok(Request {
        method,
        path: fill(template, &segments),
        query: query.finish(),
        body,
        template,
        is_repeatable: matches!(method, Method::Get | Method::Put),
    })
}

/// Puts segments in the places of a template, one after the other.
pub(crate) fn fill(template: &str, segments: &[String]) -> String {
    let mut path = String::new();
    let mut segments = segments.iter();
    for (index, piece) in template.split('/').enumerate() {
        path.push_str(if index == 0 { "" } else { "/" });
        let filler = piece.starts_with('{').then(|| segments.next()).flatten();
        path.push_str(filler.map_or(piece, String::as_str));
    }
    path
}

/// Reads a question from what a client sent: the path and the query as they stand in the request line.
///
/// Both prefixes are taken, slashes may be doubled or trail, brackets and commas may be encoded, unknown parameters
/// are ignored (CONTRACT 1.1, 2). One identifier asks for one object, several for a list. Fails with
/// - [`ErrorKind::InvalidRequest`], naming the field; with status 405 for a method that the path does not have;
/// - [`ErrorKind::NotFound`] for a path that the service does not have;
/// - [`ErrorKind::Unsupported`] for one that it has and that is not answered here.
pub fn decode(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> Result<Question> {
    let route = Route::parse(path)?;
    if matches!(route, Route::Unanswered) {
        return Err(Error::unsupported("this question"));
    }
    let allowed = route.methods();
    if !allowed.split(", ").any(|name| name == method) {
        let method = quote::printable(method, 20);
        let message = format!("the method `{method}` is not allowed here, only {allowed}");
        return Err(Error::new(ErrorKind::InvalidRequest, message)
            .with_field("method")
            .with_status(405));
    }
    if body.len() > BODY_LENGTH_MAX {
        let reason = format_args!("it is longer than {BODY_LENGTH_MAX} bytes");
        return Err(Error::invalid("body", reason).with_status(413));
    }
    let query = Reader::new(query.unwrap_or_default())?;
    Ok(match route {
        Route::Page(feed) => decode_page(feed, &query)?,
        Route::Objects(ids) => one_or_many(ids, Question::Object, Question::Objects),
        Route::Relationships(ids) => {
            one_or_many(ids, Question::Relationship, Question::Relationships)
        }
        Route::RelationshipsOf(id) => {
            let mut request = RelationshipsRequest::new(id);
            request.limit = query.limit(LIST_LIMIT_MAX)?;
            request.offset = query.offset()?;
            request.types = query.list("match[type]")?.unwrap_or_default();
            request.target_types = query.list("match[target_types]")?.unwrap_or_default();
            request.include_revoked = query.flag("include_revoked")?.unwrap_or(false);
            Question::RelationshipsOf(request)
        }
        Route::Context(id) => Question::Context(id),
        Route::Indicators => Question::Indicators(decode_observable(&query)?),
        Route::IndicatorContexts => Question::IndicatorContexts(decode_observable(&query)?),
        Route::Feeds if method == "POST" => Question::CreateFeed(feed::decode_draft(body)?),
        Route::Feeds => Question::Feeds(decode_feeds(&query)?),
        Route::Feed(id) => match method {
            "PUT" => Question::UpdateFeed(id, feed::decode_draft(body)?),
            "DELETE" => Question::DeleteFeed(id),
            _ => Question::Feed(id),
        },
        Route::Unanswered => return Err(Error::unsupported("this question")),
    })
}

fn encode_page(request: &PageRequest, limit_max: u32, query: &mut Writer) -> Result<()> {
    query.limit(request.limit, limit_max)?;
    query.optional("cursor", request.cursor.as_ref());
    // The two exclude each other at the service, and the cursor wins (CONTRACT 2.1).
    let modified_after = request.modified_after.filter(|_| request.cursor.is_none());
    query.optional("modified_after", modified_after);
    query.list("match[type]", &request.types)?;
    let observable_types: Vec<_> =
        request.observable_types.iter().map(ObservableType::as_str).collect();
    query.list("match[observable_type]", &observable_types)?;
    query.optional("include_revoked", request.include_revoked);
    query.optional("skip_expired", request.skip_expired);
    query.optional("return_all_fields", request.return_all_fields);
    query.optional("convert_network_traffic", request.convert_network_traffic);
    query.optional("latest", request.latest);
    Ok(())
}

fn decode_page(feed: FeedId, query: &Reader<'_>) -> Result<Question> {
    let format = format(query)?;
    // The feed without filters is written in JSON; of others only their keeper knows how long a page may be.
    let is_json = feed.is_default() && matches!(format, PageFormat::Own | PageFormat::Json);
    let limit_max = if is_json { LIMIT_MAX } else { limit_max(format) };
    let request = page_parameters(feed, query, limit_max)?;
    Ok(match format {
        PageFormat::Own => Question::Page(request),
        _ if is_json => Question::Page(request),
        format => Question::FormattedPage(request, format),
    })
}

/// How many objects a page in this format may have. A feed's own format may be text.
fn limit_max(format: PageFormat) -> u32 {
    match format {
        PageFormat::Own | PageFormat::Text => TEXT_LIMIT_MAX,
        _ => LIMIT_MAX,
    }
}

fn format_name(format: PageFormat) -> Option<&'static str> {
    match format {
        PageFormat::Json => Some("json"),
        PageFormat::Csv => Some("csv"),
        PageFormat::Text => Some("text"),
        _ => None,
    }
}

/// The format that is asked for.
fn format(query: &Reader<'_>) -> Result<PageFormat> {
    let Some(format) = query.text("format", Plus::Blank)? else { return Ok(PageFormat::Own) };
    match format.to_ascii_lowercase().as_str() {
        "json" => Ok(PageFormat::Json),
        "csv" => Ok(PageFormat::Csv),
        "text" => Ok(PageFormat::Text),
        _ => Err(Error::invalid("format", "expected `json`, `csv` or `text`")),
    }
}

fn page_parameters(feed: FeedId, query: &Reader<'_>, limit_max: u32) -> Result<PageRequest> {
    let mut request = PageRequest::new(feed);
    request.limit = query.limit(limit_max)?;
    request.cursor = query.cursor("cursor")?;
    let modified_after = query.instant("modified_after")?;
    request.modified_after = modified_after.filter(|_| request.cursor.is_none());
    request.types = query.list("match[type]")?.unwrap_or_default();
    let observable_types = query.list("match[observable_type]")?.unwrap_or_default();
    request.observable_types =
        observable_types.iter().map(|text| ObservableType::from(text.as_str())).collect();
    request.include_revoked = query.flag("include_revoked")?;
    request.skip_expired = query.flag("skip_expired")?;
    request.return_all_fields = query.flag("return_all_fields")?;
    request.convert_network_traffic = query.flag("convert_network_traffic")?;
    request.latest = query.flag("latest")?;
    Ok(request)
}

fn encode_observable(observable: &Observable, query: &mut Writer) -> Result<()> {
    for (name, text) in
        [("type", observable.observable_type.as_str()), ("value", &observable.value)]
    {
        if text.is_empty() || text.len() > VALUE_LENGTH_MAX {
            let reason = format_args!("expected 1 to {VALUE_LENGTH_MAX} bytes");
            return Err(Error::invalid(name, reason));
        }
        query.text(name, text);
    }
    Ok(())
}

fn decode_observable(query: &Reader<'_>) -> Result<Observable> {
    let observable_type = query.required("type")?;
    let value = query.required("value")?;
    Ok(Observable::new(ObservableType::from(observable_type.as_str()), value))
}

fn decode_feeds(query: &Reader<'_>) -> Result<FeedsRequest> {
    let mut request = FeedsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.term = query.text("term", Plus::Blank)?;
    if let Some(ids) = query.list("match[id]")? {
        if ids.is_empty() {
            // "No feeds" is what was asked for; every feed is what an empty filter would give (CONTRACT 2).
            return Err(Error::invalid("match[id]", "it is empty"));
        }
        for id in ids {
            request.ids.push(id.parse().map_err(|error| Error::invalid("match[id]", error))?);
        }
    }
    Ok(request)
}

fn one_or_many(
    mut ids: Vec<Id>,
    one: fn(Id) -> Question,
    many: fn(Vec<Id>) -> Question,
) -> Question {
    match ids.pop() {
        Some(id) if ids.is_empty() => one(id),
        Some(id) => {
            ids.push(id);
            many(ids)
        }
        None => many(ids),
    }
}

pub(crate) fn segment(id: &Id) -> Result<String> {
    let text = id.to_string();
    route::check_id(&text)?;
    Ok(quote::encode(&text))
}

fn segments(ids: &[Id]) -> Result<String> {
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Error::invalid("id", format_args!("expected 1 to {IDS_MAX} identifiers")));
    }
    let segments: Vec<_> = ids.iter().map(segment).collect::<Result<_>>()?;
    Ok(segments.join(","))
}

#[cfg(test)]
mod tests;
