//! The driver: carries out the effects of the step function.

use std::{future, mem, panic::resume_unwind, pin::Pin, sync::Arc, time::Duration};

use inthreat_api::{self as api, Cursor, LIMIT_DEFAULT};
use inthreat_stix::Timestamp;
use inthreat_store::{self as store, Batch, Commit, Lease, Position, Written};
use tokio::task::JoinSet;

use super::{
    Consumer, Course,
    fetch::{Failure, Fetcher},
    is_conflict,
};
use crate::{
    Error, Outcome, Report, Result,
    budget::Permit,
    shutdown::Shutdown,
    step::{Effect, Ending, Fetched, Input, Limits, Place, Start, State, Stuck},
};

type Writing<'a> =
    Pin<Box<dyn Future<Output = (store::Result<(Written, Option<u64>)>, Duration)> + Send + 'a>>;
type Renewing<'a> = Pin<Box<dyn Future<Output = store::Result<Lease>> + Send + 'a>>;
type Answer = (Option<Permit>, Result<Fetched, Failure>);

/// What is under way in one run.
pub(super) struct Run<'a> {
    consumer: &'a Consumer,
    course: &'a Course,
    generation: u64,
    lease: Option<Lease>,
    /// The page under way, in a task of its own, so that it is read while a sink is at work. Dropping aborts it.
    fetching: JoinSet<Answer>,
    writing: Option<Writing<'a>>,
    renewing: Option<Renewing<'a>>,
    /// The shares of the pages that wait for the sink, and of those that it has in hand.
    waiting: Vec<Permit>,
    in_hand: Vec<Permit>,
    source_error: Option<Failure>,
    store_error: Option<store::Error>,
    /// Whether everything that was resolved is durable.
    is_settled: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        consumer: &'a Consumer,
        course: &'a Course,
        generation: u64,
        lease: Option<Lease>,
    ) -> Self {
        Self {
            consumer,
            course,
            generation,
            lease,
            fetching: JoinSet::new(),
            writing: None,
            renewing: None,
            waiting: Vec::new(),
            in_hand: Vec::new(),
            source_error: None,
            store_error: None,
            is_settled: false,
        }
    }

    /// Reads on from here, and once more what is newest where the options say so.
    pub(super) async fn read(
        &mut self,
        position: Position,
        shutdown: &mut Shutdown<'_>,
    ) -> Result<Report> {
        let options = &self.consumer.options;
        let Position { cursor, newest, .. } = position;
        let restart = options.restart_overlap.map(|overlap| match newest {
            Some(newest) if self.course.until.is_none() => Place::After(earlier(newest, overlap)),
            _ => Place::Beginning,
        });
        self.renew_later();
        let start = Start { cursor, newest, restart, again_after: None };
        let mut report = self.once(start, options.pages_max, shutdown).await?;
        if let (Outcome::CaughtUp, Some(overlap), Some(newest), None) =
            (report.outcome, options.overlap, report.newest, self.course.until)
        {
            let again_after = Some(earlier(newest, overlap));
            let cursor = report.cursor.clone();
            let start = Start { cursor, newest: Some(newest), again_after, restart: None };
            match self.once(start, None, shutdown).await {
                Ok(again) => {
                    report.add_reread(&again);
                    report.outcome = again.outcome;
                }
                Err(error) => {
                    report.add_reread(error.report());
                    report.outcome = Outcome::Failed;
                    return Err(error.with_report(report));
                }
            }
        }
        self.is_settled = matches!(report.outcome, Outcome::CaughtUp | Outcome::PagesMax);
        Ok(report)
    }

    /// Gives the lease back, where there is one. A failure does not matter: it ends by itself.
    pub(super) async fn release(mut self) {
        self.renewing = None;
        if let Some(lease) = self.lease.take() {
            let _ = self.consumer.target.cursors().release_lease(&lease).await;
        }
    }

    async fn once(
        &mut self,
        start: Start,
        pages_max: Option<u64>,
        shutdown: &mut Shutdown<'_>,
    ) -> Result<Report> {
        let feed = self.consumer.options.request.feed.clone();
        let (mut state, mut effects) = State::start(feed, start, self.limits(pages_max));
        let mut is_interrupted = false;
        loop {
            for effect in effects {
                match effect {
                    Effect::Fetch(place) => self.fetch(place),
                    Effect::Write(batch, cursor) => self.write(batch, cursor),
                    Effect::Tell(event) => self.consumer.observer.observe(&event),
                    Effect::Finish(ending) => return self.finish(&state, ending),
                }
            }
            let input = tokio::select! {
                biased;
                () = &mut *shutdown, if !is_interrupted => {
                    is_interrupted = true;
                    self.fetching.abort_all();
                    Input::Interrupt
                }
                input = self.next() => input,
            };
            (state, effects) = state.step(input);
        }
    }

    fn limits(&self, pages_max: Option<u64>) -> Limits {
        let options = &self.consumer.options;
        Limits {
            items: options.request.limit.unwrap_or(LIMIT_DEFAULT).into(),
            pages_max,
            batch_pages: options.batch_pages_max as u64,
            batch_bytes: options.batch_bytes_max as u64,
        }
    }

    fn fetch(&mut self, place: Place) {
        let consumer = self.consumer;
        let mut request = consumer.options.request.clone();
        (request.cursor, request.modified_after) = match place {
            Place::Beginning => (None, self.course.modified_after),
            Place::After(instant) => (None, Some(instant)),
            Place::Behind(cursor) => (Some(cursor), None),
        };
        let fetcher = Fetcher {
            source: Arc::clone(&consumer.source),
            filter: consumer.options.filter.clone(),
            resolver: consumer.resolver.clone(),
            timer: Arc::clone(&consumer.timer),
            until: self.course.until,
        };
        let share = consumer.share.clone();
        self.fetching.spawn(async move {
            let permit = match share {
                Some(share) => share.permit().await,
                None => None,
            };
            (permit, fetcher.fetch(request).await)
        });
    }

    fn write(&mut self, batch: Batch, cursor: Option<(Cursor, Option<Timestamp>)>) {
        let commit = cursor.map(|(cursor, newest)| {
            Commit::new(self.course.key.clone(), self.generation, cursor).with_newest(newest)
        });
        self.in_hand = mem::take(&mut self.waiting);
        let consumer = self.consumer;
        self.writing = Some(Box::pin(async move {
            let begun = consumer.timer.elapsed();
            let result = consumer.target.write(batch, commit).await;
            (result, consumer.timer.elapsed().saturating_sub(begun))
        }));
    }

    /// Renews the lease when a third of its time has gone by.
    fn renew_later(&mut self) {
        let consumer = self.consumer;
        if let (Some(lease), Some(options)) = (self.lease.clone(), &consumer.options.lease) {
            let time = options.time;
            self.renewing = Some(Box::pin(async move {
                consumer.timer.sleep(time / 3).await;
                consumer.target.cursors().renew_lease(&lease, time).await
            }));
        }
    }

    /// Waits for whatever ends first. Cancelling it loses nothing.
    async fn next(&mut self) -> Input {
        loop {
            tokio::select! {
                Some(fetched) = self.fetching.join_next() => match fetched {
                    Ok((permit, answer)) => {
                        self.waiting.extend(permit);
                        return self.arrived(answer);
                    }
                    Err(failure) => {
                        if let Ok(panic) = failure.try_into_panic() {
                            resume_unwind(panic);
                        }
                        // It was aborted by an interrupt: nobody waits for it.
                    }
                },
                (result, took) = ready(&mut self.writing) => {
                    self.writing = None;
                    self.in_hand.clear();
                    return match result {
                        Ok((written, generation)) => {
                            self.generation = generation.unwrap_or(self.generation);
                            Input::Written(written, took)
                        }
                        Err(error) => {
                            self.store_error = Some(error);
                            Input::WriteFailed
                        }
                    };
                }
                result = ready(&mut self.renewing) => {
                    self.renewing = None;
                    match result {
                        Err(error) if is_conflict(&error) => {
                            self.store_error = Some(error);
                            return Input::LeaseLost;
                        }
                        // A store that cannot answer now is asked again: what is committed is fenced all the same.
                        Ok(_) | Err(_) => self.renew_later(),
                    }
                }
            }
        }
    }

    fn arrived(&mut self, answer: Result<Fetched, Failure>) -> Input {
        match answer {
            Ok(fetched) => Input::Page(Box::new(fetched)),
            Err(failure) => {
                let is_refusal = matches!(&failure, Failure::Page(error) if is_refusal(error));
                self.source_error = Some(failure);
                if is_refusal { Input::Refused } else { Input::FetchFailed }
            }
        }
    }

    /// What the run comes to.
    fn finish(&mut self, state: &State, ending: Ending) -> Result<Report> {
        let feed = &self.consumer.options.request.feed;
        let place = match state.asked() {
            Place::Behind(cursor) => format!("behind the cursor `{}`", abridged(cursor)),
            Place::After(instant) => format!("from {instant} on"),
            Place::Beginning => "at its beginning".to_owned(),
        };
        let error = match ending {
            Ending::Done(_) => return Ok(state.report().clone()),
            Ending::FetchFailed => match self.source_error.take() {
                Some(Failure::Resolve(error)) => {
                    let what = format!("fetch what the feed `{feed}` refers to {place}");
                    Error::source_failed(what, error)
                }
                failure => {
                    Error::source_failed(format!("read the feed `{feed}` {place}"), page(failure))
                }
            },
            Ending::Refused => {
                let what = format!(
                    "read the feed `{feed}` {place}: the source refuses the cursor; begin again, from the newest object \
                     that was delivered, or reset the cursor"
                );
                Error::refused(what, page(self.source_error.take()))
            }
            Ending::WriteFailed | Ending::LeaseLost => {
                let lost = || store::Error::new(store::ErrorKind::Io, "the batch was lost");
                let error = self.store_error.take().unwrap_or_else(lost);
                let what = match error.kind() {
                    store::ErrorKind::Conflict if ending == Ending::LeaseLost => {
                        "another consumer of the feed took the lease meanwhile"
                    }
                    store::ErrorKind::Conflict => {
                        "another consumer of the feed moved the cursor meanwhile"
                    }
                    _ => "what was written before is safe",
                };
                Error::store_failed(format!("store a batch of the feed `{feed}`: {what}"), error)
            }
            Ending::Stuck(stuck, items) => {
                let what = match stuck {
                    Stuck::Missing => {
                        format!("is a full page of {items} items without `next_cursor`")
                    }
                    Stuck::Unchanged => {
                        format!("is a full page of {items} items with the same `next_cursor`")
                    }
                    Stuck::Repeated => "leads back to a `next_cursor` that came before".to_owned(),
                };
                Error::stuck(format!(
                    "read on in the feed `{feed}`: the answer {place} {what}; its objects are stored, \
                     those behind it cannot be reached"
                ))
            }
        };
        Err(error.with_report(state.report().clone()))
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if let (false, Some(resolver)) = (self.is_settled, &self.consumer.resolver) {
            resolver.forget();
        }
    }
}

