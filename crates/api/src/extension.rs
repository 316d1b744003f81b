//! What follows from the roles, for everyone who plays them.

use async_trait::async_trait;

use crate::{Feed, FeedId, Feeds, Result};

/// Conveniences over [`Feeds`]. Everything that implements that has these; nobody implements them anew.
#[async_trait]
pub trait FeedsExt: Feeds {
    /// Makes a feed that selects what another one does, under another title. The original stays as it is.
    ///
    /// Dropping the future leaves open whether the new feed was made.
    async fn duplicate_feed(&self, id: FeedId, title: String) -> Result<Feed> {
        let mut draft = self.feed(id).await?.draft;
        draft.title = title;
        self.create_feed(draft).await
    }
}

impl<T: Feeds + ?Sized> FeedsExt for T {}

#[cfg(all(test, feature = "mocks"))]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::{FeedDraft, MockFeeds};

    // Catches a duplicate that loses what the feed selects, or that keeps its title.
    #[test]
    fn a_duplicate_selects_the_same() {
        let mut feeds = MockFeeds::new();
        feeds.expect_feed().returning(|id| {
            let draft = FeedDraft {
                title: "a".into(),
                types: vec!["malware".into()],
                ..FeedDraft::default()
            };
            Ok(Feed::new(id, draft))
        });
        feeds
            .expect_create_feed()
            .withf(|draft| draft.title == "b" && draft.types == ["malware"])
            .returning(|draft| Ok(Feed::new("new".parse().unwrap(), draft)));
        let mut future = pin!(feeds.duplicate_feed(FeedId::default(), "b".into()));
        let Poll::Ready(feed) = future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            panic!("nothing here waits")
        };
        assert_eq!(feed.unwrap().id.as_str(), "new");
    }
}
