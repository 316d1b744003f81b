//! What not every center answers, and pages as bytes. How dropping a future behaves is said at [`Client`].

use async_trait::async_trait;
use inthreat_api::{
    Account, Body, BulkFound, BulkSearchRequest, Cursor, Error, ErrorKind, Export, ExportRequest,
    Exports, FeedId, FormattedPage, FormattedPages, Ioc, IocCollection, IocCollectionDraft,
    IocCollectionList, IocCollections, IocCollectionsRequest, IocCount, IocFields, IocText,
    IocsAdded, IocsRequest, KeyInfo, LightObjectList, LiveCollections, NamedRequest, ObjectDetails,
    ObjectList, ObjectSearch, ObjectsRequest, ObservableIndicatorsRequest, ObservablePageRequest,
    ObservableSearchRequest, Observables, ObservablesRequest, Page, PageFormat, PageRequest,
    PatternPage, PatternPageRequest, Profile, RelatedPage, RelationshipList,
    RelationshipPageRequest, RelationshipStatistics, Relationships, Reports, ReportsRequest,
    Result, Roles, SearchRequest, TagList, TypedRequest, WindowRequest,
};
use inthreat_stix::{Bundle, Id, RawObject};
use inthreat_wire::{
    CURSOR_HEADER, LiveQuestion, Question, answer, encode, encode_live, live_answer,
};

use crate::{Client, body::body, client::check_length};

impl Client {
    async fn ask_live<T: Send>(
        &self,
        question: LiveQuestion,
        read: fn(Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        self.session().ask(&encode_live(&question)?, read).await
    }

    async fn list(&self, question: LiveQuestion) -> Result<ObjectList> {
        self.ask_live(question, live_answer::decode_object_list).await
    }

    async fn stream(&self, question: LiveQuestion) -> Result<Body> {
        let (arrived, permit) = self.session().open(&encode_live(&question)?).await?;
        Ok(body(arrived, permit))
    }
}

#[async_trait]
impl FormattedPages for Client {
    async fn formatted_page(
        &self,
        request: PageRequest,
        format: PageFormat,
    ) -> Result<FormattedPage> {
        let request = encode(&Question::FormattedPage(request, format))?;
        let (arrived, permit) = self.session().open(&request).await?;
        let next_cursor = match arrived.header(CURSOR_HEADER).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => Some(Cursor::new(text).map_err(|error| {
                let message = format!("the answer's header `Cursor` is wrong: {error}");
                Error::new(ErrorKind::Protocol, message).with_field("Cursor")
            })?),
        };
        let content_type = arrived.header("content-type");
        let mut page = FormattedPage::new(body(arrived, permit));
        (page.next_cursor, page.content_type) = (next_cursor, content_type);
        Ok(page)
    }
}

#[async_trait]
impl LiveCollections for Client {
    async fn observable_page(&self, request: ObservablePageRequest) -> Result<Page> {
        let question = LiveQuestion::ObservablePage(request);
        let page = self.ask_live(question, answer::decode_page).await?;
        check_length(page, self.session().page_length_max)
    }

    async fn relationship_page(&self, request: RelationshipPageRequest) -> Result<RelatedPage> {
        let question = LiveQuestion::RelationshipPage(request);
        self.ask_live(question, live_answer::decode_related_page).await
    }

    async fn patterns(&self, feed: FeedId, request: PatternPageRequest) -> Result<PatternPage> {
        let question = LiveQuestion::Patterns(feed, request);
        self.ask_live(question, live_answer::decode_patterns).await
    }
}

#[async_trait]
impl ObjectSearch for Client {
    async fn list_objects(&self, request: ObjectsRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ListObjects(request)).await
    }

    async fn list_light_objects(&self, request: ObjectsRequest) -> Result<LightObjectList> {
        let question = LiveQuestion::ListLightObjects(request);
        self.ask_live(question, live_answer::decode_light_objects).await
    }

    async fn search_objects(&self, request: SearchRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::SearchObjects(request)).await
    }

    async fn sectors(&self, request: NamedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::Sectors(request)).await
    }

    async fn sources(&self, request: NamedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::Sources(request)).await
    }
}

