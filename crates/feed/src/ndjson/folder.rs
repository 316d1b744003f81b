//! Objects as lines in a folder of files, each of which is whole or not there.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use inthreat_store::{Batch, Error, ErrorKind, Result, Sink, Written, sync_folder};
use tokio::task::spawn_blocking;

use super::{lines::LineFile, write_objects, write_rejected};

/// What is held by the one process that writes.
const LOCK: &str = ".lock";
/// How the file that grows is called.
const OPEN: &str = ".open.ndjson";
/// How a file that is closed and not yet compressed is called, behind its number.
#[cfg(feature = "zstd")]
const CLOSING: &str = ".closing";
const REJECTED: &str = "rejected.ndjson";
const PLAIN: &str = ".ndjson";

/// When a file is closed, and how it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RotateOptions {
    /// A file is closed by the batch that brings it to this many bytes, before compression; 256 MiB when nothing is said.
    pub bytes_max: u64,
    /// A file is closed by the first batch that comes this long after its first one, or by
    /// [`NdjsonFolderSink::rotate_old`] where none comes; never when nothing is said. A program that starts again counts
    /// anew.
    pub age_max: Option<Duration>,
    /// Whether closed files are compressed with zstd.
    #[cfg(feature = "zstd")]
    pub compresses: bool,
}

impl Default for RotateOptions {
    fn default() -> Self {
        Self {
            bytes_max: 256 * 1024 * 1024,
            age_max: None,
            #[cfg(feature = "zstd")]
            compresses: false,
        }
    }
}

impl RotateOptions {
    /// Sets at how many bytes a file is closed.
    #[must_use]
    pub fn with_bytes_max(mut self, bytes: u64) -> Self {
        self.bytes_max = bytes;
        self
    }

    /// Sets how old a file may become.
    #[must_use]
    pub fn with_age_max(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.age_max = age.into();
        self
    }

    /// Sets whether closed files are compressed.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub fn with_compression(mut self, compresses: bool) -> Self {
        self.compresses = compresses;
        self
    }
}

/// Appends every object as one line to the newest file of a folder.
///
/// Closed files are called `000001.ndjson`, `000002.ndjson` and so on, or `000001.ndjson.zst`; each appears whole and is
/// never touched again, so that another program may take it away. The file that grows is `.open.ndjson`; rejected items go
/// to `rejected.ndjson`.
///
/// The contract is that of [`NdjsonSink`](crate::NdjsonSink): a batch is durable when it is acknowledged, every version is
/// kept, and a batch that is written again is there twice. It needs a Tokio runtime.
#[derive(Clone)]
pub struct NdjsonFolderSink(Arc<Mutex<Folder>>);

struct Folder {
    path: PathBuf,
    options: RotateOptions,
    clock: Box<dyn Fn() -> SystemTime + Send>,
    _lock: File,
    /// Absent from when it is closed until the next batch comes.
    open: Option<LineFile>,
    rejected: Option<LineFile>,
    /// When the first batch of the open file came.
    since: Option<SystemTime>,
    /// The number of the next file that is closed.
    next: u64,
}

impl NdjsonFolderSink {
    /// Writes into this folder, which is made where it is not there yet.
    ///
    /// A second writer is refused ([`Busy`](ErrorKind::Busy)). What a crash left behind is mended: a torn last line is
    /// cut off, and a file that was being closed is closed again.
    pub fn open(path: impl Into<PathBuf>, options: RotateOptions) -> Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the clock that others take from here"
        )]
        let clock = SystemTime::now;
        Self::open_with_clock(path, options, clock)
    }

    /// The same with a clock that says how old a file is.
    pub fn open_with_clock(
        path: impl Into<PathBuf>,
        options: RotateOptions,
        clock: impl Fn() -> SystemTime + Send + 'static,
    ) -> Result<Self> {
        let path = path.into();
        let failed = |error| Error::from_io(format_args!("open `{}`", path.display()), error);
        fs::create_dir_all(&path).map_err(failed)?;
        let lock = lock(&path)?;
        #[cfg(feature = "zstd")]
        compressed::finish(&path).map_err(failed)?;
        let next = next_number(&path).map_err(failed)?;
        let clock = Box::new(clock);
        let mut folder = Folder {
            path,
            options,
            clock,
            _lock: lock,
            open: None,
            rejected: None,
            since: None,
            next,
        };
        // What is wrong with the file that grows is told now and not by the first batch.
        if folder.open()?.length() > 0 {
            folder.since = Some((folder.clock)());
        }
        Ok(Self(Arc::new(Mutex::new(folder))))
    }

    /// Closes the file that grows, unless it is empty, so that it can be taken away. Blocks.
    pub fn rotate(&self) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rotate()
    }

    /// Closes the file that grows if it is as old as it may become. Batches do so by themselves; this is for whoever has a
    /// clock, so that a file is closed although none comes. Blocks.
    pub fn rotate_old(&self) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).rotate_old()
    }
}

