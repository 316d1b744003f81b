//! The questions, and how each is written as a request and read from one.

use std::fmt;

use inthreat_api::{
    Error, FeedDraft, FeedId, FeedsRequest, LIMIT_MAX, Observable, ObservableType, PageFormat,
    PageRequest, RelationshipsRequest, Result, TEXT_LIMIT_MAX,
};
use inthreat_stix::Id;

use crate::{
    feed,
    limits::{IDS_MAX, VALUE_LENGTH_MAX},
    live::{self, LiveQuestion},
    parameters::{Reader, Writer},
    quote::{self, Plus},
    route::{self, Received},
};

/// How many items every list but a page may have (CONTRACT 2.3, 2.4).
pub(crate) const LIST_LIMIT_MAX: u32 = 100;
/// The identifier that no feed has.
const NO_FEED: &str = "00000000-0000-0000-0000-000000000000";

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
/// Fails with [`InvalidRequest`](inthreat_api::ErrorKind::InvalidRequest), naming the field, for what no request can say: an identifier or
/// a type with a comma in it, no identifier at all, more than [`IDS_MAX`], a limit out of range.
pub fn encode(question: &Question) -> Result<Request> {
    let mut query = Writer::default();
    let mut method = Method::Get;
    let mut body = None;
    let (template, segments) = match question {
        Question::Page(request) => {
            encode_page(request, LIMIT_MAX, &mut query)?;
            (route::FEED_OBJECTS, vec![request.feed.to_string()])
        }
        Question::FormattedPage(request, format) => {
            encode_page(request, limit_max(*format), &mut query)?;
            query.optional("format", format_name(*format));
            (route::FEED_OBJECTS, vec![request.feed.to_string()])
        }
        Question::Object(id) => (route::OBJECT, vec![segment(id)?]),
        Question::Objects(ids) => (route::OBJECT, vec![segments(ids)?]),
        Question::Relationship(id) => (route::RELATIONSHIP, vec![segment(id)?]),
        Question::Relationships(ids) => (route::RELATIONSHIP, vec![segments(ids)?]),
        Question::RelationshipsOf(request) => {
            query.limit(request.limit, LIST_LIMIT_MAX)?;
            query.offset(request.offset)?;
            query.list("match[type]", &request.types)?;
            query.list("match[target_types]", &request.target_types)?;
            query.optional("include_revoked", request.include_revoked.then_some(true));
            (route::OBJECT_RELATIONSHIPS, vec![segment(&request.id)?])
        }
        Question::Context(id) => (route::OBJECT_CONTEXT, vec![segment(id)?]),
        Question::Indicators(observable) => {
            encode_observable(observable, &mut query)?;
            (route::INDICATORS, Vec::new())
        }
        Question::IndicatorContexts(observable) => {
            encode_observable(observable, &mut query)?;
            (route::INDICATOR_CONTEXTS, Vec::new())
        }
        Question::Feeds(request) => {
            query.limit(request.limit, LIST_LIMIT_MAX)?;
            query.offset(request.offset)?;
            query.optional("term", request.term.as_ref());
            let ids: Vec<_> = request.ids.iter().map(FeedId::as_str).collect();
            query.list("match[id]", &ids)?;
            (route::FEEDS, Vec::new())
        }
        Question::CreateFeed(draft) => {
            method = Method::Post;
            body = Some(feed::encode_draft(draft));
            (route::FEEDS, Vec::new())
        }
        Question::Feed(id) => (route::FEED, vec![id.to_string()]),
        Question::UpdateFeed(id, draft) => {
            method = Method::Put;
            body = Some(feed::encode_draft(draft));
            (route::FEED, vec![id.to_string()])
        }
        Question::DeleteFeed(id) => {
            method = Method::Delete;
            (route::FEED, vec![id.to_string()])
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

/// What a request asks: of every center, or of those that play a further role.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there are exactly these two sets of questions")]
pub enum Asked {
    /// What every center answers.
    Center(Question),
    /// What a center with the right role answers.
    Role(LiveQuestion),
}

/// Reads whatever is asked from what a client sent: the path and the query as they stand in the request line.
///
/// Both prefixes are taken, slashes may be doubled or trail, brackets and commas may be encoded, unknown parameters
/// are ignored (CONTRACT 1.1, 2). One identifier asks for one object, several for a list. Arguments of searches and
/// exports may stand in the body or in the query. Fails with
/// - [`ErrorKind::InvalidRequest`], naming the field; with status 405 for a method that the path does not have, 413 for
///   a body and 414 for a path or a query that is too long;
/// - [`ErrorKind::NotFound`] for a path that the service does not have;
/// - [`ErrorKind::Unsupported`] for one that it has and that nobody answers here.
///
/// ```
/// use inthreat_wire::{Asked, LiveQuestion, decode_any};
///
/// let asked = decode_any("GET", "/api/v2/inthreat/sources/", Some("match[name]=MITRE"), b"")?;
/// assert!(matches!(asked, Asked::Role(LiveQuestion::Sources(_))));
/// # Ok::<(), inthreat_api::Error>(())
/// ```
///
/// [`ErrorKind::InvalidRequest`]: inthreat_api::ErrorKind::InvalidRequest
/// [`ErrorKind::NotFound`]: inthreat_api::ErrorKind::NotFound
/// [`ErrorKind::Unsupported`]: inthreat_api::ErrorKind::Unsupported
pub fn decode_any(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> Result<Asked> {
    let received = Received::new(method, path, query, body)?;
    if let Some(question) = read(&received)? {
        return Ok(Asked::Center(question));
    }
    live::read(&received)?.map(Asked::Role).ok_or_else(unsupported)
}

/// Reads a question that every center answers, as [`decode_any`] does; what asks for a role is
/// [`Unsupported`](inthreat_api::ErrorKind::Unsupported).
pub fn decode(method: &str, path: &str, query: Option<&str>, body: &[u8]) -> Result<Question> {
    read(&Received::new(method, path, query, body)?)?.ok_or_else(unsupported)
}

pub(crate) fn unsupported() -> Error {
    Error::unsupported("this question")
}

/// Reads a question; `None` when the path is none of these.
fn read(received: &Received<'_>) -> Result<Option<Question>> {
    let Received { query, body, .. } = received;
    Ok(Some(match received.template {
        route::FEED_OBJECTS => decode_page(received.feed()?, query)?,
        route::OBJECT => one_or_many(received.ids()?, Question::Object, Question::Objects),
        route::RELATIONSHIP => {
            one_or_many(received.ids()?, Question::Relationship, Question::Relationships)
        }
        route::OBJECT_RELATIONSHIPS => {
            let mut request = RelationshipsRequest::new(received.id()?);
            request.limit = query.limit(LIST_LIMIT_MAX)?;
            request.offset = query.offset()?;
            request.types = query.list("match[type]")?.unwrap_or_default();
            request.target_types = query.list("match[target_types]")?.unwrap_or_default();
            request.include_revoked = query.flag("include_revoked")?.unwrap_or(false);
            Question::RelationshipsOf(request)
        }
        route::OBJECT_CONTEXT => Question::Context(received.id()?),
        route::INDICATORS => Question::Indicators(decode_observable(query)?),
        route::INDICATOR_CONTEXTS => Question::IndicatorContexts(decode_observable(query)?),
        route::FEEDS if received.method == "POST" => {
            Question::CreateFeed(feed::decode_draft(body)?)
        }
        route::FEEDS => Question::Feeds(decode_feeds(query)?),
        route::FEED => match received.method {
            "PUT" => Question::UpdateFeed(received.feed()?, feed::decode_draft(body)?),
            "DELETE" => Question::DeleteFeed(received.feed()?),
            _ => Question::Feed(received.feed()?),
        },
        _ => return Ok(None),
    }))
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
        // "No feed" is what an empty list asks for, and not all of them (CONTRACT 2): the one that is not there.
        let none = ids.is_empty().then(|| NO_FEED.to_owned());
        for id in none.into_iter().chain(ids) {
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
