//! A table that is longer than the terminal is shown by the program that the person reads long texts with.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
};

/// What shows long texts where nothing is said. `F` and `X` leave the screen as it is.
const PAGER: &str = "less";
const LESS: &str = "FRX";

/// A process has one terminal, and so one answer to whether it may be taken over.
static IS_FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// Has everything printed as it comes.
pub(crate) fn forbid() {
    IS_FORBIDDEN.store(true, Ordering::Relaxed);
}

/// Shows a text that is for the terminal, and says whether it is shown: a short one is not, nor one without a pager.
pub(crate) fn show(text: &str) -> bool {
    let is_long = height().is_some_and(|height| text.lines().count() >= height);
    if !is_long || IS_FORBIDDEN.load(Ordering::Relaxed) {
        return false;
    }
    // An empty PAGER is how people say that they want none.
    let pager = env::var("PAGER").unwrap_or_else(|_| PAGER.to_owned());
    if pager.trim().is_empty() {
        return false;
    }
    let mut command = if cfg!(unix) {
        let mut command = Command::new("sh");
        command.args(["-c", &pager]);
        command
    } else {
        Command::new(&pager)
    };
    if env::var_os("LESS").is_none() {
        command.env("LESS", LESS);
    }
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else { return false };
    // Whoever has read enough closes it, which is no failure.
    let is_taken = child.stdin.take().is_some_and(|mut stdin| {
        let is_whole = stdin.write_all(text.as_bytes()).is_ok();
        drop(stdin);
        is_whole
    });
    // 127: the shell knows no such program.
    let ended = child.wait().ok().and_then(|status| status.code());
    is_taken && ended != Some(127) || ended == Some(0)
}

/// How many lines the terminal has.
#[cfg(unix)]
fn height() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_row)).filter(|height| *height > 0)
}

#[cfg(not(unix))]
fn height() -> Option<usize> {
    None
}
