//! The tables, and how a connection to them is set up.

use std::{hash::BuildHasher, path::Path, time::Duration};

use inthreat_store::ErrorKind;
use rusqlite::{Connection, OpenFlags, config::DbConfig, limits::Limit, params};

use crate::{
    fault::Fault,
    feeds,
    options::{Durability, Options},
    words,
};

/// Says in the header of the file whose it is: "inTh".
pub(crate) const APPLICATION_ID: i32 = 0x696e_5468;
/// The version of the tables; a file of a newer one is refused.
pub(crate) const VERSION: i32 = 1;
const PAGE_SIZE: u64 = 4096;
/// The write-ahead log is folded into the database when it is longer than this many pages, and cut to as many bytes.
const CHECKPOINT_PAGES: u32 = 4096;
/// How long to wait for another process that holds the database for a moment.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 64;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE words (n INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE ids (n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, latest INTEGER) STRICT;
CREATE TABLE objects (
    sequence INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    type INTEGER NOT NULL,
    created INTEGER,
    created_rest INTEGER,
    modified INTEGER,
    modified_rest INTEGER,
    revoked INTEGER NOT NULL,
    deprecated INTEGER NOT NULL,
    valid_from INTEGER,
    valid_until INTEGER,
    confidence INTEGER,
    observable_types INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    retired_by INTEGER,
    name TEXT
) STRICT;
CREATE TABLE blocks (
    first_sequence INTEGER PRIMARY KEY,
    ends BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE observables (
    type INTEGER NOT NULL,
    value TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (type, value, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE edges (
    id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    other INTEGER NOT NULL,
    relationship_type INTEGER NOT NULL,
    PRIMARY KEY (id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE cursors (
    key TEXT PRIMARY KEY,
    cursor TEXT,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE quarantine (
    n INTEGER PRIMARY KEY,
    digest INTEGER NOT NULL UNIQUE,
    feed TEXT NOT NULL,
    place INTEGER NOT NULL,
    reason TEXT NOT NULL,
    received INTEGER NOT NULL,
    raw BLOB NOT NULL
) STRICT;
";

/// Makes the tables in a new file and closes it, so that all of it stands in the file itself.
pub(crate) fn create(path: &Path) -> Result<(), Fault> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", i64::try_from(PAGE_SIZE).unwrap_or(4096))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute_batch(feeds::TABLE)?;
    for (number, word) in words::fixed() {
        transaction.execute("INSERT INTO words VALUES (?1, ?2)", params![number, word])?;
    }
    // Tells the cursors of this replica from those of others. It need not be secret, only rarely the same twice.
    let tag = std::hash::RandomState::new().hash_one(path) & u64::from(u32::MAX);
    transaction.execute("INSERT INTO meta VALUES ('tag', ?1)", [tag.cast_signed()])?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error.into())
}

/// A connection that only reads.
pub(crate) fn open_reader(
    path: &Path,
    options: &Options,
    mapped: bool,
) -> Result<Connection, Fault> {
    let connection = open(path, options.reader_cache_bytes)?;
    if mapped {
        let bytes = i64::try_from(options.mapped_bytes).unwrap_or(i64::MAX);
        connection.pragma_update_and_check(None, "mmap_size", bytes, |_| Ok(()))?;
    }
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// The connection that writes.
pub(crate) fn open_writer(path: &Path, options: &Options) -> Result<Connection, Fault> {
    let connection = open(path, options.writer_cache_bytes)?;
    let synchronous = match options.durability {
        Durability::Normal => "NORMAL",
        Durability::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    let log_bytes =
        i64::from(CHECKPOINT_PAGES).saturating_mul(i64::try_from(PAGE_SIZE).unwrap_or(4096));
    connection.pragma_update(None, "journal_size_limit", log_bytes)?;
    if let Some(bytes) = options.size_max_bytes {
        let pages = i64::try_from(bytes.div_ceil(PAGE_SIZE)).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages.clamp(1, 4_294_967_294))?;
    }
    Ok(connection)
}

fn open(path: &Path, cache_bytes: u32) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this, statements may be planned anew for every value that is bound to them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    let kibibytes = i64::from(cache_bytes / 1024);
    connection.pragma_update(None, "cache_size", -kibibytes)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    check_version(version)?;
    Ok(connection)
}

/// Refuses tables of another version than this one.
pub(crate) fn check_version(version: i32) -> Result<(), Fault> {
    if version == VERSION {
        return Ok(());
    }
    let message =
        format!("its tables have version {version}, and this program reads version {VERSION}");
    Err(Fault::Told(ErrorKind::Incompatible, message))
}

/// Checks that the tables are there.
pub(crate) fn check_tables(connection: &Connection) -> Result<(), Fault> {
    let found: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN
         ('meta', 'words', 'ids', 'objects', 'blocks', 'observables', 'edges', 'cursors', 'quarantine')",
        [],
        |row| row.get(0),
    )?;
    if found == 9 { Ok(()) } else { Err(Fault::corrupt("a table is missing")) }
}
