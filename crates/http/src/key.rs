//! The key, which cannot be printed.

use std::fmt;

use inthreat_api::{Error, Result};
use zeroize::Zeroizing;

/// A key of the service (CONTRACT 1.2).
///
/// It has no `Display`, its `Debug` tells nothing, and its memory is overwritten when it is dropped. The header of a
/// request in flight holds a copy, which is marked as sensitive and lives as long as the request.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The longest key that is taken, in bytes. Old keys have more than a thousand (CONTRACT 1.2).
    pub const LENGTH_MAX: usize = 8192;

    /// Takes a key: 1 to [`ApiKey::LENGTH_MAX`] printable ASCII characters without blanks. White space around it, as
    /// files and environments leave it there, is dropped.
    ///
    /// Fails with [`InvalidRequest`](inthreat_api::ErrorKind::InvalidRequest); the message never holds the text.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let whole = Zeroizing::new(text.into());
        let text = whole.trim_ascii();
        if text.is_empty() {
            return Err(Error::invalid("key", "it is empty"));
        }
        if text.len() > Self::LENGTH_MAX {
            let reason = format_args!("it is longer than {} bytes", Self::LENGTH_MAX);
            return Err(Error::invalid("key", reason));
        }
        if let Some(place) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            let reason = format_args!("byte {place} is a blank or no printable ASCII character");
            return Err(Error::invalid("key", reason));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("Bearer {}", self.0.as_str()))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a key that a header cannot hold, and one that a file's newline spoils.
    #[test]
    fn keys_are_printable_ascii() {
        assert_eq!(*ApiKey::new(" abc\n").unwrap().authorization(), "Bearer abc");
        for text in ["", " \n", "x y", "clé", "a\u{7f}", &"x".repeat(8193)] {
            let error = ApiKey::new(text).unwrap_err();
            assert_eq!(error.field(), Some("key"));
            assert!(text.trim().is_empty() || !error.to_string().contains(text.trim()), "{error}");
        }
    }

    // Catches a key in a log.
    #[test]
    fn a_key_is_not_shown() {
        assert!(!format!("{:?}", ApiKey::new("secret").unwrap()).contains("secret"));
    }
}
