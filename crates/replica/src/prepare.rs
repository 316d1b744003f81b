//! What is worked out of an object before it comes to the database.

use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::index::IndexRows;

use crate::{
    bitmaps::Dimension,
    block, instant,
    key::Key,
    words::{self, Word},
};

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
}

/// The ends of a relationship.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) source: Key,
    pub(crate) target: Key,
    pub(crate) relationship_type: Word,
}

/// The rows of objects, in their order.
pub(crate) fn rows(objects: &[RawObject]) -> Vec<Row> {
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
        let labels = found.labels.iter().filter(|label| label.len() <= LABEL_LENGTH_MAX);
        let labels = labels.map(|label| (Dimension::Label, Word::from(&**label)));
        let types = found.observable_types.iter();
        let types = types.map(|one| (Dimension::ObservableType, Word::from(one.as_str())));
        let words = labels.chain(types).collect();
        let identifiers = [
            (Dimension::Source, found.sources),
            (Dimension::Marking, found.markings),
            (Dimension::Sector, found.sectors),
            (Dimension::Location, found.locations),
        ];
        let identifiers = identifiers
            .into_iter()
            .flat_map(|(dimension, ids)| ids.into_iter().map(move |id| (dimension, id)));
        Self {
            identifiers: identifiers.collect(),
            words,
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
