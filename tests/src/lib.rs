//! What tests that cross crates share: real data, a server that misbehaves, the program itself.
#![doc = "\n# The README's example\n"]
#![doc = include_str!("../../README.md")]

pub mod data;
#[cfg(unix)]
pub mod engine;
pub mod ingest;
pub mod landed;
pub mod measured;
pub mod plain;
pub mod plot;
pub mod program;
pub mod scripted;
pub mod snapshot;
