//! TAXII 2.1 (OASIS Standard, 10 June 2021): how its questions are written and read.
//!
//! Paths are given behind the API root, such as `/collections/{id}/objects/`, since every server has its roots where it
//! likes; they end with a slash, as the specification writes them. Ours are asked with and without it.

mod answer;
mod http;

use inthreat_api::{Error, ErrorKind, FeedId, Result};
use inthreat_stix::{Id, Timestamp};

use crate::{
    parameters::{Reader, Writer},
    question::{Method, Request, fill, segment},
    quote::{self, Plus},
    route::{feed_id, one_id, segments, unknown},
};

pub use answer::{
    ApiRoot, Collection, Discovery, Envelope, Manifest, ManifestRecord, Versions, decode_api_root,
    decode_collection, decode_collections, decode_discovery, decode_envelope, decode_manifest,
    decode_versions, encode_api_root, encode_collection, encode_collections, encode_discovery,
    encode_envelope, encode_manifest, encode_versions,
};
pub use http::{ServedPath, check_accept, encode_failure};

/// The media type of requests and answers (section 1.6.8).
pub const MEDIA_TYPE: &str = "application/taxii+json;version=2.1";
/// The media type of the objects in collections (STIX 2.1).
pub const STIX_MEDIA_TYPE: &str = "application/stix+json;version=2.1";
/// The header that says when the first object of an answer was added (section 5.4).
pub const DATE_ADDED_FIRST: &str = "x-taxii-date-added-first";
/// The header that says when the last object of an answer was added.
pub const DATE_ADDED_LAST: &str = "x-taxii-date-added-last";
/// How many objects one question may ask for; a larger limit is read as this one (section 3.4: a server may give fewer).
pub const LIMIT_MAX: u32 = 10_000;

/// What a TAXII server can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaxiiQuestion {
    /// `GET /taxii2/` (section 4.1), which stands beside the API roots and not behind one.
    Discovery,
    /// `GET {api-root}/` (section 4.2).
    ApiRoot,
    /// `GET {api-root}/collections/` (section 5.1).
    Collections,
    /// `GET {api-root}/collections/{id}/` (section 5.2).
    Collection(FeedId),
    /// `GET {api-root}/collections/{id}/manifest/` (section 5.3).
    Manifest(FeedId, TaxiiFilter),
    /// `GET {api-root}/collections/{id}/objects/` (section 5.4).
    Objects(FeedId, TaxiiFilter),
    /// `GET {api-root}/collections/{id}/objects/{object-id}/` (section 5.6).
    Object(FeedId, Id, TaxiiFilter),
    /// `GET {api-root}/collections/{id}/objects/{object-id}/versions/` (section 5.8).
    Versions(FeedId, Id, TaxiiFilter),
}

/// What narrows an answer (section 3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaxiiFilter {
    /// At most this many; the server may give fewer.
    pub limit: Option<u32>,
    /// Where to go on: what the last answer said under `next`.
    pub next: Option<String>,
    /// Only what was added to the collection strictly later.
    pub added_after: Option<Timestamp>,
    /// Only these identifiers. Empty: all.
    pub ids: Vec<Id>,
    /// Only these STIX types. Empty: all.
    pub types: Vec<String>,
    /// Only these versions: `first`, `last`, `all` or instants. Empty: the last.
    pub versions: Vec<String>,
    /// Only these versions of STIX, such as `2.1`. Empty: the newest of each object.
    pub spec_versions: Vec<String>,
}

/// Writes a question as a request; [`Request::path`] goes behind the path of the API root.
///
/// Fails with [`ErrorKind::InvalidRequest`], naming the field, for what no request can say.
pub fn encode_taxii(question: &TaxiiQuestion) -> Result<Request> {
    let mut query = Writer::default();
    let (template, parts) = match question {
        TaxiiQuestion::Discovery => ("/taxii2/", Vec::new()),
        TaxiiQuestion::ApiRoot => ("/", Vec::new()),
        TaxiiQuestion::Collections => ("/collections/", Vec::new()),
        TaxiiQuestion::Collection(id) => ("/collections/{id}/", vec![id.to_string()]),
        TaxiiQuestion::Manifest(id, filter) => {
            write_filter(filter, &mut query)?;
            ("/collections/{id}/manifest/", vec![id.to_string()])
        }
        TaxiiQuestion::Objects(id, filter) => {
            write_filter(filter, &mut query)?;
            ("/collections/{id}/objects/", vec![id.to_string()])
        }
        TaxiiQuestion::Object(id, object, filter) => {
            write_filter(filter, &mut query)?;
            ("/collections/{id}/objects/{object}/", vec![id.to_string(), segment(object)?])
        }
        TaxiiQuestion::Versions(id, object, filter) => {
            write_filter(filter, &mut query)?;
            ("/collections/{id}/objects/{object}/versions/", vec![id.to_string(), segment(object)?])
        }
    };
    Ok(Request {
        method: Method::Get,
        path: fill(template, &parts),
        query: query.finish(),
        body: None,
        template,
        is_repeatable: true,
    })
}

