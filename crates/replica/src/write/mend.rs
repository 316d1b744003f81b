//! Blocks that are put in the place of damaged ones.

use std::collections::BTreeMap;

use inthreat_stix::RawObject;
use rusqlite::Transaction;

use super::{Writer, insert};
use crate::{block, fault::Fault, key::Key};

/// A part of the arrival log where bodies were hit.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// The damaged block, by its first sequence; `None` for rows that no block holds.
    pub(crate) block: Option<i64>,
    /// The objects whose bytes have the hash of their row.
    pub(crate) whole: BTreeMap<i64, RawObject>,
    /// The others: sequence, key, and hash.
    pub(crate) hit: Vec<(i64, Key, i64)>,
}

impl Writer {
    /// Stores anew what is whole, and drops the rows of what is not. Where something is dropped, a rebuild has to follow.
    pub(crate) fn mend(&mut self, window: Window) -> Result<(), Fault> {
        let mended = self.step(|_, transaction, _| store(transaction, window));
        // The tail may hold what was dropped.
        self.forget();
        mended
    }
}

fn store(transaction: &Transaction<'_>, window: Window) -> Result<(), Fault> {
    if let Some(first) = window.block {
        transaction.execute("DELETE FROM blocks WHERE first_sequence = ?1", [first])?;
    }
    let mut blocks = Vec::new();
    // A block holds objects that follow each other.
    let mut run: Vec<RawObject> = Vec::new();
    let mut first = 0;
    for (sequence, object) in window.whole {
        if first + i64::try_from(run.len()).unwrap_or(i64::MAX) != sequence {
            block::pack(first, None, run.drain(..), |packed| blocks.push(packed))?;
            first = sequence;
        }
        run.push(object);
    }
    block::pack(first, None, run, |packed| blocks.push(packed))?;
    insert::blocks(transaction, blocks)?;
    for (sequence, _, _) in &window.hit {
        transaction.execute("DELETE FROM objects WHERE sequence = ?1", [sequence])?;
    }
    if let Some((last, _, _)) = window.hit.last() {
        transaction.execute(
            "INSERT INTO meta VALUES ('dropped', ?1)
             ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
            [last],
        )?;
        transaction.execute("INSERT OR REPLACE INTO meta VALUES ('rebuild', 1)", [])?;
    }
    Ok(())
}
