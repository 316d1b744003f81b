//! Pages of the default feed.

use inthreat_api::{Error, LIMIT_DEFAULT, LIMIT_MAX, ObservableType, Page, PageRequest, dialect};
use inthreat_stix::RawObject;
use inthreat_store::index::IndexRows;
use rusqlite::{Connection, params_from_iter};

use crate::{fault::Fault, instant, place::Place, reader::Reader, words};

impl Reader {
    /// Answers one page; `now` in microseconds since 1970.
    pub(crate) fn page(&mut self, request: &PageRequest, now: i64) -> Result<Page, Fault> {
        if !request.feed.is_default() {
            return Err(Error::not_found(format!("feed `{}`", request.feed)).into());
        }
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
        let (objects, reached) = match Selection::new(&self.connection, request, place, now)? {
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
            if selection.newest_first {
                // Neighbours share a block in whichever direction they are read.
                sequences.reverse();
            }
            let mut loaded = self.objects_in_order(&sequences)?;
            if selection.newest_first {
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
                let reached = if selection.newest_first { head } else { last };
                return Ok((objects, reached));
            }
        }
        Ok((objects, head))
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
    newest_first: bool,
    /// Where the filter by observable types is finer than the column: the types themselves.
    exact_types: Vec<ObservableType>,
}

impl Selection {
    /// The selection of a question; `None` when nothing can match.
    fn new(
        connection: &Connection,
        request: &PageRequest,
        place: Place,
        now: i64,
    ) -> Result<Option<Self>, Fault> {
        let mut selection = Self {
            conditions: String::new(),
            values: Vec::new(),
            low: place.sequence,
            high: i64::MAX,
            newest_first: request.latest.unwrap_or(false),
            exact_types: Vec::new(),
        };
        if !request.types.is_empty() {
            let mut numbers = Vec::new();
            for text in &request.types {
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
        if !request.observable_types.is_empty() {
            let types = &request.observable_types;
            let bits = types.iter().map(words::observable_bit).fold(0, |all, bit| all | bit);
            selection.add(" AND observable_types & ? != 0", &[bits]);
            if !types.iter().all(words::has_own_bit) {
                selection.exact_types.clone_from(types);
            }
        }
        if request.include_revoked == Some(false) {
            selection.conditions.push_str(" AND revoked = 0");
        }
        if request.skip_expired == Some(true) {
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

    fn go_on_from(&mut self, last: i64) {
        if self.newest_first {
            self.high = last;
        } else {
            self.low = last;
        }
    }

    /// The next sequences, at most so many.
    fn sequences(&self, connection: &Connection, limit: usize) -> Result<Vec<i64>, Fault> {
        let Self { conditions, newest_first, .. } = self;
        let order = if *newest_first { "DESC" } else { "ASC" };
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
        rows.observable_types.iter().any(|found| self.exact_types.contains(found))
    }
}

/// The newest sequence; 0 where there is none.
pub(crate) fn head(connection: &Connection) -> Result<i64, Fault> {
    let mut statement = connection.prepare_cached("SELECT max(sequence) FROM objects")?;
    Ok(statement.query_row([], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0))
}

/// What tells the cursors of this replica from those of others.
fn tag(connection: &Connection) -> Result<u32, Fault> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = 'tag'")?;
    let tag: i64 = statement.query_row([], |row| row.get(0))?;
    u32::try_from(tag).map_err(|_| Fault::corrupt("the tag in `meta` is none"))
}
