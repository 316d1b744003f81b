//! Many feeds in one process.

mod state;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Notify, watch},
    task::{Id as TaskId, JoinError, JoinSet},
};

use crate::{
    Consumer, Error, Observer, Outcome, Report, Result, Wake, WatchOptions, budget::Share,
};

use state::StateObserver;
pub use state::{FeedState, StateUpdates};

/// Runs many consumers at once.
///
/// - The pages of all of them in memory are bounded together: one belongs to each feed, the rest goes to whoever asks
///   first. So a sink that hangs, or a feed that is long, keeps nobody else from reading.
/// - Each feed has a [state](FeedState) that can be read and followed.
/// - A feed that fails ends alone. It can be [restarted](Supervisor::restart) as long as another one runs, and is tried
///   again by itself where [`WatchOptions::mend_wait`] says so.
///
/// ```
/// use inthreat_feed::{Consumer, Supervisor, WatchOptions};
///
/// async fn watch(first: Consumer, second: Consumer, interrupted: impl Future<Output = ()> + Send) {
///     let supervisor = Supervisor::new(16)
///         .with_watched("first", first, WatchOptions::default())
///         .with_watched("second", second, WatchOptions::default());
///     let reports = supervisor.run(interrupted, std::future::pending()).await;
///     assert_eq!(reports.len(), 2);
/// }
/// ```
pub struct Supervisor {
    pages_max: usize,
    feeds: Vec<Supervised>,
    restarts: Notify,
}

struct Supervised {
    name: String,
    consumer: Consumer,
    /// How it is watched; without it, it is read once.
    watch: Option<WatchOptions>,
    wake: Wake,
    state: Arc<watch::Sender<FeedState>>,
    is_restarted: AtomicBool,
}

impl Supervisor {
    /// Runs consumers that have at most this many pages in memory together, but one each at least.
    pub fn new(pages_max: usize) -> Self {
        Self { pages_max, feeds: Vec::new(), restarts: Notify::new() }
    }

    /// Adds a feed that is read once. Of two feeds of one name, only the first can be asked for by it.
    #[must_use]
    pub fn with_feed(self, name: impl Into<String>, consumer: Consumer) -> Self {
        self.with(name.into(), consumer, None)
    }

    /// Adds a feed that is watched.
    #[must_use]
    pub fn with_watched(
        self,
        name: impl Into<String>,
        consumer: Consumer,
        watch: WatchOptions,
    ) -> Self {
        self.with(name.into(), consumer, Some(watch))
    }

    fn with(mut self, name: String, consumer: Consumer, watch: Option<WatchOptions>) -> Self {
        let state = Arc::new(watch::Sender::new(FeedState::Idle));
        let (wake, is_restarted) = (Wake::new(), AtomicBool::new(false));
        self.feeds.push(Supervised { name, consumer, watch, wake, state, is_restarted });
        self
    }

    /// The state of every feed, by name, in the order in which they were added.
    pub fn states(&self) -> Vec<(String, FeedState)> {
        let state = |feed: &Supervised| (feed.name.clone(), feed.state.borrow().clone());
        self.feeds.iter().map(state).collect()
    }

    /// Follows the state of a feed.
    pub fn subscribe(&self, name: &str) -> Option<StateUpdates> {
        self.find(name).map(|feed| StateUpdates::new(feed.state.subscribe()))
    }

    /// Has a feed that waits or backs off ask for news now. False when there is none of this name.
    pub fn wake(&self, name: &str) -> bool {
        self.find(name).map(|feed| feed.wake.wake()).is_some()
    }

    /// Has a feed that failed for good be read again, by the run that is under way. False when there is none of this name,
    /// or when it did not fail. What it did before counts in its report.
    pub fn restart(&self, name: &str) -> bool {
        let failed =
            self.find(name).filter(|feed| matches!(*feed.state.borrow(), FeedState::Failed { .. }));
        if let Some(feed) = failed {
            feed.is_restarted.store(true, Ordering::Relaxed);
            self.restarts.notify_one();
        }
        failed.is_some()
    }

    fn find(&self, name: &str) -> Option<&Supervised> {
        self.feeds.iter().find(|feed| feed.name == name)
    }

