//! Which objects of a batch are accepted.

use inthreat_store::Written;
use rusqlite::{OptionalExtension, Transaction};

use crate::{fault::Fault, prepare::Row};

/// What is to be written.
#[derive(Debug)]
pub(super) struct Plan {
    /// The identifiers that the batch names, sorted by key.
    pub(super) ids: Vec<Named>,
    /// The objects to be written; the first has [`Plan::first_sequence`], and each other the next.
    pub(super) accepted: Vec<Accepted>,
    pub(super) first_sequence: i64,
    /// Versions of earlier batches that are replaced: their sequence and that of the newer one.
    pub(super) retired: Vec<(i64, i64)>,
    pub(super) written: Written,
}

/// An identifier that the batch names.
#[derive(Debug)]
pub(super) struct Named {
    /// Its number; new ones are numbered in the order of their keys.
    pub(super) number: i64,
    pub(super) is_new: bool,
    /// The row that names it, and how: enough to find the key again.
    pub(super) mention: Mention,
    /// The sequence of its newest version when the batch is written.
    pub(super) latest: Option<i64>,
    /// Whether the batch has a newer version.
    pub(super) changed: bool,
    head: Option<Head>,
}

/// What the next version is compared with.
#[derive(Clone, Copy, Debug)]
struct Head {
    modified: Option<(i64, i64)>,
    hash: i64,
}

/// A place in the batch where an identifier stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    row: usize,
    role: Role,
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Itself,
    Source,
    Target,
}

/// An object that is written.
#[derive(Debug)]
pub(super) struct Accepted {
    /// Its place in the batch.
    pub(super) index: usize,
    /// The number of its identifier.
    pub(super) id: i64,
    /// The numbers of its ends.
    pub(super) ends: Option<(i64, i64)>,
    /// The sequence of a newer version in the same batch.
    pub(super) retired_by: Option<i64>,
}

impl Mention {
    pub(super) fn key(self, rows: &[Row]) -> &[u8] {
        let Some(row) = rows.get(self.row) else { return &[] };
        match (self.role, &row.ends) {
            (Role::Source, Some(ends)) => &ends.source,
            (Role::Target, Some(ends)) => &ends.target,
            _ => &row.key,
        }
    }
}

/// Where in [`Plan::ids`] the identifiers of a row are.
#[derive(Clone, Copy, Default)]
struct Places {
    itself: usize,
    ends: Option<(usize, usize)>,
}

impl Plan {
    /// Compares objects with what is there. They are taken one after the other, as if each came alone.
    pub(super) fn new(
        transaction: &Transaction<'_>,
        rows: &[Row],
        first_sequence: i64,
    ) -> Result<Self, Fault> {
        let (mut ids, places) = name(rows);
        resolve(transaction, rows, &mut ids)?;
        let mut plan = Self {
            ids,
            accepted: Vec::with_capacity(rows.len()),
            first_sequence,
            retired: Vec::new(),
            written: Written::default(),
        };
        let mut next = first_sequence;
        for (index, (row, places)) in rows.iter().zip(places).enumerate() {
            plan.take(index, row, places, &mut next);
        }
        Ok(plan)
    }

    fn take(&mut self, index: usize, row: &Row, places: Places, next: &mut i64) {
        let number = |plan: &Self, place: usize| plan.ids.get(place).map(|named| named.number);
        let ends =
            places.ends.and_then(|(source, target)| number(self, source).zip(number(self, target)));
        let Some(named) = self.ids.get_mut(places.itself) else { return };
        match named.head {
            Some(head) if head.hash == row.hash => {
                self.written.unchanged += 1;
                return;
            }
            Some(head) if row.modified < head.modified => {
                self.written.outdated += 1;
                return;
            }
            _ => {}
        }
        let sequence = *next;
        *next += 1;
        named.head = Some(Head { modified: row.modified, hash: row.hash });
        named.changed = true;
        if let Some(older) = named.latest.replace(sequence) {
            let in_batch = older.checked_sub(self.first_sequence);
            let in_batch = in_batch.and_then(|place| usize::try_from(place).ok());
            match in_batch.and_then(|place| self.accepted.get_mut(place)) {
                Some(accepted) => accepted.retired_by = Some(sequence),
                None => self.retired.push((older, sequence)),
            }
        }
        let id = named.number;
        self.accepted.push(Accepted { index, id, ends, retired_by: None });
        self.written.accepted += 1;
    }
}

/// Collects the identifiers of a batch, each once and sorted, and where each row finds its own.
fn name(rows: &[Row]) -> (Vec<Named>, Vec<Places>) {
    let mut mentions = Vec::with_capacity(rows.len() * 2);
    for (index, row) in rows.iter().enumerate() {
        mentions.push(Mention { row: index, role: Role::Itself });
        if row.ends.is_some() {
            mentions.push(Mention { row: index, role: Role::Source });
            mentions.push(Mention { row: index, role: Role::Target });
        }
    }
    mentions.sort_by(|a, b| a.key(rows).cmp(b.key(rows)));
    let mut ids: Vec<Named> = Vec::with_capacity(mentions.len());
    let mut places = vec![Places::default(); rows.len()];
    for mention in mentions {
        let key = mention.key(rows);
        if ids.last().is_none_or(|last| last.mention.key(rows) != key) {
            let named = Named {
                number: 0,
                is_new: true,
                mention,
                latest: None,
                changed: false,
                head: None,
            };
            ids.push(named);
        }
        let place = ids.len() - 1;
        if let Some(places) = places.get_mut(mention.row) {
            let (source, target) = places.ends.unwrap_or_default();
            match mention.role {
                Role::Itself => places.itself = place,
                Role::Source => places.ends = Some((place, target)),
                Role::Target => places.ends = Some((source, place)),
            }
        }
    }
    (ids, places)
}

/// Finds the numbers and the newest versions of identifiers, and numbers those that are new.
fn resolve(transaction: &Transaction<'_>, rows: &[Row], ids: &mut [Named]) -> Result<(), Fault> {
    let mut find = transaction.prepare_cached("SELECT n, latest FROM ids WHERE key = ?1")?;
    let mut head = transaction
        .prepare_cached("SELECT modified, modified_rest, hash FROM objects WHERE sequence = ?1")?;
    let last: Option<i64> =
        transaction.prepare_cached("SELECT max(n) FROM ids")?.query_row([], |row| row.get(0))?;
    let mut free = last.unwrap_or(0) + 1..;
    for named in ids {
        let found: Option<(i64, Option<i64>)> = find
            .query_row([named.mention.key(rows)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((number, latest)) = found else {
            named.number = free.next().unwrap_or(i64::MAX);
            continue;
        };
        named.number = number;
        named.is_new = false;
        named.latest = latest;
        if let Some(sequence) = latest {
            let found = head.query_row([sequence], |row| {
                let modified: Option<i64> = row.get(0)?;
                Ok(Head { modified: modified.zip(row.get(1)?), hash: row.get(2)? })
            });
            named.head = found.optional()?;
        }
    }
    Ok(())
}
