//! Questions of the roles that a center may play, asked where it plays them.

use std::sync::Arc;

use axum::http::StatusCode;
use inthreat_api::{
    Error, Exports, IocCollections, LiveCollections, ObjectDetails, ObjectList, ObjectSearch,
    Observables, Relationships, Reports, Result, Roles,
};
use inthreat_wire::{LiveQuestion, Role, answer, live_answer};

use crate::{
    handler::Answer,
    pages::{Page, PageCache, VersionedSlot},
};

/// Asks; a role that the center does not play is [`Unsupported`](inthreat_api::ErrorKind::Unsupported).
pub(crate) async fn ask(
    cache: &Arc<PageCache>,
    center: &dyn Roles,
    question: LiveQuestion,
) -> Result<Answer> {
    match question.role() {
        Role::LiveCollections => {
            pages(cache, played(center.as_live_collections())?, question).await
        }
        Role::ObjectSearch => objects(played(center.as_object_search())?, question).await,
        Role::ObjectDetails => details(played(center.as_object_details())?, question).await,
        Role::Relationships => relationships(played(center.as_relationships())?, question).await,
        Role::Reports => reports(played(center.as_reports())?, question).await,
        Role::Observables => observables(played(center.as_observables())?, question).await,
        Role::Exports => exports(played(center.as_exports())?, question).await,
        Role::IocCollections => iocs(played(center.as_ioc_collections())?, question).await,
        // The server answers for its own keys before it comes here.
        _ => Err(unsupported()),
    }
}

fn played<T>(role: Option<T>) -> Result<T> {
    role.ok_or_else(unsupported)
}

fn unsupported() -> Error {
    Error::unsupported("this question")
}

fn ok(body: Vec<u8>) -> Answer {
    Answer::Json(StatusCode::OK, body)
}

fn list(list: &ObjectList) -> Answer {
    ok(live_answer::encode_object_list(list))
}

fn nothing() -> Answer {
    Answer::Json(StatusCode::NO_CONTENT, Vec::new())
}

async fn pages(
    cache: &Arc<PageCache>,
    role: &dyn LiveCollections,
    question: LiveQuestion,
) -> Result<Answer> {
    let slot = VersionedSlot::of_codings(cache, &question);
    let body = match question {
        LiveQuestion::ObservablePage(request) => {
            let sent = request.cursor.clone();
            answer::encode_page(&role.observable_page(request).await?, sent.as_ref())
        }
        LiveQuestion::RelationshipPage(request) => {
            let sent = request.cursor.clone();
            let page = role.relationship_page(request).await?;
            live_answer::encode_related_page(&page, sent.as_ref())
        }
        LiveQuestion::Patterns(feed, request) => {
            let sent = request.cursor.clone();
            live_answer::encode_patterns(&role.patterns(feed, request).await?, sent.as_ref())
        }
        _ => return Err(unsupported()),
    };
    Ok(slot.keep(Page::json(body)))
}

async fn objects(role: &dyn ObjectSearch, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::ListObjects(request) => list(&role.list_objects(request).await?),
        LiveQuestion::ListLightObjects(request) => {
            ok(live_answer::encode_light_objects(&role.list_light_objects(request).await?))
        }
        LiveQuestion::SearchObjects(request) => list(&role.search_objects(request).await?),
        LiveQuestion::Sectors(request) => list(&role.sectors(request).await?),
        LiveQuestion::Sources(request) => list(&role.sources(request).await?),
        _ => return Err(unsupported()),
    })
}

async fn details(role: &dyn ObjectDetails, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::RelationshipStatistics(id, include_revoked) => {
            let statistics = role.relationship_statistics(id, include_revoked).await?;
            ok(live_answer::encode_statistics(&statistics))
        }
        LiveQuestion::RelationshipTypes(id) => {
            ok(live_answer::encode_names(&role.relationship_types(id).await?))
        }
        LiveQuestion::ReportsOf(id, request) => list(&role.reports_of(id, request).await?),
        LiveQuestion::SourcesOf(id) => list(&role.sources_of(id).await?),
        LiveQuestion::ObservablesOf(id, request) => list(&role.observables_of(id, request).await?),
        _ => return Err(unsupported()),
    })
}

async fn relationships(role: &dyn Relationships, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::ListRelationships(request) => list(&role.list_relationships(request).await?),
        LiveQuestion::IndicatesRelationships(ids) => {
            ok(answer::encode_bundle(&role.indicates_relationships(ids).await?))
        }
        _ => return Err(unsupported()),
    })
}