    /// Runs all feeds until each has ended, and gives what became of each, in the order in which they were added.
    ///
    /// When `shutdown` is ready, every feed finishes the batch that its sink has in hand, commits its cursor and ends. When
    /// `stop` is ready, all end at once: what is not committed is read again by the next run, and a feed
    /// that was cut off has an empty report that says [`Interrupted`](Outcome::Interrupted).
    ///
    /// Dropping the future stops all at once, too.
    pub async fn run(
        &self,
        shutdown: impl Future<Output = ()> + Send,
        stop: impl Future<Output = ()> + Send,
    ) -> Vec<(String, Result<Report>)> {
        let mut running = Running::new(self);
        let (mut shutdown, mut stop) = (std::pin::pin!(shutdown), std::pin::pin!(stop));
        let (mut is_ending, mut is_stopped) = (false, false);
        loop {
            tokio::select! {
                biased;
                () = &mut stop, if !is_stopped => {
                    is_stopped = true;
                    running.tasks.abort_all();
                }
                () = &mut shutdown, if !is_ending => {
                    is_ending = true;
                    running.ending.send_replace(true);
                }
                () = self.restarts.notified(), if !is_ending && !is_stopped => running.restart(),
                ended = running.tasks.join_next_with_id() => match ended {
                    Some(ended) => running.end(ended),
                    None => return running.finish(),
                },
            }
        }
    }
}

/// Feeds that run.
struct Running<'a> {
    feeds: &'a [Supervised],
    shares: Vec<Arc<Share>>,
    ending: watch::Sender<bool>,
    tasks: JoinSet<Result<Report>>,
    places: HashMap<TaskId, usize>,
    /// What became of each feed, and what it had done before it was restarted.
    results: Vec<(Option<Result<Report>>, Report)>,
}

impl<'a> Running<'a> {
    fn new(supervisor: &'a Supervisor) -> Self {
        let feeds = &supervisor.feeds[..];
        let mut running = Self {
            feeds,
            shares: Share::divide(supervisor.pages_max, feeds.len()),
            ending: watch::channel(false).0,
            tasks: JoinSet::new(),
            places: HashMap::new(),
            results: feeds.iter().map(|_| (None, Report::default())).collect(),
        };
        for place in 0..feeds.len() {
            running.start(place);
        }
        running
    }

    fn start(&mut self, place: usize) {
        if let (Some(feed), Some(share)) = (self.feeds.get(place), self.shares.get(place)) {
            feed.is_restarted.store(false, Ordering::Relaxed);
            let handle = self.tasks.spawn(feed.run(Arc::clone(share), self.ending.subscribe()));
            self.places.insert(handle.id(), place);
        }
    }

    /// Starts the feeds again that failed and that somebody asked for.
    fn restart(&mut self) {
        for (place, feed) in self.feeds.iter().enumerate() {
            let is_asked = feed.is_restarted.swap(false, Ordering::Relaxed);
            if let Some((result, earlier)) = self.results.get_mut(place)
                && is_asked
                && let Some(Err(error)) = result
            {
                earlier.add(error.report());
                *result = None;
                feed.state.send_replace(FeedState::Idle);
                self.start(place);
            }
        }
    }

    fn end(&mut self, ended: Result<(TaskId, Result<Report>), JoinError>) {
        let (id, result) = match ended {
            Ok(ended) => ended,
            Err(error) if error.is_panic() => (error.id(), Err(Error::panicked())),
            Err(error) => (error.id(), Ok(cut_off())),
        };
        if let Some(place) = self.places.remove(&id)
            && let (Some(slot), Some(feed)) = (self.results.get_mut(place), self.feeds.get(place))
        {
            feed.state.send_replace(FeedState::of_result(&result));
            slot.0 = Some(result);
        }
    }

    fn finish(self) -> Vec<(String, Result<Report>)> {
        let named = self.feeds.iter().zip(self.results);
        let told = named.map(|(feed, (result, mut total))| {
            let result = match result.unwrap_or_else(|| Ok(cut_off())) {
                Ok(report) => {
                    total.add(&report);
                    Ok(total)
                }
                Err(error) => {
                    total.add(error.report());
                    Err(error.with_report(total))
                }
            };
            (feed.name.clone(), result)
        });
        told.collect()
    }
}

impl Supervised {
    fn run(
        &self,
        share: Arc<Share>,
        mut ending: watch::Receiver<bool>,
    ) -> impl Future<Output = Result<Report>> + Send + use<> {
        let state = StateObserver::new(Arc::clone(&self.state), self.consumer.timer());
        let observers: Vec<Arc<dyn Observer>> = vec![Arc::new(state), self.consumer.observer()];
        let consumer = self.consumer.clone().with_share(share).with_observer(Arc::new(observers));
        let (options, wake) = (self.watch.clone(), self.wake.clone());
        async move {
            let shutdown = async move {
                // Who would tell is gone only when the task is aborted as well.
                let _ = ending.wait_for(|is_ending| *is_ending).await;
            };
            match options {
                Some(options) => consumer.watch(&options, &wake, shutdown).await,
                None => consumer.pull(shutdown).await,
            }
        }
    }
}

fn cut_off() -> Report {
    Report { outcome: Outcome::Interrupted, ..Report::default() }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("pages_max", &self.pages_max)
            .field("states", &self.states())
            .finish_non_exhaustive()
    }
}
