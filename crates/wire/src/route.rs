//! Paths: each one that is asked or answered here, once, for those who write requests and those who read them.

use std::sync::LazyLock;

use inthreat_api::{Error, ErrorKind, FeedId, Result};
use inthreat_stix::Id;

use crate::{
    limits::{BODY_LENGTH_MAX, IDS_MAX, PATH_LENGTH_MAX},
    parameters::Reader,
    quote::{self, Plus},
};

pub(crate) const FEED_OBJECTS: &str = "/v2/inthreat/collections/{feed}/objects";
pub(crate) const FEED_PATTERNS: &str = "/v2/inthreat/collections/{feed}/patterns";
pub(crate) const OBSERVABLE_PAGES: &str = "/v2/inthreat/collections/observables";
pub(crate) const RELATIONSHIP_PAGES: &str = "/v2/inthreat/collections/relationships";
pub(crate) const FEEDS: &str = "/v2/inthreat/feeds";
pub(crate) const FEED: &str = "/v2/inthreat/feeds/{feed}";
pub(crate) const OBJECTS: &str = "/v2/inthreat/objects";
pub(crate) const LIGHT_OBJECTS: &str = "/v2/inthreat/objects/light";
pub(crate) const OBJECT_SEARCH: &str = "/v2/inthreat/objects/search";
pub(crate) const SECTORS: &str = "/v2/inthreat/objects/sectors";
pub(crate) const OBJECT: &str = "/v2/inthreat/objects/{id}";
pub(crate) const OBJECT_CONTEXT: &str = "/v2/inthreat/objects/{id}/context";
pub(crate) const OBJECT_FILE: &str = "/v2/inthreat/objects/{id}/files/{sha256}";
pub(crate) const OBJECT_OBSERVABLES: &str = "/v2/inthreat/objects/{id}/observables";
pub(crate) const OBJECT_RELATIONSHIPS: &str = "/v2/inthreat/objects/{id}/relationships";
pub(crate) const RELATIONSHIP_STATISTICS: &str =
    "/v2/inthreat/objects/{id}/relationships/statistics";
pub(crate) const RELATIONSHIP_TYPES: &str = "/v2/inthreat/objects/{id}/relationship-types";
pub(crate) const OBJECT_REPORTS: &str = "/v2/inthreat/objects/{id}/reports";
pub(crate) const OBJECT_SOURCES: &str = "/v2/inthreat/objects/{id}/sources";
pub(crate) const SOURCES: &str = "/v2/inthreat/sources";
pub(crate) const RELATIONSHIPS: &str = "/v2/inthreat/relationships";
pub(crate) const RELATIONSHIP: &str = "/v2/inthreat/relationships/{id}";
pub(crate) const INDICATORS: &str = "/v2/inthreat/indicators";
pub(crate) const INDICATOR_CONTEXTS: &str = "/v2/inthreat/indicators/context";
pub(crate) const INDICATES: &str = "/v2/inthreat/indicators/indicates-relationships";
pub(crate) const REPORTS: &str = "/v2/inthreat/reports";
pub(crate) const REPORT: &str = "/v2/inthreat/reports/{id}";
pub(crate) const REPORT_OBJECTS: &str = "/v2/inthreat/reports/{id}/objects";
pub(crate) const REPORT_OBSERVABLES: &str = "/v2/inthreat/reports/{id}/observables";
pub(crate) const OBSERVABLES: &str = "/v2/inthreat/observables";
pub(crate) const OBSERVABLE_SEARCH: &str = "/v2/inthreat/observables/search";
pub(crate) const OBSERVABLE_BULK_SEARCH: &str = "/v2/inthreat/observables/bulk-search";
pub(crate) const OBSERVABLE_COUNT: &str = "/v2/inthreat/observables/count";
pub(crate) const OBSERVABLE_TAGS: &str = "/v2/inthreat/observables/tags";
pub(crate) const OBSERVABLE: &str = "/v2/inthreat/observables/{id}";
pub(crate) const OBSERVABLE_RELATIONSHIPS: &str = "/v2/inthreat/observables/{id}/relationships";
pub(crate) const OBSERVABLE_INDICATORS: &str = "/v2/inthreat/observables/{id}/indicators";
pub(crate) const OBSERVABLE_REPORTS: &str = "/v2/inthreat/observables/{id}/reports";
pub(crate) const EXPORTS: &str = "/v2/inthreat/exports/";
pub(crate) const EXPORT: &str = "/v2/inthreat/exports/{job}";
pub(crate) const EXPORT_FILE: &str = "/v2/inthreat/exports/{job}/file";
pub(crate) const IOC_COLLECTIONS: &str = "/v2/inthreat/ioc-collections";
pub(crate) const IOC_COUNT: &str = "/v2/inthreat/ioc-collections/count-total-iocs";
pub(crate) const IOC_COLLECTION: &str = "/v2/inthreat/ioc-collections/{id}";
pub(crate) const IOCS: &str = "/v2/inthreat/ioc-collections/{id}/indicators";
pub(crate) const IOC_TEXT: &str = "/v2/inthreat/ioc-collections/{id}/indicators/text";
pub(crate) const IOC: &str = "/v2/inthreat/ioc-collections/{id}/indicators/{indicator}";
pub(crate) const IOC_CONTEXT: &str =
    "/v2/inthreat/ioc-collections/{id}/indicators/{indicator}/context";
