//! Look-ups: by identifier, and by observable.

use inthreat_api::Observable;
use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use inthreat_store::{Held, index};
use rusqlite::{Row, params};

use crate::{fault::Fault, instant, key::Key, reader::Reader, words};

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

/// Microseconds and rest of `modified`, and the sequence: what hits are sorted by.
type Order = (Option<(i64, i64)>, i64);

impl Reader {
    /// The sequence of the newest version of the object with this key.
    pub(crate) fn resolve(&self, key: &Key) -> Result<Option<i64>, Fault> {
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
    pub(crate) fn lookup(&self, observable: &Observable) -> Result<(Vec<Hit>, bool), Fault> {
        let mut found: Vec<(Order, Hit)> = Vec::new();
        let mut has_more = false;
        let keys = index::normalise(observable);
        for key in &keys {
            let Some(word) = words::find(&self.connection, key.observable_type.as_str())? else {
                continue;
            };
            has_more |= self.hits(word, &key.value, &mut found)?;
        }
        if found.len() > 1 {
            found.sort_unstable_by_key(|(order, _)| *order);
            found.dedup_by_key(|(order, _)| *order);
            has_more |= found.len() > HITS_MAX;
            found.truncate(HITS_MAX);
        }
        Ok((found.into_iter().map(|(_, hit)| hit).collect(), has_more))
    }

    fn hits(&self, word: i64, value: &str, found: &mut Vec<(Order, Hit)>) -> Result<bool, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT o.sequence, o.key, o.type, o.name, o.revoked, o.deprecated, o.valid_from,
                 o.valid_until, o.confidence, o.modified, o.modified_rest
             FROM observables b CROSS JOIN objects o ON o.sequence = b.sequence
             WHERE b.type = ?1 AND b.value = ?2 AND (o.retired_by IS NULL
                 OR o.retired_by > (SELECT value FROM meta WHERE name = 'indexed'))
             ORDER BY b.sequence",
        )?;
        let mut rows = statement.query(params![word, value])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if count == HITS_MAX {
                return Ok(true);
            }
            count += 1;
            found.push(self.hit(row)?);
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
