//! Which names are looked for while a question is read, for the test that holds the document against the readers.

use std::{cell::RefCell, collections::BTreeSet};

/// Names that were looked for.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) query: BTreeSet<String>,
    pub(crate) body: BTreeSet<String>,
}

thread_local! {
    static NAMES: RefCell<Names> = RefCell::default();
}

/// Notes that a parameter was looked for.
pub(crate) fn query(name: &str) {
    NAMES.with_borrow_mut(|names| names.query.insert(name.to_owned()));
}

/// Notes that a property of a body was looked for.
pub(crate) fn body(name: &str) {
    NAMES.with_borrow_mut(|names| names.body.insert(name.to_owned()));
}

/// What was noted on this thread since the last time.
pub(crate) fn take() -> Names {
    NAMES.take()
}
