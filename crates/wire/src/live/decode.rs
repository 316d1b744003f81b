//! Reads the questions that not every center answers from what a client sent.

use inthreat_api::{
    BulkSearchRequest, Error, IocCollectionDraft, IocCollectionsRequest, IocsRequest, LIMIT_MAX,
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
    limits::IDS_MAX,
    parameters::Reader,
    question::{LIST_LIMIT_MAX, unsupported},
    quote::Plus,
    route::{self, Received},
};

/// Reads a question of a further role, as [`decode_any`](crate::decode_any) does; what every center answers is
/// [`Unsupported`](inthreat_api::ErrorKind::Unsupported).
pub fn decode_live(
    method: &str,
    path: &str,
    query: Option<&str>,
    body: &[u8],
) -> Result<LiveQuestion> {
    read(&Received::new(method, path, query, body)?)?.ok_or_else(unsupported)
}

/// Reads a question; `None` when the path is none of these.
pub(crate) fn read(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    for group in [pages, objects, details, others, observables, one_observable, iocs, one_ioc] {
        if let Some(question) = group(received)? {
            return Ok(Some(question));
        }
    }
    Ok(None)
}

fn pages(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::OBSERVABLE_PAGES => {
            let mut request = ObservablePageRequest::default();
            request.limit = query.limit(LIMIT_MAX)?;
            request.cursor = query.cursor("cursor")?;
            let after = query.instant("modified_after")?;
            request.modified_after = after.filter(|_| request.cursor.is_none());
            request.types = query.list("match[type]")?.unwrap_or_default();
            request.with_tags = query.flag("with_tags")?.unwrap_or(false);
            LiveQuestion::ObservablePage(request)
        }
        route::RELATIONSHIP_PAGES => {
            let mut request = RelationshipPageRequest::default();
            request.ids = query.ids("match[id]")?;
            if request.ids.is_empty() {
                return Err(Error::invalid("match[id]", "it is required"));
            }
            request.limit = query.limit(LIMIT_MAX)?;
            request.cursor = query.cursor("cursor")?;
            let after = query.instant("modified_after")?;
            request.modified_after = after.filter(|_| request.cursor.is_none());
            LiveQuestion::RelationshipPage(request)
        }
        route::FEED_PATTERNS => LiveQuestion::Patterns(received.feed()?, pattern_page(query)?),
        _ => return Ok(None),
    }))
}

fn objects(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::OBJECTS => LiveQuestion::ListObjects(object_filters(query)?),
        route::LIGHT_OBJECTS => LiveQuestion::ListLightObjects(object_filters(query)?),
        route::OBJECT_SEARCH => LiveQuestion::SearchObjects(with_body(received, search::decode)?),
        route::SECTORS => LiveQuestion::Sectors(named(query)?),
        route::SOURCES => LiveQuestion::Sources(named(query)?),
        route::RELATIONSHIPS => LiveQuestion::ListRelationships(typed(query, LIST_LIMIT_MAX)?),
        route::INDICATES => LiveQuestion::IndicatesRelationships(with_body(received, indicators)?),
        _ => return Ok(None),
    }))
}

fn details(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::RELATIONSHIP_STATISTICS => {
            let include_revoked = query.flag("include_revoked")?.unwrap_or(false);
            LiveQuestion::RelationshipStatistics(received.id()?, include_revoked)
        }
        route::RELATIONSHIP_TYPES => LiveQuestion::RelationshipTypes(received.id()?),
        route::OBJECT_REPORTS => LiveQuestion::ReportsOf(received.id()?, named(query)?),
        route::OBJECT_SOURCES => LiveQuestion::SourcesOf(received.id()?),
        route::OBJECT_OBSERVABLES => LiveQuestion::ObservablesOf(received.id()?, window(query)?),
        route::OBJECT_FILE => LiveQuestion::FileOf(received.id()?, received.sha256()?),
        _ => return Ok(None),
    }))
}

