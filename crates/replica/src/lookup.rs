//! Look-ups: by identifier, and by observable.

#[cfg(test)]
mod tests;

use inthreat_api::Observable;
use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use inthreat_store::{
    Held, Result, Validity,
    index::{self, Networks},
};
use rusqlite::{OptionalExtension, Row, params};

use crate::{
    fault::Fault, instant, key::Key, moment::Moment, reader::Reader, replica::Replica, words,
};

/// The most objects that one observable is answered with.
pub(crate) const HITS_MAX: usize = 1000;

/// An object that names an observable: its row, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hit {
    /// Its place in the arrival log.
    pub sequence: u64,
    /// Its identifier.
    pub id: Id,
    /// Its type: an indicator, or an observable of its own right.
    pub kind: Kind,
    /// Its name.
    pub name: Option<String>,
    /// Whether it was withdrawn.
    pub revoked: bool,
    /// Whether it is out of date.
    pub deprecated: bool,
    /// From when it is valid, in whole microseconds.
    pub valid_from: Option<Timestamp>,
    /// Until when it is valid, in whole microseconds.
    pub valid_until: Option<Timestamp>,
    /// How much its creator trusts it, 0 to 100.
    pub confidence: Option<u8>,
}

/// Which objects a look-up answers with.
///
/// ```
/// use inthreat_replica::LookupOptions;
///
/// let options = LookupOptions::default().with_active_at("2026-11-22T00:00:00Z".parse()?);
/// assert!(options.active_at.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupOptions {
    /// Only objects that count at this instant: neither revoked nor deprecated, and valid then. `None`: all.
    pub active_at: Option<Timestamp>,
    /// The objects as they were in this state of the past. `None`: as they are.
    pub as_of: Option<Moment>,
}

impl LookupOptions {
    /// Sets the instant at which objects must count.
    #[must_use]
    pub fn with_active_at(mut self, instant: Timestamp) -> Self {
        self.active_at = Some(instant);
        self
    }

    /// Sets the state that is asked: see [`Replica::moment_at`]. What counted then is asked for by the instant of the state
    /// as [`LookupOptions::active_at`].
    #[must_use]
    pub fn with_as_of(mut self, moment: Moment) -> Self {
        self.as_of = Some(moment);
        self
    }
}

impl Hit {
    /// When the object counts.
    pub fn validity(&self) -> Validity {
        Validity::default()
            .with_revoked(self.revoked)
            .with_deprecated(self.deprecated)
            .with_from(self.valid_from)
            .with_until(self.valid_until)
    }
}

impl Replica {
    /// The objects that name each of these observables, in the order of the question and from one state of the
    /// replica. Blocks.
    ///
    /// Each is looked up as by [`Replica::lookup`], and has at most [`Replica::HITS_MAX`] objects that are asked for.
    pub fn lookup_many(
        &self,
        observables: &[Observable],
        options: LookupOptions,
    ) -> Result<Vec<Vec<Hit>>> {
        let answer = |reader: &mut Reader| {
            let found = observables.iter().map(|one| Ok(reader.lookup(one, options)?.0));
            found.collect::<Result<_, Fault>>()
        };
        self.ask_snapshot("look observables up in", answer)
    }
}

/// Asks for the versions of objects that name a value, and were not retired at a sequence.
macro_rules! hits {
    ($reached:literal, $at:literal) => {
        concat!(
            "SELECT o.sequence, o.key, o.type, o.name, o.revoked, o.deprecated, o.valid_from,
                 o.valid_until, o.confidence, o.modified, o.modified_rest
             FROM observables b CROSS JOIN objects o ON o.sequence = b.sequence
             WHERE b.type = ?1 AND b.value = ?2 ",
            $reached,
            "AND (o.retired_by IS NULL OR o.retired_by > ",
            $at,
            ") ORDER BY b.sequence",
        )
    };
}

const HITS: &str = hits!("", "(SELECT value FROM meta WHERE name = 'indexed')");
const HITS_THEN: &str = hits!("AND b.sequence <= ?3 ", "?3");

/// Microseconds and rest of `modified`, and the sequence: what hits are sorted by.
type Order = (Option<(i64, i64)>, i64);

