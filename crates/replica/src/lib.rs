//! An embedded copy of the Intelligence Center: one `SQLite` database in a folder.
//!
//! [`Replica`] takes what a feed delivers (`Sink`, `CursorStore` and `TransactionalSink` of `inthreat-store`) and
//! answers what the Intelligence Center answers (`IntelligenceCenter` of `inthreat-api`, which is all of its roles),
//! for any number of processes that read while one writes.
//!
//! # The folder
//!
//! - `replica.db`: the database, with `replica.db-wal` and `replica.db-shm` while it is in use.
//! - `writer.lock`: held by the process that writes; its text names the program and the process.
//!
//! # The tables, version 1
//!
//! The `application_id` of the database is 0x696e5468 and `user_version` is the version of the tables. Instants are
//! microseconds since 1970-01-01T00:00:00Z; `…_rest` is the nanoseconds behind them (1000 and more in a leap second).
//! Every tool that speaks SQL may read them; only this crate may write.
//!
//! - `objects`: the arrival log, a row for every version that was accepted. `sequence` grows for ever; `retired_by` is
//!   the sequence of the next version of the same object and NULL for the newest. `id` is a number of `ids`, `type` one
//!   of `words`. `hash` is the XXH3-64 of the object's bytes. `observable_types` has a bit for each of the 24 documented
//!   types (bit n - 1 for word n) and bit 24 for all others.
//! - `ids`: a number for every identifier that was seen, also as the end of a relationship. `latest` is the newest
//!   sequence, NULL while the object itself is not known. `key` is the number of the kind's word (one byte) and the 16
//!   bytes of the UUID, or a zero byte and the identifier's text where it has another form.
//! - `words`: object types, observable types and relationship types.
//! - `blocks`: the bodies, some 16 together. The object with sequence s is number s - `first_sequence` of its block;
//!   `ends` says where each ends in the text that `data` is the zstd compression of, four bytes each, little-endian.
//!   `checksum` is the XXH3-64 of `first_sequence` (eight bytes, little-endian), `ends` and `data`.
//! - `observables`: which versions name a normalised value. `type` is a word. A network stands there twice: as it is
//!   written (`198.51.100.0/24`), and with its length in front (`/024 198.51.100.0`), by which addresses find it.
//! - `edges`: which relationships an identifier is an end of, with the other end; one row for each end.
//! - `feeds`: the definitions of feeds. `definition` is JSON: the filters and the format, named as in the API. `community` is
//!   who sees it, NULL for everyone.
//! - `cursors`: how far each feed was read. `quarantine`: items that are no objects, each once. `meta`: `tag` tells the
//!   cursors of this replica from those of others; `newest:<key>` is the newest `modified` up to the cursor of a key,
//!   and `lease:<key>` who may move it: token, expiry and holder.
//!
//! Rows of retired versions stay; whoever asks joins `objects` and wants `retired_by IS NULL`.

mod block;
mod cache;
mod center;
mod context;
mod cursors;
mod diff;
mod fault;
mod feeds;
mod folder;
mod formatted;
mod instant;
mod lookup;
mod options;
mod page;
mod place;
mod prepare;
mod quarantine;
mod reader;
mod relations;
mod replica;
mod schema;
mod sink;
mod stats;
mod verify;
mod words;
mod write;
mod writer_thread;

pub use diff::{Diff, Difference};
pub use lookup::{Hit, LookupOptions};
pub use options::{Durability, Options};
pub use quarantine::Quarantined;
pub use replica::Replica;
pub use stats::Stats;
pub use verify::{Finding, Verification};
