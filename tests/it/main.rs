//! Tests that cross crates.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "the files of a test need no care")]

/// Input that is wrong, and what is said of it.
mod bad_input;
/// What clients in the field send, and need.
mod checklist;
/// What keys of different communities see of one replica.
mod communities;
/// One contract, answered by a replica behind a server and a client.
mod conformance;
/// The demonstration of the README.
mod demo;
/// What stands around an object, drawn.
mod drawings;
/// An hour with a server that misbehaves.
mod endurance;
/// The real program against PostgreSQL, Redis and NATS.
mod engines;
/// The examples of the client, run as people run them.
mod examples;
/// The feed of MISP, read by the library of those who make it.
mod foreign_misp;
/// A data source of others over TAXII.
mod foreign_stix;
/// A TAXII server that others wrote.
mod foreign_taxii;
/// A server over the client of another server.
mod gateway;
/// What looks for losses in a replica that a process filled.
mod ingest;
/// Pages that a server keeps, and cursors that were edited.
mod kept_pages;
/// Keys in a real keyring.
#[cfg(target_os = "linux")]
mod keyrings;
/// What looks for losses in a sink.
mod landed;
/// States of the past, changes, exports, compaction, and a limit on the length of files.
mod lifecycle;
/// Lists for firewalls, of a replica.
mod lists;
/// The description of a server, and a program of others that tries what it says.
mod openapi;
/// The page to look at, in a browser.
mod page;
/// The table of paths.
mod paths;
/// Programs of others in Python.
mod python;
/// Watching, reading afterwards, comparing, cursors and the quarantine.
mod reading;
/// The main job on real objects: import, serve, pull, compare.
mod real_input;
/// The schemas of the service.
mod schemas;
/// Keys and certificates that change while the program serves.
mod served_keys;
/// The program that serves: a mirror, a gateway, a server that misbehaves.
mod serving;
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
/// What the program tells those who watch it serve.
mod watched;
