//! How far a long command is: a bar for people at a terminal, lines of JSON for programs, or nothing.

use std::{
    fmt::Write,
    io::{self, IsTerminal},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, ProgressBar, ProgressState, ProgressStyle};
use inthreat_feed::{Event, Observer};
use inthreat_stix::Timestamp;
use serde_json::{Value, json};

use crate::{
    arguments::ProgressMode,
    clock, measure,
    pace::{self, Pace},
    print::say,
    terminal,
};

/// How many rejected items are told one by one.
const REJECTED_TOLD_MAX: u64 = 5;
/// How often a program is told.
const JSON_INTERVAL: Duration = Duration::from_secs(1);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Objects,
    Bytes,
}

/// Shows how far a command is.
pub(crate) struct Progress {
    counts: Arc<Counts>,
    bar: ProgressBar,
    lines: Option<Lines>,
    rejected: AtomicU64,
}

/// How far it is.
struct Counts {
    what: &'static str,
    unit: Unit,
    done: AtomicU64,
    /// 0 when it is not known.
    total: AtomicU64,
    /// Of objects, where these are counted.
    bytes: AtomicU64,
    /// The newest `modified` of a feed up to where it is read.
    newest: Mutex<Option<Timestamp>>,
    /// How each feed is getting on.
    paces: Mutex<Vec<Pace>>,
    /// Where all feeds end, unless they are read up to now.
    end: OnceLock<Timestamp>,
    begun: Instant,
}

/// The thread that tells a program, until its other end goes away.
struct Lines {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Progress {
    pub(crate) fn new(what: &'static str, unit: Unit, mode: ProgressMode) -> Self {
        let counts = Arc::new(Counts {
            what,
            unit,
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            newest: Mutex::default(),
            paces: Mutex::default(),
            end: OnceLock::new(),
            begun: Instant::now(),
        });
        let is_shown = mode == ProgressMode::Auto && io::stderr().is_terminal();
        let bar = if is_shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(style(unit, false));
        bar.set_prefix(what);
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        let lines = (mode == ProgressMode::Json).then(|| Lines::start(Arc::clone(&counts)));
        Self { counts, bar, lines, rejected: AtomicU64::new(0) }
    }

    /// Says how much there is in all, so that the time that is left can be told.
    pub(crate) fn set_total(&self, total: u64) {
        self.counts.total.store(total, Ordering::Relaxed);
        self.bar.set_length(total);
        self.bar.set_style(style(self.counts.unit, total > 0));
    }

    /// Says how much is done.
    pub(crate) fn set_done(&self, done: u64) {
        self.counts.done.store(done, Ordering::Relaxed);
        self.bar.set_position(done);
    }

    /// Adds to what is done.
    pub(crate) fn add(&self, more: u64) {
        self.counts.done.fetch_add(more, Ordering::Relaxed);
        self.bar.inc(more);
    }

    /// Sees one more feed, which is read in one run.
    pub(crate) fn feed(progress: &Arc<Self>) -> Arc<dyn Observer> {
        let index = progress.counts.begin();
        Arc::new(OneFeed { progress: Arc::clone(progress), index, is_one_run: true })
    }

    /// Sees one more feed, of which a part is read, in a run for each slice; [`Progress::feed_is_read`] says that it is over.
    pub(crate) fn part_of_feed(progress: &Arc<Self>) -> Arc<dyn Observer> {
        let index = progress.counts.begin();
        Arc::new(OneFeed { progress: Arc::clone(progress), index, is_one_run: false })
    }

    /// Says that this feed, counted from 0, has come to its end.
    pub(crate) fn feed_is_read(&self, index: usize) {
        self.counts.end_of(index);
    }

    /// Says that objects of this instant or later are left out, which counts once.
    pub(crate) fn set_end(&self, end: Timestamp) {
        self.counts.end.get_or_init(|| end);
    }

    /// Says something while a bar is there.
    pub(crate) fn say(&self, words: &str) {
        self.bar.suspend(|| say(terminal::visible(words)));
    }

