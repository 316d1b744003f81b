//! The consumer without its effects: what happened goes in, what is to be done comes out.

#[cfg(test)]
mod tests;

use inthreat_api::{Cursor, FeedId, Page};
use inthreat_store::{Batch, Written};

use crate::{Event, Outcome, Report};

/// How much may be in memory and how far to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The items that a page is asked for.
    pub(crate) items: u64,
    pub(crate) pages_max: Option<u64>,
    pub(crate) batch_pages: u64,
    pub(crate) batch_bytes: u64,
}

/// What happened. Pages and results come in the order of the effects that asked for them.
#[derive(Debug)]
pub(crate) enum Input {
    /// The answer to the last [`Effect::Fetch`].
    Page(Page),
    /// There is no answer to the last [`Effect::Fetch`].
    FetchFailed,
    /// The batch of the last [`Effect::Write`] is durable, and its cursor is committed.
    Written(Written),
    /// The last [`Effect::Write`] failed.
    WriteFailed,
    /// The run is told to stop.
    Interrupt,
}

/// What is to be done. A fetch and a write may run at the same time; there is never more than one of each.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Ask for the page behind this cursor.
    Fetch(Option<Cursor>),
    /// Write a batch and commit the cursor, where there is one, after it or with it.
    Write(Batch, Option<Cursor>),
    /// Tell the observer.
    Tell(Event),
    /// Nothing is left to do.
    Finish(Ending),
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done(Outcome),
    FetchFailed,
    WriteFailed,
    /// A page of this many items came with a cursor that leads nowhere.
    Stuck(Stuck, u64),
}

/// What is wrong with the cursor of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stuck {
    Missing,
    Unchanged,
    /// It came earlier in the run, so that the feed is read in a circle.
    Repeated,
}

/// How far a run is.
#[derive(Debug)]
pub(crate) struct State {
    feed: FeedId,
    limits: Limits,
    /// Behind which cursor the next page is asked for.
    next: Option<Cursor>,
    circle: Circle,
    pages_fetched: u64,
    is_fetching: bool,
    /// What waits for the sink.
    waiting: Load,
    /// What the sink has in hand, without its objects.
    in_hand: Option<Load>,
    ending: Option<Ending>,
    report: Report,
}

/// Pages that are written together.
#[derive(Debug)]
struct Load {
    batch: Batch,
    /// The newest cursor behind these pages.
    cursor: Option<Cursor>,
    pages: u64,
    objects: u64,
    bytes: u64,
}

impl State {
    /// A run that goes on behind `cursor`, and its first effects.
    pub(crate) fn start(
        feed: FeedId,
        cursor: Option<Cursor>,
        limits: Limits,
    ) -> (Self, Vec<Effect>) {
        let state = Self {
            limits,
            next: cursor.clone(),
            circle: Circle::new(cursor.clone()),
            pages_fetched: 0,
            is_fetching: false,
            waiting: Load::new(&feed),
            in_hand: None,
            ending: None,
            report: Report { cursor: cursor.clone(), ..Report::default() },
            feed,
        };
        state.advance(vec![Effect::Tell(Event::Started { cursor })])
    }