/// Reads a question from what a client sent; `path` is what follows the API root, with or without slashes around it.
///
/// Unknown parameters are ignored. Fails with [`ErrorKind::InvalidRequest`], naming the field, with status 405 for
/// another method than `GET`, and with [`ErrorKind::NotFound`] for a path that TAXII does not have.
pub fn decode_taxii(method: &str, path: &str, query: Option<&str>) -> Result<TaxiiQuestion> {
    let segments = segments(path)?;
    let query = Reader::new(query.unwrap_or_default())?;
    let question = match segments.as_slice() {
        [] => TaxiiQuestion::ApiRoot,
        // The second is what older documents of the service say (CONTRACT 6).
        ["taxii2" | "taxii"] => TaxiiQuestion::Discovery,
        ["collections"] => TaxiiQuestion::Collections,
        ["collections", id] => TaxiiQuestion::Collection(feed_id(id)?),
        ["collections", id, "manifest"] => {
            TaxiiQuestion::Manifest(feed_id(id)?, read_filter(&query)?)
        }
        ["collections", id, "objects"] => {
            TaxiiQuestion::Objects(feed_id(id)?, read_filter(&query)?)
        }
        ["collections", id, "objects", object] => {
            TaxiiQuestion::Object(feed_id(id)?, one_id(object)?, read_filter(&query)?)
        }
        ["collections", id, "objects", object, "versions"] => {
            TaxiiQuestion::Versions(feed_id(id)?, one_id(object)?, read_filter(&query)?)
        }
        _ => return Err(unknown()),
    };
    if method != "GET" {
        let method = quote::printable(method, 20);
        let message = format!("the method `{method}` is not allowed here, only GET");
        let error = Error::new(ErrorKind::InvalidRequest, message);
        return Err(error.with_field("method").with_status(405));
    }
    Ok(question)
}

/// Writes when something was added: with six digits behind the point, always, unlike the instants of STIX (section 2), so that dates
/// order as their texts do. What is finer is cut off.
///
/// ```
/// let date = "2026-11-21T16:00:00.5Z".parse()?;
/// assert_eq!(inthreat_wire::taxii::write_date(date), "2026-11-21T16:00:00.500000Z");
/// # Ok::<(), inthreat_stix::TimestampError>(())
/// ```
pub fn write_date(date: Timestamp) -> String {
    date.with_digits(6).to_string()
}

/// Whether a `Content-Type` is one of TAXII: older servers leave out the version, some the `taxii`.
pub fn is_taxii_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["application/taxii+json", "application/stix+json", "application/json"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

fn write_filter(filter: &TaxiiFilter, query: &mut Writer) -> Result<()> {
    query.optional("limit", filter.limit);
    query.optional("next", filter.next.as_ref());
    query.optional("added_after", filter.added_after.map(write_date));
    query.ids("match[id]", &filter.ids)?;
    query.list("match[type]", &filter.types)?;
    query.list("match[version]", &filter.versions)?;
    query.list("match[spec_version]", &filter.spec_versions)
}

fn read_filter(query: &Reader<'_>) -> Result<TaxiiFilter> {
    Ok(TaxiiFilter {
        limit: query.lowered_limit(LIMIT_MAX)?,
        next: query.text("next", Plus::Itself)?,
        added_after: query.instant("added_after")?,
        ids: query.wanted_ids("match[id]")?,
        types: query.list("match[type]")?.unwrap_or_default(),
        versions: query.list("match[version]")?.unwrap_or_default(),
        spec_versions: query.list("match[spec_version]")?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
