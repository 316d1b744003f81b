//! What is done to the replica and to the model, one after the other.

use inthreat_api::PageFormat;
use proptest::prelude::*;

use crate::{
    feeds::{Filter, Question, filter, page_format, question},
    objects::{Instant, Name, Thing, instant, name, thing, whole_instant},
    patterns::QUERIES,
};

/// Items that are no objects, and are set aside.
pub(crate) const BAD: [&str; 4] =
    [r#"{"type":"tool"}"#, r#"{"id":"tool--1"}"#, "17", r#"{"type":"","id":"tool--1"}"#];

/// From how many objects on a batch is a large one, whose derived rows may wait.
const LARGE: usize = 128;

/// A batch.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) things: Vec<Thing>,
    /// Whether they come again and again, until the batch is a large one.
    pub(crate) is_large: bool,
    /// Numbers of items that are no objects.
    pub(crate) bad: Vec<usize>,
    /// Whose cursor is committed with it.
    pub(crate) feed: Option<u8>,
    /// Whether another one has moved the cursor meanwhile.
    pub(crate) is_late: bool,
    pub(crate) newest: Option<Instant>,
}

impl Delivery {
    /// Every object, in its order.
    pub(crate) fn objects(&self) -> Vec<Thing> {
        let count = if self.is_large { LARGE } else { self.things.len() };
        self.things.iter().copied().cycle().take(count).collect()
    }
}

/// Which object is meant: mostly one that is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whom {
    Known(prop::sample::Index),
    Anyone(Name),
}

fn whom() -> impl Strategy<Value = Whom> {
    prop_oneof![
        3 => any::<prop::sample::Index>().prop_map(Whom::Known),
        1 => name().prop_map(Whom::Anyone),
    ]
}

/// Which feed is meant: the default one, or one of those that were made.
pub(crate) type Which = prop::sample::Index;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Write(Delivery),
    Page {
        feed: Which,
        question: Question,
    },
    /// Goes on from a cursor that was given out, for some pages.
    Follow {
        held: Which,
        limit: u32,
        pages: u8,
    },
    /// A cursor that a client made up: an instant, and in which of the known ways.
    Fabricated {
        feed: Which,
        after: Instant,
        way: u8,
        limit: u32,
    },
    Formatted {
        feed: Which,
        question: Question,
        format: PageFormat,
    },
    Get(Vec<Whom>),
    LookUp {
        queries: Vec<usize>,
        active_at: Option<Instant>,
    },
    Context(Whom),
    Related {
        whom: Whom,
        types: u8,
        kinds: Vec<&'static str>,
        include_revoked: bool,
        window: (u32, u32),
    },
    MakeFeed(Filter),
    ChangeFeed {
        feed: Which,
        filter: Filter,
    },
    DropFeed(Which),
    Feeds {
        term: &'static str,
        window: (u32, u32),
    },
    Release(Vec<Which>),
    Clock(Instant),
    Stats,
    Verify,
    /// Another handle that only reads, while this one can still write; and another one that would write.
    Beside(Question),
    Reopen {
        lag: usize,
        community: u8,
    },
    Rebuild,
    /// Drops every version that is not the newest of its object.
    Compact,
    /// Goes on with a copy that was made meanwhile, restored or as it is.
    Copy {
        is_restored: bool,
    },
}

fn delivery(is_large: impl Strategy<Value = bool>) -> impl Strategy<Value = Delivery> {
    (
        prop::collection::vec(thing(), 1..8),
        is_large,
        prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(0..BAD.len(), 1..3)],
        prop::option::of(0_u8..2),
        prop::bool::weighted(0.1),
        prop::option::of(instant()),
    )
        .prop_map(|(things, is_large, bad, feed, is_late, newest)| Delivery {
            things,
            is_large,
            bad,
            feed,
            is_late,
            newest,
        })
}

/// Questions, and what is done to feeds.
fn question_step() -> impl Strategy<Value = Step> {
    let which = any::<Which>;
    let limit = || prop_oneof![4 => 1_u32..6, 1 => Just(2000)];
    let window = || (prop_oneof![4 => 1_u32..7, 1 => Just(100)], 0_u32..4);
    let kinds =
        ["malware", "attack-pattern", "course-of-action", "x-own", "relationship", "unheard-of"];
    let kinds = prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::sample::subsequence(kinds.to_vec(), 1..4),
    ];
    prop_oneof![
        6 => (which(), question()).prop_map(|(feed, question)| Step::Page { feed, question }),
        5 => (which(), limit(), 1_u8..4).prop_map(|(held, limit, pages)| Step::Follow { held, limit, pages }),
        2 => (which(), instant(), 0_u8..12, limit())
            .prop_map(|(feed, after, way, limit)| Step::Fabricated { feed, after, way, limit }),
        3 => (which(), question(), page_format())
            .prop_map(|(feed, question, format)| Step::Formatted { feed, question, format }),
        2 => prop::collection::vec(whom(), 1..6).prop_map(Step::Get),
        3 => (prop::collection::vec(0..QUERIES.len(), 1..4), prop::option::of(whole_instant()))
            .prop_map(|(queries, active_at)| Step::LookUp { queries, active_at }),
        3 => whom().prop_map(Step::Context),
        4 => (whom(), prop_oneof![Just(0_u8), 0_u8..8], kinds, any::<bool>(), window()).prop_map(
            |(whom, types, kinds, include_revoked, window)| Step::Related {
                whom, types, kinds, include_revoked, window
            }
        ),
        3 => filter().prop_map(Step::MakeFeed),
        1 => (which(), filter()).prop_map(|(feed, filter)| Step::ChangeFeed { feed, filter }),
        1 => which().prop_map(Step::DropFeed),
        1 => (prop::sample::select(&["", "feed", "\u{e9}1", "default", "nothing"]), window())
            .prop_map(|(term, window)| Step::Feeds { term, window }),
        1 => prop::collection::vec(which(), 1..3).prop_map(Step::Release),
        2 => whole_instant().prop_map(Step::Clock),
        1 => Just(Step::Stats),
    ]
}

/// What is done to the replica as a whole, from which nobody should see a difference.
fn upheaval() -> impl Strategy<Value = Step> {
    let lag = prop::sample::select(&[0_usize, 60, 200, 32 << 10]);
    prop_oneof![
        3 => (lag, 0_u8..3).prop_map(|(lag, community)| Step::Reopen { lag, community }),
        2 => Just(Step::Rebuild),
        2 => Just(Step::Compact),
        1 => any::<bool>().prop_map(|is_restored| Step::Copy { is_restored }),
        3 => question().prop_map(Step::Beside),
        1 => Just(Step::Verify),
    ]
}

/// Many small batches.
pub(crate) fn small() -> impl Strategy<Value = Vec<Step>> {
    let write = || delivery(Just(false)).prop_map(Step::Write);
    let step = prop_oneof![6 => write(), 10 => question_step(), 1 => upheaval()];
    prop::collection::vec(step, 1..16)
}

/// Large batches among small ones.
pub(crate) fn large() -> impl Strategy<Value = Vec<Step>> {
    let write = || delivery(prop::bool::weighted(0.7)).prop_map(Step::Write);
    let step = prop_oneof![5 => write(), 6 => question_step(), 4 => upheaval()];
    prop::collection::vec(step, 2..12)
}