impl Reader {
    /// The sequence of the newest version of the object with this key.
    pub(crate) fn resolve(&self, key: &Key) -> Result<Option<i64>, Fault> {
        self.allowance.take_row()?;
        let mut statement =
            self.connection.prepare_cached("SELECT max(sequence) FROM versions WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0))?)
    }

    /// The newest version of an object.
    pub(crate) fn get(&mut self, id: &Id) -> Result<Option<RawObject>, Fault> {
        match self.resolve(&Key::of(id))? {
            Some(sequence) => self.object(sequence).map(Some),
            None => Ok(None),
        }
    }

    /// The `modified` of the newest version of an object, and whether it is revoked. No body is read.
    pub(crate) fn held(&self, id: &Id) -> Result<Option<Held>, Fault> {
        let Some(sequence) = self.resolve(&Key::of(id))? else {
            return Ok(None);
        };
        let mut statement = self.connection.prepare_cached(
            "SELECT modified, modified_rest, revoked FROM objects WHERE sequence = ?1",
        )?;
        let held = statement.query_row([sequence], |row| {
            let pair = row.get::<_, Option<i64>>(0)?.zip(row.get(1)?);
            let modified = pair.and_then(|(micros, rest)| instant::from_pair(micros, rest));
            Ok(Held::new(modified, row.get(2)?))
        })?;
        Ok(Some(held))
    }

    /// The objects that name an observable, oldest `modified` first, and whether there are more.
    pub(crate) fn lookup(
        &self,
        observable: &Observable,
        options: LookupOptions,
    ) -> Result<(Vec<Hit>, bool), Fault> {
        if let Some(moment) = options.as_of {
            self.reach(moment)?;
        }
        let mut found: Vec<(Order, Hit)> = Vec::new();
        let mut has_more = false;
        for key in index::normalise(observable) {
            let Some(word) = words::find(&self.connection, key.observable_type.as_str())? else {
                continue;
            };
            has_more |= self.hits(word, &key.value, options, &mut found)?;
            if let Some(networks) = Networks::around(&key) {
                has_more |= self.hits_around(word, networks, options, &mut found)?;
            }
        }
        if found.len() > 1 {
            found.sort_unstable_by_key(|(order, _)| *order);
            found.dedup_by_key(|(order, _)| *order);
            has_more |= found.len() > HITS_MAX;
            found.truncate(HITS_MAX);
        }
        Ok((found.into_iter().map(|(_, hit)| hit).collect(), has_more))
    }

    /// Adds the objects that name a network around an address: where there is none, for one more question.
    fn hits_around(
        &self,
        word: i64,
        mut networks: Networks,
        options: LookupOptions,
        found: &mut Vec<(Order, Hit)>,
    ) -> Result<bool, Fault> {
        // Digits sort behind the slash that the key of every network begins with.
        let mut statement = self.connection.prepare_cached(
            "SELECT value FROM observables WHERE type = ?1 AND value >= ?2 AND value < '0'
             ORDER BY value LIMIT 1",
        )?;
        let mut has_more = false;
        while let Some(key) = networks.key() {
            self.allowance.take_row()?;
            let next: Option<String> =
                statement.query_row(params![word, key], |row| row.get(0)).optional()?;
            if next.as_ref() == Some(&key) {
                has_more |= self.hits(word, &key, options, found)?;
            }
            networks.pass(next.as_deref());
        }
        Ok(has_more)
    }

    fn hits(
        &self,
        word: i64,
        value: &str,
        options: LookupOptions,
        found: &mut Vec<(Order, Hit)>,
    ) -> Result<bool, Fault> {
        let mut statement;
        let mut rows = if let Some(moment) = options.as_of {
            statement = self.connection.prepare_cached(HITS_THEN)?;
            statement.query(params![word, value, moment.sequence.cast_signed()])?
        } else {
            statement = self.connection.prepare_cached(HITS)?;
            statement.query(params![word, value])?
        };
        let mut count = 0;
        while let Some(row) = rows.next()? {
            self.allowance.take_row()?;
            let (order, hit) = self.hit(row)?;
            if options.active_at.is_some_and(|at| !hit.validity().is_active(at)) {
                continue;
            }
            if count == HITS_MAX {
                return Ok(true);
            }
            count += 1;
            found.push((order, hit));
        }
        Ok(false)
    }

    fn hit(&self, row: &Row<'_>) -> Result<(Order, Hit), Fault> {
        let sequence: i64 = row.get(0)?;
        let instant = |column| {
            let micros: Option<i64> = row.get(column)?;
            Ok::<_, Fault>(micros.and_then(instant::from_micros))
        };
        let hit = Hit {
            sequence: sequence.cast_unsigned(),
            id: row.get::<_, Key>(1)?.id()?,
            kind: words::kind(&self.connection, row.get(2)?)?,
            name: row.get(3)?,
            revoked: row.get(4)?,
            deprecated: row.get(5)?,
            valid_from: instant(6)?,
            valid_until: instant(7)?,
            confidence: row.get(8)?,
        };
        let modified: Option<i64> = row.get(9)?;
        Ok(((modified.zip(row.get(10)?), sequence), hit))
    }
}
