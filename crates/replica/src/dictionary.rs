//! Dictionaries: what objects have in common, so that few of them together compress as well as many.

use std::{collections::HashMap, collections::hash_map::Entry};

use inthreat_stix::RawObject;
use rusqlite::{Connection, params};
use xxhash_rust::xxh3::xxh3_64;

use crate::fault::Fault;

/// How long a dictionary is, at most. With this much of it, an object compresses alone as well as five do with a quarter of it;
/// longer ones gain little and take longer to load.
const BYTES_MAX: usize = 64 << 10;
/// How much is looked at to make one, in bytes, and how many objects at least.
const SAMPLE_BYTES_MAX: usize = 2 << 20;
const SAMPLE_MIN: usize = 256;
/// The first one is made for as many objects, and another each time that the replica has grown by this factor.
const FIRST: i64 = 1024;
const GROWTH: i64 = 16;
/// A dictionary is what many blocks need to be read, so it is stored twice.
const COPIES: i64 = 2;

/// A dictionary and its number, which is 1 or more.
#[derive(Clone, Debug)]
pub(crate) struct Dictionary {
    pub(crate) number: i64,
    pub(crate) bytes: Vec<u8>,
}

/// Makes dictionaries when they are due. What was made in a transaction that failed was never stored, so that the trainer
/// is dropped with it.
#[derive(Debug, Default)]
pub(crate) struct Trainer {
    /// The newest dictionary, and from which sequence on another is due.
    state: Option<(Option<Dictionary>, i64)>,
}

impl Trainer {
    /// The dictionary for objects that get sequences from `first` on; made of them where one is due.
    pub(crate) fn dictionary(
        &mut self,
        connection: &Connection,
        objects: &[RawObject],
        first: i64,
    ) -> Result<Option<&Dictionary>, Fault> {
        let (newest, due) = match self.state.take() {
            Some(state) => state,
            None => newest(connection)?,
        };
        let end = first.saturating_add(i64::try_from(objects.len()).unwrap_or(i64::MAX));
        let number = newest.as_ref().map_or(0, |dictionary| dictionary.number) + 1;
        let made = if end >= due { train(number, objects) } else { None };
        self.state = Some(match made {
            Some(made) => {
                store(connection, &made, end)?;
                (Some(made), end.saturating_mul(GROWTH))
            }
            None => (newest, due),
        });
        Ok(self.state.as_ref().and_then(|(newest, _)| newest.as_ref()))
    }
}

/// A dictionary of what these objects have in common; none where they are too few or have nothing in common.
pub(crate) fn train(number: i64, objects: &[RawObject]) -> Option<Dictionary> {
    if objects.len() < SAMPLE_MIN {
        return None;
    }
    let total: usize = objects.iter().map(|object| object.as_bytes().len()).sum();
    let step = total.div_ceil(SAMPLE_BYTES_MAX).max(1);
    let mut sample = Vec::with_capacity(SAMPLE_BYTES_MAX);
    let mut lengths = Vec::new();
    for object in objects.iter().step_by(step) {
        let bytes = object.as_bytes();
        if sample.len() + bytes.len() <= SAMPLE_BYTES_MAX {
            sample.extend_from_slice(bytes);
            lengths.push(bytes.len());
        }
    }
    // What has too little in common makes no dictionary, and needs none.
    let bytes = zstd::dict::from_continuous(&sample, &lengths, BYTES_MAX).ok()?;
    Some(Dictionary { number, bytes })
}

/// The newest dictionary that is stored, and from which sequence on another is due.
fn newest(connection: &Connection) -> Result<(Option<Dictionary>, i64), Fault> {
    let newest: Option<(i64, i64)> = connection
        .prepare_cached("SELECT n, made_at FROM dictionaries ORDER BY n DESC LIMIT 1")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .next()
        .transpose()?;
    Ok(match newest {
        None => (None, FIRST),
        Some((number, made_at)) => {
            let bytes = read(connection, number)?;
            (Some(Dictionary { number, bytes }), made_at.saturating_mul(GROWTH))
        }
    })
}

