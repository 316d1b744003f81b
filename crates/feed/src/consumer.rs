//! The consumer of a feed: what it reads, when, and until when.

mod fetch;
#[cfg(test)]
mod proof_tests;
mod run;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod watch_tests;

use std::{fmt, sync::Arc};

use inthreat_api::{Collections, ErrorKind as SourceErrorKind, Feeds, Objects, SortOrder, Timer};
use inthreat_stix::Timestamp;
use inthreat_store::{self as store, CursorKey, Lease, LeaseRequest, Position};

use crate::{
    Error, Event, Observer, Options, Outcome, Range, Report, ResolveOptions, Result, Target, Wake,
    WatchOptions,
    budget::Share,
    resolve::Resolver,
    schedule::{Ended, Next, Outlook},
    shutdown::Shutdown,
    timer::SystemTimer,
};

use run::Run;

/// Reads a feed from where it stopped last: once until it is caught up ([`Consumer::pull`]), for ever
/// ([`Consumer::watch`]), or a part of it afterwards ([`Consumer::backfill`]).
///
/// # Delivery
///
/// - A cursor is committed only after everything before it is durable. With [`Target::transactional`] both happen at once.
/// - A run stops at an empty answer. An answer without `next_cursor`, or with the one that was sent, never moves or
///   erases the cursor: it ends the run when its page is not full, and is an error otherwise. Its objects are written.
/// - A page that cannot be fetched ends the run after what was fetched before is written. Nothing is retried within a
///   run: that belongs to the source. A watch repeats whole runs.
/// - When somebody else moved the cursor or took the lease meanwhile, the run ends with
///   [`Conflict`](inthreat_store::ErrorKind::Conflict) and writes nothing more.
/// - A cursor that the source refuses is an error, unless [`Options::restart_overlap`] says where to begin again.
///
/// # Stopping
///
/// Every way to read takes a future that says when to stop: the batch that the sink has in hand is finished, its cursor
/// committed, and the answer is [`Interrupted`](Outcome::Interrupted). Hand in [`std::future::pending`] to never stop.
///
/// Dropping the future of a run at any point loses nothing: the next run goes on behind what was committed. A batch that
/// the sink had in hand may still be committed, which that run then finds, or meets as a conflict. A lease that was
/// taken ends with its time.
#[derive(Clone)]
pub struct Consumer {
    source: Arc<dyn Collections>,
    target: Target,
    options: Options,
    observer: Arc<dyn Observer>,
    timer: Arc<dyn Timer>,
    definitions: Option<Arc<dyn Feeds>>,
    resolver: Option<Arc<Resolver>>,
    share: Option<Arc<Share>>,
}

