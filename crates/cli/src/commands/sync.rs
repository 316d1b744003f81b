//! A replica that is kept in step with the service while it is served.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use inthreat_feed::{Consumer, Event, Observer, ResolveOptions, Supervisor, Target, WatchOptions};
use inthreat_http::Client;
use inthreat_replica::Replica;

use super::{reading, watch::MEND_WAIT};
use crate::{
    arguments::{Mirror, Remote},
    failure::Outcome,
    measure,
    print::say,
    source, terminal,
};

/// How many pages of all feeds may be in memory.
const PAGES_MAX: usize = 16;

/// What keeps a replica in step.
pub(super) struct InStep(Supervisor);

impl InStep {
    /// Prepares to read feeds into this replica.
    pub(super) fn new(mirror: &Mirror, remote: &Remote, replica: Arc<Replica>) -> Outcome<Self> {
        let client = Arc::new(source::client(remote)?);
        let store = reading::gated_store(replica, mirror.selection.kept.tlp_max);
        let watch = WatchOptions::default()
            .with_interval(mirror.interval)
            .with_jitter(mirror.interval / 10)
            // Serving goes on, so that there is always time for somebody to mend what is wrong.
            .with_mend_wait(MEND_WAIT);
        let mut supervisor = Supervisor::new(PAGES_MAX);
        for feed in reading::feeds(&mirror.selection)? {
            let name = feed.to_string();
            let options = reading::options(&mirror.selection, feed, Some(&mirror.going_on));
            let target = Target::transactional(Arc::clone(&store));
            let mut consumer = Consumer::new(Arc::<Client>::clone(&client), target, options)
                .with_definitions(Arc::<Client>::clone(&client))
                .with_observer(Arc::new(Log::new(&name)));
            if mirror.selection.resolve {
                let objects = Arc::<Client>::clone(&client);
                consumer = consumer.with_resolver(objects, ResolveOptions::default());
            }
            supervisor = supervisor.with_watched(name, consumer, watch.clone());
        }
        Ok(Self(supervisor))
    }

    /// Reads until it is told that it is over; then the batch in hand is finished. Whatever fails, it fails alone.
    pub(super) async fn run(self, over: impl Future<Output = ()> + Send) {
        for (feed, result) in self.0.run(over, std::future::pending()).await {
            if result.is_err() {
                // Why was said when it failed.
                let words = format!("{feed}: it is read no more, serving goes on");
                say(terminal::visible(&words));
            }
        }
    }
}

/// Says what a feed brings, and of failures only that they begin and end.
struct Log {
    feed: String,
    objects: AtomicU64,
    is_failing: AtomicBool,
}

impl Log {
    fn new(feed: &str) -> Self {
        let (objects, is_failing) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { feed: feed.to_owned(), objects, is_failing }
    }

    fn say(&self, words: &str) {
        say(terminal::visible(&format!("{}: {words}", self.feed)));
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event) {
        match event {
            Event::BatchWritten { objects, .. } => {
                self.objects.fetch_add(*objects, Ordering::Relaxed);
            }
            Event::Rejected(rejected) => self.say(&format!("set aside: {rejected}")),
            Event::Restarted { .. } => self.say("the cursor was refused; reading again"),
            Event::Finished { .. } => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    self.say("in step again");
                }
                let objects = self.objects.swap(0, Ordering::Relaxed);
                if objects > 0 {
                    self.say(&format!("{} objects", measure::count(objects)));
                }
            }
            Event::Failed { reason, .. } if !self.is_failing.swap(true, Ordering::Relaxed) => {
                self.say(&format!("not in step, serving goes on: {reason}"));
            }
            _ => {}
        }
    }
}
