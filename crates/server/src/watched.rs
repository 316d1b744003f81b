//! What those ask who watch a server: whether it lives, whether it is ready, and its figures.

use std::{fmt, sync::Arc};

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_TYPE, FORWARDED},
        request::Parts,
    },
    response::Response,
};
use inthreat_api::{Error, Result};
use serde_json::json;
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    access::Via,
    handler::{Answer, State},
};

/// Figures of the program, besides the server's own.
#[derive(Clone)]
pub(crate) struct MoreMetrics(Arc<dyn Fn() -> String + Send + Sync>);

impl MoreMetrics {
    pub(crate) fn new(render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(render))
    }
}

impl fmt::Debug for MoreMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MoreMetrics(..)")
    }
}

/// Answers one of the paths that need no key, or figures; `None` for every other path.
pub(crate) async fn answer(
    state: &State,
    via: Via,
    parts: &Parts,
    header: Option<&[u8]>,
) -> Option<Result<Answer>> {
    let path = parts.uri.path();
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        return None;
    }
    if parts.method != "GET" {
        return Some(Err(Error::invalid("method", "only GET is allowed here").with_status(405)));
    }
    Some(match path {
        "/healthz" => Ok(json_answer(StatusCode::OK, &json!({ "status": "ok" }))),
        "/readyz" => Ok(ready(state).await),
        _ => metrics(state, via, parts, header).await,
    })
}

async fn ready(state: &State) -> Answer {
    match state.readiness.ask(state.center.as_ref(), state.options.check()).await {
        Ok(()) => json_answer(StatusCode::OK, &json!({ "status": "ready" })),
        Err(reason) => {
            let body = json!({ "status": "not ready", "reason": reason });
            json_answer(StatusCode::SERVICE_UNAVAILABLE, &body)
        }
    }
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Answer {
    Answer::Json(status, body.to_string().into_bytes())
}

async fn metrics(state: &State, via: Via, parts: &Parts, header: Option<&[u8]>) -> Result<Answer> {
    if !is_local(via, parts) {
        state.gate.admit(parts, header)?;
    }
    let mut text = state.metrics.render(state.pages.figures(), state.answers.figures());
    let more = state.options.more_metrics().clone();
    // Without the program's own figures those of the server are still good.
    let rendered = timeout(state.options.answer_timeout, spawn_blocking(move || (more.0)())).await;
    if let Ok(Ok(more)) = rendered {
        text.push_str(&more);
    }
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(Answer::Ready(response))
}

/// Whether somebody on this machine asks, and not for somebody else.
fn is_local(via: Via, parts: &Parts) -> bool {
    let forwarded = [
        FORWARDED,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-real-ip"),
    ];
    via.address.ip().to_canonical().is_loopback()
        && !forwarded.iter().any(|name| parts.headers.contains_key(name))
}
