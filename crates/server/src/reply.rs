//! The last step of an answer: validated, compressed, or not sent at all.

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY},
        request::Parts,
    },
    response::Response,
};
use futures_util::stream;
use inthreat_api::{Error, ErrorKind, Result};
use tokio::sync::OnceCell;

use crate::{
    encoding::{Accepted, Coding, Encoders},
    validator::{self, Tag},
};

/// A body that is shorter, in bytes, is sent as it is and whole each time: it fits into one packet anyway.
const SMALL: u64 = 1024;
/// How many headers are added to those of a body at most.
const ADDED: usize = 4;

/// What a request says of the answer that it wants.
pub(crate) struct Wanted<'a> {
    headers: &'a HeaderMap,
    accepted: Accepted,
    is_get: bool,
}

impl<'a> Wanted<'a> {
    /// Fails with status 406 when the client takes no body in any way that there is.
    pub(crate) fn read(parts: &'a Parts) -> Result<Self> {
        let accepted = Accepted::read(&parts.headers).ok_or_else(|| {
            let message = "the header `accept-encoding` refuses every coding that there is";
            Error::new(ErrorKind::InvalidRequest, message).with_status(406)
        })?;
        Ok(Self { headers: &parts.headers, accepted, is_get: parts.method == "GET" })
    }
}

/// A body that is at hand as a whole, and its codings once they were asked for.
#[derive(Debug)]
pub(crate) struct Whole {
    plain: Bytes,
    tag: Tag,
    /// The tag as the header of the body as it is.
    header: Option<HeaderValue>,
    gzip: OnceCell<Option<Bytes>>,
    zstd: OnceCell<Option<Bytes>>,
}

impl Whole {
    pub(crate) fn new(plain: Bytes) -> Self {
        let tag = Tag::of(&plain);
        let header = tag.header(Coding::Identity);
        Self { plain, tag, header, gzip: OnceCell::new(), zstd: OnceCell::new() }
    }

    fn header(&self, coding: Coding) -> Option<HeaderValue> {
        if coding == Coding::Identity { self.header.clone() } else { self.tag.header(coding) }
    }

    pub(crate) fn tag(&self) -> Tag {
        self.tag
    }

    /// How many bytes are held.
    pub(crate) fn length(&self) -> usize {
        let coded = [&self.gzip, &self.zstd]
            .map(|cell| cell.get().and_then(Option::as_ref).map_or(0, Bytes::len));
        coded.iter().sum::<usize>() + self.plain.len()
    }

    /// The body in a coding, which is made once, however many ask for it. `None`: it could not be made.
    async fn coded(&self, coding: Coding, encoders: &Encoders) -> Option<Bytes> {
        let cell = match coding {
            Coding::Identity => return Some(self.plain.clone()),
            Coding::Gzip => &self.gzip,
            Coding::Zstd => &self.zstd,
        };
        cell.get_or_init(|| encoders.encode(&self.plain, coding)).await.clone()
    }
}

/// Makes of an answer what its client wants. Errors, files and what is compressed already go out as they are.
pub(crate) async fn finish(
    response: Response,
    wanted: &Wanted<'_>,
    encoders: &Encoders,
) -> Response {
    let length = response.body().size_hint().exact();
    let is_small = length.is_some_and(|length| length < SMALL);
    if is_small && wanted.accepted.takes_identity {
        return response;
    }
    if response.status() != StatusCode::OK || !is_compressible(response.headers()) {
        return response;
    }
    if length.is_none() {
        return finish_stream(response, wanted);
    }
    let (parts, body) = response.into_parts();
    // A body of known length is one piece, which is taken without a copy; it has no limit but its own length.
    match to_bytes(body, usize::MAX).await {
        Ok(plain) => send(&parts.headers, &Whole::new(plain), wanted, encoders).await,
        Err(error) => {
            let broken = stream::once(async { Err::<Bytes, _>(error) });
            Response::from_parts(parts, Body::from_stream(broken))
        }
    }
}

/// Answers with a body that may be kept: not at all when the client has it, else in the coding that it likes best.
pub(crate) async fn send(
    headers: &HeaderMap,
    whole: &Whole,
    wanted: &Wanted<'_>,
    encoders: &Encoders,
) -> Response {
    let is_small = u64::try_from(whole.plain.len()).is_ok_and(|length| length < SMALL);
    let mut coding = wanted.accepted.coding;
    if is_small && wanted.accepted.takes_identity {
        coding = Coding::Identity;
    }
    let tag = whole.header(coding).filter(|_| wanted.is_get && !is_small);
    let is_held = tag.as_ref().is_some_and(|tag| validator::is_held(wanted.headers, tag));
    let mut response = Response::default();
    if is_held {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().reserve(headers.len() + ADDED);
        let copied = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        response.headers_mut().extend(copied);
        match whole.coded(coding, encoders).await {
            Some(body) => *response.body_mut() = Body::from(body),
            None => return as_it_is(response, whole),
        }
        if coding != Coding::Identity {
            let name = HeaderValue::from_static(coding.name());
            response.headers_mut().insert(CONTENT_ENCODING, name);
        }
    }
    let sent = response.headers_mut();
    if !is_small {
        sent.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(tag) = tag {
        sent.insert(ETAG, tag);
        // It is the key's holder alone who may keep it, and asks each time whether it is still good.
        sent.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    response
}

/// What could not be compressed.
fn as_it_is(mut response: Response, whole: &Whole) -> Response {
    *response.body_mut() = Body::from(whole.plain.clone());
    response
}

fn finish_stream(response: Response, wanted: &Wanted<'_>) -> Response {
    let (mut parts, mut body) = response.into_parts();
    parts.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let coding = wanted.accepted.coding;
    if coding != Coding::Identity {
        parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        body = Encoders::encode_stream(body, coding);
    }
    Response::from_parts(parts, body)
}

/// Whether a body is text of some kind that was not compressed yet. Who keeps a feed may tell no type for what a template
/// writes; a file of somebody's making is handed on as it is.
fn is_compressible(headers: &HeaderMap) -> bool {
    if headers.contains_key(CONTENT_ENCODING) || headers.contains_key(CONTENT_DISPOSITION) {
        return false;
    }
    let Some(kind) = headers.get(CONTENT_TYPE) else { return true };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    kind.starts_with("text/")
        || ["json", "xml", "javascript"].iter().any(|word| kind.contains(word))
}
