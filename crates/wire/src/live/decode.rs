//! Reads the questions that not every center answers from what a client sent.

use inthreat_api::{
    BulkSearchRequest, Error, ErrorKind, FeedId, IocCollectionsRequest, IocsRequest, LIMIT_MAX,
    NamedRequest, ObjectsRequest, ObservableIndicatorsRequest, ObservablePageRequest,
    ObservableSearchRequest, ObservablesRequest, PatternPageRequest, RelationshipPageRequest,
    ReportsRequest, Result, TypedRequest, WindowRequest,
};
use inthreat_stix::Id;

use super::{
    LiveQuestion,
    arguments::{Arguments, parse_body},
    ioc, search,
};
use crate::{
    limits::{BODY_LENGTH_MAX, IDS_MAX},
    parameters::Reader,
    question::LIST_LIMIT_MAX,
    quote::{self, Plus},
    route::{feed_id, one_id, segments, unknown},
};

/// Reads a question from what a client sent: the path and the query as they stand in the request line.
///
/// It is as tolerant as [`decode`](crate::decode), which is asked first. Arguments of searches and exports may stand in
/// the body or in the query.
/// Fails with
/// - [`ErrorKind::InvalidRequest`], naming the field; with status 405 for a method that the path does not have;
/// - [`ErrorKind::NotFound`] for a path that is none of these questions.
pub fn decode_live(
    method: &str,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<LiveQuestion> {
    if body.len() > BODY_LENGTH_MAX {
        let reason = format_args!("it is longer than {BODY_LENGTH_MAX} bytes");
        return Err(Error::invalid("body", reason).with_status(413));
    }
    let segments = segments(path)?;
    let segments = segments.strip_prefix(&["api"]).unwrap_or(&segments);
    let asked = Asked { method, query: Reader::new(query.unwrap_or_default())?, body };
    match segments {
        ["v1", "auth", "validate"] => asked.get(|_| Ok(LiveQuestion::ValidateKey)),
        ["v1", "me"] => asked.get(|_| Ok(LiveQuestion::Me)),
        ["v2", "inthreat", "ioc-collections", rest @ ..] => ioc_collections(&asked, rest),
        ["v2", "inthreat", "observables", rest @ ..] => observables(&asked, rest),
        ["v2", "inthreat", "objects", rest @ ..] => objects(&asked, rest),
        ["v2", "inthreat", "collections", rest @ ..] => collections(&asked, rest),
        ["v2", "inthreat", rest @ ..] => others(&asked, rest),
        _ => Err(unknown()),
    }
}

/// A request whose path is known.
struct Asked<'a> {
    method: &'a str,
    query: Reader<'a>,
    body: &'a [u8],
}

