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
use inthreat_wire::{CURSOR_HEADER, Question, answer, encode};

use crate::{handler::Answer, pieces, reply::Whole};

pub(crate) use cache::{PageCache, PageFigures};

/// A page that is at hand as a whole.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Whole,
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
    // The version is asked for first: what changes between the two questions makes the page one of an old version, and it is
    // read again.
    let version = match &key {
        Some(_) => center.page_version(&request).await?,
        None => None,
    };
    if let (Some(key), Some(version)) = (&key, version)
        && let Some(page) = cache.find(key, version)
    {
        return Ok(Answer::Page(page, Some(Arc::clone(key))));
    }
    let page = match read(center, request, format).await? {
        Read::Pieces(response) => return Ok(Answer::Ready(response)),
        Read::Whole(page) => page,
    };
    Ok(match key {
        Some(key) => Answer::Page(cache.keep(&key, version, page), Some(key)),
        None => Answer::Page(Arc::new(page), None),
    })
}

/// A page by what was asked, in the one spelling of this question; `None` where there is none.
fn key(request: &PageRequest, format: Option<PageFormat>) -> Option<Arc<str>> {
    let question = match format {
        None => Question::Page(request.clone()),
        Some(format) => Question::FormattedPage(request.clone(), format),
    };
    let spelled = encode(&question).ok()?;
    Some(format!("{}?{}", spelled.path, spelled.query).into())
}

async fn read(
    center: &dyn Roles,
    request: PageRequest,
    format: Option<PageFormat>,
) -> Result<Read> {
    let Some(format) = format else {
        let sent = request.cursor.clone();
        let body = answer::encode_page(&center.page(request).await?, sent.as_ref());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(Read::Whole(Page { headers, body: Whole::new(Bytes::from(body)) }));
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