async fn reports(role: &dyn Reports, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::ListReports(request) => list(&role.list_reports(request).await?),
        LiveQuestion::Report(id) => ok(answer::encode_object(&role.report(id).await?)),
        LiveQuestion::ReportObjects(id, request) => list(&role.report_objects(id, request).await?),
        LiveQuestion::ReportObservables(id, request) => {
            list(&role.report_observables(id, request).await?)
        }
        _ => return Err(unsupported()),
    })
}

async fn observables(role: &dyn Observables, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::ListObservables(request) => list(&role.list_observables(request).await?),
        LiveQuestion::SearchObservables(request) => list(&role.search_observables(request).await?),
        LiveQuestion::BulkSearchObservables(request) => {
            ok(live_answer::encode_bulk_found(&role.bulk_search_observables(request).await?))
        }
        LiveQuestion::CountObservables(term) => {
            ok(live_answer::encode_count(role.count_observables(term).await?))
        }
        LiveQuestion::ObservableTags(request) => {
            ok(live_answer::encode_tags(&role.observable_tags(request).await?))
        }
        LiveQuestion::Observable(id) => ok(answer::encode_object(&role.observable(id).await?)),
        LiveQuestion::ObservableRelationships(id, request) => {
            ok(answer::encode_relationships(&role.observable_relationships(id, request).await?))
        }
        LiveQuestion::ObservableIndicators(id, request) => {
            list(&role.observable_indicators(id, request).await?)
        }
        LiveQuestion::ObservableReports(id, request) => {
            list(&role.observable_reports(id, request).await?)
        }
        _ => return Err(unsupported()),
    })
}

async fn exports(role: &dyn Exports, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::CreateExport(request) => {
            let export = role.create_export(request).await?;
            Answer::Json(StatusCode::ACCEPTED, live_answer::encode_export(&export))
        }
        LiveQuestion::Export(id) => ok(live_answer::encode_export(&role.export(id).await?)),
        LiveQuestion::ExportFile(id) => Answer::File(role.export_file(id).await?),
        LiveQuestion::FileOf(id, sha256) => Answer::File(role.file_of(id, sha256).await?),
        _ => return Err(unsupported()),
    })
}

async fn iocs(role: &dyn IocCollections, question: LiveQuestion) -> Result<Answer> {
    Ok(match question {
        LiveQuestion::IocCollections(request) => {
            ok(live_answer::encode_ioc_collections(&role.ioc_collections(request).await?))
        }
        LiveQuestion::CreateIocCollection(draft) => {
            let collection = role.create_ioc_collection(draft).await?;
            Answer::Json(StatusCode::CREATED, live_answer::encode_ioc_collection(&collection))
        }
        LiveQuestion::IocCollection(id) => {
            ok(live_answer::encode_ioc_collection(&role.ioc_collection(id).await?))
        }
        LiveQuestion::UpdateIocCollection(id, draft) => {
            ok(live_answer::encode_ioc_collection(&role.update_ioc_collection(id, draft).await?))
        }
        LiveQuestion::DeleteIocCollection(id) => {
            role.delete_ioc_collection(id).await?;
            nothing()
        }
        LiveQuestion::CountIocs(community) => {
            ok(live_answer::encode_ioc_count(role.count_iocs(community).await?))
        }
        LiveQuestion::ListIocs(id, request) => list(&role.list_iocs(id, request).await?),
        LiveQuestion::AddIocs(id, iocs, defaults) => {
            ok(live_answer::encode_iocs_added(&role.add_iocs(id, iocs, defaults).await?))
        }
        LiveQuestion::AddIocText(id, text) => {
            let task = role.add_ioc_text(id, text).await?;
            Answer::Json(StatusCode::ACCEPTED, live_answer::encode_task(&task))
        }
        LiveQuestion::UpdateIoc(id, indicator, fields) => {
            ok(live_answer::encode_bare_object(&role.update_ioc(id, indicator, fields).await?))
        }
        LiveQuestion::RevokeIoc(id, indicator) => {
            ok(live_answer::encode_bare_object(&role.revoke_ioc(id, indicator).await?))
        }
        LiveQuestion::DeleteIoc(id, indicator) => {
            role.delete_ioc(id, indicator).await?;
            nothing()
        }
        LiveQuestion::IocContext(id, indicator) => {
            ok(answer::encode_bundle(&role.ioc_context(id, indicator).await?))
        }
        _ => return Err(unsupported()),
    })
}
