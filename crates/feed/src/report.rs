//! What a run did.

use inthreat_api::Cursor;
use inthreat_store::Written;

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

/// What a run did: what is counted is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Pages with items that were written.
    pub pages: u64,
    /// Batches that were written.
    pub batches: u64,
    /// Items of these pages, good or bad.
    pub objects: u64,
    /// Bytes of these items.
    pub bytes: u64,
    /// What the sink made of them.
    pub written: Written,
    /// Where the feed goes on: the cursor that was committed last, in this run or before it.
    pub cursor: Option<Cursor>,
    /// Why the run ended.
    pub outcome: Outcome,
}
