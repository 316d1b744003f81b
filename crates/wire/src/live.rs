//! The questions that not every center answers, and how each is written as a request.

mod arguments;
mod decode;
mod ioc;
mod search;

use inthreat_api::{
    BulkSearchRequest, Error, ExportRequest, FeedId, IOCS_MAX, Ioc, IocCollectionDraft,
    IocCollectionsRequest, IocFields, IocText, IocsRequest, LIMIT_MAX, NamedRequest,
    ObjectsRequest, ObservableIndicatorsRequest, ObservablePageRequest, ObservableSearchRequest,
    ObservablesRequest, PatternPageRequest, RelationshipPageRequest, ReportsRequest, Result,
    SearchRequest, TypedRequest, WindowRequest,
};
use inthreat_stix::{Id, Timestamp};
use serde_json::json;

use crate::{
    Role,
    limits::{BODY_LENGTH_MAX, IDS_MAX, VALUE_LENGTH_MAX},
    parameters::Writer,
    question::{LIST_LIMIT_MAX, Method, Request, fill, segment},
    quote, route,
};

pub(crate) use decode::read;

pub use decode::decode_live;

/// What the live service can be asked besides a [`Question`](crate::Question): one variant for each method of the
/// roles in `inthreat-api` that a copy need not play.
///
/// The answers are in [`live_answer`](crate::live_answer).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LiveQuestion {
    /// `GET collections/observables` (CONTRACT 2.2).
    ObservablePage(ObservablePageRequest),
    /// `GET collections/relationships`.
    RelationshipPage(RelationshipPageRequest),
    /// `GET collections/{feed}/patterns`.
    Patterns(FeedId, PatternPageRequest),
    /// `GET objects` (CONTRACT 2.4).
    ListObjects(ObjectsRequest),
    /// `GET objects/light`.
    ListLightObjects(ObjectsRequest),
    /// `POST objects/search`.
    SearchObjects(SearchRequest),
    /// `GET objects/sectors`.
    Sectors(NamedRequest),
    /// `GET sources`.
    Sources(NamedRequest),
    /// `GET objects/{id}/relationships/statistics`, perhaps with revoked ones.
    RelationshipStatistics(Id, bool),
    /// `GET objects/{id}/relationship-types`.
    RelationshipTypes(Id),
    /// `GET objects/{id}/reports`.
    ReportsOf(Id, NamedRequest),
    /// `GET objects/{id}/sources`.
    SourcesOf(Id),
    /// `GET objects/{id}/observables`.
    ObservablesOf(Id, WindowRequest),
    /// `GET objects/{id}/files/{sha256}`; the answer is bytes.
    FileOf(Id, String),
    /// `GET relationships`.
    ListRelationships(TypedRequest),
    /// `POST indicators/indicates-relationships` (CONTRACT 2.5).
    IndicatesRelationships(Vec<Id>),
    /// `GET reports`.
    ListReports(ReportsRequest),
    /// `GET reports/{id}`.
    Report(Id),
    /// `GET reports/{id}/objects`.
    ReportObjects(Id, TypedRequest),
    /// `GET reports/{id}/observables`.
    ReportObservables(Id, TypedRequest),
    /// `GET observables` (CONTRACT 2.6).
    ListObservables(ObservablesRequest),
    /// `POST observables/search`.
    SearchObservables(ObservableSearchRequest),
    /// `POST observables/bulk-search`.
    BulkSearchObservables(BulkSearchRequest),
    /// `POST observables/count`.
    CountObservables(String),
    /// `GET observables/tags`.
    ObservableTags(NamedRequest),
    /// `GET observables/{id}`.
    Observable(Id),
    /// `GET observables/{id}/relationships`.
    ObservableRelationships(Id, WindowRequest),
    /// `GET observables/{id}/indicators`.
    ObservableIndicators(Id, ObservableIndicatorsRequest),
    /// `GET observables/{id}/reports`.
    ObservableReports(Id, WindowRequest),
    /// `POST exports/` (CONTRACT 2.7).
    CreateExport(ExportRequest),
    /// `GET exports/{id}`.
    Export(String),
    /// `GET exports/{id}/file`; the answer is bytes.
    ExportFile(String),
    /// `GET ioc-collections` (CONTRACT 2.8).
    IocCollections(IocCollectionsRequest),
    /// `POST ioc-collections`.
    CreateIocCollection(IocCollectionDraft),
    /// `GET ioc-collections/{id}`.
    IocCollection(Id),
    /// `PATCH ioc-collections/{id}`.
    UpdateIocCollection(Id, IocCollectionDraft),
    /// `DELETE ioc-collections/{id}`; the answer has no body.
    DeleteIocCollection(Id),
    /// `GET ioc-collections/count-total-iocs`, of the community with this UUID.
    CountIocs(Option<String>),
    /// `GET ioc-collections/{id}/indicators`.
    ListIocs(Id, IocsRequest),
    /// `POST ioc-collections/{id}/indicators`, with what is said about all of them.
    AddIocs(Id, Vec<Ioc>, IocFields),
    /// `POST ioc-collections/{id}/indicators/text`.
    AddIocText(Id, IocText),
    /// `PUT ioc-collections/{id}/indicators/{indicator}`.
    UpdateIoc(Id, Id, IocFields),
    /// `DELETE ioc-collections/{id}/indicators/{indicator}`: revokes it.
    RevokeIoc(Id, Id),
    /// The same with `force_deletion=true`: deletes it.
    DeleteIoc(Id, Id),
    /// `GET ioc-collections/{id}/indicators/{indicator}/context`.
    IocContext(Id, Id),
    /// `GET /v1/auth/validate` (CONTRACT 1.2).
    ValidateKey,
    /// `GET /v1/me`.
    Me,
}

