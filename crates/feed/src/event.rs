//! What a consumer tells while it runs.

use std::{sync::Arc, time::Duration};

use inthreat_api::Cursor;
use inthreat_stix::{Rejected, Timestamp};
use inthreat_store::Written;

use crate::{Dropped, ErrorKind, Outcome};

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
        /// How many of them go no further, by reason.
        dropped: Dropped,
        /// Objects that were fetched because the page refers to them.
        resolved: u64,
        /// Objects that the page refers to and that the source does not have.
        unresolved: u64,
        /// How long the source took for it and for what it refers to: the network, and splitting it into objects.
        took: Duration,
    },
    /// The source refused the cursor, and the options allow to begin again.
    #[non_exhaustive]
    Restarted {
        /// What was modified after this instant is read; everything when it is not known.
        after: Option<Timestamp>,
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
        /// The newest `modified` that was delivered so far, where it is known.
        newest: Option<Timestamp>,
        /// How long the sink and the cursor store took for it.
        took: Duration,
    },
    /// The run ended without an error.
    #[non_exhaustive]
    Finished {
        /// Why.
        outcome: Outcome,
    },
    /// The run ended with an error.
    #[non_exhaustive]
    Failed {
        /// What stopped it.
        kind: ErrorKind,
        /// The error and its causes, as one line.
        reason: String,
    },
    /// The feed is caught up, and is asked again after this time.
    #[non_exhaustive]
    Waiting {
        /// How long, unless it is woken.
        wait: Duration,
    },
    /// The run that failed is repeated after this time.
    #[non_exhaustive]
    BackingOff {
        /// How long, unless it is woken.
        wait: Duration,
        /// How many runs have failed one after the other.
        failures: u32,
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

/// Tells one after the other.
impl Observer for Vec<Arc<dyn Observer>> {
    fn observe(&self, event: &Event) {
        for observer in self {
            observer.observe(event);
        }
    }
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn observe(&self, event: &Event) {
        self(event);
    }
}
