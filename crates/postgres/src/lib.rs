//! Objects and cursors in PostgreSQL: one place for a fleet of consumers, and SQL for everyone who asks.
//!
//! [`PostgresStore`] is a [`Sink`](inthreat_store::Sink), a [`CursorStore`](inthreat_store::CursorStore) and a
//! [`TransactionalSink`](inthreat_store::TransactionalSink): a batch and its cursor are written in one transaction, so
//! that every object arrives once in effect, whatever happens to the consumer. It is for teams that run a PostgreSQL
//! already, and for several consumers that share the work or stand by for each other; a single machine needs no more
//! than the replica.
//!
//! ```no_run
//! use inthreat_postgres::{PostgresOptions, PostgresStore};
//! use inthreat_store::CursorStore;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let url = std::env::var("DATABASE_URL")?;
//! let store = PostgresStore::open(&url, PostgresOptions::default()).await?;
//! for (key, position) in store.list().await? {
//!     println!("{key}: {:?}", position.cursor);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Tables
//!
//! They stand in a schema of their own (`inthreat`), which the store makes and migrates by itself, under a lock, unless
//! [`PostgresOptions::makes_tables`] is off.
//! A schema of a newer version is refused.
//!
//! | table | columns |
//! | --- | --- |
//! | `objects` | `id`, `type`, `modified` (to the microsecond), `revoked`, `feed`, `received`, `instant` (`modified` to the nanosecond, a text that sorts), `raw` (the text, byte for byte), `object` (the same as `jsonb`) |
//! | `quarantine` | `number`, `feed`, `place`, `reason`, `received`, `raw` |
//! | `cursors` | `key`, `generation`, `cursor`, `newest`, `lease_token`, `lease_holder`, `lease_expires` |
//! | `version` | `version` |
//!
//! `objects` has the newest version of each object and indexes on `id`, on `type` and `modified`, on `modified`, and on
//! those that are revoked. `object` is null for the few texts that `jsonb` cannot hold, such as one with `\u0000`.
//! Further indexes, as on `object`, are for who needs them, and stay.
//!
//! # What is durable
//!
//! What PostgreSQL acknowledged is on its disk as long as `fsync` is on, as it is by default. The store turns
//! `synchronous_commit` on for its own connections where it is off. With asynchronous replication a failover may lose
//! the last transactions; since data and cursor are in the same ones, the lost part is read again.
//!
//! Leases end by the clock of the server. A consumer that is paused within a transaction is disconnected after
//! [`PostgresOptions::idle_in_transaction_max`], so that others need not wait for it.
//!
//! The database must be encoded in UTF-8. A pool between the consumer and the server has to keep sessions together
//! (`pool_mode = session` in `PgBouncer`).

mod connect;
mod cursors;
mod fault;
mod options;
mod quarantine;
mod schema;
mod sink;
mod store;
#[cfg(feature = "rustls")]
mod tls;

pub use options::PostgresOptions;
pub use store::PostgresStore;