fn others(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::REPORTS => LiveQuestion::ListReports(report_filters(query)?),
        route::REPORT => LiveQuestion::Report(received.id()?),
        route::REPORT_OBJECTS => {
            LiveQuestion::ReportObjects(received.id()?, typed(query, LIMIT_MAX)?)
        }
        route::REPORT_OBSERVABLES => {
            LiveQuestion::ReportObservables(received.id()?, typed(query, LIMIT_MAX)?)
        }
        route::EXPORTS => LiveQuestion::CreateExport(with_body(received, search::decode_export)?),
        route::EXPORT => LiveQuestion::Export(received.job()?),
        route::EXPORT_FILE => LiveQuestion::ExportFile(received.job()?),
        route::KEY_CHECK => LiveQuestion::ValidateKey,
        route::ME => LiveQuestion::Me,
        _ => return Ok(None),
    }))
}

fn observables(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::OBSERVABLES => LiveQuestion::ListObservables(observable_filters(query)?),
        route::OBSERVABLE_SEARCH => {
            LiveQuestion::SearchObservables(with_body(received, observable_search)?)
        }
        route::OBSERVABLE_BULK_SEARCH => {
            LiveQuestion::BulkSearchObservables(with_body(received, bulk_search)?)
        }
        route::OBSERVABLE_COUNT => {
            let term = with_body(received, |arguments| arguments.required("term"))?;
            LiveQuestion::CountObservables(term)
        }
        route::OBSERVABLE_TAGS => LiveQuestion::ObservableTags(named(query)?),
        _ => return Ok(None),
    }))
}

fn one_observable(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match received.template {
        route::OBSERVABLE => LiveQuestion::Observable(received.id()?),
        route::OBSERVABLE_RELATIONSHIPS => {
            LiveQuestion::ObservableRelationships(received.id()?, window(query)?)
        }
        route::OBSERVABLE_INDICATORS => {
            let mut request = ObservableIndicatorsRequest::default();
            request.limit = query.limit(LIST_LIMIT_MAX)?;
            request.offset = query.offset()?;
            request.indicated_threats = query.flag("with_indicated_threats")?.unwrap_or(false);
            LiveQuestion::ObservableIndicators(received.id()?, request)
        }
        route::OBSERVABLE_REPORTS => {
            LiveQuestion::ObservableReports(received.id()?, window(query)?)
        }
        _ => return Ok(None),
    }))
}

fn iocs(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    let query = &received.query;
    Ok(Some(match (received.template, received.method) {
        (route::IOC_COLLECTIONS, "POST") => {
            LiveQuestion::CreateIocCollection(with_body(received, named_draft)?)
        }
        (route::IOC_COLLECTIONS, _) => LiveQuestion::IocCollections(collection_filters(query)?),
        (route::IOC_COUNT, _) => {
            LiveQuestion::CountIocs(query.text("community_uuid", Plus::Blank)?)
        }
        (route::IOC_COLLECTION, "PATCH") => {
            let draft = with_body(received, |arguments| ioc::decode_draft(&arguments.body))?;
            LiveQuestion::UpdateIocCollection(received.id()?, draft)
        }
        (route::IOC_COLLECTION, "DELETE") => LiveQuestion::DeleteIocCollection(received.id()?),
        (route::IOC_COLLECTION, _) => LiveQuestion::IocCollection(received.id()?),
        (route::IOCS, "POST") => {
            let read = |arguments: &Arguments<'_>| ioc::decode_iocs(&arguments.body);
            let (iocs, defaults) = with_body(received, read)?;
            LiveQuestion::AddIocs(received.id()?, iocs, defaults)
        }
        (route::IOCS, _) => {
            let mut request = IocsRequest::default();
            request.limit = query.limit(LIST_LIMIT_MAX)?;
            request.offset = query.offset()?;
            request.term = query.text("term", Plus::Blank)?;
            LiveQuestion::ListIocs(received.id()?, request)
        }
        (route::IOC_TEXT, _) => {
            let text = with_body(received, |arguments| ioc::decode_text(&arguments.body))?;
            LiveQuestion::AddIocText(received.id()?, text)
        }
        _ => return Ok(None),
    }))
}

