//! A folder of cursors, one small file each.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use inthreat_api::Cursor;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::{atomic::TEMPORARY_SUFFIX, atomic_write};
use crate::{Commit, CursorKey, CursorStore, Error, ErrorKind, Position, Result};

/// The layout of a file; it grows when a file can no longer be read by an older program.
const VERSION: u32 = 1;
/// How long a file may be: a key and a cursor of the greatest length, every byte escaped.
const FILE_BYTES_MAX: u64 = 64 * 1024;
const LOCK_NAME: &str = "lock";
const SUFFIX: &str = ".json";

/// Cursors in a folder: a small JSON file for every key, replaced atomically.
///
/// Several processes may use one folder: each change takes the lock of the folder (advisory, as `File::lock` gives it),
/// for as long as it takes to read and replace one file. A lock that a killed process held is free. Network file systems
/// keep this only as far as they keep locks.
///
/// Calls are plain file operations that block the calling thread, for about one `fsync`; no runtime is needed.
///
/// ```
/// use inthreat_store::{Commit, CursorStore, FileCursorStore};
///
/// # async fn example(folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
/// let store = FileCursorStore::open(folder)?;
/// let key = "d6092c37-d8d7-45c3-8aff-c4dc26030608".parse()?;
/// let position = store.load(&key).await?;
/// store.commit(Commit::new(key, position.generation, "MjAyMi0wMS0wMVQwMDowMDowMFo=".parse()?)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileCursorStore {
    folder: PathBuf,
}

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: u32,
    key: String,
    cursor: Option<String>,
    generation: u64,
}

impl FileCursorStore {
    /// Opens the folder, and makes it where it is not there yet.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let store = Self { folder: folder.into() };
        let failed = |error| store.failed("open", &store.folder, error);
        fs::create_dir_all(&store.folder).map_err(failed)?;
        let lock = store.lock()?;
        store.sweep().map_err(failed)?;
        drop(lock);
        Ok(store)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what killed processes left behind. Nobody writes while the lock is held.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && name.ends_with(TEMPORARY_SUFFIX) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Waits for the lock; dropping the file gives it back.
    fn lock(&self) -> Result<File> {
        let path = self.folder.join(LOCK_NAME);
        let failed = |error| self.failed("lock", &path, error);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        file.lock().map_err(failed)?;
        Ok(file)
    }

    fn path(&self, key: &CursorKey) -> PathBuf {
        self.folder.join(file_name(key))
    }

    fn read(&self, key: &CursorKey) -> Result<Position> {
        let path = self.path(key);
        match self.read_file(&path)? {
            None => Ok(Position::default()),
            Some((found, position)) if found == *key => Ok(position),
            Some((found, _)) => Err(corrupt(&path, format_args!("it is the cursor of `{found}`"))),
        }
    }

    fn read_file(&self, path: &Path) -> Result<Option<(CursorKey, Position)>> {
        let failed = |error| self.failed("read", path, error);
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(corrupt(path, format_args!("it is longer than {FILE_BYTES_MAX} bytes")));
        }
        let record: Record = serde_json::from_slice(&bytes)
            .map_err(|error| corrupt(path, "it is no cursor file").with_source(error))?;
        if record.version != VERSION {
            let message = format!(
                "read `{}`: it has version {}, expected {VERSION}",
                path.display(),
                record.version
            );
            return Err(Error::new(ErrorKind::Incompatible, message));
        }
        let key = record
            .key
            .parse()
            .map_err(|error| corrupt(path, "its key is no key").with_source(error))?;
        let cursor = record
            .cursor
            .map(Cursor::new)
            .transpose()
            .map_err(|error| corrupt(path, "its cursor is no cursor").with_source(error))?;
        Ok(Some((key, Position::new(cursor, record.generation))))
    }

    fn replace(&self, key: &CursorKey, position: &Position) -> Result<()> {
        let record = Record {
            version: VERSION,
            key: key.as_str().to_owned(),
            cursor: position.cursor.as_ref().map(|cursor| cursor.as_str().to_owned()),
            generation: position.generation,
        };
        let mut bytes = serde_json::to_vec(&record)
            .map_err(|error| self.failed("write", &self.path(key), io::Error::other(error)))?;
        bytes.push(b'\n');
        atomic_write(self.path(key), bytes)
    }

    fn failed(&self, what: &str, path: &Path, error: io::Error) -> Error {
        Error::from_io(
            format_args!(
                "{what} `{}` of the cursor store `{}`",
                path.display(),
                self.folder.display()
            ),
            error,
        )
    }
}

#[async_trait]
impl CursorStore for FileCursorStore {
    async fn load(&self, key: &CursorKey) -> Result<Position> {
        self.read(key)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        let _lock = self.lock()?;
        let found = self.read(&commit.key)?.generation;
        if found != commit.expected {
            return Err(Error::conflict(&commit.key, commit.expected, found));
        }
        let generation = found.saturating_add(1);
        self.replace(&commit.key, &Position::new(Some(commit.cursor), generation))?;
        Ok(generation)
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        let failed = |error| self.failed("list", &self.folder, error);
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(SUFFIX)) {
                all.extend(self.read_file(&path)?);
            }
        }
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        let _lock = self.lock()?;
        let position = self.read(key)?;
        if position.cursor.is_none() {
            return Ok(false);
        }
        self.replace(key, &Position::new(None, position.generation.saturating_add(1)))?;
        Ok(true)
    }
}

/// A name that is safe on every file system: what is harmless of the key for people to read, and a hash that tells
/// keys apart that differ in the rest, or in case alone.
fn file_name(key: &CursorKey) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let readable: String = key.as_str().chars().map(harmless).take(60).collect();
    format!("{readable}-{:032x}{SUFFIX}", xxh3_128(key.as_str().as_bytes()))
}

fn corrupt(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, format!("read `{}`: {reason}", path.display()))
}
