//! The consumer without its effects: what happened goes in, what is to be done comes out.

#[cfg(test)]
mod tests;

use std::time::Duration;

use inthreat_api::{Cursor, FeedId, Page};
use inthreat_stix::{RawObject, Timestamp};
use inthreat_store::{Batch, Written};

use crate::{Dropped, Event, Outcome, Report};

/// How much may be in memory and how far to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The items that a page is asked for.
    pub(crate) items: u64,
    pub(crate) pages_max: Option<u64>,
    pub(crate) batch_pages: u64,
    pub(crate) batch_bytes: u64,
}

/// Where a run begins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Start {
    /// The cursor that was committed last.
    pub(crate) cursor: Option<Cursor>,
    /// The newest `modified` up to there.
    pub(crate) newest: Option<Timestamp>,
    /// Reads what is newer than this in the place of everything behind the cursor, and moves no cursor.
    pub(crate) again_after: Option<Timestamp>,
    /// Where to begin again when the source refuses the cursor; without it that is an error.
    pub(crate) restart: Option<Place>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where the options say: at the beginning of the feed or at their `modified_after`.
    Beginning,
    /// At what was modified after this instant.
    After(Timestamp),
    Behind(Cursor),
}

/// A page on its way to the sink.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    /// What is left of it.
    pub(crate) page: Page,
    /// Objects that it refers to and that stand before it.
    pub(crate) resolved: Vec<RawObject>,
    /// How many items it had.
    pub(crate) items: u64,
    /// Bytes of these items.
    pub(crate) bytes: u64,
    /// What was dropped of it.
    pub(crate) dropped: Dropped,
    /// How many objects that it refers to were not found.
    pub(crate) unresolved: u64,
    /// The newest `modified` of its objects.
    pub(crate) newest: Option<Timestamp>,
    /// Whether the end of what is to be read lies in it.
    pub(crate) is_beyond: bool,
    /// How long the source took for it.
    pub(crate) took: Duration,
}

impl From<Page> for Fetched {
    fn from(page: Page) -> Self {
        let lengths = page.objects.iter().map(|object| object.as_bytes().len());
        let rejected = page.rejected.iter().map(|rejected| rejected.as_bytes().len());
        let bytes = lengths.chain(rejected).sum::<usize>() as u64;
        Self { items: page.len() as u64, bytes, page, ..Self::default() }
    }
}

/// What happened. Pages and results come in the order of the effects that asked for them.
#[derive(Debug)]
pub(crate) enum Input {
    /// The answer to the last [`Effect::Fetch`].
    Page(Box<Fetched>),
    /// There is no answer to the last [`Effect::Fetch`].
    FetchFailed,
    /// The source refuses the last [`Effect::Fetch`] for its cursor, as far as its answer tells.
    Refused,
    /// Somebody else took the lease.
    LeaseLost,
    /// The batch of the last [`Effect::Write`] is durable, and its cursor is committed. That took so long.
    Written(Written, Duration),
    /// The last [`Effect::Write`] failed.
    WriteFailed,
    /// The run is told to stop.
    Interrupt,
}

/// What is to be done. A fetch and a write may run at the same time; there is never more than one of each.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Ask for the page that begins here.
    Fetch(Place),
    /// Write a batch and commit the cursor, where there is one, after it or with it, and the newest `modified` up to it.
    Write(Batch, Option<(Cursor, Option<Timestamp>)>),
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
    /// The cursor that was committed last was refused.
    Refused,
    WriteFailed,
    LeaseLost,
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
    /// Where the next page is asked for.
    next: Place,
    /// Whether cursors are committed.
    commits: bool,
    restart: Option<Place>,
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
    dropped: Dropped,
    resolved: u64,
    unresolved: u64,
    newest: Option<Timestamp>,
}

impl State {
    /// A run and its first effects.
    pub(crate) fn start(feed: FeedId, start: Start, limits: Limits) -> (Self, Vec<Effect>) {
        let Start { cursor, newest, again_after, restart } = start;
        let next = match (again_after, &cursor) {
            (Some(instant), _) => Place::After(instant),
            (None, Some(cursor)) => Place::Behind(cursor.clone()),
            (None, None) => Place::Beginning,
        };
        let started = Event::Started { cursor: cursor.clone() };
        let state = Self {
            limits,
            circle: Circle::new(next.cursor().cloned()),
            next,
            commits: again_after.is_none(),
            restart,
            pages_fetched: 0,
            is_fetching: false,
            waiting: Load::new(&feed),
            in_hand: None,
            ending: None,
            report: Report { newest, cursor, ..Report::default() },
            feed,
        };
        // What is read again belongs to the run that has begun.
        let effects = if state.commits { vec![Effect::Tell(started)] } else { Vec::new() };
        state.advance(effects)
    }

