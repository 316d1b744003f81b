//! Pages of feeds.

use inthreat_api::{
    Error, Feed, LIMIT_DEFAULT, LIMIT_MAX, ObservableType, Page, PageRequest, dialect,
};
use inthreat_stix::RawObject;
use inthreat_store::index::IndexRows;
use rusqlite::{Connection, params_from_iter};

use crate::{
    fault::Fault,
    feeds::{Filter, Order},
    instant,
    place::Place,
    reader::Reader,
    words,
};

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
        let filter = Filter::new(&feed.draft, request)?;
        let limit = request.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")).into());
        }
        let limit = limit as usize;
        let tag = tag(&self.connection)?;
        let place = match (&request.cursor, request.modified_after) {
            (Some(cursor), _) => Place::from_cursor(cursor, tag)?,
            (None, after) => Place { sequence: 0, after: after.map(instant::to_pair) },
        };
        let head = head(&self.connection)?;
        let (objects, reached) = match Selection::new(&self.connection, filter, place, now)? {
            None => (Vec::new(), head),
            Some(selection) => self.select(&selection, limit, head)?,
        };
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
    fn select(
        &mut self,
        selection: &Selection,
        limit: usize,
        head: i64,
    ) -> Result<(Vec<RawObject>, i64), Fault> {
        let mut selection = selection.clone();
        let mut objects: Vec<RawObject> = Vec::new();
        loop {
            let wanted = limit - objects.len();
            let mut sequences = selection.sequences(&self.connection, wanted)?;
            let found = sequences.len();
            let Some(last) = sequences.last().copied() else { break };
            selection.go_on_from(last);
            let is_newest_first = selection.is_newest_first();
            if is_newest_first {
                // Neighbours share a block in whichever direction they are read.
                sequences.reverse();
            }
            let mut loaded = self.objects_in_order(&sequences)?;
            if is_newest_first {
                loaded.reverse();
            }
            if !selection.exact_types.is_empty() {
                loaded.retain(|object| selection.matches(object));
            }
            objects.extend(loaded);
            if found < wanted {
                break;
            }
            if objects.len() == limit {
                let reached = if selection.order == Order::Latest { head } else { last };
                return Ok((objects, reached));
            }
        }
        // Behind the oldest object nothing will ever come.
        let is_at_oldest = selection.order == Order::NewestFirst;
        Ok((objects, if is_at_oldest { OLDEST } else { head }))
    }
}

/// Which rows are selected.
#[derive(Clone, Debug)]
struct Selection {
    conditions: String,
    values: Vec<i64>,
    /// The sequences between which is read, neither included.
    low: i64,
    high: i64,
    order: Order,
    /// Where the filter by observable types is finer than the column: the types themselves, one of each list.
    exact_types: Vec<Vec<ObservableType>>,
}

impl Selection {
    /// The selection of a filter from a place on; `None` when nothing can match.
    fn new(
        connection: &Connection,
        filter: Filter,
        place: Place,
        now: i64,
    ) -> Result<Option<Self>, Fault> {
        // The cursor of a feed that is newest first is the last sequence that was delivered; 0 is none.
        let (low, high) = match (filter.order, place.sequence) {
            (Order::NewestFirst, 0) => (0, i64::MAX),
            (Order::NewestFirst, last) => (0, last),
            (_, last) => (last, i64::MAX),
        };
        let mut selection = Self {
            conditions: String::new(),
            values: Vec::new(),
            low,
            high,
            order: filter.order,
            exact_types: Vec::new(),
        };
        if let Some(types) = filter.types {
            let mut numbers = Vec::new();
            for text in &types {
                numbers.extend(words::find(connection, text)?);
            }
            numbers.sort_unstable();
            numbers.dedup();
            if numbers.is_empty() {
                return Ok(None);
            }
            let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
            selection.conditions.push_str(" AND type IN (");
            selection.conditions.push_str(&numbers.join(","));
            selection.conditions.push(')');
        }
        for types in filter.observable_types {
            let bits = types.iter().map(words::observable_bit).fold(0, |all, bit| all | bit);
            selection.add(" AND observable_types & ? != 0", &[bits]);
            if !types.iter().all(words::has_own_bit) {
                selection.exact_types.push(types);
            }
        }
        if !filter.include_revoked {
            selection.conditions.push_str(" AND revoked = 0");
        }
        if filter.skip_expired {
            selection.add(" AND (valid_until IS NULL OR valid_until > ?)", &[now]);
        }
        if let Some((micros, rest)) = place.after {
            selection.add(
                " AND (coalesce(modified, created), coalesce(modified_rest, created_rest)) > (?, ?)",
                &[micros, rest],
            );
        }
        Ok(Some(selection))
    }

    fn add(&mut self, condition: &str, values: &[i64]) {
        self.conditions.push_str(condition);
        self.values.extend(values);
    }

    fn is_newest_first(&self) -> bool {
        self.order != Order::OldestFirst
    }

    fn go_on_from(&mut self, last: i64) {
        if self.is_newest_first() {
            self.high = last;
        } else {
            self.low = last;
        }
    }

    /// The next sequences, at most so many.
    fn sequences(&self, connection: &Connection, limit: usize) -> Result<Vec<i64>, Fault> {
        let conditions = &self.conditions;
        let order = if self.is_newest_first() { "DESC" } else { "ASC" };
        let mut statement = connection.prepare_cached(&format!(
            "SELECT sequence FROM objects
             WHERE sequence > ? AND sequence < ? AND retired_by IS NULL{conditions}
             ORDER BY sequence {order} LIMIT ?"
        ))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [self.low, self.high].into_iter().chain(self.values.iter().copied());
        let rows =
            statement.query_map(params_from_iter(values.chain([limit])), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn matches(&self, object: &RawObject) -> bool {
        let rows = IndexRows::of(object);
        let has_one_of = |list: &Vec<_>| rows.observable_types.iter().any(|one| list.contains(one));
        self.exact_types.iter().all(has_one_of)
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
fn tag(connection: &Connection) -> Result<u32, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = 'tag'")?;
    let tag: i64 = statement.query_row([], |row| row.get(0))?;
    u32::try_from(tag).map_err(|_| Fault::corrupt("the tag in `meta` is none"))
}
