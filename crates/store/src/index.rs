//! Which rows an object is indexed by, and under which keys an observable is looked up: one place for every engine.

mod guess;
mod keys;
mod named;
mod network;
mod pattern;
mod read;
mod references;
mod rows;
#[cfg(test)]
mod tests;

pub use guess::{guess, refanged};
pub use keys::normalise;
pub use named::named;
pub use network::{Networks, is_by_length};
pub(crate) use pattern::{stix_pattern, types_of, values_of};
pub(crate) use read::{Property, properties};
pub use references::References;
pub use rows::{Class, Ends, IndexRows};
