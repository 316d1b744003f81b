//! What went wrong below, before it is told to the caller.

use deadpool_postgres::{PoolError, TimeoutType};
use inthreat_store::{Error, ErrorKind};
use tokio_postgres::error::SqlState;

/// Why something could not be done: a rule of the contract, or the engine.
#[derive(Debug)]
pub(crate) enum Fault {
    Rule(Error),
    Engine(tokio_postgres::Error),
    Pool(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Engine(error),
            PoolError::Timeout(TimeoutType::Wait) => {
                Self::Pool("no connection was free in time".to_owned())
            }
            PoolError::Timeout(_) => Self::Pool("it did not answer in time".to_owned()),
            other => Self::Pool(other.to_string()),
        }
    }
}

impl Fault {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Rule(Error::new(ErrorKind::Corrupt, what))
    }

    /// Whether the engine undid a transaction because of another one, so that doing it again is all there is to do.
    pub(crate) fn is_collision(&self) -> bool {
        let collisions = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        matches!(self, Self::Engine(error) if error.code().is_some_and(|code| collisions.contains(code)))
    }

    /// Whether the engine found a text that `jsonb` cannot hold.
    pub(crate) fn is_unfit_json(&self) -> bool {
        let Self::Engine(error) = self else {
            return false;
        };
        // Data exceptions, and the limits of the program.
        error
            .code()
            .is_some_and(|code| code.code().starts_with("22") || code.code().starts_with("54"))
    }

    /// The error for the caller, who wanted to do `what`.
    pub(crate) fn into_error(self, what: &str) -> Error {
        let failed = |kind, error| {
            Error::new(kind, format!("{what} the PostgreSQL database")).with_source(error)
        };
        match self {
            Self::Rule(error) => error,
            Self::Pool(reason) => {
                failed(ErrorKind::Io, Box::<dyn std::error::Error + Send + Sync>::from(reason))
            }
            Self::Engine(error) => {
                let kind = match error.code() {
                    Some(code) if *code == SqlState::DISK_FULL => ErrorKind::Full,
                    Some(code)
                        if *code == SqlState::T_R_DEADLOCK_DETECTED
                            || *code == SqlState::T_R_SERIALIZATION_FAILURE
                            || *code == SqlState::LOCK_NOT_AVAILABLE =>
                    {
                        ErrorKind::Busy
                    }
                    Some(code)
                        if *code == SqlState::DATA_CORRUPTED
                            || *code == SqlState::INDEX_CORRUPTED =>
                    {
                        ErrorKind::Corrupt
                    }
                    _ => ErrorKind::Io,
                };
                failed(kind, error.into())
            }
        }
    }
}
