//! The contracts that every store keeps.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use inthreat_api::Cursor;
use thiserror::Error;

use crate::{Batch, Result, Written};

/// What a cursor is kept under: a feed, and what distinguishes one reading of it from another.
///
/// One feed that is read twice with other filters has two keys, so that neither reading skips what the other saw.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CursorKey(Box<str>);

/// A text that is no key.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("parse `{}` as the key of a cursor: expected 1 to 512 bytes without control characters", .0.escape_default())]
pub struct CursorKeyError(Box<str>);

impl CursorKey {
    /// The key as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CursorKey {
    type Err = CursorKeyError;

    fn from_str(text: &str) -> Result<Self, CursorKeyError> {
        let fits = (1..=512).contains(&text.len()) && !text.chars().any(char::is_control);
        let shown = || text.chars().take(80).collect::<String>().into();
        if fits { Ok(Self(text.into())) } else { Err(CursorKeyError(shown())) }
    }
}

impl fmt::Display for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a feed was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The cursor that was committed last; `None` when there was none yet.
    pub cursor: Option<Cursor>,
    /// How many times the cursor under this key was committed or forgotten. It never falls.
    pub generation: u64,
}

impl Position {
    /// This cursor in this generation.
    pub fn new(cursor: Option<Cursor>, generation: u64) -> Self {
        Self { cursor, generation }
    }
}

/// Moves a cursor, unless somebody else did so meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Commit {
    /// Whose cursor.
    pub key: CursorKey,
    /// The generation that the cursor had when it was loaded.
    pub expected: u64,
    /// The new cursor.
    pub cursor: Cursor,
}

impl Commit {
    /// Moves the cursor under `key` from generation `expected` to `cursor`.
    pub fn new(key: CursorKey, expected: u64, cursor: Cursor) -> Self {
        Self { key, expected, cursor }
    }
}

/// Remembers how far each feed was read.
///
/// # Contract
///
/// - What [`CursorStore::commit`] acknowledged is durable, and what [`CursorStore::load`] answers was committed whole.
/// - A commit takes effect only when the generation is the expected one; it then grows by one. Otherwise nothing is
///   changed and the error is a [`Conflict`](crate::ErrorKind::Conflict): of two consumers of one feed, the one that
///   was paused cannot move the cursor back.
/// - Forgetting a cursor is a move like any other and takes a new generation, so that a paused consumer cannot bring
///   the cursor back. A key that has no cursor stays where it is.
///
/// A future that is dropped leaves either the old or the new cursor, never none.
#[async_trait]
pub trait CursorStore: Send + Sync {
    /// How far the feed was read. A key that was never committed is at [`Position::default`].
    async fn load(&self, key: &CursorKey) -> Result<Position>;

    /// Moves a cursor and gives its new generation.
    async fn commit(&self, commit: Commit) -> Result<u64>;

    /// Every key that was ever committed, sorted; also those whose cursor was forgotten.
    async fn list(&self) -> Result<Vec<(CursorKey, Position)>>;

    /// Forgets a cursor, so that the feed is read from its beginning. False when there was none.
    async fn forget(&self, key: &CursorKey) -> Result<bool>;
}

/// Takes batches of objects.
///
/// # Contract
///
/// - When [`Sink::write`] answers, the batch is durable, its rejected items included.
/// - Writing the same batch again changes nothing. An older `modified` never replaces a newer one; the same
///   `modified` with other bytes does.
/// - A batch is written whole or not at all, unless the sink says otherwise.
///
/// A future that is dropped leaves open whether the batch was written; writing it again is always right.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Writes a batch.
    async fn write(&self, batch: Batch) -> Result<Written>;
}

/// A sink that keeps its cursors beside its data: once in effect.
#[async_trait]
pub trait TransactionalSink: Sink + CursorStore {
    /// Writes a batch and moves the cursor, both or neither. Gives the counts and the cursor's new generation.
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)>;
}

#[async_trait]
impl<T: CursorStore + ?Sized> CursorStore for Arc<T> {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        T::load(self, key).await
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        T::commit(self, commit).await
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        T::list(self).await
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        T::forget(self, key).await
    }
}

#[async_trait]
impl<T: Sink + ?Sized> Sink for Arc<T> {
    async fn write(&self, batch: Batch) -> Result<Written> {
        T::write(self, batch).await
    }
}

#[async_trait]
impl<T: TransactionalSink + ?Sized> TransactionalSink for Arc<T> {
    async fn write_and_commit(&self, batch: Batch, commit: Commit) -> Result<(Written, u64)> {
        T::write_and_commit(self, batch, commit).await
    }
}
