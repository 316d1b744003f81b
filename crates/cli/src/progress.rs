//! How far a pull is: a bar on a terminal, nothing elsewhere.

use std::{
    io::{self, IsTerminal},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use inthreat_feed::{Event, Observer};

use crate::print::say;

/// How many rejected items are told one by one.
const REJECTED_TOLD_MAX: u64 = 5;

/// Shows a pull to the person at the terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    bytes: AtomicU64,
    rejected: AtomicU64,
}

impl Progress {
    pub(crate) fn new(what: &str) -> Self {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template(
            "{spinner} {prefix}: {human_pos} objects, {msg}, {per_sec}",
        );
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, bytes: AtomicU64::new(0), rejected: AtomicU64::new(0) }
    }

    /// Takes the bar away, so that what is said next stands on a line of its own.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { objects, bytes, .. } => {
                let bytes = self.bytes.fetch_add(*bytes, Ordering::Relaxed) + bytes;
                self.bar.inc(*objects);
                self.bar.set_message(HumanBytes(bytes).to_string());
            }
            Event::Rejected(rejected) => {
                let count = self.rejected.fetch_add(1, Ordering::Relaxed);
                if count < REJECTED_TOLD_MAX {
                    let words = format!("set aside: {rejected}");
                    self.bar.suspend(|| say(crate::terminal::visible(&words)));
                }
            }
            _ => {}
        }
    }
}