/// A request in the making.
struct Draft {
    method: Method,
    template: &'static str,
    segments: Vec<String>,
    query: Writer,
    body: Option<Vec<u8>>,
    is_repeatable: bool,
}

impl Draft {
    fn get(template: &'static str) -> Self {
        Self {
            method: Method::Get,
            template,
            segments: Vec::new(),
            query: Writer::default(),
            body: None,
            is_repeatable: true,
        }
    }

    fn of(template: &'static str, id: &Id) -> Result<Self> {
        Ok(Self { segments: vec![segment(id)?], ..Self::get(template) })
    }

    fn of_two(template: &'static str, id: &Id, inner: &Id) -> Result<Self> {
        Ok(Self { segments: vec![segment(id)?, segment(inner)?], ..Self::get(template) })
    }

    /// A question that carries its arguments in a body and changes nothing.
    fn search(template: &'static str, body: &serde_json::Value) -> Self {
        Self { method: Method::Post, body: Some(text_of(body)), ..Self::get(template) }
    }

    /// A question that changes something.
    fn change(self, method: Method, body: Option<&serde_json::Value>) -> Self {
        let is_repeatable = method == Method::Put;
        Self { method, body: body.map(text_of), is_repeatable, ..self }
    }

    fn finish(self) -> Result<Request> {
        if self.body.as_ref().is_some_and(|body| body.len() > BODY_LENGTH_MAX) {
            let reason = format_args!("it is longer than {BODY_LENGTH_MAX} bytes");
            return Err(Error::invalid("body", reason));
        }
        Ok(Request {
            method: self.method,
            path: fill(self.template, &self.segments),
            query: self.query.finish(),
            body: self.body,
            template: self.template,
            is_repeatable: self.is_repeatable,
        })
    }
}

/// Writes a question as a request.
///
/// Fails with [`InvalidRequest`](inthreat_api::ErrorKind::InvalidRequest), naming the field, for what no request can
/// say: a value of a comma list with a comma in it, too many or no values, a limit or an offset out of range, a body
/// that is too long.
pub fn encode_live(question: &LiveQuestion) -> Result<Request> {
    match question.role() {
        Role::LiveCollections => encode_page(question),
        Role::IocCollections => encode_ioc(question),
        Role::Observables => encode_observables(question),
        Role::Reports | Role::Exports | Role::Server => encode_others(question),
        Role::Center | Role::ObjectSearch | Role::ObjectDetails | Role::Relationships => {
            encode_objects(question)
        }
    }?
    .finish()
}

fn encode_page(question: &LiveQuestion) -> Result<Draft> {
    let mut draft;
    match question {
        LiveQuestion::ObservablePage(request) => {
            draft = Draft::get(route::OBSERVABLE_PAGES);
            place(
                &mut draft.query,
                request.limit,
                request.cursor.as_ref(),
                request.modified_after,
            )?;
            draft.query.list("match[type]", &request.types)?;
            draft.query.flag("with_tags", request.with_tags);
        }
        LiveQuestion::RelationshipPage(request) => {
            draft = Draft::get(route::RELATIONSHIP_PAGES);
            if request.ids.is_empty() {
                return Err(Error::invalid("match[id]", "there is none"));
            }
            draft.query.ids("match[id]", &request.ids)?;
            place(
                &mut draft.query,
                request.limit,
                request.cursor.as_ref(),
                request.modified_after,
            )?;
        }
        LiveQuestion::Patterns(feed, request) => {
            draft = Draft::get(route::FEED_PATTERNS);
            draft.segments = vec![feed.to_string()];
            place(
                &mut draft.query,
                request.limit,
                request.cursor.as_ref(),
                request.modified_after,
            )?;
            if let Some(id) = &request.after_id {
                draft.query.text("after_id", filled("after_id", id)?);
            }
            draft.query.flag("include_revoked", request.include_revoked);
        }
        _ => return Err(Error::unsupported("this question")),
    }
    Ok(draft)
}

