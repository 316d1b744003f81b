//! Compactions that are stopped at any step, with cursors, states and followers held across them.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use inthreat_api::{Feed, FeedDraft, PageRequest};
use inthreat_stix::RawObject;
use proptest::prelude::*;

use super::{super::tests::*, *};
use crate::{CompactOptions, Options, Replica, moment::tests::Clocked};

/// The newest objects of a feed, from a cursor on, and the cursor behind them.
fn read(place: &Place, feed: &Feed, request: &PageRequest) -> (Vec<String>, inthreat_api::Cursor) {
    let page = place.readers.ask_snapshot(|reader| reader.page(feed, request, 0)).unwrap();
    let texts = page.objects.iter().map(|object| object.as_str().to_owned());
    (texts.collect(), page.next_cursor.unwrap())
}

fn with_label(number: u32, version: u32) -> String {
    let text = indicator(number, version % 60, &format!("n{version}"));
    format!(
        r#"{},"labels":["a","b{version}"],"revoked":{}}}"#,
        &text[..text.len() - 1],
        version.is_multiple_of(5)
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Catches a newest version that is dropped, a retired one that comes back, derived rows that stay or go too early, and a
    // cursor that stands at a dropped sequence and passes over something or tells it twice.
    #[test]
    fn a_compaction_may_be_stopped_at_any_step(
        batches in prop::collection::vec(prop::collection::vec(0_u32..40, 1..60), 2..6),
        since in 0_usize..6,
        steps in 0_usize..20,
        limit in 1_u32..40,
    ) {
        let place = Place::new();
        let mut writer = place.writer();
        let mut newest: BTreeMap<u32, (i64, String)> = BTreeMap::new();
        let (mut version, mut sequence) = (0, 0);
        let mut ends = vec![0];
        for numbers in &batches {
            let texts: Vec<_> = numbers.iter().map(|number| {
                (version, sequence) = (version + 1, sequence + 1);
                let text = with_label(*number, version.min(59));
                newest.insert(*number, (sequence, text.clone()));
                text
            }).collect();
            let accepted = writer.write(&incoming(&texts), 0, None).unwrap().0.accepted;
            // Two neighbours may be the same.
            sequence += i64::try_from(accepted).unwrap() - i64::try_from(texts.len()).unwrap();
            ends.push(sequence);
        }
        newest.clear();
        for (number, text) in (0..40).filter_map(|number| Some((number, place.get(number)?))) {
            newest.insert(number, (0, text));
        }
        let all = Feed::unfiltered();
        let mut draft = FeedDraft::default();
        draft.include_revoked = false;
        let mut filtered = Feed::unfiltered();
        filtered.draft = draft;
        filtered.draft.sort_order = inthreat_api::SortOrder::Ascending;
        let request = PageRequest::default().with_limit(limit);
        let (mut first, cursor) = read(&place, &all, &request);
        let before = read(&place, &filtered, &PageRequest::default().with_limit(2000)).0;

        let floor = ends[since.min(ends.len() - 1)];
        let mut step = writer.give_up(None).unwrap();
        step.floor = floor;
        for _ in 0..steps {
            if step.done.is_complete {
                break;
            }
            step = writer.compact(step).unwrap();
            prop_assert!(place.is_sound());
        }
        // The process is killed here, and the next one does the rest.
        drop(writer);
        let mut writer = place.writer();
        let mut rest = writer.give_up(None).unwrap();
        rest.floor = floor;
        while !rest.done.is_complete {
            rest = writer.compact(rest).unwrap();
        }
        prop_assert!(place.is_sound());
        let left: i64 = writer.connection
            .query_row("SELECT count(*) FROM objects WHERE retired_by <= ?1", [floor], |row| row.get(0))
            .unwrap();
        prop_assert_eq!(left, 0);
        for (number, (_, text)) in &newest {
            prop_assert_eq!(place.get(*number), Some(text.clone()));
        }
        let (news, _) = read(&place, &all, &PageRequest::default().with_limit(2000).with_cursor(cursor));
        first.extend(news);
        let mut expected: Vec<_> = newest.values().map(|(_, text)| text.clone()).collect();
        first.sort();
        expected.sort();
        prop_assert_eq!(first, expected);
        let after = read(&place, &filtered, &PageRequest::default().with_limit(2000)).0;
        prop_assert_eq!(after, before);
        writer.rebuild(|| Ok(())).unwrap();
        prop_assert!(place.is_sound());
        // Sequences go on where they stood.
        writer.write(&incoming(&[indicator(77, 1, "more")]), 0, None).unwrap();
        prop_assert_eq!(crate::page::head(&writer.connection).unwrap(), sequence + 1);
        prop_assert!(place.is_sound());
    }
}

fn tool(number: u32, version: u32) -> String {
    format!(
        r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","x":"{version}"}}"#
    )
}

// Catches a compaction that drops what the states that are kept need, that tells states which are gone, or that never gives
// room back.
#[test]
fn what_is_kept_can_be_told() {
    let place = Clocked::new();
    let at = crate::moment::tests::at;
    for version in 0..4 {
        let texts: Vec<_> = (0..400).map(|number| tool(number, version)).collect();
        place.write_at(u64::from(version) * 100, &texts);
    }
    let id = "tool--00000000-0000-4000-8000-000000000007".parse().unwrap();
    let held = place.replica.moment_at(at(100)).unwrap();
    let copy = tempfile::tempdir().unwrap();
    place.replica.backup(copy.path()).unwrap();
    let mut steps = 0;
    let options = CompactOptions::default().with_since(at(250));
    let compacted = place
        .replica
        .compact(options, |_| {
            steps += 1;
            true
        })
        .unwrap();
    assert_eq!((compacted.versions, compacted.floor, compacted.is_complete), (800, 1200, true));
    assert!(steps > 100 && compacted.free_bytes > 0);
    assert!(place.replica.verify().unwrap().is_sound());
    for version in [2, 3] {
        let moment = place.replica.moment_at(at(version * 100 + 50)).unwrap();
        let found: RawObject = place.replica.get_as_of(&id, moment).unwrap().unwrap();
        assert_eq!(found.as_str(), tool(7, u32::try_from(version).unwrap()));
    }
    for refused in [
        place.replica.moment_at(at(199)).map(drop),
        place.replica.moment_of(1199).map(drop),
        place.replica.get_as_of(&id, held).map(drop),
    ] {
        assert!(refused.unwrap_err().to_string().contains("no longer kept"));
    }
    assert!(place.replica.version(1).unwrap().is_none());
    let copy = Replica::open(copy.path(), Options::default()).unwrap();
    assert!(place.replica.diff(&copy).unwrap().is_identical());
    let ended = place.replica.compact(CompactOptions::default(), |_| false).unwrap();
    assert_eq!((ended.versions, ended.is_complete), (0, false));
    assert!(ended.free_bytes > 0);
    place.replica.shrink().unwrap();
    let ended = place.replica.compact(CompactOptions::default(), |_| false).unwrap();
    assert_eq!(ended.free_bytes, 0);
    assert!(place.replica.verify().unwrap().is_sound());
    assert_eq!(place.replica.stats().unwrap().objects, 400);
}

// Catches a history that only grows though it was told not to, or one that is shorter than was told.
#[test]
fn a_history_is_kept_short() {
    let place = Place::new();
    let clock = Clocked::new().clock;
    let options = Clocked::options(&clock).with_history_max(std::time::Duration::from_secs(100));
    let readers = crate::reader::Readers::new(place.folder.path().into(), options, false);
    let mut writer = Writer::new(readers).unwrap();
    let write = |writer: &mut Writer, second: u64| {
        clock.store(1_600_000_000 + second, Ordering::Relaxed);
        let version = u32::try_from(second).unwrap();
        let texts: Vec<_> = (0..20).map(|number| tool(number, version)).collect();
        writer.write(&incoming(&texts), 0, None).unwrap();
        while writer.keep_up().unwrap() {}
        let sql = "SELECT count(*) FROM objects";
        writer.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(write(&mut writer, 0), 20);
    assert_eq!(write(&mut writer, 50), 40);
    // What was the newest 100 seconds ago stays.
    assert_eq!(write(&mut writer, 120), 60);
    assert_eq!(write(&mut writer, 155), 60);
    assert_eq!(write(&mut writer, 400), 40);
    assert!(place.is_sound());
}

// Catches a replica that is full of the past and cannot even drop that, or takes nothing more when it has.
#[test]
fn a_full_replica_makes_room() {
    let place = Place::new();
    let options = Options::default().with_size_max_bytes(1 << 20);
    let readers = crate::reader::Readers::new(place.folder.path().into(), options, false);
    let mut writer = Writer::new(readers).unwrap();
    let texts = |version| (0..200).map(|number| tool(number, version)).collect::<Vec<_>>();
    let full = (0..10_000)
        .find(|version| writer.write(&incoming(&texts(*version)), 0, None).is_err())
        .unwrap();
    assert!(full > 10);
    let mut step = writer.give_up(None).unwrap();
    while !step.done.is_complete {
        step = writer.compact(step).unwrap();
    }
    assert!(step.done.free_bytes > 500_000, "{step:?}");
    for version in full..full + 5 {
        writer.write(&incoming(&texts(version)), 0, None).unwrap();
    }
    assert!(place.is_sound());
}

// Catches a thread that writes and never comes to what it has to do in its pauses.
#[test]
fn pauses_are_used() {
    let place = Clocked::new();
    drop(place.replica);
    let options = Clocked::options(&place.clock).with_history_max(std::time::Duration::ZERO);
    let replica = Replica::open_writer(place.folder.path(), options).unwrap();
    for version in 0..3 {
        let texts: Vec<_> = (0..20).map(|number| tool(number, version)).collect();
        place.clock.fetch_add(1, Ordering::Relaxed);
        place.runtime.block_on(inthreat_store::Sink::write(&replica, batch(&texts))).unwrap();
    }
    let is_short = (0..1_000_000).any(|_| {
        std::thread::yield_now();
        replica.stats().unwrap().retired == 0
    });
    assert!(is_short);
    assert!(replica.verify().unwrap().is_sound());
    assert_eq!(replica.oldest_moment().unwrap().sequence, 60);
}
