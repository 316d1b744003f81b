//! The client: each question sent, each answer read.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use inthreat_api::{
    Collections, ContextList, ErrorKind, Feed, FeedDraft, FeedId, FeedList, Feeds, FeedsRequest,
    IndicatorList, Indicators, Objects, Observable, Page, PageRequest, RelationshipList,
    RelationshipsRequest, Result,
};
use inthreat_stix::{Bundle, Id, RawObject};
use inthreat_wire::{Question, answer, encode};

use crate::{ClientOptions, base_url::BaseUrl, transport::Transport};

/// How many identifiers one request asks for: what clients in the field send (CONTRACT 2.4).
const IDS_PER_REQUEST: usize = 40;

/// Asks the Intelligence Center over HTTP. Clones share their connections.
///
/// Dropping the future of a question closes its connection and leaves nothing else behind.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

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
        Ok(Self(Arc::new(Transport::new(BaseUrl::parse(base_url)?, options)?)))
    }

    async fn ask(&self, question: &Question) -> Result<Vec<u8>> {
        self.0.send(&encode(question)?).await
    }

    async fn one(&self, question: Question) -> Result<RawObject> {
        answer::decode_object(self.ask(&question).await?)
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
                _ => answer::decode_objects(self.ask(&many(batch.to_vec())).await?)?,
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
        answer::decode_page(self.ask(&Question::Page(request)).await?)
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
        answer::decode_relationships(self.ask(&Question::RelationshipsOf(request)).await?)
    }

    async fn context(&self, id: Id) -> Result<Bundle> {
        answer::decode_bundle(self.ask(&Question::Context(id)).await?)
    }
}

#[async_trait]
impl Indicators for Client {
    async fn indicators(&self, observable: Observable) -> Result<IndicatorList> {
        answer::decode_indicators(self.ask(&Question::Indicators(observable)).await?)
    }

    async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList> {
        answer::decode_contexts(self.ask(&Question::IndicatorContexts(observable)).await?)
    }
}

#[async_trait]
impl Feeds for Client {
    async fn feeds(&self, request: FeedsRequest) -> Result<FeedList> {
        answer::decode_feeds(&self.ask(&Question::Feeds(request)).await?)
    }

    async fn create_feed(&self, draft: FeedDraft) -> Result<Feed> {
        answer::decode_feed(&self.ask(&Question::CreateFeed(draft)).await?)
    }

    async fn feed(&self, id: FeedId) -> Result<Feed> {
        answer::decode_feed(&self.ask(&Question::Feed(id)).await?)
    }

    async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed> {
        answer::decode_feed(&self.ask(&Question::UpdateFeed(id, draft)).await?)
    }

    async fn delete_feed(&self, id: FeedId) -> Result<()> {
        self.ask(&Question::DeleteFeed(id)).await.map(drop)
    }
}
