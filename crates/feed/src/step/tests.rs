//! Tests of the step function: any feed, any order of events, any place to stop.

use std::{collections::BTreeSet, time::Duration};

use inthreat_stix::{RawObject, split};
use proptest::prelude::*;

use super::*;

/// A source of numbered objects whose cursors say how many were read.
#[derive(Clone, Debug)]
struct Feed {
    /// The items of each page.
    pages: Vec<usize>,
    end: End,
}

/// How a feed tells its end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    EmptyWithSame,
    EmptyWithout,
    LastWithSame,
    LastWithout,
}

const ITEMS: usize = 5;

impl Feed {
    fn total(&self) -> usize {
        self.pages.iter().sum()
    }

    /// The page behind a cursor, as a server would answer it.
    fn page(&self, cursor: Option<&Cursor>) -> Page {
        let place = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let mut start = 0;
        for (number, length) in self.pages.iter().enumerate() {
            if start == place {
                let is_last = number + 1 == self.pages.len();
                let next = match self.end {
                    End::LastWithSame if is_last => cursor.cloned(),
                    End::LastWithout if is_last => None,
                    _ => Some(cursor_at(start + length)),
                };
                return page(start..start + length, next);
            }
            start += length;
        }
        let next = if self.end == End::EmptyWithout { None } else { cursor.cloned() };
        Page::new(Vec::new(), next)
    }

    /// Whether the feed ends with a full page whose cursor leads nowhere.
    fn is_stuck(&self) -> bool {
        let is_silent = matches!(self.end, End::LastWithSame | End::LastWithout);
        is_silent && self.pages.last() == Some(&ITEMS)
    }
}

fn cursor_at(place: usize) -> Cursor {
    place.to_string().parse().unwrap()
}

