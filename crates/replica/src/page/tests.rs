//! Selections against a model that looks at every object.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use inthreat_api::{
    Collections, Cursor, FeedDraft, FeedId, Feeds, ObservableType, PageRequest, SortOrder,
};
use inthreat_stix::{Id, RawObject};
use inthreat_store::{Batch, Sink};
use proptest::prelude::*;

use crate::{Options, Replica};

/// The instant at which pages are asked for, in seconds; indicators expire before and behind it.
const NOW: u64 = 1_767_225_600 + 30;
const TYPES: [&str; 4] = ["indicator", "malware", "relationship", "x-own"];
const OBSERVABLE_TYPES: [&str; 3] = ["url", "file", "unheard-of"];
const LABELS: [&str; 3] = ["a", "indicator", "\u{e9}"];

/// What an object is, and what a feed asks for: a bit for each value of each dimension.
#[derive(Clone, Copy, Debug)]
struct Traits {
    kind: usize,
    observable_types: u8,
    labels: u8,
    sources: u8,
    sectors: u8,
    locations: u8,
    markings: u8,
    revoked: bool,
    /// The second of the minute in which it expires.
    until: Option<u32>,
    /// The second in which it was modified.
    modified: Option<u32>,
}

fn traits() -> impl Strategy<Value = Traits> {
    let bits = || prop_oneof![Just(0_u8), 0_u8..8];
    let second = || prop::option::of(0_u32..60);
    (
        (0..TYPES.len(), bits(), bits(), bits()),
        (bits(), bits(), bits()),
        any::<bool>(),
        second(),
        second(),
    )
        .prop_map(
            |(
                (kind, observable_types, labels, sources),
                (sectors, locations, markings),
                revoked,
                until,
                modified,
            )| {
                Traits {
                    kind,
                    observable_types,
                    labels,
                    sources,
                    sectors,
                    locations,
                    markings,
                    revoked,
                    until,
                    modified,
                }
            },
        )
}

fn chosen<T: Clone>(values: &[T], bits: u8) -> Vec<T> {
    let is_chosen = |place: &usize| bits & (1 << place) != 0;
    (0..values.len()).filter(is_chosen).map(|place| values[place].clone()).collect()
}

fn names(kind: &str) -> Vec<String> {
    // The second is no UUID, as identifiers of strangers are.
    ["00000000-0000-4000-8000-000000000001", "2", "00000000-0000-4000-8000-000000000003"]
        .iter()
        .map(|text| format!("{kind}--{text}"))
        .collect()
}

fn ids(kind: &str, bits: u8) -> Vec<Id> {
    chosen(&names(kind), bits).iter().map(|text| Id::lenient(text).unwrap()).collect()
}

