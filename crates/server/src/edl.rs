//! External dynamic lists, which firewalls read: the values that are active now, one a line (CONTRACT 2.7).

use std::{collections::HashSet, sync::Arc};

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, COOKIE},
        request::Parts,
    },
    response::Response,
};
use futures_util::stream;
use inthreat_api::{
    Cursor, Error, ErrorKind, FeedId, IntelligenceCenter, LIMIT_MAX, ObservableType, PageRequest,
    Result, blocked_values,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The cookie that may hold the key of a firewall that cannot send other headers.
const KEY_COOKIE: &str = "access_token_cookie=";

/// What a path under the gateway asks for; `None` for every other path.
pub(crate) fn list_name(path: &str) -> Option<&str> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    segments.next_if_eq(&"api");
    let is_gateway = segments.next() == Some("v1") && segments.next() == Some("edl-gateway");
    let name = segments.next().filter(|_| is_gateway)?;
    segments.next().is_none().then_some(name)
}

/// The key in the cookie, in the form of the header `Authorization`.
pub(crate) fn key_in_cookie(parts: &Parts) -> Option<Zeroizing<Vec<u8>>> {
    let cookies = parts.headers.get(COOKIE)?.to_str().ok()?;
    let key = cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(KEY_COOKIE))?;
    Some(Zeroizing::new(format!("Bearer {key}").into_bytes()))
}

/// Answers with a list. Its first page is awaited, so that an error is told by a status; an error later on cuts the
/// connection.
pub(crate) async fn answer(
    center: Arc<dyn IntelligenceCenter>,
    name: &str,
    parts: &Parts,
) -> Result<Response> {
    if parts.method != "GET" {
        let message = "this method is not allowed here, only GET";
        return Err(Error::new(ErrorKind::InvalidRequest, message).with_status(405));
    }
    let kind = match name {
        "ipv4" => ObservableType::Ipv4Addr,
        "ipv6" => ObservableType::Ipv6Addr,
        "domain-name" => ObservableType::DomainName,
        "health" => return Ok(respond("application/json", r#"{"status":"ok"}"#)),
        _ => return Ok(unknown_list()),
    };
    let mut values = Values::new(center, kind);
    let first = values.next().await?;
    let rest = stream::try_unfold((first, values), |(chunk, mut values)| async move {
        let Some(chunk) = chunk else { return Ok::<_, Error>(None) };
        let following = values.next().await?;
        Ok(Some((Bytes::from(chunk), (following, values))))
    });
    Ok(respond("text/plain; charset=utf-8", Body::from_stream(rest)))
}

fn respond(content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The gateway tells wrong parameters in its own way (CONTRACT 4).
fn unknown_list() -> Response {
    let message = "Input should be 'ipv4', 'ipv6' or 'domain-name'";
    let detail = json!({ "loc": ["path", "type"], "msg": message, "type": "enum" });
    let mut response = respond("application/json", json!({ "detail": [detail] }).to_string());
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

/// The values of a list, page by page.
struct Values {
    center: Arc<dyn IntelligenceCenter>,
    request: PageRequest,
    kind: ObservableType,
    /// Digests of the values that were given: each is given once, whatever the length of the list.
    seen: HashSet<[u8; 16]>,
    is_done: bool,
}

impl Values {
    fn new(center: Arc<dyn IntelligenceCenter>, kind: ObservableType) -> Self {
        let mut request = PageRequest::new(FeedId::default());
        request = request.with_limit(LIMIT_MAX).with_types(["indicator"]);
        request.observable_types = vec![kind.clone()];
        (request.include_revoked, request.skip_expired) = (Some(false), Some(true));
        Self { center, request, kind, seen: HashSet::new(), is_done: false }
    }

    /// Some lines; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        while !self.is_done {
            let page = self.center.page(self.request.clone()).await?;
            self.is_done = page.is_empty();
            self.go_on(page.next_cursor);
            let mut lines = Vec::new();
            for object in &page.objects {
                for value in blocked_values(object, &self.kind) {
                    if self.seen.insert(digest(&value)) {
                        lines.extend_from_slice(value.as_bytes());
                        lines.push(b'\n');
                    }
                }
            }
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
        Ok(None)
    }

    fn go_on(&mut self, cursor: Option<Cursor>) {
        self.is_done |= cursor.is_none() || cursor == self.request.cursor;
        self.request.cursor = cursor;
    }
}

fn digest(value: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(value.as_bytes()).into();
    let mut half = [0; 16];
    half.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a path of others that is taken, and a spelling that is not.
    #[test]
    fn paths_are_told_apart() {
        for path in ["/v1/edl-gateway/ipv4", "/api/v1/edl-gateway/ipv4/", "//v1//edl-gateway/ipv4"]
        {
            assert_eq!(list_name(path), Some("ipv4"), "{path}");
        }
        for path in ["/", "/v1/edl-gateway", "/v2/edl-gateway/ipv4", "/v1/edl-gateway/ipv4/x"] {
            assert_eq!(list_name(path), None, "{path}");
        }
    }
}
