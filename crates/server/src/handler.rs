//! One request: its key checked, its question asked, its answer written.

use std::{any::Any, error, iter, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    body::{Body, HttpBody, to_bytes},
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{
            ALLOW, AUTHORIZATION, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE,
            RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
        },
        request::Parts,
        uri::PathAndQuery,
    },
    response::Response,
};
use futures_util::FutureExt;
use hyper::body::Incoming;
use inthreat_api::{Error, ErrorKind, Result, Roles};
use inthreat_wire::taxii::ServedPath;
use inthreat_wire::{Asked, LiveQuestion, Question, allowed_methods, decode_any, failure};
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
    pages::{Page, PageCache, Slot, VersionedSlot},
    pieces,
    places::{Arriving, UnderWay},
    questions,
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

/// The part of the cache that is for answers other than pages. They have their own, so that a list of values that somebody
/// looks up does not throw the pages out.
const ANSWER_PART: usize = 4;

/// What all requests share.
pub(crate) struct State {
    pub(crate) center: Arc<dyn Roles>,
    pub(crate) options: Arc<ServerOptions>,
    pub(crate) metrics: Metrics,
    pub(crate) pages: Arc<PageCache>,
    /// Answers that are no pages: many, and short.
    pub(crate) answers: Arc<PageCache>,
    pub(crate) readiness: Readiness,
    pub(crate) gate: Gate,
    docs: Docs,
    ui: Ui,
    encoders: Encoders,
    pub(crate) turns: Semaphore,
    misp: Misp,
}

/// What a request is answered with when nothing is wrong.
pub(crate) enum Answer {
    /// A status and a body of JSON.
    Json(StatusCode, Vec<u8>),
    /// An answer that is at hand as a whole, and where it is kept if it is.
    Page(Arc<Page>, Option<Slot>),
    /// An answer of another face than that of the contract, or one in pieces.
    Ready(Response),
    /// A file that is handed on.
    File(inthreat_api::Body),
}

impl State {
    pub(crate) fn new(center: Arc<dyn Roles>, options: Arc<ServerOptions>) -> Self {
        let docs = Docs::new(center.as_ref());
        let answer_bytes = options.page_cache_bytes / ANSWER_PART;
        Self {
            center,
            docs,
            ui: Ui::new(options.ui),
            gate: Gate::new(Arc::clone(&options)),
            metrics: Metrics::default(),
            pages: Arc::new(PageCache::new(options.page_cache_bytes - answer_bytes)),
            answers: Arc::new(PageCache::new(answer_bytes)),
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

/// Answers every request, whatever its path. It counts from this call on, also when nobody waits for the answer any more.
pub(crate) fn answer(
    state: Arc<State>,
    via: Via,
    under_way: UnderWay,
    request: Request<Incoming>,
) -> impl Future<Output = Response> + Send {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(via);
    let route = route_of(parts.uri.path());
    let body = under_way.arriving(body);
    let (shared, method) = (Arc::clone(&state), parts.method.clone());
    let told = Told::begin(shared, via.address, Some(under_way), method, route);
    if parts.method == Method::HEAD {
        // The body of the answer is left out where it is written.
        parts.method = Method::GET;
    }
    async move {
        let mut admitted = Admitted::default();
        let whole = AssertUnwindSafe(answer_as_wanted(&state, via, &parts, body, &mut admitted));
        let answered = whole.catch_unwind().await.unwrap_or_else(|panic| {
            state.tell(&Event::Panicked { message: panic_message(panic.as_ref()) });
            Err(Error::new(ErrorKind::Storage, "answering panicked"))
        });
        let response = answered.unwrap_or_else(|error| refuse_by_path(&error, parts.uri.path()));
        told.send(response, admitted)
    }
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
    body: Arriving,
    admitted: &mut Admitted,
) -> Result<Response> {
    let wanted = Wanted::read(parts)?;
    let response = match answer_in_time(state, via, parts, body, admitted).await? {
        Answer::Page(page, slot) => {
            let response = reply::send(&page.headers, &page.body, &wanted, &state.encoders).await;
            // What goes out as it is adds nothing to what is kept.
            if let Some(slot) = slot.filter(|_| response.headers().contains_key(CONTENT_ENCODING)) {
                slot.weigh();
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
    body: Arriving,
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
    let seat = body.seat();
    let mut answer = Box::pin(answer_question(state, parts, Body::new(body), &caller));
    let answered = timeout(state.options.answer_timeout, &mut answer).await;
    // The question is still there, and with it the body, if that is what it waits for.
    answered.map_err(|_| if seat.is_waiting() { never_came() } else { busy() })?
}

fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "the answer took too long")
}

fn never_came() -> Error {
    Error::new(ErrorKind::Unavailable, "the body did not arrive in time").with_status(408)
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
        let center = Arc::<dyn Roles>::clone(seen.for_default_feed());
        let answered = state.misp.answer(state, center, name, parts).await;
        return answered.map(Answer::Ready).map_err(|error| of_center(state, error));
    }
    if let Some(answer) = answered_before(state, parts, &seen).await? {
        return Ok(answer);
    }
    if body.size_hint().lower() > u64::try_from(length_max).unwrap_or(u64::MAX) {
        // Announced too long: there is no need to wait for it.
        return Err(too_long(length_max));
    }
    let body = to_bytes(body, length_max).await.map_err(|error| unread(error, length_max))?;
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
        Asked::Center(question) => match slot_of(state, parts, &question, center).await? {
            Some(slot) => questions::answer(slot, center, question).await,
            None => questions::ask(&state.pages, center, question).await,
        },
        Asked::Role(question) => roles::ask(&state.pages, center, question).await,
    };
    answer.map_err(|error| of_center(state, error))
}

/// The answer that a request of the same spelling was given, if nothing has changed since.
async fn answered_before(state: &State, parts: &Parts, seen: &Seen) -> Result<Option<Answer>> {
    let Some(target) = target(parts).filter(|target| state.answers.holds(target)) else {
        return Ok(None);
    };
    // Of questions whose answers depend on who asks, none is kept here.
    let slot =
        VersionedSlot::of_state(&state.answers, seen.for_default_feed().as_ref(), target).await;
    Ok(slot.map_err(|error| of_center(state, error))?.kept())
}

/// Where the answer to a question is kept, if it depends on the state of the center alone.
async fn slot_of(
    state: &State,
    parts: &Parts,
    question: &Question,
    center: &dyn Roles,
) -> Result<Option<VersionedSlot>> {
    let Some(target) = target(parts).filter(|_| questions::is_of_state(question)) else {
        return Ok(None);
    };
    let slot = VersionedSlot::of_state(&state.answers, center, target).await;
    slot.map(Some).map_err(|error| of_center(state, error))
}

/// What a request asks for, as it is spelled, where all of it stands in the line of the request.
fn target(parts: &Parts) -> Option<&str> {
    let target = parts.uri.path_and_query().filter(|_| parts.method == Method::GET);
    target.map(PathAndQuery::as_str)
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

/// Why a body could not be read: what the connection says of it, or else that there is too much of it.
fn unread(error: axum::Error, length_max: usize) -> Error {
    let first: &dyn error::Error = &error;
    let mut chain = iter::successors(Some(first), |error| error.source());
    if chain.any(<dyn error::Error>::is::<hyper::Error>) {
        return Error::invalid("body", "it did not arrive whole").with_source(error);
    }
    too_long(length_max).with_source(error)
}

fn too_long(length_max: usize) -> Error {
    Error::invalid("body", format_args!("it is longer than {length_max} bytes")).with_status(413)
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
    if status == StatusCode::REQUEST_TIMEOUT {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
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