impl Asked<'_> {
    fn get(&self, read: impl FnOnce(&Reader<'_>) -> Result<LiveQuestion>) -> Result<LiveQuestion> {
        self.allow(&["GET"])?;
        read(&self.query)
    }

    fn post(
        &self,
        read: impl FnOnce(&Arguments<'_>) -> Result<LiveQuestion>,
    ) -> Result<LiveQuestion> {
        self.allow(&["POST"])?;
        self.with_body(read)
    }

    fn with_body(
        &self,
        read: impl FnOnce(&Arguments<'_>) -> Result<LiveQuestion>,
    ) -> Result<LiveQuestion> {
        let map = parse_body(self.body)?;
        read(&Arguments::new(&map, &self.query))
    }

    fn allow(&self, methods: &[&str]) -> Result<()> {
        if methods.contains(&self.method) {
            return Ok(());
        }
        let method = quote::printable(self.method, 20);
        let allowed = methods.join(", ");
        let message = format!("the method `{method}` is not allowed here, only {allowed}");
        let error = Error::new(ErrorKind::InvalidRequest, message);
        Err(error.with_field("method").with_status(405))
    }
}

fn collections(asked: &Asked<'_>, segments: &[&str]) -> Result<LiveQuestion> {
    match segments {
        ["observables"] => asked.get(|query| {
            let mut request = ObservablePageRequest::default();
            request.limit = query.limit(LIMIT_MAX)?;
            request.cursor = query.cursor("cursor")?;
            let after = query.instant("modified_after")?;
            request.modified_after = after.filter(|_| request.cursor.is_none());
            request.types = query.list("match[type]")?.unwrap_or_default();
            request.with_tags = query.flag("with_tags")?.unwrap_or(false);
            Ok(LiveQuestion::ObservablePage(request))
        }),
        ["relationships"] => asked.get(|query| {
            let mut request = RelationshipPageRequest::default();
            request.ids = query.ids("match[id]")?;
            if request.ids.is_empty() {
                return Err(Error::invalid("match[id]", "it is required"));
            }
            request.limit = query.limit(LIMIT_MAX)?;
            request.cursor = query.cursor("cursor")?;
            let after = query.instant("modified_after")?;
            request.modified_after = after.filter(|_| request.cursor.is_none());
            Ok(LiveQuestion::RelationshipPage(request))
        }),
        [feed, "patterns"] => {
            let feed = feed_id(feed)?;
            asked.get(|query| patterns(feed, query))
        }
        _ => Err(unknown()),
    }
}

fn others(asked: &Asked<'_>, segments: &[&str]) -> Result<LiveQuestion> {
    match segments {
        ["sources"] => asked.get(|query| Ok(LiveQuestion::Sources(named(query)?))),
        ["relationships"] => {
            asked.get(|query| Ok(LiveQuestion::ListRelationships(typed(query, LIST_LIMIT_MAX)?)))
        }
        ["indicators", "indicates-relationships"] => asked.post(|arguments| {
            let ids = arguments.ids("ids")?;
            if ids.is_empty() || ids.len() > IDS_MAX {
                let reason = format_args!("expected 1 to {IDS_MAX} identifiers");
                return Err(Error::invalid("ids", reason));
            }
            Ok(LiveQuestion::IndicatesRelationships(ids))
        }),
        ["reports"] => asked.get(reports),
        ["reports", id] => {
            let id = one_id(id)?;
            asked.get(|_| Ok(LiveQuestion::Report(id)))
        }
        ["reports", id, "objects"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ReportObjects(id, typed(query, LIMIT_MAX)?)))
        }
        ["reports", id, "observables"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ReportObservables(id, typed(query, LIMIT_MAX)?)))
        }
        ["exports"] => asked
            .post(|arguments| Ok(LiveQuestion::CreateExport(search::decode_export(arguments)?))),
        ["exports", id] => {
            let id = name(id, "id")?;
            asked.get(|_| Ok(LiveQuestion::Export(id)))
        }
        ["exports", id, "file"] => {
            let id = name(id, "id")?;
            asked.get(|_| Ok(LiveQuestion::ExportFile(id)))
        }
        _ => Err(unknown()),
    }
}

fn objects(asked: &Asked<'_>, segments: &[&str]) -> Result<LiveQuestion> {
    match segments {
        [] => asked.get(|query| Ok(LiveQuestion::ListObjects(object_filters(query)?))),
        ["light"] => asked.get(|query| Ok(LiveQuestion::ListLightObjects(object_filters(query)?))),
        ["search"] => {
            asked.post(|arguments| Ok(LiveQuestion::SearchObjects(search::decode(arguments)?)))
        }
        ["sectors"] => asked.get(|query| Ok(LiveQuestion::Sectors(named(query)?))),
        [id, "relationships", "statistics"] => {
            let id = one_id(id)?;
            asked.get(|query| {
                let include_revoked = query.flag("include_revoked")?.unwrap_or(false);
                Ok(LiveQuestion::RelationshipStatistics(id, include_revoked))
            })
        }
        [id, "relationship-types"] => {
            let id = one_id(id)?;
            asked.get(|_| Ok(LiveQuestion::RelationshipTypes(id)))
        }
        [id, "reports"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ReportsOf(id, named(query)?)))
        }
        [id, "sources"] => {
            let id = one_id(id)?;
            asked.get(|_| Ok(LiveQuestion::SourcesOf(id)))
        }
        [id, "observables"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ObservablesOf(id, window(query)?)))
        }
        [id, "files", sha256] => {
            let (id, sha256) = (one_id(id)?, name(sha256, "sha256")?);
            asked.get(|_| Ok(LiveQuestion::FileOf(id, sha256)))
        }
        _ => Err(unknown()),
    }
}

