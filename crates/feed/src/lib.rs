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
//!     Ok(consumer.pull(future::pending()).await?.objects)
//! }
//! ```
//!
//! A consumer reads once, watches a feed for ever, or reads a part of it afterwards; it drops what a [`Filter`] does not
//! keep, and fetches what pages refer to. A [`Gate`] keeps what is marked too strictly from any sink.
//!
//! # Memory
//!
//! A page is one body, of which its objects are parts: it stays whole until the last of them is written, also where a
//! [`Filter`] keeps few. At most these are in memory at a time, for each consumer:
//!
//! | what | bounded by | by default, with objects of 1.3 kB |
//! | --- | --- | ---: |
//! | one page on its way | [`Options::with_limit`], and the longest body that the source takes | 2.6 MB |
//! | pages that wait for the sink | [`Options::batch_pages_max`] and [`Options::batch_bytes_max`], and the page that reaches it | 10 MB |
//! | pages that the sink has in hand | the same | 10 MB |
//! | what the sink makes of them | the sink: a buffer of 256 KiB for lines and commands, one statement for PostgreSQL, the messages in flight for NATS | |
//! | the ids of what was resolved | [`ResolveOptions`] | 4 MB |
//!
//! Consumers multiply that, and a feed with several sinks has a consumer for each. A [`Supervisor`] bounds the pages of
//! all its consumers together, those on their way, those that wait and those in hand, so that a hundred feeds need
//! hardly more than one; what sinks make of them still multiplies.
//!
//! # Time
//!
//! Every page and every batch carries how long it took ([`Event::PageFetched`], [`Event::BatchWritten`]);
//! [`Report::fetching`] and [`Report::writing`] add that up, and [`Metrics`] as `inthreat_feed_seconds_total`. Both go on at once: the
//! one that is close to the time of the whole run is what the run waits for.
//!
//! Not here: retries of a single question, which belong to the source. A Tokio runtime is needed.

mod audit;
mod budget;
mod command;
mod consumer;
mod error;
mod event;
mod filter;
mod gate;
mod metrics;
mod ndjson;
mod options;
mod range;
mod report;
mod resolve;
mod schedule;
mod shutdown;
mod step;
mod supervisor;
mod target;
#[cfg(test)]
mod testing;
mod timer;
mod trace;

pub use audit::{Audit, AuditOptions, AuditReport, Drift, DriftKind};
pub use command::CommandSink;
pub use consumer::Consumer;
pub use error::{Error, ErrorKind, Result};
pub use event::{Event, Observer};
pub use filter::{Dropped, Filter};
pub use gate::Gate;
pub use metrics::Metrics;
pub use ndjson::{NdjsonFolderSink, NdjsonSink, RotateOptions};
pub use options::{LeaseOptions, Options};
pub use range::Range;
pub use report::{Outcome, Report};
pub use resolve::ResolveOptions;
pub use schedule::WatchOptions;
pub use shutdown::Wake;
pub use supervisor::{FeedState, StateUpdates, Supervisor};
pub use target::Target;
pub use trace::TraceObserver;
