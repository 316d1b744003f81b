//! Why keys could not be read or changed.

use std::{error, fmt};

/// What is wrong with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeysErrorKind {
    /// The file is not what its format says.
    Malformed,
    /// The file is of another version.
    Version,
    /// The name cannot be taken.
    Name,
    /// The community is no UUID.
    Community,
    /// The key would have expired before it was made.
    Expiry,
    /// There are as many keys as there can be.
    Full,
    /// There is no such key.
    Unknown,
    /// The system gave no random bytes.
    Random,
}

/// Why keys could not be read or changed.
#[derive(Debug)]
pub struct KeysError {
    kind: KeysErrorKind,
    message: String,
    source: Option<Box<dyn error::Error + Send + Sync>>,
}

impl KeysError {
    pub(crate) fn new(kind: KeysErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What is wrong.
    pub fn kind(&self) -> KeysErrorKind {
        self.kind
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for KeysError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
