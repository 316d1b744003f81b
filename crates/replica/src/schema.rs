//! The tables, and how a connection to them is set up.

use std::{hash::BuildHasher, path::Path, time::Duration};

use inthreat_store::ErrorKind;
use rusqlite::{
    Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, limits::Limit,
    params,
};

use crate::{
    arrivals, bitmaps,
    fault::Fault,
    feeds, iocs, names, newest,
    options::{Durability, Options},
    words,
};

/// Says in the header of the file whose it is: "inTh".
pub(crate) const APPLICATION_ID: i32 = 0x696e_5468;
/// The version of the tables; a file of a newer one is refused.
pub(crate) const VERSION: i32 = 6;
/// How long the pages of a new database are, in bytes; earlier versions made files with pages half as long. With still longer ones
/// a load is hardly faster, and questions are slower.
pub(crate) const PAGE_SIZE: usize = 8192;
/// To how many bytes the write-ahead log is cut when it begins anew: what the batches of a load fill, which costs less where the
/// file is there already.
const LOG_BYTES: i64 = 128 << 20;
/// How long to wait for another process that holds the database for a moment.
pub(crate) const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 64;

const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
CREATE TABLE words (n INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE objects (
    sequence INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
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
    dictionary INTEGER NOT NULL,
    ends BLOB NOT NULL,
    frames BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE dictionaries (
    n INTEGER NOT NULL,
    copy INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (n, copy)
) STRICT;
CREATE TABLE cursors (
    key TEXT PRIMARY KEY,
    cursor TEXT,
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The tables that are derived from the bodies, as far as `meta` says; `bitmaps` is one of them.
const DERIVED_TABLES: &str = "
CREATE TABLE versions (
    key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (key, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE observables (
    type INTEGER NOT NULL,
    value TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (type, value, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE edges (
    key BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    other BLOB NOT NULL,
    relationship_type INTEGER NOT NULL,
    PRIMARY KEY (key, sequence)
) STRICT, WITHOUT ROWID;
";

/// No number is given twice, also when the newest item was taken out.
const QUARANTINE_TABLE: &str = "
CREATE TABLE quarantine (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
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
    connection.pragma_update(None, "page_size", i64::try_from(PAGE_SIZE).unwrap_or(8192))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(TABLES)?;
    for table in [
        QUARANTINE_TABLE,
        DERIVED_TABLES,
        bitmaps::TABLE,
        names::TABLES,
        newest::TABLE,
        feeds::TABLE,
        iocs::TABLE,
        arrivals::TABLE,
    ] {
        transaction.execute_batch(table)?;
    }
    for (number, word) in words::fixed() {
        transaction.execute("INSERT INTO words VALUES (?1, ?2)", params![number, word])?;
    }
    // Tells the cursors of this replica from those of others. It need not be secret, only rarely the same twice.
    let tag = std::hash::RandomState::new().hash_one(path) & u64::from(u32::MAX);
    transaction
        .execute("INSERT INTO meta VALUES ('tag', ?1), ('indexed', 0)", [tag.cast_signed()])?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error.into())
}

/// Brings the tables of version 2 to 5 up to this version; `now` in microseconds since 1970. The derived ones of the first
/// two are made anew and left to the next writer to fill.
pub(crate) fn renew(connection: &mut Connection, from: i32, now: i64) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if from < 4 {
        renew_derived(&transaction, from, now)?;
    } else {
        bitmaps::renew(&transaction)?;
    }
    if from < 5 {
        transaction.execute_batch(iocs::TABLE)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}

fn renew_derived(transaction: &Transaction<'_>, from: i32, now: i64) -> Result<(), Fault> {
    transaction.execute_batch("DROP TABLE versions; DROP TABLE observables; DROP TABLE edges;")?;
    // Some files of version 3 remember already which numbers were given.
    let remembers =
        "SELECT 1 FROM sqlite_schema WHERE name = 'quarantine' AND sql LIKE '%AUTOINCREMENT%'";
    if !transaction.prepare(remembers)?.exists([])? {
        transaction.execute_batch("ALTER TABLE quarantine RENAME TO old_quarantine;")?;
        transaction.execute_batch(QUARANTINE_TABLE)?;
        transaction.execute_batch(
            "INSERT INTO quarantine SELECT * FROM old_quarantine; DROP TABLE old_quarantine;",
        )?;
    }
    if from == 2 {
        transaction.execute_batch(newest::TABLE)?;
        newest::fill(transaction)?;
    } else {
        transaction.execute_batch("DROP TABLE bitmaps;")?;
    }
    for table in [DERIVED_TABLES, bitmaps::TABLE, names::TABLES, arrivals::TABLE] {
        transaction.execute_batch(table)?;
    }
    arrivals::begin(transaction, now)?;
    transaction.execute("UPDATE meta SET value = 0 WHERE name = 'indexed'", [])?;
    Ok(())
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
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    limit_size(&connection, options, 0)?;
    Ok(connection)
}

/// Limits how large the database may grow: to the quota, and so many bytes more.
pub(crate) fn limit_size(
    connection: &Connection,
    options: &Options,
    more: u64,
) -> Result<(), Fault> {
    if let Some(bytes) = options.size_max_bytes {
        let page: i64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
        let pages = bytes.saturating_add(more).div_ceil(page.cast_unsigned().max(1));
        let pages = i64::try_from(pages).unwrap_or(i64::MAX);
        connection.pragma_update(None, "max_page_count", pages.clamp(1, 4_294_967_294))?;
    }
    Ok(())
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

/// How many bytes of the database are free to be written.
pub(crate) fn free_bytes(connection: &Connection) -> Result<u64, Fault> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let bytes = pragma("freelist_count")?.saturating_mul(pragma("page_size")?);
    Ok(bytes.cast_unsigned())
}

/// Refuses tables of another version than this one.
pub(crate) fn check_version(version: i32) -> Result<(), Fault> {
    if version == VERSION {
        return Ok(());
    }
    let message = if version < VERSION {
        format!(
            "its tables have version {version}; opening it for writing brings them up to version {VERSION}"
        )
    } else {
        format!("its tables have version {version}, and this program reads version {VERSION}")
    };
    Err(Fault::Told(ErrorKind::Incompatible, message))
}

/// Checks that the tables are there.
pub(crate) fn check_tables(connection: &Connection) -> Result<(), Fault> {
    let found: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN
         ('meta', 'words', 'objects', 'versions', 'blocks', 'dictionaries', 'observables', 'edges',
          'cursors', 'quarantine', 'feeds', 'bitmaps', 'names', 'mentions', 'newest', 'arrivals',
          'ioc_collections')",
        [],
        |row| row.get(0),
    )?;
    if found == 17 { Ok(()) } else { Err(Fault::corrupt("a table is missing")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a quota that is twice what was said, or half of it, where an earlier version made the file with pages of its own.
    #[test]
    fn a_quota_is_bytes_whatever_the_pages_are() {
        for page in [4096_u64, 8192] {
            let connection = Connection::open_in_memory().unwrap();
            connection.pragma_update(None, "page_size", page.cast_signed()).unwrap();
            let options = Options::default().with_size_max_bytes(1 << 20);
            limit_size(&connection, &options, 1).unwrap();
            let pages: i64 =
                connection.pragma_query_value(None, "max_page_count", |row| row.get(0)).unwrap();
            assert_eq!(pages.cast_unsigned(), (1 << 20) / page + 1);
        }
    }
}
