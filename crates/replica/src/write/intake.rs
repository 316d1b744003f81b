//! A batch in its transaction: what is new of it is written, and its bodies are compressed meanwhile.

use std::{collections::VecDeque, sync::mpsc, thread};

use inthreat_stix::RawObject;
use inthreat_store::{Batch, Commit, Written};
use rusqlite::{Connection, Transaction, params};

use super::{decide::Plan, insert, tail::Tail};
use crate::{
    block, cursors,
    dictionary::{Dictionary, Trainer},
    fault::Fault,
    prepare::{Incoming, Row},
    words::Coiner,
};

/// How many parts of a batch may wait for their derived rows to be noted.
const PARTS_WAITING_MAX: usize = 4;

/// The transaction that a batch is written in.
pub(super) struct Intake<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) coiner: &'a mut Coiner,
    pub(super) trainer: &'a mut Trainer,
    pub(super) tail: &'a mut Tail,
}

impl Intake<'_> {
    /// Takes a batch, whose first object that is accepted gets this sequence.
    pub(super) fn take(
        &mut self,
        incoming: &Incoming,
        received: i64,
        first: i64,
        commit: Option<&Commit>,
    ) -> Result<(Written, u64), Fault> {
        let generation = match commit {
            Some(commit) => cursors::commit(self.transaction, commit)?,
            None => 0,
        };
        let batch = &incoming.batch;
        let dictionary =
            self.trainer.dictionary(self.transaction, batch.objects(), first)?.cloned();
        let mut written = if incoming.is_large() {
            self.large(incoming, first, dictionary.as_ref())?
        } else {
            self.small(incoming, first, dictionary.as_ref())?
        };
        set_aside(self.transaction, batch, received)?;
        written.quarantined = batch.rejected.len() as u64;
        Ok((written, generation))
    }

    /// Writes a few objects.
    fn small(
        &mut self,
        incoming: &Incoming,
        first: i64,
        dictionary: Option<&Dictionary>,
    ) -> Result<Written, Fault> {
        let mut bodies = Vec::new();
        let written = self.parts(incoming, first, |_, part| {
            bodies.extend(part);
            Ok(())
        })?;
        let mut blocks = Vec::new();
        block::pack(first, dictionary, bodies, |packed| blocks.push(packed))?;
        insert::blocks(self.transaction, blocks)?;
        Ok(written)
    }

    /// Writes many objects: a part is compressed while the next one is inserted.
    fn large(
        &mut self,
        incoming: &Incoming,
        first: i64,
        dictionary: Option<&Dictionary>,
    ) -> Result<Written, Fault> {
        thread::scope(|scope| {
            // Whoever leaves early closes the channels: the helper then finds nobody to work for, and ends.
            let (decided, bodies) = mpsc::channel::<Vec<&RawObject>>();
            let (packed, blocks) = mpsc::channel();
            let packing = thread::Builder::new().name("replica-pack".into());
            let packing = packing.spawn_scoped(scope, move || {
                block::pack(first, dictionary, bodies.into_iter().flatten(), |block| {
                    let _ = packed.send(block);
                })
            })?;
            let written = self.parts(incoming, first, |transaction, part| {
                let _ = decided.send(part);
                insert::blocks(transaction, blocks.try_iter())
            })?;
            drop(decided);
            insert::blocks(self.transaction, blocks)?;
            let ended = |_| Fault::corrupt("a thread that helps to write ended early");
            packing.join().map_err(ended)??;
            Ok(written)
        })
    }

    /// Writes the rows of objects part by part, and hands over those whose bodies are to be stored. What the derived tables get
    /// of them comes later, while the bodies are compressed.
    fn parts<'b>(
        &mut self,
        incoming: &'b Incoming,
        first: i64,
        mut each: impl FnMut(&Transaction<'_>, Vec<&'b RawObject>) -> Result<(), Fault>,
    ) -> Result<Written, Fault> {
        let mut written = Written::default();
        let mut next = first;
        let mut waiting = VecDeque::new();
        for part in incoming.parts() {
            let (objects, rows) = part?;
            let (taken, bodies) = self.part(objects, rows, next)?;
            written += taken.plan.written;
            next = next.saturating_add(i64::try_from(bodies.len()).unwrap_or(i64::MAX));
            each(self.transaction, bodies)?;
            waiting.push_back(taken);
            if waiting.len() > PARTS_WAITING_MAX
                && let Some(taken) = waiting.pop_front()
            {
                self.index(&taken)?;
            }
        }
        for taken in waiting {
            self.index(&taken)?;
        }
        Ok(written)
    }

    /// Writes the rows of some objects, and gives those whose bodies are to be stored, in their order.
    fn part<'b>(
        &mut self,
        objects: &'b [RawObject],
        rows: Vec<Row>,
        first: i64,
    ) -> Result<(Taken, Vec<&'b RawObject>), Fault> {
        let plan = Plan::new(self.transaction, self.tail, &rows, first)?;
        insert::objects(self.transaction, self.coiner, &plan, &rows, first)?;
        let mut bodies = Vec::with_capacity(plan.accepted.len());
        for (accepted, sequence) in plan.accepted.iter().zip(first..) {
            if let (Some(row), Some(object)) =
                (rows.get(accepted.index), objects.get(accepted.index))
            {
                bodies.push(object);
                self.tail.note(&row.key, sequence, accepted.replaces);
            }
        }
        Ok((Taken { plan, rows, first }, bodies))
    }

    /// Notes what the derived tables get of a part.
    fn index(&mut self, taken: &Taken) -> Result<(), Fault> {
        for (accepted, sequence) in taken.plan.accepted.iter().zip(taken.first..) {
            if let Some(row) = taken.rows.get(accepted.index) {
                self.tail.add(self.transaction, self.coiner, sequence, row)?;
            }
        }
        Ok(())
    }
}

/// A part of a batch that stands in `objects`.
struct Taken {
    plan: Plan,
    rows: Vec<Row>,
    /// The sequence of the first object that was accepted.
    first: i64,
}

fn set_aside(connection: &Connection, batch: &Batch, received: i64) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO quarantine (digest, feed, place, reason, received, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (digest) DO NOTHING",
    )?;
    for rejected in &batch.rejected {
        statement.execute(params![
            block::hash(rejected.as_bytes()),
            batch.feed.as_str(),
            i64::try_from(rejected.index()).unwrap_or(i64::MAX),
            rejected.reason(),
            received,
            rejected.as_bytes(),
        ])?;
    }
    Ok(())
}
