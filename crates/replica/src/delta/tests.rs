//! Deltas against a model that keeps every version and judges each of them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    CompactOptions,
    moment::tests::{Clocked, at},
};

/// Seconds of a day, so that bounds fall on several days.
const HOURS: u64 = 3600;

#[derive(Clone, Debug)]
struct Written {
    number: u32,
    is_gone: (bool, bool),
    /// In hours behind the beginning.
    bounds: (Option<u64>, Option<u64>),
}

fn written() -> impl Strategy<Value = Written> {
    let hour = || prop::option::of(0_u64..80);
    let flags = prop_oneof![
        6 => Just((false, false)),
        1 => Just((true, false)),
        1 => Just((false, true))
    ];
    (0_u32..8, flags, hour(), hour()).prop_map(|(number, is_gone, from, until)| Written {
        number,
        is_gone,
        bounds: (from, until),
    })
}

impl Written {
    fn text(&self, version: u64) -> String {
        let Self { number, is_gone: (revoked, deprecated), bounds: (from, until) } = self;
        let kind = if number % 3 == 0 { "indicator" } else { "tool" };
        let bound = |name: &str, hour: &Option<u64>| {
            hour.map(|hour| format!(r#","{name}":"{}""#, at(hour * HOURS))).unwrap_or_default()
        };
        format!(
            r#"{{"type":"{kind}","id":"{kind}--00000000-0000-4000-8000-{number:012}","revoked":{revoked},"x_ic_deprecated":{deprecated},"x_version":{version}{}{}}}"#,
            bound("valid_from", from),
            bound("valid_until", until)
        )
    }

    fn counts(&self, kind: &Kind, hour: u64) -> bool {
        let (from, until) = if *kind == Kind::Indicator { self.bounds } else { (None, None) };
        self.is_gone == (false, false)
            && from.is_none_or(|from| from <= hour)
            && until.is_none_or(|until| hour < until)
    }
}

/// The objects that count, each with the sequence of its version.
type Held = BTreeMap<String, u64>;

fn apply(held: &mut Held, delta: &Delta) {
    for change in &delta.changes {
        let id = change.id.to_string();
        let before = match change.change {
            ChangeKind::Ended(state) => {
                assert_ne!(state, State::Active);
                held.remove(&id)
            }
            _ => held.insert(id, change.sequence),
        };
        assert_eq!(before, change.before, "{change:?}");
    }
}

/// Follows from a position to the end, page by page, by way of the texts of positions.
fn follow(
    replica: &Replica,
    position: &mut DeltaPosition,
    options: &DeltaOptions,
    held: &mut Held,
) {
    for _ in 0..1000 {
        let delta = replica.delta(*position, options).unwrap();
        assert!(delta.changes.len() <= options.limit);
        apply(held, &delta);
        *position = delta.position.to_string().parse().unwrap();
        assert_eq!(*position, delta.position);
        if delta.is_complete {
            return;
        }
    }
    panic!("the delta does not end");
}

fn kind(number: u32) -> Kind {
    if number.is_multiple_of(3) { Kind::Indicator } else { Kind::Tool }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    // Catches a change that is told twice or never, whatever came, expired or was withdrawn meanwhile, and a page that begins
    // at the wrong place.
    #[test]
    fn deltas_add_up(
        batches in prop::collection::vec((0_u64..30, prop::collection::vec(written(), 0..12)), 1..7),
        limit in 1_usize..6,
        only_indicators in any::<bool>(),
        kept in 1_usize..8,
    ) {
        let place = Clocked::new();
        let mut options = DeltaOptions::default().with_limit(limit);
        if only_indicators {
            options = options.with_types(["indicator"]);
        }
        let (mut hour, mut sequence) = (0, 0);
        let mut newest: BTreeMap<u32, (u64, Written)> = BTreeMap::new();
        let mut states: Vec<(u64, Held)> = Vec::new();
        let (mut position, mut followed) = (DeltaPosition::beginning(), Held::new());
        for (pause, batch) in batches {
            hour += pause + 1;
            let texts: Vec<_> = batch.iter().map(|one| {
                sequence += 1;
                newest.insert(one.number, (sequence, one.clone()));
                one.text(sequence)
            }).collect();
            prop_assert_eq!(place.write_at(hour * HOURS, &texts), texts.len() as u64);
            let mut held = Held::new();
            for (number, (sequence, one)) in &newest {
                let kind = kind(*number);
                if one.counts(&kind, hour) && (!only_indicators || kind == Kind::Indicator) {
                    held.insert(format!("{kind}--00000000-0000-4000-8000-{number:012}"), *sequence);
                }
            }
            follow(&place.replica, &mut position, &options, &mut followed);
            prop_assert_eq!(&followed, &held);
            states.push((hour, held));
        }
        let kept = states.len().saturating_sub(kept);
        let (since, _) = states[kept.min(states.len() - 1)];
        let since = CompactOptions::default().with_since(at(since * HOURS));
        prop_assert!(place.replica.compact(since, |_| true).unwrap().is_complete);
        // From any state of the past that is still held to any later one.
        for (index, (hour, held)) in states.iter().enumerate().skip(kept) {
            let moment = place.replica.moment_at(at(hour * HOURS)).unwrap();
            let mut position = DeltaPosition::behind(moment);
            let mut held = held.clone();
            for (hour, expected) in states.iter().skip(index) {
                let moment = place.replica.moment_at(at(hour * HOURS)).unwrap();
                let options = options.clone().with_until(moment);
                follow(&place.replica, &mut position, &options, &mut held);
                prop_assert_eq!(&held, expected);
            }
        }
        prop_assert!(place.replica.verify().unwrap().is_sound());
    }

    // Catches a text that is read as another position, or that ends the process.
    #[test]
    fn other_texts_are_refused(text in "[A-Za-z0-9_-]{0,80}") {
        prop_assert!(text.parse::<DeltaPosition>().is_err());
    }
}

// Catches a question that is answered with a guess.
#[test]
fn wrong_questions_are_refused() {
    let place = Clocked::new();
    place.write_at(
        10,
        &[Written { number: 1, is_gone: (false, false), bounds: (None, None) }.text(1)],
    );
    let options = DeltaOptions::default();
    let delta = place.replica.delta(DeltaPosition::beginning(), &options).unwrap();
    assert_eq!((delta.until, delta.is_complete), (Moment::new(1, at(10)), true));
    let older = options.clone().with_until(Moment::new(0, at(0)));
    for refused in [
        place.replica.delta(delta.position, &older),
        place.replica.delta(delta.position, &options.clone().with_limit(0)),
        place.replica.delta(DeltaPosition::behind(Moment::new(2, at(10))), &options),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Incompatible);
    }
    let other = Clocked::new();
    let error = other.replica.delta(delta.position, &options).unwrap_err();
    assert!(error.to_string().contains("another replica"), "{error}");
}
