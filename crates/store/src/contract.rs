//! The contracts that every store keeps.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use inthreat_api::Cursor;
use inthreat_stix::{Id, Timestamp};
use thiserror::Error;

use crate::{Batch, Lease, LeaseRequest, Result, Written};

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
    /// How many times the cursor under this key was committed, forgotten or leased. It never falls.
    pub generation: u64,
    /// The newest `modified` up to the cursor, as far as the commits told it: from where the feed can be read again
    /// when its source refuses the cursor.
    pub newest: Option<Timestamp>,
}

impl Position {
    /// This cursor in this generation; the newest `modified` is not known.
    pub fn new(cursor: Option<Cursor>, generation: u64) -> Self {
        Self { cursor, generation, newest: None }
    }

    /// Sets the newest `modified` up to the cursor.
    #[must_use]
    pub fn with_newest(mut self, newest: impl Into<Option<Timestamp>>) -> Self {
        self.newest = newest.into();
        self
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
    /// The newest `modified` up to the new cursor, where it is known. The store keeps the newest of all commits.
    pub newest: Option<Timestamp>,
}

impl Commit {
    /// Moves the cursor under `key` from generation `expected` to `cursor`.
    pub fn new(key: CursorKey, expected: u64, cursor: Cursor) -> Self {
        Self { key, expected, cursor, newest: None }
    }

    /// Sets the newest `modified` up to the new cursor.
    #[must_use]
    pub fn with_newest(mut self, newest: impl Into<Option<Timestamp>>) -> Self {
        self.newest = newest.into();
        self
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
/// - A lease is held by one at a time: [`CursorStore::take_lease`] fails with [`Busy`](crate::ErrorKind::Busy) until the
///   lease that was given last has expired or was released. Taking one is a move too: it leaves the cursor where it is
///   and takes a new generation, which is the token of the lease.
/// - So the generation fences holders as well: whoever lost its lease expects a generation below the newest token, and
///   its commits and renewals are conflicts, however long it slept. An expired lease that nobody took is as good as before.
/// - A lease keeps off those who ask for one. A commit needs none, so that an operator can always set or forget a cursor;
///   that fences the holder off in its turn.
/// - Time is the store's own: a clock that was handed in, or that of the database. No caller's clock decides.
///
/// [`CursorRecord`](crate::CursorRecord) has these rules without a store.
///
/// A future that is dropped leaves either the old or the new cursor, never none, and leaves open whether a lease was
/// taken, renewed or released; one that was taken so ends with its time.
#[async_trait]
pub trait CursorStore: Send + Sync {
    /// How far the feed was read. A key that was never committed is at [`Position::default`].
    async fn load(&self, key: &CursorKey) -> Result<Position>;

    /// Moves a cursor and gives its new generation.
    async fn commit(&self, commit: Commit) -> Result<u64>;

    /// Every key that was ever committed or leased, sorted; also those whose cursor was forgotten.
    async fn list(&self) -> Result<Vec<(CursorKey, Position)>>;

    /// Forgets a cursor, so that the feed is read from its beginning. False when there was none.
    async fn forget(&self, key: &CursorKey) -> Result<bool>;

    /// Takes the lease of a cursor, and gives it with the position of the same moment: its generation is the token.
    /// [`Busy`](crate::ErrorKind::Busy) while somebody holds it, be it under the same name.
    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)>;

    /// Holds a lease until this time from now; it never ends earlier than before.
    /// [`Conflict`](crate::ErrorKind::Conflict) when somebody else took it meanwhile, or when it was released.
    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease>;

    /// Gives a lease back, so that it can be taken at once. False when it is somebody else's meanwhile, or nobody's.
    async fn release_lease(&self, lease: &Lease) -> Result<bool>;

    /// Who holds the lease of a cursor now.
    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>>;
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

/// What a sink holds of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The `modified` of the newest version.
    pub modified: Option<Timestamp>,
    /// Whether the newest version is revoked.
    pub revoked: bool,
}

impl Held {
    /// A version of this instant.
    pub fn new(modified: Option<Timestamp>, revoked: bool) -> Self {
        Self { modified, revoked }
    }
}

/// A sink that can tell what it holds, so that it can be compared with its source.
#[async_trait]
pub trait Holdings: Send + Sync {
    /// What it holds of each of these objects, in the order of the question; `None` for one that it does not hold.
    ///
    /// Dropping the future leaves nothing behind.
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>>;
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

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        T::take_lease(self, request).await
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        T::renew_lease(self, lease, time).await
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        T::release_lease(self, lease).await
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        T::lease(self, key).await
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

#[async_trait]
impl<T: Holdings + ?Sized> Holdings for Arc<T> {
    async fn holdings(&self, ids: Vec<Id>) -> Result<Vec<Option<Held>>> {
        T::holdings(self, ids).await
    }
}