    /// Takes what happened, and says what is to be done now.
    pub(crate) fn step(mut self, input: Input) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        match input {
            Input::Page(page) => self.take_page(page, &mut effects),
            Input::FetchFailed => {
                self.is_fetching = false;
                self.ending.get_or_insert(Ending::FetchFailed);
            }
            Input::Written(written) => self.take_written(written, &mut effects),
            Input::WriteFailed => {
                self.in_hand = None;
                self.stop(Ending::WriteFailed);
            }
            Input::Interrupt => {
                // A run that only waits for its last batch ends as it would have ended.
                if self.ending.is_none() || self.waiting.pages > 0 {
                    self.stop(Ending::Done(Outcome::Interrupted));
                }
            }
        }
        self.advance(effects)
    }

    /// What was done so far.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// Behind which cursor the last page was asked for.
    pub(crate) fn asked(&self) -> Option<&Cursor> {
        self.next.as_ref()
    }

    /// Ends the run with what is in hand; what waits is read again by the next run.
    fn stop(&mut self, ending: Ending) {
        self.waiting = Load::new(&self.feed);
        self.ending = Some(ending);
    }

    fn take_page(&mut self, page: Page, effects: &mut Vec<Effect>) {
        self.is_fetching = false;
        if self.ending.is_some() {
            return;
        }
        self.pages_fetched += 1;
        let objects = page.len() as u64;
        let given = page.next_cursor.clone();
        let bytes = self.waiting.add(page, effects);
        effects.push(Effect::Tell(Event::PageFetched { objects, bytes }));
        if objects == 0 {
            self.ending = Some(Ending::Done(Outcome::CaughtUp));
            return;
        }
        match self.follow(given) {
            Ok(cursor) => {
                self.waiting.cursor = Some(cursor.clone());
                self.next = Some(cursor);
            }
            // Some servers repeat the cursor, or leave it out, at the end of a feed: a page that is not full says so.
            Err(Stuck::Missing | Stuck::Unchanged) if objects < self.limits.items => {
                self.ending = Some(Ending::Done(Outcome::CaughtUp));
            }
            Err(stuck) => self.ending = Some(Ending::Stuck(stuck, objects)),
        }
    }

    /// The cursor to go on with, or why the one that was given leads nowhere.
    fn follow(&mut self, given: Option<Cursor>) -> Result<Cursor, Stuck> {
        let cursor = given.ok_or(Stuck::Missing)?;
        if self.next.as_ref() == Some(&cursor) {
            return Err(Stuck::Unchanged);
        }
        if self.circle.closes(&cursor) { Err(Stuck::Repeated) } else { Ok(cursor) }
    }

    fn take_written(&mut self, written: Written, effects: &mut Vec<Effect>) {
        let Some(load) = self.in_hand.take() else {
            return;
        };
        let Load { cursor, pages, objects, bytes, .. } = load;
        self.report.pages += pages;
        self.report.batches += 1;
        self.report.objects += objects;
        self.report.bytes += bytes;
        self.report.written += written;
        if cursor.is_some() {
            self.report.cursor.clone_from(&cursor);
        }
        let event = Event::BatchWritten { pages, objects, bytes, written, cursor };
        effects.push(Effect::Tell(event));
    }

    /// Starts whatever can be started.
    fn advance(mut self, mut effects: Vec<Effect>) -> (Self, Vec<Effect>) {
        if self.in_hand.is_none() && self.waiting.pages > 0 {
            let mut load = std::mem::replace(&mut self.waiting, Load::new(&self.feed));
            let batch = std::mem::take(&mut load.batch);
            effects.push(Effect::Write(batch, load.cursor.clone()));
            self.in_hand = Some(load);
        }
        if self.ending.is_none() && !self.is_fetching {
            if self.limits.pages_max.is_some_and(|pages_max| self.pages_fetched >= pages_max) {
                self.ending = Some(Ending::Done(Outcome::PagesMax));
            } else if self.has_room() {
                self.is_fetching = true;
                effects.push(Effect::Fetch(self.next.clone()));
            }
        }
        if let Some(ending) = self.ending
            && self.in_hand.is_none()
        {
            if let Ending::Done(outcome) = ending {
                self.report.outcome = outcome;
                effects.push(Effect::Tell(Event::Finished { outcome }));
            }
            effects.push(Effect::Finish(ending));
        }
        (self, effects)
    }

    fn has_room(&self) -> bool {
        self.waiting.pages == 0
            || self.waiting.pages < self.limits.batch_pages
                && self.waiting.bytes < self.limits.batch_bytes
    }
}

impl Load {
    fn new(feed: &FeedId) -> Self {
        Self { batch: Batch::new(feed.clone()), cursor: None, pages: 0, objects: 0, bytes: 0 }
    }

    /// Adds a page, and gives how many bytes its items have.
    fn add(&mut self, page: Page, effects: &mut Vec<Effect>) -> u64 {
        let objects = page.len() as u64;
        let lengths = page.objects.iter().map(|object| object.as_bytes().len());
        let rejected = page.rejected.iter().map(|rejected| rejected.as_bytes().len());
        let bytes = lengths.chain(rejected).sum::<usize>() as u64;
        let known = self.batch.rejected.len();
        self.batch.push_page(page);
        let news = self.batch.rejected.iter().skip(known);
        effects.extend(news.map(|rejected| Effect::Tell(Event::Rejected(rejected.clone()))));
        self.pages += u64::from(objects > 0);
        self.objects += objects;
        self.bytes += bytes;
        bytes
    }
}

/// Finds out in constant memory that cursors go round in a circle (Brent's algorithm): each cursor is compared with one
/// anchor, which is taken anew after 1, 2, 4, 8… cursors. A circle is found within three times its length and what
/// leads up to it.
#[derive(Debug)]
struct Circle {
    anchor: Option<Cursor>,
    steps: u64,
    span: u64,
}

impl Circle {
    fn new(anchor: Option<Cursor>) -> Self {
        Self { anchor, steps: 0, span: 1 }
    }

    /// Whether this cursor was there before; it is remembered otherwise.
    fn closes(&mut self, cursor: &Cursor) -> bool {
        if self.anchor.as_ref() == Some(cursor) {
            return true;
        }
        self.steps += 1;
        if self.steps == self.span {
            self.anchor = Some(cursor.clone());
            self.steps = 0;
            self.span = self.span.saturating_mul(2);
        }
        false
    }
}
