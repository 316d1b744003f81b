//! Objects and cursors in NATS JetStream: every new object for any number of downstream workers.
//!
//! [`NatsSink`] is a [`Sink`](inthreat_store::Sink) that publishes each object to a stream, under a subject of its type.
//! [`NatsCursorStore`] is a [`CursorStore`](inthreat_store::CursorStore) on a key-value bucket: it remembers how far
//! each feed was read, and gives leases, so that several consumers can stand by for one feed. Both are for teams that
//! run NATS already.
//!
//! ```no_run
//! use inthreat_nats::{NatsCursorStore, NatsOptions, NatsSink};
//! use inthreat_store::{Batch, Sink};
//!
//! # async fn example(batch: Batch) -> Result<(), Box<dyn std::error::Error>> {
//! let url = std::env::var("NATS_URL")?;
//! let sink = NatsSink::open(&url, NatsOptions::default()).await?;
//! println!("{:?}", sink.write(batch).await?);
//! let cursors = NatsCursorStore::open(&url, NatsOptions::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # The stream
//!
//! `INTHREAT` by default, with the subjects `inthreat.>`, made by the sink where it is not there; one that is there is
//! taken as it is.
//!
//! | subject | message |
//! | --- | --- |
//! | `inthreat.objects.TYPE` | the text of an object, byte for byte; the headers `Inthreat-Id`, `Inthreat-Modified` and `Inthreat-Feed` |
//! | `inthreat.quarantine` | the bytes of an item that was set aside; the headers `Inthreat-Reason` and `Inthreat-Feed` |
//!
//! In a subject, what is no letter, digit, `-` or `_` of a type is written `=XX`.
//!
//! A stream is a log and not a table: it does not compare a version with those that came before, so who reads it keeps
//! the newest `modified` of each id. `Nats-Msg-Id` is made of the id, of `modified` and of a hash of the bytes: what is
//! written again within the duplicate window (2 minutes by default) is dropped by the server, and counted as unchanged.
//! A batch is not written as a whole: when it fails, a part may be there, and comes again with the next try.
//!
//! A consumer that is killed leaves at most one batch that is published and not committed, and publishes it again when it
//! runs next. When that is within the window, nothing is there twice; when it is later, this batch may be, the same
//! bytes with the same `Nats-Msg-Id`. So the window should be longer than a restart takes, the longest outage that is to
//! leave no trace included: [`NatsOptions::duplicate_window`] when the stream is made, `nats stream edit --dupe-window`
//! afterwards. The server keeps the ids of the window in memory, a few hundred bytes each. Who reads the stream has to
//! take a message that comes again anyway, as from any log. `cargo xtask crash` proves both: `--target nats` starts again
//! within the window and finds no message twice, `--target nats-late` behind it and finds no more than a batch for each kill.
//!
//! An object that is longer than the server's `max_payload` (1 MiB by default) allows, less 4 KiB for headers, is set aside:
//! it goes to the quarantine with the reason, is counted as quarantined, and the feed goes on. Whatever is set aside and
//! too long for one message comes in several, with the same `Inthreat-Hash`, and with `Inthreat-Part` from 1 to
//! `Inthreat-Parts`: their bytes in that order are the item. Raise `max_payload` and read the feed again
//! to have such objects under their subjects.
//!
//! # What is durable
//!
//! The server acknowledges a message when it wrote it to its file; it calls `fsync` every `sync_interval`, two minutes by
//! default. So what was acknowledged survives a crash of the server, but not one of the machine, unless
//!
//! - `sync_interval: always` is set in the `jetstream` block of the server, or
//! - stream and bucket have three replicas ([`NatsOptions::replicas`]) on machines that do not fail together.
//!
//! Without either, a machine that loses its power may keep a cursor and lose objects before it, since stream and bucket
//! are two files: the cursor would lead. Set one of them where that matters, or keep the cursor on a disk of its own
//! kind; `audit` finds what is missing.
//!
//! Cursors are read from the leader and never from a follower that lags. Leases end by the clock of the server, which is
//! read off a message that is put into the bucket; in a cluster, that of the leader of the day.

mod connect;
mod cursors;
mod options;
mod sink;
mod subject;

pub use cursors::NatsCursorStore;
pub use options::NatsOptions;
pub use sink::NatsSink;