#[async_trait]
impl ObjectDetails for Client {
    async fn relationship_statistics(
        &self,
        id: Id,
        include_revoked: bool,
    ) -> Result<RelationshipStatistics> {
        let question = LiveQuestion::RelationshipStatistics(id, include_revoked);
        self.ask_live(question, |body| live_answer::decode_statistics(&body)).await
    }

    async fn relationship_types(&self, id: Id) -> Result<Vec<String>> {
        let question = LiveQuestion::RelationshipTypes(id);
        self.ask_live(question, |body| live_answer::decode_names(&body)).await
    }

    async fn reports_of(&self, id: Id, request: NamedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ReportsOf(id, request)).await
    }

    async fn sources_of(&self, id: Id) -> Result<ObjectList> {
        self.list(LiveQuestion::SourcesOf(id)).await
    }

    async fn observables_of(&self, id: Id, request: WindowRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ObservablesOf(id, request)).await
    }
}

#[async_trait]
impl Relationships for Client {
    async fn list_relationships(&self, request: TypedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ListRelationships(request)).await
    }

    async fn indicates_relationships(&self, indicators: Vec<Id>) -> Result<Bundle> {
        let question = LiveQuestion::IndicatesRelationships(indicators);
        self.ask_live(question, answer::decode_bundle).await
    }
}

#[async_trait]
impl Reports for Client {
    async fn list_reports(&self, request: ReportsRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ListReports(request)).await
    }

    async fn report(&self, id: Id) -> Result<RawObject> {
        self.ask_live(LiveQuestion::Report(id), answer::decode_object).await
    }

    async fn report_objects(&self, id: Id, request: TypedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ReportObjects(id, request)).await
    }

    async fn report_observables(&self, id: Id, request: TypedRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ReportObservables(id, request)).await
    }
}

#[async_trait]
impl Observables for Client {
    async fn list_observables(&self, request: ObservablesRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ListObservables(request)).await
    }

    async fn search_observables(&self, request: ObservableSearchRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::SearchObservables(request)).await
    }

    async fn bulk_search_observables(&self, request: BulkSearchRequest) -> Result<Vec<BulkFound>> {
        let question = LiveQuestion::BulkSearchObservables(request);
        self.ask_live(question, live_answer::decode_bulk_found).await
    }

    async fn count_observables(&self, term: String) -> Result<u64> {
        let question = LiveQuestion::CountObservables(term);
        self.ask_live(question, |body| live_answer::decode_count(&body)).await
    }

    async fn observable_tags(&self, request: NamedRequest) -> Result<TagList> {
        self.ask_live(LiveQuestion::ObservableTags(request), live_answer::decode_tags).await
    }

    async fn observable(&self, id: Id) -> Result<RawObject> {
        self.ask_live(LiveQuestion::Observable(id), answer::decode_object).await
    }

    async fn observable_relationships(
        &self,
        id: Id,
        request: WindowRequest,
    ) -> Result<RelationshipList> {
        let question = LiveQuestion::ObservableRelationships(id, request);
        self.ask_live(question, answer::decode_relationships).await
    }

    async fn observable_indicators(
        &self,
        id: Id,
        request: ObservableIndicatorsRequest,
    ) -> Result<ObjectList> {
        self.list(LiveQuestion::ObservableIndicators(id, request)).await
    }

    async fn observable_reports(&self, id: Id, request: WindowRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ObservableReports(id, request)).await
    }
}

#[async_trait]
impl Exports for Client {
    async fn create_export(&self, request: ExportRequest) -> Result<Export> {
        let question = LiveQuestion::CreateExport(request);
        self.ask_live(question, |body| live_answer::decode_export(&body)).await
    }

    async fn export(&self, id: String) -> Result<Export> {
        let question = LiveQuestion::Export(id);
        self.ask_live(question, |body| live_answer::decode_export(&body)).await
    }

    async fn export_file(&self, id: String) -> Result<Body> {
        self.stream(LiveQuestion::ExportFile(id)).await
    }

    async fn file_of(&self, id: Id, sha256: String) -> Result<Body> {
        self.stream(LiveQuestion::FileOf(id, sha256)).await
    }
}

#[async_trait]
impl IocCollections for Client {
    async fn ioc_collections(&self, request: IocCollectionsRequest) -> Result<IocCollectionList> {
        let question = LiveQuestion::IocCollections(request);
        self.ask_live(question, |body| live_answer::decode_ioc_collections(&body)).await
    }