fn observables(asked: &Asked<'_>, segments: &[&str]) -> Result<LiveQuestion> {
    match segments {
        [] => asked.get(|query| Ok(LiveQuestion::ListObservables(observable_filters(query)?))),
        ["search"] => asked.post(|arguments| {
            let mut request =
                ObservableSearchRequest::default().with_term(arguments.required("term")?);
            request.limit = arguments.limit(LIST_LIMIT_MAX)?;
            request.offset = arguments.offset()?;
            request.indicated_threats = arguments.flag("with_indicated_threats")?.unwrap_or(false);
            Ok(LiveQuestion::SearchObservables(request))
        }),
        ["bulk-search"] => asked.post(|arguments| {
            let mut request = BulkSearchRequest::default();
            request.searches = arguments.texts("searches")?;
            if request.searches.is_empty() || request.searches.len() > IDS_MAX {
                let reason = format_args!("expected 1 to {IDS_MAX} of them");
                return Err(Error::invalid("searches", reason));
            }
            request.indicated_threats = arguments.flag("with_indicated_threats")?.unwrap_or(false);
            Ok(LiveQuestion::BulkSearchObservables(request))
        }),
        ["count"] => {
            asked.post(|arguments| Ok(LiveQuestion::CountObservables(arguments.required("term")?)))
        }
        ["tags"] => asked.get(|query| Ok(LiveQuestion::ObservableTags(named(query)?))),
        [id] => {
            let id = one_id(id)?;
            asked.get(|_| Ok(LiveQuestion::Observable(id)))
        }
        [id, "relationships"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ObservableRelationships(id, window(query)?)))
        }
        [id, "indicators"] => {
            let id = one_id(id)?;
            asked.get(|query| {
                let mut request = ObservableIndicatorsRequest::default();
                request.limit = query.limit(LIST_LIMIT_MAX)?;
                request.offset = query.offset()?;
                request.indicated_threats = query.flag("with_indicated_threats")?.unwrap_or(false);
                Ok(LiveQuestion::ObservableIndicators(id, request))
            })
        }
        [id, "reports"] => {
            let id = one_id(id)?;
            asked.get(|query| Ok(LiveQuestion::ObservableReports(id, window(query)?)))
        }
        _ => Err(unknown()),
    }
}

fn ioc_collections(asked: &Asked<'_>, segments: &[&str]) -> Result<LiveQuestion> {
    match segments {
        [] if asked.method == "POST" => asked.with_body(|arguments| {
            let draft = ioc::decode_draft(&arguments.body)?;
            if draft.name.as_deref().unwrap_or_default().is_empty() {
                return Err(Error::invalid("name", "it is required"));
            }
            Ok(LiveQuestion::CreateIocCollection(draft))
        }),
        [] => {
            asked.allow(&["GET", "POST"])?;
            ioc_filters(&asked.query)
        }
        ["count-total-iocs"] => asked
            .get(|query| Ok(LiveQuestion::CountIocs(query.text("community_uuid", Plus::Blank)?))),
        [id] => {
            let id = one_id(id)?;
            asked.allow(&["GET", "PATCH", "DELETE"])?;
            match asked.method {
                "PATCH" => asked.with_body(|arguments| {
                    let draft = ioc::decode_draft(&arguments.body)?;
                    Ok(LiveQuestion::UpdateIocCollection(id, draft))
                }),
                "DELETE" => Ok(LiveQuestion::DeleteIocCollection(id)),
                _ => Ok(LiveQuestion::IocCollection(id)),
            }
        }
        [id, "indicators"] => {
            let id = one_id(id)?;
            asked.allow(&["GET", "POST"])?;
            if asked.method == "POST" {
                return asked.with_body(|arguments| {
                    let (iocs, defaults) = ioc::decode_iocs(&arguments.body)?;
                    Ok(LiveQuestion::AddIocs(id, iocs, defaults))
                });
            }
            let mut request = IocsRequest::default();
            request.limit = asked.query.limit(LIST_LIMIT_MAX)?;
            request.offset = asked.query.offset()?;
            request.term = asked.query.text("term", Plus::Blank)?;
            Ok(LiveQuestion::ListIocs(id, request))
        }
        [id, "indicators", "text"] => {
            let id = one_id(id)?;
            asked.post(|arguments| {
                Ok(LiveQuestion::AddIocText(id, ioc::decode_text(&arguments.body)?))
            })
        }
        [id, "indicators", indicator] => one_ioc(asked, one_id(id)?, one_id(indicator)?),
        [id, "indicators", indicator, "context"] => {
            let (id, indicator) = (one_id(id)?, one_id(indicator)?);
            asked.get(|_| Ok(LiveQuestion::IocContext(id, indicator)))
        }
        _ => Err(unknown()),
    }
}

