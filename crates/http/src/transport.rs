//! Requests and bodies over the network. This folder alone knows which HTTP library does it.

mod resolver;
mod setup;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use inthreat_api::{Error, ErrorKind, Result, Timer};
use inthreat_wire::{Method, Request, failure};
use reqwest::{
    Response,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER,
    },
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    ClientOptions, TimeoutOptions,
    base_url::{BaseUrl, is_same_origin},
    stall::StallMeter,
};

/// How much memory a server can make us set aside by announcing a long body, in bytes.
const PREALLOCATED_MAX: usize = 16 * 1024 * 1024;
/// How much of an error's body is read, in bytes.
const FAILURE_LENGTH_MAX: usize = 64 * 1024;

/// Sends requests to one origin.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    base: BaseUrl,
    authority: Arc<str>,
    timer: Arc<dyn Timer>,
    /// How many seconds the service's clock was ahead of ours in the last answer that told.
    clock_ahead: AtomicI64,
    body_length_max: usize,
    head_length_max: usize,
    redirects_max: u32,
}

/// Stands for a clock that is not known.
const CLOCK_UNKNOWN: i64 = i64::MIN;

/// One try of a question.
pub(crate) struct Try<'a> {
    pub(crate) request: &'a Request,
    /// The media type that is asked for.
    pub(crate) accept: &'static str,
    /// The value of the header `Authorization`.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) timeouts: &'a TimeoutOptions,
}

