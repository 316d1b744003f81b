//! The driver: carries out the effects of the step function.

#[cfg(test)]
mod tests;

use std::{
    fmt, future,
    panic::resume_unwind,
    pin::{Pin, pin},
    sync::Arc,
};

use inthreat_api::{self as api, Collections, Cursor, LIMIT_DEFAULT, Page};
use inthreat_store::{self as store, CursorKey, Written};
use tokio::task::JoinSet;

use crate::{
    Error, Observer, Options, Report, Result, Target,
    step::{Effect, Ending, Input, Limits, State, Stuck},
};

/// Reads a feed from where it stopped last until it is caught up.
///
/// # Delivery
///
/// - A cursor is committed only after everything before it is durable. With [`Target::transactional`] both happen at once.
/// - A run stops at an empty answer. An answer without `next_cursor`, or with the one that was sent, never moves or
///   erases the cursor: it ends the run when its page is not full, and is an error otherwise. Its objects are written.
/// - A page that cannot be fetched ends the run after what was fetched before is written. Nothing is retried here.
/// - When somebody else moved the cursor meanwhile, the run ends with
///   [`Conflict`](inthreat_store::ErrorKind::Conflict) and writes nothing more.
#[derive(Clone)]
pub struct Consumer {
    source: Arc<dyn Collections>,
    target: Target,
    options: Options,
    observer: Arc<dyn Observer>,
}

impl Consumer {
    /// Reads from `source` into `target`.
    pub fn new(source: Arc<dyn Collections>, target: Target, options: Options) -> Self {
        Self { source, target, options, observer: Arc::new(()) }
    }

    /// Sets who is told what happens.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Reads until the feed is caught up, the pages of the options are read, or `shutdown` is ready; then it finishes the
    /// batch that the sink has in hand, commits its cursor and answers [`Interrupted`](crate::Outcome::Interrupted).
    /// Hand in [`future::pending`] to never shut down.
    ///
    /// Dropping the future at any point loses nothing: the next run goes on behind what was committed. A batch that the
    /// sink had in hand may still be committed, which that run then finds, or meets as a conflict.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<Report> {
        let key = self.options.cursor_key()?;
        let position =
            self.target.load(&key).await.map_err(|error| {
                Error::store_failed(format!("load the cursor of `{key}`"), error)
            })?;
        let feed = self.options.request.feed.clone();
        let (mut state, mut effects) = State::start(feed, position.cursor, self.limits());
        let mut run = Run::new(self, &key, position.generation);
        let mut shutdown = pin!(shutdown);
        let mut is_interrupted = false;
        loop {
            for effect in effects {
                match effect {
                    Effect::Fetch(cursor) => run.fetch(cursor),
                    Effect::Write(batch, cursor) => run.write(batch, cursor),
                    Effect::Tell(event) => self.observer.observe(&event),
                    Effect::Finish(ending) => return run.finish(&state, ending),
                }
            }
            let input = tokio::select! {
                biased;
                () = &mut shutdown, if !is_interrupted => {
                    is_interrupted = true;
                    run.fetching.abort_all();
                    Input::Interrupt
                }
                input = run.next() => input,
            };
            (state, effects) = state.step(input);
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            items: self.options.request.limit.unwrap_or(LIMIT_DEFAULT).into(),
            pages_max: self.options.pages_max,
            batch_pages: self.options.batch_pages_max as u64,
            batch_bytes: self.options.batch_bytes_max as u64,
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer")
            .field("target", &self.target)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

type Writing<'a> = Pin<Box<dyn Future<Output = store::Result<(Written, u64)>> + Send + 'a>>;

/// What is under way in one run.
struct Run<'a> {
    consumer: &'a Consumer,
    key: &'a CursorKey,
    generation: u64,
    /// The page under way, in a task of its own, so that it is read while a sink is at work. Dropping aborts it.
    fetching: JoinSet<api::Result<Page>>,
    writing: Option<Writing<'a>>,
    source_error: Option<api::Error>,
    store_error: Option<store::Error>,
}

impl<'a> Run<'a> {
    fn new(consumer: &'a Consumer, key: &'a CursorKey, generation: u64) -> Self {
        Self {
            consumer,
            key,
            generation,
            fetching: JoinSet::new(),
            writing: None,
            source_error: None,
            store_error: None,
        }
    }

    fn fetch(&mut self, cursor: Option<Cursor>) {
        let mut request = self.consumer.options.request.clone();
        if cursor.is_some() {
            request.modified_after = None;
        }
        request.cursor = cursor;
        let source = Arc::clone(&self.consumer.source);
        self.fetching.spawn(async move { source.page(request).await });
    }

    fn write(&mut self, batch: store::Batch, cursor: Option<Cursor>) {
        let target = &self.consumer.target;
        self.writing = Some(Box::pin(target.write(batch, self.key, cursor, self.generation)));
    }

    /// Waits for whatever ends first. Cancelling it loses nothing.
    async fn next(&mut self) -> Input {
        loop {
            tokio::select! {
                Some(fetched) = self.fetching.join_next() => match fetched {
                    Ok(Ok(page)) => return Input::Page(page),
                    Ok(Err(error)) => {
                        self.source_error = Some(error);
                        return Input::FetchFailed;
                    }
                    Err(failure) => {
                        if let Ok(panic) = failure.try_into_panic() {
                            resume_unwind(panic);
                        }
                        // It was aborted by an interrupt: nobody waits for it.
                    }
                },
                result = ready(&mut self.writing) => {
                    self.writing = None;
                    return match result {
                        Ok((written, generation)) => {
                            self.generation = generation;
                            Input::Written(written)
                        }
                        Err(error) => {
                            self.store_error = Some(error);
                            Input::WriteFailed
                        }
                    };
                }
            }
        }
    }

    /// What the run comes to.
    fn finish(self, state: &State, ending: Ending) -> Result<Report> {
        let feed = &self.consumer.options.request.feed;
        let place = match state.asked() {
            Some(cursor) => format!("behind the cursor `{}`", abridged(cursor)),
            None => "at its beginning".to_owned(),
        };
        let error = match ending {
            Ending::Done(_) => return Ok(state.report().clone()),
            Ending::FetchFailed => {
                let lost = || api::Error::new(api::ErrorKind::Transport, "the page was lost");
                let error = self.source_error.unwrap_or_else(lost);
                Error::source_failed(format!("read the feed `{feed}` {place}"), error)
            }
            Ending::WriteFailed => {
                let lost = || store::Error::new(store::ErrorKind::Io, "the batch was lost");
                let error = self.store_error.unwrap_or_else(lost);
                let what = match error.kind() {
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