fn encode_objects(question: &LiveQuestion) -> Result<Draft> {
    Ok(match question {
        LiveQuestion::ListObjects(request) => {
            let mut draft = Draft::get(route::OBJECTS);
            object_filters(request, &mut draft.query)?;
            draft
        }
        LiveQuestion::ListLightObjects(request) => {
            let mut draft = Draft::get(route::LIGHT_OBJECTS);
            object_filters(request, &mut draft.query)?;
            draft
        }
        LiveQuestion::SearchObjects(request) => {
            Draft::search(route::OBJECT_SEARCH, &search::encode(request)?)
        }
        LiveQuestion::Sectors(request) => named(Draft::get(route::SECTORS), request)?,
        LiveQuestion::Sources(request) => named(Draft::get(route::SOURCES), request)?,
        LiveQuestion::RelationshipStatistics(id, include_revoked) => {
            let mut draft = Draft::of(route::RELATIONSHIP_STATISTICS, id)?;
            draft.query.flag("include_revoked", *include_revoked);
            draft
        }
        LiveQuestion::RelationshipTypes(id) => Draft::of(route::RELATIONSHIP_TYPES, id)?,
        LiveQuestion::ReportsOf(id, request) => {
            named(Draft::of(route::OBJECT_REPORTS, id)?, request)?
        }
        LiveQuestion::SourcesOf(id) => Draft::of(route::OBJECT_SOURCES, id)?,
        LiveQuestion::ObservablesOf(id, request) => {
            window(Draft::of(route::OBJECT_OBSERVABLES, id)?, request)?
        }
        LiveQuestion::ListRelationships(request) => {
            typed(Draft::get(route::RELATIONSHIPS), request, LIST_LIMIT_MAX)?
        }
        LiveQuestion::IndicatesRelationships(ids) => {
            if ids.is_empty() || ids.len() > IDS_MAX {
                let reason = format_args!("expected 1 to {IDS_MAX} identifiers");
                return Err(Error::invalid("ids", reason));
            }
            let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
            Draft::search(route::INDICATES, &json!({ "ids": ids }))
        }
        _ => return Err(Error::unsupported("this question")),
    })
}

fn encode_others(question: &LiveQuestion) -> Result<Draft> {
    Ok(match question {
        LiveQuestion::ListReports(request) => {
            let mut draft = Draft::get(route::REPORTS);
            draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
            draft.query.offset(request.offset)?;
            draft.query.flag("only_flint", request.only_flint);
            draft.query.optional("feed_id", request.feed.as_ref());
            draft.query.list("match[type]", &request.types)?;
            draft.query.optional("start", request.start);
            draft.query.optional("end", request.end);
            draft
        }
        LiveQuestion::Report(id) => Draft::of(route::REPORT, id)?,
        LiveQuestion::ReportObjects(id, request) => {
            typed(Draft::of(route::REPORT_OBJECTS, id)?, request, LIMIT_MAX)?
        }
        LiveQuestion::ReportObservables(id, request) => {
            typed(Draft::of(route::REPORT_OBSERVABLES, id)?, request, LIMIT_MAX)?
        }
        LiveQuestion::CreateExport(request) => {
            let body = search::encode_export(request);
            Draft::get(route::EXPORTS).change(Method::Post, Some(&body))
        }
        LiveQuestion::Export(id) => {
            let mut draft = Draft::get(route::EXPORT);
            draft.segments.push(name_segment("id", id)?);
            draft
        }
        LiveQuestion::ExportFile(id) => {
            let mut draft = Draft::get(route::EXPORT_FILE);
            draft.segments.push(name_segment("id", id)?);
            draft
        }
        LiveQuestion::FileOf(id, sha256) => {
            let mut draft = Draft::of(route::OBJECT_FILE, id)?;
            draft.segments.push(name_segment("sha256", sha256)?);
            draft
        }
        LiveQuestion::ValidateKey => Draft::get(route::KEY_CHECK),
        LiveQuestion::Me => Draft::get(route::ME),
        _ => return Err(Error::unsupported("this question")),
    })
}

