//! A center before another one: equal questions are asked once, and answers are kept for a while.

mod flights;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use inthreat_api::{
    Account, Arrivals, Collections, ContextList, Exports, Feed, FeedDraft, FeedId, FeedList, Feeds,
    FeedsRequest, FormattedPage, FormattedPages, IndicatorList, Indicators, IocCollections,
    LiveCollections, ObjectDetails, ObjectSearch, Objects, Observable, Observables, Page,
    PageFormat, PageRequest, RelationshipList, Relationships, RelationshipsRequest, Reports,
    Result, Roles,
};
use inthreat_stix::{Bundle, Id, RawObject};
use inthreat_wire::{Question, encode};

use flights::{Flights, Weight};

/// How long and how much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheOptions {
    /// How long an answer counts; one minute when nothing is said. With zero, equal questions that are under way at the
    /// same time are still asked once.
    pub age_max: Duration,
    /// How many bytes of objects are kept; 64 MiB when nothing is said. The oldest make room for others.
    pub bytes_max: usize,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self { age_max: Duration::from_mins(1), bytes_max: 64 * 1024 * 1024 }
    }
}

impl CacheOptions {
    /// Sets how long an answer counts.
    #[must_use]
    pub fn with_age_max(mut self, age: Duration) -> Self {
        self.age_max = age;
        self
    }

    /// Sets how many bytes of objects are kept.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes: usize) -> Self {
        self.bytes_max = bytes;
        self
    }
}

/// A center that spares another one: look-ups, objects, relationships and contexts are asked once for many equal
/// questions, and their answers are kept for a while.
///
/// Everybody gets the answers of the one key that the center behind is asked with. Errors are never kept; those who wait
/// for one question share what became of it. Pages, lists, searches and whatever changes something go through, and what
/// is kept may be older than such a change by [`CacheOptions::age_max`].
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use inthreat_api::Roles;
/// use inthreat_server::{CacheOptions, Cached};
///
/// fn gateway(live: Arc<dyn Roles>) -> Arc<dyn Roles> {
///     Arc::new(Cached::new(live, CacheOptions::default().with_age_max(Duration::from_secs(30))))
/// }
/// ```
pub struct Cached {
    center: Arc<dyn Roles>,
    flights: Flights,
}

impl Cached {
    /// Stands before a center.
    pub fn new(center: Arc<dyn Roles>, options: CacheOptions) -> Self {
        Self { center, flights: Flights::new(options) }
    }

    async fn once<T: Weight>(
        &self,
        question: Question,
        ask: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        match encode(&question) {
            // Questions of one spelling are one question.
            Ok(request) => {
                self.flights.once(format!("{}?{}", request.path, request.query), ask).await
            }
            // What has no spelling is answered in memory, or not at all.
            Err(_) => ask.await,
        }
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").finish_non_exhaustive()
    }
}

#[async_trait]
impl Objects for Cached {
    async fn object(&self, id: Id) -> Result<RawObject> {
        self.once(Question::Object(id.clone()), self.center.object(id)).await
    }

    async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        self.once(Question::Objects(ids.clone()), self.center.objects(ids)).await
    }

    async fn relationship(&self, id: Id) -> Result<RawObject> {
        self.once(Question::Relationship(id.clone()), self.center.relationship(id)).await
    }

    async fn relationships(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        self.once(Question::Relationships(ids.clone()), self.center.relationships(ids)).await
    }

    async fn relationships_of(&self, request: RelationshipsRequest) -> Result<RelationshipList> {
        let question = Question::RelationshipsOf(request.clone());
        self.once(question, self.center.relationships_of(request)).await
    }

    async fn context(&self, id: Id) -> Result<Bundle> {
        self.once(Question::Context(id.clone()), self.center.context(id)).await
    }
}

#[async_trait]
impl Indicators for Cached {
    async fn indicators(&self, observable: Observable) -> Result<IndicatorList> {
        let question = Question::Indicators(observable.clone());
        self.once(question, self.center.indicators(observable)).await
    }

    async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList> {
        let question = Question::IndicatorContexts(observable.clone());
        self.once(question, self.center.indicator_contexts(observable)).await
    }
}

#[async_trait]
impl Collections for Cached {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        self.center.page(request).await
    }
}

#[async_trait]
impl FormattedPages for Cached {
    async fn formatted_page(
        &self,
        request: PageRequest,
        format: PageFormat,
    ) -> Result<FormattedPage> {
        self.center.formatted_page(request, format).await
    }
}

#[async_trait]
impl Feeds for Cached {
    async fn feeds(&self, request: FeedsRequest) -> Result<FeedList> {
        self.center.feeds(request).await
    }

    async fn create_feed(&self, draft: FeedDraft) -> Result<Feed> {
        self.center.create_feed(draft).await
    }

    async fn feed(&self, id: FeedId) -> Result<Feed> {
        self.center.feed(id).await
    }

    async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed> {
        self.center.update_feed(id, draft).await
    }

    async fn delete_feed(&self, id: FeedId) -> Result<()> {
        self.center.delete_feed(id).await
    }
}

impl Roles for Cached {
    fn as_live_collections(&self) -> Option<&dyn LiveCollections> {
        self.center.as_live_collections()
    }

    fn as_object_search(&self) -> Option<&dyn ObjectSearch> {
        self.center.as_object_search()
    }

    fn as_object_details(&self) -> Option<&dyn ObjectDetails> {
        self.center.as_object_details()
    }

    fn as_relationships(&self) -> Option<&dyn Relationships> {
        self.center.as_relationships()
    }

    fn as_reports(&self) -> Option<&dyn Reports> {
        self.center.as_reports()
    }

    fn as_observables(&self) -> Option<&dyn Observables> {
        self.center.as_observables()
    }

    fn as_exports(&self) -> Option<&dyn Exports> {
        self.center.as_exports()
    }

    fn as_ioc_collections(&self) -> Option<&dyn IocCollections> {
        self.center.as_ioc_collections()
    }

    fn as_arrivals(&self) -> Option<&dyn Arrivals> {
        self.center.as_arrivals()
    }

    fn as_account(&self) -> Option<&dyn Account> {
        self.center.as_account()
    }
}
