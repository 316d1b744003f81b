//! Cursors in Redis: one small place that a fleet of consumers shares.
//!
//! [`RedisCursorStore`] is a [`CursorStore`](inthreat_store::CursorStore): it remembers how far each feed was read, and
//! gives leases, so that several consumers can stand by for one feed. It is for teams that run a Redis (or Valkey)
//! already; the objects go to a sink of another kind.
//!
//! ```no_run
//! use inthreat_redis::{RedisCursorStore, RedisOptions};
//! use inthreat_store::CursorStore;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let url = std::env::var("REDIS_URL")?;
//! let store = RedisCursorStore::open(&url, RedisOptions::default()).await?;
//! for (key, position) in store.list().await? {
//!     println!("{key}: {:?}", position.cursor);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All cursors stand in one hash, `inthreat:cursors`, as JSON under their keys. A change is read, made by the common
//! rules and written by a script, which does nothing when somebody else was faster; it is then tried again. Leases end
//! by the clock of the server.
//!
//! # What is durable
//!
//! Less than a database promises, unless it is told otherwise. What the server acknowledged survives a crash of
//!
//! - nothing, with snapshots alone (`save …`, the default): minutes may be lost;
//! - the server, but not the machine, with `appendonly yes` and `appendfsync everysec`: about a second may be lost;
//! - the machine too, with `appendonly yes` and `appendfsync always`, which is what [`CursorStore`] asks for.
//!
//! A failover to a replica may lose what was not replicated yet. In each of these cases a cursor goes back, together
//! with its generation: the cursor trails the data, what was read is read again, and writing it twice changes nothing.
//! It never leads, since it is committed after the data. A lease may be lost with it, and then two consumers may read
//! at once until one of them commits and the other meets a conflict.
//!
//! The hash must not be evicted: set `maxmemory-policy noeviction`.
//!
//! [`CursorStore`]: inthreat_store::CursorStore

mod options;
mod store;

pub use options::RedisOptions;
pub use store::RedisCursorStore;