    /// Takes what happened, and says what is to be done now.
    pub(crate) fn step(mut self, input: Input) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        match input {
            Input::Page(fetched) => self.take_page(*fetched, &mut effects),
            Input::FetchFailed => {
                self.is_fetching = false;
                self.ending.get_or_insert(Ending::FetchFailed);
            }
            Input::Refused => self.take_refusal(&mut effects),
            Input::LeaseLost => self.stop(Ending::LeaseLost),
            Input::Written(written, took) => self.take_written(written, took, &mut effects),
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

    /// Where the last page was asked for.
    pub(crate) fn asked(&self) -> &Place {
        &self.next
    }

    /// Ends the run with what is in hand; what waits is read again by the next run.
    fn stop(&mut self, ending: Ending) {
        self.waiting = Load::new(&self.feed);
        self.ending = Some(ending);
    }

    fn take_refusal(&mut self, effects: &mut Vec<Effect>) {
        self.is_fetching = false;
        let is_the_first = self.pages_fetched == 0 && self.next.cursor().is_some();
        match self.restart.take() {
            Some(place) if is_the_first && self.ending.is_none() => {
                let after = if let Place::After(instant) = &place { Some(*instant) } else { None };
                self.circle = Circle::new(None);
                self.next = place;
                effects.push(Effect::Tell(Event::Restarted { after }));
            }
            _ => {
                let ending = if is_the_first { Ending::Refused } else { Ending::FetchFailed };
                self.ending.get_or_insert(ending);
            }
        }
    }

    fn take_page(&mut self, fetched: Fetched, effects: &mut Vec<Effect>) {
        self.is_fetching = false;
        if self.ending.is_some() {
            return;
        }
        self.pages_fetched += 1;
        let Fetched { items: objects, bytes, dropped, is_beyond, took, .. } = fetched;
        let (resolved, unresolved) = (fetched.resolved.len() as u64, fetched.unresolved);
        let given = fetched.page.next_cursor.clone();
        self.report.fetching += took;
        self.waiting.add(fetched, effects);
        effects.push(Effect::Tell(Event::PageFetched {
            objects,
            bytes,
            dropped,
            resolved,
            unresolved,
            took,
        }));
        if objects == 0 {
            self.ending = Some(Ending::Done(Outcome::CaughtUp));
            return;
        }
        match self.follow(given) {
            Ok(cursor) => {
                if self.commits {
                    self.waiting.cursor = Some(cursor.clone());
                }
                self.next = Place::Behind(cursor);
                if is_beyond {
                    self.ending = Some(Ending::Done(Outcome::CaughtUp));
                }
            }
            Err(_) if is_beyond => self.ending = Some(Ending::Done(Outcome::CaughtUp)),
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
        if self.next.cursor() == Some(&cursor) {
            return Err(Stuck::Unchanged);
        }
        if self.circle.closes(&cursor) { Err(Stuck::Repeated) } else { Ok(cursor) }
    }

    fn take_written(&mut self, written: Written, took: Duration, effects: &mut Vec<Effect>) {
        let Some(load) = self.in_hand.take() else {
            return;
        };
        let Load { cursor, pages, objects, bytes, dropped, resolved, unresolved, newest, .. } =
            load;
        self.report.pages += pages;
        self.report.batches += 1;
        self.report.writing += took;
        self.report.objects += objects;
        self.report.bytes += bytes;
        self.report.written += written;
        self.report.dropped += dropped;
        self.report.resolved += resolved;
        self.report.unresolved += unresolved;
        self.report.newest = self.report.newest.max(newest);
        if cursor.is_some() {
            self.report.cursor.clone_from(&cursor);
        }
        let newest = self.report.newest;
        let event = Event::BatchWritten { pages, objects, bytes, written, cursor, newest, took };
        effects.push(Effect::Tell(event));
    }

    /// Starts whatever can be started.
    fn advance(mut self, mut effects: Vec<Effect>) -> (Self, Vec<Effect>) {
        if self.in_hand.is_none() && self.waiting.pages > 0 {
            let mut load = std::mem::replace(&mut self.waiting, Load::new(&self.feed));
            let batch = std::mem::take(&mut load.batch);
            let newest = self.report.newest.max(load.newest);
            effects.push(Effect::Write(batch, load.cursor.clone().map(|cursor| (cursor, newest))));
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
        Self {
            batch: Batch::new(feed.clone()),
            cursor: None,
            pages: 0,
            objects: 0,
            bytes: 0,
            dropped: Dropped::default(),
            resolved: 0,
            unresolved: 0,
            newest: None,
        }
    }

    /// Adds a page, and before it what it refers to.
    fn add(&mut self, fetched: Fetched, effects: &mut Vec<Effect>) {
        let known = self.batch.rejected.len();
        self.resolved += fetched.resolved.len() as u64;
        self.batch.extend(fetched.resolved);
        self.batch.push_page(fetched.page);
        let news = self.batch.rejected.iter().skip(known);
        effects.extend(news.map(|rejected| Effect::Tell(Event::Rejected(rejected.clone()))));
        self.pages += u64::from(fetched.items > 0);
        self.objects += fetched.items;
        self.bytes += fetched.bytes;
        self.dropped += fetched.dropped;
        self.unresolved += fetched.unresolved;
        self.newest = self.newest.max(fetched.newest);
    }
}

impl Place {
    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        if let Self::Behind(cursor) = self { Some(cursor) } else { None }
    }
}

/// Finds out in constant memory that cursors go round in a circle (Brent's algorithm): each cursor is compared with one
/// anchor, which is taken anew after 1, 2, 4, 8… cursors. A circle is found within three times its length and what
/// leads up to it.
#[derive(Debug)]
pub(crate) struct Circle {
    anchor: Option<Cursor>,
    steps: u64,
    span: u64,
}

impl Circle {
    pub(crate) fn new(anchor: Option<Cursor>) -> Self {
        Self { anchor, steps: 0, span: 1 }
    }

    /// Whether this cursor was there before; it is remembered otherwise.
    pub(crate) fn closes(&mut self, cursor: &Cursor) -> bool {
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