    /// Takes the bar away, so that what is said next stands on a line of its own, and tells programs the end.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
        if self.lines.is_some() {
            say(self.counts.json(true));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        if let Some(Lines { stop, thread }) = self.lines.take() {
            drop(stop);
            // It has nothing to say any more.
            let _ = thread.join();
        }
    }
}

/// Sees one feed, so that the time that is left can be told.
struct OneFeed {
    progress: Arc<Progress>,
    /// Which of the paces is this feed's.
    index: usize,
    /// Whether the feed is read when a run ends.
    is_one_run: bool,
}

impl Observer for OneFeed {
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { newest, .. } => self.progress.counts.go_on(self.index, *newest),
            Event::Finished { .. } | Event::Failed { .. } if self.is_one_run => {
                self.progress.counts.end_of(self.index);
            }
            _ => {}
        }
        self.progress.observe(event);
    }
}

impl Observer for Progress {
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { objects, bytes, newest, .. } => {
                let bytes = self.counts.bytes.fetch_add(*bytes, Ordering::Relaxed) + bytes;
                let newest = self.counts.reach(*newest).map(|newest| newest.to_string());
                let day = newest.as_deref().and_then(|newest| newest.split('T').next());
                let place = day.map(|day| format!(", up to {day}")).unwrap_or_default();
                let left = self.counts.left().map(|left| format!(", {}", pace::words(left)));
                self.add(*objects);
                let left = left.unwrap_or_default();
                self.bar.set_message(format!(", {}{place}{left}", HumanBytes(bytes)));
            }
            Event::Rejected(rejected) => {
                let count = self.rejected.fetch_add(1, Ordering::Relaxed);
                if count < REJECTED_TOLD_MAX {
                    self.say(&format!("set aside: {rejected}"));
                }
            }
            _ => {}
        }
    }
}

/// How a bar looks. The service does not say how many objects a feed has: then how far the feed is read, and about what
/// time is left, is told by its own time.
fn style(unit: Unit, has_total: bool) -> ProgressStyle {
    let template = match (unit, has_total) {
        (Unit::Objects, false) => "{spinner} {prefix}: {human_pos} objects{msg}, {rate}, {elapsed}",
        (Unit::Bytes, false) => "{spinner} {prefix}: {bytes}, {bytes_per_sec}, {elapsed}",
        (Unit::Objects, true) => {
            "{prefix} [{bar:24}] {percent}% of {human_len} objects, {rate}, {eta} left"
        }
        (Unit::Bytes, true) => {
            "{prefix} [{bar:24}] {percent}% of {total_bytes}, {bytes_per_sec}, {eta} left"
        }
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner()).progress_chars("=> ");
    style.with_key("rate", |state: &ProgressState, out: &mut dyn Write| {
        // Fractions of an object are nothing to look at; writing to a bar cannot fail.
        let _ = write!(out, "{}/s", measure::grouped(state.per_sec()));
    })
}

impl Counts {
    /// Keeps the newest instant, and gives it.
    fn reach(&self, instant: Option<Timestamp>) -> Option<Timestamp> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        // Several feeds may be read at once.
        *newest = instant.max(*newest);
        *newest
    }

    fn paces(&self) -> MutexGuard<'_, Vec<Pace>> {
        self.paces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more feed begins; gives its number.
    fn begin(&self) -> usize {
        let mut paces = self.paces();
        paces.push(Pace::default());
        paces.len() - 1
    }

    fn go_on(&self, index: usize, newest: Option<Timestamp>) {
        if let Some(pace) = self.paces().get_mut(index) {
            pace.reach(newest, self.begun.elapsed());
        }
    }

    fn end_of(&self, index: usize) {
        if let Some(pace) = self.paces().get_mut(index) {
            *pace = Pace::Done;
        }
    }

    /// About how long the feeds still take.
    fn left(&self) -> Option<Duration> {
        self.left_of(clock::now()?, self.begun.elapsed())
    }

    fn left_of(&self, now: Timestamp, age: Duration) -> Option<Duration> {
        let paces = self.paces();
        // Nothing was modified after now, whatever is asked for.
        let end = self.end.get().map_or(now, |end| now.min(*end));
        let left = || pace::left_of_all(&paces, end, age);
        (!paces.is_empty()).then(left).flatten()
    }

    /// One line for programs.
    fn json(&self, is_end: bool) -> String {
        let [done, total, bytes] =
            [&self.done, &self.total, &self.bytes].map(|count| count.load(Ordering::Relaxed));
        let seconds = self.begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "figures of a rate")]
        let rate = done as f64 / seconds.max(1e-6);
        #[expect(clippy::cast_precision_loss, reason = "figures of a rate")]
        let left = (total > done && rate > 0.0).then(|| (total - done) as f64 / rate);
        let unit = match self.unit {
            Unit::Objects => "objects",
            Unit::Bytes => "bytes",
        };
        let mut line = json!({
            "progress": self.what,
            "unit": unit,
            "done": done,
            "seconds": (seconds * 10.0).round() / 10.0,
            "per_second": rate.round(),
            "is_end": is_end,
        });
        let more = [
            ("total", (total > 0).then_some(total).map(Value::from)),
            ("bytes", (bytes > 0).then_some(bytes).map(Value::from)),
            ("newest", self.reach(None).map(|newest| newest.to_string().into())),
            ("seconds_left", left.map(|left| left.round().into())),
            ("seconds_left_estimate", self.left().map(|left| left.as_secs().into())),
        ];
        if let Value::Object(line) = &mut line {
            let told = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
            line.extend(more.into_iter().filter_map(told));
        }
        line.to_string()
    }
}

