//! Which versions a page holds: bitmaps intersected, or the arrival log where nothing is filtered.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use roaring::RoaringBitmap;
use rusqlite::{Connection, params};

use crate::{
    bitmaps::{self, CHUNK, Mark},
    fault::Fault,
    feeds::{Filter, Order},
    newest,
    place::Place,
    words,
};

/// How many chunks of a mark are asked for at once: a question costs more than the rest of them.
const CHUNKS_AHEAD: usize = if cfg!(test) { 2 } else { 16 };

/// What is selected, and between which sequences.
#[derive(Debug)]
pub(super) struct Selection {
    /// A version has one mark of each list.
    lists: Vec<List>,
    /// A version has none of these.
    excluded: Vec<Mark>,
    /// Whether bitmaps say what is selected, and not the arrival log.
    is_filtered: bool,
    conditions: Conditions,
    /// The sequences between which is read, neither included.
    low: i64,
    high: i64,
    is_backward: bool,
}

/// What is asked of the row of a version.
#[derive(Clone, Copy, Debug)]
struct Conditions {
    /// It expires later than this.
    valid_behind: Option<i64>,
    /// It was modified later than this.
    after: Option<(i64, i64)>,
    /// It is there: neither a list says so, nor that none was ever dropped.
    is_there: bool,
    /// It was not retired when this sequence had arrived.
    as_of: Option<i64>,
}

impl Selection {
    /// The selection of a filter from a place on, up to the newest sequence that is meant. `None` when nothing can match.
    pub(super) fn new(
        connection: &Connection,
        filter: &Filter,
        place: Place,
        head: i64,
        now: i64,
    ) -> Result<Option<Self>, Fault> {
        let end = head.saturating_add(1);
        // The cursor of a feed that is newest first is the last sequence that was delivered; 0 is none.
        let (low, high) = match (filter.order, place.sequence) {
            (Order::NewestFirst, 0) => (0, end),
            (Order::NewestFirst, last) => (0, last.min(end)),
            (_, last) => (last.max(0), end),
        };
        let mut lists = Vec::with_capacity(filter.lists.len());
        for (dimension, texts) in &filter.lists {
            let mut marks = Vec::with_capacity(texts.len());
            for text in texts {
                // What has no number stands in no object.
                let number = words::find(connection, text)?;
                marks.extend(number.map(|number| Mark::new(*dimension, number)));
            }
            if marks.is_empty() {
                return Ok(None);
            }
            lists.push(List::new(marks));
        }
        let mut excluded = Vec::new();
        if filter.as_of.is_none() {
            excluded.push(Mark::RETIRED);
        }
        if !filter.include_revoked {
            excluded.push(Mark::REVOKED);
        }
        let conditions = Conditions {
            valid_behind: filter.skip_expired.then_some(now),
            after: place.after,
            is_there: lists.is_empty() && has_gaps(connection)?,
            as_of: filter.as_of,
        };
        Ok(Some(Self {
            lists,
            excluded,
            is_filtered: filter.needs_bitmaps(),
            conditions,
            low,
            high,
            is_backward: filter.order != Order::OldestFirst,
        }))
    }

    /// The first sequences, at most so many, in the order of the feed.
    pub(super) fn sequences(
        &mut self,
        connection: &Connection,
        limit: usize,
    ) -> Result<Vec<i64>, Fault> {
        if self.high.saturating_sub(self.low) <= 1 {
            return Ok(Vec::new());
        }
        if self.is_filtered {
            self.intersect(connection, limit)
        } else {
            self.scan(connection, limit)
        }
    }

    fn intersect(&mut self, connection: &Connection, limit: usize) -> Result<Vec<i64>, Fault> {
        let mut found = Vec::new();
        let conditions = self.conditions;
        let mut checked = Checked::default();
        let mut chunk = bitmaps::place(self.start()).0;
        while let Some(next) = self.next_chunk(connection, chunk)? {
            let selected = self.chunk(connection, next)?;
            let mut places = selected.iter();
            while let Some(place) =
                if self.is_backward { places.next_back() } else { places.next() }
            {
                let sequence = next * CHUNK + i64::from(place);
                if conditions.hold(connection, sequence, &mut checked)? {
                    found.push(sequence);
                    if found.len() >= limit {
                        return Ok(found);
                    }
                }
            }
            chunk = if self.is_backward { next - 1 } else { next + 1 };
        }
        Ok(found)
    }

