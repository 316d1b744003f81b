//! What a store keeps under a key, and the rules by which it changes: one place for every engine.

mod json;

use std::time::{Duration, SystemTime};

use crate::{Commit, CursorKey, Error, ErrorKind, Lease, LeaseRequest, Position, Result};

/// What a store keeps under one key: how far the feed was read, and who may move the cursor.
///
/// A store reads the record, changes it by one of these functions, and writes it back before anybody else may: under
/// a lock, in a transaction, or by a compare-and-set that is tried again. So the rules of
/// [`CursorStore`](crate::CursorStore) stand here alone. A function that fails changes nothing.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use inthreat_store::{Commit, CursorRecord, ErrorKind, LeaseRequest};
///
/// let mut record = CursorRecord::new("feed".parse()?);
/// let now = SystemTime::UNIX_EPOCH;
/// let request = |holder| LeaseRequest::new("feed".parse().expect("a key"), holder, Duration::from_secs(30));
/// let (first, position) = record.take_lease(request("one"), now)?;
/// assert_eq!(record.take_lease(request("two"), now).unwrap_err().kind(), ErrorKind::Busy);
///
/// // The holder sleeps beyond its lease, and another one takes over.
/// record.take_lease(request("two"), now + Duration::from_secs(30))?;
/// let late = Commit::new("feed".parse()?, position.generation, "late".parse()?);
/// assert_eq!(record.commit(late).unwrap_err().kind(), ErrorKind::Conflict);
/// assert_eq!(record.renew_lease(&first, Duration::from_secs(30), now).unwrap_err().kind(), ErrorKind::Conflict);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CursorRecord {
    /// The key.
    pub key: CursorKey,
    /// How far the feed was read.
    pub position: Position,
    /// The lease that was taken last, unless it was released; it may have expired.
    pub lease: Option<Lease>,
}

impl CursorRecord {
    /// What stands under a key that was never used.
    pub fn new(key: CursorKey) -> Self {
        Self { key, position: Position::default(), lease: None }
    }

    /// Whether the key was never used: nothing needs to be kept, and it is not listed.
    pub fn is_new(&self) -> bool {
        self.position.generation == 0
    }

    /// Moves the cursor when its generation is the expected one, and gives the new generation; a
    /// [`Conflict`](ErrorKind::Conflict) otherwise. The newest `modified` never falls.
    pub fn commit(&mut self, commit: Commit) -> Result<u64> {
        let found = self.position.generation;
        if found != commit.expected {
            return Err(Error::conflict(&self.key, commit.expected, found));
        }
        let generation = self.next_generation()?;
        let newest = self.position.newest.max(commit.newest);
        self.position = Position { cursor: Some(commit.cursor), generation, newest };
        Ok(generation)
    }

    /// Forgets the cursor and the newest `modified`, and takes a new generation. False when there was no cursor.
    pub fn forget(&mut self) -> Result<bool> {
        if self.position.cursor.is_none() {
            return Ok(false);
        }
        self.position = Position::new(None, self.next_generation()?);
        Ok(true)
    }

    /// Gives the lease to who asks, and takes a new generation, which fences every earlier holder off. Gives the
    /// position of that moment too. [`Busy`](ErrorKind::Busy) while somebody holds it.
    pub fn take_lease(
        &mut self,
        request: LeaseRequest,
        now: SystemTime,
    ) -> Result<(Lease, Position)> {
        if let Some(held) = self.lease_at(now) {
            let rest = held.expires.duration_since(now).unwrap_or_default().as_secs();
            let message = format!(
                "take the lease of `{}`: `{}` holds it for another {} s",
                self.key,
                held.holder,
                rest.saturating_add(1)
            );
            return Err(Error::new(ErrorKind::Busy, message));
        }
        let token = self.next_generation()?;
        self.position.generation = token;
        let lease = Lease::new(self.key.clone(), request.holder, token, expiry(now, request.time)?);
        self.lease = Some(lease.clone());
        Ok((lease, self.position.clone()))
    }

    /// Holds the lease for longer, also when it expired and nobody took it meanwhile;
    /// a [`Conflict`](ErrorKind::Conflict) when somebody did, or when it was released.
    pub fn renew_lease(&mut self, lease: &Lease, time: Duration, now: SystemTime) -> Result<Lease> {
        match &mut self.lease {
            Some(held) if held.token == lease.token => {
                held.expires = held.expires.max(expiry(now, time.min(LeaseRequest::TIME_MAX))?);
                Ok(held.clone())
            }
            _ => {
                let message = format!("renew the lease of `{}`: somebody else took it", self.key);
                Err(Error::new(ErrorKind::Conflict, message))
            }
        }
    }

    /// Gives the lease back. False when it is somebody else's meanwhile, or nobody's.
    pub fn release_lease(&mut self, lease: &Lease) -> bool {
        let is_theirs = self.lease.as_ref().is_some_and(|held| held.token == lease.token);
        if is_theirs {
            self.lease = None;
        }
        is_theirs
    }

    /// The lease that is in force at this instant.
    pub fn lease_at(&self, now: SystemTime) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| now < lease.expires)
    }

    fn next_generation(&self) -> Result<u64> {
        // A damaged record is refused here; no store counts this far.
        self.position.generation.checked_add(1).ok_or_else(|| {
            let message =
                format!("move the cursor of `{}`: its generation is at its end", self.key);
            Error::new(ErrorKind::Corrupt, message)
        })
    }
}

fn expiry(now: SystemTime, time: Duration) -> Result<SystemTime> {
    now.checked_add(time).ok_or_else(|| {
        Error::new(ErrorKind::Io, "take or renew a lease: the clock of the store is at its end")
    })
}
