//! A writer without its thread: what waits in memory, and what is left when it stops.

use std::collections::BTreeMap;

use inthreat_api::{Feed, Observable, ObservableType, PageRequest};
use inthreat_stix::{Id, split};
use inthreat_store::Batch;
use proptest::prelude::*;

use super::*;
use crate::{
    folder::{self, WriterLock},
    lookup::LookupOptions,
    options::Options,
    prepare::LARGE,
};

pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(super) readers: Arc<Readers>,
    /// Whoever opens the replica for reading does the writer's work where nobody holds it.
    lock: WriterLock,
}

impl Place {
    pub(super) fn new() -> Self {
        Self::with(Options::default())
    }

    fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        folder::create(folder.path()).unwrap();
        let readers = Readers::new(folder.path().into(), options, false);
        let lock = WriterLock::take(folder.path()).unwrap();
        Self { folder, readers, lock }
    }

    pub(super) fn writer(&self) -> Writer {
        Writer::new(Arc::clone(&self.readers)).unwrap()
    }

    pub(super) fn get(&self, number: u32) -> Option<String> {
        let id: Id = id(number).parse().unwrap();
        let found = self.readers.ask(|reader| reader.get(&id)).unwrap();
        found.map(|object| object.as_str().to_owned())
    }

    pub(super) fn names(&self, value: &str) -> Vec<String> {
        let observable = Observable::new(ObservableType::DomainName, value);
        let (hits, _) = self
            .readers
            .ask(|reader| reader.lookup(&observable, LookupOptions::default()))
            .unwrap();
        hits.into_iter().filter_map(|hit| hit.name).collect()
    }

    pub(super) fn is_sound(&self) -> bool {
        let replica = crate::Replica::open(self.folder.path(), Options::default()).unwrap();
        let found = replica.verify().unwrap();
        assert_eq!(found.findings, []);
        found.is_sound()
    }
}

pub(super) fn incoming(texts: &[String]) -> Incoming {
    Incoming::new(batch(texts), 0).unwrap()
}

pub(super) fn id(number: u32) -> String {
    format!("indicator--00000000-0000-4000-8000-{number:012}")
}

pub(super) fn indicator(number: u32, second: u32, name: &str) -> String {
    format!(
        r#"{{"type":"indicator","id":"{}","modified":"2026-01-01T00:00:{second:02}Z","name":"{name}","pattern_type":"stix","pattern":"[domain-name:value = '{number}.example']"}}"#,
        id(number)
    )
}

pub(super) fn batch(texts: &[String]) -> Batch {
    let mut batch = Batch::default();
    batch.extend(split::ndjson(texts.join("\n")).objects);
    batch
}

/// So many indicators, which make a batch large.
pub(super) fn filling(first: u32, name: &str) -> Vec<String> {
    let count = u32::try_from(LARGE).unwrap();
    (first..first + count).map(|number| indicator(number, 1, name)).collect()
}

// Catches a load that writes its trees anew for every few objects, and one that waits until it has them all.
#[test]
fn a_load_sorts_many_together() {
    let place = Place::with(Options::default().with_index_lag_objects(0));
    let mut writer = place.writer();
    let mut findable = || {
        let first = u32::try_from(*writer.newest.borrow()).unwrap();
        writer.write(&incoming(&filling(first, "filling")), 0, None).unwrap();
        usize::try_from(indexed(&writer.connection).unwrap()).unwrap()
    };
    let found: Vec<usize> = std::iter::repeat_with(&mut findable).take(5).collect();
    assert!((LARGE..2 * LARGE).contains(&LOAD));
    assert_eq!(found, [0, 0, 2 * LARGE, 2 * LARGE, 4 * LARGE]);
}

// Catches a quota that is used up before rows are written that do not fit into the room beyond it: nothing would be found.
#[test]
fn a_load_under_a_quota_lets_few_rows_wait() {
    let options = Options::default().with_index_lag_objects(0);
    let lag_max = |options| Place::with(options).writer().lag_max();
    assert_eq!(lag_max(options.clone().with_size_max_bytes(1 << 30)), LAG_MAX);
    assert_eq!(lag_max(options), LOAD);
}