    async fn create_ioc_collection(&self, draft: IocCollectionDraft) -> Result<IocCollection> {
        let question = LiveQuestion::CreateIocCollection(draft);
        self.ask_live(question, |body| live_answer::decode_ioc_collection(&body)).await
    }

    async fn ioc_collection(&self, id: Id) -> Result<IocCollection> {
        let question = LiveQuestion::IocCollection(id);
        self.ask_live(question, |body| live_answer::decode_ioc_collection(&body)).await
    }

    async fn update_ioc_collection(
        &self,
        id: Id,
        draft: IocCollectionDraft,
    ) -> Result<IocCollection> {
        let question = LiveQuestion::UpdateIocCollection(id, draft);
        self.ask_live(question, |body| live_answer::decode_ioc_collection(&body)).await
    }

    async fn delete_ioc_collection(&self, id: Id) -> Result<()> {
        self.ask_live(LiveQuestion::DeleteIocCollection(id), |_| Ok(())).await
    }

    async fn count_iocs(&self, community_uuid: Option<String>) -> Result<IocCount> {
        let question = LiveQuestion::CountIocs(community_uuid);
        self.ask_live(question, |body| live_answer::decode_ioc_count(&body)).await
    }

    async fn list_iocs(&self, id: Id, request: IocsRequest) -> Result<ObjectList> {
        self.list(LiveQuestion::ListIocs(id, request)).await
    }

    async fn add_iocs(&self, id: Id, iocs: Vec<Ioc>, defaults: IocFields) -> Result<IocsAdded> {
        let question = LiveQuestion::AddIocs(id, iocs, defaults);
        self.ask_live(question, live_answer::decode_iocs_added).await
    }

    async fn add_ioc_text(&self, id: Id, text: IocText) -> Result<String> {
        let question = LiveQuestion::AddIocText(id, text);
        self.ask_live(question, |body| live_answer::decode_task(&body)).await
    }

    async fn update_ioc(&self, id: Id, indicator: Id, fields: IocFields) -> Result<RawObject> {
        let question = LiveQuestion::UpdateIoc(id, indicator, fields);
        self.ask_live(question, live_answer::decode_bare_object).await
    }

    async fn revoke_ioc(&self, id: Id, indicator: Id) -> Result<RawObject> {
        let question = LiveQuestion::RevokeIoc(id, indicator);
        self.ask_live(question, live_answer::decode_bare_object).await
    }

    async fn delete_ioc(&self, id: Id, indicator: Id) -> Result<()> {
        self.ask_live(LiveQuestion::DeleteIoc(id, indicator), |_| Ok(())).await
    }

    async fn ioc_context(&self, id: Id, indicator: Id) -> Result<Bundle> {
        self.ask_live(LiveQuestion::IocContext(id, indicator), answer::decode_bundle).await
    }
}

#[async_trait]
impl Account for Client {
    async fn validate_key(&self) -> Result<KeyInfo> {
        let question = LiveQuestion::ValidateKey;
        self.ask_live(question, |body| live_answer::decode_key_info(&body)).await
    }

    async fn me(&self) -> Result<Profile> {
        self.ask_live(LiveQuestion::Me, |body| live_answer::decode_profile(&body)).await
    }
}

/// The live service plays every role.
impl Roles for Client {
    fn as_live_collections(&self) -> Option<&dyn LiveCollections> {
        Some(self)
    }

    fn as_object_search(&self) -> Option<&dyn ObjectSearch> {
        Some(self)
    }

    fn as_object_details(&self) -> Option<&dyn ObjectDetails> {
        Some(self)
    }

    fn as_relationships(&self) -> Option<&dyn Relationships> {
        Some(self)
    }

    fn as_reports(&self) -> Option<&dyn Reports> {
        Some(self)
    }

    fn as_observables(&self) -> Option<&dyn Observables> {
        Some(self)
    }

    fn as_exports(&self) -> Option<&dyn Exports> {
        Some(self)
    }

    fn as_ioc_collections(&self) -> Option<&dyn IocCollections> {
        Some(self)
    }

    fn as_account(&self) -> Option<&dyn Account> {
        Some(self)
    }
}
