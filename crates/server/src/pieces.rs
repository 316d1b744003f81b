//! A body that is passed on piece by piece.

use axum::body::{Body, Bytes};
use futures_util::{Stream, StreamExt, stream};
use inthreat_api::Result;

/// The body as it goes over the wire. An error in the middle cuts the connection, so that the client knows.
pub(crate) fn body(body: inthreat_api::Body) -> Body {
    Body::from_stream(stream(body).map(|piece| piece.map(Bytes::from)))
}

/// The pieces of a body.
pub(crate) fn stream(body: inthreat_api::Body) -> impl Stream<Item = Result<Vec<u8>>> + Send {
    stream::try_unfold(body, |mut body| async move {
        let chunk = body.next_chunk().await?;
        Ok(chunk.map(|chunk| (chunk, body)))
    })
}
