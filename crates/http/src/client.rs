//! The client: each question sent, each answer read.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use inthreat_api::{
    Collections, ContextList, Error, ErrorKind, Feed, FeedDraft, FeedId, FeedList, Feeds,
    FeedsRequest, IndicatorList, Indicators, Objects, Observable, Page, PageRequest,
    RelationshipList, RelationshipsRequest, Result, retry::RetryOptions,
};
use inthreat_stix::{Bundle, Id, RawObject};
use inthreat_wire::{Question, answer, encode};

use crate::{ClientOptions, TimeoutOptions, key::Scheme, session::Session};

/// How many identifiers one request asks for: what clients in the field send (CONTRACT 2.4).
const IDS_PER_REQUEST: usize = 40;

/// Asks the Intelligence Center over HTTP. Clones share connections, key and rate.
///
/// Questions that may be asked twice are asked again, by [`ClientOptions::retry`], when the service is busy or out of
/// reach; the error at the end says how often and how long. Dropping the future of a question closes its connection
/// and leaves nothing else behind, at every point of every method that reads. Dropping that of a change (creating,
/// updating, deleting, adding, revoking) leaves open whether the change was made.
#[derive(Clone)]
pub struct Client(Arc<Session>);

impl Client {
    /// A client of the service at this address: its origin, perhaps with `/api` or `/v2/inthreat` behind
    /// (CONTRACT 1.1). Nothing is sent yet.
    ///
    /// Fails with [`ErrorKind::InvalidRequest`] for an address that cannot be used: no URL, `https` without the
    /// feature `rustls`, plain `http` to another machine unless [`ClientOptions::allow_plain_http`] is set.
    ///
    /// ```
    /// use inthreat_http::{Client, ClientOptions};
    ///
    /// let error = Client::new("http://example.org", ClientOptions::default()).unwrap_err();
    /// assert_eq!(error.field(), Some("base URL"));
    /// ```
    pub fn new(base_url: &str, options: ClientOptions) -> Result<Self> {
        let session = Session::new(base_url, "application/json", Scheme::Bearer, options)?;
        Ok(Self(Arc::new(session)))
    }

    /// A clone that asks again by other rules; everything else is shared.
    #[must_use]
    pub fn with_retry(&self, retry: RetryOptions) -> Self {
        let mut session = Session::clone(&self.0);
        session.retry = retry;
        Self(Arc::new(session))
    }

    /// A clone that waits by other rules, but for the time to connect; everything else is shared.
    #[must_use]
    pub fn with_timeouts(&self, timeouts: TimeoutOptions) -> Self {
        let mut session = Session::clone(&self.0);
        session.timeouts = timeouts;
        Self(Arc::new(session))
    }

    /// How many seconds the service's clock is ahead of ours, by the header `Date` of its last answer, be it a good one or
    /// not. `None` before there is one, and where it does not tell.
    pub fn clock_ahead(&self) -> Option<i64> {
        self.0.clock_ahead()
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0
    }

    async fn ask<T: Send>(&self, question: Question, read: fn(Vec<u8>) -> Result<T>) -> Result<T> {
        self.0.ask(&encode(&question)?, read).await
    }

    async fn one(&self, question: Question) -> Result<RawObject> {
        self.ask(question, answer::decode_object).await
    }

    /// Asks for many objects, some at a time, and puts them in the order of the question.
    async fn many(
        &self,
        ids: &[Id],
        one: fn(Id) -> Question,
        many: fn(Vec<Id>) -> Question,
    ) -> Result<Vec<RawObject>> {
        let mut places = HashMap::new();
        let mut wanted = Vec::new();
        for id in ids {
            places.entry(id.to_string()).or_insert_with(|| {
                wanted.push(id.clone());
                wanted.len() - 1
            });
        }
        let mut found = vec![None; wanted.len()];
        for batch in wanted.chunks(IDS_PER_REQUEST) {
            let objects = match batch {
                // One identifier alone is a question of another kind, to which an unknown one is an error.
                [id] => match self.one(one(id.clone())).await {
                    Ok(object) => vec![object],
                    Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
                    Err(error) => return Err(error),
                },
                _ => self.ask(many(batch.to_vec()), answer::decode_objects).await?,
            };
            for object in objects {
                let place = object.id().and_then(|id| places.get(id));
                if let Some(slot) = place.and_then(|place| found.get_mut(*place)) {
                    *slot = Some(object);
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }
}

/// Refuses a page that is longer than any page should be.
pub(crate) fn check_length(page: Page, length_max: usize) -> Result<Page> {
    if page.len() > length_max {
        let message = format!("the page has more than {length_max} items");
        return Err(Error::new(ErrorKind::Protocol, message).with_field("items"));
    }
    Ok(page)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("authority", &self.0.base().authority())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Collections for Client {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        let page = self.ask(Question::Page(request), answer::decode_page).await?;
        check_length(page, self.0.page_length_max)
    }
}

#[async_trait]
impl Objects for Client {
    async fn object(&self, id: Id) -> Result<RawObject> {
        self.one(Question::Object(id)).await
    }

    async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        self.many(&ids, Question::Object, Question::Objects).await
    }

    async fn relationship(&self, id: Id) -> Result<RawObject> {
        self.one(Question::Relationship(id)).await
    }

    async fn relationships(&self, ids: Vec<Id>) -> Result<Vec<RawObject>> {
        self.many(&ids, Question::Relationship, Question::Relationships).await
    }

    async fn relationships_of(&self, request: RelationshipsRequest) -> Result<RelationshipList> {
        self.ask(Question::RelationshipsOf(request), answer::decode_relationships).await
    }

    async fn context(&self, id: Id) -> Result<Bundle> {
        self.ask(Question::Context(id), answer::decode_bundle).await
    }
}

#[async_trait]
impl Indicators for Client {
    async fn indicators(&self, observable: Observable) -> Result<IndicatorList> {
        self.ask(Question::Indicators(observable), answer::decode_indicators).await
    }

    async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList> {
        self.ask(Question::IndicatorContexts(observable), answer::decode_contexts).await
    }
}

#[async_trait]
impl Feeds for Client {
    async fn feeds(&self, request: FeedsRequest) -> Result<FeedList> {
        self.ask(Question::Feeds(request), |body| answer::decode_feeds(&body)).await
    }

    async fn create_feed(&self, draft: FeedDraft) -> Result<Feed> {
        self.ask(Question::CreateFeed(draft), |body| answer::decode_feed(&body)).await
    }

    async fn feed(&self, id: FeedId) -> Result<Feed> {
        self.ask(Question::Feed(id), |body| answer::decode_feed(&body)).await
    }

    async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed> {
        self.ask(Question::UpdateFeed(id, draft), |body| answer::decode_feed(&body)).await
    }

    async fn delete_feed(&self, id: FeedId) -> Result<()> {
        self.ask(Question::DeleteFeed(id), |_| Ok(())).await
    }
}
