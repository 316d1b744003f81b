//! The folder of a replica: what it holds, and who may write to it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use inthreat_store::ErrorKind;

use crate::{fault::Fault, schema};

const DATABASE: &str = "replica.db";
/// A database that is being made; it takes its name when it is complete.
const NASCENT: &str = "replica.db.new";
const LOCK: &str = "writer.lock";
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The path of the database in this folder.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Checks, touching nothing, that the folder is a replica of a version that can be read.
pub(crate) fn check(folder: &Path) -> Result<(), Fault> {
    schema::check_version(version(folder)?)
}

/// The version of the tables of a replica. Touches nothing.
pub(crate) fn version(folder: &Path) -> Result<i32, Fault> {
    let mut file = match File::open(database(folder)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let reason = if folder.is_dir() {
                "it holds no `replica.db`"
            } else {
                "there is no such folder"
            };
            return Err(Fault::NotAReplica(reason));
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Fault::NotAReplica("it is no folder"));
        }
        Err(error) => return Err(error.into()),
    };
    let mut header = Vec::with_capacity(100);
    Read::by_ref(&mut file).take(100).read_to_end(&mut header)?;
    let number = |place: usize| {
        let bytes = header.get(place..).and_then(<[u8]>::first_chunk)?;
        Some(i32::from_be_bytes(*bytes))
    };
    if !header.starts_with(MAGIC) {
        return Err(Fault::NotAReplica("`replica.db` is no SQLite database"));
    }
    if number(68) != Some(schema::APPLICATION_ID) {
        return Err(Fault::NotAReplica("`replica.db` belongs to another program"));
    }
    Ok(number(60).unwrap_or_default())
}

/// Whether a replica may be made in this folder: there is none yet, and nothing that is not ours.
pub(crate) fn is_free(folder: &Path) -> Result<bool, Fault> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    for entry in entries {
        let name = entry?.file_name();
        let ours = name == LOCK || name.to_str().is_some_and(|name| name.starts_with(NASCENT));
        if !ours {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes an empty replica. The lock must be held.
pub(crate) fn create(folder: &Path) -> Result<(), Fault> {
    create_with(folder, schema::create)
}

/// Makes a replica whose database is made under another name, and takes its own when it is complete. The lock must be held.
pub(crate) fn create_with(
    folder: &Path,
    make: impl FnOnce(&Path) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let nascent = folder.join(NASCENT);
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut leftover = nascent.clone().into_os_string();
        leftover.push(suffix);
        match fs::remove_file(leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    make(&nascent)?;
    File::open(&nascent)?.sync_all()?;
    fs::rename(&nascent, database(folder))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The right to write; given back when it is dropped, and by the system when the process ends.
#[derive(Debug)]
pub(crate) struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock, or says who holds it.
    pub(crate) fn take(folder: &Path) -> Result<Self, Fault> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is a courtesy; that it is held is known already.
                let _ = Read::by_ref(&mut file).take(400).read_to_string(&mut holder);
                let holder = holder.lines().next().unwrap_or("another process").to_owned();
                let message = format!("it is being written by {holder}");
                return Err(Fault::Told(ErrorKind::Busy, message));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "`{}` (process {})", program(), std::process::id())?;
        Ok(Self { _file: file })
    }
}

fn program() -> String {
    let path = std::env::current_exe().unwrap_or_default();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "unknown".into())
}
