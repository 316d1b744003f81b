//! How a server is used.

use std::time::Duration;

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
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: "inthreat".to_owned(),
            connect_max: Duration::from_secs(10),
            answer_max: Duration::from_secs(10),
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
}
