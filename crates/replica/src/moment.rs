//! States of the past: up to which sequence the arrival log is read, and at which instant it is judged what counts.

#[cfg(test)]
pub(crate) mod tests;

use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::{ErrorKind, Result};
use rusqlite::OptionalExtension;

use crate::{
    arrivals, fault::Fault, instant, key::Key, page, reader::Reader, replica::Replica, write,
};

/// A state of a replica: the versions that had arrived, and the instant at which it is judged which of them count.
///
/// A version had arrived when its sequence is not greater, and it was the newest of its object when no version of that
/// sequence or an earlier one had taken its place.
///
/// ```
/// use inthreat_replica::{Moment, Options, Replica};
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("copy");
/// let replica = Replica::create_or_open(&folder, Options::default())?;
/// let before = replica.moment_at("2020-01-01T00:00:00Z".parse()?)?;
/// assert_eq!(before, Moment::new(0, "2020-01-01T00:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Moment {
    /// The newest sequence that had arrived; 0 where there was none.
    pub sequence: u64,
    /// The instant, in whole microseconds.
    pub instant: Timestamp,
}

impl Moment {
    /// The state with the versions up to a sequence, judged at an instant.
    pub fn new(sequence: u64, instant: Timestamp) -> Self {
        let whole = instant::from_micros(instant.micros()).unwrap_or(instant);
        Self { sequence, instant: whole }
    }
}

impl Replica {
    /// The state of now, as far as objects can be found. Blocks.
    pub fn moment(&self) -> Result<Moment> {
        let now = self.readers.options.now();
        self.ask("tell the state of", |reader| reader.moment(now))
    }

    /// The state at an instant: what had arrived then. An instant to come means what is there now, judged then. Blocks.
    ///
    /// An instant before the oldest state that can be told is an error of kind `Incompatible`, which names that state: see
    /// [`Replica::oldest_moment`]. Instants are those of the clock of the process that wrote.
    pub fn moment_at(&self, instant: Timestamp) -> Result<Moment> {
        self.ask("tell a state of", |reader| reader.moment_at(instant))
    }

    /// The state when a sequence had arrived, judged at the instant of its commit. Blocks.
    pub fn moment_of(&self, sequence: u64) -> Result<Moment> {
        self.ask("tell a state of", |reader| reader.moment_of(sequence.cast_signed()))
    }

    /// The oldest state that can be told. In a new replica that is the empty one; [`Replica::compact`], and tables of an older
    /// version that were brought up, leave a later one. Blocks.
    pub fn oldest_moment(&self) -> Result<Moment> {
        self.ask("tell a state of", |reader| reader.moment_of(arrivals::floor(&reader.connection)?))
    }

    /// The version of an object that was the newest in a state of the past. Blocks.
    pub fn get_as_of(&self, id: &Id, moment: Moment) -> Result<Option<RawObject>> {
        self.ask("read an object from", |reader| {
            let sequence = reader.reach(moment)?;
            match reader.resolve_as_of(&Key::of(id), sequence)? {
                Some(sequence) => reader.object(sequence).map(Some),
                None => Ok(None),
            }
        })
    }

    /// The version of an object that has a sequence; `None` where there is none, or no longer. Blocks.
    pub fn version(&self, sequence: u64) -> Result<Option<RawObject>> {
        self.ask("read an object from", |reader| {
            let sequence = sequence.cast_signed();
            let is_there = reader
                .connection
                .prepare_cached("SELECT 1 FROM objects WHERE sequence = ?1")?
                .exists([sequence])?;
            if is_there { reader.object(sequence).map(Some) } else { Ok(None) }
        })
    }
}

impl Reader {
    pub(crate) fn moment(&self, now: i64) -> Result<Moment, Fault> {
        let sequence = write::indexed(&self.connection)?;
        let arrived = arrivals::instant_of(&self.connection, sequence)?;
        moment(sequence, arrived.map_or(now, |arrived| arrived.max(now)))
    }

    fn moment_at(&self, instant: Timestamp) -> Result<Moment, Fault> {
        let micros = instant.micros();
        let indexed = write::indexed(&self.connection)?;
        let arrived = arrivals::sequence_at(&self.connection, micros)?;
        let moment = moment(arrived.map_or(indexed, |arrived| arrived.min(indexed)), micros)?;
        self.reach(moment)?;
        Ok(moment)
    }

    pub(crate) fn moment_of(&self, sequence: i64) -> Result<Moment, Fault> {
        let arrived = arrivals::instant_of(&self.connection, sequence)?;
        let moment = moment(sequence, arrived.unwrap_or_default())?;
        self.reach(moment)?;
        Ok(moment)
    }

    /// The sequence of a state, when that can be told.
    pub(crate) fn reach(&self, moment: Moment) -> Result<i64, Fault> {
        let sequence = i64::try_from(moment.sequence).unwrap_or(i64::MAX);
        let indexed = write::indexed(&self.connection)?;
        let floor = arrivals::floor(&self.connection)?;
        if sequence > page::head(&self.connection)? {
            let message = format!("sequence {sequence} was not given yet");
            return Err(Fault::Told(ErrorKind::Incompatible, message));
        }
        if sequence > indexed || floor > indexed {
            let message = format!("objects can be found only up to sequence {indexed} by now");
            return Err(Fault::Told(ErrorKind::Busy, message));
        }
        if sequence < floor {
            let since = arrivals::instant_of(&self.connection, floor)?.unwrap_or_default();
            let since = instant::from_micros(since).map(|since| since.to_string());
            let message = format!(
                "what was there before {} (sequence {floor}) is no longer kept",
                since.unwrap_or_default()
            );
            return Err(Fault::Told(ErrorKind::Incompatible, message));
        }
        Ok(sequence)
    }

    /// The sequence of the version of an object that was the newest when a sequence had arrived.
    pub(crate) fn resolve_as_of(&self, key: &Key, sequence: i64) -> Result<Option<i64>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT max(sequence) FROM versions WHERE key = ?1 AND sequence <= ?2",
        )?;
        let found = statement.query_row(rusqlite::params![key, sequence], |row| row.get(0));
        Ok(found.optional()?.flatten())
    }
}

fn moment(sequence: i64, micros: i64) -> Result<Moment, Fault> {
    let instant = instant::from_micros(micros)
        .ok_or_else(|| Fault::corrupt("an instant in `arrivals` is none"))?;
    Ok(Moment::new(sequence.cast_unsigned(), instant))
}