    /// The sequence at which reading begins.
    fn start(&self) -> i64 {
        if self.is_backward { self.high - 1 } else { self.low + 1 }
    }

    /// The nearest chunk from this one on that may hold a selected version.
    fn next_chunk(
        &mut self,
        connection: &Connection,
        mut chunk: i64,
    ) -> Result<Option<i64>, Fault> {
        let (first, last) = (bitmaps::place(self.low + 1).0, bitmaps::place(self.high - 1).0);
        while (first..=last).contains(&chunk) {
            let asked = chunk;
            if let Some(after) = self.conditions.after {
                let Some(next) = newer_chunk(connection, chunk, after, self.is_backward)? else {
                    return Ok(None);
                };
                chunk = next;
            }
            for list in &mut self.lists {
                let Some(next) = list.next_chunk(connection, chunk, self.is_backward)? else {
                    return Ok(None);
                };
                chunk = next;
            }
            if chunk == asked {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    }

    /// What is selected of a chunk, as far as bitmaps say it.
    fn chunk(&self, connection: &Connection, chunk: i64) -> Result<RoaringBitmap, Fault> {
        let start = chunk * CHUNK;
        let first = start.max(self.low + 1);
        let last = (start + CHUNK - 1).min(self.high - 1);
        let mut selected = RoaringBitmap::new();
        selected.insert_range(bitmaps::place(first).1..=bitmaps::place(last).1);
        for list in &self.lists {
            selected &= list.chunk(connection, chunk)?;
            if selected.is_empty() {
                return Ok(selected);
            }
        }
        for mark in &self.excluded {
            if let Some(sequences) = mark.sequences(connection, chunk)? {
                selected -= sequences;
            }
        }
        Ok(selected)
    }

    /// Reads the arrival log; of that only the stretches that may hold what is new enough.
    fn scan(&self, connection: &Connection, limit: usize) -> Result<Vec<i64>, Fault> {
        let Some(after) = self.conditions.after else {
            return self.scan_between(connection, self.low, self.high, limit);
        };
        let mut found = Vec::new();
        let mut chunk = self.start().div_euclid(newest::CHUNK);
        while let Some(next) = newest::next_chunk(connection, chunk, after, self.is_backward)? {
            let start = next * newest::CHUNK;
            let (low, high) = (self.low.max(start - 1), self.high.min(start + newest::CHUNK));
            if low >= high {
                break;
            }
            let wanted = limit.saturating_sub(found.len());
            found.extend(self.scan_between(connection, low, high, wanted)?);
            if found.len() >= limit {
                break;
            }
            chunk = if self.is_backward { next - 1 } else { next + 1 };
        }
        Ok(found)
    }

    fn scan_between(
        &self,
        connection: &Connection,
        low: i64,
        high: i64,
        limit: usize,
    ) -> Result<Vec<i64>, Fault> {
        let order = if self.is_backward { "DESC" } else { "ASC" };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT sequence FROM objects
             WHERE sequence > ?1 AND sequence < ?2 AND (retired_by IS NULL OR retired_by > ?7)
                 AND (?3 IS NULL OR valid_until IS NULL OR valid_until > ?3)
                 AND (?4 IS NULL OR
                     (coalesce(modified, created), coalesce(modified_rest, created_rest)) > (?4, ?5))
             ORDER BY sequence {order} LIMIT ?6"
        ))?;
        let Conditions { valid_behind, after, as_of, .. } = self.conditions;
        let (micros, rest) = after.unzip();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map(params![low, high, valid_behind, micros, rest, limit, as_of], |row| {
                row.get(0)
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Whether sequences may be missing in the arrival log.
fn has_gaps(connection: &Connection) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM meta WHERE name IN ('floor', 'dropped')";
    Ok(connection.prepare_cached(sql)?.exists([])?)
}

/// The nearest chunk of bitmaps from this one on in which something is newer than an instant.
fn newer_chunk(
    connection: &Connection,
    chunk: i64,
    after: (i64, i64),
    is_backward: bool,
) -> Result<Option<i64>, Fault> {
    const SHARE: i64 = CHUNK / newest::CHUNK;
    let first = if is_backward { chunk * SHARE + SHARE - 1 } else { chunk * SHARE };
    let found = newest::next_chunk(connection, first, after, is_backward)?;
    Ok(found.map(|found| found.div_euclid(SHARE)))
}

/// Of which stretch it is known whether anything in it is new enough.
#[derive(Debug, Default)]
struct Checked(Option<(i64, bool)>);

impl Conditions {
    /// Whether the row of a version is as it must be.
    fn hold(
        self,
        connection: &Connection,
        sequence: i64,
        checked: &mut Checked,
    ) -> Result<bool, Fault> {
        if let Some(after) = self.after {
            let chunk = sequence.div_euclid(newest::CHUNK);
            let is_newer = match checked.0 {
                Some((known, is_newer)) if known == chunk => is_newer,
                _ => newest::next_chunk(connection, chunk, after, false)? == Some(chunk),
            };
            checked.0 = Some((chunk, is_newer));
            if !is_newer {
                return Ok(false);
            }
        } else if self.valid_behind.is_none() && !self.is_there && self.as_of.is_none() {
            return Ok(true);
        }
        let mut statement = connection.prepare_cached(
            "SELECT 1 FROM objects WHERE sequence = ?1
                 AND (?2 IS NULL OR valid_until IS NULL OR valid_until > ?2)
                 AND (?3 IS NULL OR
                     (coalesce(modified, created), coalesce(modified_rest, created_rest)) > (?3, ?4))
                 AND (?5 IS NULL OR retired_by IS NULL OR retired_by > ?5)",
        )?;
        let (micros, rest) = self.after.unzip();
        Ok(statement.exists(params![sequence, self.valid_behind, micros, rest, self.as_of])?)
    }
}

/// Marks of one dimension, one of which is enough.
#[derive(Debug)]
struct List(Vec<(Mark, Ahead)>);

/// What is known of the chunks of a mark that are still to come.
#[derive(Clone, Debug, Default)]
struct Ahead {
    /// The nearest ones, by their order.
    chunks: VecDeque<i64>,
    /// Whether there are none behind them.
    is_all: bool,
}

impl Ahead {
    /// The nearest chunk of a mark from this one on. What is passed is never asked for again.
    fn next(
        &mut self,
        connection: &Connection,
        mark: Mark,
        chunk: i64,
        is_backward: bool,
    ) -> Result<Option<i64>, Fault> {
        let is_passed = |next: i64| if is_backward { next > chunk } else { next < chunk };
        while self.chunks.pop_front_if(|next| is_passed(*next)).is_some() {}
        if self.chunks.is_empty() && !self.is_all {
            self.chunks = mark.chunks(connection, chunk, is_backward, CHUNKS_AHEAD)?;
            self.is_all = self.chunks.len() < CHUNKS_AHEAD;
        }
        Ok(self.chunks.front().copied())
    }
}

impl List {
    fn new(mut marks: Vec<Mark>) -> Self {
        marks.sort_unstable();
        marks.dedup();
        Self(marks.into_iter().map(|mark| (mark, Ahead::default())).collect())
    }

    /// The nearest chunk from this one on that has a row of any mark.
    fn next_chunk(
        &mut self,
        connection: &Connection,
        chunk: i64,
        is_backward: bool,
    ) -> Result<Option<i64>, Fault> {
        let mut nearest: Option<i64> = None;
        for (mark, ahead) in &mut self.0 {
            let next = ahead.next(connection, *mark, chunk, is_backward)?;
            nearest = match (nearest, next) {
                (Some(one), Some(other)) if is_backward => Some(one.max(other)),
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        Ok(nearest)
    }

    /// The versions of a chunk that have any of the marks. The chunk is the nearest one.
    fn chunk(&self, connection: &Connection, chunk: i64) -> Result<RoaringBitmap, Fault> {
        let mut all = RoaringBitmap::new();
        for (mark, ahead) in &self.0 {
            if ahead.chunks.front() == Some(&chunk)
                && let Some(sequences) = mark.sequences(connection, chunk)?
            {
                all |= sequences;
            }
        }
        Ok(all)
    }
}