fn encode_observables(question: &LiveQuestion) -> Result<Draft> {
    Ok(match question {
        LiveQuestion::ListObservables(request) => {
            let mut draft = Draft::get(route::OBSERVABLES);
            draft.query.limit(request.limit, LIMIT_MAX)?;
            draft.query.offset(request.offset)?;
            draft.query.flag("with_indicated_threats", request.indicated_threats);
            draft.query.list("match[type]", &request.types)?;
            draft.query.list("match[hash]", &request.hashes)?;
            draft.query.list("match[name]", &request.names)?;
            draft.query.list("match[value]", &request.values)?;
            draft.query.list("match[tag]", &request.tags)?;
            draft.query.list("match[valid_tag]", &request.valid_tags)?;
            draft.query.ids("match[id]", &request.ids)?;
            draft.query.ids("match[source]", &request.sources)?;
            draft
        }
        LiveQuestion::SearchObservables(request) => {
            let mut body = json!({ "term": filled("term", &request.term)? });
            search::numbers(&mut body, request.limit, request.offset)?;
            let mut draft = Draft::search(route::OBSERVABLE_SEARCH, &body);
            draft.query.flag("with_indicated_threats", request.indicated_threats);
            draft
        }
        LiveQuestion::BulkSearchObservables(request) => {
            let body = json!({ "searches": texts("searches", &request.searches, IDS_MAX)? });
            let mut draft = Draft::search(route::OBSERVABLE_BULK_SEARCH, &body);
            draft.query.flag("with_indicated_threats", request.indicated_threats);
            draft
        }
        LiveQuestion::CountObservables(term) => {
            let body = json!({ "term": filled("term", term)? });
            Draft::search(route::OBSERVABLE_COUNT, &body)
        }
        LiveQuestion::ObservableTags(request) => {
            named(Draft::get(route::OBSERVABLE_TAGS), request)?
        }
        LiveQuestion::Observable(id) => Draft::of(route::OBSERVABLE, id)?,
        LiveQuestion::ObservableRelationships(id, request) => {
            window(Draft::of(route::OBSERVABLE_RELATIONSHIPS, id)?, request)?
        }
        LiveQuestion::ObservableIndicators(id, request) => {
            let mut draft = Draft::of(route::OBSERVABLE_INDICATORS, id)?;
            draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
            draft.query.offset(request.offset)?;
            draft.query.flag("with_indicated_threats", request.indicated_threats);
            draft
        }
        LiveQuestion::ObservableReports(id, request) => {
            window(Draft::of(route::OBSERVABLE_REPORTS, id)?, request)?
        }
        _ => return Err(Error::unsupported("this question")),
    })
}

fn encode_ioc(question: &LiveQuestion) -> Result<Draft> {
    Ok(match question {
        LiveQuestion::IocCollections(request) => {
            let mut draft = Draft::get(route::IOC_COLLECTIONS);
            draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
            draft.query.offset(request.offset)?;
            draft.query.optional("term", request.term.as_ref());
            draft.query.list("match[community_uuid]", &request.communities)?;
            draft.query.flag("with_indicators_count", request.indicators_count);
            draft
        }
        LiveQuestion::CreateIocCollection(draft) => {
            filled("name", draft.name.as_deref().unwrap_or_default())?;
            let body = ioc::encode_draft(draft);
            Draft::get(route::IOC_COLLECTIONS).change(Method::Post, Some(&body))
        }
        LiveQuestion::IocCollection(id) => Draft::of(route::IOC_COLLECTION, id)?,
        LiveQuestion::UpdateIocCollection(id, draft) => {
            let body = ioc::encode_draft(draft);
            Draft::of(route::IOC_COLLECTION, id)?.change(Method::Patch, Some(&body))
        }
        LiveQuestion::DeleteIocCollection(id) => {
            Draft::of(route::IOC_COLLECTION, id)?.change(Method::Delete, None)
        }
        LiveQuestion::CountIocs(community) => {
            let mut draft = Draft::get(route::IOC_COUNT);
            draft.query.optional("community_uuid", community.as_ref());
            draft
        }
        LiveQuestion::ListIocs(id, request) => {
            let mut draft = Draft::of(route::IOCS, id)?;
            draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
            draft.query.offset(request.offset)?;
            draft.query.optional("term", request.term.as_ref());
            draft
        }
        LiveQuestion::AddIocs(id, iocs, defaults) => {
            if iocs.is_empty() || iocs.len() > IOCS_MAX {
                let reason = format_args!("expected 1 to {IOCS_MAX} of them");
                return Err(Error::invalid("indicators", reason));
            }
            ioc::check_values(iocs)?;
            let body = ioc::encode_iocs(iocs, defaults);
            Draft::of(route::IOCS, id)?.change(Method::Post, Some(&body))
        }
        LiveQuestion::AddIocText(id, text) => {
            Draft::of(route::IOC_TEXT, id)?.change(Method::Post, Some(&ioc::encode_text(text)?))
        }
        LiveQuestion::UpdateIoc(id, indicator, fields) => {
            let body = ioc::encode_fields(fields);
            Draft::of_two(route::IOC, id, indicator)?.change(Method::Put, Some(&body))
        }
        LiveQuestion::RevokeIoc(id, indicator) => {
            Draft::of_two(route::IOC, id, indicator)?.change(Method::Delete, None)
        }
        LiveQuestion::DeleteIoc(id, indicator) => {
            let mut draft = Draft::of_two(route::IOC, id, indicator)?.change(Method::Delete, None);
            draft.query.flag("force_deletion", true);
            draft
        }
        LiveQuestion::IocContext(id, indicator) => {
            Draft::of_two(route::IOC_CONTEXT, id, indicator)?
        }
        _ => return Err(Error::unsupported("this question")),
    })
}