fn page(range: std::ops::Range<usize>, next: Option<Cursor>) -> Page {
    let objects = range.map(|n| format!(r#"{{"type":"x-a","id":"x-a--{n}"}}"#));
    Page::new(objects.map(|text| RawObject::new(text).unwrap()).collect(), next)
}

fn arrived(page: Page) -> Input {
    Input::Page(Box::new(page.into()))
}

/// What is durable, in the place of a sink and a cursor store.
#[derive(Debug, Default)]
struct Durable {
    ids: Vec<String>,
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    Fetch,
    Write,
    Interrupt,
}

/// Runs until the end. `choices` say which of a fetch and a write ends first, and `fault` what happens after `faultless` inputs.
fn run(
    feed: &Feed,
    durable: &mut Durable,
    limits: Limits,
    choices: &[bool],
    (fault, faultless): (Fault, usize),
) -> (Ending, Report) {
    let mut choices = choices.iter().copied().cycle();
    let start = Start { cursor: durable.cursor.clone(), ..Start::default() };
    let (mut state, mut effects) = State::start(FeedId::default(), start, limits);
    let mut fetching: Option<Page> = None;
    let mut writing: Option<(Batch, Option<Cursor>)> = None;
    for input_number in 0.. {
        for effect in effects {
            match effect {
                Effect::Fetch(place) => {
                    assert!(fetching.is_none(), "two fetches at once");
                    fetching = Some(feed.page(place.cursor()));
                }
                Effect::Write(batch, cursor) => {
                    assert!(writing.is_none(), "two writes at once");
                    assert!(!batch.is_empty(), "an empty batch");
                    assert!(
                        batch.len() as u64 <= limits.items * limits.batch_pages,
                        "too many pages"
                    );
                    writing = Some((batch, cursor.map(|(cursor, _)| cursor)));
                }
                Effect::Tell(_) => {}
                Effect::Finish(ending) => {
                    assert!(writing.is_none(), "ended before the write");
                    return (ending, state.report().clone());
                }
            }
        }
        let is_faulty = fault != Fault::None && input_number >= faultless;
        let input = match (fetching.is_some(), writing.is_some()) {
            _ if fault == Fault::Interrupt && input_number == faultless => Input::Interrupt,
            (true, false) if is_faulty && fault == Fault::Fetch => Input::FetchFailed,
            (_, true) if is_faulty && fault == Fault::Write => {
                writing = None;
                Input::WriteFailed
            }
            (true, is_writing) if !is_writing || choices.next().unwrap() => {
                arrived(fetching.take().unwrap())
            }
            (_, true) => {
                let (batch, cursor) = writing.take().unwrap();
                let ids = batch.objects().iter().map(|object| object.id().unwrap().to_owned());
                durable.ids.extend(ids);
                durable.cursor = cursor.or_else(|| durable.cursor.take());
                Input::Written(Written::new(batch.objects().len() as u64, 0, 0, 0), Duration::ZERO)
            }
            _ => panic!("nothing is under way and the run did not end"),
        };
        (state, effects) = state.step(input);
    }
    unreachable!()
}

fn limits(pages_max: Option<u64>, batch_pages: u64, batch_bytes: u64) -> Limits {
    Limits { items: ITEMS as u64, pages_max, batch_pages, batch_bytes }
}

fn feeds() -> impl Strategy<Value = Feed> {
    let end = prop_oneof![
        Just(End::EmptyWithSame),
        Just(End::EmptyWithout),
        Just(End::LastWithSame),
        Just(End::LastWithout)
    ];
    // Short pages stand in the middle too: only an empty one ends a feed.
    (prop::collection::vec(1..=ITEMS, 0..12), end).prop_map(|(pages, end)| Feed { pages, end })
}

fn expected(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("x-a--{n}")).collect()
}

proptest! {
    // Catches an object that is lost, doubled or out of order, whatever is joined and whatever ends first.
    #[test]
    fn a_run_brings_everything_once(
        feed in feeds(),
        choices in prop::collection::vec(any::<bool>(), 1..20),
        batch_pages in 1_u64..5,
        batch_bytes in 1_u64..1000,
    ) {
        let mut durable = Durable::default();
        let (ending, report) =
            run(&feed, &mut durable, limits(None, batch_pages, batch_bytes), &choices, (Fault::None, 0));
        prop_assert_eq!(&durable.ids, &expected(feed.total()));
        prop_assert_eq!(report.objects, feed.total() as u64);
        prop_assert_eq!(report.pages, feed.pages.len() as u64);
        prop_assert_eq!(&report.cursor, &durable.cursor);
        let is_stuck = matches!(ending, Ending::Stuck(Stuck::Missing | Stuck::Unchanged, _));
        prop_assert_eq!(is_stuck, feed.is_stuck());
        if !is_stuck {
            prop_assert_eq!(ending, Ending::Done(Outcome::CaughtUp));
        }
    }

    // Catches a cursor that is ahead of its data, and objects that are lost between a run that was cut off anywhere
    // and the next one.
    #[test]
    fn a_run_that_was_cut_off_is_taken_up(
        feed in feeds(),
        choices in prop::collection::vec(any::<bool>(), 1..20),
        batch_pages in 1_u64..5,
        fault in prop_oneof![Just(Fault::Fetch), Just(Fault::Write), Just(Fault::Interrupt)],
        faultless in 0_usize..20,
        pages_max in prop::option::of(0_u64..6),
    ) {
        let mut durable = Durable::default();
        let cut = limits(pages_max, batch_pages, 1000);
        let (ending, report) = run(&feed, &mut durable, cut, &choices, (fault, faultless));
        let place = durable.cursor.as_ref().map_or(0, |c| c.as_str().parse::<usize>().unwrap());
        prop_assert!(place <= durable.ids.len(), "the cursor is ahead of its data");
        prop_assert_eq!(&durable.ids, &expected(durable.ids.len()));
        prop_assert_eq!(report.objects, durable.ids.len() as u64);
        prop_assert!(pages_max.is_none_or(|max| report.pages <= max));
        if ending == Ending::FetchFailed {
            prop_assert_eq!(fault, Fault::Fetch);
        }
        run(&feed, &mut durable, limits(None, batch_pages, 1000), &choices, (Fault::None, 0));
        let found: BTreeSet<_> = durable.ids.into_iter().collect();
        prop_assert_eq!(found, expected(feed.total()).into_iter().collect());
    }

    // Catches a feed in a circle that is read for ever, wherever the circle begins and however long it is.
    #[test]
    fn a_circle_of_cursors_is_found(lead in 0_usize..30, length in 2_usize..30) {
        let (mut state, _) = State::start(FeedId::default(), Start::default(), limits(None, 1, 1));
        let mut place = 0;
        for _ in 0..4 * (lead + length) + 4 {
            place = if place + 1 >= lead + length { lead } else { place + 1 };
            let (next, _) = state.step(arrived(page(0..ITEMS, Some(cursor_at(place)))));
            (state, _) = next.step(Input::Written(Written::default(), Duration::ZERO));
            if state.ending.is_some() {
                break;
            }
        }
        prop_assert_eq!(state.ending, Some(Ending::Stuck(Stuck::Repeated, ITEMS as u64)));
    }
}

/// The effects of a run whose first page has arrived.
fn after_first_page(limits: Limits) -> (State, Vec<Effect>) {
    let (state, effects) = State::start(FeedId::default(), Start::default(), limits);
    assert!(matches!(effects[..], [Effect::Tell(_), Effect::Fetch(Place::Beginning)]));
    state.step(arrived(page(0..ITEMS, Some(cursor_at(5)))))
}

// Catches a consumer that waits for the sink before it asks for the next page.
#[test]
fn the_next_page_is_fetched_while_the_last_is_written() {
    let (_, effects) = after_first_page(limits(None, 8, 1 << 20));
    assert!(matches!(
        &effects[..],
        [Effect::Tell(_), Effect::Write(..), Effect::Fetch(Place::Behind(_))]
    ));
}

// Catches pages that pile up before a slow sink, and pages that are written one by one.
#[test]
fn pages_wait_within_bounds_and_are_joined() {
    for (bounds, pages) in [(limits(None, 3, 1 << 20), 3), (limits(None, 100, 1), 1)] {
        let (mut state, mut effects) = after_first_page(bounds);
        let mut waiting = 0;
        while effects.iter().any(|effect| matches!(effect, Effect::Fetch(_))) {
            waiting += 1;
            let place = ITEMS * (waiting + 1);
            (state, effects) =
                state.step(arrived(page(place - ITEMS..place, Some(cursor_at(place)))));
        }
        assert_eq!(waiting, pages);
        (_, effects) = state.step(Input::Written(Written::default(), Duration::ZERO));
        let joined = effects.iter().find_map(|effect| match effect {
            Effect::Write(batch, Some((cursor, _))) => Some((batch.len(), cursor.clone())),
            _ => None,
        });
        assert_eq!(joined, Some((ITEMS * pages, cursor_at(ITEMS * (pages + 1)))));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Fetch(_))));
    }
}

// Catches bad items that are not told, and a page of bad items that ends a feed.
#[test]
fn rejected_items_are_told_and_are_items() {
    let (state, _) = State::start(FeedId::default(), Start::default(), limits(None, 8, 1 << 20));
    let mut bad = Page::new(Vec::new(), Some(cursor_at(2)));
    bad.rejected = split::document("[1,{}]").rejected;
    bad.objects = split::document("[{\"type\":\"x-a\"}]").objects;
    let (state, effects) = state.step(arrived(bad));
    let told: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tell(Event::Rejected(rejected)) => Some(rejected.reason().to_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(told, ["expected an object, found a number", "`id` is missing or no text"]);
    assert_eq!(state.ending, None);
    assert!(
        effects.iter().any(|effect| matches!(effect, Effect::Write(batch, _) if batch.len() == 2))
    );
}
