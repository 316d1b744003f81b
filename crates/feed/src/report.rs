//! What a run did.

use std::time::Duration;

use inthreat_api::Cursor;
use inthreat_stix::Timestamp;
use inthreat_store::Written;

use crate::Dropped;

/// Why a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The feed has nothing newer.
    CaughtUp,
    /// As many pages were read as the options allow.
    PagesMax,
    /// It was told to stop.
    Interrupted,
    /// It failed; the report is that of an [`Error`](crate::Error).
    #[default]
    Failed,
}

/// What a run did: what is counted is durable, but for the times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Pages with items that were written.
    pub pages: u64,
    /// Batches that were written.
    pub batches: u64,
    /// Items of these pages, good or bad, those that were dropped included.
    pub objects: u64,
    /// Bytes of these items.
    pub bytes: u64,
    /// What the sink made of them, and of the objects that were fetched because these refer to them.
    pub written: Written,
    /// Items that were dropped before the sink, by reason.
    pub dropped: Dropped,
    /// Objects that were fetched because pages refer to them.
    pub resolved: u64,
    /// Objects that pages refer to and that the source does not have.
    pub unresolved: u64,
    /// What the sink made of the objects that were read once more at the end ([`Options::overlap`](crate::Options::overlap)).
    pub reread: Written,
    /// How long the source took for all pages, those that were never written included. While a page is fetched another
    /// one may be written, so that this and [`writing`](Self::writing) may be longer together than the run.
    pub fetching: Duration,
    /// How long the sink and the cursor store took for all batches.
    pub writing: Duration,
    /// The newest `modified` that was delivered, in this run or before it.
    pub newest: Option<Timestamp>,
    /// Where the feed goes on: the cursor that was committed last, in this run or before it.
    pub cursor: Option<Cursor>,
    /// Why the run ended.
    pub outcome: Outcome,
}

impl Report {
    /// Adds a later run of the same feed.
    pub(crate) fn add(&mut self, later: &Self) {
        self.pages += later.pages;
        self.batches += later.batches;
        self.objects += later.objects;
        self.bytes += later.bytes;
        self.written += later.written;
        self.dropped += later.dropped;
        self.resolved += later.resolved;
        self.unresolved += later.unresolved;
        self.reread += later.reread;
        self.fetching += later.fetching;
        self.writing += later.writing;
        self.newest = self.newest.max(later.newest);
        self.cursor.clone_from(&later.cursor);
        self.outcome = later.outcome;
    }

    /// Adds what was read once more at the end of the run.
    pub(crate) fn add_reread(&mut self, again: &Self) {
        self.reread += again.written;
        self.dropped += again.dropped;
        self.resolved += again.resolved;
        self.unresolved += again.unresolved;
        self.fetching += again.fetching;
        self.writing += again.writing;
    }
}
