//! Tests that cross crates.

/// Input that is wrong, and what is said of it.
mod bad_input;
/// The demonstration of the README.
mod demo;
/// The main job on real objects: import, serve, pull, compare.
mod real_input;
