//! Copies of a replica that is in use, and replicas made of such copies.

#[cfg(test)]
mod tests;

use std::{
    fs::{self, File},
    path::Path,
};

use inthreat_store::{ErrorKind, Result};
use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
};

use crate::{
    fault::Fault,
    folder::{self, WriterLock},
    options::Options,
    reader::Reader,
    replica::Replica,
    verify::Verification,
};

/// How many pages of the database are copied at a time.
const STEP: i32 = 1024;

impl Replica {
    /// Copies the replica into a new folder, while it is read and written, by this process or another. The copy is a replica
    /// of its own: the state between two batches, with the cursors of that state. It is on the disk when this returns. Blocks.
    ///
    /// The folder must be absent or empty, and is no replica until the copy is complete; what one that was stopped left there
    /// is overwritten by the next. While it is copied, the write-ahead log of the replica only grows.
    ///
    /// Cursors that the replica has handed out are good for the copy too. When both are written on, those of one are no longer
    /// to be used with the other.
    pub fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        self.backup_with(to, |_, _| {})
    }

    /// Like [`Replica::backup`], telling again and again how many bytes of how many are copied. Blocks.
    pub fn backup_with(
        &self,
        to: impl AsRef<Path>,
        mut after_step: impl FnMut(u64, u64),
    ) -> Result<()> {
        let to = to.as_ref();
        let copy = |reader: &mut Reader| {
            make(to, |database| copy(&reader.connection, database, &mut after_step))
        };
        self.readers.ask_snapshot(copy).map_err(|fault| fault.into_store("copy a replica to", to))
    }

    /// Makes a replica in a new folder of a copy that [`Replica::backup`] made, or of any other replica, and tells what was
    /// checked. Blocks.
    ///
    /// Everything in the copy is verified first, and one that is not sound is an error of kind `Corrupt`. The folder must be
    /// absent or empty.
    pub fn restore(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<Verification> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let source = Self::open(from, Options::default())?;
        let restore = |reader: &mut Reader| {
            let verified = reader.verify(&mut |_| {})?;
            if let Some(finding) = verified.findings.first() {
                let message = format!("`{}` is not sound: {}", from.display(), finding.message);
                return Err(Fault::corrupt(message));
            }
            make(to, |database| copy(&reader.connection, database, &mut |_, _| {}))?;
            Ok(verified)
        };
        let restored = source.readers.ask_snapshot(restore);
        restored.map_err(|fault| fault.into_store("restore a replica in", to))
    }
}

/// Makes a folder whose database is written by `fill`, under another name until it is complete.
fn make(to: &Path, fill: impl FnOnce(&Path) -> Result<(), Fault>) -> Result<(), Fault> {
    refuse_others(to)?;
    fs::create_dir_all(to)?;
    let _lock = WriterLock::take(to)?;
    // Another one may have made it before this one held the lock.
    refuse_others(to)?;
    folder::create_with(to, fill)?;
    // The name of the folder itself.
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
    Ok(())
}

fn refuse_others(to: &Path) -> Result<(), Fault> {
    if folder::is_free(to)? {
        return Ok(());
    }
    Err(Fault::Told(ErrorKind::Incompatible, "it is there and not empty".into()))
}

/// Copies the state that a connection sees, in whose snapshot this must run: what is written meanwhile does not begin the
/// copy anew.
fn copy(
    from: &Connection,
    database: &Path,
    after_step: &mut dyn FnMut(u64, u64),
) -> Result<(), Fault> {
    let mut to = Connection::open(database)?;
    // What a crash leaves has another name and is made anew; what is complete is written through before it is named.
    to.pragma_update(None, "synchronous", "OFF")?;
    to.pragma_update_and_check(None, "journal_mode", "OFF", |_| Ok(()))?;
    // A snapshot begins with the first page that is read.
    from.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let page_bytes: u32 = from.query_row("SELECT * FROM pragma_page_size", [], |row| row.get(0))?;
    let backup = Backup::new(from, &mut to)?;
    loop {
        let step = backup.step(STEP)?;
        let progress = backup.progress();
        let [all, left] = [progress.pagecount, progress.remaining]
            .map(|pages| u64::try_from(pages).unwrap_or_default() * u64::from(page_bytes));
        after_step(all.saturating_sub(left), all);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(Fault::Told(ErrorKind::Busy, "another process holds it".into())),
        }
    }
    drop(backup);
    to.close().map_err(|(_, error)| error.into())
}
