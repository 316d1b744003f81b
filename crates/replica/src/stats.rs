//! How much a replica holds.

use inthreat_stix::Timestamp;
use inthreat_store::Result;

use crate::{fault::Fault, folder, instant, page, reader::Reader, replica::Replica, schema, words};

/// How much a replica holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// How many objects there are, each counted once.
    pub objects: u64,
    /// How many objects there are of each type, most frequent first.
    pub types: Vec<(String, u64)>,
    /// How many objects were withdrawn.
    pub revoked: u64,
    /// How many older versions are kept.
    pub retired: u64,
    /// The newest sequence of the arrival log; 0 where there is none.
    pub sequence: u64,
    /// The latest `modified` of all objects.
    pub newest: Option<Timestamp>,
    /// How many bytes the objects have, older versions included.
    pub body_bytes: u64,
    /// How many bytes they take, compressed.
    pub stored_body_bytes: u64,
    /// How long the database is, in bytes.
    pub database_bytes: u64,
    /// How long its write-ahead log is, in bytes.
    pub log_bytes: u64,
    /// How many items are in quarantine.
    pub quarantined: u64,
    /// The version of the tables.
    pub schema_version: u32,
}

impl Replica {
    /// Counts what there is. Takes time in proportion to the number of objects. Blocks.
    pub fn stats(&self) -> Result<Stats> {
        let count = || {
            let mut stats = self.readers.ask_snapshot(|reader| reader.stats())?;
            let database = folder::database(self.folder());
            stats.database_bytes = std::fs::metadata(&database)?.len();
            let mut log = database.into_os_string();
            log.push("-wal");
            // After a clean stop there is none.
            stats.log_bytes = std::fs::metadata(log).map_or(0, |metadata| metadata.len());
            Ok(stats)
        };
        count().map_err(|fault: Fault| fault.into_store("count what is in", self.folder()))
    }
}

impl Reader {
    fn stats(&self) -> Result<Stats, Fault> {
        let number = |sql: &str| -> Result<u64, Fault> {
            let found: Option<i64> = self.connection.query_row(sql, [], |row| row.get(0))?;
            Ok(found.unwrap_or(0).cast_unsigned())
        };
        let newest: Option<i64> = self.connection.query_row(
            "SELECT max(modified) FROM objects WHERE retired_by IS NULL",
            [],
            |row| row.get(0),
        )?;
        let types = self.types()?;
        let (body_bytes, stored_body_bytes) = self.body_bytes()?;
        Ok(Stats {
            objects: types.iter().map(|(_, count)| count).sum(),
            types,
            revoked: number("SELECT count(*) FROM objects WHERE retired_by IS NULL AND revoked")?,
            retired: number("SELECT count(*) FROM objects WHERE retired_by IS NOT NULL")?,
            sequence: page::head(&self.connection)?.cast_unsigned(),
            newest: newest.and_then(instant::from_micros),
            body_bytes,
            stored_body_bytes,
            database_bytes: 0,
            log_bytes: 0,
            quarantined: number("SELECT count(*) FROM quarantine")?,
            schema_version: schema::VERSION.cast_unsigned(),
        })
    }

    fn types(&self) -> Result<Vec<(String, u64)>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT type, count(*) FROM objects WHERE retired_by IS NULL GROUP BY type ORDER BY 2 DESC, 1",
        )?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (number, count) = row?;
            Ok((words::text(&self.connection, number)?, count.cast_unsigned()))
        })
        .collect()
    }

    /// The length of all bodies, as they are written and as they are stored.
    fn body_bytes(&self) -> Result<(u64, u64), Fault> {
        let mut statement =
            self.connection.prepare_cached("SELECT substr(ends, -4), length(data) FROM blocks")?;
        let mut rows = statement.query([])?;
        let (mut plain, mut stored) = (0, 0);
        while let Some(row) = rows.next()? {
            let end: Vec<u8> = row.get(0)?;
            let end = end.first_chunk().map_or(0, |end| u32::from_le_bytes(*end));
            plain += u64::from(end);
            stored += row.get::<_, i64>(1)?.cast_unsigned();
        }
        Ok((plain, stored))
    }
}
