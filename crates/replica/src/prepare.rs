//! What is worked out of a batch before it comes to the database.

use std::thread;

use inthreat_stix::{Id, RawObject, Timestamp};
use inthreat_store::{Batch, index::IndexRows};

use crate::{
    block, instant,
    words::{self, Word},
};

/// From how many objects on it pays to work on two threads.
const PARALLEL_MIN: usize = 512;

/// A batch, and the rows of its objects.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) batch: Batch,
    pub(crate) rows: Vec<Row>,
    /// When it was received, in microseconds.
    pub(crate) received: i64,
}

/// All that is stored of an object beside its body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: Box<[u8]>,
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
}

/// The ends of a relationship.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) source: Box<[u8]>,
    pub(crate) target: Box<[u8]>,
    pub(crate) relationship_type: Word,
}

impl Prepared {
    /// Works out the rows of a batch. What cannot be stored joins the rejected items.
    pub(crate) fn new(batch: Batch, received: i64) -> Self {
        let (objects, mut batch) = {
            let mut batch = batch;
            (std::mem::take(&mut batch.objects), batch)
        };
        // A batch whose objects were put in by hand may hold one without an id; this sets it aside.
        batch.extend(objects);
        let rows = if batch.objects.len() < PARALLEL_MIN {
            rows(&batch.objects)
        } else {
            let (left, right) = batch.objects.split_at(batch.objects.len() / 2);
            thread::scope(|scope| {
                let handle = scope.spawn(|| rows(right));
                let mut all = rows(left);
                all.extend(handle.join().unwrap_or_else(|_| rows(right)));
                all
            })
        };
        Self { batch, rows, received }
    }
}

fn rows(objects: &[RawObject]) -> Vec<Row> {
    objects.iter().map(Row::of).collect()
}

impl Row {
    /// The row of an object that has a type and an id.
    pub(crate) fn of(object: &RawObject) -> Self {
        let found = IndexRows::of(object);
        let key = object.id().and_then(|id| Id::lenient(id).ok()).map(|id| words::id_key(&id));
        let bits = found.observable_types.iter().map(words::observable_bit);
        Self {
            key: key.unwrap_or_default(),
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
                source: words::id_key(&ends.source),
                target: words::id_key(&ends.target),
                relationship_type: Word::from(&*ends.relationship_type),
            }),
        }
    }
}
