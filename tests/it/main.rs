//! Tests that cross crates.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "the files of a test need no care")]

/// Input that is wrong, and what is said of it.
mod bad_input;
/// One contract, answered by a replica behind a server and a client.
mod conformance;
/// The demonstration of the README.
mod demo;
/// An hour with a server that misbehaves.
mod endurance;
/// The real program against PostgreSQL, Redis and NATS.
mod engines;
/// The examples of the client, run as people run them.
mod examples;
/// A TAXII server that others wrote.
mod foreign_taxii;
/// A server over the client of another server.
mod gateway;
/// What looks for losses in a replica that a process filled.
mod ingest;
/// What looks for losses in a sink.
mod landed;
/// States of the past, changes, exports, compaction, and a limit on the length of files.
mod lifecycle;
/// Lists for firewalls, of a replica.
mod lists;
/// The table of paths.
mod paths;
/// Watching, reading afterwards, comparing, cursors and the quarantine.
mod reading;
/// The main job on real objects: import, serve, pull, compare.
mod real_input;
/// The schemas of the service.
mod schemas;
/// Profiles, the environment, keys that are kept, and what looks after them.
#[cfg(unix)]
mod settings;
/// What the program prints, held against files.
mod snapshots;
/// TAXII 2.1 over a replica, and those who read it.
mod taxii;
/// The real program at a terminal.
#[cfg(unix)]
mod terminal;
