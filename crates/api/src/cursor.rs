//! The service's opaque place in a feed.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A place in a feed, as the service gave it. It means nothing to anyone else and is never parsed (CONTRACT 2.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(Box<str>);

/// Why a text cannot be a cursor.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum CursorError {
    /// It is empty.
    #[error("the cursor is empty")]
    Empty,
    /// It is longer than [`Cursor::LENGTH_MAX`].
    #[error("the cursor is longer than {} bytes", Cursor::LENGTH_MAX)]
    TooLong,
    /// It holds a control character.
    #[error("the cursor holds a control character")]
    Control,
}

impl Cursor {
    /// The longest cursor that is taken, in bytes.
    pub const LENGTH_MAX: usize = 4096;

    /// Takes the text of a cursor.
    pub fn new(text: impl Into<String>) -> Result<Self, CursorError> {
        let text = text.into();
        if text.is_empty() {
            Err(CursorError::Empty)
        } else if text.len() > Self::LENGTH_MAX {
            Err(CursorError::TooLong)
        } else if text.chars().any(char::is_control) {
            Err(CursorError::Control)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The text, as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        Self::new(text)
    }
}
