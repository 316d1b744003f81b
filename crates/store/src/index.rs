//! Which rows an object is indexed by, and under which keys an observable is looked up: one place for every engine.

mod keys;
mod pattern;
mod read;
mod rows;
#[cfg(test)]
mod tests;

pub use keys::normalise;
pub use rows::{Ends, IndexRows};