impl Transport {
    pub(crate) fn new(base: BaseUrl, options: &ClientOptions) -> Result<Self> {
        let http = setup::client(&base, options)?;
        Ok(Self {
            http,
            authority: base.authority().into(),
            base,
            timer: Arc::clone(&options.timer),
            clock_ahead: AtomicI64::new(CLOCK_UNKNOWN),
            body_length_max: options.body_length_max,
            head_length_max: options.head_length_max,
            redirects_max: options.redirects_max,
        })
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Sends a request and follows redirects until there is a good answer, of which the body is still to be read.
    pub(crate) async fn open(&self, attempt: &Try<'_>) -> Result<Arrived> {
        let deadline = Instant::now() + attempt.timeouts.whole;
        let mut url = self.base.join(&attempt.request.path, &attempt.request.query);
        for _ in 0..=self.redirects_max {
            let arrived = self.send_once(attempt, url.clone(), deadline).await?;
            if !arrived.response.status().is_redirection() {
                return self.good(arrived).await;
            }
            url = redirected(attempt.request, &url, &arrived.response)?;
        }
        let message = format!("the service redirects more than {} times", self.redirects_max);
        Err(Error::new(ErrorKind::Protocol, message))
    }

    async fn send_once(&self, attempt: &Try<'_>, url: Url, deadline: Instant) -> Result<Arrived> {
        let method = match attempt.request.method {
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
            _ => reqwest::Method::GET,
        };
        let mut builder = self.http.request(method, url).header(ACCEPT, attempt.accept);
        if let Some(authorization) = attempt.authorization {
            let mut value = HeaderValue::from_str(authorization)
                .map_err(|_| Error::invalid("key", "it does not fit into a header"))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(body) = &attempt.request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let timeouts = attempt.timeouts;
        let until = deadline.min(Instant::now() + timeouts.first_byte);
        let authority = &self.authority;
        let response = timeout_at(until, builder.send())
            .await
            .map_err(|_| late(format!("`{authority}` did not answer in time")))?
            .map_err(|error| setup::broken(authority, error))?;
        self.check_head(response.headers())?;
        self.read_clock(response.headers());
        Ok(Arrived {
            response,
            authority: Arc::clone(authority),
            between_bytes: timeouts.between_bytes,
            deadline: Some(deadline),
            timer: Arc::clone(&self.timer),
            stall: StallMeter::new(timeouts.stall),
            stall_window: timeouts.stall,
            length_max: self.body_length_max,
            received: 0,
        })
    }

    /// How many seconds the service's clock is ahead of ours.
    pub(crate) fn clock_ahead(&self) -> Option<i64> {
        Some(self.clock_ahead.load(Ordering::Relaxed)).filter(|ahead| *ahead != CLOCK_UNKNOWN)
    }

    fn read_clock(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        // A date is so many seconds away from the beginning of time.
        let Some(time) = date.and_then(|date| failure::retry_after(date, None, 0)) else { return };
        let theirs = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let ahead = theirs.saturating_sub(self.timer.unix_seconds());
        self.clock_ahead.store(ahead, Ordering::Relaxed);
    }

    fn check_head(&self, headers: &HeaderMap) -> Result<()> {
        let length: usize =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        if length > self.head_length_max {
            let message =
                format!("the head of the answer is longer than {} bytes", self.head_length_max);
            return Err(Error::new(ErrorKind::Protocol, message));
        }
        Ok(())
    }

    /// Gives a good answer back; tells what a bad one says.
    async fn good(&self, mut arrived: Arrived) -> Result<Arrived> {
        let status = arrived.response.status();
        if status.is_success() {
            return Ok(arrived);
        }
        let retry_after = arrived.header(RETRY_AFTER.as_str());
        let date = arrived.header(DATE.as_str());
        arrived.length_max = FAILURE_LENGTH_MAX;
        // The status says enough; whatever the body adds is welcome, and it may be cut off.
        let body = arrived.collect().await.unwrap_or_default();
        let error = failure::decode(status.as_u16(), None, &body);
        let wait = retry_after.and_then(|value| {
            failure::retry_after(&value, date.as_deref(), self.timer.unix_seconds())
        });
        Err(match wait {
            Some(wait) => error.with_retry_after(wait),
            None => error,
        })
    }
}

/// A good answer whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Arrived {
    response: Response,
    authority: Arc<str>,
    between_bytes: Duration,
    deadline: Option<Instant>,
    timer: Arc<dyn Timer>,
    stall: StallMeter,
    stall_window: Duration,
    length_max: usize,
    received: u64,
}

impl Arrived {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name)?.to_str().ok().map(str::to_owned)
    }

    /// From here on the reader of the body sets the pace, and its length is the reader's concern.
    pub(crate) fn unhurried(mut self) -> Self {
        self.deadline = None;
        self.length_max = usize::MAX;
        self
    }

    /// Reads the whole body; an error when it is longer than it may be, counted after decompression.
    pub(crate) async fn collect(mut self) -> Result<Vec<u8>> {
        let announced = self.response.content_length().unwrap_or(0);
        let Some(announced) =
            usize::try_from(announced).ok().filter(|length| *length <= self.length_max)
        else {
            return Err(self.too_large());
        };
        let mut body = Vec::with_capacity(announced.min(PREALLOCATED_MAX));
        while let Some(chunk) = self.next().await? {
            if body.len() + chunk.len() > self.length_max {
                return Err(self.too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The next piece of the body. Dropping the future loses nothing.
    pub(crate) async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.next().await?.map(Vec::from))
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            let began = self.timer.elapsed();
            let silence = Instant::now() + self.between_bytes;
            let until = self.deadline.map_or(silence, |deadline| deadline.min(silence));
            let authority = &self.authority;
            let chunk = timeout_at(until, self.response.chunk())
                .await
                .map_err(|_| {
                    late(format!("the rest of the answer of `{authority}` did not come in time"))
                })?
                .map_err(|error| setup::broken(authority, error))?;
            let Some(chunk) = chunk else { return Ok(None) };
            self.received += u64::try_from(chunk.len()).unwrap_or(0);
            let waited = self.timer.elapsed().saturating_sub(began);
            if self.stall.is_stalled(waited, chunk.len()) {
                let window = self.stall_window;
                return Err(late(format!(
                    "the answer of `{authority}` brings less than a byte a second for {window:?}"
                )));
            }
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
    }

    fn too_large(&self) -> Error {
        let message = format!("the answer is longer than {} bytes", self.length_max);
        Error::new(ErrorKind::Protocol, message)
    }
}

fn late(message: String) -> Error {
    Error::new(ErrorKind::Transport, message)
}

/// Where a redirect leads: within the origin, and only for questions that change nothing.
fn redirected(request: &Request, from: &Url, response: &Response) -> Result<Url> {
    let status = response.status().as_u16();
    let protocol = |message: String| Error::new(ErrorKind::Protocol, message).with_status(status);
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(to) = location.and_then(|location| from.join(location).ok()) else {
        return Err(protocol(format!("the service answered {status} without a place to go to")));
    };
    if !is_same_origin(from, &to) {
        let origin = to.origin().ascii_serialization();
        return Err(protocol(format!(
            "the service redirects to another origin, `{origin}`, which is not followed"
        )));
    }
    if request.method != Method::Get {
        return Err(protocol(format!(
            "the service redirects a {} request, which is not followed",
            request.method
        )));
    }
    Ok(to)
}
