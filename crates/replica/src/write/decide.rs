//! Which objects of a batch are accepted.

use std::collections::HashMap;

use inthreat_store::Written;
use rusqlite::{Connection, OptionalExtension};

use super::tail::{self, Tail};
use crate::{fault::Fault, hashing::Seeded, key::Key, prepare::Row};

/// What is to be written.
#[derive(Debug)]
pub(super) struct Plan {
    /// The objects to be written; the first has `first_sequence`, and each other the next.
    pub(super) accepted: Vec<Accepted>,
    /// Versions that are there already and are replaced: their sequence and that of the newer one.
    pub(super) retired: Vec<(i64, i64)>,
    pub(super) written: Written,
}

/// The newest version of an object: what the next one is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) sequence: i64,
    pub(super) modified: Option<(i64, i64)>,
    pub(super) hash: i64,
}

/// An object that is written.
#[derive(Debug)]
pub(super) struct Accepted {
    /// Its place among the rows.
    pub(super) index: usize,
    /// The sequence of the version that it takes the place of.
    pub(super) replaces: Option<i64>,
    /// The sequence of a newer version among them.
    pub(super) retired_by: Option<i64>,
}

impl Plan {
    /// Compares objects with what is there. They are taken one after the other, as if each came alone.
    pub(super) fn new(
        connection: &Connection,
        tail: &Tail,
        rows: &[Row],
        first_sequence: i64,
    ) -> Result<Self, Fault> {
        let mut heads = heads(connection, tail, rows)?;
        let mut plan = Self {
            accepted: Vec::with_capacity(rows.len()),
            retired: Vec::new(),
            written: Written::default(),
        };
        for ((index, row), sequence) in rows.iter().enumerate().zip(first_sequence..) {
            // What is not accepted takes no sequence.
            let skipped = index - plan.accepted.len();
            let sequence = sequence.saturating_sub(i64::try_from(skipped).unwrap_or(i64::MAX));
            let older = heads.get(&row.key).copied();
            if let Some(older) = older {
                if older.hash == row.hash {
                    plan.written.unchanged += 1;
                    continue;
                }
                if row.modified < older.modified {
                    plan.written.outdated += 1;
                    continue;
                }
                plan.retire(older.sequence, sequence, first_sequence);
            }
            heads.insert(&row.key, Head { sequence, modified: row.modified, hash: row.hash });
            let replaces = older.map(|older| older.sequence);
            plan.accepted.push(Accepted { index, replaces, retired_by: None });
            plan.written.accepted += 1;
        }
        Ok(plan)
    }

    fn retire(&mut self, older: i64, newer: i64, first_sequence: i64) {
        let place = older.checked_sub(first_sequence);
        let place = place.and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| self.accepted.get_mut(place)) {
            Some(accepted) => accepted.retired_by = Some(newer),
            None => self.retired.push((older, newer)),
        }
    }
}

/// The newest versions of the objects that the rows are of, as far as there are any.
fn heads<'a>(
    connection: &Connection,
    tail: &Tail,
    rows: &'a [Row],
) -> Result<HashMap<&'a Key, Head, Seeded>, Fault> {
    let mut heads = HashMap::with_capacity_and_hasher(rows.len(), Seeded::default());
    let is_indexed = tail::indexed(connection)? > 0;
    let mut unknown: Vec<&Key> = Vec::with_capacity(rows.len());
    for row in rows {
        match tail.head(connection, &row.key)? {
            Some(head) => {
                heads.insert(&row.key, head);
            }
            None if is_indexed && tail.may_be_indexed(&row.key) => unknown.push(&row.key),
            None => {}
        }
    }
    // By the order of the table, so that each of its pages is touched once.
    unknown.sort_unstable();
    unknown.dedup();
    let mut find = connection.prepare_cached(
        "SELECT v.sequence, o.modified, o.modified_rest, o.hash
         FROM versions v CROSS JOIN objects o ON o.sequence = v.sequence
         WHERE v.key = ?1 ORDER BY v.sequence DESC LIMIT 1",
    )?;
    for key in unknown {
        let found = find.query_row([key], |row| {
            let modified: Option<i64> = row.get(1)?;
            Ok(Head {
                sequence: row.get(0)?,
                modified: modified.zip(row.get(2)?),
                hash: row.get(3)?,
            })
        });
        if let Some(head) = found.optional()? {
            heads.insert(key, head);
        }
    }
    Ok(heads)
}
