//! The file of keys: one JSON object, of which this program reads every version and writes the newest.
//!
//! ```json
//! {"version":2,"keys":[{"id":"5f0c…","name":"splunk","permissions":["INTHREAT_READ_OBJECTS"],"community":null,
//! "created":"2026-11-21T16:00:00Z","expires":null,"revoked":null,"sha256":"9b74…"}]}
//! ```
//!
//! `id` and `name` say which key it is, `sha256` is the SHA-256 of the key's text in hexadecimal digits. In version 1 there
//! are no `permissions`, `community` and `expires`: such a key has every permission, no community, and does not expire.

use std::error;

use inthreat_wire::Permission;
use serde::{Deserialize, Serialize};

use super::{KEYS_MAX, KeyRecord, KeysError, KeysErrorKind, community, hex};

/// The version that is written.
const VERSION: u32 = 2;

/// What is read before it is known what follows.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File<E> {
    version: u32,
    keys: Vec<E>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstEntry {
    id: String,
    name: String,
    created: String,
    revoked: Option<String>,
    sha256: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    name: String,
    permissions: Vec<String>,
    community: Option<String>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
    sha256: String,
}

/// Reads every key of a file.
pub(super) fn read(text: &[u8]) -> Result<Vec<KeyRecord>, KeysError> {
    let Versioned { version } = parse(text)?;
    let entries: Vec<Entry> = match version {
        1 => parse::<File<FirstEntry>>(text)?.keys.into_iter().map(Entry::from).collect(),
        VERSION => parse::<File<Entry>>(text)?.keys,
        _ => {
            let message =
                format!("read the file of keys: its version is {version}, not 1 to {VERSION}");
            return Err(KeysError::new(KeysErrorKind::Version, message));
        }
    };
    if entries.len() > KEYS_MAX {
        let message = format!("read the file of keys: it has more than {KEYS_MAX}");
        return Err(KeysError::new(KeysErrorKind::Malformed, message));
    }
    let read = |(index, entry): (usize, Entry)| {
        entry.read().map_err(|error| {
            let message = format!("read key {index} of the file of keys");
            KeysError::new(KeysErrorKind::Malformed, message).with_source(error)
        })
    };
    entries.into_iter().enumerate().map(read).collect()
}

/// Writes a file of these keys.
pub(super) fn write(records: &[KeyRecord]) -> Vec<u8> {
    let file = File { version: VERSION, keys: records.iter().map(Entry::write).collect() };
    let mut text = serde_json::to_vec_pretty(&file).unwrap_or_default();
    text.push(b'\n');
    text
}

fn parse<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Result<T, KeysError> {
    serde_json::from_slice(text).map_err(|error| {
        KeysError::new(KeysErrorKind::Malformed, "read the file of keys").with_source(error)
    })
}

impl From<FirstEntry> for Entry {
    fn from(first: FirstEntry) -> Self {
        Self {
            id: first.id,
            name: first.name,
            permissions: Permission::ALL.iter().map(ToString::to_string).collect(),
            community: None,
            created: first.created,
            expires: None,
            revoked: first.revoked,
            sha256: first.sha256,
        }
    }
}

impl Entry {
    fn write(record: &KeyRecord) -> Self {
        Self {
            id: record.id.clone(),
            name: record.name.clone(),
            permissions: record.permissions.iter().map(ToString::to_string).collect(),
            community: record.community.clone(),
            created: record.created.to_string(),
            expires: record.expires.map(|at| at.to_string()),
            revoked: record.revoked.map(|at| at.to_string()),
            sha256: hex(&record.sha256),
        }
    }

    fn read(self) -> Result<KeyRecord, Box<dyn error::Error + Send + Sync>> {
        let permissions = self.permissions.iter().map(|name| name.parse());
        Ok(KeyRecord {
            id: self.id,
            name: self.name,
            permissions: permissions.collect::<Result<_, _>>()?,
            community: self.community.map(|uuid| community(&uuid)).transpose()?,
            created: self.created.parse()?,
            expires: self.expires.map(|at| at.parse()).transpose()?,
            revoked: self.revoked.map(|at| at.parse()).transpose()?,
            sha256: unhex(&self.sha256).ok_or("`sha256` is not 64 hexadecimal digits")?,
        })
    }
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
