//! Roles that not every Intelligence Center plays, one small trait each.
//!
//! The live service plays all of these. A local copy plays those that its data can answer: it reads and searches, but exports
//! nothing, keeps no collections of indicators and knows no accounts. [`Roles`](crate::Roles) tells which ones a center
//! plays.
//!
//! They can be used as objects (`&dyn Observables`). Those that read can be asked again after an error, and dropping
//! their future leaves nothing behind. Where one changes something, dropping its future leaves open whether the
//! change was made.

use async_trait::async_trait;
use inthreat_stix::{Bundle, Id, RawObject};

use crate::{
    Body, BulkFound, BulkSearchRequest, Export, ExportRequest, FeedId, Ioc, IocCollection,
    IocCollectionDraft, IocCollectionList, IocCollectionsRequest, IocCount, IocFields, IocText,
    IocsAdded, IocsRequest, KeyInfo, LightObjectList, NamedRequest, ObjectList, ObjectsRequest,
    ObservableIndicatorsRequest, ObservablePageRequest, ObservableSearchRequest,
    ObservablesRequest, Page, PatternPage, PatternPageRequest, Profile, RelatedPage,
    RelationshipList, RelationshipPageRequest, RelationshipStatistics, ReportsRequest, Result,
    SearchRequest, TagList, TypedRequest, WindowRequest,
};

/// Reads pages other than those of feeds (CONTRACT 2.2). The rules of
/// [`Collections`](crate::Collections) hold: cursors are opaque and good for ever.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait LiveCollections: Send + Sync {
    /// A page of all observables.
    async fn observable_page(&self, request: ObservablePageRequest) -> Result<Page>;

    /// A page of the relationships of some objects.
    async fn relationship_page(&self, request: RelationshipPageRequest) -> Result<RelatedPage>;

    /// A page of the patterns of a feed's indicators.
    async fn patterns(&self, feed: FeedId, request: PatternPageRequest) -> Result<PatternPage>;
}

/// Lists and searches objects (CONTRACT 2.4).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ObjectSearch: Send + Sync {
    /// Objects by their properties.
    async fn list_objects(&self, request: ObjectsRequest) -> Result<ObjectList>;

    /// The same by name only, which is much less to carry.
    async fn list_light_objects(&self, request: ObjectsRequest) -> Result<LightObjectList>;

    /// Objects that a search finds.
    async fn search_objects(&self, request: SearchRequest) -> Result<ObjectList>;

    /// The sectors of activity, which are identities.
    async fn sectors(&self, request: NamedRequest) -> Result<ObjectList>;

    /// The sources of intelligence, which are identities.
    async fn sources(&self, request: NamedRequest) -> Result<ObjectList>;
}

/// Tells what belongs to one object (CONTRACT 2.4); [`NotFound`](crate::ErrorKind::NotFound) when it is unknown.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ObjectDetails: Send + Sync {
    /// How many relationships of which kind it has, perhaps with revoked ones.
    async fn relationship_statistics(
        &self,
        id: Id,
        include_revoked: bool,
    ) -> Result<RelationshipStatistics>;

    /// The types of relationships that it has.
    async fn relationship_types(&self, id: Id) -> Result<Vec<String>>;

    /// The reports that name it.
    async fn reports_of(&self, id: Id, request: NamedRequest) -> Result<ObjectList>;

    /// The identities that it comes from.
    async fn sources_of(&self, id: Id) -> Result<ObjectList>;

    /// The observables that belong to it.
    async fn observables_of(&self, id: Id, request: WindowRequest) -> Result<ObjectList>;
}

/// Lists relationships (CONTRACT 2.4, 2.5).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Relationships: Send + Sync {
    /// Relationships, perhaps of some types only.
    async fn list_relationships(&self, request: TypedRequest) -> Result<ObjectList>;

    /// What these indicators indicate: the relationships and their other ends, in one bundle.
    async fn indicates_relationships(&self, indicators: Vec<Id>) -> Result<Bundle>;
}

/// Reads reports (CONTRACT 2.4).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Reports: Send + Sync {
    /// Reports.
    async fn list_reports(&self, request: ReportsRequest) -> Result<ObjectList>;

    /// One report; [`NotFound`](crate::ErrorKind::NotFound) when it is unknown.
    async fn report(&self, id: Id) -> Result<RawObject>;

    /// The objects that a report names.
    async fn report_objects(&self, id: Id, request: TypedRequest) -> Result<ObjectList>;

    /// The observables that a report names.
    async fn report_observables(&self, id: Id, request: TypedRequest) -> Result<ObjectList>;
}

