//! Paths: which question a path asks, and by which methods.

use inthreat_api::{Error, FeedId, Result};
use inthreat_stix::Id;

use crate::{
    limits::{IDS_MAX, PATH_LENGTH_MAX},
    quote::{self, Plus},
};

/// What every path that we write begins with. The other spelling is `/api/v2/inthreat` (CONTRACT 1.1).
pub(crate) const PREFIX: &str = "/v2/inthreat";

/// First segments of paths that the service has and nobody here answers.
const KNOWN: &[&str] = &[
    "bundles",
    "collections",
    "exports",
    "images",
    "indicators",
    "ioc-collections",
    "kill-chains",
    "labels",
    "misp",
    "objects",
    "observable-relationships",
    "observables",
    "relationships",
    "reports",
    "sources",
    "statistics",
    "taxii-server",
    "vulnerabilities",
];

/// Words that stand where an identifier could.
const NOT_IDS: &[&str] = &["light", "search", "sectors"];

/// A path that is understood.
#[derive(Debug)]
pub(crate) enum Route {
    Page(FeedId),
    Objects(Vec<Id>),
    RelationshipsOf(Id),
    Context(Id),
    Relationships(Vec<Id>),
    Indicators,
    IndicatorContexts,
    Feeds,
    Feed(FeedId),
    /// A path of the service that is not answered here.
    Unanswered,
}

impl Route {
    /// Reads a path: doubled and trailing slashes do not count.
    pub(crate) fn parse(path: &str) -> Result<Self> {
        if path.len() > PATH_LENGTH_MAX {
            let reason = format_args!("it is longer than {PATH_LENGTH_MAX} bytes");
            return Err(Error::invalid("path", reason).with_status(414));
        }
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let (["v2", "inthreat", inner @ ..] | ["api", "v2", "inthreat", inner @ ..]) =
            segments.as_slice()
        else {
            return Err(unknown());
        };
        match inner {
            ["collections", feed, "objects"] => Ok(Self::Page(feed_id(feed)?)),
            ["objects", word] if NOT_IDS.contains(word) => Ok(Self::Unanswered),
            ["objects", ids] => Ok(Self::Objects(id_list(ids)?)),
            ["objects", id, "relationships"] => Ok(Self::RelationshipsOf(one_id(id)?)),
            ["objects", id, "context"] => Ok(Self::Context(one_id(id)?)),
            ["relationships", ids] => Ok(Self::Relationships(id_list(ids)?)),
            ["indicators"] => Ok(Self::Indicators),
            ["indicators", "context"] => Ok(Self::IndicatorContexts),
            ["feeds"] => Ok(Self::Feeds),
            ["feeds", id] => Ok(Self::Feed(feed_id(id)?)),
            [known, ..] if KNOWN.contains(known) => Ok(Self::Unanswered),
            _ => Err(unknown()),
        }
    }

    /// The methods that the path is asked with, as the header `Allow` lists them.
    pub(crate) fn methods(&self) -> &'static str {
        match self {
            Self::Feeds => "GET, POST",
            Self::Feed(_) => "GET, PUT, DELETE",
            Self::Unanswered => "",
            _ => "GET",
        }
    }
}

/// The methods that a path can be asked with, as the header `Allow` lists them; `None` for a path that is not known.
pub fn allowed_methods(path: &str) -> Option<&'static str> {
    Route::parse(path).ok().map(|route| route.methods())
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

fn unknown() -> Error {
    Error::not_found("this path")
}

fn feed_id(segment: &str) -> Result<FeedId> {
    let text = quote::decode(segment, Plus::Itself, "feed_id")?;
    text.parse().map_err(|error| Error::invalid("feed_id", error))
}

fn one_id(segment: &str) -> Result<Id> {
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
