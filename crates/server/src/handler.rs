//! One request: its key checked, its question asked, its answer written.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{
            ALLOW, AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
            X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
    },
    response::Response,
};
use futures_util::FutureExt;
use hyper::body::Incoming;
use inthreat_api::{Error, ErrorKind, PageFormat, Result, Roles};
use inthreat_wire::taxii::ServedPath;
use inthreat_wire::{Asked, LiveQuestion, Question, allowed_methods, answer, decode_any, failure};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    Event, ServerOptions,
    access::{Caller, Gate, Via},
    account,
    community::Seen,
    docs::Docs,
    edl,
    encoding::Encoders,
    metrics::Metrics,
    misp::{self, Misp},
    pages::{self, Page, PageCache},
    pieces,
    ready::Readiness,
    reply::{self, Wanted},
    roles,
    route::route_of,
    sent::Told,
    taxii,
    ui::Ui,
    usage::InFlight,
    watched,
};

/// How a client may show its key.
pub(crate) const CHALLENGE: &str = "Bearer, Basic realm=\"inthreat\"";

/// What all requests share.
pub(crate) struct State {
    pub(crate) center: Arc<dyn Roles>,
    pub(crate) options: Arc<ServerOptions>,
    pub(crate) metrics: Metrics,
    pub(crate) pages: PageCache,
    pub(crate) readiness: Readiness,
    pub(crate) gate: Gate,
    docs: Docs,
    ui: Ui,
    encoders: Encoders,
    turns: Semaphore,
    misp: Misp,
}

/// What a request is answered with when nothing is wrong.
pub(crate) enum Answer {
    /// A status and a body of JSON.
    Json(StatusCode, Vec<u8>),
    /// A page that is at hand as a whole, and its key where it may be kept.
    Page(Arc<Page>, Option<Arc<str>>),
    /// An answer of another face than that of the contract, or one in pieces.
    Ready(Response),
    /// A file that is handed on.
    File(inthreat_api::Body),
}

impl State {
    pub(crate) fn new(center: Arc<dyn Roles>, options: Arc<ServerOptions>) -> Self {
        let docs = Docs::new(center.as_ref());
        Self {
            center,
            docs,
            ui: Ui::new(options.ui),
            gate: Gate::new(Arc::clone(&options)),
            metrics: Metrics::default(),
            pages: PageCache::new(options.page_cache_bytes),
            readiness: Readiness::default(),
            encoders: Encoders::new(),
            turns: Semaphore::new(options.in_flight_max.clamp(1, Semaphore::MAX_PERMITS)),
            misp: Misp::default(),
            options,
        }
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        self.options.observer().tell(event);
    }
}

/// Answers every request, whatever its path.
pub(crate) async fn answer(state: Arc<State>, via: Via, request: Request<Incoming>) -> Response {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(via);
    let route = route_of(parts.uri.path());
    let told = Told::begin(Arc::clone(&state), via.address, parts.method.clone(), route);
    if parts.method == Method::HEAD {
        // The body of the answer is left out where it is written.
        parts.method = Method::GET;
    }
    let mut admitted = Admitted::default();
    let whole = AssertUnwindSafe(answer_as_wanted(&state, via, &parts, body, &mut admitted));
    let answered = whole.catch_unwind().await.unwrap_or_else(|panic| {
        state.tell(&Event::Panicked { message: panic_message(panic.as_ref()) });
        Err(Error::new(ErrorKind::Storage, "answering panicked"))
    });
    let response = answered.unwrap_or_else(|error| refuse_by_path(&error, parts.uri.path()));
    told.send(response, admitted)
}

/// Who was let in, for as long as it is answered.
#[derive(Default)]
pub(crate) struct Admitted {
    /// The id of the key.
    pub(crate) key: Option<String>,
    _in_flight: Option<InFlight>,
}

