//! A file of lines that only grows by whole batches.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use inthreat_stix::RawObject;
use inthreat_store::{Error, ErrorKind, Result};

/// How long the last line of a file may be to be looked at: no page is longer.
const TAIL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How much is read at once, from the end backwards.
const STEP_BYTES: u64 = 64 * 1024;

/// A file that is locked, whole and at its end.
#[derive(Debug)]
pub(super) struct LineFile {
    path: PathBuf,
    file: File,
    /// The length up to the last batch that is durable.
    length: u64,
}

impl LineFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error| Error::from_io(format_args!("open `{}`", path.display()), error);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("open `{}`: somebody else is writing to it", path.display());
                return Err(Error::new(ErrorKind::Busy, message));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut lines = Self { path: path.to_owned(), file, length: 0 };
        lines.mend()?;
        Ok(lines)
    }

    /// How many bytes are durable.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Appends what `write` writes, and makes it durable; all of it or nothing.
    pub(super) fn append(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let appended = self.append_unchecked(write);
        if appended.is_err() {
            // If this fails too, the next opener cuts off the torn line.
            let _ = self.file.set_len(self.length);
        }
        appended.map_err(|error| self.failed("write", error))
    }

    fn append_unchecked(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        write(&mut self.file)?;
        let end = self.file.stream_position()?;
        self.file.sync_data()?;
        self.length = end;
        Ok(())
    }

    /// Makes the file end with a whole line.
    fn mend(&mut self) -> Result<()> {
        let end = self.file.seek(SeekFrom::End(0)).map_err(|error| self.failed("read", error))?;
        let tail = self.tail(end).map_err(|error| self.failed("read", error))?;
        let Some(tail) = tail else {
            return Err(self.refused("its last line is too long"));
        };
        self.length = end;
        if tail.is_empty() {
            return Ok(());
        }
        if RawObject::new(tail.clone()).is_ok() {
            // Another program left the last line break out.
            return self.append(|out| out.write_all(b"\n"));
        }
        if !tail.starts_with(b"{") {
            return Err(self.refused("its last line does not begin with an object"));
        }
        self.length = end - tail.len() as u64;
        self.file.set_len(self.length).map_err(|error| self.failed("mend", error))
    }

    /// What follows the last line break; `None` when that is too long.
    fn tail(&mut self, end: u64) -> io::Result<Option<Vec<u8>>> {
        let mut tail = Vec::new();
        let mut start = end;
        while start > 0 {
            let length = STEP_BYTES.min(start);
            start -= length;
            let mut step = Vec::new();
            self.file.seek(SeekFrom::Start(start))?;
            (&self.file).take(length).read_to_end(&mut step)?;
            let line_break = step.iter().rposition(|byte| *byte == b'\n');
            let part = step.split_off(line_break.map_or(0, |place| place + 1));
            tail.push(part);
            if line_break.is_some() {
                break;
            }
            if end - start > TAIL_BYTES_MAX {
                return Ok(None);
            }
        }
        tail.reverse();
        Ok(Some(tail.concat()))
    }

    fn refused(&self, reason: &str) -> Error {
        let message =
            format!("append to `{}`: it is no NDJSON file: {reason}", self.path.display());
        Error::new(ErrorKind::Incompatible, message)
    }

    fn failed(&self, what: &str, error: io::Error) -> Error {
        Error::from_io(format_args!("{what} `{}`", self.path.display()), error)
    }
}
