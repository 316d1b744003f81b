//! Requests and bodies over the network. This is the only file that knows which HTTP library does it.

use inthreat_api::{Error, ErrorKind, Result};
use inthreat_wire::{Method, Request, failure};
use reqwest::{
    Response,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER},
    redirect::Policy,
};
use url::Url;

use crate::{
    ClientOptions,
    base_url::{BaseUrl, is_same_origin},
};

/// How much memory a server can make us set aside by announcing a long body, in bytes.
const PREALLOCATED_MAX: usize = 16 * 1024 * 1024;
/// How much of an error's body is read, in bytes.
const FAILURE_LENGTH_MAX: usize = 64 * 1024;

/// Sends requests to one origin.
pub(crate) struct Transport {
    http: reqwest::Client,
    base: BaseUrl,
    options: ClientOptions,
}

impl Transport {
    pub(crate) fn new(base: BaseUrl, options: ClientOptions) -> Result<Self> {
        if !base.is_https() && !base.is_loopback() && !options.allow_plain_http {
            let reason = "plain `http` would show the key to the network; use `https`, or allow it explicitly";
            return Err(Error::invalid("base URL", reason));
        }
        let mut builder = reqwest::Client::builder()
            // Redirects are followed here, so that the key cannot leave its origin.
            .redirect(Policy::none())
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .timeout(options.total_timeout)
            .user_agent(options.user_agent.as_str())
            .gzip(options.gzip);
        if base.is_loopback() {
            // A proxy of the environment would carry what is meant for this machine elsewhere.
            builder = builder.no_proxy();
        }
        let builder = with_tls(builder, &base)?;
        let http = builder.build().map_err(|error| {
            Error::new(ErrorKind::Transport, "the HTTP client could not be set up")
                .with_source(error.without_url())
        })?;
        Ok(Self { http, base, options })
    }

    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Sends a request and reads the whole body of the answer.
    pub(crate) async fn send(&self, request: &Request) -> Result<Vec<u8>> {
        let mut url = self.base.join(&request.path, &request.query);
        for _ in 0..=self.options.redirects_max {
            let response = self.send_once(request, url.clone()).await?;
            if !response.status().is_redirection() {
                return self.read(response).await;
            }
            url = redirected(request, &url, &response)?;
        }
        let message =
            format!("the service redirects more than {} times", self.options.redirects_max);
        Err(Error::new(ErrorKind::Protocol, message))
    }

    async fn send_once(&self, request: &Request, url: Url) -> Result<Response> {
        let method = match request.method {
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
            _ => reqwest::Method::GET,
        };
        let mut builder = self.http.request(method, url).header(ACCEPT, "application/json");
        if let Some(key) = &self.options.key {
            let mut value = HeaderValue::from_str(&key.authorization())
                .map_err(|_| Error::invalid("key", "it does not fit into a header"))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        builder.send().await.map_err(|error| self.broken(error))
    }

    async fn read(&self, response: Response) -> Result<Vec<u8>> {
        let status = response.status();
        if status.is_success() {
            let length_max = self.options.body_length_max;
            let announced = response.content_length().unwrap_or(0);
            if usize::try_from(announced).map_or(true, |length| length > length_max) {
                return Err(too_large(length_max));
            }
            return self
                .read_body(response, length_max)
                .await?
                .ok_or_else(|| too_large(length_max));
        }
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        let retry_after = retry_after.as_ref().and_then(|value| value.to_str().ok());
        // The status says enough; whatever the body adds is welcome, and it may be cut off.
        let body = self.read_body(response, FAILURE_LENGTH_MAX).await;
        let body = body.ok().flatten().unwrap_or_default();
        Err(failure::decode(status.as_u16(), retry_after, &body))
    }

    /// Collects a body; `None` when it is longer than it may be, counted after decompression.
    async fn read_body(
        &self,
        mut response: Response,
        length_max: usize,
    ) -> Result<Option<Vec<u8>>> {
        let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
        let capacity = announced.unwrap_or(0).min(length_max).min(PREALLOCATED_MAX);
        let mut body = Vec::with_capacity(capacity);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > length_max {
                return Ok(None);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Some(body))
    }

    /// Tells what broke on the way; the address is left out, because its query holds what is looked up.
    fn broken(&self, error: reqwest::Error) -> Error {
        let authority = self.base.authority();
        let message = if error.is_timeout() && error.is_connect() {
            format!("no connection to `{authority}` within {:?}", self.options.connect_timeout)
        } else if error.is_timeout() {
            format!("`{authority}` did not answer in time")
        } else if error.is_connect() {
            format!("no connection to `{authority}`")
        } else if error.is_body() || error.is_decode() {
            format!("the answer of `{authority}` did not arrive whole")
        } else {
            format!("the connection to `{authority}` broke")
        };
        Error::new(ErrorKind::Transport, message).with_source(error.without_url())
    }
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

fn too_large(length_max: usize) -> Error {
    let message = format!("the answer is longer than {length_max} bytes");
    Error::new(ErrorKind::Protocol, message)
}

#[cfg(feature = "rustls")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it can fail")]
fn with_tls(builder: reqwest::ClientBuilder, base: &BaseUrl) -> Result<reqwest::ClientBuilder> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Another thread may have been faster; either provider does.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    Ok(if base.is_https() {
        builder.https_only(true)
    } else {
        // Loading the roots of the system takes time, and fails where there are none.
        builder.tls_certs_only([])
    })
}

#[cfg(not(feature = "rustls"))]
fn with_tls(builder: reqwest::ClientBuilder, base: &BaseUrl) -> Result<reqwest::ClientBuilder> {
    if base.is_https() {
        let reason = "`https` needs the feature `rustls` of `inthreat-http`, which this program is built without";
        return Err(Error::invalid("base URL", reason));
    }
    Ok(builder)
}