#[async_trait]
impl Sink for NdjsonFolderSink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        let folder = Arc::clone(&self.0);
        let written = spawn_blocking(move || {
            folder.lock().unwrap_or_else(PoisonError::into_inner).write(&batch)
        });
        match written.await {
            Ok(result) => result,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(failure) => Err(Error::from_io("write a batch", io::Error::other(failure))),
            },
        }
    }
}

impl Folder {
    fn write(&mut self, batch: &Batch) -> Result<Written> {
        self.rotate_old()?;
        let now = (self.clock)();
        if !batch.rejected.is_empty() {
            let rejected = match &mut self.rejected {
                Some(rejected) => rejected,
                none => none.insert(LineFile::open(&self.path.join(REJECTED))?),
            };
            rejected.append(|out| write_rejected(&batch.rejected, out))?;
        }
        let open = self.open()?;
        open.append(|out| write_objects(batch, out))?;
        let is_full = open.length() >= self.options.bytes_max;
        self.since.get_or_insert(now);
        if is_full {
            // The batch is durable; a file that cannot be closed now is closed by the next batch.
            let _ = self.rotate();
        }
        Ok(Written::new(batch.objects().len() as u64, 0, 0, batch.rejected.len() as u64))
    }

    fn open(&mut self) -> Result<&mut LineFile> {
        match &mut self.open {
            Some(open) => Ok(open),
            none => Ok(none.insert(LineFile::open(&self.path.join(OPEN))?)),
        }
    }

    fn rotate_old(&mut self) -> Result<()> {
        let now = (self.clock)();
        let is_old = |since: SystemTime, max| now.duration_since(since).unwrap_or_default() >= max;
        let is_due =
            self.since.zip(self.options.age_max).is_some_and(|(since, max)| is_old(since, max));
        if is_due { self.rotate() } else { Ok(()) }
    }

    fn rotate(&mut self) -> Result<()> {
        if self.open()?.length() == 0 {
            return Ok(());
        }
        let (path, number) = (self.path.clone(), self.next);
        let failed = |error| {
            Error::from_io(format_args!("close file {number} of `{}`", path.display()), error)
        };
        // Renamed, it is another file: the next batch opens a new one.
        self.open = None;
        let closed = self.close(number).map_err(failed);
        // What could not be compressed has its number already, which the next file must not take.
        if closed.is_ok() || !self.path.join(OPEN).exists() {
            self.next += 1;
            self.since = None;
        }
        closed
    }

    /// Gives the file that grew its name.
    fn close(&self, number: u64) -> io::Result<()> {
        let open = self.path.join(OPEN);
        #[cfg(feature = "zstd")]
        if self.options.compresses {
            fs::rename(open, self.path.join(format!("{number:06}{CLOSING}")))?;
            sync_folder(&self.path)?;
            return compressed::finish(&self.path);
        }
        fs::rename(open, self.path.join(format!("{number:06}{PLAIN}")))?;
        sync_folder(&self.path)
    }
}

impl fmt::Debug for NdjsonFolderSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NdjsonFolderSink").finish_non_exhaustive()
    }
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let failed = |error| Error::from_io(format_args!("lock `{}`", path.display()), error);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!("open `{}`: somebody else is writing to it", folder.display());
            Err(Error::new(ErrorKind::Busy, message))
        }
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// One more than the highest number of the files in the folder.
fn next_number(folder: &Path) -> io::Result<u64> {
    let mut next = 1;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let number = name.split('.').next().and_then(|digits| digits.parse::<u64>().ok());
        next = next.max(number.map_or(0, |number| number.saturating_add(1)));
    }
    Ok(next)
}

/// Files that are closed and then compressed.
#[cfg(feature = "zstd")]
mod compressed {
    use std::{
        fs::{self, File},
        io,
        path::Path,
    };

    use inthreat_store::sync_folder;

    use super::CLOSING;

    const COMPRESSED: &str = ".ndjson.zst";
    /// How a file is called while it is written; the next try begins it anew.
    const TEMPORARY: &str = ".compressing.tmp";
    /// Fast, and a fifth of the size.
    const LEVEL: i32 = 3;

    /// Compresses every file that was closed and is not compressed yet.
    pub(super) fn finish(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let closing = entry?.path();
            let name = closing.file_name().map(|name| name.to_string_lossy().into_owned());
            let Some(number) = name.as_deref().and_then(|name| name.strip_suffix(CLOSING)) else {
                continue;
            };
            let target = folder.join(format!("{number}{COMPRESSED}"));
            if !target.exists() {
                let temporary = folder.join(TEMPORARY);
                let mut output = File::create(&temporary)?;
                zstd::stream::copy_encode(File::open(&closing)?, &mut output, LEVEL)?;
                output.sync_all()?;
                fs::rename(&temporary, &target)?;
                sync_folder(folder)?;
            }
            fs::remove_file(&closing)?;
        }
        Ok(())
    }
}
