//! What can go wrong when the Intelligence Center is asked, told so that a caller can act on it.

use std::{error, fmt, time::Duration};

/// The result of a question.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The key is missing, wrong, expired or revoked (401). Permanent: ask with another key.
    Unauthorized,
    /// The key lacks a permission, or the thing cannot be changed (403). Permanent.
    Forbidden,
    /// What was asked for does not exist, or not for this community (404). Permanent.
    NotFound,
    /// The question itself is wrong (400, 409, 422, or refused before it was sent); [`Error::field`] names where. Permanent.
    InvalidRequest,
    /// Too many questions (429): ask again after [`Error::retry_after`]. Retryable.
    RateLimited,
    /// The other side cannot answer at the moment (408, 5xx). Retryable.
    Unavailable,
    /// The answer is not what the contract says: not JSON, a missing property, a body too large. Permanent.
    Protocol,
    /// The answer did not arrive, or not whole: connection, timeout, truncated body. Retryable.
    Transport,
    /// The local copy could not be read or written. Permanent.
    Storage,
    /// This implementer cannot answer such a question (501). Permanent.
    Unsupported,
}

/// Why a question was not answered.
///
/// `Display` tells this link alone; [`error::Error::source`] has the rest of the chain.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    field: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind; the message is a lower-case fragment that fits behind "failed to answer: ".
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            field: None,
            status: None,
            code: None,
            retry_after: None,
            source: None,
        }))
    }

    /// A question that is wrong in the parameter or property `field`.
    pub fn invalid(field: impl Into<String>, reason: impl fmt::Display) -> Self {
        let field = field.into();
        let mut error =
            Self::new(ErrorKind::InvalidRequest, format!("invalid `{field}`: {reason}"));
        error.0.field = Some(field);
        error
    }

    /// Something that does not exist; `what` names it, such as "object `indicator--…`".
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("{what} does not exist"))
    }

    /// Something that this implementer cannot answer.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{what} cannot be answered here"))
    }

    /// Adds the parameter or property that is wrong.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Adds the HTTP status that came with it.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    /// Adds the service's own code, such as `T300` (CONTRACT 4).
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds how long to wait before asking again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Adds what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same question may be answered when it is asked again later.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Transport
        )
    }

    /// The parameter or property that is wrong, for [`ErrorKind::InvalidRequest`] and [`ErrorKind::Protocol`].
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's own code, where the answer had one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// How long the other side asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a permanent error that a caller would repeat for ever, and a passing one that it would give up on.
    #[test]
    fn only_passing_faults_are_retryable() {
        use ErrorKind::{
            Forbidden, InvalidRequest, NotFound, Protocol, RateLimited, Storage, Transport,
            Unauthorized, Unavailable, Unsupported,
        };
        for kind in [RateLimited, Unavailable, Transport] {
            assert!(Error::new(kind, "x").is_retryable(), "{kind:?}");
        }
        for kind in
            [Unauthorized, Forbidden, NotFound, InvalidRequest, Protocol, Storage, Unsupported]
        {
            assert!(!Error::new(kind, "x").is_retryable(), "{kind:?}");
        }
    }
}
