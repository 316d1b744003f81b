//! `inthreat watch`: feeds into a replica or a file, for ever.

use std::{
    path::PathBuf,
    process,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use inthreat_feed::{
    Event, LeaseOptions, Metrics, Observer, Outcome as End, Supervisor, WatchOptions,
};
use inthreat_store::atomic_write;

use super::reading;
use crate::{
    arguments::Watch,
    commands,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::say,
    terminal,
};

/// How long one of several feeds is left alone that somebody has to mend, at least and at most.
pub(super) const MEND_WAIT: (Duration, Duration) =
    (Duration::from_mins(5), Duration::from_mins(15));

pub(crate) async fn run(arguments: Watch) -> Outcome<Exit> {
    let options = |feed| {
        let options =
            reading::options(&arguments.reading.selection, feed, Some(&arguments.going_on));
        let holder = format!("inthreat watch, process {}{}", process::id(), host());
        let lease = reading::is_shared(&arguments.reading)
            .then(|| LeaseOptions::new(holder).with_time(arguments.lease));
        options.with_lease(lease)
    };
    let all: Vec<_> =
        reading::feeds(&arguments.reading.selection)?.into_iter().map(options).collect();
    let metrics = Metrics::new();
    let observer = |feed: &str| -> Arc<dyn Observer> {
        // With several sinks the name has more to it than the feed.
        let is_alone = matches!(&all[..], [one] if one.request.feed.as_str() == feed);
        let mut observers: Vec<Arc<dyn Observer>> = vec![Arc::new(Log::new(feed, is_alone))];
        if let Some(path) = &arguments.metrics {
            observers.push(metrics.observer(feed));
            observers.push(Arc::new(MetricsFile { metrics: metrics.clone(), path: path.clone() }));
        }
        Arc::new(observers)
    };
    let mut consumers = reading::consumers(&arguments.reading, &all, observer).await?;
    let files = consumers.take_files();
    // A single one ends the program, so that its exit code tells why.
    let watch = WatchOptions::default()
        .with_interval(arguments.interval)
        .with_jitter(arguments.interval / 10)
        .with_mend_wait(Some(MEND_WAIT).filter(|_| consumers.all.len() > 1));
    let mut supervisor = Supervisor::new(arguments.pages);
    for (feed, consumer) in consumers.all {
        supervisor = supervisor.with_watched(feed, consumer, watch.clone());
    }
    let mut exit = Exit::Success;
    let mut failure = None;
    let results = tokio::select! {
        results = supervisor.run(commands::shutdown(), std::future::pending()) => results,
        never = files.close_old() => match never {},
    };
    let closed = files.close();
    for (feed, result) in results {
        match result {
            Ok(report) if report.outcome == End::Interrupted => exit = Exit::Interrupted,
            Ok(_) => {}
            Err(error) => {
                failure.get_or_insert_with(|| reading::failure(&error, "watch", &feed));
            }
        }
    }
    failure.map_or_else(|| closed.map(|()| exit), Err)
}

/// Where this runs, for people who see who holds a lease.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { String::new() } else { format!(" on {}", name.trim()) }
}

/// Keeps a file of figures up to date, whole at any time.
struct MetricsFile {
    metrics: Metrics,
    path: PathBuf,
}

impl Observer for MetricsFile {
    fn observe(&self, event: &Event) {
        if let Event::Finished { .. } | Event::Failed { .. } = event
            && let Err(error) = atomic_write(&self.path, self.metrics.render())
        {
            // Figures are no reason to stop.
            say(Failure::from(error).to_string());
        }
    }
}

/// Says what a feed does, a line for each run that brought something and for each failure.
pub(super) struct Log {
    feed: String,
    objects: AtomicU64,
    /// Whether a failure that is final ends the program, which tells it then.
    is_alone: bool,
    /// A failure that may be final.
    failure: Mutex<Option<String>>,
}

impl Log {
    pub(super) fn new(feed: &str, is_alone: bool) -> Self {
        let (objects, failure) = (AtomicU64::new(0), Mutex::default());
        Self { feed: feed.to_owned(), objects, is_alone, failure }
    }

    pub(super) fn say(&self, words: &str) {
        say(terminal::visible(&format!("{}: {words}", self.feed)));
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { objects, .. } => {
                self.objects.fetch_add(*objects, Ordering::Relaxed);
            }
            Event::Rejected(rejected) => self.say(&format!("set aside: {rejected}")),
            Event::Restarted { after, .. } => {
                let place = after.map_or_else(|| "the beginning".to_owned(), |at| at.to_string());
                self.say(&format!("the cursor was refused; reading again from {place}"));
            }
            Event::Finished { .. } => {
                let objects = self.objects.swap(0, Ordering::Relaxed);
                if objects > 0 {
                    self.say(&measure::things(objects, "object"));
                }
            }
            Event::Failed { reason, .. } if self.is_alone => {
                *self.failure() = Some(reason.clone());
            }
            Event::Failed { reason, .. } => self.say(&format!("failed: {reason}")),
            Event::BackingOff { wait, .. } => {
                if let Some(reason) = self.failure().take() {
                    self.say(&format!("failed: {reason}"));
                }
                self.say(&format!("trying again in {:.0} s", wait.as_secs_f64().ceil()));
            }
            _ => {}
        }
    }
}
