//! How a client behaves.

use std::time::Duration;

use crate::ApiKey;

/// How a [`Client`](crate::Client) behaves.
///
/// ```
/// use std::time::Duration;
/// use inthreat_http::ClientOptions;
///
/// let options = ClientOptions::default().with_read_timeout(Duration::from_secs(10));
/// assert_eq!(options.connect_timeout, Duration::from_secs(10));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The key that is sent with every question; a server on this machine may need none.
    pub key: Option<ApiKey>,
    /// How long making a connection may take; 10 s when nothing is said.
    pub connect_timeout: Duration,
    /// How long nothing may arrive; 30 s when nothing is said.
    pub read_timeout: Duration,
    /// How long one question may take in all, redirects and body included; 5 min when nothing is said.
    pub total_timeout: Duration,
    /// The longest body that is taken, in bytes, after decompression; 256 MiB when nothing is said.
    pub body_length_max: usize,
    /// How many redirects within the origin are followed; 5 when nothing is said. Others never are.
    pub redirects_max: u32,
    /// Whether answers may be compressed; they may when nothing is said.
    pub gzip: bool,
    /// Whether the key may go unencrypted to another machine; it may not when nothing is said.
    pub allow_plain_http: bool,
    /// The header `User-Agent`; `inthreat/<version>` when nothing is said.
    pub user_agent: String,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            key: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(5),
            body_length_max: 256 * 1024 * 1024,
            redirects_max: 5,
            gzip: true,
            allow_plain_http: false,
            user_agent: concat!("inthreat/", env!("CARGO_PKG_VERSION")).to_owned(),
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

    /// Sets how long making a connection may take.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long nothing may arrive.
    #[must_use]
    pub fn with_read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Sets how long one question may take in all.
    #[must_use]
    pub fn with_total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Sets the longest body that is taken, in bytes, after decompression.
    #[must_use]
    pub fn with_body_length_max(mut self, length: usize) -> Self {
        self.body_length_max = length;
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
    pub fn with_gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Sets whether the key may go unencrypted to another machine.
    #[must_use]
    pub fn with_allow_plain_http(mut self, allow: bool) -> Self {
        self.allow_plain_http = allow;
        self
    }

    /// Sets the header `User-Agent`.
    #[must_use]
    pub fn with_user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }
}
