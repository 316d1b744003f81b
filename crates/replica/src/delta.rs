//! What became active between two states, and what ceased to be.

mod position;
#[cfg(test)]
mod tests;

use inthreat_api::Error;
use inthreat_stix::{Id, Kind};
use inthreat_store::{Change, ErrorKind, Result, State, Validity};
use rusqlite::{OptionalExtension, Row, params};

pub use self::position::DeltaPosition;
use self::position::{Leg, State as Stand};
use crate::{
    bitmaps::{self, CHUNK, Dimension},
    fault::Fault,
    instant,
    key::Key,
    moment::Moment,
    page,
    prepare::DAY,
    reader::Reader,
    replica::Replica,
    words,
};

/// How many changes a page has when nothing is said, and at most.
const LIMIT_DEFAULT: usize = 1000;
const LIMIT_MAX: usize = 10_000;
/// How many versions are looked at for one page, so that a page is bounded also where little changed; few in tests.
const VERSIONS_MAX: usize = if cfg!(test) { 16 } else { 100_000 };
/// How many sequences are read at a time.
const STEP: i64 = if cfg!(test) { 5 } else { 4096 };

/// Which changes are told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaOptions {
    /// The state up to which changes are told; `None`: that of now.
    pub until: Option<Moment>,
    /// Only objects of these types, such as `indicator`; empty: of all.
    pub types: Vec<String>,
    /// How many changes a page has at most, 1 to 10,000.
    pub limit: usize,
}

impl DeltaOptions {
    /// Sets the state up to which changes are told.
    #[must_use]
    pub fn with_until(mut self, moment: Moment) -> Self {
        self.until = Some(moment);
        self
    }

    /// Sets the types of which changes are told.
    #[must_use]
    pub fn with_types(mut self, types: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how many changes a page has at most.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }
}

impl Default for DeltaOptions {
    /// Everything up to now, 1,000 changes at a time.
    fn default() -> Self {
        Self { until: None, types: Vec::new(), limit: LIMIT_DEFAULT }
    }
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delta {
    /// What changed, each object at most once in all pages up to the same state. There may be none though more pages come.
    pub changes: Vec<DeltaChange>,
    /// The state up to which changes are told.
    pub until: Moment,
    /// Where the next page begins, or, behind the last one, the next delta.
    pub position: DeltaPosition,
    /// Whether this was the last page: who made all changes holds what counts in the state.
    pub is_complete: bool,
}

/// An object that began to count, counts in another version, or no longer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeltaChange {
    /// The object.
    pub id: Id,
    /// Its type.
    pub kind: Kind,
    /// The newest version in the later state.
    pub sequence: u64,
    /// The version that counted in the earlier state.
    pub before: Option<u64>,
    /// What changed.
    pub change: ChangeKind,
}

/// What changed for whoever keeps a list of what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChangeKind {
    /// It did not count and now does.
    Began,
    /// It counted and does, in another version.
    Replaced,
    /// It counted and no longer does: how it stands now.
    Ended(State),
}

impl Replica {
    /// The next page of what changed since a state: which objects became active, which count in another version, and which
    /// ceased to be active, for firewalls and SIEMs. Blocks.
    ///
    /// Who begins with [`DeltaPosition::beginning`], makes every change, and asks again from the position of the last page
    /// holds the active objects of the last state: neither revoked nor deprecated, and valid at its instant. What expires, and
    /// what begins to be valid, between two states is told though no version came.
    ///
    /// First come objects whose validity began or ended, by its day and their sequence; then objects with new versions, by
    /// their sequence. A page looks at 100,000 versions at most. When the state to begin at is no longer held (see
    /// [`Replica::compact`]), that is an error of kind `Incompatible`, and who follows has to begin anew. An object whose
    /// body was lost and dropped by a repair is not told.
    ///
    /// ```
    /// use inthreat_replica::{ChangeKind, DeltaOptions, DeltaPosition, Options, Replica};
    /// use inthreat_store::{Batch, Sink};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("copy");
    /// let replica = Replica::create_or_open(&folder, Options::default())?;
    /// let text = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e"}"#;
    /// let mut batch = Batch::default();
    /// batch.extend(inthreat_stix::split::ndjson(text).objects);
    /// replica.write(batch).await?;
    ///
    /// let delta = replica.delta(DeltaPosition::beginning(), &DeltaOptions::default())?;
    /// assert_eq!(delta.changes[0].change, ChangeKind::Began);
    /// let saved = delta.position.to_string();
    /// let delta = replica.delta(saved.parse()?, &DeltaOptions::default())?;
    /// assert!(delta.changes.is_empty() && delta.is_complete);
    /// # Ok(())
    /// # }
    /// ```
    pub fn delta(&self, position: DeltaPosition, options: &DeltaOptions) -> Result<Delta> {
        let now = self.readers.options.now();
        let operation = "tell what changed in";
        self.ask_snapshot(operation, |reader| reader.delta(position, options, now))
    }
}

