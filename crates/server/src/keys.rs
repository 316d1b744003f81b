//! Keys: made here, kept as hashes, found by their hash.
//!
//! A key has 256 random bits. So a fast hash is enough, there being nothing to guess; and a key may be looked up by its
//! hash in a table, whatever time that takes: it tells something of the hash of what was sent, from which nobody gets to a
//! text with the hash of a key. What a request costs so does not grow with the number of keys.

mod error;
mod file;
mod shared;

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use inthreat_stix::Timestamp;
use inthreat_wire::Permission;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use error::{KeysError, KeysErrorKind};
pub use shared::SharedKeys;

/// What every key begins with, so that it is recognised where it was pasted by mistake.
const PREFIX: &str = "inthreat_";
/// How many keys a file may have.
pub(crate) const KEYS_MAX: usize = 10_000;
/// The longest name of a key, in bytes.
const NAME_LENGTH_MAX: usize = 200;

/// The keys of a server, as hashes.
///
/// ```
/// use inthreat_server::{KeyDraft, Keys};
/// use inthreat_wire::Permission;
///
/// let mut keys = Keys::default();
/// let draft = KeyDraft::new("splunk").with_permissions([Permission::ReadObjects]);
/// let created = keys.create(draft, "2026-11-21T16:00:00Z".parse()?)?;
/// // The only time that the key is shown.
/// assert!(created.secret().starts_with("inthreat_"));
/// assert_eq!(Keys::from_json(&keys.to_json())?, keys);
/// keys.revoke(created.id(), "2026-11-22T00:00:00Z".parse()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    records: Vec<KeyRecord>,
    /// Where in `records` the key with a hash is.
    by_hash: HashMap<[u8; 32], usize>,
}

/// What is kept of a key.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct KeyRecord {
    /// What the key is revoked by.
    pub id: String,
    /// Whom or what it is for.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// The UUID of the community whose feeds it sees. `None`: it is the operator's and sees those of all.
    pub community: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it is not taken any more.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    sha256: [u8; 32],
}

/// What a key is to be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeyDraft {
    /// Whom or what it is for.
    pub name: String,
    /// What it may do; everything that changes nothing when nothing is said.
    pub permissions: Vec<Permission>,
    /// The UUID of the community whose feeds it sees. `None`: those of all.
    pub community: Option<String>,
    /// From when on it is not taken any more.
    pub expires: Option<Timestamp>,
}

/// A key that was just made. Its text is kept nowhere.
pub struct NewKey {
    id: String,
    secret: Zeroizing<String>,
}

/// Whether a text is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the key in this place of the records.
    Valid(usize),
    Expired,
    Revoked,
    Unknown,
}

impl Keys {
    /// Reads the file of keys.
    pub fn from_json(text: &[u8]) -> Result<Self, KeysError> {
        let (mut keys, mut ids) = (Self::default(), HashSet::new());
        for record in file::read(text)? {
            if !ids.insert(record.id.clone()) || keys.by_hash.contains_key(&record.sha256) {
                let message = format!(
                    "read key {} of the file of keys: it stands there twice",
                    keys.records.len()
                );
                return Err(KeysError::new(KeysErrorKind::Malformed, message));
            }
            keys.push(record);
        }
        Ok(keys)
    }

    /// Writes the file of keys, in the newest version of its format.
    pub fn to_json(&self) -> Vec<u8> {
        file::write(&self.records)
    }

    /// Makes a key and keeps its hash.
    pub fn create(
        &mut self,
        draft: impl Into<KeyDraft>,
        created: Timestamp,
    ) -> Result<NewKey, KeysError> {
        let draft = draft.into();
        let name = draft.name;
        if name.is_empty() || name.len() > NAME_LENGTH_MAX || name.contains(char::is_control) {
            let message =
                format!("create a key: expected a name of 1 to {NAME_LENGTH_MAX} printable bytes");
            return Err(KeysError::new(KeysErrorKind::Name, message));
        }
        if let Some(expires) = draft.expires.filter(|expires| *expires <= created) {
            let message = format!("create a key: it would have expired at {expires}");
            return Err(KeysError::new(KeysErrorKind::Expiry, message));
        }
        if self.records.len() >= KEYS_MAX {
            let message = format!("create a key: there are {KEYS_MAX} already");
            return Err(KeysError::new(KeysErrorKind::Full, message));
        }
        let community = draft.community.map(|uuid| community(&uuid)).transpose()?;
        let mut permissions = draft.permissions;
        permissions.sort_unstable();
        permissions.dedup();
        let (id, secret) = random()?;
        self.push(KeyRecord {
            id: id.clone(),
            name,
            permissions,
            community,
            created,
            expires: draft.expires,
            revoked: None,
            sha256: hash(&secret),
        });
        Ok(NewKey { id, secret })
    }

