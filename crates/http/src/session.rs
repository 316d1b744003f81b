//! Asks until there is an answer: the key, the rate, the retries and the trace of a question. Nothing else in this
//! project asks twice.

use std::{fmt, sync::Arc, time::Duration};

use inthreat_api::{
    Error, ErrorKind, Result, Timer,
    retry::{self, Made, Next, Repeat, RetryOptions},
};
use inthreat_wire::{Request, taxii};
use tracing::{Instrument, Span, debug, field::Empty, info_span, warn};

use crate::{
    ApiKey, ClientOptions, TimeoutOptions,
    base_url::BaseUrl,
    key::{Keys, Scheme},
    rate::{Limiter, Permit},
    transport::{Arrived, Transport, Try},
};

/// What a client and its clones share, and the policies of this one.
#[derive(Clone)]
pub(crate) struct Session {
    transport: Arc<Transport>,
    keys: Arc<Keys>,
    limiter: Arc<Limiter>,
    timer: Arc<dyn Timer>,
    scheme: Scheme,
    accept: &'static str,
    pub(crate) retry: RetryOptions,
    pub(crate) timeouts: TimeoutOptions,
    pub(crate) page_length_max: usize,
}

impl Session {
    pub(crate) fn new(
        base_url: &str,
        accept: &'static str,
        scheme: Scheme,
        options: ClientOptions,
    ) -> Result<Self> {
        let transport = Arc::new(Transport::new(BaseUrl::parse(base_url)?, &options)?);
        Ok(Self {
            transport,
            keys: Arc::new(Keys::new(options.key, options.key_provider)),
            limiter: Arc::new(Limiter::new(&options.rate)),
            timer: options.timer,
            scheme,
            accept,
            retry: options.retry,
            timeouts: options.timeouts,
            page_length_max: options.page_length_max,
        })
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        self.transport.base()
    }

    pub(crate) fn clock_ahead(&self) -> Option<i64> {
        self.transport.clock_ahead()
    }

    /// Asks and reads the whole answer; a body that ends too early is asked for again.
    pub(crate) async fn ask<T: Send>(
        &self,
        request: &Request,
        read: impl Fn(Vec<u8>) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        self.ask_with_head(request, |_, body| read(body)).await
    }

    /// The same for an answer whose head counts too.
    pub(crate) async fn ask_with_head<T: Send>(
        &self,
        request: &Request,
        read: impl Fn(Head, Vec<u8>) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let span = &self.span(request);
        let read = &read;
        let once = || async move {
            let (arrived, _permit) = self.open_once(request).await?;
            span.record("http.response.status_code", arrived.status());
            // Where there is one object only, some servers say the first date alone.
            let last = arrived.header(taxii::DATE_ADDED_LAST);
            let head =
                Head { date_added_last: last.or_else(|| arrived.header(taxii::DATE_ADDED_FIRST)) };
            let body = arrived.collect().await?;
            span.record("http.response.body.size", body.len());
            read(head, body)
        };
        self.repeat(request, span, once).instrument(span.clone()).await
    }

    /// Asks for a body that is read piece by piece. It is asked again only until its head is there.
    pub(crate) async fn open(&self, request: &Request) -> Result<(Arrived, Permit)> {
        let span = &self.span(request);
        let once = || async move {
            let (arrived, permit) = self.open_once(request).await?;
            span.record("http.response.status_code", arrived.status());
            Ok((arrived.unhurried(), permit))
        };
        self.repeat(request, span, once).instrument(span.clone()).await
    }

    async fn repeat<T, F: Future<Output = Result<T>> + Send>(
        &self,
        request: &Request,
        span: &Span,
        once: impl Fn() -> F + Send + Sync,
    ) -> Result<T> {
        let began = self.timer.elapsed();
        let elapsed = || self.timer.elapsed().saturating_sub(began);
        let repeat = if request.is_repeatable { Repeat::Always } else { Repeat::IfNotDone };
        let mut tries = 0;
        loop {
            tries += 1;
            let error = match once().await {
                Ok(answer) => {
                    finish(span, tries, elapsed(), None);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let made = Made { tries, elapsed: elapsed(), repeat };
            match self.retry.next(&error, made, self.timer.random()) {
                Next::Again(wait) => {
                    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    // What an error says may repeat what was looked up.
                    let (kind, status) = (error.kind(), error.status());
                    debug!(tries, wait_ms, ?kind, status, "asks again");
                    self.timer.sleep(wait).await;
                }
                _ => {
                    finish(span, tries, made.elapsed, Some(&error));
                    return Err(retry::given_up(error, tries, made.elapsed));
                }
            }
        }
    }

    /// One try; after a 401 a second one, if there is another key by now.
    async fn open_once(&self, request: &Request) -> Result<(Arrived, Permit)> {
        let permit = self.limiter.begin(&*self.timer).await;
        let key = self.keys.current().await?;
        match self.open_with(request, key.as_ref()).await {
            Err(error) if error.kind() == ErrorKind::Unauthorized => {
                match self.keys.renewed(key.as_ref()).await? {
                    Some(key) => Ok((self.open_with(request, Some(&key)).await?, permit)),
                    None => Err(error),
                }
            }
            outcome => Ok((outcome?, permit)),
        }
    }

    async fn open_with(&self, request: &Request, key: Option<&ApiKey>) -> Result<Arrived> {
        let authorization = key.map(|key| key.authorization(&self.scheme));
        let attempt = Try {
            request,
            accept: self.accept,
            authorization: authorization.as_ref().map(|text| text.as_str()),
            timeouts: &self.timeouts,
        };
        self.transport.open(&attempt).await
    }

    /// A span by the conventions of OpenTelemetry for HTTP clients. It never holds the query.
    fn span(&self, request: &Request) -> Span {
        let base = self.base();
        let method = request.method.as_str();
        info_span!(
            "http.client.request",
            otel.name = format!("{method} {}", request.template),
            otel.kind = "client",
            http.request.method = method,
            url.template = request.template,
            server.address = base.host(),
            server.port = base.port(),
            http.response.status_code = Empty,
            http.response.body.size = Empty,
            http.request.resend_count = Empty,
            error.type = Empty,
            elapsed_ms = Empty,
        )
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("authority", &self.base().authority())
            .finish_non_exhaustive()
    }
}

/// What the head of an answer says besides its status.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) date_added_last: Option<String>,
}

fn finish(span: &Span, tries: u32, elapsed: Duration, error: Option<&Error>) {
    let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    span.record("elapsed_ms", elapsed_ms);
    span.record("http.request.resend_count", tries.saturating_sub(1));
    if let Some(error) = error {
        let kind = format!("{:?}", error.kind());
        if let Some(status) = error.status() {
            span.record("http.response.status_code", status);
        }
        span.record("error.type", kind.as_str());
        warn!(tries, elapsed_ms, kind, status = error.status(), "no answer");
    } else {
        debug!(tries, elapsed_ms, "answered");
    }
}
