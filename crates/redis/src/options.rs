//! How a server is used.

use std::time::Duration;

use inthreat_store::TlsFiles;

/// How a server is used. The defaults are right for most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedisOptions {
    /// What the names of all keys begin with, before a colon: `inthreat` by default.
    pub prefix: String,
    /// How long to wait for a connection; 10 s by default.
    pub connect_max: Duration,
    /// How long to wait for an answer; 10 s by default.
    pub answer_max: Duration,
    /// Whom to trust under TLS (`rediss://`), and what to show; the certificates of the system and none by default.
    pub tls: TlsFiles,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: "inthreat".to_owned(),
            connect_max: Duration::from_secs(10),
            answer_max: Duration::from_secs(10),
            tls: TlsFiles::default(),
        }
    }
}

impl RedisOptions {
    /// Sets what the names of all keys begin with.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets how long to wait for a connection.
    #[must_use]
    pub fn with_connect_max(mut self, connect_max: Duration) -> Self {
        self.connect_max = connect_max;
        self
    }

    /// Sets how long to wait for an answer.
    #[must_use]
    pub fn with_answer_max(mut self, answer_max: Duration) -> Self {
        self.answer_max = answer_max;
        self
    }

    /// Sets whom to trust under TLS, and what to show.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsFiles) -> Self {
        self.tls = tls;
        self
    }
}
