//! Cursors in files, and the way in which a file that matters is written.

mod atomic;
mod cursors;
#[cfg(test)]
mod tests;

pub use atomic::{atomic_write, sync_folder};
pub use cursors::FileCursorStore;