    /// Revokes a key; one that is revoked already stays as it is.
    pub fn revoke(&mut self, id: &str, at: Timestamp) -> Result<(), KeysError> {
        let Some(record) = self.records.iter_mut().find(|record| record.id == id) else {
            let message = format!("revoke key `{}`: there is none", id.escape_default());
            return Err(KeysError::new(KeysErrorKind::Unknown, message));
        };
        record.revoked.get_or_insert(at);
        Ok(())
    }

    /// Every key, oldest first, those that are revoked or have expired too.
    pub fn records(&self) -> &[KeyRecord] {
        &self.records
    }

    /// Finds the key that a text is. Without knowing what time it is, every key that will expire has expired.
    pub(crate) fn check(&self, text: &str, now: Option<Timestamp>) -> Verdict {
        let index = self.by_hash.get(&hash(text)).copied();
        let Some((index, record)) =
            index.and_then(|index| self.records.get(index).map(|record| (index, record)))
        else {
            return Verdict::Unknown;
        };
        if record.revoked.is_some() {
            Verdict::Revoked
        } else if record.expires.is_some_and(|at| now.is_none_or(|now| at <= now)) {
            Verdict::Expired
        } else {
            Verdict::Valid(index)
        }
    }

    fn push(&mut self, record: KeyRecord) {
        self.by_hash.insert(record.sha256, self.records.len());
        self.records.push(record);
    }
}

impl fmt::Debug for KeyRecord {
    /// The hash is left out: it is of no use to who reads a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRecord")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .field("community", &self.community)
            .field("created", &self.created)
            .field("expires", &self.expires)
            .field("revoked", &self.revoked)
            .finish_non_exhaustive()
    }
}

impl KeyDraft {
    /// A key that may read everything, of every community, for ever.
    pub fn new(name: impl Into<String>) -> Self {
        let permissions = Permission::ALL.into_iter().filter(|one| one.is_reading()).collect();
        Self { name: name.into(), permissions, community: None, expires: None }
    }

    /// Sets what it may do.
    #[must_use]
    pub fn with_permissions(mut self, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.permissions = permissions.into_iter().collect();
        self
    }

    /// Sets the UUID of the community whose feeds it sees.
    #[must_use]
    pub fn with_community(mut self, uuid: impl Into<Option<String>>) -> Self {
        self.community = uuid.into();
        self
    }

    /// Sets from when on it is not taken any more.
    #[must_use]
    pub fn with_expires(mut self, at: impl Into<Option<Timestamp>>) -> Self {
        self.expires = at.into();
        self
    }
}

impl From<&str> for KeyDraft {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl NewKey {
    /// What the key is revoked by.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself, to be shown once.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// An identifier and a key that nobody has seen before.
fn random() -> Result<(String, Zeroizing<String>), KeysError> {
    let mut random = Zeroizing::new([0; 32]);
    let mut id = [0; 8];
    getrandom::fill(random.as_mut()).and_then(|()| getrandom::fill(&mut id)).map_err(|error| {
        KeysError::new(KeysErrorKind::Random, "get random bytes from the system").with_source(error)
    })?;
    let secret = Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random.as_ref())));
    Ok((hex(&id), secret))
}

/// The UUID of a community, in the one spelling that is compared.
fn community(uuid: &str) -> Result<String, KeysError> {
    Uuid::try_parse(uuid).map(|uuid| uuid.hyphenated().to_string()).map_err(|error| {
        let message = format!(
            "read the community `{}`",
            uuid.chars().take(80).collect::<String>().escape_default()
        );
        KeysError::new(KeysErrorKind::Community, message).with_source(error)
    })
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests;