fn object(number: u32, version: usize, traits: Traits) -> RawObject {
    let kind = TYPES[traits.kind];
    let list = |name: &str, texts: Vec<String>| {
        if texts.is_empty() { String::new() } else { format!(r#","{name}":{texts:?}"#) }
    };
    let texts =
        |values: &[&str], bits| chosen(values, bits).iter().map(ToString::to_string).collect();
    let mut text = format!(
        r#"{{"type":"{kind}","id":"{kind}--00000000-0000-4000-8000-{number:012}","x_version":{version}"#
    );
    for (name, second) in [("modified", traits.modified), ("valid_until", traits.until)] {
        let instant = second.map(|second| format!(r#","{name}":"2026-01-01T00:00:{second:02}Z""#));
        text += &instant.unwrap_or_default();
    }
    text += &list("labels", texts(&LABELS, traits.labels));
    text += &list("x_ic_observable_types", texts(&OBSERVABLE_TYPES, traits.observable_types));
    for (name, kind, bits) in [
        ("x_inthreat_sources_refs", "identity", traits.sources),
        ("x_ic_impacted_sectors", "identity", traits.sectors),
        ("x_ic_impacted_locations", "location", traits.locations),
        ("object_marking_refs", "marking-definition", traits.markings),
    ] {
        text += &list(name, chosen(&names(kind), bits));
    }
    text += if traits.revoked { r#","revoked":true}"# } else { "}" };
    RawObject::new(text).unwrap()
}

/// A feed, and a question to it.
#[derive(Clone, Debug)]
struct Asked {
    traits: Traits,
    types: u8,
    narrowed: u8,
    include_revoked: bool,
    skip_expired: bool,
    is_descending: bool,
    after: Option<u32>,
}

fn asked() -> impl Strategy<Value = Asked> {
    // Mostly few filters, so that something is left.
    let sparse = (traits(), 0_u8..7).prop_map(|(mut traits, kept)| {
        let bits = [
            &mut traits.observable_types,
            &mut traits.labels,
            &mut traits.sources,
            &mut traits.sectors,
            &mut traits.locations,
            &mut traits.markings,
        ];
        for (place, bits) in bits.into_iter().enumerate() {
            if place != usize::from(kept) {
                *bits = 0;
            }
        }
        traits
    });
    let traits = prop_oneof![3 => sparse, 1 => traits()];
    let types = || prop_oneof![Just(0_u8), 0_u8..16];
    (traits, types(), types(), any::<[bool; 3]>(), prop::option::of(0_u32..60)).prop_map(
        |(traits, types, narrowed, [include_revoked, skip_expired, is_descending], after)| Asked {
            traits,
            types,
            narrowed,
            include_revoked,
            skip_expired,
            is_descending,
            after,
        },
    )
}

impl Asked {
    fn draft(&self) -> FeedDraft {
        let mut draft = FeedDraft::default();
        draft.types = chosen(&TYPES, self.types).iter().map(ToString::to_string).collect();
        // A feed only names observable types that are documented.
        let types = chosen(&OBSERVABLE_TYPES[..2], self.traits.observable_types);
        draft.observable_types = types.into_iter().map(ObservableType::from).collect();
        draft.labels =
            chosen(&LABELS, self.traits.labels).iter().map(ToString::to_string).collect();
        draft.sources = ids("identity", self.traits.sources);
        draft.sectors = ids("identity", self.traits.sectors);
        draft.locations = ids("location", self.traits.locations);
        draft.tlps = ids("marking-definition", self.traits.markings);
        draft.include_revoked = self.include_revoked;
        draft.skip_expired = self.skip_expired;
        draft.sort_order =
            if self.is_descending { SortOrder::Descending } else { SortOrder::Ascending };
        draft
    }

    fn request(&self, feed: FeedId, limit: u32) -> PageRequest {
        let narrowed = chosen(&TYPES, self.narrowed);
        let mut request = PageRequest::new(feed).with_limit(limit).with_types(narrowed);
        if let Some(second) = self.after {
            let instant = format!("2026-01-01T00:00:{second:02}Z").parse().unwrap();
            request = request.with_modified_after(instant);
        }
        request
    }

    fn selects(&self, object: Traits) -> bool {
        let kind = 1_u8 << object.kind;
        let is_indicator = TYPES[object.kind] == "indicator";
        let observable_types = if is_indicator { object.observable_types } else { 0 };
        let wanted = self.traits;
        [
            (self.types, kind),
            (self.narrowed, kind),
            (wanted.observable_types & 3, observable_types),
            (wanted.labels, object.labels),
            (wanted.sources, object.sources),
            (wanted.sectors, object.sectors),
            (wanted.locations, object.locations),
            (wanted.markings, object.markings),
        ]
        .iter()
        .all(|(wanted, has)| *wanted == 0 || wanted & has != 0)
            && (self.include_revoked || !object.revoked)
            && (!self.skip_expired || !is_indicator || object.until.is_none_or(|until| until > 30))
            && self.after.is_none_or(|after| object.modified > Some(after))
    }
}

/// What the replica should hold: the newest version of each object, by its arrival.
#[derive(Default)]
struct Model {
    arrived: BTreeMap<usize, (u32, Traits, String)>,
    next: usize,
}

impl Model {
    fn take(&mut self, number: u32, traits: Traits) -> Option<RawObject> {
        let object = object(number, self.next, traits);
        let is_same = |(known, other, _): &(u32, Traits, String)| {
            *known == number && other.kind == traits.kind
        };
        let older = self.arrived.iter().find(|(_, arrived)| is_same(arrived));
        if let Some((place, (_, held, _))) = older {
            if traits.modified < held.modified {
                return None;
            }
            let place = *place;
            self.arrived.remove(&place);
        }
        self.arrived.insert(self.next, (number, traits, object.as_str().to_owned()));
        self.next += 1;
        Some(object)
    }

    fn selected(&self, asked: &Asked, from: usize) -> Vec<&str> {
        let found = self.arrived.range(from..).filter(|(_, (_, traits, _))| asked.selects(*traits));
        let mut found: Vec<_> = found.map(|(_, (.., text))| text.as_str()).collect();
        if asked.is_descending {
            found.reverse();
        }
        found
    }
}

struct Place {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    fn open(&self) -> Replica {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let options = Options::default().with_clock(move || now);
        Replica::create_or_open(self.folder.path(), options).unwrap()
    }

    fn read(&self, replica: &Replica, mut request: PageRequest) -> (Vec<String>, Cursor) {
        let mut found = Vec::new();
        loop {
            let page = self.runtime.block_on(replica.page(request.clone())).unwrap();
            let next = page.next_cursor.unwrap();
            if page.objects.is_empty() {
                return (found, next);
            }
            assert!(page.objects.len() <= request.limit.unwrap() as usize);
            found.extend(page.objects.iter().map(|object| object.as_str().to_owned()));
            request = request.with_cursor(next);
        }
    }

    fn write(&self, replica: &Replica, objects: Vec<RawObject>) {
        let mut batch = Batch::default();
        batch.extend(objects);
        self.runtime.block_on(replica.write(batch)).unwrap();
    }
}

fn taken(model: &mut Model, batch: Vec<(u32, Traits)>) -> Vec<RawObject> {
    batch.into_iter().filter_map(|(number, traits)| model.take(number, traits)).collect()
}

fn batch() -> impl Strategy<Value = Vec<(u32, Traits)>> {
    prop::collection::vec((0_u32..30, traits()), 1..150)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    // Catches a filter that selects too much or too little, a page that repeats or loses objects when they change between two
    // pages, and what is forgotten when the replica is opened anew.
    #[test]
    fn selections_agree_with_a_model(
        batches in prop::collection::vec(batch(), 1..4),
        questions in prop::collection::vec((asked(), 1_u32..9), 1..8),
    ) {
        let place = Place {
            folder: tempfile::tempdir().unwrap(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        };
        let mut replica = place.open();
        let mut model = Model::default();
        let feeds: Vec<FeedId> = questions
            .iter()
            .map(|(asked, _)| {
                place.runtime.block_on(replica.create_feed(asked.draft())).unwrap().id
            })
            .collect();
        // What was delivered of each feed, where it goes on, and which arrivals were there.
        let mut ends: Vec<Option<(Cursor, usize)>> = vec![None; questions.len()];
        for batch in batches {
            let objects = taken(&mut model, batch);
            place.write(&replica, objects);
            for (((asked, limit), feed), end) in questions.iter().zip(&feeds).zip(&mut ends) {
                let request = asked.request(feed.clone(), *limit);
                let (found, cursor) = place.read(&replica, request.clone());
                prop_assert_eq!(found, model.selected(asked, 0), "{:?}", asked);
                if let Some((cursor, from)) = end.take().filter(|_| !asked.is_descending) {
                    let found = place.read(&replica, request.with_cursor(cursor)).0;
                    prop_assert_eq!(found, model.selected(asked, from), "{:?}", asked);
                }
                *end = Some((cursor, model.next));
            }
            drop(replica);
            replica = place.open();
        }
        // The first page is read before, the others after objects have changed.
        for ((asked, limit), feed) in questions.iter().zip(&feeds) {
            let request = asked.request(feed.clone(), *limit);
            let page = place.runtime.block_on(replica.page(request.clone())).unwrap();
            let before: Vec<_> =
                model.selected(asked, 0).into_iter().map(ToOwned::to_owned).collect();
            let first: Vec<_> =
                page.objects.iter().map(|object| object.as_str().to_owned()).collect();
            prop_assert!(before.starts_with(&first));
            let known = model.next;
            let changed = taken(&mut model, vec![(3, asked.traits), (77, asked.traits)]);
            place.write(&replica, changed);
            let rest = place.read(&replica, request.with_cursor(page.next_cursor)).0;
            let after = model.selected(asked, 0);
            let expected: Vec<_> = if first.is_empty() {
                after
            } else if asked.is_descending {
                let left = before.iter().skip(first.len()).map(String::as_str);
                let is_full = first.len() == *limit as usize;
                left.filter(|text| is_full && after.contains(text)).collect()
            } else {
                let is_new = |text: &&str| {
                    let news = model.selected(asked, known);
                    news.contains(text) || !first.iter().any(|known| known == text)
                };
                after.iter().copied().filter(is_new).collect()
            };
            prop_assert_eq!(rest, expected, "{:?}", asked);
        }
        let verification = replica.verify().unwrap();
        prop_assert_eq!(verification.findings, []);
    }
}
