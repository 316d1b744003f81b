//! A center that takes its time.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use async_trait::async_trait;
use inthreat_api::{
    Body, Collections, ContextList, Feed, FeedDraft, FeedId, FeedList, FeedsRequest, FormattedPage,
    FormattedPages, IndicatorList, Observable, Page, PageFormat, PageRequest, RelationshipList,
    RelationshipsRequest, Result, Roles,
};
use inthreat_stix::{Bundle, Id, RawObject};
use tokio::task::yield_now;

/// Answers pages only, others first; a page of the feed `never`, or of indicators alone, not at all.
#[derive(Default)]
pub(crate) struct Slow {
    asked: AtomicUsize,
    /// The most pages that were asked for at once.
    pub(crate) at_once: Arc<AtomicUsize>,
    /// Who is told of questions that are not answered.
    told: Option<mpsc::Sender<()>>,
}

impl Slow {
    /// Tells when it is asked what it does not answer.
    pub(crate) fn telling(told: mpsc::Sender<()>) -> Self {
        Self { told: Some(told), ..Self::default() }
    }
}

#[async_trait]
impl Collections for Slow {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        if request.feed.as_str() == "never" || request.types == ["indicator"] {
            if let Some(told) = &self.told {
                let _ = told.send(());
            }
            pending::<()>().await;
        }
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.at_once.fetch_max(asked, Ordering::SeqCst);
        for _ in 0..100 {
            yield_now().await;
        }
        self.asked.fetch_sub(1, Ordering::SeqCst);
        Ok(Page::default())
    }
}

#[async_trait]
impl FormattedPages for Slow {
    async fn formatted_page(&self, request: PageRequest, _: PageFormat) -> Result<FormattedPage> {
        self.page(request).await?;
        Ok(FormattedPage::new(Body::from(Vec::new())))
    }
}

/// Answers no question but those for pages.
macro_rules! only_pages {
    ($center:ident) => { crate::slow::only_pages! { $center;
        impl Objects {
            async fn object(&self, id: Id) -> RawObject;
            async fn objects(&self, ids: Vec<Id>) -> Vec<RawObject>;
            async fn relationship(&self, id: Id) -> RawObject;
            async fn relationships(&self, ids: Vec<Id>) -> Vec<RawObject>;
            async fn relationships_of(&self, request: RelationshipsRequest) -> RelationshipList;
            async fn context(&self, id: Id) -> Bundle;
        }
        impl Indicators {
            async fn indicators(&self, observable: Observable) -> IndicatorList;
            async fn indicator_contexts(&self, observable: Observable) -> ContextList;
        }
        impl Feeds {
            async fn feeds(&self, request: FeedsRequest) -> FeedList;
            async fn create_feed(&self, draft: FeedDraft) -> Feed;
            async fn feed(&self, id: FeedId) -> Feed;
            async fn update_feed(&self, id: FeedId, draft: FeedDraft) -> Feed;
            async fn delete_feed(&self, id: FeedId) -> ();
        }
    } };
    ($center:ident; $(impl $role:ident {
        $(async fn $name:ident(&self, $($argument:ident: $kind:ty),*) -> $answer:ty;)*
    })*) => {$(
        #[async_trait::async_trait]
        impl inthreat_api::$role for $center {
            $(async fn $name(&self, $($argument: $kind),*) -> inthreat_api::Result<$answer> {
                $(drop($argument);)*
                Err(inthreat_api::Error::unsupported("this"))
            })*
        }
    )*};
}

pub(crate) use only_pages;

only_pages!(Slow);

impl Roles for Slow {}