/// Answers in the coding that the client wants, or not at all when it has the answer.
async fn answer_as_wanted(
    state: &State,
    via: Via,
    parts: &Parts,
    body: Incoming,
    admitted: &mut Admitted,
) -> Result<Response> {
    let wanted = Wanted::read(parts)?;
    let response = match answer_in_time(state, via, parts, body, admitted).await? {
        Answer::Page(page, name) => {
            let response = reply::send(&page.headers, &page.body, &wanted, &state.encoders).await;
            if let Some(name) = name {
                state.pages.weigh(&name);
            }
            return Ok(response);
        }
        Answer::Json(status, body) => respond(status, body),
        Answer::File(file) => respond_file(file),
        Answer::Ready(response) => response,
    };
    Ok(reply::finish(response, &wanted, &state.encoders).await)
}

async fn answer_in_time(
    state: &State,
    via: Via,
    parts: &Parts,
    body: Incoming,
    admitted: &mut Admitted,
) -> Result<Answer> {
    let path = parts.uri.path();
    let header = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if let Some(answered) = watched::answer(state, via, parts, header).await {
        return answered;
    }
    if let Some(answered) = state.docs.answer(parts) {
        return answered.map(Answer::Ready);
    }
    if let Some(answered) = state.ui.answer(parts) {
        return answered;
    }
    let cookie = edl::list_name(path).and_then(|_| edl::key_in_cookie(parts));
    let header = header.or_else(|| cookie.as_ref().map(|cookie| cookie.as_slice()));
    let (caller, counted) = state.gate.admit(parts, header)?;
    let key = caller.key().map(|key| key.id.clone());
    *admitted = Admitted { key, _in_flight: counted };
    let busy = || Error::new(ErrorKind::Unavailable, "the answer took too long");
    let answer = Box::pin(answer_question(state, parts, Body::new(body), &caller));
    timeout(state.options.answer_timeout, answer).await.map_err(|_| busy())?
}

async fn answer_question(
    state: &State,
    parts: &Parts,
    body: Body,
    caller: &Caller,
) -> Result<Answer> {
    let seen = Seen::new(&state.center, caller.community());
    let length_max = state.options.body_length_max;
    if let Some(path) = ServedPath::parse(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let center = seen.for_anything()?.as_ref();
        let answered = taxii::answer(&state.pages, center, &path, parts, length_max).await;
        return answered.map_err(|error| of_center(state, error));
    }
    if let Some(name) = edl::list_name(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let center = Arc::<dyn Roles>::clone(seen.for_default_feed());
        let answered = edl::answer(center, name, parts).await;
        return answered.map(Answer::Ready).map_err(|error| of_center(state, error));
    }
    if let Some(name) = misp::file_name(parts.uri.path()) {
        let _turn = state.turns.acquire().await;
        let center = Arc::<dyn Roles>::clone(seen.for_default_feed());
        let answered = state.misp.answer(center, name, parts, state.options.clock()).await;
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
    // Keys are this server's own, whatever the center has.
    match asked {
        Asked::Role(LiveQuestion::ValidateKey) => {
            return Ok(Answer::Json(StatusCode::OK, account::key_check(caller.key())));
        }
        Asked::Role(LiveQuestion::Me) => {
            return Ok(Answer::Json(StatusCode::OK, account::profile(caller.key())));
        }
        _ => {}
    }
    let center = seen.for_question(&asked)?.as_ref();
    // The semaphore is never closed, so that this only waits.
    let _turn = state.turns.acquire().await;
    let answer = match asked {
        Asked::Center(question) => ask(&state.pages, center, question).await,
        Asked::Role(question) => roles::ask(&state.pages, center, question).await,
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

async fn ask(cache: &PageCache, center: &dyn Roles, question: Question) -> Result<Answer> {
    let body = match question {
        Question::Page(request) => {
            // Only who keeps a feed of its own knows its format.
            let format = (!request.feed.is_default()).then_some(PageFormat::Own);
            return pages::answer_page(cache, center, request, format).await;
        }
        Question::FormattedPage(request, format) => {
            return pages::answer_page(cache, center, request, Some(format)).await;
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

fn respond(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if status != StatusCode::NO_CONTENT {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
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

/// Tells an error in the words of the face that the path belongs to.
pub(crate) fn refuse_by_path(error: &Error, path: &str) -> Response {
    if ServedPath::parse(path).is_some() { taxii::refuse(error) } else { refuse(error, path) }
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
