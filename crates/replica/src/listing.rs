//! Lists of objects: which part of them is answered, what their rows must say, and how far they are counted.

mod marked;

use std::ops::ControlFlow;

use inthreat_api::{Comparison, Error, LightObject, OFFSET_MAX, ObjectList};
use inthreat_stix::{Id, RawObject};
use rusqlite::{OptionalExtension, Row};

use crate::{bitmaps::Dimension, fault::Fault, instant, key::Key, names, reader::Reader, words};

pub(crate) use self::marked::Marked;

/// How many objects are listed when nothing is said, and at most (CONTRACT 2.4).
pub(crate) const LIMIT_DEFAULT: u32 = 20;
pub(crate) const LIMIT_MAX: u32 = 100;
/// How many rows are looked at to answer one question. A total that would need more is what was found among these.
pub(crate) const CHECKED_MAX: usize = 20_000;

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    offset: u64,
    limit: u64,
}

impl Window {
    /// A part of at most 100 objects.
    pub(crate) fn new(limit: Option<u32>, offset: Option<u32>) -> Result<Self, Error> {
        Self::within(limit, offset, LIMIT_DEFAULT, LIMIT_MAX)
    }

    /// A part of at most so many objects, or so many where nothing is said.
    pub(crate) fn within(
        limit: Option<u32>,
        offset: Option<u32>,
        default: u32,
        max: u32,
    ) -> Result<Self, Error> {
        let limit = limit.unwrap_or(default);
        if !(1..=max).contains(&limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {max}")));
        }
        let offset = offset.unwrap_or(0);
        if offset > OFFSET_MAX {
            return Err(Error::invalid("offset", format!("expected 0 to {OFFSET_MAX}")));
        }
        Ok(Self { offset: offset.into(), limit: limit.into() })
    }

    /// Where the part ends.
    pub(crate) fn end(self) -> u64 {
        self.offset + self.limit
    }

    /// The part of a whole list.
    pub(crate) fn of<T>(self, all: impl IntoIterator<Item = T>) -> Part<T> {
        let mut part = Part::new(self);
        for item in all {
            part.add(item);
        }
        part
    }
}

/// The part of a list that is answered, and how much of the list was seen.
#[derive(Debug)]
pub(crate) struct Part<T> {
    window: Window,
    pub(crate) items: Vec<T>,
    /// How many members of the list were seen.
    pub(crate) total: u64,
    /// Whether there may be more that were not seen.
    pub(crate) is_cut: bool,
}

impl<T> Part<T> {
    pub(crate) fn new(window: Window) -> Self {
        Self { window, items: Vec::new(), total: 0, is_cut: false }
    }

    /// Takes the next member of the list.
    pub(crate) fn add(&mut self, item: T) {
        if (self.window.offset..self.window.end()).contains(&self.total) {
            self.items.push(item);
        }
        self.total += 1;
    }

    /// Whether more members follow behind the part.
    pub(crate) fn has_more(&self) -> bool {
        self.is_cut || self.total > self.window.end()
    }
}

/// What the row of an object must say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    /// It was created, or modified, later than this.
    pub(crate) created: Option<(i64, i64)>,
    pub(crate) modified: Option<(i64, i64)>,
    pub(crate) confidence: Option<(Comparison, u8)>,
    /// It expires later than this.
    pub(crate) valid_behind: Option<i64>,
    /// It has one of these names, which are folded; any where there is none.
    pub(crate) names: Vec<String>,
}

impl Conditions {
    fn are_none(&self) -> bool {
        let Self { created, modified, confidence, valid_behind, names } = self;
        created.is_none()
            && modified.is_none()
            && confidence.is_none()
            && valid_behind.is_none()
            && names.is_empty()
    }

    fn hold(&self, row: &Listed) -> bool {
        let is_behind = |found: Option<(i64, i64)>, after: Option<(i64, i64)>| {
            after.is_none_or(|after| found.is_some_and(|found| found > after))
        };
        let is_named =
            || row.name.as_ref().is_some_and(|name| self.names.contains(&names::fold(name)));
        is_behind(row.created, self.created)
            && is_behind(row.modified.or(row.created), self.modified)
            && self.confidence.is_none_or(|(comparison, number)| {
                row.confidence.is_some_and(|found| compares(found, comparison, number))
            })
            && self.valid_behind.is_none_or(|now| row.valid_until.is_none_or(|until| until > now))
            && (self.names.is_empty() || is_named())
    }
}

fn compares(found: u8, comparison: Comparison, number: u8) -> bool {
    match comparison {
        Comparison::Equal => found == number,
        Comparison::Greater => found > number,
        Comparison::Less => found < number,
        Comparison::GreaterOrEqual => found >= number,
        Comparison::LessOrEqual => found <= number,
    }
}

/// The row of an object, as far as lists look at it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    key: Key,
    object_type: i64,
    pub(crate) name: Option<String>,
    created: Option<(i64, i64)>,
    pub(crate) modified: Option<(i64, i64)>,
    confidence: Option<u8>,
    valid_until: Option<i64>,
}

