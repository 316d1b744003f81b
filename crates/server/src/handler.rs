//! One request: its key checked, its question asked, its answer written.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc, time::Instant};

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State as Shared},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            ALLOW, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
            X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    response::Response,
};
use futures_util::FutureExt;
use inthreat_api::{Error, ErrorKind, FormattedPage, PageFormat, PageRequest, Result, Roles};
use inthreat_wire::taxii::ServedPath;
use inthreat_wire::{
    Asked, CURSOR_HEADER, LiveQuestion, Question, allowed_methods, answer, decode_any, failure,
};
use serde_json::json;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    Event, KeyRecord, ServerOptions, access, edl,
    misp::{self, Misp},
    pieces, roles, taxii,
};

/// How a client may show its key.
pub(crate) const CHALLENGE: &str = "Bearer, Basic realm=\"inthreat\"";

/// What all requests share.
pub(crate) struct State {
    center: Arc<dyn Roles>,
    options: Arc<ServerOptions>,
    turns: Semaphore,
    misp: Misp,
}

/// What a request is answered with when nothing is wrong.
pub(crate) enum Answer {
    /// A status and a body of JSON.
    Json(StatusCode, Vec<u8>),
    /// A page that is handed on as its center writes it.
    Formatted(FormattedPage),
    /// An answer of another face than that of the contract.
    Ready(Response),
    /// A file that is handed on.
    File(inthreat_api::Body),
}

impl State {
    pub(crate) fn new(center: Arc<dyn Roles>, options: Arc<ServerOptions>) -> Self {
        let turns = Semaphore::new(options.in_flight_max.clamp(1, Semaphore::MAX_PERMITS));
        Self { center, options, turns, misp: Misp::default() }
    }

    fn tell(&self, event: &Event<'_>) {
        self.options.observer().tell(event);
    }
}

/// Answers every request, whatever its path.
pub(crate) async fn answer(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let begun = Instant::now();
    let (parts, body) = request.into_parts();
    let answered = AssertUnwindSafe(answer_in_time(&state, &parts, body)).catch_unwind().await;
    let answered = answered.unwrap_or_else(|panic| {
        state.tell(&Event::Panicked { message: panic_message(panic.as_ref()) });
        Err(Error::new(ErrorKind::Storage, "answering panicked"))
    });
    let response = match answered {
        Ok(Answer::Json(status, body)) => respond(status, body),
        Ok(Answer::Formatted(page)) => respond_formatted(page),
        Ok(Answer::File(file)) => respond_file(file),
        Ok(Answer::Ready(response)) => response,
        Err(error) if ServedPath::parse(parts.uri.path()).is_some() => taxii::refuse(&error),
        Err(error) => refuse(&error, parts.uri.path()),
    };
    state.tell(&Event::Answered {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        status: response.status().as_u16(),
        elapsed: begun.elapsed(),
    });
    response
}

async fn answer_in_time(state: &State, parts: &Parts, body: Body) -> Result<Answer> {
    let path = parts.uri.path();
    if path == "/healthz" {
        return only_get(parts, json!({ "status": "ok" }).to_string());
    }
    let header = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let cookie = edl::list_name(path).and_then(|_| edl::key_in_cookie(parts));
    let header = header.or_else(|| cookie.as_ref().map(|cookie| cookie.as_slice()));
    let key = access::check(state.options.keys.as_ref(), header)?;
    let busy = || Error::new(ErrorKind::Unavailable, "the answer took too long");
    let answer = Box::pin(answer_question(state, parts, body, key));
    timeout(state.options.answer_timeout, answer).await.map_err(|_| busy())?
}

async fn answer_question(
    state: &State,
    parts: &Parts,
    body: Body,
    key: Option<&KeyRecord>,
) -> Result<Answer> {
    let length_max = state.options.body_length_max;
    if let Some(path) = ServedPath::parse(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let answered = taxii::answer(state.center.as_ref(), &path, parts, length_max).await;
        return answered.map(Answer::Ready).map_err(|error| of_center(state, error));
    }
    if let Some(name) = edl::list_name(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let answered = edl::answer(Arc::<dyn Roles>::clone(&state.center), name, parts).await;
        return answered.map(Answer::Ready).map_err(|error| of_center(state, error));
    }
    if let Some(name) = misp::file_name(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let center = Arc::<dyn Roles>::clone(&state.center);
        let answered = state.misp.answer(center, name, parts).await;
        return answered.map(Answer::Ready).map_err(|error| of_center(state, error));
    }
    if body.size_hint().lower() > u64::try_from(length_max).unwrap_or(u64::MAX) {
        // Announced too long: there is no need to wait for it.
        return Err(too_long(length_max));
    }
    let body = to_bytes(body, length_max)
        .await
        .map_err(|error| too_long(length_max).with_source(error))?;
    let asked = decode_any(parts.method.as_str(), parts.uri.path(), parts.uri.query(), &body)?;
    if asked == Asked::Role(LiveQuestion::ValidateKey) {
        // Keys are this server's own, whatever the center has.
        return Ok(Answer::Json(StatusCode::OK, key_check(key).into_bytes()));
    }
    // The semaphore is never closed, so that this only waits.
    let _turn = state.turns.acquire().await;
    let answer = match asked {
        Asked::Center(question) => ask(state.center.as_ref(), question).await,
        Asked::Role(question) => roles::ask(state.center.as_ref(), question).await,
    };
    answer.map_err(|error| of_center(state, error))
}

