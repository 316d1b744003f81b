//! TAXII 2.1 over any Intelligence Center: each feed is a collection, each object has its newest version, and was added when that
//! arrived.

mod by_dates;
mod select;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{ACCEPT, ALLOW, CONTENT_TYPE, HOST, RETRY_AFTER, WWW_AUTHENTICATE},
        request::Parts,
        uri::Authority,
    },
    response::Response,
};
use inthreat_api::{
    Arrival, Error, ErrorKind, Feed, FeedId, FeedsRequest, IntelligenceCenter, Result, Roles,
};
use inthreat_stix::Id;
use inthreat_wire::taxii::{
    self, ApiRoot, Collection, Discovery, Envelope, Manifest, ManifestRecord, ServedPath,
    TaxiiQuestion, Versions, decode_taxii,
};

use crate::{
    access::Via,
    handler::{Answer, CHALLENGE},
    pages::{Page, PageCache, Slot, VersionedSlot},
    reply::Whole,
};
use select::{Selected, version};

/// How many feeds are asked for at once when collections are listed.
const FEEDS_LIMIT: u32 = 100;
/// How many feeds are listed as collections. A center that says that it has more is not asked for ever.
const COLLECTIONS_MAX: usize = 10_000;

/// Answers a request whose path stands in an API root. Pages of objects are kept as those of feeds are.
pub(crate) async fn answer(
    cache: &Arc<PageCache>,
    center: &dyn Roles,
    path: &ServedPath,
    parts: &Parts,
    body_length_max: usize,
) -> Result<Answer> {
    let question = decode_taxii("GET", &path.inner, parts.uri.query())?;
    for accept in parts.headers.get_all(ACCEPT) {
        taxii::check_accept(accept.to_str().unwrap_or_default())?;
    }
    if parts.method != "GET" {
        return Err(refused_change(center, &question, parts).await);
    }
    let mut versioned = VersionedSlot::default();
    if let TaxiiQuestion::Objects(feed, _) | TaxiiQuestion::Manifest(feed, _) = &question {
        let query = parts.uri.query().unwrap_or_default();
        // No path of the contract begins like this.
        let key = || format!("taxii:{}?{query}", path.inner);
        let slot = cache.is_on().then(|| Slot::named(cache, key()));
        versioned = VersionedSlot::of_feed(center, slot, &select::whole(feed.clone())).await?;
        if let Some(answer) = versioned.kept() {
            return Ok(answer);
        }
    }
    let (body, objects) = match question {
        TaxiiQuestion::Discovery => (taxii::encode_discovery(&discovery(path, parts)), Vec::new()),
        TaxiiQuestion::ApiRoot => (taxii::encode_api_root(&api_root(body_length_max)), Vec::new()),
        TaxiiQuestion::Collections => {
            (taxii::encode_collections(&collections(center).await?), Vec::new())
        }
        TaxiiQuestion::Collection(feed) => {
            (taxii::encode_collection(&collection(&center.feed(feed).await?)), Vec::new())
        }
        TaxiiQuestion::Objects(feed, filter) => {
            let selected = select::objects(center, feed, filter).await?;
            (encode_envelope(&selected), selected.objects)
        }
        TaxiiQuestion::Manifest(feed, filter) => {
            let selected = select::objects(center, feed, filter).await?;
            (encode_manifest(&selected), selected.objects)
        }
        TaxiiQuestion::Object(feed, id, filter) => {
            let selected = select::object(center, feed, id, filter).await?;
            (encode_envelope(&selected), selected.objects)
        }
        TaxiiQuestion::Versions(feed, id, filter) => {
            let selected = select::object(center, feed, id, filter).await?;
            (encode_versions(&selected), selected.objects)
        }
        _ => return Err(Error::unsupported("this question")),
    };
    let page = Page { headers: headers(&objects), body: Whole::new(body.into()) };
    Ok(versioned.keep(page))
}

/// Answers with an error, as TAXII writes them.
pub(crate) fn refuse(error: &Error) -> Response {
    let failure = taxii::encode_failure(error);
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(failure.body));
    *response.status_mut() = status;
    *response.headers_mut() = headers(&[]);
    let headers = response.headers_mut();
    headers.extend(failure.retry_after_s.map(|seconds| (RETRY_AFTER, seconds.into())));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    response
}

/// What an answer is, and the dates of the objects in it (section 5.4).
fn headers(objects: &[Arrival]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(taxii::MEDIA_TYPE));
    let dates = objects.iter().map(|object| object.arrived);
    for (name, date) in
        [(taxii::DATE_ADDED_FIRST, dates.clone().min()), (taxii::DATE_ADDED_LAST, dates.max())]
    {
        let value = date.and_then(|date| HeaderValue::try_from(taxii::write_date(date)).ok());
        headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
    }
    headers
}

