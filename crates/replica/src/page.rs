//! Pages of feeds.

mod selection;
#[cfg(test)]
mod tests;

use inthreat_api::{Error, Feed, LIMIT_DEFAULT, LIMIT_MAX, Page, PageRequest, dialect};
use inthreat_stix::RawObject;
use rusqlite::Connection;

use crate::{
    fault::Fault,
    feeds::{Filter, Order},
    instant,
    place::Place,
    reader::Reader,
    write,
};
use selection::Selection;

/// The place in front of the first sequence, where a feed that is newest first ends.
const OLDEST: i64 = 1;

impl Reader {
    /// Answers one page; `now` in microseconds since 1970.
    pub(crate) fn page(
        &mut self,
        feed: &Feed,
        request: &PageRequest,
        now: i64,
    ) -> Result<Page, Fault> {
        let filter = Filter::new(&feed.draft, request);
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")).into());
        }
        let tag = tag(&self.connection)?;
        let place = match (&request.cursor, request.modified_after) {
            (Some(cursor), _) => Place::from_cursor(cursor, tag)?,
            (None, after) => Place { sequence: 0, after: after.map(instant::to_pair) },
        };
        let (objects, reached) = self.select(&filter, place, limit as usize, now)?;
        let next_cursor = match (&request.cursor, objects.is_empty()) {
            (Some(sent), true) => sent.clone(),
            (None, true) => place.to_cursor(tag)?,
            (_, false) => Place { sequence: reached, ..place }.to_cursor(tag)?,
        };
        let convert = request.convert_network_traffic.unwrap_or(true);
        let plain = |object: RawObject| match dialect::plain_network_traffic(&object) {
            Some(plain) if convert => plain,
            _ => object,
        };
        let objects = if convert { objects.into_iter().map(plain).collect() } else { objects };
        Ok(Page::new(objects, Some(next_cursor)))
    }

    /// The selected objects, and the sequence up to which the feed was read.
    pub(crate) fn select(
        &mut self,
        filter: &Filter,
        place: Place,
        limit: usize,
        now: i64,
    ) -> Result<(Vec<RawObject>, i64), Fault> {
        let (mut sequences, reached) = self.choose(filter, place, limit, now)?;
        let is_newest_first = filter.order != Order::OldestFirst;
        if is_newest_first {
            // Neighbours share a block in whichever direction they are read.
            sequences.reverse();
        }
        let mut objects = self.objects_of_page(&sequences)?;
        if is_newest_first {
            objects.reverse();
        }
        Ok((objects, reached))
    }

    /// The sequences of the selected objects in the order of the feed, and the one up to which the feed was read.
    pub(crate) fn choose(
        &self,
        filter: &Filter,
        place: Place,
        limit: usize,
        now: i64,
    ) -> Result<(Vec<i64>, i64), Fault> {
        let head = self.head_of(filter)?;
        let sequences = match Selection::new(&self.connection, filter, place, head, now)? {
            Some(mut selection) => selection.sequences(&self.connection, limit)?,
            None => Vec::new(),
        };
        let reached = match (filter.order, sequences.last()) {
            (Order::OldestFirst | Order::NewestFirst, Some(last)) if sequences.len() == limit => {
                *last
            }
            // Behind the oldest object nothing will ever come.
            (Order::NewestFirst, _) => OLDEST,
            // A cursor may be ahead of what the bitmaps know.
            (Order::OldestFirst | Order::Latest, _) => head.max(place.sequence),
        };
        Ok((sequences, reached))
    }

    /// Whether a version is selected.
    pub(crate) fn selects(&self, filter: &Filter, sequence: i64, now: i64) -> Result<bool, Fault> {
        let place = Place { sequence: sequence - 1, after: None };
        let head = self.head_of(filter)?.min(sequence);
        let selection = Selection::new(&self.connection, filter, place, head, now)?;
        let Some(mut selection) = selection else { return Ok(false) };
        Ok(!selection.sequences(&self.connection, 1)?.is_empty())
    }

    /// The newest sequence that a page may hold. Behind what the bitmaps know there may be more, which a later page delivers.
    fn head_of(&self, filter: &Filter) -> Result<i64, Fault> {
        match filter.as_of {
            Some(sequence) => Ok(sequence),
            None if filter.needs_bitmaps() => write::indexed(&self.connection),
            None => head(&self.connection),
        }
    }
}

/// The newest sequence that was ever given, also to an object that a repair dropped; 0 where there is none.
pub(crate) fn head(connection: &Connection) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT max(coalesce((SELECT max(sequence) FROM objects), 0),
             coalesce((SELECT value FROM meta WHERE name = 'dropped'), 0))",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// What tells the cursors of this replica from those of others.
pub(crate) fn tag(connection: &Connection) -> Result<u32, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = 'tag'")?;
    let tag: i64 = statement.query_row([], |row| row.get(0))?;
    u32::try_from(tag).map_err(|_| Fault::corrupt("the tag in `meta` is none"))
}
