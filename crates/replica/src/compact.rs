//! Dropping what the past no longer needs.

use inthreat_stix::Timestamp;
use inthreat_store::Result;

use crate::{fault::Fault, replica::Replica, write::Writer};

/// What is kept of the past.
///
/// ```
/// use inthreat_replica::CompactOptions;
///
/// let options = CompactOptions::default().with_since("2026-10-22T00:00:00Z".parse()?);
/// assert!(options.since.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompactOptions {
    /// States from this instant on can still be told. `None`: only that of now.
    pub since: Option<Timestamp>,
}

impl CompactOptions {
    /// Sets from which instant on states can still be told.
    #[must_use]
    pub fn with_since(mut self, instant: Timestamp) -> Self {
        self.since = Some(instant);
        self
    }
}

/// What [`Replica::compact`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compacted {
    /// How many versions were dropped.
    pub versions: u64,
    /// How many blocks of bodies were written anew.
    pub blocks_rewritten: u64,
    /// How many blocks were dropped whole.
    pub blocks_dropped: u64,
    /// The oldest sequence whose state can still be told.
    pub floor: u64,
    /// Whether nothing more is to be dropped.
    pub is_complete: bool,
    /// How many bytes of the database are free: later batches are written there.
    pub free_bytes: u64,
}

/// What a step of a compaction is to do, and what it did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Step {
    pub(crate) floor: i64,
    /// The sequence up to which everything was looked at.
    pub(crate) after: i64,
    pub(crate) done: Compacted,
}

impl Replica {
    /// Drops the versions of objects that were retired before an instant, and their bodies. Newest versions stay, with their
    /// sequences; so cursors stay good for ever, and who stood at a dropped sequence goes on behind it. Blocks.
    ///
    /// It is done in short transactions, between which batches are written and questions answered. `after_step` is given
    /// what was done so far, after each of them; `false` ends it. One that was ended, or killed, is gone on with by the next.
    ///
    /// Before anything is dropped, states in front of the instant are given up: look-ups as of then, and deltas that begin
    /// there, are refused from then on. A damaged body is an error of kind `Corrupt`: [`Replica::repair`] comes first.
    /// The database does not get shorter; later batches are written where room was made. [`Replica::shrink`] gives it back.
    ///
    /// ```
    /// use inthreat_replica::{CompactOptions, Options, Replica};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// let compacted = replica.compact(CompactOptions::default(), |_| true)?;
    /// assert!(compacted.is_complete && compacted.versions == 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compact(
        &self,
        options: CompactOptions,
        after_step: impl FnMut(&Compacted) -> bool,
    ) -> Result<Compacted> {
        self.try_compact(options, after_step)
            .map_err(|fault| fault.into_store("compact", self.folder()))
    }

    fn try_compact(
        &self,
        options: CompactOptions,
        mut after_step: impl FnMut(&Compacted) -> bool,
    ) -> Result<Compacted, Fault> {
        let writer = self.writer()?;
        let since = options.since.map(Timestamp::micros);
        let mut step = writer.run_blocking(move |writer: &mut Writer| writer.give_up(since))?;
        while !step.done.is_complete && after_step(&step.done) {
            step = writer.run_blocking(move |writer: &mut Writer| writer.compact(step))?;
        }
        Ok(step.done)
    }

    /// Writes the database anew without the room that is free in it, and so makes it shorter. Blocks.
    ///
    /// It takes room for two more copies meanwhile: in the folder for temporary files, and in the write-ahead log. Batches
    /// wait; questions are answered.
    pub fn shrink(&self) -> Result<()> {
        self.writer()
            .and_then(|writer| writer.run_blocking(|writer: &mut Writer| writer.shrink()))
            .map_err(|fault| fault.into_store("shrink", self.folder()))
    }
}
