//! The feed consumer: pages in, durable batches and cursors out.
//!
//! A [`Consumer`] reads a feed from where it stopped last until it is caught up. The next page is fetched while the last
//! one is written, pages are joined where the sink is slower than the source, and a cursor is committed only after
//! everything before it is durable: at least once always, and once in effect where the sink keeps the cursor beside
//! its data. Memory is bounded by a few pages, whatever the feed's size.
//!
//! ```
//! use std::{future, sync::Arc};
//!
//! use inthreat_api::Collections;
//! use inthreat_feed::{Consumer, Error, Options, Target};
//! use inthreat_store::MemorySink;
//!
//! async fn pull(source: Arc<dyn Collections>, sink: Arc<MemorySink>) -> Result<u64, Error> {
//!     let consumer = Consumer::new(source, Target::transactional(sink), Options::default());
//!     Ok(consumer.run(future::pending()).await?.objects)
//! }
//! ```
//!
//! Not here: retries, which belong to the source; waiting for news and asking again, which belong to the program.
//! A Tokio runtime is needed.

mod consumer;
mod error;
mod event;
mod ndjson;
mod options;
mod report;
mod step;
mod target;

pub use consumer::Consumer;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, Observer};
pub use ndjson::NdjsonSink;
pub use options::Options;
pub use report::{Outcome, Report};
pub use target::Target;
