//! Where a consumer keeps what it read: the contracts of cursor stores and sinks, their memory and file
//! implementations, and the rows that an object is indexed by.
//!
//! A [`Sink`] takes batches of objects, a [`CursorStore`] remembers how far each feed was read, and a
//! [`TransactionalSink`] does both in one transaction.

mod batch;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contract;
mod error;
mod file;
pub mod index;
mod memory;

pub use batch::{Batch, Written};
pub use contract::{
    Commit, CursorKey, CursorKeyError, CursorStore, Position, Sink, TransactionalSink,
};
pub use error::{Error, ErrorKind, Result};
pub use file::{FileCursorStore, atomic_write};
pub use memory::{MemoryCursorStore, MemorySink};