impl Reader {
    fn delta(
        &self,
        position: DeltaPosition,
        options: &DeltaOptions,
        now: i64,
    ) -> Result<Delta, Fault> {
        if !(1..=LIMIT_MAX).contains(&options.limit) {
            return Err(Error::invalid("limit", format!("expected 1 to {LIMIT_MAX}")).into());
        }
        let tag = page::tag(&self.connection)?;
        let leg = self.leg(position, options, tag, now)?;
        let until = leg.until.moment()?;
        let mut walk = Walk::new(self, leg, options)?;
        let is_complete = walk.bounds()? && walk.arrivals()?;
        let position = if is_complete {
            DeltaPosition::at(tag, leg.until)
        } else {
            DeltaPosition::within(tag, walk.leg)
        };
        Ok(Delta { changes: walk.changes, until, position, is_complete })
    }

    /// The part that a position is in; behind a whole one the next begins.
    fn leg(
        &self,
        position: DeltaPosition,
        options: &DeltaOptions,
        tag: u32,
        now: i64,
    ) -> Result<Leg, Fault> {
        let leg = position.leg(tag)?;
        let from = leg.map_or_else(|| position.state(), |leg| leg.from);
        if let Some(from) = from {
            self.reach(from.moment()?)?;
        }
        if let Some(leg) = leg {
            self.reach(leg.until.moment()?)?;
            return Ok(leg);
        }
        let until = match options.until {
            Some(until) => until,
            // A clock that went back changes nothing.
            None => self.moment(now.max(from.map_or(now, |from| from.instant)))?,
        };
        self.reach(until)?;
        let until = Stand::of(until);
        if from.is_some_and(|from| from.sequence > until.sequence || from.instant > until.instant) {
            let message = "the state to begin at is later than the one up to which to go";
            return Err(Fault::Told(ErrorKind::Incompatible, message.into()));
        }
        Ok(Leg { from, until, day: i64::MIN, sequence: 0 })
    }
}

/// A version as far as it matters whether it counts.
struct Version {
    sequence: i64,
    key: Key,
    object_type: i64,
    validity: Validity,
    retired_by: Option<i64>,
}

impl Version {
    const COLUMNS: &str =
        "sequence, key, type, revoked, deprecated, valid_from, valid_until, retired_by";

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let instant = |column| -> rusqlite::Result<_> {
            Ok(row.get::<_, Option<i64>>(column)?.and_then(instant::from_micros))
        };
        Ok(Self {
            sequence: row.get(0)?,
            key: row.get(1)?,
            object_type: row.get(2)?,
            validity: Validity::default()
                .with_revoked(row.get(3)?)
                .with_deprecated(row.get(4)?)
                .with_from(instant(5)?)
                .with_until(instant(6)?),
            retired_by: row.get(7)?,
        })
    }
}

/// The making of a page.
struct Walk<'a> {
    reader: &'a Reader,
    leg: Leg,
    from: Option<Moment>,
    until: Moment,
    /// The numbers of the types that are wanted; `None` for all.
    types: Option<Vec<i64>>,
    limit: usize,
    looked_at: usize,
    changes: Vec<DeltaChange>,
}

impl<'a> Walk<'a> {
    fn new(reader: &'a Reader, leg: Leg, options: &DeltaOptions) -> Result<Self, Fault> {
        let from = leg.from.map(Stand::moment).transpose()?;
        let until = leg.until.moment()?;
        let types = reader.numbers(&options.types)?;
        let limit = options.limit;
        Ok(Self { reader, leg, from, until, types, limit, looked_at: 0, changes: Vec::new() })
    }

    fn is_full(&self) -> bool {
        self.changes.len() >= self.limit || self.looked_at >= VERSIONS_MAX
    }

    /// Tells versions of both states that begin or end by their own bounds. `false` when the page is full before all are told.
    ///
    /// Bitmaps say, by days, which versions have a bound in the time between: of the other days nothing is read, and of the
    /// first and the last one each version once.
    fn bounds(&mut self) -> Result<bool, Fault> {
        let Some(from) = self.leg.from.filter(|from| from.sequence > 0) else { return Ok(true) };
        let last = self.leg.until.instant.div_euclid(DAY);
        if self.leg.day > last {
            return Ok(true);
        }
        let first = from.instant.div_euclid(DAY).max(self.leg.day);
        if first > self.leg.day {
            (self.leg.day, self.leg.sequence) = (first, 0);
        }
        let reader = self.reader;
        let mut statement = reader.connection.prepare_cached(
            "SELECT value, chunk, sequences FROM bitmaps
             WHERE dimension = ?1 AND value <= ?2 AND (value, chunk) >= (?3, ?4) AND chunk <= ?5
             ORDER BY value, chunk",
        )?;
        let chunk = bitmaps::place(self.leg.sequence).0;
        let chunk_max = bitmaps::place(from.sequence).0;
        let dimension = Dimension::Bound as i64;
        let mut rows = statement.query(params![dimension, last, self.leg.day, chunk, chunk_max])?;
        while let Some(row) = rows.next()? {
            let (day, chunk): (i64, i64) = (row.get(0)?, row.get(1)?);
            let sequences = row.get_ref(2)?.as_blob().ok().and_then(bitmaps::read);
            let sequences = sequences.ok_or_else(|| {
                Fault::corrupt(format!("the bitmap of {:?} {day} is damaged", Dimension::Bound))
            })?;
            if day > self.leg.day {
                (self.leg.day, self.leg.sequence) = (day, 0);
            }
            for place in sequences {
                let sequence = chunk * CHUNK + i64::from(place);
                if sequence <= self.leg.sequence || sequence > from.sequence {
                    continue;
                }
                if self.is_full() {
                    return Ok(false);
                }
                self.bound(sequence, day)?;
                self.leg.sequence = sequence;
            }
        }
        (self.leg.day, self.leg.sequence) = (i64::MAX, 0);
        Ok(true)
    }