// Catches a look-up in another process that mixes two states, and objects that a stopped writer left unfindable.
#[test]
fn what_waits_is_found_later_and_never_in_part() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.write(&incoming(&[indicator(1, 1, "old")]), 0, None).unwrap();
    assert!(!writer.lags.load(Ordering::Acquire));

    let mut texts = filling(100, "filling");
    texts.push(indicator(1, 2, "new"));
    writer.write(&incoming(&texts), 0, None).unwrap();
    assert!(writer.lags.load(Ordering::Acquire));
    assert_eq!(place.get(1), Some(indicator(1, 1, "old")));
    assert_eq!((place.names("1.example"), place.get(100)), (vec!["old".into()], None));
    assert!(place.is_sound());
    drop(writer);

    let mut writer = place.writer();
    let unchanged = writer.write(&incoming(&[indicator(1, 2, "new")]), 0, None).unwrap().0;
    assert_eq!((unchanged.accepted, unchanged.unchanged), (0, 1));
    assert!(!writer.lags.load(Ordering::Acquire));
    assert_eq!(place.get(1), Some(indicator(1, 2, "new")));
    assert_eq!(place.names("1.example"), ["new"]);
    assert_eq!(place.names("100.example"), ["filling"]);
    assert!(place.is_sound());
}

// Catches a filter that in another process mixes two states, or a cursor that passes over what is not known there yet.
#[test]
fn filters_of_others_see_one_state() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.write(&incoming(&[indicator(1, 1, "old"), indicator(2, 1, "old")]), 0, None).unwrap();
    let page = |request: &PageRequest| {
        let feed = Feed::unfiltered();
        let page = place.readers.ask_snapshot(|reader| reader.page(&feed, request, 0)).unwrap();
        let texts = page.objects.iter().map(|object| object.as_str().to_owned());
        (texts.collect::<Vec<_>>(), page.next_cursor.unwrap())
    };
    let filtered = PageRequest::default().with_types(["indicator"]).with_limit(1000);
    let old = (1..=2).map(|number| indicator(number, 1, "old")).collect::<Vec<_>>();
    let (found, cursor) = page(&filtered);
    assert_eq!(found, old);

    let mut texts = filling(100, "filling");
    texts.push(indicator(1, 2, "new"));
    writer.write(&incoming(&texts), 0, None).unwrap();
    assert_eq!(page(&filtered), (old.clone(), cursor.clone()));
    let next = filtered.clone().with_cursor(cursor);
    assert_eq!(page(&next).0, Vec::<String>::new());
    let (all, _) = page(&PageRequest::default().with_limit(1000));
    assert_eq!(all, [&old[1..], &texts].concat());
    writer.settle().unwrap();
    assert_eq!(page(&next).0, texts);
    assert_eq!(page(&filtered).0, [&old[1..], &texts].concat());
    assert!(place.is_sound());
}

// Catches objects that nobody finds until the next writer comes.
#[test]
fn a_reader_finishes_what_a_stopped_writer_left() {
    let Place { folder, readers, lock } = Place::new();
    let mut writer = Writer::new(readers).unwrap();
    writer.write(&incoming(&filling(100, "filling")), 0, None).unwrap();
    drop(writer);
    let found = || {
        let replica = crate::Replica::open(folder.path(), Options::default()).unwrap();
        replica.get(&id(100).parse().unwrap()).unwrap()
    };
    assert!(found().is_none());
    drop(lock);
    assert!(found().is_some());
}

// Catches a replica that makes people wait and does not say for what, or that goes on saying so.
#[test]
fn what_was_left_is_told_until_it_is_done() {
    let Place { folder, readers, lock } = Place::new();
    drop(lock);
    for (first, is_writer) in [(100, false), (1000, true)] {
        let lock = WriterLock::take(folder.path()).unwrap();
        let mut writer = Writer::new(Arc::clone(&readers)).unwrap();
        writer.write(&incoming(&filling(first, "left")), 0, None).unwrap();
        drop((writer, lock));
        // Nobody else can write meanwhile.
        let other = Connection::open(folder::database(folder.path())).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let replica = if is_writer {
            crate::Replica::open_writer(folder.path(), Options::default()).unwrap()
        } else {
            crate::Replica::open(folder.path(), Options::default()).unwrap()
        };
        assert_eq!(replica.left_behind().unwrap(), LARGE as u64);
        other.execute_batch("COMMIT").unwrap();
        assert!(replica.get(&id(first).parse().unwrap()).unwrap().is_some());
        assert_eq!(replica.left_behind().unwrap(), 0);
    }
}

