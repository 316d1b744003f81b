//! Pages of collections: read from the center, or from what is kept of them.

mod cache;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE},
    response::Response,
};
use futures_util::{StreamExt, stream};
use inthreat_api::{FormattedPage, PageFormat, PageRequest, Result, Roles};
use inthreat_wire::{CURSOR_HEADER, LiveQuestion, Question, Request, answer, encode, encode_live};

use crate::{handler::Answer, pieces, reply::Whole};

pub(crate) use cache::{PageCache, PageFigures};

/// A page that is at hand as a whole.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Whole,
}

impl Page {
    pub(crate) fn json(body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { headers, body: Whole::new(Bytes::from(body)) }
    }
}

/// A page as its center gives it.
enum Read {
    Whole(Box<Page>),
    /// More than one piece: nobody knows how long it is, and it is handed on.
    Pieces(Response),
}

/// Answers with a page of a feed.
///
/// A page that is kept is sent again as long as its center says that it is of the same version; the center is asked that
/// each time, also since it knows who may see the feed. Where it tells no version the page is read, and what is kept of it is
/// its codings, which are good for the same bytes.
pub(crate) async fn answer_page(
    cache: &Arc<PageCache>,
    center: &dyn Roles,
    request: PageRequest,
    format: Option<PageFormat>,
) -> Result<Answer> {
    let slot = Slot::new(cache, || question(&request, format));
    let slot = VersionedSlot::of_feed(center, slot, &request).await?;
    if let Some(answer) = slot.kept() {
        return Ok(answer);
    }
    Ok(match read(center, request, format).await? {
        Read::Pieces(response) => Answer::Ready(response),
        Read::Whole(page) => slot.keep(*page),
    })
}

/// Where an answer is kept: in which cache, and by which key, that tells all that was asked.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    cache: Arc<PageCache>,
    key: Arc<str>,
}

impl Slot {
    /// The slot of a question, by its one spelling; `None` where it has none, or nothing is kept.
    fn new(cache: &Arc<PageCache>, question: impl FnOnce() -> Option<Request>) -> Option<Self> {
        let spelled = cache.is_on().then(question).flatten()?;
        Some(Self::named(cache, format!("{}?{}", spelled.path, spelled.query)))
    }

    /// The slot with a key; the cache is on.
    pub(crate) fn named(cache: &Arc<PageCache>, key: String) -> Self {
        Self { cache: Arc::clone(cache), key: key.into() }
    }

    /// Counts what an answer has grown to since it was kept.
    pub(crate) fn weigh(&self) {
        self.cache.weigh(&self.key);
    }
}

/// Where an answer is kept, if it is, and of which version it is now.
#[derive(Debug, Default)]
pub(crate) struct VersionedSlot {
    slot: Option<Slot>,
    version: Option<u64>,
}

impl VersionedSlot {
    /// A slot for answers that are made of pages of a feed, and of no others. Fails where the one who asks cannot see the feed.
    ///
    /// The version is asked for before the pages are read: what changes between the two questions makes the answer one of an
    /// old version, and it is read again.
    pub(crate) async fn of_feed(
        center: &dyn Roles,
        slot: Option<Slot>,
        request: &PageRequest,
    ) -> Result<Self> {
        let version = match &slot {
            Some(_) => center.page_version(request).await?,
            None => None,
        };
        Ok(Self { slot, version })
    }

    /// A slot for what the state of a center alone decides, by what was asked, however it was spelled; none where nobody can
    /// tell that state. It is asked for before the answer is made, for the same reason.
    pub(crate) async fn of_state(
        cache: &Arc<PageCache>,
        center: &dyn Roles,
        target: &str,
    ) -> Result<Self> {
        if !cache.is_on() {
            return Ok(Self::default());
        }
        let Some(version) = center.state_version().await? else { return Ok(Self::default()) };
        Ok(Self { slot: Some(Slot::named(cache, target.to_owned())), version: Some(version) })
    }

    /// A slot for answers that are read each time, and of which the codings are kept.
    pub(crate) fn of_codings(cache: &Arc<PageCache>, question: &LiveQuestion) -> Self {
        Self { slot: Slot::new(cache, || encode_live(question).ok()), version: None }
    }

    /// Whether an answer can be kept here.
    pub(crate) fn is_one(&self) -> bool {
        self.slot.is_some()
    }

    /// The answer that is kept, of this version.
    pub(crate) fn kept(&self) -> Option<Answer> {
        let (slot, version) = (self.slot.as_ref()?, self.version?);
        Some(Answer::Page(slot.cache.find(&slot.key, version)?, Some(slot.clone())))
    }

    /// Keeps an answer that was read.
    pub(crate) fn keep(self, page: Page) -> Answer {
        match self.slot {
            Some(slot) => Answer::Page(slot.cache.keep(&slot.key, self.version, page), Some(slot)),
            None => Answer::Page(Arc::new(page), None),
        }
    }
}

/// The question for a page.
fn question(request: &PageRequest, format: Option<PageFormat>) -> Option<Request> {
    let question = match format {
        None => Question::Page(request.clone()),
        Some(format) => Question::FormattedPage(request.clone(), format),
    };
    encode(&question).ok()
}

async fn read(
    center: &dyn Roles,
    request: PageRequest,
    format: Option<PageFormat>,
) -> Result<Read> {
    let Some(format) = format else {
        let sent = request.cursor.clone();
        let body = answer::encode_page(&center.page(request).await?, sent.as_ref());
        return Ok(Read::Whole(Box::new(Page::json(body))));
    };
    let mut page = center.formatted_page(request, format).await?;
    let headers = headers_of(&mut page);
    let mut body = page.body;
    let first = body.next_chunk().await?.unwrap_or_default();
    // Without an error the second piece tells whether the first one was the whole page.
    let second = match body.next_chunk().await {
        Ok(None) => {
            let page = Page { headers, body: Whole::new(first.into()) };
            return Ok(Read::Whole(Box::new(page)));
        }
        second => second.transpose(),
    };
    let begun = stream::iter([Some(Ok(first)), second].into_iter().flatten());
    let pieces = begun.chain(pieces::stream(body)).map(|piece| piece.map(Bytes::from));
    let mut response = Response::new(Body::from_stream(pieces));
    *response.headers_mut() = headers;
    Ok(Read::Pieces(response))
}

/// What cannot stand in a header was not told by the center.
fn headers_of(page: &mut FormattedPage) -> HeaderMap {
    let content_type = page.content_type.take();
    let content_type = content_type.and_then(|text| HeaderValue::try_from(text).ok());
    let cursor = page.next_cursor.take();
    let cursor = cursor.and_then(|cursor| HeaderValue::try_from(cursor.as_str()).ok());
    let mut headers = HeaderMap::new();
    headers.extend(content_type.map(|value| (CONTENT_TYPE, value)));
    headers.extend(cursor.map(|value| (HeaderName::from_static(CURSOR_HEADER), value)));
    headers
}
