//! The feed of MISP under the service's path and our own (CONTRACT 7): what `inthreat-misp` makes of a center, as answers.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header::CONTENT_TYPE, request::Parts},
    response::Response,
};
use futures_util::{Stream, stream};
use inthreat_api::{Error, ErrorKind, IntelligenceCenter, Result};
use inthreat_misp::{MispFeed, MispText, manifest};
use inthreat_stix::Timestamp;
use tokio::sync::Mutex;

use crate::handler::State;

/// What is remembered of the feed from one question to the next.
#[derive(Debug, Default)]
pub(crate) struct Misp(Mutex<MispFeed>);

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
    ///
    /// A question that waits for the one that reads takes no turn, so that other questions have theirs.
    pub(crate) async fn answer(
        &self,
        state: &State,
        center: Arc<dyn IntelligenceCenter>,
        name: &str,
        parts: &Parts,
    ) -> Result<Response> {
        if parts.method != "GET" {
            let message = "this method is not allowed here, only GET";
            return Err(Error::new(ErrorKind::InvalidRequest, message).with_status(405));
        }
        // What expires does so without a word of the center.
        let now = i64::try_from(state.options.clock().since_epoch().as_secs()).unwrap_or(i64::MAX);
        let now = Timestamp::from_unix(now, 0)
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, "the server's clock is wrong"))?;
        match name {
            "manifest.json" => {
                let events = {
                    let mut feed = self.0.lock().await;
                    let _turn = state.turns.acquire().await;
                    feed.refresh(center.as_ref()).await?;
                    feed.events(now)
                };
                let _turn = state.turns.acquire().await;
                let manifest = manifest(center.as_ref(), &events).await?;
                Ok(respond("application/json", manifest))
            }
            "hashes.csv" => {
                // This needs nothing that is remembered, and waits for nobody who reads.
                let _turn = state.turns.acquire().await;
                let text = MispFeed::default().hashes_text(center, now);
                Ok(respond("text/csv; charset=utf-8", body(text).await?))
            }
            _ => {
                let unknown = || Error::not_found(format!("file `{}`", name.escape_default()));
                let uuid = name.strip_suffix(".json").ok_or_else(unknown)?;
                let found = {
                    let mut feed = self.0.lock().await;
                    let _turn = state.turns.acquire().await;
                    feed.refresh(center.as_ref()).await?;
                    feed.event_text(center, uuid, now)
                };
                let text = found.ok_or_else(unknown)?;
                let _turn = state.turns.acquire().await;
                Ok(respond("application/json", body(text).await?))
            }
        }
    }
}

fn respond(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The body of a file. Its first piece is awaited, so that an error is told by a status; one in the middle cuts the connection,
/// so that the reader knows.
async fn body(mut text: MispText) -> Result<Body> {
    let first = text.next_piece().await?;
    Ok(Body::from_stream(rest(first, text)))
}

fn rest(first: Option<Vec<u8>>, text: MispText) -> impl Stream<Item = Result<Bytes>> + Send {
    stream::try_unfold((first, text), |(piece, mut text)| async move {
        let Some(piece) = piece else { return Ok::<_, Error>(None) };
        let following = text.next_piece().await?;
        Ok(Some((Bytes::from(piece), (following, text))))
    })
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