/// Why a request that would change something is refused: nothing here can be written to.
async fn refused_change(
    center: &dyn IntelligenceCenter,
    question: &TaxiiQuestion,
    parts: &Parts,
) -> Error {
    let (("POST", TaxiiQuestion::Objects(feed, _)) | ("DELETE", TaxiiQuestion::Object(feed, _, _))) =
        (parts.method.as_str(), question)
    else {
        let message = "this method is not allowed here, only GET";
        return Error::new(ErrorKind::InvalidRequest, message).with_status(405);
    };
    let content_type = parts.headers.get(CONTENT_TYPE).map(HeaderValue::to_str);
    if parts.method == "POST"
        && !content_type.is_some_and(|value| value.is_ok_and(taxii::is_taxii_json))
    {
        let reason = format_args!("only `{}` is taken", taxii::MEDIA_TYPE);
        return Error::invalid("content-type", reason).with_status(415);
    }
    match select::check_feed(center, feed).await {
        Ok(()) => Error::new(ErrorKind::Forbidden, "the collection cannot be written to"),
        Err(error) => error,
    }
}

/// What the server says about itself. The URL of the root that was asked comes first.
fn discovery(path: &ServedPath, parts: &Parts) -> Discovery {
    let mut discovery = Discovery::default();
    discovery.title = "inthreat".into();
    discovery.description = Some("The feeds of an Intelligence Center".into());
    let url = format!("{}{}", origin(parts), path.api_root);
    discovery.default = Some(url.clone());
    discovery.api_roots = vec![url];
    discovery
}

/// Where the client thinks that the server is, without a slash at its end; nothing when it does not say so, which
/// leaves URLs that are relative.
fn origin(parts: &Parts) -> String {
    let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = parts.uri.authority().map(Authority::as_str);
    let host = host.or_else(|| header(HOST)).unwrap_or_default();
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".:-_[]".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_host) {
        return String::new();
    }
    // A proxy in front that speaks TLS says so.
    let is_secure = parts.extensions.get::<Via>().is_some_and(|via| via.is_secure)
        || header(HeaderName::from_static("x-forwarded-proto"))
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
    format!("{}://{host}", if is_secure { "https" } else { "http" })
}

fn api_root(body_length_max: usize) -> ApiRoot {
    let mut root = ApiRoot::default();
    root.title = "Feeds".into();
    root.description = Some("Each feed is a collection".into());
    root.versions = vec![taxii::MEDIA_TYPE.into()];
    root.max_content_length = u64::try_from(body_length_max).ok();
    root
}

/// The default feed, and every other one.
async fn collections(center: &dyn IntelligenceCenter) -> Result<Vec<Collection>> {
    let mut feeds = vec![center.feed(FeedId::default()).await?];
    let mut offset = 0;
    while feeds.len() < COLLECTIONS_MAX {
        let mut request = FeedsRequest::default();
        (request.limit, request.offset) = (Some(FEEDS_LIMIT), Some(offset));
        let list = center.feeds(request).await?;
        let length = u32::try_from(list.items.len()).unwrap_or(FEEDS_LIMIT);
        offset += length;
        // Some centers list the default feed among the others.
        feeds.extend(list.items.into_iter().filter(|feed| !feed.id.is_default()));
        if length == 0 || u64::from(offset) >= list.total {
            break;
        }
    }
    Ok(feeds.iter().map(collection).collect())
}

fn collection(feed: &Feed) -> Collection {
    let mut collection = Collection::new(feed.id.as_str(), feed.draft.title.as_str());
    let description = &feed.draft.description;
    collection.description = Some(description.clone()).filter(|text| !text.is_empty());
    collection
}

fn encode_envelope(selected: &Selected) -> Vec<u8> {
    let mut envelope = Envelope::default();
    envelope.objects = selected.objects.iter().map(|one| one.object.clone()).collect();
    (envelope.more, envelope.next) = (selected.more, selected.next.clone());
    taxii::encode_envelope(&envelope)
}

fn encode_manifest(selected: &Selected) -> Vec<u8> {
    let mut manifest = Manifest::default();
    let records = selected.objects.iter().filter_map(|Arrival { object, arrived, .. }| {
        // What has no identifier cannot be asked for, and has no place in a manifest.
        let id = object.id().and_then(|id| Id::lenient(id).ok())?;
        let mut record = ManifestRecord::new(id, Some(version(object)));
        record.date_added = Some(*arrived);
        Some(record)
    });
    manifest.objects = records.collect();
    (manifest.more, manifest.next) = (selected.more, selected.next.clone());
    taxii::encode_manifest(&manifest)
}

fn encode_versions(selected: &Selected) -> Vec<u8> {
    let mut versions = Versions::default();
    versions.versions = selected.objects.iter().map(|one| version(&one.object)).collect();
    taxii::encode_versions(&versions)
}
