//! Replaces a file so that a reader, or a machine that loses power, sees the old or the new one and nothing between.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{Error, Result};

/// How the name of a file that is being written ends.
pub(super) const TEMPORARY_SUFFIX: &str = ".tmp";

/// Writes a file whole or not at all: to a temporary name beside it, synced, renamed, and the folder synced.
///
/// A new file can be read by its owner alone; one that is replaced keeps its permissions, its owner and its group. Where
/// they cannot be kept and somebody could no longer read the file for that, or others could, the old one stays and it is an
/// error. A symbolic link is replaced, not followed. The temporary file of a process that was killed stays behind (`.<process>-<number>.tmp`) and harms
/// nothing.
///
/// An error names the path; where there is no room left, its kind is [`Full`](crate::ErrorKind::Full).
pub fn atomic_write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<()> {
    let path = path.as_ref();
    let temporary = temporary_beside(path);
    let written = replace(path, &temporary, bytes.as_ref());
    if written.is_err() {
        // It may never have been there; the error that matters is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(|error| Error::from_io(format_args!("write `{}`", path.display()), error))
}

/// Makes a rename in this folder durable. Where a folder cannot be opened like a file, the file system orders renames
/// itself. Blocks.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn replace(path: &Path, temporary: &Path, bytes: &[u8]) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    }
    let mut file = private(OpenOptions::new().write(true).create_new(true)).open(temporary)?;
    file.write_all(bytes)?;
    if let Ok(replaced) = fs::symlink_metadata(path)
        && replaced.is_file()
    {
        keep_owner(&file, &replaced)?;
        file.set_permissions(replaced.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(temporary, path)?;
    sync_folder(folder_of(path))
}

/// A name in the same folder that no other process and no other call uses.
fn temporary_beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    folder_of(path).join(format!(".{}-{number}{TEMPORARY_SUFFIX}", process::id()))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Gives a file the owner and the group of the one that it replaces, before others may read it.
#[cfg(unix)]
fn keep_owner(file: &File, replaced: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let own = file.metadata()?;
    if own.uid() != replaced.uid() && fchown(file, Some(replaced.uid()), None).is_err() {
        check_loss(Loss::Owner(replaced.uid()), replaced.mode())?;
    }
    if own.gid() != replaced.gid() && fchown(file, None, Some(replaced.gid())).is_err() {
        check_loss(Loss::Group(replaced.gid()), replaced.mode())?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// What of a file cannot be kept.
#[cfg(unix)]
#[derive(Clone, Copy)]
pub(super) enum Loss {
    Owner(u32),
    Group(u32),
}

/// Refuses a loss that changes who may read a file of this mode. Root reads it whoever owns it.
#[cfg(unix)]
pub(super) fn check_loss(loss: Loss, mode: u32) -> io::Result<()> {
    let message = match loss {
        Loss::Owner(owner) if owner != 0 && mode & 0o700 != 0 => {
            format!("only root can keep it for its owner, user {owner}")
        }
        Loss::Group(group) if mode & 0o070 != 0 => {
            format!("only root and its members can keep it for its group, {group}")
        }
        Loss::Owner(_) | Loss::Group(_) => return Ok(()),
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
