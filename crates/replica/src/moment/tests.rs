//! States of the past against a model that keeps every one of them.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use inthreat_api::{Observable, ObservableType};
use inthreat_store::{Batch, ErrorKind, Sink};
use proptest::prelude::*;

use super::*;
use crate::{LookupOptions, Options};

/// A replica whose clock is set by hand, in seconds since 1970.
pub(crate) struct Clocked {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) replica: Replica,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Clocked {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicU64::new(1_600_000_000));
        let replica = Replica::create_or_open(folder.path(), Self::options(&clock)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { folder, clock, replica, runtime }
    }

    pub(crate) fn options(clock: &Arc<AtomicU64>) -> Options {
        let clock = Arc::clone(clock);
        Options::default().with_clock(move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
        })
    }

    pub(crate) fn write_at(&self, second: u64, texts: &[String]) -> u64 {
        self.clock.store(1_600_000_000 + second, Ordering::Relaxed);
        let mut batch = Batch::default();
        batch.extend(texts.iter().map(|text| RawObject::new(text.as_str()).unwrap()));
        self.runtime.block_on(self.replica.write(batch)).unwrap().accepted
    }
}

pub(crate) fn at(second: u64) -> Timestamp {
    Timestamp::from_unix(1_600_000_000 + i64::try_from(second).unwrap(), 0).unwrap()
}

fn text(number: u32, version: u32, value: u32) -> String {
    format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}","modified":"2020-01-01T00:00:00Z","name":"{number}.{version}","pattern_type":"stix","pattern":"[domain-name:value = '{value}.example']"}}"#
    )
}

fn id(number: u32) -> Id {
    format!("indicator--00000000-0000-4000-8000-{number:012}").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Catches a version that is told of another time than its own, at the edges of batches above all.
    #[test]
    fn the_past_is_told_as_it_was(batches in prop::collection::vec(
        (0_u64..3, prop::collection::vec((0_u32..4, 0_u32..3), 0..5)), 1..8
    )) {
        let place = Clocked::new();
        // After each second: the sequence, and what was there.
        let mut states: Vec<(u64, u64, BTreeMap<u32, String>)> = vec![(0, 0, BTreeMap::new())];
        let (mut second, mut version) = (10, 0);
        for (pause, changes) in batches {
            second += pause;
            let (_, mut sequence, mut model) = states.last().cloned().unwrap();
            let texts: Vec<_> = changes.iter().map(|(number, value)| {
                version += 1;
                let text = text(*number, version, *value);
                model.insert(*number, text.clone());
                text
            }).collect();
            sequence += place.write_at(second, &texts);
            states.push((second, sequence, model));
        }
        for second in 0..=second + 1 {
            let (_, sequence, model) =
                states.iter().rev().find(|(then, ..)| *then <= second).unwrap();
            // Batches of one second follow each other by microseconds.
            let instant = at(second).with_digits(6).plus_nanos(999_000_000).unwrap();
            let moment = place.replica.moment_at(instant).unwrap();
            prop_assert_eq!(moment, Moment::new(*sequence, instant));
            for number in 0..4 {
                let found = place.replica.get_as_of(&id(number), moment).unwrap();
                let found = found.map(|object| object.as_str().to_owned());
                prop_assert_eq!(found.as_ref(), model.get(&number));
            }
            for value in 0..3 {
                let value = format!("{value}.example");
                let asked = Observable::new(ObservableType::DomainName, &value);
                let options = LookupOptions::default().with_as_of(moment);
                let hits = place.replica.lookup_many(&[asked], options).unwrap().remove(0);
                let mut found: Vec<_> = hits.into_iter().map(|hit| hit.name.unwrap()).collect();
                let names = model.values().filter(|text| text.contains(&value));
                let name = |text: &String| text.split('"').nth(15).unwrap().to_owned();
                let mut expected: Vec<_> = names.map(name).collect();
                found.sort();
                expected.sort();
                prop_assert_eq!(found, expected);
            }
        }
    }
}

// Catches a state that is made up where it cannot be known, and a clock that goes back and mixes states up.
#[test]
fn only_what_is_known_is_told() {
    let place = Clocked::new();
    place.write_at(10, &[text(1, 1, 1)]);
    place.write_at(5, &[text(1, 2, 1)]);
    assert_eq!(place.replica.moment_at(at(9)).unwrap().sequence, 0);
    assert_eq!(place.replica.moment_at(at(10)).unwrap(), Moment::new(1, at(10)));
    let behind = at(10).with_digits(6).plus_nanos(1000).unwrap();
    assert_eq!(place.replica.moment_at(behind).unwrap(), Moment::new(2, behind));
    assert_eq!(place.replica.moment().unwrap(), Moment::new(2, behind));
    assert_eq!(place.replica.moment_of(1).unwrap(), Moment::new(1, at(10)));
    let first = place.replica.get_as_of(&id(1), place.replica.moment_of(1).unwrap()).unwrap();
    assert_eq!(first, place.replica.version(1).unwrap());
    assert!(place.replica.version(3).unwrap().is_none());
    let error = place.replica.moment_of(3).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(place.replica.get_as_of(&id(1), Moment::new(u64::MAX, at(0))).is_err());

    let path = place.replica.database();
    drop(place.replica);
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(
            "DROP TABLE arrivals; DROP TABLE names; DROP TABLE mentions; DROP TABLE ioc_collections;
             PRAGMA user_version = 3;",
        )
        .unwrap();
    place.clock.store(1_600_000_020, Ordering::Relaxed);
    let replica =
        Replica::open_writer(place.folder.path(), Clocked::options(&place.clock)).unwrap();
    assert_eq!(replica.oldest_moment().unwrap(), Moment::new(2, at(20)));
    assert_eq!(replica.moment_at(at(20)).unwrap().sequence, 2);
    let error = replica.moment_at(at(19)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incompatible);
    assert!(error.to_string().contains("before 2020-09-13T12:27:00Z (sequence 2)"), "{error}");
}
