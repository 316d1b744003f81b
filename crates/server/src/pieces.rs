//! A body that is passed on piece by piece.

use axum::body::{Body, Bytes};
use futures_util::stream;

/// The body as it goes over the wire. An error in the middle cuts the connection, so that the client knows.
pub(crate) fn body(body: inthreat_api::Body) -> Body {
    Body::from_stream(stream::try_unfold(body, |mut body| async move {
        let chunk = body.next_chunk().await?;
        Ok::<_, inthreat_api::Error>(chunk.map(|chunk| (Bytes::from(chunk), body)))
    }))
}
