//! What can go wrong when a store is read or written.

use std::{error, fmt, io};

use crate::CursorKey;

/// The result of a store's operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The cursor was moved, or its lease taken, by somebody else since it was loaded: load it again. Nothing was written.
    Conflict,
    /// Somebody else is writing to the store, or holds the lease; the message names who. Nothing was written.
    Busy,
    /// There is no room left. What was committed before is safe.
    Full,
    /// What is stored is damaged; the message names what.
    Corrupt,
    /// It is no store of this kind, or one of another version. Nothing was touched.
    Incompatible,
    /// The operating system or the engine refused; the source says why.
    Io,
}

/// Why a store could not be read or written.
///
/// `Display` tells this link alone; [`error::Error::source`] has the rest of the chain.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind; the message is a lower-case fragment that names what and where.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// What the operating system answered when it was told to do `what`, such as "write `/var/lib/x`": no room left is
    /// [`ErrorKind::Full`], all else [`ErrorKind::Io`].
    pub fn from_io(what: impl fmt::Display, error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
            _ => ErrorKind::Io,
        };
        let message = match kind {
            ErrorKind::Full => format!("{what}: there is no room left"),
            _ => what.to_string(),
        };
        Self::new(kind, message).with_source(error)
    }

    /// A commit that found the cursor moved.
    pub fn conflict(key: &CursorKey, expected: u64, found: u64) -> Self {
        let message = format!(
            "move the cursor of `{key}`: somebody else moved it (generation {found}, expected {expected})"
        );
        Self::new(ErrorKind::Conflict, message)
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
