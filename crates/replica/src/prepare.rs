//! What is worked out of an object before it comes to the database.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use inthreat_stix::{Id, Kind, RawObject, Timestamp};
use inthreat_store::{
    Batch,
    index::{Class, IndexRows},
};

use crate::{
    bitmaps::{Dimension, Mark},
    block,
    fault::Fault,
    instant,
    key::Key,
    names::{self, Part},
    niceness::give_way,
    words::{self, Word},
};

/// How many objects are prepared, decided on and inserted together.
const PART: usize = 512;
/// How many prepared parts may wait for the thread that inserts.
const PARTS_WAITING_MAX: usize = 8;
/// From how many objects on a batch is prepared and compressed on threads of their own, and its derived rows may wait.
pub(crate) const LARGE: usize = 128;

/// No feed can name a label that is longer, in bytes.
const LABEL_LENGTH_MAX: usize = 1000;

/// The microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// All that is stored of an object beside its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) object_type: Word,
    pub(crate) created: Option<(i64, i64)>,
    pub(crate) modified: Option<(i64, i64)>,
    pub(crate) revoked: bool,
    pub(crate) deprecated: bool,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_until: Option<i64>,
    pub(crate) confidence: Option<u8>,
    pub(crate) observable_types: i64,
    pub(crate) hash: i64,
    pub(crate) name: Option<String>,
    pub(crate) observables: Vec<(Word, String)>,
    pub(crate) ends: Option<Ends>,
    /// What bitmaps tell of it beside its type: identifiers, and other words.
    pub(crate) identifiers: Vec<(Dimension, Id)>,
    pub(crate) words: Vec<(Dimension, Word)>,
    /// What bitmaps tell of few.
    pub(crate) flags: Vec<Mark>,
    /// The names that it is found by.
    pub(crate) names: Vec<(String, Part)>,
    /// What a report mentions.
    pub(crate) mentions: Vec<Key>,
}

/// The ends of a relationship.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) source: Key,
    pub(crate) target: Key,
    pub(crate) relationship_type: Word,
}

/// A batch on its way to the writer. The rows of a large one are worked out meanwhile, so that the writer need not be
/// done with what came before.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) batch: Arc<Batch>,
    prepared: Option<mpsc::Receiver<Vec<Row>>>,
}

impl Incoming {
    /// The thread that works rows out gives way by so much.
    pub(crate) fn new(batch: Batch, niceness: u8) -> Result<Self, Fault> {
        let batch = Arc::new(batch);
        if batch.objects().len() < LARGE {
            return Ok(Self { batch, prepared: None });
        }
        let (sender, prepared) = mpsc::sync_channel(PARTS_WAITING_MAX);
        let shared = Arc::clone(&batch);
        let work = move || {
            give_way(niceness);
            // Whoever wants no more has dropped the other end.
            let _ = shared.objects().chunks(PART).all(|part| sender.send(rows(part)).is_ok());
        };
        thread::Builder::new().name("replica-prepare".into()).spawn(work)?;
        Ok(Self { batch, prepared: Some(prepared) })
    }

    pub(crate) fn is_large(&self) -> bool {
        self.prepared.is_some()
    }

    /// The objects in parts, each with its rows.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Result<(&[RawObject], Vec<Row>), Fault>> {
        let ended = || Fault::corrupt("a thread that helps to write ended early");
        self.batch.objects().chunks(PART).map(move |part| {
            let rows = match &self.prepared {
                Some(prepared) => prepared.recv().map_err(|_| ended())?,
                None => rows(part),
            };
            Ok((part, rows))
        })
    }
}

/// The rows of objects, in their order.
fn rows(objects: &[RawObject]) -> Vec<Row> {
    objects.iter().map(Row::of).collect()
}

impl Row {
    /// The days since 1970 on which its validity begins and ends.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = i64> {
        [self.valid_from, self.valid_until]
            .into_iter()
            .flatten()
            .map(|micros| micros.div_euclid(DAY))
    }

    /// The row of an object that has a type and an id.
    pub(crate) fn of(object: &RawObject) -> Self {
        let found = IndexRows::of(object);
        let key = object.id().and_then(|id| Id::lenient(id).ok()).map(|id| Key::of(&id));
        let bits = found.observable_types.iter().map(words::observable_bit);
        let mut words = Vec::with_capacity(found.labels.len() + found.observable_types.len() + 1);
        let labels = found.labels.iter().filter(|label| label.len() <= LABEL_LENGTH_MAX);
        words.extend(labels.map(|label| (Dimension::Label, Word::from(&**label))));
        let types = found.observable_types.iter();
        words.extend(types.map(|one| (Dimension::ObservableType, Word::from(one.as_str()))));
        let ends = found.ends.iter();
        words.extend(
            ends.map(|ends| (Dimension::RelationshipType, Word::from(&*ends.relationship_type))),
        );
        let flags = found.classes.iter().filter_map(|class| match class {
            Class::FlashReport => Some(Mark::FLINT),
            Class::Sector => Some(Mark::SECTOR),
            Class::Source => Some(Mark::SOURCE),
            _ => None,
        });
        let flags = flags.chain(found.deprecated.then_some(Mark::DEPRECATED));
        let names = names::of(&found, object.object_type() == Some(Kind::Indicator.as_str()));
        let mentions = found.references.iter().map(Key::of).collect();
        let lists = [
            (Dimension::Source, found.sources),
            (Dimension::Marking, found.markings),
            (Dimension::Sector, found.sectors),
            (Dimension::Location, found.locations),
        ];
        let mut identifiers = Vec::with_capacity(lists.iter().map(|(_, ids)| ids.len()).sum());
        for (dimension, ids) in lists {
            identifiers.extend(ids.into_iter().map(|id| (dimension, id)));
        }
        Self {
            identifiers,
            words,
            flags: flags.collect(),
            names,
            mentions,
            key: key.unwrap_or_else(|| Key::from([].as_slice())),
            object_type: Word::from(object.object_type().unwrap_or_default()),
            created: object.created().map(instant::to_pair),
            modified: object.modified().map(instant::to_pair),
            revoked: found.revoked,
            deprecated: found.deprecated,
            valid_from: found.valid_from.map(Timestamp::micros),
            valid_until: found.valid_until.map(Timestamp::micros),
            confidence: found.confidence,
            observable_types: bits.fold(0, |all, bit| all | bit),
            hash: block::hash(object.as_bytes()),
            name: found.name,
            observables: found
                .observables
                .into_iter()
                .map(|observable| {
                    (Word::from(observable.observable_type.as_str()), observable.value)
                })
                .collect(),
            ends: found.ends.map(|ends| Ends {
                source: Key::of(&ends.source),
                target: Key::of(&ends.target),
                relationship_type: Word::from(&*ends.relationship_type),
            }),
        }
    }
}
