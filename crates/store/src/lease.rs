//! The right to move a cursor for a while.

use std::time::{Duration, SystemTime};

use crate::CursorKey;

/// Asks for the right to move a cursor for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseRequest {
    /// Whose cursor.
    pub key: CursorKey,
    /// Who asks, for people to read: a host and a process, say. It decides nothing.
    pub holder: String,
    /// For how long, unless it is renewed.
    pub time: Duration,
}

impl LeaseRequest {
    /// The longest name of a holder in bytes; what is beyond is cut off.
    pub const HOLDER_LENGTH_MAX: usize = 256;
    /// The longest time that a lease may have; a longer one is cut to it.
    pub const TIME_MAX: Duration = Duration::from_hours(24);

    /// Asks for the cursor under `key` in the name of `holder`, whose control characters are left out.
    pub fn new(key: CursorKey, holder: impl AsRef<str>, time: Duration) -> Self {
        let mut kept = String::new();
        for character in holder.as_ref().chars().filter(|c| !c.is_control()) {
            if kept.len() + character.len_utf8() > Self::HOLDER_LENGTH_MAX {
                break;
            }
            kept.push(character);
        }
        Self { key, holder: kept, time: time.min(Self::TIME_MAX) }
    }
}

/// The right to move a cursor until it expires, is released, or is taken by somebody else after that.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// Whose cursor.
    pub key: CursorKey,
    /// Who holds it.
    pub holder: String,
    /// The fencing token: the generation that the cursor got when the lease was taken. Every later lease has a higher one.
    pub token: u64,
    /// When it ends by the clock of the store, which need not be that of the holder: the holder counts its own time
    /// from before it asked.
    pub expires: SystemTime,
}

impl Lease {
    /// A lease of these parts.
    pub fn new(key: CursorKey, holder: impl Into<String>, token: u64, expires: SystemTime) -> Self {
        Self { key, holder: holder.into(), token, expires }
    }
}
