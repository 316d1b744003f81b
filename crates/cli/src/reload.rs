//! Files that are read again when they change.

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use tokio::time::sleep;

use crate::{failure::Outcome, print::say, terminal};

/// How often it is looked whether files have changed. They are read when they have not for as long.
const INTERVAL: Duration = Duration::from_secs(1);

/// Files as they were at some moment.
pub(crate) struct Watched {
    files: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
}

/// What is another one once a file was written, or another file has its name.
#[derive(Clone, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Watched {
    /// Files as they are now; they are to be read after this.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        let seen = stamps(&files);
        Self { files, seen }
    }

    /// Reads the files again whenever they have changed, for ever. What is wrong with them is said once, and what was read
    /// before stays.
    pub(crate) async fn reload(mut self, what: &str, mut read: impl FnMut() -> Outcome<()>) {
        let mut before = stamps(&self.files);
        loop {
            sleep(INTERVAL).await;
            let now = stamps(&self.files);
            let is_written = now == before;
            if is_written && now != self.seen {
                match read() {
                    Ok(()) => say(format!("{what}: read again")),
                    Err(failure) => {
                        let words = format!("{what}: what was read before stays: {failure}");
                        say(terminal::visible(&words));
                    }
                }
                // What was written meanwhile has another stamp, and is read the next time.
                self.seen.clone_from(&now);
            }
            before = now;
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<Stamp>> {
    files.iter().map(|file| fs::metadata(file).ok().map(|metadata| Stamp::new(&metadata))).collect()
}

impl Stamp {
    fn new(metadata: &fs::Metadata) -> Self {
        Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
            #[cfg(unix)]
            inode: metadata.ino(),
        }
    }
}
