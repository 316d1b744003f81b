//! A replica that is kept in step with the service while it is served.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use inthreat_feed::{
    Consumer, Event, Metrics, Observer, ResolveOptions, Supervisor, Target, WatchOptions,
};
use inthreat_http::Client;
use inthreat_replica::Replica;

use super::{
    reading,
    watch::{self, MEND_WAIT},
};
use crate::{
    arguments::{Mirror, Remote},
    failure::Outcome,
    print::say,
    source, terminal,
};

/// How many pages of all feeds may be in memory.
const PAGES_MAX: usize = 16;

/// What keeps a replica in step.
pub(super) struct InStep {
    supervisor: Supervisor,
    /// Figures of the feeds.
    pub(super) metrics: Metrics,
    /// What has to come before the replica can stand for the service.
    pub(super) first: First,
}

/// How many feeds were never read to their end. A replica that had objects before is as good as it was then.
#[derive(Clone)]
pub(super) struct First(Arc<AtomicUsize>);

impl First {
    /// Why questions should go elsewhere for now.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            1 => Err("a feed is being read for the first time".to_owned()),
            feeds => Err(format!("{feeds} feeds are being read for the first time")),
        }
    }
}

impl InStep {
    /// Prepares to read feeds into this replica.
    pub(super) fn new(mirror: &Mirror, remote: &Remote, replica: Arc<Replica>) -> Outcome<Self> {
        let client = Arc::new(source::client(remote)?);
        let is_new = replica.stats()?.objects == 0;
        let store = reading::gated_store(replica, mirror.selection.kept.tlp_max);
        let watch = WatchOptions::default()
            .with_interval(mirror.interval)
            .with_jitter(mirror.interval / 10)
            // Serving goes on, so that there is always time for somebody to mend what is wrong.
            .with_mend_wait(MEND_WAIT);
        let mut supervisor = Supervisor::new(PAGES_MAX);
        let metrics = Metrics::new();
        let feeds = reading::feeds(&mirror.selection)?;
        let first = First(Arc::new(AtomicUsize::new(if is_new { feeds.len() } else { 0 })));
        for feed in feeds {
            let name = feed.to_string();
            let options = reading::options(&mirror.selection, feed, Some(&mirror.going_on));
            let target = Target::transactional(Arc::clone(&store));
            let log: Arc<dyn Observer> = Arc::new(Log::new(&name, first.clone()));
            let observers = vec![log, metrics.observer(&name)];
            let mut consumer = Consumer::new(Arc::<Client>::clone(&client), target, options)
                .with_definitions(Arc::<Client>::clone(&client))
                .with_observer(Arc::new(observers));
            if mirror.selection.resolve {
                let objects = Arc::<Client>::clone(&client);
                consumer = consumer.with_resolver(objects, ResolveOptions::default());
            }
            supervisor = supervisor.with_watched(name, consumer, watch.clone());
        }
        Ok(Self { supervisor, metrics, first })
    }

    /// Reads until it is told that it is over; then the batch in hand is finished. Whatever fails, it fails alone.
    pub(super) async fn run(self, over: impl Future<Output = ()> + Send) {
        for (feed, result) in self.supervisor.run(over, std::future::pending()).await {
            if result.is_err() {
                // Why was said when it failed.
                let words = format!("{feed}: it is read no more, serving goes on");
                say(terminal::visible(&words));
            }
        }
    }
}

/// Says what a feed does as a watch does it, but of failures only that they begin and end.
struct Log {
    watching: watch::Log,
    is_failing: AtomicBool,
    is_read: AtomicBool,
    first: First,
}

impl Log {
    fn new(feed: &str, first: First) -> Self {
        let (is_failing, is_read) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { watching: watch::Log::new(feed, false), is_failing, is_read, first }
    }

    /// Notes that the feed was read to its end, once.
    fn caught_up(&self) {
        if !self.is_read.swap(true, Ordering::Relaxed) {
            let less = |feeds: usize| Some(feeds.saturating_sub(1));
            let _ = self.first.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        }
    }
}

impl Observer for Log {
    fn observe(&self, event: &Event) {
        match event {
            Event::Finished { .. } => {
                self.caught_up();
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    self.watching.say("in step again");
                }
                self.watching.observe(event);
            }
            Event::Failed { reason, .. } => {
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    self.watching.say(&format!("not in step, serving goes on: {reason}"));
                }
            }
            Event::BackingOff { .. } => {}
            _ => self.watching.observe(event),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a mirror that is ready before all its feeds were read, or never, because one of them was read twice.
    #[test]
    fn every_feed_is_waited_for_once() {
        let first = First(Arc::new(AtomicUsize::new(2)));
        let [one, other] = ["one", "other"].map(|feed| Log::new(feed, first.clone()));
        one.caught_up();
        one.caught_up();
        assert_eq!(first.check(), Err("a feed is being read for the first time".to_owned()));
        other.caught_up();
        assert_eq!(first.check(), Ok(()));
    }
}