pub(crate) const KEY_CHECK: &str = "/v1/auth/validate";
pub(crate) const ME: &str = "/v1/me";

/// The segments of the path that [`KEY_CHECK`] once had.
const OLD_KEY_CHECK: &[&str] = &["v1", "apiauth", "auth", "validate"];

/// Every path with its methods, as the header `Allow` lists them. The first one that fits counts: what has a word where
/// another has a place stands before it.
const PATHS: &[(&str, &str)] = &[
    (FEED_OBJECTS, "GET"),
    (FEED_PATTERNS, "GET"),
    (OBSERVABLE_PAGES, "GET"),
    (RELATIONSHIP_PAGES, "GET"),
    (FEEDS, "GET, POST"),
    (FEED, "GET, PUT, DELETE"),
    (OBJECTS, "GET"),
    (LIGHT_OBJECTS, "GET"),
    (OBJECT_SEARCH, "POST"),
    (SECTORS, "GET"),
    (OBJECT, "GET"),
    (OBJECT_CONTEXT, "GET"),
    (OBJECT_FILE, "GET"),
    (OBJECT_OBSERVABLES, "GET"),
    (OBJECT_RELATIONSHIPS, "GET"),
    (RELATIONSHIP_STATISTICS, "GET"),
    (RELATIONSHIP_TYPES, "GET"),
    (OBJECT_REPORTS, "GET"),
    (OBJECT_SOURCES, "GET"),
    (SOURCES, "GET"),
    (RELATIONSHIPS, "GET"),
    (RELATIONSHIP, "GET"),
    (INDICATORS, "GET"),
    (INDICATOR_CONTEXTS, "GET"),
    (INDICATES, "POST"),
    (REPORTS, "GET"),
    (REPORT, "GET"),
    (REPORT_OBJECTS, "GET"),
    (REPORT_OBSERVABLES, "GET"),
    (OBSERVABLES, "GET"),
    (OBSERVABLE_SEARCH, "POST"),
    (OBSERVABLE_BULK_SEARCH, "POST"),
    (OBSERVABLE_COUNT, "POST"),
    (OBSERVABLE_TAGS, "GET"),
    (OBSERVABLE, "GET"),
    (OBSERVABLE_RELATIONSHIPS, "GET"),
    (OBSERVABLE_INDICATORS, "GET"),
    (OBSERVABLE_REPORTS, "GET"),
    (EXPORTS, "POST"),
    (EXPORT, "GET"),
    (EXPORT_FILE, "GET"),
    (IOC_COLLECTIONS, "GET, POST"),
    (IOC_COUNT, "GET"),
    (IOC_COLLECTION, "GET, PATCH, DELETE"),
    (IOCS, "GET, POST"),
    (IOC_TEXT, "POST"),
    (IOC, "PUT, DELETE"),
    (IOC_CONTEXT, "GET"),
    (KEY_CHECK, "GET"),
    (ME, "GET"),
];

