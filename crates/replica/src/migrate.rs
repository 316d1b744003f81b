//! Bringing a replica of an older version up to this one.

use std::{fs, fs::File, path::Path};

use inthreat_stix::RawObject;
use inthreat_store::{Batch, ErrorKind};
use rusqlite::{Connection, OpenFlags, params, types::Value};
use xxhash_rust::xxh3::Xxh3;

use crate::{
    arrivals, fault::Fault, folder, options::Options, prepare::Incoming, reader::Readers, schema,
    write::Writer,
};

/// Where the new tables are made, inside the replica's folder.
const WORKSHOP: &str = "replica.migration";
/// How many objects are read and written at a time.
const STEP: usize = 4096;
/// The tables that are copied row by row, with their number of columns.
const COPIED: [(&str, usize); 2] = [("cursors", 3), ("quarantine", 7)];

/// Makes the tables of version 1 anew, and puts them in the place of the old ones when they are complete. The lock must be
/// held. Every object keeps its sequence, so that cursors stay good.
///
/// Whatever goes wrong, the old tables stay as they are.
pub(crate) fn from_version_1(folder: &Path, options: &Options) -> Result<(), Fault> {
    let database = folder::database(folder);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let old = Connection::open_with_flags(&database, flags)?;
    // Leaving this mode takes the log away, and succeeds only when nobody else reads.
    let mode: String = old
        .pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))
        .unwrap_or_default();
    if mode != "delete" {
        let message = "its tables have version 1 and are being read by another process, so that \
                       they cannot be brought up to this version";
        return Err(Fault::Told(ErrorKind::Busy, message.into()));
    }
    old.execute_batch("BEGIN EXCLUSIVE")?;
    let workshop = folder.join(WORKSHOP);
    if workshop.exists() {
        fs::remove_dir_all(&workshop)?;
    }
    fs::create_dir(&workshop)?;
    folder::create(&workshop)?;
    copy(&old, &workshop, options)?;
    let made = folder::database(&workshop);
    File::open(&made)?.sync_all()?;
    fs::rename(&made, &database)?;
    File::open(folder)?.sync_all()?;
    fs::remove_dir_all(&workshop)?;
    Ok(())
}

/// Brings the tables of version 2 to 5 up to this one, where they are. The lock must be held. Whatever goes wrong before the
/// last step leaves them as they are; after it, whoever opens the replica for writing fills what is derived from the bodies.
pub(crate) fn in_place(folder: &Path, options: &Options) -> Result<(), Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(folder::database(folder), flags)?;
    // The log may be ahead of the file: then only this last step is missing.
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != schema::VERSION {
        schema::renew(&mut connection, version, options.now())?;
    }
    // The header of the file tells others the version.
    let is_busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        let message = "its tables had an older version and are being read by another process, so \
                       that they could not be brought up to this version completely";
        return Err(Fault::Told(ErrorKind::Busy, message.into()));
    }
    Ok(())
}

fn copy(old: &Connection, workshop: &Path, options: &Options) -> Result<(), Fault> {
    let readers = Readers::new(workshop.into(), options.clone(), false);
    let mut writer = Writer::new(readers)?;
    let mut batch = Batch::default();
    let mut statement = old.prepare(
        "SELECT first_sequence, ends, checksum, data FROM blocks ORDER BY first_sequence",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let first: i64 = row.get(0)?;
        let (ends, data) = (row.get_ref(1)?.as_blob(), row.get_ref(3)?.as_blob());
        let objects = ends.ok().zip(data.ok());
        let objects = objects.and_then(|(ends, data)| open(first, ends, row.get(2).ok()?, data));
        let damaged = || Fault::corrupt(format!("block {first} is damaged"));
        batch.extend(objects.ok_or_else(damaged)?);
        if batch.objects().len() >= STEP {
            write(&mut writer, std::mem::take(&mut batch))?;
        }
    }
    write(&mut writer, batch)?;
    writer.settle()?;
    let now = options.now();
    writer.change(|transaction| {
        arrivals::begin(transaction, now)?;
        let kept = "name = 'tag' OR name LIKE 'newest:%' OR name LIKE 'lease:%'";
        copy_rows(old, transaction, "meta", kept, 2)?;
        COPIED
            .iter()
            .try_for_each(|(table, columns)| copy_rows(old, transaction, table, "TRUE", *columns))
    })
}

/// The objects of a block of version 1: one frame of zstd, and where each object ends in its text.
fn open(first: i64, ends: &[u8], checksum: i64, data: &[u8]) -> Option<Vec<RawObject>> {
    let mut state = Xxh3::new();
    state.update(&first.to_le_bytes());
    state.update(ends);
    state.update(data);
    if state.digest().cast_signed() != checksum {
        return None;
    }
    let ends: Vec<usize> =
        ends.as_chunks().0.iter().map(|end| u32::from_le_bytes(*end) as usize).collect();
    let text = zstd::bulk::decompress(data, *ends.last()?).ok()?;
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| RawObject::new(text.get(start..*end)?).ok()).collect()
}

fn write(writer: &mut Writer, batch: Batch) -> Result<(), Fault> {
    let incoming = Incoming::new(batch, 0)?;
    let (written, _) = writer.write(&incoming, 0, None)?;
    if written.accepted == incoming.batch.len() as u64 {
        return Ok(());
    }
    // Sequences would shift, and cursors would skip objects.
    Err(Fault::corrupt(
        "its arrival log holds an object twice in the same version, or one without an id",
    ))
}

fn copy_rows(
    old: &Connection,
    new: &Connection,
    table: &str,
    kept: &str,
    columns: usize,
) -> Result<(), Fault> {
    let places = vec!["?"; columns].join(", ");
    let mut insert = new.prepare(&format!("INSERT OR REPLACE INTO {table} VALUES ({places})"))?;
    let mut statement = old.prepare(&format!("SELECT * FROM {table} WHERE {kept}"))?;
    let mut rows = statement.query(params![])?;
    while let Some(row) = rows.next()? {
        let values: Result<Vec<Value>, _> = (0..columns).map(|column| row.get(column)).collect();
        insert.execute(rusqlite::params_from_iter(values?))?;
    }
    Ok(())
}
