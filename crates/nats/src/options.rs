//! How a server is used.

use std::{path::PathBuf, time::Duration};

use inthreat_store::TlsFiles;

/// How a server is used. The defaults are right for a single server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NatsOptions {
    /// The stream of the sink: letters, digits, `-` and `_`; `INTHREAT` by default.
    pub stream: String,
    /// What subjects begin with, before a dot: `inthreat` by default.
    pub subject: String,
    /// The bucket of the cursor store: letters, digits, `-` and `_`; `inthreat-cursors` by default.
    pub bucket: String,
    /// Whether the cursor store makes its bucket where it is not there; yes by default. Who only looks makes nothing.
    pub makes_bucket: bool,
    /// On how many servers a stream or a bucket that is made here is kept: 1 to 5, 1 by default.
    pub replicas: usize,
    /// For how long a stream that is made here remembers the ids of messages; 2 minutes by default.
    pub duplicate_window: Duration,
    /// How many messages may wait for their acknowledgement at once; 256 by default, and at least 1.
    pub in_flight_max: usize,
    /// How long to wait for an answer or an acknowledgement; 10 s by default.
    pub answer_max: Duration,
    /// A file of credentials (a JWT and the seed of an `NKey`), as `nsc` writes it.
    pub credentials_file: Option<PathBuf>,
    /// Whom to trust under TLS, and what to show; the certificates of the system and none by default. With files, TLS is
    /// demanded of the server.
    pub tls: TlsFiles,
}

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            stream: "INTHREAT".to_owned(),
            subject: "inthreat".to_owned(),
            bucket: "inthreat-cursors".to_owned(),
            makes_bucket: true,
            replicas: 1,
            duplicate_window: Duration::from_mins(2),
            in_flight_max: 256,
            answer_max: Duration::from_secs(10),
            credentials_file: None,
            tls: TlsFiles::default(),
        }
    }
}

impl NatsOptions {
    /// Sets the stream of the sink.
    #[must_use]
    pub fn with_stream(mut self, stream: impl Into<String>) -> Self {
        self.stream = stream.into();
        self
    }

    /// Sets what subjects begin with.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// Sets the bucket of the cursor store.
    #[must_use]
    pub fn with_bucket(mut self, bucket: impl Into<String>) -> Self {
        self.bucket = bucket.into();
        self
    }

    /// Sets whether the cursor store makes its bucket where it is not there.
    #[must_use]
    pub fn with_makes_bucket(mut self, makes_bucket: bool) -> Self {
        self.makes_bucket = makes_bucket;
        self
    }

    /// Sets on how many servers a stream or a bucket is kept.
    #[must_use]
    pub fn with_replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas;
        self
    }

    /// Sets for how long a stream remembers the ids of messages.
    #[must_use]
    pub fn with_duplicate_window(mut self, duplicate_window: Duration) -> Self {
        self.duplicate_window = duplicate_window;
        self
    }

    /// Sets how many messages may wait for their acknowledgement at once.
    #[must_use]
    pub fn with_in_flight_max(mut self, in_flight_max: usize) -> Self {
        self.in_flight_max = in_flight_max;
        self
    }

    /// Sets how long to wait for an answer or an acknowledgement.
    #[must_use]
    pub fn with_answer_max(mut self, answer_max: Duration) -> Self {
        self.answer_max = answer_max;
        self
    }

    /// Sets the file of credentials.
    #[must_use]
    pub fn with_credentials_file(mut self, file: impl Into<Option<PathBuf>>) -> Self {
        self.credentials_file = file.into();
        self
    }

    /// Sets whom to trust under TLS, and what to show.
    #[must_use]
    pub fn with_tls(mut self, tls: TlsFiles) -> Self {
        self.tls = tls;
        self
    }
}
