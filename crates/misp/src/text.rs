//! Files that are made as they are read, so that none has to fit into memory.

use std::{fmt, sync::Arc};

use inthreat_api::{FeedId, IntelligenceCenter, LIMIT_MAX, PageRequest, Result};
use inthreat_stix::{Id, Kind};

use crate::{
    feed::IDS_MAX,
    index::MispEvent,
    indicator::Indicator,
    write::{self, Source},
};

/// A file of the feed, read piece by piece.
pub struct MispText(Text);

enum Text {
    Event(Box<Contents>),
    Hashes(Box<Hashes>),
}

impl MispText {
    pub(crate) fn of_event(
        center: Arc<dyn IntelligenceCenter>,
        event: MispEvent,
        members: Vec<[u8; 16]>,
        now: i64,
    ) -> Self {
        Self(Text::Event(Box::new(Contents::new(center, event, members, now))))
    }

    pub(crate) fn of_hashes(center: Arc<dyn IntelligenceCenter>, feed: FeedId, now: i64) -> Self {
        Self(Text::Hashes(Box::new(Hashes::new(center, feed, now))))
    }

    /// The next piece, which is not empty; `None` at the end. After an error the file cannot be completed. Errors are those of
    /// the center.
    pub async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        match &mut self.0 {
            Text::Event(contents) => contents.next_piece().await,
            Text::Hashes(hashes) => hashes.next_piece().await,
        }
    }
}

impl fmt::Debug for MispText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Text::Event(_) => "MispText(event)",
            Text::Hashes(_) => "MispText(hashes)",
        })
    }
}

/// An event, its attributes read some at a time.
struct Contents {
    center: Arc<dyn IntelligenceCenter>,
    event: MispEvent,
    members: std::vec::IntoIter<[u8; 16]>,
    now: i64,
    begins: bool,
    is_done: bool,
    has_attributes: bool,
}

impl Contents {
    fn new(
        center: Arc<dyn IntelligenceCenter>,
        event: MispEvent,
        members: Vec<[u8; 16]>,
        now: i64,
    ) -> Self {
        let members = members.into_iter();
        let (begins, is_done, has_attributes) = (true, false, false);
        Self { center, event, members, now, begins, is_done, has_attributes }
    }

    /// Whether an object still is what the index says: it may have changed since.
    fn holds(&self, indicator: &Indicator) -> bool {
        indicator.day() == Some(self.event.day)
            && indicator.sources().contains(&&*self.event.source)
            && indicator.ends().is_none_or(|ends| ends > self.now)
    }

    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut piece = Vec::new();
        if std::mem::take(&mut self.begins) {
            let source = Source::read(self.center.as_ref(), &[&*self.event.source]).await?.pop();
            piece = write::head(&self.event, &source.unwrap_or_default());
        }
        while piece.is_empty() || self.members.len() == 0 {
            let ids: Vec<_> = self.members.by_ref().take(IDS_MAX).collect();
            if ids.is_empty() {
                self.is_done = true;
                piece.extend_from_slice(write::TAIL);
                break;
            }
            let ids = ids.into_iter().map(|uuid| Id::new(Kind::Indicator, uuid)).collect();
            for object in &self.center.objects(ids).await? {
                let indicator = Indicator::read(object).filter(|indicator| self.holds(indicator));
                for attribute in indicator.iter().flat_map(Indicator::attributes) {
                    if std::mem::replace(&mut self.has_attributes, true) {
                        piece.push(b',');
                    }
                    let Some(indicator) = &indicator else { continue };
                    write::attribute(&mut piece, &self.event, indicator, &attribute);
                }
            }
        }
        Ok(Some(piece))
    }
}

/// The hashes of all values.
struct Hashes {
    center: Arc<dyn IntelligenceCenter>,
    request: PageRequest,
    now: i64,
    is_done: bool,
}

impl Hashes {
    fn new(center: Arc<dyn IntelligenceCenter>, feed: FeedId, now: i64) -> Self {
        let mut request = PageRequest::new(feed);
        request = request.with_limit(LIMIT_MAX).with_types(["indicator"]);
        (request.include_revoked, request.skip_expired) = (Some(false), Some(true));
        // The values of an event are those of the objects as they are.
        request.convert_network_traffic = Some(false);
        Self { center, request, now, is_done: false }
    }

    async fn next_piece(&mut self) -> Result<Option<Vec<u8>>> {
        while !self.is_done {
            let page = self.center.page(self.request.clone()).await?;
            let cursor = page.next_cursor.clone();
            self.is_done = page.is_empty() || cursor.is_none() || cursor == self.request.cursor;
            self.request.cursor = cursor;
            let mut lines = Vec::new();
            for indicator in page.objects.iter().filter_map(Indicator::read) {
                if indicator.uuid().is_some() && indicator.ends().is_none_or(|ends| ends > self.now)
                {
                    write::hashes(&mut lines, &indicator);
                }
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }
}
