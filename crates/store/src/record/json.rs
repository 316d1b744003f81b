//! The JSON of a record, which stores keep that have bytes under a key.

use std::time::{Duration, SystemTime};

use inthreat_api::Cursor;
use inthreat_stix::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CursorKey, CursorRecord, Error, ErrorKind, Lease, Position, Result};

/// The layout; it grows when a record can no longer be read by an older program. One that knows nothing of leases reads
/// a record with a lease, and drops the lease when it commits: the holder then meets a conflict.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    key: String,
    cursor: Option<String>,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    newest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease: Option<LeaseRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LeaseRecord {
    token: u64,
    holder: String,
    /// Microseconds since 1970-01-01T00:00:00Z.
    expires: u64,
}

impl CursorRecord {
    /// The record as one line of JSON, with the number of its layout.
    pub fn to_json(&self) -> String {
        let Self { key, position, lease } = self;
        let record = Record {
            version: VERSION,
            key: key.as_str().to_owned(),
            cursor: position.cursor.as_ref().map(|cursor| cursor.as_str().to_owned()),
            generation: position.generation,
            newest: position.newest.map(|newest| newest.to_string()),
            lease: lease.as_ref().map(|lease| LeaseRecord {
                token: lease.token,
                holder: lease.holder.clone(),
                expires: micros(lease.expires),
            }),
        };
        // Strings and numbers alone: there is nothing that could fail.
        serde_json::to_string(&record).unwrap_or_default()
    }

    /// Reads what [`CursorRecord::to_json`] wrote. [`Corrupt`](ErrorKind::Corrupt) when it is something else, and
    /// [`Incompatible`](ErrorKind::Incompatible) when a newer program wrote it.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        let record: Record = serde_json::from_slice(bytes)
            .map_err(|error| corrupt("it is no record of a cursor").with_source(error))?;
        if record.version != VERSION {
            let message = format!("it has version {}, expected {VERSION}", record.version);
            return Err(Error::new(ErrorKind::Incompatible, message));
        }
        let key: CursorKey =
            record.key.parse().map_err(|error| corrupt("its key is no key").with_source(error))?;
        let cursor = record.cursor.map(Cursor::new).transpose();
        let cursor =
            cursor.map_err(|error| corrupt("its cursor is no cursor").with_source(error))?;
        let newest = record.newest.map(|text| text.parse::<Timestamp>()).transpose();
        let newest =
            newest.map_err(|error| corrupt("its `newest` is no timestamp").with_source(error))?;
        let mut read = Self::new(key.clone());
        read.position = Position::new(cursor, record.generation).with_newest(newest);
        if let Some(lease) = record.lease {
            let expires = SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_micros(lease.expires))
                .ok_or_else(|| corrupt("its lease ends beyond all time"))?;
            read.lease = Some(Lease::new(key, lease.holder, lease.token, expires));
        }
        Ok(read)
    }
}

fn micros(instant: SystemTime) -> u64 {
    let since = instant.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn corrupt(reason: &str) -> Error {
    Error::new(ErrorKind::Corrupt, reason)
}