// Catches a replica that is dropped and goes on writing, so that the next writer finds it locked, and one that leaves rows by
// half: what is not wanted any longer is done by who comes next.
#[test]
fn who_is_gone_finishes_nothing() {
    let Place { folder, readers, lock } = Place::new();
    let mut writer = Writer::new(readers).unwrap();
    let texts: Vec<String> = (0..3000).map(|number| indicator(number, 1, "left")).collect();
    writer.write(&incoming(&texts), 0, None).unwrap();
    drop((writer, lock));
    for _ in 0..5 {
        drop(crate::Replica::open(folder.path(), Options::default()).unwrap());
        drop(WriterLock::take(folder.path()).unwrap());
    }
    let replica = crate::Replica::open(folder.path(), Options::default()).unwrap();
    let observable = Observable::new(ObservableType::DomainName, "2999.example");
    assert_eq!(replica.lookup(&observable).unwrap().len(), 1);
    assert!(replica.is_settled() && replica.verify().unwrap().is_sound());
}

// Catches a batch that fails in its midst and leaves something in memory that was never stored.
#[test]
fn a_batch_that_fails_leaves_nothing() {
    let place = Place::new();
    let mut writer = place.writer();
    writer.write(&incoming(&filling(0, "before")), 0, None).unwrap();
    let key = "feed".parse().unwrap();
    let stale = Commit::new(key, 7, inthreat_api::Cursor::new("x").unwrap());
    let mut texts = filling(500, "never");
    texts.push(indicator(0, 9, "never"));
    assert!(writer.write(&incoming(&texts), 0, Some(&stale)).is_err());
    let again = writer.write(&incoming(&texts), 0, None).unwrap().0;
    assert_eq!(again.accepted, texts.len() as u64);
    writer.settle().unwrap();
    assert_eq!(place.get(0), Some(indicator(0, 9, "never")));
    assert!(place.is_sound());
}

#[derive(Clone, Debug)]
enum Step {
    Write { large: bool, versions: Vec<(u32, u32, u32)> },
    Settle,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let versions = prop::collection::vec((0_u32..9, 1_u32..5, 0_u32..3), 0..40);
    prop_oneof![
        4 => (any::<bool>(), versions).prop_map(|(large, versions)| Step::Write { large, versions }),
        1 => Just(Step::Settle),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // Catches a decision that forgets what waits in memory, or what an earlier writer left there.
    #[test]
    fn agrees_with_a_model_whenever_rows_are_written(steps in prop::collection::vec(step(), 1..8)) {
        let place = Place::new();
        let mut writer = place.writer();
        let mut model: BTreeMap<u32, (u32, String)> = BTreeMap::new();
        let mut filled = 1000;
        for step in steps {
            match step {
                Step::Settle => writer.settle().unwrap(),
                Step::Restart => {
                    drop(writer);
                    writer = place.writer();
                }
                Step::Write { large, versions } => {
                    let mut expected = Written::default();
                    let mut texts = Vec::new();
                    for (number, second, content) in versions {
                        let text = indicator(number, second, &content.to_string());
                        match model.get(&number) {
                            Some((_, held)) if *held == text => expected.unchanged += 1,
                            Some((held, _)) if second < *held => expected.outdated += 1,
                            _ => {
                                expected.accepted += 1;
                                model.insert(number, (second, text.clone()));
                            }
                        }
                        texts.push(text);
                    }
                    if large {
                        let more = filling(filled, "filling");
                        filled += 1000;
                        expected.accepted += more.len() as u64;
                        texts.extend(more);
                    }
                    prop_assert_eq!(writer.write(&incoming(&texts), 0, None).unwrap().0, expected);
                }
            }
        }
        prop_assert!(place.is_sound());
        writer.settle().unwrap();
        prop_assert!(place.is_sound());
        for (number, (_, text)) in model {
            prop_assert_eq!(place.get(number), Some(text));
        }
    }
}