    /// Tells a version that has a bound on this day, when that is the one by which it begins or ends.
    fn bound(&mut self, sequence: i64, day: i64) -> Result<(), Fault> {
        self.looked_at += 1;
        let Some(version) = self.version(sequence)? else { return Ok(()) };
        let is_replaced = version.retired_by.is_some_and(|by| by <= self.leg.until.sequence);
        if is_replaced || !self.is_wanted(&version) {
            return Ok(());
        }
        let bound = match self.between(Some(&version), &version) {
            Some(ChangeKind::Began) => version.validity.from,
            Some(ChangeKind::Ended(_)) => version.validity.until,
            _ => None,
        };
        if bound.is_some_and(|bound| bound.micros().div_euclid(DAY) == day) {
            self.tell(Some(&version), &version)?;
        }
        Ok(())
    }

    /// Tells objects with new versions. `false` when the page is full before all are told.
    fn arrivals(&mut self) -> Result<bool, Fault> {
        (self.leg.day, self.leg.sequence) = match self.leg.day {
            i64::MAX => (i64::MAX, self.leg.sequence),
            _ => (i64::MAX, 0),
        };
        let from = self.leg.from.map_or(0, |from| from.sequence);
        let until = self.leg.until.sequence;
        let reader = self.reader;
        let mut statement = reader.connection.prepare_cached(&format!(
            "SELECT {} FROM objects WHERE sequence > ?1 AND sequence <= ?2
                 AND (retired_by IS NULL OR retired_by > ?3) ORDER BY sequence",
            Version::COLUMNS
        ))?;
        let mut after = self.leg.sequence.max(from);
        while after < until {
            if self.is_full() {
                return Ok(false);
            }
            let last = until.min(after.saturating_add(STEP));
            let rows = statement.query_map([after, last, until], Version::read)?;
            for version in rows {
                let version = version?;
                if self.is_full() {
                    return Ok(false);
                }
                self.leg.sequence = version.sequence;
                if self.is_wanted(&version) {
                    let before = self.reader.resolve_as_of(&version.key, from)?;
                    let before = before.map(|before| self.version(before)).transpose()?.flatten();
                    self.tell(before.as_ref(), &version)?;
                }
            }
            self.looked_at += usize::try_from(last - after).unwrap_or(usize::MAX);
            (after, self.leg.sequence) = (last, last);
        }
        Ok(true)
    }

    fn version(&self, sequence: i64) -> Result<Option<Version>, Fault> {
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {} FROM objects WHERE sequence = ?1",
            Version::COLUMNS
        ))?;
        Ok(statement.query_row([sequence], Version::read).optional()?)
    }

    fn is_wanted(&self, version: &Version) -> bool {
        self.types.as_ref().is_none_or(|types| types.contains(&version.object_type))
    }

    /// What changed for an object between the two states.
    fn between(&self, before: Option<&Version>, after: &Version) -> Option<ChangeKind> {
        let from = self.from.unwrap_or(self.until).instant;
        let until = self.until.instant;
        let validity = before.map(|before| &before.validity);
        match Change::between((validity, from), (Some(&after.validity), until)) {
            Some(Change::Began) => Some(ChangeKind::Began),
            Some(_) => Some(ChangeKind::Ended(after.validity.state(until))),
            None => {
                let before = before.filter(|before| before.sequence != after.sequence)?;
                before.validity.is_active(from).then_some(ChangeKind::Replaced)
            }
        }
    }

    fn tell(&mut self, before: Option<&Version>, after: &Version) -> Result<(), Fault> {
        let Some(change) = self.between(before, after) else { return Ok(()) };
        let before = before.filter(|_| change != ChangeKind::Began);
        self.changes.push(DeltaChange {
            id: after.key.id()?,
            kind: words::kind(&self.reader.connection, after.object_type)?,
            sequence: after.sequence.cast_unsigned(),
            before: before.map(|before| before.sequence.cast_unsigned()),
            change,
        });
        Ok(())
    }
}
