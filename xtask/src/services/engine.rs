//! A server that was found on this machine and runs in a temporary folder.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a server may take until it listens.
const START_MAX: Duration = Duration::from_mins(1);
/// How often it is asked whether it does.
const INTERVAL: Duration = Duration::from_millis(50);
/// The file in its folder that it talks to.
const LOG: &str = "log";

/// A server that runs, and is stopped when this is dropped.
pub(crate) struct Engine {
    child: Child,
    url: String,
    stop: Option<Command>,
}

impl Engine {
    /// Starts a server whose files are in `folder`, and waits until `is_ready`.
    pub(crate) fn start(
        mut command: Command,
        url: String,
        folder: &Path,
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let log = fs::File::create(folder.join(LOG)).map_err(|error| error.to_string())?;
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("start {command:?}: {error}"))?;
        let mut engine = Self { child, url, stop: None };
        let begin = Instant::now();
        while !is_ready() {
            let ended = engine.child.try_wait().ok().flatten();
            if ended.is_some() || begin.elapsed() > START_MAX {
                let log = fs::read_to_string(folder.join(LOG)).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(5).collect();
                return Err(format!("it does not start: {}", last.join(" / ")));
            }
            thread::sleep(INTERVAL);
        }
        Ok(engine)
    }

    /// Sets what stops it in an orderly way.
    pub(crate) fn with_stop(mut self, stop: Command) -> Self {
        self.stop = Some(stop);
        self
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(stop) = &mut self.stop {
            // Where it does not stop in an orderly way it is killed: nobody needs its files any more.
            let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
        } else {
            let _ = self.child.kill();
        }
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(INTERVAL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program of this name: on the path, in one of the other folders, or where servers stand that are not for everyone.
pub(crate) fn find(name: &str, others: &[PathBuf]) -> Result<PathBuf, String> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"].map(PathBuf::from);
    let folders = env::split_paths(&path).chain(others.iter().cloned()).chain(usual);
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file()).ok_or_else(|| format!("no `{name}` was found"))
}

/// A port of this machine that nobody listens at.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|error| error.to_string())
}