fn place(
    query: &mut Writer,
    limit: Option<u32>,
    cursor: Option<&inthreat_api::Cursor>,
    modified_after: Option<Timestamp>,
) -> Result<()> {
    query.limit(limit, LIMIT_MAX)?;
    query.optional("cursor", cursor);
    // The two exclude each other at the service, and the cursor wins (CONTRACT 2.1).
    query.optional("modified_after", modified_after.filter(|_| cursor.is_none()));
    Ok(())
}

fn object_filters(request: &ObjectsRequest, query: &mut Writer) -> Result<()> {
    query.limit(request.limit, LIST_LIMIT_MAX)?;
    query.offset(request.offset)?;
    query.list("match[type]", &request.types)?;
    query.list("match[name]", &request.names)?;
    query.ids("match[id]", &request.ids)?;
    query.list("match[external_id]", &request.external_ids)?;
    query.ids("match[tlp]", &request.tlps)?;
    query.ids("match[source]", &request.sources)?;
    query.list("match[label]", &request.labels)?;
    query.optional("deprecated", request.deprecated);
    Ok(())
}

fn window(mut draft: Draft, request: &WindowRequest) -> Result<Draft> {
    draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
    draft.query.offset(request.offset)?;
    Ok(draft)
}

fn named(mut draft: Draft, request: &NamedRequest) -> Result<Draft> {
    draft.query.limit(request.limit, LIST_LIMIT_MAX)?;
    draft.query.offset(request.offset)?;
    draft.query.list("match[name]", &request.names)?;
    Ok(draft)
}

fn typed(mut draft: Draft, request: &TypedRequest, limit_max: u32) -> Result<Draft> {
    draft.query.limit(request.limit, limit_max)?;
    draft.query.offset(request.offset)?;
    draft.query.list("match[type]", &request.types)?;
    Ok(draft)
}

/// A name that stands in a path: of a file, of a job.
fn name_segment(field: &str, name: &str) -> Result<String> {
    if name.is_empty() || name.len() > 256 || matches!(name, "." | "..") {
        return Err(Error::invalid(field, "expected 1 to 256 bytes that can stand in a path"));
    }
    Ok(quote::encode(name))
}

/// A text that must be there.
fn filled<'a>(field: &str, text: &'a str) -> Result<&'a str> {
    if text.is_empty() || text.len() > VALUE_LENGTH_MAX {
        return Err(Error::invalid(field, format_args!("expected 1 to {VALUE_LENGTH_MAX} bytes")));
    }
    Ok(text)
}

/// Texts of which there must be at least one.
fn texts<'a>(field: &str, texts: &'a [String], count_max: usize) -> Result<&'a [String]> {
    if texts.is_empty() || texts.len() > count_max {
        return Err(Error::invalid(field, format_args!("expected 1 to {count_max} of them")));
    }
    Ok(texts)
}

fn text_of(body: &serde_json::Value) -> Vec<u8> {
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests;
