//! Many feeds in one process.

mod state;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt, sync::Arc};

use tokio::{
    sync::watch,
    task::{Id as TaskId, JoinSet},
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
/// - A feed that fails ends alone.
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
}

struct Supervised {
    name: String,
    consumer: Consumer,
    /// How it is watched; without it, it is read once.
    watch: Option<WatchOptions>,
    wake: Wake,
    state: Arc<watch::Sender<FeedState>>,
}

impl Supervisor {
    /// Runs consumers that have at most this many pages in memory together, but one each at least.
    pub fn new(pages_max: usize) -> Self {
        Self { pages_max, feeds: Vec::new() }
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
        self.feeds.push(Supervised { name, consumer, watch, wake: Wake::new(), state });
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

    /// Has a feed that waits ask for news now. False when there is none of this name.
    pub fn wake(&self, name: &str) -> bool {
        self.find(name).map(|feed| feed.wake.wake()).is_some()
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
        let (ending, _) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut places: HashMap<TaskId, usize> = HashMap::new();
        let shares = Share::divide(self.pages_max, self.feeds.len());
        for (place, (feed, share)) in self.feeds.iter().zip(shares).enumerate() {
            let handle = tasks.spawn(feed.run(share, ending.subscribe()));
            places.insert(handle.id(), place);
        }
        let mut results: Vec<_> = self.feeds.iter().map(|_| None).collect();
        let (mut shutdown, mut stop) = (std::pin::pin!(shutdown), std::pin::pin!(stop));
        let (mut is_ending, mut is_stopped) = (false, false);
        loop {
            let ended = tokio::select! {
                biased;
                () = &mut stop, if !is_stopped => {
                    is_stopped = true;
                    tasks.abort_all();
                    continue;
                }
                () = &mut shutdown, if !is_ending => {
                    is_ending = true;
                    ending.send_replace(true);
                    continue;
                }
                ended = tasks.join_next_with_id() => ended,
            };
            let (id, result) = match ended {
                None => break,
                Some(Ok((id, result))) => (id, result),
                Some(Err(error)) if error.is_panic() => (error.id(), Err(Error::panicked())),
                Some(Err(error)) => (error.id(), Ok(cut_off())),
            };
            if let Some(place) = places.get(&id)
                && let Some(slot) = results.get_mut(*place)
            {
                if let Some(feed) = self.feeds.get(*place) {
                    feed.state.send_replace(FeedState::of_result(&result));
                }
                *slot = Some(result);
            }
        }
        let named = self.feeds.iter().zip(results);
        named
            .map(|(feed, result)| (feed.name.clone(), result.unwrap_or_else(|| Ok(cut_off()))))
            .collect()
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