fn store(connection: &Connection, dictionary: &Dictionary, made_at: i64) -> Result<(), Fault> {
    let mut statement =
        connection.prepare_cached("INSERT INTO dictionaries VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let Dictionary { number, bytes } = dictionary;
    for copy in 1..=COPIES {
        statement.execute(params![number, copy, made_at, checksum(*number, bytes), bytes])?;
    }
    Ok(())
}

/// A dictionary by its number; 0 is none.
pub(crate) fn load(connection: &Connection, number: i64) -> Result<Option<Dictionary>, Fault> {
    if number == 0 {
        return Ok(None);
    }
    Ok(Some(Dictionary { number, bytes: read(connection, number)? }))
}

/// The first copy of a dictionary that is what was written.
fn read(connection: &Connection, number: i64) -> Result<Vec<u8>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT checksum, data FROM dictionaries WHERE n = ?1 ORDER BY copy")?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(1)?;
        if row.get::<_, i64>(0)? == checksum(number, &bytes) {
            return Ok(bytes);
        }
    }
    Err(Fault::corrupt(format!("no copy of dictionary {number} is what was written")))
}

fn checksum(number: i64, bytes: &[u8]) -> i64 {
    (xxh3_64(bytes) ^ number.cast_unsigned()).cast_signed()
}

/// What is wrong with stored dictionaries, each told once.
pub(crate) fn faults(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut statement =
        connection.prepare_cached("SELECT n, copy, checksum, data FROM dictionaries")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, copy): (i64, i64) = (row.get(0)?, row.get(1)?);
        let bytes: Vec<u8> = row.get(3)?;
        if row.get::<_, i64>(2)? != checksum(number, &bytes) {
            found.push(format!("copy {copy} of dictionary {number} is not what was written"));
        }
    }
    Ok(found)
}

/// Mends a copy that is damaged by the other one, and takes away a dictionary of which no copy is left.
pub(crate) fn mend(connection: &Connection) -> Result<(), Fault> {
    let mut statement = connection.prepare("SELECT DISTINCT n, made_at FROM dictionaries")?;
    let numbers: Vec<(i64, i64)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (number, made_at) in numbers {
        let bytes = match read(connection, number) {
            Ok(bytes) => Some(bytes),
            Err(Fault::Told(..)) => None,
            Err(fault) => return Err(fault),
        };
        connection.execute("DELETE FROM dictionaries WHERE n = ?1", [number])?;
        if let Some(bytes) = bytes {
            store(connection, &Dictionary { number, bytes }, made_at)?;
        }
    }
    Ok(())
}

/// Decompressors, one for each dictionary that was met.
#[derive(Default)]
pub(crate) struct Decompressors {
    by_number: HashMap<i64, zstd::bulk::Decompressor<'static>>,
}

impl Decompressors {
    /// The decompressor for a dictionary; 0 is none.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        number: i64,
    ) -> Result<&mut zstd::bulk::Decompressor<'static>, Fault> {
        Ok(match self.by_number.entry(number) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(match number {
                0 => zstd::bulk::Decompressor::new()?,
                _ => zstd::bulk::Decompressor::with_dictionary(&read(connection, number)?)?,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a dictionary that is made of too little, and one that is never used or of no use.
    #[test]
    fn a_dictionary_pays() {
        let objects: Vec<RawObject> = (0..2000)
            .map(|number| {
                let text = format!(
                    r#"{{"type":"indicator","spec_version":"2.1","id":"indicator--{number:08x}","name":"n{number}","pattern_type":"stix"}}"#
                );
                RawObject::new(text).unwrap()
            })
            .collect();
        assert!(train(1, &objects[..100]).is_none());
        let dictionary = train(1, &objects).unwrap();
        assert!(dictionary.bytes.len() <= BYTES_MAX);
        let size = |dictionary| {
            let mut size = 0;
            let each = |packed: crate::block::Packed| size += packed.data.len();
            crate::block::pack(1, dictionary, &objects[..10], each).unwrap();
            size
        };
        assert!(size(Some(&dictionary)) * 2 < size(None), "{}", size(Some(&dictionary)));
    }
}