/// What a client is told of an error of the center. What went wrong inside is told to who watches the server.
fn of_center(state: &State, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unauthorized => {
            // It is the center's own key that was refused, not the client's.
            state.tell(&Event::Failed { error: &error });
            return Error::new(ErrorKind::Protocol, "the center was refused");
        }
        ErrorKind::Storage
        | ErrorKind::Protocol
        | ErrorKind::Transport
        | ErrorKind::Unavailable => {
            state.tell(&Event::Failed { error: &error });
        }
        _ => {}
    }
    error
}

fn too_long(length_max: usize) -> Error {
    let reason = format_args!("it did not arrive whole, or is longer than {length_max} bytes");
    Error::invalid("body", reason).with_status(413)
}

async fn ask(center: &dyn Roles, question: Question) -> Result<Answer> {
    let body = match question {
        Question::Page(request) if request.feed.is_default() => {
            let sent = request.cursor.clone();
            answer::encode_page(&center.page(request).await?, sent.as_ref())
        }
        // Only who keeps the feed knows its format.
        Question::Page(request) => return formatted(center, request, PageFormat::Own).await,
        Question::FormattedPage(request, format) => {
            return formatted(center, request, format).await;
        }
        Question::Object(id) => answer::encode_object(&center.object(id).await?),
        Question::Objects(ids) => answer::encode_objects(&center.objects(ids).await?),
        Question::Relationship(id) => answer::encode_object(&center.relationship(id).await?),
        Question::Relationships(ids) => answer::encode_objects(&center.relationships(ids).await?),
        Question::RelationshipsOf(request) => {
            answer::encode_relationships(&center.relationships_of(request).await?)
        }
        Question::Context(id) => answer::encode_bundle(&center.context(id).await?),
        Question::Indicators(observable) => {
            answer::encode_indicators(&center.indicators(observable).await?)
        }
        Question::IndicatorContexts(observable) => {
            answer::encode_contexts(&center.indicator_contexts(observable).await?)
        }
        Question::Feeds(request) => answer::encode_feeds(&center.feeds(request).await?),
        Question::CreateFeed(draft) => {
            let feed = center.create_feed(draft).await?;
            return Ok(Answer::Json(StatusCode::CREATED, answer::encode_feed(&feed)));
        }
        Question::Feed(id) => answer::encode_feed(&center.feed(id).await?),
        Question::UpdateFeed(id, draft) => {
            answer::encode_feed(&center.update_feed(id, draft).await?)
        }
        Question::DeleteFeed(id) => {
            center.delete_feed(id).await?;
            return Ok(Answer::Json(StatusCode::NO_CONTENT, Vec::new()));
        }
        _ => return Err(Error::unsupported("this question")),
    };
    Ok(Answer::Json(StatusCode::OK, body))
}

async fn formatted(center: &dyn Roles, request: PageRequest, format: PageFormat) -> Result<Answer> {
    Ok(Answer::Formatted(center.formatted_page(request, format).await?))
}

/// What a client that checks its key is told (CONTRACT 1.2).
fn key_check(key: Option<&KeyRecord>) -> String {
    let created = key.map(|key| key.created.seconds());
    let id = key.map_or("none", |key| key.id.as_str());
    json!({
        "csrf": null,
        "fresh": false,
        "iat": created,
        "identity": format!("apikey:{id}"),
        "jti": id,
        "nbf": created,
        "type": "access",
        "user_claims": null,
    })
    .to_string()
}

fn only_get(parts: &Parts, body: String) -> Result<Answer> {
    if parts.method == "GET" {
        return Ok(Answer::Json(StatusCode::OK, body.into_bytes()));
    }
    Err(Error::invalid("method", "only GET is allowed here").with_status(405))
}

fn respond(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    response
}

/// A page in its own words. What cannot stand in a header was not told by the center.
fn respond_formatted(page: FormattedPage) -> Response {
    let mut response = Response::new(pieces::body(page.body));
    let headers = response.headers_mut();
    let content_type = page.content_type.and_then(|text| HeaderValue::try_from(text).ok());
    headers.extend(content_type.map(|value| (CONTENT_TYPE, value)));
    let cursor = page.next_cursor.and_then(|cursor| HeaderValue::try_from(cursor.as_str()).ok());
    headers.extend(cursor.map(|value| (HeaderName::from_static(CURSOR_HEADER), value)));
    response
}

/// A file of somebody's making: never shown, and never taken for anything else than it says.
fn respond_file(file: inthreat_api::Body) -> Response {
    let mut response = Response::new(pieces::body(file));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn refuse(error: &Error, path: &str) -> Response {
    let failure = failure::encode(error);
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, failure.body);
    let headers = response.headers_mut();
    if let Some(seconds) = failure.retry_after_s {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    }
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static(allowed_methods(path).unwrap_or("GET")));
    }
    response
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
