//! The roles of an Intelligence Center, one small trait each.

use async_trait::async_trait;
use inthreat_stix::{Bundle, Id, RawObject};

use crate::{
    ContextList, Feed, FeedDraft, FeedId, FeedList, FeedsRequest, FormattedPages, IndicatorList,
    Observable, Page, PageRequest, RelationshipList, RelationshipsRequest, Result,
};

#[cfg(feature = "mocks")]
use crate::{FormattedPage, PageFormat};

/// Reads feeds page by page.
///
/// # Contract
///
/// - *Order.* The default feed and every feed that sorts ascending deliver by `modified`, oldest first; an object
///   that changes is delivered again, behind everything older. Ties come in an order that does not change between two pages.
/// - *Cursor.* It is opaque and good for ever. A page with items gives a cursor other than the one that was sent,
///   pointing behind its last item; an empty page gives back the one that was sent. Asking again with the same
///   cursor gives what was created or modified since.
/// - *Errors.* [`NotFound`](crate::ErrorKind::NotFound) for a feed that does not exist or belongs to others,
///   [`InvalidRequest`](crate::ErrorKind::InvalidRequest) for a cursor that was never given out or a limit out of range.
/// - *Bad items* are in [`Page::rejected`]; they never fail a page.
///
/// Dropping a future leaves nothing behind: a page is only read.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Collections: Send + Sync {
    /// Answers one page (CONTRACT 2.1).
    async fn page(&self, request: PageRequest) -> Result<Page>;
}

/// Answers by identifier (CONTRACT 2.4, 8). Dropping a future leaves nothing behind.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Objects: Send + Sync {
    /// The newest version of an object; [`NotFound`](crate::ErrorKind::NotFound) when it is unknown.
    async fn object(&self, id: Id) -> Result<RawObject>;

    /// The newest versions of many objects. Unknown ones are missing from the answer; the order is that of the
    /// question, and an object that is asked for twice is answered once.
    async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>>;

    /// The newest version of a relationship; [`NotFound`](crate::ErrorKind::NotFound) when it is unknown or is no relationship.
    async fn relationship(&self, id: Id) -> Result<RawObject>;

    /// The newest versions of many relationships, by the rules of [`Objects::objects`].
    async fn relationships(&self, ids: Vec<Id>) -> Result<Vec<RawObject>>;

    /// The relationships that an object is an end of, oldest first, each with its other end;
    /// [`NotFound`](crate::ErrorKind::NotFound) when the object is unknown.
    async fn relationships_of(&self, request: RelationshipsRequest) -> Result<RelationshipList>;

    /// The bundle around an object: the object, at most 100 related ones, the relationships between, courses of
    /// action against related attack patterns with the relationships that say so, and the sources and markings that
    /// these name. In this order, none twice, related by nothing that is revoked;
    /// [`NotFound`](crate::ErrorKind::NotFound) when the object is unknown.
    async fn context(&self, id: Id) -> Result<Bundle>;
}

/// Looks observables up (CONTRACT 2.5). Dropping a future leaves nothing behind.
///
/// An indicator matches when the type is one of its observable types and the value is one of the literals of its
/// pattern, composite patterns included; an address matches a network that it lies in too. Spellings of one value are one value: upper and lower case where they do not
/// count, the dot behind a name, Unicode or ASCII of a name, every form of an IPv6 address, and what was defanged
/// (`hxxp`, `[.]`). An unknown value is an empty answer, not an error.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Indicators: Send + Sync {
    /// The indicators that name the observable, revoked and expired ones too.
    async fn indicators(&self, observable: Observable) -> Result<IndicatorList>;

    /// The context of each of these indicators.
    async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList>;
}

/// Manages feeds (CONTRACT 2.3, 3).
///
/// The default feed can be read by everyone and changed by no one ([`Forbidden`](crate::ErrorKind::Forbidden)). A
/// feed of another community is [`NotFound`](crate::ErrorKind::NotFound). Dropping the future of a change leaves
/// open whether the change was made.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Feeds: Send + Sync {
    /// Some of the feeds.
    async fn feeds(&self, request: FeedsRequest) -> Result<FeedList>;

    /// Makes a feed and gives it an id.
    async fn create_feed(&self, draft: FeedDraft) -> Result<Feed>;

    /// One feed.
    async fn feed(&self, id: FeedId) -> Result<Feed>;

    /// Replaces what a feed selects.
    async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed>;

    /// Deletes a feed.
    async fn delete_feed(&self, id: FeedId) -> Result<()>;
}

/// Everything that any Intelligence Center answers: the live service, a copy, a test double.
pub trait IntelligenceCenter: Collections + FormattedPages + Objects + Indicators + Feeds {}

impl<T: Collections + FormattedPages + Objects + Indicators + Feeds + ?Sized> IntelligenceCenter
    for T
{
}

#[cfg(feature = "mocks")]
mockall::mock! {
    /// A mock of all roles at once.
    #[derive(Debug)]
    pub IntelligenceCenter {}

    #[async_trait]
    impl Collections for IntelligenceCenter {
        async fn page(&self, request: PageRequest) -> Result<Page>;
    }

    #[async_trait]
    impl FormattedPages for IntelligenceCenter {
        async fn formatted_page(&self, request: PageRequest, format: PageFormat) -> Result<FormattedPage>;
    }

    #[async_trait]
    impl Objects for IntelligenceCenter {
        async fn object(&self, id: Id) -> Result<RawObject>;
        async fn objects(&self, ids: Vec<Id>) -> Result<Vec<RawObject>>;
        async fn relationship(&self, id: Id) -> Result<RawObject>;
        async fn relationships(&self, ids: Vec<Id>) -> Result<Vec<RawObject>>;
        async fn relationships_of(&self, request: RelationshipsRequest) -> Result<RelationshipList>;
        async fn context(&self, id: Id) -> Result<Bundle>;
    }

    #[async_trait]
    impl Indicators for IntelligenceCenter {
        async fn indicators(&self, observable: Observable) -> Result<IndicatorList>;
        async fn indicator_contexts(&self, observable: Observable) -> Result<ContextList>;
    }

    #[async_trait]
    impl Feeds for IntelligenceCenter {
        async fn feeds(&self, request: FeedsRequest) -> Result<FeedList>;
        async fn create_feed(&self, draft: FeedDraft) -> Result<Feed>;
        async fn feed(&self, id: FeedId) -> Result<Feed>;
        async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Result<Feed>;
        async fn delete_feed(&self, id: FeedId) -> Result<()>;
    }
}
