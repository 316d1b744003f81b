//! Why a run stopped.

use std::{error, fmt};

use inthreat_api as api;
use inthreat_store as store;

use crate::{Report, schedule::Outlook};

/// The result of a run.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source did not answer. Everything that it answered before is durable.
    Source(api::ErrorKind),
    /// The sink or the cursor store failed; [`Conflict`](store::ErrorKind::Conflict) when another consumer moved the cursor.
    Store(store::ErrorKind),
    /// The source answered a full page whose cursor leads nowhere. The objects of the page are durable.
    StuckCursor,
    /// The source refuses the cursor that was committed last. Nothing was read; see
    /// [`Options::restart_overlap`](crate::Options::restart_overlap).
    RefusedCursor,
    /// The feed delivers its newest objects first, so that it cannot be read on from a cursor. Nothing was asked of it.
    NewestFirst,
    /// The consumer panicked; only a [`Supervisor`](crate::Supervisor) outlives that.
    Panicked,
    /// The options contradict themselves. Nothing was asked.
    InvalidOptions,
}

/// Why a run stopped, and what it had done by then.
///
/// `Display` tells this link alone; [`error::Error::source`] has the rest of the chain.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Cause>,
    report: Report,
}

#[derive(Debug)]
enum Cause {
    Source(api::Error),
    Store(store::Error),
}

impl Error {
    pub(crate) fn source_failed(message: String, error: api::Error) -> Self {
        Self::new(ErrorKind::Source(error.kind()), message, Some(Cause::Source(error)))
    }

    pub(crate) fn store_failed(message: String, error: store::Error) -> Self {
        Self::new(ErrorKind::Store(error.kind()), message, Some(Cause::Store(error)))
    }

    pub(crate) fn refused(message: String, error: api::Error) -> Self {
        Self::new(ErrorKind::RefusedCursor, message, Some(Cause::Source(error)))
    }

    pub(crate) fn newest_first(message: String) -> Self {
        Self::new(ErrorKind::NewestFirst, message, None)
    }

    pub(crate) fn stuck(message: String) -> Self {
        Self::new(ErrorKind::StuckCursor, message, None)
    }

    pub(crate) fn panicked() -> Self {
        Self::new(ErrorKind::Panicked, "read the feed: the consumer panicked".into(), None)
    }

    pub(crate) fn invalid(reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidOptions, format!("start to read the feed: {reason}"), None)
    }

    fn new(kind: ErrorKind, message: String, source: Option<Cause>) -> Self {
        Self(Box::new(Inner { kind, message, source, report: Report::default() }))
    }

    pub(crate) fn with_report(mut self, report: Report) -> Self {
        self.0.report = report;
        self
    }

    /// What stopped the run.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was durable when the run stopped.
    pub fn report(&self) -> &Report {
        &self.0.report
    }

    /// The error of the source, for how long to wait and which field is wrong.
    pub fn as_source(&self) -> Option<&api::Error> {
        match &self.0.source {
            Some(Cause::Source(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether the same run may come further when it is started again later: the source may answer then, whoever holds
    /// the lease or moved the cursor may be done, and a disk may have room again. An answer that is not what the contract
    /// says counts too: it may come from a proxy on the way, and nothing is lost by asking again.
    pub fn is_retryable(&self) -> bool {
        use store::ErrorKind::{Busy, Conflict, Full, Io};
        match self.kind() {
            ErrorKind::Store(kind) => matches!(kind, Busy | Conflict | Full | Io),
            ErrorKind::Source(api::ErrorKind::Protocol) => true,
            ErrorKind::Source(_) => self.as_source().is_some_and(api::Error::is_retryable),
            _ => false,
        }
    }

    /// Whether the same run may come further when somebody who looks after the feed did something about it: gave the key
    /// its right back, turned the order of the feed, or set the cursor.
    pub fn is_mendable(&self) -> bool {
        use api::ErrorKind::{Forbidden, Unauthorized};
        matches!(
            self.kind(),
            ErrorKind::Source(Unauthorized | Forbidden)
                | ErrorKind::NewestFirst
                | ErrorKind::RefusedCursor
        )
    }

    pub(crate) fn outlook(&self) -> Outlook {
        match (self.is_retryable(), self.is_mendable()) {
            (true, _) => Outlook::Passes,
            (false, true) => Outlook::Mendable,
            (false, false) => Outlook::Lasts,
        }
    }

    /// The error and its causes, as one line.
    pub(crate) fn chain(&self) -> String {
        let mut chain = self.to_string();
        let mut cause = error::Error::source(self);
        while let Some(link) = cause {
            chain.push_str(": ");
            chain.push_str(&link.to_string());
            cause = link.source();
        }
        chain
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self.0.source.as_ref()? {
            Cause::Source(error) => Some(error),
            Cause::Store(error) => Some(error),
        }
    }
}
