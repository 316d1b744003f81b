//! A folder of cursors, one small file each.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use xxhash_rust::xxh3::xxh3_128;

use super::{atomic::TEMPORARY_SUFFIX, atomic_write};
use crate::{
    Commit, CursorKey, CursorRecord, CursorStore, Error, ErrorKind, Lease, LeaseRequest, Position,
    Result, clock::Clock,
};

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
    clock: Clock,
}

impl FileCursorStore {
    /// Opens the folder, and makes it where it is not there yet.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self> {
        let store = Self { folder: folder.into(), clock: Clock::default() };
        let failed = |error| store.failed("open", &store.folder, error);
        fs::create_dir_all(&store.folder).map_err(failed)?;
        let lock = store.lock()?;
        store.sweep().map_err(failed)?;
        drop(lock);
        Ok(store)
    }

    /// Sets the clock that leases end by. All processes that use one folder go by the clock of one machine.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(clock);
        self
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

    fn read(&self, key: &CursorKey) -> Result<CursorRecord> {
        let path = self.path(key);
        match self.read_file(&path)? {
            None => Ok(CursorRecord::new(key.clone())),
            Some(record) if record.key == *key => Ok(record),
            Some(record) => {
                Err(corrupt(&path, format_args!("it is the cursor of `{}`", record.key)))
            }
        }
    }

    fn read_file(&self, path: &Path) -> Result<Option<CursorRecord>> {
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
        let record = CursorRecord::from_json(&bytes);
        record.map(Some).map_err(|error| {
            Error::new(error.kind(), format!("read `{}`", path.display())).with_source(error)
        })
    }

    /// Changes what stands under a key, while nobody else may.
    fn change<T>(
        &self,
        key: &CursorKey,
        change: impl FnOnce(&mut CursorRecord) -> Result<T>,
    ) -> Result<T> {
        let _lock = self.lock()?;
        let before = self.read(key)?;
        let mut after = before.clone();
        let answer = change(&mut after)?;
        if after != before {
            self.replace(&after)?;
        }
        Ok(answer)
    }

    fn replace(&self, record: &CursorRecord) -> Result<()> {
        let path = self.path(&record.key);
        atomic_write(path, record.to_json() + "\n")
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
        Ok(self.read(key)?.position)
    }

    async fn commit(&self, commit: Commit) -> Result<u64> {
        let key = commit.key.clone();
        self.change(&key, |record| record.commit(commit))
    }

    async fn list(&self) -> Result<Vec<(CursorKey, Position)>> {
        let failed = |error| self.failed("list", &self.folder, error);
        let mut all = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(SUFFIX)) {
                let record = self.read_file(&path)?;
                all.extend(record.map(|record| (record.key, record.position)));
            }
        }
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(all)
    }

    async fn forget(&self, key: &CursorKey) -> Result<bool> {
        self.change(key, CursorRecord::forget)
    }

    async fn take_lease(&self, request: LeaseRequest) -> Result<(Lease, Position)> {
        let key = request.key.clone();
        self.change(&key, |record| record.take_lease(request, self.clock.now()))
    }

    async fn renew_lease(&self, lease: &Lease, time: Duration) -> Result<Lease> {
        self.change(&lease.key, |record| record.renew_lease(lease, time, self.clock.now()))
    }

    async fn release_lease(&self, lease: &Lease) -> Result<bool> {
        self.change(&lease.key, |record| Ok(record.release_lease(lease)))
    }

    async fn lease(&self, key: &CursorKey) -> Result<Option<Lease>> {
        Ok(self.read(key)?.lease_at(self.clock.now()).cloned())
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