fn one_ioc(received: &Received<'_>) -> Result<Option<LiveQuestion>> {
    Ok(Some(match (received.template, received.method) {
        (route::IOC, "PUT") => {
            let fields = with_body(received, |arguments| ioc::decode_fields(&arguments.body))?;
            LiveQuestion::UpdateIoc(received.id()?, received.inner_id()?, fields)
        }
        (route::IOC, _) if received.query.flag("force_deletion")?.unwrap_or(false) => {
            LiveQuestion::DeleteIoc(received.id()?, received.inner_id()?)
        }
        (route::IOC, _) => LiveQuestion::RevokeIoc(received.id()?, received.inner_id()?),
        (route::IOC_CONTEXT, _) => LiveQuestion::IocContext(received.id()?, received.inner_id()?),
        _ => return Ok(None),
    }))
}

/// Reads arguments that may stand in the body or in the query.
fn with_body<T>(
    received: &Received<'_>,
    read: impl FnOnce(&Arguments<'_>) -> Result<T>,
) -> Result<T> {
    let map = parse_body(received.body)?;
    read(&Arguments::new(&map, &received.query))
}

fn indicators(arguments: &Arguments<'_>) -> Result<Vec<Id>> {
    let ids = arguments.ids("ids")?;
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Error::invalid("ids", format_args!("expected 1 to {IDS_MAX} identifiers")));
    }
    Ok(ids)
}

fn observable_search(arguments: &Arguments<'_>) -> Result<ObservableSearchRequest> {
    let mut request = ObservableSearchRequest::default().with_term(arguments.required("term")?);
    request.limit = arguments.limit(LIST_LIMIT_MAX)?;
    request.offset = arguments.offset()?;
    request.indicated_threats = arguments.flag("with_indicated_threats")?.unwrap_or(false);
    Ok(request)
}

fn bulk_search(arguments: &Arguments<'_>) -> Result<BulkSearchRequest> {
    let mut request = BulkSearchRequest::default();
    request.searches = arguments.texts("searches")?;
    if request.searches.is_empty() || request.searches.len() > IDS_MAX {
        return Err(Error::invalid("searches", format_args!("expected 1 to {IDS_MAX} of them")));
    }
    request.indicated_threats = arguments.flag("with_indicated_threats")?.unwrap_or(false);
    Ok(request)
}

fn named_draft(arguments: &Arguments<'_>) -> Result<IocCollectionDraft> {
    let draft = ioc::decode_draft(&arguments.body)?;
    if draft.name.as_deref().unwrap_or_default().is_empty() {
        return Err(Error::invalid("name", "it is required"));
    }
    Ok(draft)
}

fn pattern_page(query: &Reader<'_>) -> Result<PatternPageRequest> {
    let mut request = PatternPageRequest::default();
    request.limit = query.limit(LIMIT_MAX)?;
    request.cursor = query.cursor("cursor")?;
    let after = query.instant("modified_after")?;
    request.modified_after = after.filter(|_| request.cursor.is_none());
    request.after_id = query.text("after_id", Plus::Itself)?;
    request.include_revoked = query.flag("include_revoked")?.unwrap_or(false);
    Ok(request)
}

fn report_filters(query: &Reader<'_>) -> Result<ReportsRequest> {
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
    Ok(request)
}

fn object_filters(query: &Reader<'_>) -> Result<ObjectsRequest> {
    let mut request = ObjectsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.types = query.list("match[type]")?.unwrap_or_default();
    request.names = query.list("match[name]")?.unwrap_or_default();
    request.ids = query.wanted_ids("match[id]")?;
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
    request.ids = query.wanted_ids("match[id]")?;
    request.sources = query.ids("match[source]")?;
    Ok(request)
}

fn collection_filters(query: &Reader<'_>) -> Result<IocCollectionsRequest> {
    let mut request = IocCollectionsRequest::default();
    request.limit = query.limit(LIST_LIMIT_MAX)?;
    request.offset = query.offset()?;
    request.term = query.text("term", Plus::Blank)?;
    request.communities = query.list("match[community_uuid]")?.unwrap_or_default();
    request.indicators_count = query.flag("with_indicators_count")?.unwrap_or(false);
    Ok(request)
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
