//! What went wrong inside, before it is known where and at what.

use std::{io, path::Path};

use inthreat_api as api;
use inthreat_store as store;
use inthreat_store::ErrorKind;
use rusqlite::ErrorCode;
use thiserror::Error;

/// A fault on its way out. [`Fault::into_store`] and [`Fault::into_api`] say what was tried, and where.
#[derive(Debug, Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A fault with its kind and all that is to be told.
    #[error("{1}")]
    Told(ErrorKind, String),
    /// The question reads more than may be read where it was asked: it is begun anew elsewhere, and nobody is told.
    #[error("reads too much to be answered at once")]
    Long,
    /// The folder is no replica, for this reason.
    #[error("is not a replica: {0}")]
    NotAReplica(&'static str),
    /// The store's own error, which needs no more words.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The question is wrong, or asks for what is not there.
    #[error(transparent)]
    Question(#[from] api::Error),
}

impl Fault {
    /// Something stored is not what it should be.
    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::Told(ErrorKind::Corrupt, message.into())
    }

    /// Whether there is no room left.
    pub(crate) fn is_full(&self) -> bool {
        self.kind() == ErrorKind::Full
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Told(kind, _) => *kind,
            Self::NotAReplica(_) | Self::Question(_) => ErrorKind::Incompatible,
            Self::Store(error) => error.kind(),
            Self::Io(error) => kind_of_io(error),
            Self::Long => ErrorKind::Busy,
            Self::Sqlite(error) => kind_of(error),
        }
    }

    /// The error of a store: `operation` is a verb and its object, such as "write a batch to".
    pub(crate) fn into_store(self, operation: &str, folder: &Path) -> store::Error {
        let kind = self.kind();
        let place = folder.display();
        match self {
            Self::Store(error) => error,
            Self::NotAReplica(reason) => {
                store::Error::new(kind, format!("`{place}` is not a replica: {reason}"))
            }
            Self::Told(_, message) => {
                store::Error::new(kind, format!("{operation} `{place}`: {message}"))
            }
            Self::Sqlite(error) => {
                let message = match kind {
                    ErrorKind::Full => ": there is no room left",
                    ErrorKind::Busy => ": another process holds it",
                    ErrorKind::Corrupt => ": the file is damaged",
                    _ => "",
                };
                store::Error::new(kind, format!("{operation} `{place}`{message}"))
                    .with_source(error)
            }
            Self::Io(error) => {
                store::Error::new(kind, format!("{operation} `{place}`")).with_source(error)
            }
            Self::Question(error) => {
                store::Error::new(kind, format!("{operation} `{place}`")).with_source(error)
            }
            Self::Long => store::Error::new(kind, format!("{operation} `{place}`: {self}")),
        }
    }

    /// The error of a question.
    pub(crate) fn into_api(self, operation: &str, folder: &Path) -> api::Error {
        match self {
            Self::Question(error) => error,
            other => {
                let message = "read the local copy";
                api::Error::new(api::ErrorKind::Storage, message)
                    .with_source(other.into_store(operation, folder))
            }
        }
    }
}

fn kind_of(error: &rusqlite::Error) -> ErrorKind {
    let is_strange = matches!(
        error,
        rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
    );
    if is_strange {
        return ErrorKind::Corrupt;
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => ErrorKind::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Busy,
        Some(ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt,
        Some(ErrorCode::NotADatabase) => ErrorKind::Incompatible,
        _ => ErrorKind::Io,
    }
}

fn kind_of_io(error: &io::Error) -> ErrorKind {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        _ => ErrorKind::Io,
    }
}
