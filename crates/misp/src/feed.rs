//! The feed as a whole: what it knows of its events, and the files that are made of it.

use std::sync::Arc;

use inthreat_api::{FeedId, IntelligenceCenter, Result};
use inthreat_stix::Timestamp;

use crate::{
    index::{Index, MispEvent},
    text::MispText,
    write::{self, Source},
};

/// How many objects are asked for at once, which every center answers (CONTRACT 5.1).
pub(crate) const IDS_MAX: usize = 200;

/// What is known of the feed: some 60 bytes of memory for each indicator and source that it names, and no object.
///
/// [`refresh`](Self::refresh) reads the feed of the center once, in pages, and from then on only what is new.
/// [`MispFeed::default`] reads the feed without filters.
#[derive(Debug, Default)]
pub struct MispFeed {
    feed: FeedId,
    index: Index,
}

impl MispFeed {
    /// A feed of MISP that tells of the indicators in this feed.
    pub fn new(feed: FeedId) -> Self {
        Self { feed, index: Index::default() }
    }

    /// Reads what is new in the feed. When the future is dropped, the next one goes on where it was; when the center refuses the
    /// cursor, it is another one than before and everything is read anew.
    ///
    /// More than 16 million pairs of an indicator and a source, or 100,000 sources, are refused as
    /// [`Unsupported`](inthreat_api::ErrorKind::Unsupported); other errors are those of the center.
    pub async fn refresh(&mut self, center: &dyn IntelligenceCenter) -> Result<()> {
        self.index.refresh(center, &self.feed).await
    }

    /// Every event that has something to say at an instant, ordered by source and day: an indicator that was revoked or whose
    /// `valid_until` is past says nothing. Takes time for each indicator.
    pub fn events(&self, now: Timestamp) -> Vec<MispEvent> {
        self.index.events(now.seconds())
    }

    /// The file of one event, `UUID.json`; `None` where there is no event of this UUID that has something to say. Reading it
    /// asks for each of its indicators, some at a time.
    pub fn event_text(
        &self,
        center: Arc<dyn IntelligenceCenter>,
        uuid: &str,
        now: Timestamp,
    ) -> Option<MispText> {
        let (event, members) = self.index.find(uuid.parse().ok()?, now.seconds())?;
        Some(MispText::of_event(center, event, members, now.seconds()))
    }

    /// The file `hashes.csv`: the MD5 of every value and the UUID of its event, by which MISP finds events without reading
    /// them. Reading it walks through the feed.
    pub fn hashes_text(&self, center: Arc<dyn IntelligenceCenter>, now: Timestamp) -> MispText {
        MispText::of_hashes(center, self.feed.clone(), now.seconds())
    }
}

/// The file `manifest.json`: all events by their UUIDs, without their attributes. The center is asked for the names of their
/// sources.
pub async fn manifest(center: &dyn IntelligenceCenter, events: &[MispEvent]) -> Result<Vec<u8>> {
    let mut ids: Vec<_> = events.iter().map(|event| &*event.source).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut sources = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_MAX) {
        sources.extend(Source::read(center, ids).await?);
    }
    Ok(write::manifest(events, &sources))
}
