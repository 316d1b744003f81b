//! Files that are read again when they change.

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use tokio::{task::JoinSet, time::sleep};

use crate::{failure::Outcome, print::say, terminal};

/// How often it is looked whether files have changed. They are read when they have not for as long.
const INTERVAL: Duration = Duration::from_secs(1);

const STALE: &str = "\
# HELP inthreat_server_stale Whether a file was changed and cannot be read, so that what was read before counts: 1, or 0.
# TYPE inthreat_server_stale gauge
";

/// What is read again while a server runs, until this is dropped.
#[derive(Default)]
pub(crate) struct Reloads {
    tasks: JoinSet<()>,
    stale: Stale,
}

impl Reloads {
    /// Reads files again whenever they have changed.
    pub(crate) fn add(
        &mut self,
        what: &'static str,
        watched: Watched,
        read: impl FnMut() -> Outcome<()> + Send + 'static,
    ) {
        let is_stale = Arc::new(AtomicBool::new(false));
        self.stale.0.push((what, Arc::clone(&is_stale)));
        self.tasks.spawn(watched.reload(what, is_stale, read));
    }

    /// What could not be read, from now on.
    pub(crate) fn stale(&self) -> Stale {
        self.stale.clone()
    }
}

/// Whether what is used of each file is older than the file.
#[derive(Clone, Default)]
pub(crate) struct Stale(Vec<(&'static str, Arc<AtomicBool>)>);

impl Stale {
    /// The figure in the text format of Prometheus; nothing where no file is read again.
    pub(crate) fn render(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let line = |(what, is_stale): &(&str, Arc<AtomicBool>)| {
            let value = u8::from(is_stale.load(Ordering::Relaxed));
            format!("inthreat_server_stale{{of=\"{what}\"}} {value}\n")
        };
        STALE.to_owned() + &self.0.iter().map(line).collect::<String>()
    }
}

/// The name of the figure and what it is, without values.
pub(crate) fn described() -> &'static str {
    STALE
}

/// Files as they were at some moment.
pub(crate) struct Watched {
    files: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
}

/// What is another one once a file was written, others may read it, or another file has its name.
#[derive(Clone, PartialEq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    #[cfg(unix)]
    inode: u64,
    /// When the file or who may read it was last changed: seconds and nanoseconds.
    #[cfg(unix)]
    changed: (i64, i64),
}

impl Watched {
    /// Files as they are now; they are to be read after this.
    pub(crate) fn new(files: Vec<PathBuf>) -> Self {
        let seen = stamps(&files);
        Self { files, seen }
    }

    /// Reads the files again whenever they have changed, for ever. What is wrong with them is said once, and what was read
    /// before stays.
    async fn reload(
        mut self,
        what: &str,
        is_stale: Arc<AtomicBool>,
        mut read: impl FnMut() -> Outcome<()>,
    ) {
        let mut before = stamps(&self.files);
        loop {
            sleep(INTERVAL).await;
            let now = stamps(&self.files);
            let is_written = now == before;
            if is_written && now != self.seen {
                let result = read();
                is_stale.store(result.is_err(), Ordering::Relaxed);
                match result {
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
            #[cfg(unix)]
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