/// Beginnings of paths that the service has; what is none of [`PATHS`] there is answered by nobody here.
const KNOWN: &[(&str, &str)] = &[
    ("v1", "edl-gateway"),
    ("v1", "telemetry"),
    ("v2", "bundles"),
    ("v2", "collections"),
    ("v2", "configuration"),
    ("v2", "content-proposals"),
    ("v2", "expiration-rules"),
    ("v2", "exports"),
    ("v2", "images"),
    ("v2", "indicators"),
    ("v2", "ioc-collections"),
    ("v2", "kill-chains"),
    ("v2", "labels"),
    ("v2", "metrics"),
    ("v2", "misp"),
    ("v2", "objects"),
    ("v2", "observable-relationships"),
    ("v2", "observables"),
    ("v2", "relationships"),
    ("v2", "reports"),
    ("v2", "sources"),
    ("v2", "statistics"),
    ("v2", "support"),
    ("v2", "synchronizations"),
    ("v2", "taxii-server"),
    ("v2", "trackers"),
    ("v2", "vulnerabilities"),
    ("v2", "warning-rules"),
];

/// Words that stand where an identifier could.
const NOT_IDS: &[&str] = &[
    "bulk",
    "bulk-search",
    "count",
    "count-total-iocs",
    "files",
    "highlighted",
    "light",
    "pdf",
    "search",
    "sectors",
    "tags",
    "telemetry",
    "text",
];

/// Every path that is understood, with names in place of what is asked for, and its methods as the header `Allow` lists
/// them.
///
/// ```
/// let mut paths = inthreat_wire::paths();
/// assert!(paths.any(|path| path == ("/v2/inthreat/feeds/{feed}", "GET, PUT, DELETE")));
/// ```
pub fn paths() -> impl Iterator<Item = (&'static str, &'static str)> {
    PATHS.iter().copied()
}

/// The methods that a path can be asked with, as the header `Allow` lists them; `None` for a path that is not understood.
pub fn allowed_methods(path: &str) -> Option<&'static str> {
    Found::new(path).ok().map(|found| found.methods)
}

/// A path as [`paths`] lists it, with names in place of what is asked for; `None` for one that is not understood.
///
/// ```
/// let template = inthreat_wire::path_template("/v2/inthreat/feeds/f");
/// assert_eq!(template, Some("/v2/inthreat/feeds/{feed}"));
/// ```
pub fn path_template(path: &str) -> Option<&'static str> {
    Found::new(path).ok().map(|found| found.template)
}

/// A request whose path is understood and has its method, and whose body is not too long.
pub(crate) struct Received<'a> {
    pub(crate) template: &'static str,
    pub(crate) method: &'a str,
    pub(crate) query: Reader<'a>,
    pub(crate) body: &'a [u8],
    places: Vec<&'a str>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(
        method: &'a str,
        path: &'a str,
        query: Option<&'a str>,
        body: &'a [u8],
    ) -> Result<Self> {
        let Found { template, methods, places } = Found::new(path)?;
        if !methods.split(", ").any(|name| name == method) {
            let method = quote::printable(method, 20);
            let message = format!("the method `{method}` is not allowed here, only {methods}");
            let error = Error::new(ErrorKind::InvalidRequest, message);
            return Err(error.with_field("method").with_status(405));
        }
        if body.len() > BODY_LENGTH_MAX {
            let reason = format_args!("it is longer than {BODY_LENGTH_MAX} bytes");
            return Err(Error::invalid("body", reason).with_status(413));
        }
        let query = Reader::new(query.unwrap_or_default())?;
        Ok(Self { template, method, query, body, places })
    }

    /// What stands in the first place of the path.
    fn first(&self) -> &'a str {
        self.places.first().copied().unwrap_or_default()
    }

    fn second(&self) -> &'a str {
        self.places.get(1).copied().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> Result<Id> {
        one_id(self.first())
    }

    pub(crate) fn inner_id(&self) -> Result<Id> {
        one_id(self.second())
    }

    /// The identifiers in the first place, at least one.
    pub(crate) fn ids(&self) -> Result<Vec<Id>> {
        id_list(self.first())
    }

    pub(crate) fn feed(&self) -> Result<FeedId> {
        feed_id(self.first())
    }

    /// The name of an export.
    pub(crate) fn job(&self) -> Result<String> {
        quote::decode(self.first(), Plus::Itself, "id")
    }

    pub(crate) fn sha256(&self) -> Result<String> {
        quote::decode(self.second(), Plus::Itself, "sha256")
    }
}