/// Whether the source may mean the cursor when it refuses a question.
fn is_refusal(error: &api::Error) -> bool {
    error.kind() == api::ErrorKind::InvalidRequest
        && error.field().is_none_or(|field| field == "cursor")
}

fn page(failure: Option<Failure>) -> api::Error {
    match failure {
        Some(Failure::Page(error) | Failure::Resolve(error)) => error,
        None => api::Error::new(api::ErrorKind::Transport, "the page was lost"),
    }
}

/// The instant this long before, rounded to the earlier second.
fn earlier(instant: Timestamp, time: Duration) -> Timestamp {
    let seconds = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let first = instant.with_digits(0);
    // Before the year 1 there is nothing to be read.
    first.plus_seconds(-seconds).or_else(|| Timestamp::from_unix(0, 0)).unwrap_or(first)
}

/// The beginning of a cursor, which may be long.
fn abridged(cursor: &Cursor) -> String {
    const SHOWN: usize = 80;
    let mut text: String = cursor.as_str().chars().take(SHOWN).collect();
    if text.len() < cursor.as_str().len() {
        text.push('…');
    }
    text
}

/// The result of a future that may be there; never ready without one.
async fn ready<F: Future + Unpin>(future: &mut Option<F>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => future::pending().await,
    }
}
