//! How a client behaves.

use std::{fmt, sync::Arc};

use inthreat_api::{Timer, retry::RetryOptions};
#[cfg(feature = "rustls")]
use zeroize::Zeroizing;

use crate::{ApiKey, KeyProvider, RateOptions, TimeoutOptions, timer::SystemTimer};

/// How a [`Client`](crate::Client) behaves.
///
/// ```
/// use inthreat_api::retry::RetryOptions;
/// use inthreat_http::ClientOptions;
///
/// let options = ClientOptions::default().with_retry(RetryOptions::never());
/// assert_eq!(options.redirects_max, 5);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The key that is sent with every question; a server on this machine may need none.
    pub key: Option<ApiKey>,
    /// Where the key comes from when it may change while the client lives. Wins over `key`.
    pub key_provider: Option<Arc<dyn KeyProvider>>,
    /// How often and how long a question is asked again.
    pub retry: RetryOptions,
    /// How fast is asked.
    pub rate: RateOptions,
    /// How long each step may take.
    pub timeouts: TimeoutOptions,
    /// The longest body that is taken, in bytes, after decompression; 256 MiB when nothing is said. It does not
    /// count for bodies that are read piece by piece.
    pub body_length_max: usize,
    /// The longest head of an answer, in bytes of names and values; 64 KiB when nothing is said.
    pub head_length_max: usize,
    /// How many items a page may have, whatever was asked for; 100,000 when nothing is said.
    pub page_length_max: usize,
    /// How many redirects within the origin are followed; 5 when nothing is said. Others never are.
    pub redirects_max: u32,
    /// Whether answers may be compressed (gzip, zstd, br); they may when nothing is said.
    pub compression: bool,
    /// Whether the key may go unencrypted to another machine; it may not when nothing is said.
    pub allow_plain_http: bool,
    /// Whether link-local and metadata addresses may be asked, by the base URL, a proxy or the name service; they may
    /// not when nothing is said.
    pub allow_link_local: bool,
    /// By which way the service is reached.
    pub proxy: Proxy,
    /// Certificates in PEM that are trusted besides those of the system, one or several in each text.
    #[cfg(feature = "rustls")]
    pub root_certificates: Vec<Vec<u8>>,
    /// What the client shows about itself in TLS.
    #[cfg(feature = "rustls")]
    pub client_certificate: Option<ClientCertificate>,
    /// The header `User-Agent`; `inthreat/<version>` when nothing is said.
    pub user_agent: String,
    /// Where waits, random numbers and the time come from; the system when nothing is said.
    pub timer: Arc<dyn Timer>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            key: None,
            key_provider: None,
            retry: RetryOptions::default(),
            rate: RateOptions::default(),
            timeouts: TimeoutOptions::default(),
            body_length_max: 256 * 1024 * 1024,
            head_length_max: 64 * 1024,
            page_length_max: 100_000,
            redirects_max: 5,
            compression: true,
            allow_plain_http: false,
            allow_link_local: false,
            proxy: Proxy::default(),
            #[cfg(feature = "rustls")]
            root_certificates: Vec::new(),
            #[cfg(feature = "rustls")]
            client_certificate: None,
            user_agent: concat!("inthreat/", env!("CARGO_PKG_VERSION")).to_owned(),
            timer: Arc::new(SystemTimer::default()),
        }
    }
}

impl ClientOptions {
    /// Sets the key that is sent with every question.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Option<ApiKey>>) -> Self {
        self.key = key.into();
        self
    }

    /// Sets where the key comes from when it may change.
    #[must_use]
    pub fn with_key_provider(mut self, provider: Arc<dyn KeyProvider>) -> Self {
        self.key_provider = Some(provider);
        self
    }

    /// Sets how often and how long a question is asked again.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryOptions) -> Self {
        self.retry = retry;
        self
    }

    /// Sets how fast is asked.
    #[must_use]
    pub fn with_rate(mut self, rate: RateOptions) -> Self {
        self.rate = rate;
        self
    }

    /// Sets how long each step may take.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: TimeoutOptions) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets the longest body that is taken, in bytes, after decompression.
    #[must_use]
    pub fn with_body_length_max(mut self, length: usize) -> Self {
        self.body_length_max = length;
        self
    }

    /// Sets the longest head of an answer, in bytes.
    #[must_use]
    pub fn with_head_length_max(mut self, length: usize) -> Self {
        self.head_length_max = length;
        self
    }

    /// Sets how many items a page may have.
    #[must_use]
    pub fn with_page_length_max(mut self, length: usize) -> Self {
        self.page_length_max = length;
        self
    }

    /// Sets how many redirects within the origin are followed.
    #[must_use]
    pub fn with_redirects_max(mut self, redirects: u32) -> Self {
        self.redirects_max = redirects;
        self
    }

    /// Sets whether answers may be compressed.
    #[must_use]
    pub fn with_compression(mut self, compression: bool) -> Self {
        self.compression = compression;
        self
    }

    /// Sets whether the key may go unencrypted to another machine.
    #[must_use]
    pub fn with_allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Sets whether link-local and metadata addresses may be asked.
    #[must_use]
    pub fn with_allow_link_local(mut self, allow: bool) -> Self {
        self.allow_link_local = allow;
        self
    }

    /// Sets by which way the service is reached.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Adds certificates in PEM that are trusted besides those of the system.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn with_root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// Sets what the client shows about itself in TLS.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn with_client_certificate(mut self, certificate: ClientCertificate) -> Self {
        self.client_certificate = Some(certificate);
        self
    }

    /// Sets the header `User-Agent`.
    #[must_use]
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// Sets where waits, random numbers and the time come from.
    #[must_use]
    pub fn with_timer(mut self, timer: Arc<dyn Timer>) -> Self {
        self.timer = timer;
        self
    }
}

/// By which way the service is reached.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say; a server on this machine always directly.
    #[default]
    Environment,
    /// Directly.
    None,
    /// By this proxy, an `http` or `https` URL, which may hold a user and a password.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL may hold a password.
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::None => "None",
            Self::Url(_) => "Url(..)",
        })
    }
}

/// A certificate and its private key. Its `Debug` tells nothing, and its memory is overwritten when it is dropped.
#[cfg(feature = "rustls")]
#[derive(Clone)]
pub struct ClientCertificate(Zeroizing<Vec<u8>>);

#[cfg(feature = "rustls")]
impl ClientCertificate {
    /// Takes a certificate (with its chain) and a private key, both in PEM, one behind the other in any order. They
    /// are read when the client is made.
    pub fn from_pem(pem: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(pem.into()))
    }

    pub(crate) fn pem(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(feature = "rustls")]
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate(..)")
    }
}
