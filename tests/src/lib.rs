//! What tests that cross crates share: real data, a server that misbehaves, the program itself.
#![doc = "\n# The README's example\n"]
#![doc = include_str!("../../README.md")]
#![doc = "\n# The guides' examples\n"]
#![doc = include_str!("../../docs/guides/embed.md")]
#![doc = include_str!("../../docs/guides/cursor-store.md")]
#![doc = include_str!("../../docs/guides/sink.md")]

pub mod data;
#[cfg(unix)]
pub mod engine;
pub mod ingest;
#[cfg(target_os = "linux")]
pub mod keyring;
pub mod landed;
pub mod load;
pub mod measured;
pub mod plain;
pub mod plot;
pub mod program;
pub mod scripted;
pub mod snapshot;
