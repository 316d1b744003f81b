//! What a consumer tells while it runs.

use inthreat_api::Cursor;
use inthreat_stix::Rejected;
use inthreat_store::Written;

use crate::Outcome;

/// Something that happened in a run, in the order in which it happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The run begins here; without a cursor, at the beginning of the feed or at `modified_after`.
    #[non_exhaustive]
    Started {
        /// The cursor that was committed last.
        cursor: Option<Cursor>,
    },
    /// A page arrived.
    #[non_exhaustive]
    PageFetched {
        /// Items of the page, good or bad; 0 on the last page.
        objects: u64,
        /// Bytes of these items.
        bytes: u64,
    },
    /// An item of the page is no object and goes to the quarantine.
    Rejected(Rejected),
    /// A batch is durable, and its cursor is committed.
    #[non_exhaustive]
    BatchWritten {
        /// Pages that were joined into it.
        pages: u64,
        /// Its items, good or bad.
        objects: u64,
        /// Bytes of these items.
        bytes: u64,
        /// What the sink made of it.
        written: Written,
        /// Where the feed goes on; `None` where the answer gave no new cursor.
        cursor: Option<Cursor>,
    },
    /// The run ended without an error.
    #[non_exhaustive]
    Finished {
        /// Why.
        outcome: Outcome,
    },
}

/// Is told what happens in a run, for progress bars, logs and metrics.
///
/// It is called between two steps of the run and holds it up as long as it takes.
pub trait Observer: Send + Sync {
    /// Takes an event.
    fn observe(&self, event: &Event);
}

/// Takes no notice.
impl Observer for () {
    fn observe(&self, _: &Event) {}
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}