impl Lines {
    fn start(counts: Arc<Counts>) -> Self {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(JSON_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                say(counts.json(false));
            }
        });
        Self { stop, thread }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches an estimate that no program is told of, or that goes on when the feed is read.
    #[test]
    fn programs_are_told_of_an_estimate() {
        let progress = Progress::new("pull", Unit::Objects, ProgressMode::None);
        let told = || -> Value {
            let line: Value = serde_json::from_str(&progress.counts.json(false)).unwrap();
            line["seconds_left_estimate"].clone()
        };
        assert!(told().is_null(), "without a feed");
        let feed = progress.counts.begin();
        assert!(told().is_null(), "with nothing read");
        progress.counts.end_of(feed);
        assert_eq!(told(), 0);
    }

    // Catches a part of a feed whose end is taken to be now, or an end that nobody reaches.
    #[test]
    fn a_part_ends_where_it_was_told() {
        let at = |day: u32| -> Timestamp { format!("2026-01-{day:02}T00:00:00Z").parse().unwrap() };
        let left = |end: Option<u32>| {
            let progress = Progress::new("backfill", Unit::Objects, ProgressMode::None);
            if let Some(end) = end {
                progress.set_end(at(end));
            }
            let feed = progress.counts.begin();
            progress.counts.paces()[feed] =
                Pace::Reading { first: at(1), since: Duration::ZERO, newest: at(3) };
            progress.counts.left_of(at(11), Duration::from_secs(10))
        };
        // Two days in ten seconds.
        assert_eq!(left(Some(4)), Some(Duration::from_secs(5)));
        assert_eq!(left(Some(31)), left(None));
        assert_eq!(left(None), Some(Duration::from_secs(40)));
    }

    // Catches a line that is no JSON, or that tells of a time left where nobody knows.
    #[test]
    fn a_line_is_json() {
        let progress = Progress::new("pull", Unit::Objects, ProgressMode::None);
        progress.add(5);
        let line: Value = serde_json::from_str(&progress.counts.json(false)).unwrap();
        assert_eq!((&line["progress"], &line["done"]), (&"pull".into(), &5.into()));
        assert!(line.get("total").is_none() && line.get("seconds_left").is_none(), "{line}");
        assert!(line.get("newest").is_none(), "{line}");
        for instant in ["2026-01-02T03:04:05Z", "2026-01-01T00:00:00Z"] {
            progress.counts.reach(instant.parse().ok());
        }
        progress.set_total(20);
        let line: Value = serde_json::from_str(&progress.counts.json(true)).unwrap();
        assert_eq!((&line["total"], &line["is_end"]), (&20.into(), &true.into()));
        assert!(line["seconds_left"].is_number(), "{line}");
        assert_eq!(line["newest"], "2026-01-02T03:04:05Z");
    }
}
