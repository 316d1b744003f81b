//! Keys that are changed while a server asks for them.

use std::sync::{Arc, PoisonError, RwLock};

use super::Keys;

/// Keys that can be replaced while servers ask for them. Clones share what they hold.
///
/// ```
/// use inthreat_server::{Keys, ServerOptions, SharedKeys};
///
/// let shared = SharedKeys::new(Keys::default());
/// let options = ServerOptions::default().with_keys(shared.clone());
/// let mut keys = Keys::clone(&shared.current());
/// keys.create("splunk", "2026-11-21T16:00:00Z".parse()?)?;
/// // From now on the new key is answered.
/// shared.replace(keys);
/// assert_eq!(shared.current().records().len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SharedKeys(Arc<RwLock<Arc<Keys>>>);

impl SharedKeys {
    /// Shares keys.
    pub fn new(keys: Keys) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(keys))))
    }

    /// Replaces all keys at once. Requests that are under way are finished with those that they came with.
    pub fn replace(&self, keys: Keys) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// The keys as they are now.
    pub fn current(&self) -> Arc<Keys> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Keys> for SharedKeys {
    fn from(keys: Keys) -> Self {
        Self::new(keys)
    }
}

impl From<Keys> for Option<SharedKeys> {
    fn from(keys: Keys) -> Self {
        Some(SharedKeys::new(keys))
    }
}