impl Listed {
    /// Whether it was modified later than this; what never was, whether it was created.
    pub(crate) fn is_after(&self, after: (i64, i64)) -> bool {
        self.modified.or(self.created).is_some_and(|found| found > after)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let pair = |first, second| -> rusqlite::Result<Option<(i64, i64)>> {
            let micros: Option<i64> = row.get(first)?;
            Ok(micros.zip(row.get(second)?))
        };
        Ok(Self {
            key: row.get(0)?,
            object_type: row.get(1)?,
            name: row.get(2)?,
            created: pair(3, 4)?,
            modified: pair(5, 6)?,
            confidence: row.get(7)?,
            valid_until: row.get(8)?,
        })
    }
}

/// Among which objects a list looks.
pub(crate) enum Among {
    /// All of them, in the order of arrival or against it.
    All { is_backward: bool },
    /// These, which grow, and whether there may be more.
    Some(Vec<i64>, bool),
}

impl Reader {
    /// The part of a list that is asked for.
    pub(crate) fn list(
        &self,
        among: Among,
        marked: &Marked,
        conditions: &Conditions,
        window: Window,
    ) -> Result<Part<i64>, Fault> {
        let mut part = Part::new(window);
        match among {
            Among::Some(mut sequences, is_cut) => {
                marked.retain(&self.connection, &mut sequences)?;
                for sequence in sequences {
                    if conditions.are_none() || self.holds(conditions, sequence)? {
                        part.add(sequence);
                    }
                }
                part.is_cut = is_cut;
            }
            Among::All { is_backward } if conditions.are_none() => {
                marked.walk(&self.connection, 0, is_backward, |sequence| {
                    part.add(sequence);
                    Ok(go_on(part.total <= window.end()))
                })?;
                part.total = marked.count(&self.connection)?;
            }
            Among::All { is_backward } => {
                let mut checked = 0;
                let mut is_cut = false;
                marked.walk(&self.connection, 0, is_backward, |sequence| {
                    is_cut = checked == CHECKED_MAX;
                    if !is_cut && self.holds(conditions, sequence)? {
                        part.add(sequence);
                    }
                    checked += 1;
                    Ok(go_on(!is_cut))
                })?;
                part.is_cut = is_cut;
            }
        }
        Ok(part)
    }

    fn holds(&self, conditions: &Conditions, sequence: i64) -> Result<bool, Fault> {
        Ok(self.listed(sequence)?.is_some_and(|row| conditions.hold(&row)))
    }

    /// The row of a version.
    pub(crate) fn listed(&self, sequence: i64) -> Result<Option<Listed>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT key, type, name, created, created_rest, modified, modified_rest,
                 confidence, valid_until
             FROM objects WHERE sequence = ?1",
        )?;
        Ok(statement.query_row([sequence], Listed::read).optional()?)
    }

    /// The objects of a part.
    pub(crate) fn objects_of(&mut self, part: &Part<i64>) -> Result<ObjectList, Fault> {
        let objects = part.items.iter().map(|sequence| self.object(*sequence));
        let objects = objects.collect::<Result<_, _>>()?;
        Ok(ObjectList::new(objects, Some(part.total), part.has_more()))
    }

    /// The objects of a part by name only. No body is read.
    pub(crate) fn light_objects_of(&self, part: &Part<i64>) -> Result<Vec<LightObject>, Fault> {
        let mut items = Vec::with_capacity(part.items.len());
        for sequence in &part.items {
            let Some(row) = self.listed(*sequence)? else { continue };
            let object_type = words::text(&self.connection, row.object_type)?;
            let mut object = LightObject::new(row.key.id()?, object_type);
            object.modified =
                row.modified.and_then(|(micros, rest)| instant::from_pair(micros, rest));
            object.name = row.name;
            items.push(object);
        }
        Ok(items)
    }

    /// All objects that have one of these words of each list.
    pub(crate) fn marked(&self, lists: &[(Dimension, Vec<String>)]) -> Result<Marked, Fault> {
        let mut marked = Marked::all(&self.connection)?;
        for (dimension, texts) in lists {
            marked = marked.with(&self.connection, *dimension, texts)?;
        }
        Ok(marked)
    }
}

/// Whether a walk goes on.
pub(crate) fn go_on(is_wanted: bool) -> ControlFlow<()> {
    if is_wanted { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

/// Whether an object has one of these types; any where there is none.
pub(crate) fn has_type(object: &RawObject, types: &[String]) -> bool {
    let is_it = |found: &str| types.iter().any(|one| one == found);
    types.is_empty() || object.object_type().is_some_and(is_it)
}

/// Identifiers as the words that stand for them.
pub(crate) fn texts(ids: &[Id]) -> Vec<String> {
    ids.iter().map(Id::to_string).collect()
}
