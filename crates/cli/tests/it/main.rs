//! The program as people run it, on a replica of a few objects.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "the files of a test need no care")]

/// Reading commands in all their formats.
mod asking;
/// Many values at once.
mod bulk;
/// Feeds, one by one and as files say.
mod feeds;
/// Exports, validation, patterns.
mod files;
/// Runs of the program.
mod program;
/// The objects that are asked for.
mod scene;
