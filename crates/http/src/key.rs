//! The key, which cannot be printed.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use inthreat_api::{Error, Result};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// A key of the service (CONTRACT 1.2).
///
/// It has no `Display`, its `Debug` tells nothing, and its memory is overwritten when it is dropped. The header of a
/// request in flight holds a copy, which is marked as sensitive and lives as long as the request.
#[derive(Clone)]
pub struct ApiKey(SecretString);

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
        Ok(Self(SecretString::from(text)))
    }

    /// The value of the header `Authorization`.
    pub(crate) fn authorization(&self, scheme: &Scheme) -> Zeroizing<String> {
        Zeroizing::new(match scheme {
            Scheme::Bearer => format!("Bearer {}", self.0.expose_secret()),
            Scheme::Basic(user) => {
                let pair = Zeroizing::new(format!("{user}:{}", self.0.expose_secret()));
                let text = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                format!("Basic {}", text.as_str())
            }
        })
    }
}

/// How the key is shown.
#[derive(Clone, Debug)]
pub(crate) enum Scheme {
    /// As it is.
    Bearer,
    /// As the password of this user.
    Basic(String),
}

/// Gives the key when it may change while the client lives: a file that is rewritten, a vault.
#[async_trait]
pub trait KeyProvider: fmt::Debug + Send + Sync {
    /// The key as it is now. It is asked for before the first question, and again when the service refuses the key
    /// (401); the question is then asked once more, if the key is another one.
    async fn key(&self) -> Result<ApiKey>;
}

/// The key that is used at the moment.
#[derive(Debug)]
pub(crate) struct Keys {
    provider: Option<Arc<dyn KeyProvider>>,
    current: Mutex<Option<ApiKey>>,
}

impl Keys {
    pub(crate) fn new(key: Option<ApiKey>, provider: Option<Arc<dyn KeyProvider>>) -> Self {
        let key = if provider.is_some() { None } else { key };
        Self { provider, current: Mutex::new(key) }
    }

    /// The key to ask with.
    pub(crate) async fn current(&self) -> Result<Option<ApiKey>> {
        let mut current = self.current.lock().await;
        if let (None, Some(provider)) = (&*current, &self.provider) {
            *current = Some(provider.key().await?);
        }
        Ok(current.clone())
    }

    /// Another key than the one that was refused, if there is one. Of many questions that are refused at once only
    /// the first asks the provider. Dropping the future leaves the old key in place.
    pub(crate) async fn renewed(&self, refused: Option<&ApiKey>) -> Result<Option<ApiKey>> {
        let Some(provider) = &self.provider else { return Ok(None) };
        let mut current = self.current.lock().await;
        let is_refused = |key: &ApiKey| {
            refused.is_some_and(|refused| refused.0.expose_secret() == key.0.expose_secret())
        };
        if current.as_ref().is_none_or(is_refused) {
            *current = Some(provider.key().await?);
        }
        Ok(current.clone().filter(|key| !is_refused(key)))
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
        assert_eq!(*ApiKey::new(" abc\n").unwrap().authorization(&Scheme::Bearer), "Bearer abc");
        for text in ["", " \n", "x y", "clé", "a\u{7f}", &"x".repeat(8193)] {
            let error = ApiKey::new(text).unwrap_err();
            assert_eq!(error.field(), Some("key"));
            assert!(text.trim().is_empty() || !error.to_string().contains(text.trim()), "{error}");
        }
    }

    // Catches a password that a TAXII server does not understand (the example of RFC 7617).
    #[test]
    fn basic_is_base64() {
        let key = ApiKey::new("open-sesame").unwrap();
        let header = key.authorization(&Scheme::Basic("Aladdin".into()));
        assert_eq!(*header, "Basic QWxhZGRpbjpvcGVuLXNlc2FtZQ==");
    }

    // Catches a key in a log.
    #[test]
    fn a_key_is_not_shown() {
        assert!(!format!("{:?}", ApiKey::new("secret").unwrap()).contains("secret"));
    }
}