/// Reads observables (CONTRACT 2.6). An unknown value is an empty answer, an unknown identifier an error.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Observables: Send + Sync {
    /// Observables by their properties.
    async fn list_observables(&self, request: ObservablesRequest) -> Result<ObjectList>;

    /// Observables that contain a text.
    async fn search_observables(&self, request: ObservableSearchRequest) -> Result<ObjectList>;

    /// Many observables at once, each by its whole value, in the order of the question.
    async fn bulk_search_observables(&self, request: BulkSearchRequest) -> Result<Vec<BulkFound>>;

    /// How many observables contain a text.
    async fn count_observables(&self, term: String) -> Result<u64>;

    /// The tags that observables have.
    async fn observable_tags(&self, request: NamedRequest) -> Result<TagList>;

    /// One observable.
    async fn observable(&self, id: Id) -> Result<RawObject>;

    /// The relationships between an observable and others.
    async fn observable_relationships(
        &self,
        id: Id,
        request: WindowRequest,
    ) -> Result<RelationshipList>;

    /// The indicators that belong to an observable.
    async fn observable_indicators(
        &self,
        id: Id,
        request: ObservableIndicatorsRequest,
    ) -> Result<ObjectList>;

    /// The reports that name an observable.
    async fn observable_reports(&self, id: Id, request: WindowRequest) -> Result<ObjectList>;
}

/// Gives files: of an object and what surrounds it (CONTRACT 2.7), asked for, asked after, downloaded; and those that come with an
/// object (CONTRACT 2.4).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Exports: Send + Sync {
    /// Asks for an export.
    async fn create_export(&self, request: ExportRequest) -> Result<Export>;

    /// How far an export is.
    async fn export(&self, id: String) -> Result<Export>;

    /// The file of an export that is finished. Dropping the body closes its connection.
    async fn export_file(&self, id: String) -> Result<Body>;

    /// One of the files of an object, by the SHA-256 of its bytes. Dropping the body closes its connection.
    async fn file_of(&self, id: Id, sha256: String) -> Result<Body>;
}

/// Manages a community's own indicators (CONTRACT 2.8).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IocCollections: Send + Sync {
    /// Some of the collections.
    async fn ioc_collections(&self, request: IocCollectionsRequest) -> Result<IocCollectionList>;

    /// Makes a collection.
    async fn create_ioc_collection(&self, draft: IocCollectionDraft) -> Result<IocCollection>;

    /// One collection.
    async fn ioc_collection(&self, id: Id) -> Result<IocCollection>;

    /// Changes what a collection says about itself.
    async fn update_ioc_collection(
        &self,
        id: Id,
        draft: IocCollectionDraft,
    ) -> Result<IocCollection>;

    /// Deletes a collection.
    async fn delete_ioc_collection(&self, id: Id) -> Result<()>;

    /// How many indicators a community (the key's own when nothing is said) has, and how many it may have.
    async fn count_iocs(&self, community_uuid: Option<String>) -> Result<IocCount>;

    /// The indicators of a collection.
    async fn list_iocs(&self, id: Id, request: IocsRequest) -> Result<ObjectList>;

    /// Adds 1 to [`IOCS_MAX`](crate::IOCS_MAX) values; what a value does not say about itself the defaults say.
    async fn add_iocs(&self, id: Id, iocs: Vec<Ioc>, defaults: IocFields) -> Result<IocsAdded>;

    /// Adds the values of a text, later, and gives the name of the task.
    async fn add_ioc_text(&self, id: Id, text: IocText) -> Result<String>;

    /// Changes what is said about an indicator.
    async fn update_ioc(&self, id: Id, indicator: Id, fields: IocFields) -> Result<RawObject>;

    /// Revokes an indicator and gives it back.
    async fn revoke_ioc(&self, id: Id, indicator: Id) -> Result<RawObject>;

    /// Deletes an indicator that was revoked at least 24 hours ago.
    async fn delete_ioc(&self, id: Id, indicator: Id) -> Result<()>;

    /// The bundle around an indicator of a collection.
    async fn ioc_context(&self, id: Id, indicator: Id) -> Result<Bundle>;
}

/// Tells whose key it is (CONTRACT 1.2); [`Unauthorized`](crate::ErrorKind::Unauthorized) when it is nobody's.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Account: Send + Sync {
    /// Checks the key.
    async fn validate_key(&self) -> Result<KeyInfo>;

    /// The user that the key belongs to.
    async fn me(&self) -> Result<Profile>;
}
