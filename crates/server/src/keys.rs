//! Keys: made here, kept as hashes, checked in constant time.
//!
//! The file of keys is one JSON object:
//!
//! ```json
//! {"version":1,"keys":[{"id":"5f0c…","name":"splunk","created":"2026-11-21T16:00:00Z","revoked":null,"sha256":"9b74…"}]}
//! ```
//!
//! `id` and `name` say which key it is, `sha256` is the SHA-256 of the key's text in hexadecimal digits. A key has 256
//! random bits, so that a fast hash is enough: there is nothing to guess.

use std::{error, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use inthreat_stix::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The version of the file's format.
const VERSION: u32 = 1;
/// What every key begins with, so that it is recognised where it was pasted by mistake.
const PREFIX: &str = "inthreat_";
/// How many keys a file may have: each is compared with what a request brings.
const KEYS_MAX: usize = 10_000;
/// The longest name of a key, in bytes.
const NAME_LENGTH_MAX: usize = 200;

/// The keys of a server, as hashes.
///
/// ```
/// use inthreat_server::Keys;
///
/// let mut keys = Keys::default();
/// let created = keys.create("splunk", "2026-11-21T16:00:00Z".parse()?)?;
/// // The only time that the key is shown.
/// assert!(created.secret().starts_with("inthreat_"));
/// assert_eq!(Keys::from_json(&keys.to_json())?, keys);
/// keys.revoke(created.id(), "2026-11-22T00:00:00Z".parse()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys(Vec<KeyRecord>);

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct KeyRecord {
    /// What the key is revoked by.
    pub id: String,
    /// Whom or what it is for.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
    sha256: [u8; 32],
}

/// A key that was just made. Its text is kept nowhere.
pub struct NewKey {
    id: String,
    secret: Zeroizing<String>,
}

/// Whether a text is a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict<'a> {
    Valid(&'a KeyRecord),
    Revoked,
    Unknown,
}

impl Keys {
    /// Reads the file of keys.
    pub fn from_json(text: &[u8]) -> Result<Self, KeysError> {
        let file: File = serde_json::from_slice(text).map_err(|error| {
            KeysError::new(KeysErrorKind::Malformed, "read the file of keys").with_source(error)
        })?;
        if file.version != VERSION {
            let message =
                format!("read the file of keys: its version is {}, not {VERSION}", file.version);
            return Err(KeysError::new(KeysErrorKind::Version, message));
        }
        if file.keys.len() > KEYS_MAX {
            let message = format!("read the file of keys: it has more than {KEYS_MAX}");
            return Err(KeysError::new(KeysErrorKind::Malformed, message));
        }
        let mut keys = Vec::with_capacity(file.keys.len());
        for (index, entry) in file.keys.into_iter().enumerate() {
            keys.push(entry.read().map_err(|error| {
                let message = format!("read key {index} of the file of keys");
                KeysError::new(KeysErrorKind::Malformed, message).with_source(error)
            })?);
        }
        Ok(Self(keys))
    }

    /// Writes the file of keys.
    pub fn to_json(&self) -> Vec<u8> {
        let file = File { version: VERSION, keys: self.0.iter().map(Entry::write).collect() };
        let mut text = serde_json::to_vec_pretty(&file).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Makes a key and keeps its hash.
    pub fn create(&mut self, name: &str, created: Timestamp) -> Result<NewKey, KeysError> {
        if name.is_empty() || name.len() > NAME_LENGTH_MAX || name.contains(char::is_control) {
            let message =
                format!("create a key: expected a name of 1 to {NAME_LENGTH_MAX} printable bytes");
            return Err(KeysError::new(KeysErrorKind::Name, message));
        }
        if self.0.len() >= KEYS_MAX {
            let message = format!("create a key: there are {KEYS_MAX} already");
            return Err(KeysError::new(KeysErrorKind::Full, message));
        }
        let mut random = Zeroizing::new([0; 32]);
        let mut id = [0; 8];
        getrandom::fill(random.as_mut()).and_then(|()| getrandom::fill(&mut id)).map_err(
            |error| {
                KeysError::new(KeysErrorKind::Random, "get random bytes from the system")
                    .with_source(error)
            },
        )?;
        let secret = Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random.as_ref())));
        let id = hex(&id);
        let sha256 = hash(&secret);
        self.0.push(KeyRecord {
            id: id.clone(),
            name: name.to_owned(),
            created,
            revoked: None,
            sha256,
        });
        Ok(NewKey { id, secret })
    }

    /// Revokes a key; one that is revoked already stays as it is.
    pub fn revoke(&mut self, id: &str, at: Timestamp) -> Result<(), KeysError> {
        let Some(record) = self.0.iter_mut().find(|record| record.id == id) else {
            let message = format!("revoke key `{}`: there is none", id.escape_default());
            return Err(KeysError::new(KeysErrorKind::Unknown, message));
        };
        record.revoked.get_or_insert(at);
        Ok(())
    }

    /// Every key, oldest first, revoked ones too.
    pub fn records(&self) -> &[KeyRecord] {
        &self.0
    }

    /// Compares a text with every key, in a time that does not tell how much of one it has.
    pub(crate) fn check(&self, text: &str) -> Verdict<'_> {
        let sha256 = hash(text);
        let mut verdict = Verdict::Unknown;
        for record in &self.0 {
            if bool::from(record.sha256.ct_eq(&sha256)) {
                verdict = match record.revoked {
                    None => Verdict::Valid(record),
                    Some(_) => Verdict::Revoked,
                };
            }
        }
        verdict
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
    fn new(kind: KeysErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    fn with_source(mut self, source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
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

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    keys: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    created: String,
    revoked: Option<String>,
    sha256: String,
}

impl Entry {
    fn write(record: &KeyRecord) -> Self {
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            created: record.created.to_string(),
            revoked: record.revoked.map(|at| at.to_string()),
            sha256: hex(&record.sha256),
        }
    }

    fn read(self) -> Result<KeyRecord, Box<dyn error::Error + Send + Sync>> {
        Ok(KeyRecord {
            id: self.id,
            name: self.name,
            created: self.created.parse()?,
            revoked: self.revoked.map(|at| at.parse()).transpose()?,
            sha256: unhex(&self.sha256).ok_or("`sha256` is not 64 hexadecimal digits")?,
        })
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<_>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let bytes: Option<Vec<u8>> = digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high << 4 | low).ok(),
            _ => None,
        })
        .collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests;
