//! What a keeper of feeds promises.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use crate::{ErrorKind, FeedDraft, FeedId, Feeds, FeedsRequest};

/// All promises of [`Feeds`] that any center keeps, also one that cannot make feeds.
pub async fn feeds(center: &dyn Feeds) {
    default_feed_is_listed(center).await;
    default_feed_cannot_be_changed(center).await;
    unknown_feed_is_not_found(center).await;
    wrong_limit_of_feeds_is_refused(center).await;
}

/// The default feed is there, in every list that means it.
pub async fn default_feed_is_listed(center: &dyn Feeds) {
    let feed = center.feed(FeedId::default()).await.unwrap();
    assert!(feed.id.is_default(), "the feed that was asked for");
    let mut by_id = FeedsRequest { ids: vec![FeedId::default()], ..FeedsRequest::default() };
    for request in [FeedsRequest::default(), by_id.clone()] {
        let list = center.feeds(request).await.unwrap();
        assert!(list.items.iter().any(|feed| feed.id.is_default()), "the default feed is listed");
        assert!(list.total >= u64::try_from(list.items.len()).unwrap(), "the total counts it");
    }
    assert_eq!(center.feeds(by_id.clone()).await.unwrap().items.len(), 1, "one feed by its id");
    let mut behind = by_id.clone();
    behind.offset = Some(1);
    let list = center.feeds(behind).await.unwrap();
    assert!(list.items.is_empty() && list.total == 1, "nothing is behind the end");
    let term = Some("no feed is called like this".into());
    let elsewhere = FeedsRequest { term, ..FeedsRequest::default() };
    let list = center.feeds(elsewhere).await.unwrap();
    assert!(list.items.is_empty() && list.total == 0, "a term that no feed has");
    by_id.ids = vec![unknown()];
    assert!(center.feeds(by_id).await.unwrap().items.is_empty(), "an unknown feed is not listed");
}

/// The default feed can be changed by no one.
pub async fn default_feed_cannot_be_changed(center: &dyn Feeds) {
    let draft = FeedDraft { title: "mine".into(), ..FeedDraft::default() };
    let error = center.update_feed(FeedId::default(), draft).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "changing the default feed: {error}");
    let error = center.delete_feed(FeedId::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "deleting the default feed: {error}");
    center.feed(FeedId::default()).await.unwrap();
}

/// A feed that does not exist is not found.
pub async fn unknown_feed_is_not_found(center: &dyn Feeds) {
    let error = center.feed(unknown()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "an unknown feed: {error}");
}

/// A list of feeds has 1 to 100.
pub async fn wrong_limit_of_feeds_is_refused(center: &dyn Feeds) {
    for limit in [0, 101] {
        let request = FeedsRequest { limit: Some(limit), ..FeedsRequest::default() };
        let error = center.feeds(request).await.unwrap_err();
        let told = (error.kind(), error.field());
        assert_eq!(told, (ErrorKind::InvalidRequest, Some("limit")), "limit {limit}: {error}");
    }
}

fn unknown() -> FeedId {
    "00000000-0000-4000-8000-000000000404".parse().unwrap()
}
