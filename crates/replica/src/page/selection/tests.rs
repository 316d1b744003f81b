//! Selections over many chunks, of an arrival log with gaps, against a model that looks at every row.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    bitmaps::{Dimension, Marks},
    folder,
    newest::Newest,
};

/// Words that have fixed numbers, so that none must be stored.
const TYPES: [&str; 3] = ["malware", "tool", "indicator"];
const LABELS: [&str; 3] = ["url", "file", "uses"];
const NOW: i64 = 500;

#[derive(Clone, Debug)]
struct Version {
    object_type: usize,
    labels: u8,
    revoked: bool,
    retired: bool,
    modified: Option<i64>,
    until: Option<i64>,
}

fn version() -> impl Strategy<Value = Version> {
    let instant = || prop::option::of(0_i64..1000);
    let flags = (prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    (0..3_usize, prop_oneof![Just(0_u8), 0_u8..8], flags, instant(), instant()).prop_map(
        |(object_type, labels, (revoked, retired), modified, until)| Version {
            object_type,
            labels,
            revoked,
            retired,
            modified,
            until,
        },
    )
}

fn has_label(version: &Version, label: usize) -> bool {
    version.labels & (1 << label) != 0
}

/// The rows of these versions, as the writer leaves them.
fn stored(folder: &std::path::Path, versions: &BTreeMap<i64, Version>) -> Connection {
    folder::create(folder).unwrap();
    let mut connection = Connection::open(folder::database(folder)).unwrap();
    let transaction = connection.transaction().unwrap();
    let (mut marks, mut newest) = (Marks::default(), Newest::default());
    let number = |text| words::find(&transaction, text).unwrap().unwrap();
    for (sequence, version) in versions {
        let retired_by = version.retired.then_some(i64::MAX);
        transaction
            .execute(
                "INSERT INTO objects (sequence, key, type, modified, modified_rest, revoked, deprecated, valid_until,
                     observable_types, hash, retired_by)
                 VALUES (?1, x'', 1, ?2, iif(?2 IS NULL, NULL, 0), ?3, 0, ?4, 0, 0, ?5)",
                params![sequence, version.modified, version.revoked, version.until, retired_by],
            )
            .unwrap();
        marks.add(Mark::new(Dimension::Type, number(TYPES[version.object_type])), *sequence);
        for label in (0..3).filter(|label| has_label(version, *label)) {
            marks.add(Mark::new(Dimension::Label, number(LABELS[label])), *sequence);
        }
        if version.revoked {
            marks.add(Mark::REVOKED, *sequence);
        }
        if version.retired {
            marks.add(Mark::RETIRED, *sequence);
        }
        if let Some(instant) = version.modified {
            newest.add(*sequence, (instant, 0));
        }
    }
    marks.write(&transaction).unwrap();
    newest.write(&transaction).unwrap();
    transaction.commit().unwrap();
    connection
}

#[derive(Clone, Debug)]
struct Question {
    types: u8,
    labels: u8,
    include_revoked: bool,
    skip_expired: bool,
    order: Order,
    after: Option<i64>,
    place: i64,
    limit: usize,
}

fn question() -> impl Strategy<Value = Question> {
    let bits = || prop_oneof![Just(0_u8), 1_u8..8];
    let order =
        prop_oneof![Just(Order::OldestFirst), Just(Order::NewestFirst), Just(Order::Latest)];
    let place = prop_oneof![Just(0_i64), 0_i64..500_000, Just(i64::MAX)];
    let after = prop::option::of(prop_oneof![0_i64..1000, 950_i64..1000]);
    (bits(), bits(), any::<[bool; 2]>(), order, after, place, 1_usize..40).prop_map(
        |(types, labels, [include_revoked, skip_expired], order, after, place, limit)| Question {
            types,
            labels,
            include_revoked,
            skip_expired,
            order,
            after,
            place,
            limit,
        },
    )
}

impl Question {
    fn filter(&self) -> Filter {
        let texts = |texts: [&str; 3], bits: u8| {
            let is_meant = |place: &usize| bits & (1 << place) != 0;
            (0..3).filter(is_meant).map(|place| texts[place].to_owned()).collect::<Vec<_>>()
        };
        let lists = [
            (Dimension::Type, texts(TYPES, self.types)),
            (Dimension::Label, texts(LABELS, self.labels)),
        ];
        Filter {
            as_of: None,
            lists: lists.into_iter().filter(|(_, texts)| !texts.is_empty()).collect(),
            include_revoked: self.include_revoked,
            skip_expired: self.skip_expired,
            order: self.order,
        }
    }

    fn selects(&self, sequence: i64, version: &Version) -> bool {
        let is_ahead = match self.order {
            Order::NewestFirst => self.place == 0 || sequence < self.place,
            _ => sequence > self.place,
        };
        is_ahead
            && !version.retired
            && (self.types == 0 || self.types & (1 << version.object_type) != 0)
            && (self.labels == 0 || self.labels & version.labels != 0)
            && (self.include_revoked || !version.revoked)
            && (!self.skip_expired || version.until.is_none_or(|until| until > NOW))
            && self.after.is_none_or(|after| version.modified > Some(after))
    }

    fn expected(&self, versions: &BTreeMap<i64, Version>, head: i64) -> Vec<i64> {
        let selected = versions
            .range(..=head)
            .filter(|(sequence, version)| self.selects(**sequence, version))
            .map(|(sequence, _)| *sequence);
        if self.order == Order::OldestFirst {
            selected.take(self.limit).collect()
        } else {
            selected.rev().take(self.limit).collect()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Catches a chunk that is passed over or read twice, in either direction, and a page that ends too early.
    #[test]
    fn chunks_are_walked_as_a_model_does(
        clusters in prop::collection::vec(
            (0_i64..9, prop_oneof![Just(0_i64), 0_i64..65_536, Just(65_530_i64)], prop::collection::vec(version(), 1..30)),
            1..9,
        ),
        questions in prop::collection::vec(question(), 1..20),
        head in prop_oneof![Just(600_000_i64), 0_i64..600_000],
    ) {
        let mut versions = BTreeMap::new();
        for (chunk, place, cluster) in clusters {
            versions.extend((chunk * CHUNK + place + 1..).zip(cluster));
        }
        let folder = tempfile::tempdir().unwrap();
        let connection = stored(folder.path(), &versions);
        // Where there is a gap, bitmaps that are only taken away from everything would select what is not there.
        let gaps = |question: &Question| question.filter().lists.is_empty() && !question.include_revoked;
        for question in questions.into_iter().filter(|question| !gaps(question)) {
            let place = Place { sequence: question.place, after: question.after.map(|after| (after, 0)) };
            let found = Selection::new(&connection, &question.filter(), place, head, NOW).unwrap();
            let found = found.unwrap().sequences(&connection, question.limit).unwrap();
            prop_assert_eq!(found, question.expected(&versions, head), "{:?}", question);
        }
    }
}