/// How many segments each of the paths has.
static LENGTHS: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let length = |path: &str| path.split('/').filter(|segment| !segment.is_empty()).count();
    PATHS.iter().map(|(path, _)| length(path)).collect()
});

/// A path that is understood.
struct Found<'a> {
    template: &'static str,
    methods: &'static str,
    places: Vec<&'a str>,
}

impl<'a> Found<'a> {
    /// Reads a path: both prefixes are taken, doubled and trailing slashes do not count.
    fn new(path: &'a str) -> Result<Self> {
        let segments = segments(path)?;
        let segments = segments.strip_prefix(&["api"]).unwrap_or(&segments);
        // Older clients check their key there (CONTRACT 1.2).
        let segments =
            if segments == OLD_KEY_CHECK { &["v1", "auth", "validate"] } else { segments };
        // Most templates are of another length, which is told faster than by comparing their beginnings, all of which are alike.
        let alike =
            PATHS.iter().zip(LENGTHS.iter()).filter(|(_, length)| **length == segments.len());
        for (&(template, methods), _) in alike {
            if let Some(places) = places(template, segments) {
                return Ok(Self { template, methods, places });
            }
        }
        let is_known = match segments {
            ["v2", "inthreat", word, ..] => KNOWN.contains(&("v2", word)),
            ["v1", word, ..] => KNOWN.contains(&("v1", word)),
            _ => false,
        };
        Err(if is_known { Error::unsupported("this question") } else { unknown() })
    }
}

/// The segments of a path as they were sent; empty ones do not count.
pub(crate) fn segments(path: &str) -> Result<Vec<&str>> {
    if path.len() > PATH_LENGTH_MAX {
        let reason = format_args!("it is longer than {PATH_LENGTH_MAX} bytes");
        return Err(Error::invalid("path", reason).with_status(414));
    }
    Ok(path.split('/').filter(|segment| !segment.is_empty()).collect())
}

pub(crate) fn unknown() -> Error {
    Error::not_found("this path")
}

pub(crate) fn feed_id(segment: &str) -> Result<FeedId> {
    let text = quote::decode(segment, Plus::Itself, "feed_id")?;
    text.parse().map_err(|error| Error::invalid("feed_id", error))
}

/// What stands in the places of a template; `None` when the path is another one.
fn places<'a>(template: &str, segments: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut places = Vec::new();
    let mut segments = segments.iter().copied();
    for piece in template.split('/').filter(|piece| !piece.is_empty()) {
        let segment = segments.next()?;
        let fits = match piece {
            "{id}" | "{indicator}" => !NOT_IDS.contains(&segment),
            _ => piece.starts_with('{') || piece == segment,
        };
        if !fits {
            return None;
        }
        if piece.starts_with('{') {
            places.push(segment);
        }
    }
    segments.next().is_none().then_some(places)
}

/// Whether an identifier can stand in a path and be read again.
pub(crate) fn check_id(id: &str) -> Result<()> {
    let reason = if id.contains(',') {
        "it holds a comma, which separates identifiers"
    } else if matches!(id, "." | "..") || NOT_IDS.contains(&id) {
        "it has a meaning of its own in a path"
    } else {
        return Ok(());
    };
    Err(Error::invalid("id", reason))
}

pub(crate) fn one_id(segment: &str) -> Result<Id> {
    let text = quote::decode(segment, Plus::Itself, "id")?;
    check_id(&text)?;
    Id::lenient(&text).map_err(|error| Error::invalid("id", error))
}

fn id_list(segment: &str) -> Result<Vec<Id>> {
    let text = quote::decode(segment, Plus::Itself, "id")?;
    let mut ids = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        if ids.len() == IDS_MAX {
            return Err(Error::invalid("id", format_args!("more than {IDS_MAX} identifiers")));
        }
        ids.push(Id::lenient(part).map_err(|error| Error::invalid("id", error))?);
    }
    if ids.is_empty() {
        return Err(Error::invalid("id", "there is none"));
    }
    Ok(ids)
}