fn one_ioc(asked: &Asked<'_>, id: Id, indicator: Id) -> Result<LiveQuestion> {
    asked.allow(&["PUT", "DELETE"])?;
    if asked.method == "PUT" {
        return asked.with_body(|arguments| {
            let fields = ioc::decode_fields(&arguments.body)?;
            Ok(LiveQuestion::UpdateIoc(id, indicator, fields))
        });
    }
    Ok(if asked.query.flag("force_deletion")?.unwrap_or(false) {
        LiveQuestion::DeleteIoc(id, indicator)
    } else {
        LiveQuestion::RevokeIoc(id, indicator)
    })
}

fn patterns(feed: FeedId, query: &Reader<'_>) -> Result<LiveQuestion> {
    let mut request = PatternPageRequest::default();
    request.limit = query.limit(LIMIT_MAX)?;
    request.cursor = query.cursor("cursor")?;
    let after = query.instant("modified_after")?;
    request.modified_after = after.filter(|_| request.cursor.is_none());
    request.after_id = query.text("after_id", Plus::Itself)?;
    request.include_revoked = query.flag("include_revoked")?.unwrap_or(false);
    Ok(LiveQuestion::Patterns(feed, request))
}

fn reports(query: &Reader<'_>) -> Result<LiveQuestion> {
    let mut request = ReportsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.only_flint = query.flag("only_flint")?.unwrap_or(false);
    let feed = query.text("feed_id", Plus::Blank)?;
    let feed = feed.map(|feed| feed.parse()).transpose();
    request.feed = feed.map_err(|error| Error::invalid("feed_id", error))?;
    request.types = query.list("match[type]")?.unwrap_or_default();
    request.start = query.instant("start")?;
    request.end = query.instant("end")?;
    Ok(LiveQuestion::ListReports(request))
}

fn object_filters(query: &Reader<'_>) -> Result<ObjectsRequest> {
    let mut request = ObjectsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.types = query.list("match[type]")?.unwrap_or_default();
    request.names = query.list("match[name]")?.unwrap_or_default();
    request.ids = query.ids("match[id]")?;
    request.external_ids = query.list("match[external_id]")?.unwrap_or_default();
    request.tlps = query.ids("match[tlp]")?;
    request.sources = query.ids("match[source]")?;
    request.labels = query.list("match[label]")?.unwrap_or_default();
    request.deprecated = query.flag("deprecated")?;
    Ok(request)
}

fn observable_filters(query: &Reader<'_>) -> Result<ObservablesRequest> {
    let mut request = ObservablesRequest::default();
    request.limit = query.limit(LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.indicated_threats = query.flag("with_indicated_threats")?.unwrap_or(false);
    request.types = query.list("match[type]")?.unwrap_or_default();
    request.hashes = query.list("match[hash]")?.unwrap_or_default();
    request.names = query.list("match[name]")?.unwrap_or_default();
    request.values = query.list("match[value]")?.unwrap_or_default();
    request.tags = query.list("match[tag]")?.unwrap_or_default();
    request.valid_tags = query.list("match[valid_tag]")?.unwrap_or_default();
    request.ids = query.ids("match[id]")?;
    request.sources = query.ids("match[source]")?;
    Ok(request)
}

fn ioc_filters(query: &Reader<'_>) -> Result<LiveQuestion> {
    let mut request = IocCollectionsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.term = query.text("term", Plus::Blank)?;
    request.communities = query.list("match[community_uuid]")?.unwrap_or_default();
    request.indicators_count = query.flag("with_indicators_count")?.unwrap_or(false);
    Ok(LiveQuestion::IocCollections(request))
}

fn window(query: &Reader<'_>) -> Result<WindowRequest> {
    let mut request = WindowRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    Ok(request)
}

fn named(query: &Reader<'_>) -> Result<NamedRequest> {
    let mut request = NamedRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.names = query.list("match[name]")?.unwrap_or_default();
    Ok(request)
}

fn typed(query: &Reader<'_>, limit_max: u32) -> Result<TypedRequest> {
    let mut request = TypedRequest::default();
    request.limit = query.limit(limit_max)?;
    request.offset = query.offset()?;
    request.types = query.list("match[type]")?.unwrap_or_default();
    Ok(request)
}

fn name(segment: &str, field: &str) -> Result<String> {
    quote::decode(segment, Plus::Itself, field)
}
