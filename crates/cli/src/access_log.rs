//! The access log of `serve`: a line of JSON for each request, which names no key and nothing that was looked up.
//!
//! The file is only ever added to, and opened anew on SIGHUP: logrotate may move it away or cut it off (`copytruncate`). A
//! thread of its own writes, so that a slow disk delays no answer; what it cannot keep up with is counted and told in the log.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender, TryRecvError, TrySendError},
    },
    thread,
};

use inthreat_server::Event;
use serde_json::json;

use crate::{
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
    terminal,
};

/// How many lines may wait to be written.
const WAITING_MAX: usize = 16 * 1024;

/// A log that is open.
pub(crate) struct AccessLog {
    messages: SyncSender<Message>,
    lost: AtomicU64,
}

enum Message {
    Line(String),
    Reopen,
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

impl AccessLog {
    /// Opens a log; `-` is standard output.
    pub(crate) fn open(path: &Path) -> Outcome<Self> {
        let path = (path != Path::new("-")).then(|| path.to_owned());
        let failed =
            |error: io::Error| Failure::because(Exit::Storage, "open the access log", &error);
        let out = open(path.as_deref()).map_err(failed)?;
        let (messages, received) = mpsc::sync_channel(WAITING_MAX);
        thread::Builder::new()
            .name("access-log".into())
            .spawn(move || Writer { path, out, is_failing: false }.run(&received))
            .map_err(failed)?;
        Ok(Self { messages, lost: AtomicU64::new(0) })
    }

    /// Notes a request.
    pub(crate) fn note(&self, event: &Event<'_>) {
        let Some(line) = line(event) else { return };
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 && !self.send(json!({ "time": now(), "lost": lost }).to_string()) {
            self.lost.fetch_add(lost, Ordering::Relaxed);
        }
        if !self.send(line) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn send(&self, line: String) -> bool {
        match self.messages.try_send(Message::Line(line)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Goes on in a new file of the same name, where the old one was moved away.
    pub(crate) fn reopen(&self) {
        let _ = self.messages.send(Message::Reopen);
    }

    /// Waits until everything is written. Blocks.
    pub(crate) fn flush(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        if self.messages.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

/// The line of an event; `None` for what is no request. The time is that at which its answer had ended.
fn line(event: &Event<'_>) -> Option<String> {
    let line = match event {
        Event::Answered { address, method, route, key, status, bytes, elapsed, took, .. } => {
            json!({
                "time": now(),
                "address": address.to_string(),
                "method": method,
                "path": route,
                "status": status,
                "bytes": bytes,
                "first_byte_ms": milliseconds(elapsed.as_secs_f64()),
                "ms": milliseconds(took.as_secs_f64()),
                "key": key,
            })
        }
        Event::Refused { address, error, .. } => {
            json!({ "time": now(), "address": address.to_string(), "refused": error.to_string() })
        }
        _ => return None,
    };
    Some(terminal::visible_json(&line.to_string()).into_owned())
}

/// With three digits.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e3
}

fn now() -> Option<String> {
    clock::now().map(|now| now.to_string())
}

/// The thread that writes.
struct Writer {
    /// `None`: standard output.
    path: Option<PathBuf>,
    out: BufWriter<Box<dyn Write + Send>>,
    /// Whether the last write failed, which is said once.
    is_failing: bool,
}

impl Writer {
    fn run(mut self, received: &Receiver<Message>) {
        loop {
            // Lines are held back only while more of them wait.
            let message = match received.try_recv() {
                Ok(message) => message,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    let flushed = self.out.flush();
                    self.tell(&flushed);
                    let Ok(message) = received.recv() else { break };
                    message
                }
            };
            match message {
                Message::Line(line) => {
                    let written = writeln!(self.out, "{line}");
                    self.tell(&written);
                }
                Message::Reopen => self.reopen(),
                Message::Flush(done) => {
                    let flushed = self.out.flush();
                    self.tell(&flushed);
                    let _ = done.send(());
                }
            }
        }
        let _ = self.out.flush();
    }

    fn reopen(&mut self) {
        let flushed = self.out.flush();
        self.tell(&flushed);
        match open(self.path.as_deref()) {
            Ok(out) => self.out = out,
            Err(error) => say(format!("the access log goes on in its old file: {error}")),
        }
    }

    fn tell(&mut self, written: &io::Result<()>) {
        if let Err(error) = written
            && !self.is_failing
        {
            say(format!("the access log cannot be written, and lines are lost: {error}"));
        }
        self.is_failing = written.is_err();
    }
}

fn open(path: Option<&Path>) -> io::Result<BufWriter<Box<dyn Write + Send>>> {
    Ok(BufWriter::new(match path {
        None => Box::new(io::stdout()),
        Some(path) => Box::new(open_file(path)?),
    }))
}

/// Addresses and names of keys are not for everyone on the machine.
fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}
