//! Where a consumer keeps what it read: the contracts of cursor stores and sinks, their memory and file
//! implementations, the rows that an object is indexed by, and the formats that pages are written in.
//!
//! A [`Sink`] takes batches of objects, a [`CursorStore`] remembers how far each feed was read and who may move its
//! cursor, and a [`TransactionalSink`] does both in one transaction. A sink that also tells what it [holds](Holdings)
//! can be compared with its source, and one with a [`Quarantine`] gives out what it set aside.

mod batch;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
mod file;
pub mod format;
pub mod index;
mod lease;
mod memory;
mod quarantine;
mod record;
mod tls;
mod validity;

pub use batch::{Batch, Written};
pub use contract::{
    Commit, CursorKey, CursorKeyError, CursorStore, Held, Holdings, Position, Sink,
    TransactionalSink,
};
pub use error::{Error, ErrorKind, Result};
pub use file::{FileCursorStore, atomic_write, sync_folder};
pub use lease::{Lease, LeaseRequest};
pub use memory::{MemoryCursorStore, MemorySink};
pub use quarantine::{Quarantine, Quarantined};
pub use record::CursorRecord;
pub use tls::TlsFiles;
pub use validity::{Change, State, Validity};