/// Which part of a feed a run reads.
#[derive(Clone, Debug)]
struct Course {
    key: CursorKey,
    /// Where there is no cursor yet.
    modified_after: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Consumer {
    /// Reads from `source` into `target`.
    pub fn new(source: Arc<dyn Collections>, target: Target, options: Options) -> Self {
        Self {
            source,
            target,
            options,
            observer: Arc::new(()),
            timer: Arc::new(SystemTimer::default()),
            definitions: None,
            resolver: None,
            share: None,
        }
    }

    /// Sets who is told what happens.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Sets where waits, random numbers and the time come from, in the place of the system.
    #[must_use]
    pub fn with_timer(mut self, timer: Arc<dyn Timer>) -> Self {
        self.timer = timer;
        self
    }

    /// Sets who knows how the feed is defined: one that delivers its newest objects first is refused
    /// ([`NewestFirst`](crate::ErrorKind::NewestFirst)). When the definition cannot be had (it does not exist, or the key
    /// may not read it), the feed is taken as it is. The feed without filters is never asked for.
    #[must_use]
    pub fn with_definitions(mut self, feeds: Arc<dyn Feeds>) -> Self {
        self.definitions = Some(feeds);
        self
    }

    /// Fetches from `objects` what pages refer to and the feed does not carry, and delivers it before the page that needs
    /// it, in the same batch. When that fails, the run fails. Clones share what is remembered.
    #[must_use]
    pub fn with_resolver(mut self, objects: Arc<dyn Objects>, options: ResolveOptions) -> Self {
        self.resolver = Some(Arc::new(Resolver::new(objects, options)));
        self
    }

    /// Has every page wait for its share of those that many consumers may have in memory.
    pub(crate) fn with_share(mut self, share: Arc<Share>) -> Self {
        self.share = Some(share);
        self
    }

    pub(crate) fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.observer)
    }

    pub(crate) fn timer(&self) -> Arc<dyn Timer> {
        Arc::clone(&self.timer)
    }

    /// Reads until the feed is caught up, the pages of the options are read, or `shutdown` is ready.
    pub async fn pull(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Report> {
        self.pull_until(&mut Shutdown::new(shutdown)).await
    }

    /// Reads again and again until `shutdown` is ready; waits in between, and longer after a failure. Gives what all runs
    /// did together.
    ///
    /// The first run begins at once. A failure that cannot pass, one that has to be mended unless the options say how
    /// long to wait for that, and the last one that the options allow, ends the watch with its error, whose report is
    /// that of all runs. A `Retry-After` of the source is obeyed
    /// up to [`WatchOptions::RETRY_AFTER_MAX`], also when `wake` is called.
    pub async fn watch(
        &self,
        options: &WatchOptions,
        wake: &Wake,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<Report> {
        let mut shutdown = Shutdown::new(shutdown);
        let mut total = Report::default();
        let mut failures = 0_u32;
        loop {
            let (ended, failure) = match self.pull_until(&mut shutdown).await {
                Ok(report) => {
                    total.add(&report);
                    failures = 0;
                    (Ended::Well, None)
                }
                Err(error) => {
                    let progress = error.report();
                    // A long first reading that comes further every time does not fail in a row.
                    failures = if progress.batches > 0 { 1 } else { failures.saturating_add(1) };
                    total.add(progress);
                    let outlook = if shutdown.is_over() { Outlook::Lasts } else { error.outlook() };
                    let retry_after = error.as_source().and_then(inthreat_api::Error::retry_after);
                    (Ended::Failed { outlook, retry_after, failures }, Some(error))
                }
            };
            let next = options.next(ended, self.timer.random());
            if let (Next::GiveUp, Some(error)) = (next, failure) {
                return Err(error.with_report(total));
            }
            if shutdown.is_over() || !self.pause(next, failures, wake, &mut shutdown).await {
                total.outcome = Outcome::Interrupted;
                return Ok(total);
            }
        }
    }

    /// Reads a part of the feed by `modified`, each slice with a cursor of its own, so that the feed's own cursor stays
    /// where it is and a part that was cut off goes on where it stopped. Gives what all slices did together.
    pub async fn backfill(
        &self,
        range: &Range,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<Report> {
        let base = self.options.cursor_key()?;
        let mut shutdown = Shutdown::new(shutdown);
        let mut total = Report::default();
        for slice in range.slices()? {
            let course = Course {
                key: slice.key(&base)?,
                modified_after: Some(slice.after),
                until: slice.until,
            };
            match self.read(&course, &mut shutdown).await {
                Ok(report) => total.add(&report),
                Err(error) => {
                    total.add(error.report());
                    return Err(error.with_report(total));
                }
            }
            if total.outcome != Outcome::CaughtUp {
                break;
            }
        }
        Ok(total)
    }

    async fn pull_until(&self, shutdown: &mut Shutdown<'_>) -> Result<Report> {
        let modified_after = self.options.request.modified_after;
        let key = self.options.cursor_key()?;
        self.read(&Course { key, modified_after, until: None }, shutdown).await
    }

    /// One run, and what is told about its end.
    async fn read(&self, course: &Course, shutdown: &mut Shutdown<'_>) -> Result<Report> {
        let result = self.read_untold(course, shutdown).await;
        self.observer.observe(&match &result {
            Ok(report) => Event::Finished { outcome: report.outcome },
            Err(error) => Event::Failed { kind: error.kind(), reason: error.chain() },
        });
        result
    }

    async fn read_untold(&self, course: &Course, shutdown: &mut Shutdown<'_>) -> Result<Report> {
        let begun = tokio::select! {
            biased;
            () = &mut *shutdown => None,
            begun = self.begin(&course.key) => Some(begun?),
        };
        let Some((lease, position)) = begun else {
            return Ok(Report { outcome: Outcome::Interrupted, ..Report::default() });
        };
        let mut run = Run::new(self, course, position.generation, lease);
        let result = run.read(position, shutdown).await;
        run.release().await;
        result
    }

    /// Makes sure that the feed can be read on, takes the lease where the options say so, and finds out how far it was read.
    async fn begin(&self, key: &CursorKey) -> Result<(Option<Lease>, Position)> {
        self.check_order().await?;
        let failed =
            |what: &str, error| Error::store_failed(format!("{what} the cursor of `{key}`"), error);
        match &self.options.lease {
            None => {
                let position = self.target.load(key).await;
                Ok((None, position.map_err(|error| failed("load", error))?))
            }
            Some(options) => {
                let request = LeaseRequest::new(key.clone(), &options.holder, options.time);
                let taken = self.target.cursors().take_lease(request).await;
                let (lease, position) = taken.map_err(|error| failed("take", error))?;
                Ok((Some(lease), position))
            }
        }
    }

    async fn check_order(&self) -> Result<()> {
        let feed = &self.options.request.feed;
        let Some(definitions) = self.definitions.as_ref().filter(|_| !feed.is_default()) else {
            return Ok(());
        };
        match definitions.feed(feed.clone()).await {
            Ok(found) if found.draft.sort_order == SortOrder::Descending => {
                Err(Error::newest_first(format!(
                    "read the feed `{feed}`: it delivers its newest objects first (`sort_order` is `desc`), so that a \
                     cursor leads to older objects and never to new ones; give it the order `asc` (oldest first), or \
                     make another feed with that order"
                )))
            }
            Err(error) if error.is_retryable() || error.kind() == SourceErrorKind::Unauthorized => {
                Err(Error::source_failed(format!("ask how the feed `{feed}` is defined"), error))
            }
            // Who cannot tell is taken at the word of its pages.
            _ => Ok(()),
        }
    }

    /// Waits for the next run. False when it is not to come.
    async fn pause(
        &self,
        next: Next,
        failures: u32,
        wake: &Wake,
        shutdown: &mut Shutdown<'_>,
    ) -> bool {
        let (asked, rest) = match next {
            Next::Wait(wait) => {
                self.observer.observe(&Event::Waiting { wait });
                (None, wait)
            }
            Next::BackOff { asked, drawn } => {
                let wait = asked.saturating_add(drawn);
                self.observer.observe(&Event::BackingOff { wait, failures });
                (Some(asked).filter(|asked| !asked.is_zero()), drawn)
            }
            Next::GiveUp => return false,
        };
        if let Some(asked) = asked {
            tokio::select! {
                biased;
                () = &mut *shutdown => return false,
                () = self.timer.sleep(asked) => {}
            }
        }
        tokio::select! {
            biased;
            () = &mut *shutdown => false,
            () = wake.woken() => true,
            () = self.timer.sleep(rest) => true,
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("target", &self.target)
            .field("options", &self.options)
            .field("resolves", &self.resolver.is_some())
            .finish_non_exhaustive()
    }
}

/// What stops a run that was overtaken.
fn is_conflict(error: &store::Error) -> bool {
    error.kind() == store::ErrorKind::Conflict
}
