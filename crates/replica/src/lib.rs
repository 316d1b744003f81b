//! An embedded copy of the Intelligence Center: one `SQLite` database in a folder.
//!
//! [`Replica`] takes what a feed delivers (`Sink`, `CursorStore` and `TransactionalSink` of `inthreat-store`) and
//! answers what the Intelligence Center answers (`IntelligenceCenter` of `inthreat-api`, which is all of its roles),
//! for any number of processes that read while one writes.
//!
//! # The past
//!
//! Older versions stay until they are dropped by [`Replica::compact`], or in the pauses of a process that writes
//! ([`Options::history_max`]). As long as they are there, objects, look-ups and exports can be asked as of a [`Moment`], and
//! [`Replica::delta`] tells what became active between two of them and what ceased to be. [`Replica::subscribe`] tells of new
//! sequences as they are committed.
//!
//! # The folder
//!
//! - `replica.db`: the database, with `replica.db-wal` and `replica.db-shm` while it is in use.
//! - `writer.lock`: held by the process that writes; its text names the program and the process.
//!
//! # The tables, version 6
//!
//! The `application_id` of the database is 0x696e5468 and `user_version` is the version of the tables. Instants are
//! microseconds since 1970-01-01T00:00:00Z; `…_rest` is the nanoseconds behind them (1000 and more in a leap second).
//! Every tool that speaks SQL may read them; only this crate may write.
//!
//! - `objects`: the arrival log, a row for every version that was accepted. `sequence` grows for ever; `retired_by` is
//!   the sequence of the next version of the same object and NULL for the newest. `key` is the identifier: the number of
//!   its kind's word (one byte) and the 16 bytes of the UUID, or a zero byte and the identifier's text where it has
//!   another form. `type` is one of `words`. `hash` is the XXH3-64 of the object's bytes. `observable_types` has a bit
//!   for each of the 24 documented types (bit n - 1 for word n) and bit 24 for all others.
//! - `words`: object types, observable types and relationship types, labels, and identifiers that filters name.
//! - `blocks`: the bodies, up to 128 together, as many as fit a page. The object with sequence s is number s - `first_sequence` of its block;
//!   `ends` says where each ends in the text of the block, four bytes each, little-endian. The text is compressed in
//!   frames that can be opened alone: for each, `frames` says how many objects of the block there are up to its end, and
//!   where it ends in `data`, four bytes each. `dictionary` is the number of the one that zstd needs, 0 for none.
//!   `checksum` is the XXH3-64 of `first_sequence` and `dictionary` (eight bytes each, little-endian), `ends`, `frames`
//!   and `data`.
//! - `dictionaries`: each stored twice. `checksum` is the XXH3-64 of `data`, with `n` added bit by bit (exclusive or).
//! - `versions`: the sequences of every object, by its key. `observables`: which versions name a normalised value; `type`
//!   is a word; a network stands there twice: as it is written (`198.51.100.0/24`), and with its length in front
//!   (`/024 198.51.100.0`), by which addresses find it. `edges`: which relationships an identifier is an end of, with the
//!   other end; one row for each end.
//! - `names`: which versions have a name; `name` is lower-cased and cut at 256 bytes, and `part` says what it is: 1 the name,
//!   2 an alias, 3 the identifier of an external reference, 4 a name from one of its later words on. A name that is a value
//!   in `observables`, or the pattern of an indicator, is not there again, and of indicators there are no later words.
//!   `mentions`: which reports name an identifier.
//! - `bitmaps`: which versions a feed's filters select, a row for each 65,536 sequences (`chunk`) in which there is one.
//!   `sequences` is a bitmap of the places in the chunk, in the portable format of Roaring. `value` is a word, and
//!   `dimension` what it stands for: 1 the object's type, 2 a source, 3 a marking, 4 a label (up to 1,000 bytes), 5 a sector,
//!   6 a location, 7 a type of observables, 11 the type of a relationship, 12 a day since 1970 on which the validity of the
//!   version begins or ends, in the place of a word. In 10 are few: deprecated objects with the value 1,
//!   sectors with 2, sources with 3, flash reports with 4. In 8 are the versions that say that the object was revoked, and in 9 those that
//!   were retired, both with the value 0. `newest`: the newest instant (`modified`, or else `created`) among each 4,096 sequences, retired versions
//!   included; always up to date.
//! - `arrivals`: when versions came. A row for each committed batch of which something was accepted: its first sequence, and
//!   the instant of its commit, at least as many microseconds behind the one before as it has versions. So each version has an instant of
//!   its own: that of its batch, less a microsecond for each version behind it.
//! - `feeds`: the definitions of feeds. `definition` is JSON: the filters and the format, named as in the API. `community` is
//!   who sees it, NULL for everyone.
//! - `ioc_collections`: the IOC collections. `id` is the UUID of a collection, of the feed that it is read as, and of the identity
//!   that is the source of its indicators; `shared` says whether communities below may read it.
//! - `cursors`: how far each feed was read. `quarantine`: items that are no objects, each once. `meta`: `tag` tells the
//!   cursors of this replica from those of others; `indexed` is the sequence up to which `versions`, `observables`,
//!   `edges`, `names`, `mentions` and `bitmaps` go; `newest:<key>` is the newest `modified` up to the cursor of a key, and `lease:<key>` who
//!   may move it: token, expiry and holder; `rebuild` is there while rows are made anew; `dropped` is the newest sequence
//!   whose body was lost; `floor` is the oldest sequence whose state can still be told (0 without a row), for retired versions
//!   in front of it may be gone.
//!
//! Rows of retired versions stay until a compaction drops them; whoever asks joins `objects` and wants `retired_by IS NULL`.
//! In its block, an object that was dropped has no text: it ends where the one before it does.
//!
//! Of large batches, the rows of `versions`, `observables`, `edges`, `names`, `mentions` and `bitmaps` are written some batches later, sorted and
//! many together. The process that writes answers as if they were there; another one sees the state at `indexed`, for which
//! an object counts that is not retired or `retired_by` a later sequence.

mod apart;
mod arrivals;
mod backup;
mod bitmaps;
mod block;
mod brief;
mod by_arrival;
mod cache;
mod center;
mod checkpoint;
mod compact;
mod context;
mod cursors;
mod delta;
mod details;
mod dictionary;
mod diff;
mod export;
mod fault;
mod feeds;
mod finishing;
mod folder;
mod formatted;
mod hashing;
mod instant;
mod iocs;
mod key;
mod listing;
mod live_pages;
mod lookup;
mod migrate;
mod moment;
mod names;
mod newest;
mod niceness;
mod observables;
mod options;
mod page;
mod place;
mod prepare;
mod quarantine;
mod reader;
mod rebuild;
mod relations;
mod repair;
mod replica;
mod reports;
mod roles;
mod schema;
mod search;
mod sink;
mod sql;
mod stats;
mod subscription;
mod verify;
mod version;
mod words;
mod write;
mod writer_thread;

pub use compact::{CompactOptions, Compacted};
pub use delta::{ChangeKind, Delta, DeltaChange, DeltaOptions, DeltaPosition};
pub use diff::{Diff, Difference};
pub use export::{ExportFormat, ExportOptions, Exported};
pub use lookup::{Hit, LookupOptions};
pub use moment::Moment;
pub use options::{Durability, Options};
pub use rebuild::Rebuilt;
pub use repair::Repaired;
pub use replica::Replica;
pub use sql::SqlValue;
pub use stats::Stats;
pub use subscription::Subscription;
pub use verify::{Finding, Verification};
