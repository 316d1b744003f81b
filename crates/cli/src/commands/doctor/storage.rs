//! The disk and what is kept on it.

use std::path::Path;

use inthreat_store::{CursorKey, CursorStore, Position};

use super::Findings;
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    place::{Access, NOTHING_YET, Place},
    settings::place,
    source,
};

/// The cursors of a store, and how far each has come.
type Cursors = Vec<(CursorKey, Position)>;

/// Less than this is little, in bytes.
const ROOM_MIN: u64 = 1 << 30;

/// The folder of settings and keys: whether it can be written, and whether others can read it.
pub(super) fn configuration(findings: &mut Findings) {
    let Some(folder) = place::folder() else {
        let advice = "set HOME or XDG_CONFIG_HOME, or name a file with --config";
        findings.warn("configuration", "this system names no folder of configuration", advice);
        return;
    };
    if !folder.exists() {
        findings.fine("configuration", format!("`{}` is not there yet", folder.display()));
        return;
    }
    let keys = folder.join("keys");
    match who_else_reads(&keys) {
        Some(file) => findings.bad(
            "configuration",
            Exit::Denied,
            format!("others can read `{file}`"),
            "take their permission away with `chmod 600`, and make another key in the service",
        ),
        None => writable(findings, "configuration", &folder),
    }
}

/// A replica: the room around it, whether it opens, and where its feeds are. Gives its cursors.
pub(super) async fn replica(findings: &mut Findings, folder: &Path) -> Cursors {
    if folder.is_dir() {
        writable(findings, "disk", folder);
        room(findings, folder);
    }
    let opened = source::open_replica(folder)
        .and_then(|replica| replica.stats().map(|stats| (replica, stats)).map_err(Failure::from));
    let (replica, stats) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let advice = "`inthreat pull --into DIR` makes one; `inthreat replica verify DIR` says what is damaged";
            findings.failed("replica", &failure, advice);
            return Cursors::new();
        }
    };
    let newest = stats.newest.map(|at| format!(", the newest of {at}")).unwrap_or_default();
    let message = format!("{}{newest}", measure::things(stats.objects, "object"));
    findings.fine("replica", message);
    if stats.quarantined > 0 {
        let message = format!("{} items are set aside", measure::count(stats.quarantined));
        findings.warn("quarantine", message, "`inthreat quarantine list DIR` shows them");
    }
    let cursors = match replica.list().await {
        Ok(cursors) => cursors,
        Err(error) => {
            findings.failed("cursors", &error.into(), "`inthreat replica verify DIR`");
            return Cursors::new();
        }
    };
    if cursors.is_empty() {
        findings.warn("cursors", "no feed was pulled yet", "`inthreat pull --into DIR`");
    } else {
        findings.fine("cursors", measure::things(cursors.len() as u64, "feed"));
    }
    cursors
}

/// What `--into` or `--state` names: whether it opens, and tells the cursors that it keeps. Gives them.
pub(super) async fn store(findings: &mut Findings, check: &'static str, place: &str) -> Cursors {
    match cursors(check == "into", place).await {
        Ok(cursors) if cursors.is_empty() => {
            findings.warn(check, "no feed was pulled into it yet", "`inthreat pull` with the same");
        }
        Ok(cursors) => {
            findings.fine(check, measure::things(cursors.len() as u64, "cursor"));
            return cursors;
        }
        // A server that nobody wrote to is as good as an empty folder.
        Err(failure) if failure.chain().contains(NOTHING_YET) => {
            findings.warn(check, failure.chain(), failure.advice().unwrap_or_default());
        }
        Err(failure) => {
            let advice = failure.advice().unwrap_or("see the end of `inthreat pull --help`");
            findings.failed(check, &failure, advice);
        }
    }
    Cursors::new()
}

async fn cursors(holds_objects: bool, place: &str) -> Outcome<Cursors> {
    let place = Place::parse(place)?;
    Ok(if holds_objects {
        place.database(Access::Read).await?.list().await?
    } else {
        place.cursors(Access::Read).await?.list().await?
    })
}

#[cfg(unix)]
fn writable(findings: &mut Findings, check: &'static str, folder: &Path) {
    use rustix::fs::{Access, access};

    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => findings.fine(check, format!("`{}` can be written", folder.display())),
        Err(error) => {
            let message = format!("`{}` cannot be written: {error}", folder.display());
            findings.warn(
                check,
                message,
                "give this user the folder, or run as its owner; reading goes on",
            );
        }
    }
}

#[cfg(not(unix))]
fn writable(findings: &mut Findings, check: &'static str, folder: &Path) {
    findings.fine(check, format!("`{}` is there", folder.display()));
}

#[cfg(unix)]
fn room(findings: &mut Findings, folder: &Path) {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let message = format!("{} MB are free", measure::count(free / 1_000_000));
    if free < ROOM_MIN {
        findings.warn(
            "disk",
            message,
            "make room: `inthreat replica compact DIR --shrink` drops older versions",
        );
    } else {
        findings.fine("disk", message);
    }
}

#[cfg(not(unix))]
fn room(_: &mut Findings, _: &Path) {}

/// A file of keys that is not for its owner alone.
#[cfg(unix)]
fn who_else_reads(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    std::fs::read_dir(folder).ok()?.filter_map(Result::ok).find_map(|entry| {
        let mode = entry.metadata().ok()?.mode();
        (mode & 0o077 != 0).then(|| entry.path().display().to_string())
    })
}

#[cfg(not(unix))]
fn who_else_reads(_: &Path) -> Option<String> {
    None
}
