//! The feed that MISP reads: a manifest, an event for each source and day of creation, and the hashes of all values
//! (CONTRACT 7, MISP core format).
//!
//! The first question reads the whole default feed once, in pages; from then on only what is new. An event costs a look-up for
//! each indicator in it, the hashes a walk through the feed; both are written as they are read.

mod index;
mod indicator;
mod write;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header::CONTENT_TYPE, request::Parts},
    response::Response,
};
use futures_util::{Stream, stream};
use inthreat_api::{Error, ErrorKind, FeedId, IntelligenceCenter, LIMIT_MAX, PageRequest, Result};
use inthreat_stix::{Id, Kind};
use inthreat_wire::IDS_MAX;
use tokio::sync::Mutex;
use uuid::Uuid;

use index::{Event, Index};
use indicator::Indicator;
use write::Source;

use crate::clock::Clock;

/// What is remembered of the feed from one question to the next.
#[derive(Debug, Default)]
pub(crate) struct Misp(Mutex<Index>);

/// What a path in the feed asks for; `None` for every other path.
pub(crate) fn file_name(path: &str) -> Option<&str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    segments.next_if_eq(&"api");
    let folder = (segments.next()?, segments.next()?, segments.next()?);
    let is_feed = matches!(folder, ("v1", "misp-gateway", "misp") | ("v2", "inthreat", "misp"));
    let name = segments.next().filter(|_| is_feed)?;
    segments.next().is_none().then_some(name)
}

impl Misp {
    /// Answers with a file of the feed. Where reading the center takes longer than an answer may, the next question goes on
    /// where it was.
    pub(crate) async fn answer(
        &self,
        center: Arc<dyn IntelligenceCenter>,
        name: &str,
        parts: &Parts,
        clock: &Clock,
    ) -> Result<Response> {
        if parts.method != "GET" {
            let message = "this method is not allowed here, only GET";
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_status(405));
        }
        // What expires does so without a word of the center.
        let now = i64::try_from(clock.since_epoch().as_secs()).unwrap_or(i64::MAX);
        match name {
            "manifest.json" => {
                let events = {
                    let mut index = self.0.lock().await;
                    index.refresh(center.as_ref()).await?;
                    index.events(now)
                };
                let manifest = manifest(center.as_ref(), &events).await?;
                Ok(respond("application/json", manifest))
            }
            "hashes.csv" => {
                let lines = pieces(Hashes::new(center, now)).await?;
                Ok(respond("text/csv; charset=utf-8", lines))
            }
            _ => {
                let unknown = || Error::not_found(format!("file `{}`", name.escape_default()));
                let uuid = name.strip_suffix(".json").and_then(|uuid| Uuid::try_parse(uuid).ok());
                let uuid = uuid.ok_or_else(unknown)?;
                let found = {
                    let mut index = self.0.lock().await;
                    index.refresh(center.as_ref()).await?;
                    index.find(uuid, now)
                };
                let (event, members) = found.ok_or_else(unknown)?;
                let contents = Contents::new(center, event, members, now).await?;
                Ok(respond("application/json", pieces(contents).await?))
            }
        }
    }
}

fn respond(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

async fn manifest(center: &dyn IntelligenceCenter, events: &[Event]) -> Result<Vec<u8>> {
    let mut ids: Vec<_> = events.iter().map(|event| &*event.source).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut sources = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_MAX) {
        sources.extend(Source::read(center, ids).await?);
    }
    Ok(write::manifest(events, &sources))
}

/// What is written in pieces. An error in the middle cuts the connection, so that the reader knows.
trait Pieces: Send + Sized + 'static {
    /// The next piece, which is not empty; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>>> + Send;
}

/// The body of what is written in pieces. The first one is awaited, so that an error is told by a status.
async fn pieces(mut pieces: impl Pieces) -> Result<Body> {
    let first = pieces.next().await?;
    Ok(Body::from_stream(rest(first, pieces)))
}

fn rest(first: Option<Vec<u8>>, pieces: impl Pieces) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::try_unfold((first, pieces), |(piece, mut pieces)| async move {
        let Some(piece) = piece else { return Ok::<_, Error>(None) };
        let following = pieces.next().await?;
        Ok(Some((Bytes::from(piece), (following, pieces))))
    })
}

/// An event, its attributes read some at a time.
struct Contents {
    center: Arc<dyn IntelligenceCenter>,
    event: Event,
    source: Source,
    members: std::vec::IntoIter<[u8; 16]>,
    now: i64,
    begins: bool,
    is_done: bool,
    has_attributes: bool,
}

impl Contents {
    async fn new(
        center: Arc<dyn IntelligenceCenter>,
        event: Event,
        members: Vec<[u8; 16]>,
        now: i64,
    ) -> Result<Self> {
        let source = Source::read(center.as_ref(), &[&*event.source]).await?.pop();
        let source = source.unwrap_or_default();
        let members = members.into_iter();
        let (begins, is_done, has_attributes) = (true, false, false);
        Ok(Self { center, event, source, members, now, begins, is_done, has_attributes })
    }

    /// Whether an object still is what the index says: it may have changed since.
    fn holds(&self, indicator: &Indicator) -> bool {
        indicator.day() == Some(self.event.day)
            && indicator.sources().contains(&&*self.event.source)
            && indicator.ends().is_none_or(|ends| ends > self.now)
    }
}

impl Pieces for Contents {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut piece = Vec::new();
        if std::mem::take(&mut self.begins) {
            piece = write::head(&self.event, &self.source);
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

/// The hashes of all values, by which MISP finds events without reading them.
struct Hashes {
    center: Arc<dyn IntelligenceCenter>,
    request: PageRequest,
    now: i64,
    is_done: bool,
}

impl Hashes {
    fn new(center: Arc<dyn IntelligenceCenter>, now: i64) -> Self {
        let mut request = PageRequest::new(FeedId::default());
        request = request.with_limit(LIMIT_MAX).with_types(["indicator"]);
        (request.include_revoked, request.skip_expired) = (Some(false), Some(true));
        // The values of an event are those of the objects as they are.
        request.convert_network_traffic = Some(false);
        Self { center, request, now, is_done: false }
    }
}

impl Pieces for Hashes {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a path of others that is taken, and a spelling that is not.
    #[test]
    fn paths_are_told_apart() {
        for path in [
            "/v1/misp-gateway/misp/manifest.json",
            "/api/v1/misp-gateway/misp/manifest.json",
            "/v2/inthreat/misp/manifest.json",
            "//api/v2//inthreat/misp/manifest.json/",
        ] {
            assert_eq!(file_name(path), Some("manifest.json"), "{path}");
        }
        for path in ["/", "/v2/inthreat/misp", "/v1/inthreat/misp/x", "/v2/inthreat/misp/x/y"] {
            assert_eq!(file_name(path), None, "{path}");
        }
    }
}
