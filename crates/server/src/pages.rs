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
    Whole(Page),
    /// More than one piece: nobody knows how long it is, and it is handed on.
    Pieces(Response),
}

/// Answers with a page of a feed.
///
/// A page that is kept is sent again as long as its center says that it is of the same version; the center is asked that
/// each time, also since it knows who may see the feed. Where it tells no version the page is read, and what is kept of it is
/// its codings, which are good for the same bytes.
pub(crate) async fn answer_page(
    cache: &PageCache,
    center: &dyn Roles,
    request: PageRequest,
    format: Option<PageFormat>,
) -> Result<Answer> {
    let key = if cache.is_on() { key(&request, format) } else { None };
    let place = Place::find(center, key, &request).await?;
    if let Some(answer) = place.kept(cache) {
        return Ok(answer);
    }
    Ok(match read(center, request, format).await? {
        Read::Pieces(response) => Answer::Ready(response),
        Read::Whole(page) => place.keep(cache, page),
    })
}

/// Where a page is kept, if it is: by a key that tells all that was asked.
#[derive(Debug, Default)]
pub(crate) struct Place {
    key: Option<Arc<str>>,
    version: Option<u64>,
}

impl Place {
    /// A place for answers that are made of pages of a feed, and of no others. Fails where the one who asks cannot see the feed.
    ///
    /// The version is asked for before the pages are read: what changes between the two questions makes the answer one of an
    /// old version, and it is read again.
    pub(crate) async fn find(
        center: &dyn Roles,
        key: Option<Arc<str>>,
        request: &PageRequest,
    ) -> Result<Self> {
        let version = match &key {
            Some(_) => center.page_version(request).await?,
            None => None,
        };
        Ok(Self { key, version })
    }

    /// A place for answers that are read each time, and of which the codings are kept.
    pub(crate) fn of_codings(cache: &PageCache, question: &LiveQuestion) -> Self {
        let spelled = cache.is_on().then(|| encode_live(question).ok()).flatten();
        Self { key: spelled.map(|spelled| spelling(&spelled)), version: None }
    }

    /// The answer that is kept, of this version.
    pub(crate) fn kept(&self, cache: &PageCache) -> Option<Answer> {
        let (key, version) = (self.key.as_ref()?, self.version?);
        Some(Answer::Page(cache.find(key, version)?, Some(Arc::clone(key))))
    }

    /// Keeps an answer that was read.
    pub(crate) fn keep(self, cache: &PageCache, page: Page) -> Answer {
        match self.key {
            Some(key) => Answer::Page(cache.keep(&key, self.version, page), Some(key)),
            None => Answer::Page(Arc::new(page), None),
        }
    }
}

/// A page by what was asked, in the one spelling of this question; `None` where there is none.
fn key(request: &PageRequest, format: Option<PageFormat>) -> Option<Arc<str>> {
    let question = match format {
        None => Question::Page(request.clone()),
        Some(format) => Question::FormattedPage(request.clone(), format),
    };
    encode(&question).ok().map(|spelled| spelling(&spelled))
}

fn spelling(spelled: &Request) -> Arc<str> {
    format!("{}?{}", spelled.path, spelled.query).into()
}

async fn read(
    center: &dyn Roles,
    request: PageRequest,
    format: Option<PageFormat>,
) -> Result<Read> {
    let Some(format) = format else {
        let sent = request.cursor.clone();
        let body = answer::encode_page(&center.page(request).await?, sent.as_ref());
        return Ok(Read::Whole(Page::json(body)));
    };
    let mut page = center.formatted_page(request, format).await?;
    let headers = headers_of(&mut page);
    let mut body = page.body;
    let first = body.next_chunk().await?.unwrap_or_default();
    // Without an error the second piece tells whether the first one was the whole page.
    let second = match body.next_chunk().await {
        Ok(None) => return Ok(Read::Whole(Page { headers, body: Whole::new(first.into()) })),
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
