//! Bodies that were hit: found one by one, fetched again or dropped.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use inthreat_api::Objects;
use inthreat_stix::{Id, Kind, RawObject};
use inthreat_store::{Batch, Result, Sink};
use rusqlite::{OptionalExtension, params};

use crate::{
    block, dictionary,
    fault::Fault,
    key::Key,
    reader::Reader,
    replica::Replica,
    sink::blocking,
    write::{Window, Writer},
};

/// How many rows without a body are looked at together.
const ROWS_MAX: i64 = 1024;
/// How many objects are asked for at a time.
const IDS_MAX: usize = 100;

/// What [`Replica::repair`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// How many versions of objects had a body that was not what was written, or none.
    pub hit: u64,
    /// How many of them were fetched again, byte for byte.
    pub restored: u64,
    /// How many were dropped.
    pub dropped: u64,
    /// How many objects were fetched in another version, which was written as a new one.
    pub renewed: u64,
    /// The objects of the first [`Repaired::IDS_MAX`] versions that were dropped.
    pub ids: Vec<Id>,
}

impl Repaired {
    /// How many of the dropped objects are told.
    pub const IDS_MAX: usize = 1000;
}

impl Replica {
    /// Finds the bodies that are not what was written, and mends or drops exactly these.
    ///
    /// In a block whose checksum does not match, an object is whole when its bytes have the hash of its row. All others
    /// were hit. With a source they are asked for again: an answer with the very bytes takes the old place, in the old
    /// sequence. What is left is dropped, its rows with it; then all rows are made anew, as by [`Replica::rebuild`]. The
    /// version before a dropped one counts again. At last the objects that the source has in another version are
    /// written as new ones. The sequences of dropped versions are never given again, so cursors stay good; without a source
    /// a backfill brings the objects back.
    ///
    /// Memory grows with the damage alone. A repair that is killed is begun anew by the next; [`Replica::verify`] tells
    /// what is still to be done. What `SQLite` itself cannot read is not mended: that is what copies are for. Dropping the
    /// future leaves open how much was done.
    pub async fn repair(&self, source: Option<&dyn Objects>) -> Result<Repaired> {
        self.try_repair(source).await.map_err(|fault| fault.into_store("repair", self.folder()))
    }

    async fn try_repair(&self, source: Option<&dyn Objects>) -> Result<Repaired, Fault> {
        let writer = self.writer()?;
        writer.run(|writer| writer.change(|transaction| dictionary::mend(transaction))).await?;
        let mut repaired = Repaired::default();
        let mut renewable = Vec::new();
        let mut after = 0;
        loop {
            let readers = Arc::clone(&self.readers);
            let work = move || readers.ask(|reader| reader.next_damage(after));
            let (reached, window) = blocking(work).await?;
            after = reached;
            let Some(mut window) = window else { break };
            repaired.hit += window.hit.len() as u64;
            if let Some(source) = source {
                repaired.restored += fetch(source, &mut window, &mut renewable).await?;
            }
            repaired.dropped += window.hit.len() as u64;
            for (_, key, _) in &window.hit {
                if repaired.ids.len() < Repaired::IDS_MAX {
                    repaired.ids.extend(key.id().ok());
                }
            }
            writer.run(move |writer| writer.mend(window)).await?;
        }
        // A body may have lost its row, too.
        if repaired.hit > 0 {
            writer.run(|writer: &mut Writer| writer.rebuild(|| Ok(()))).await?;
        }
        if let Some(source) = source {
            for ids in renewable.chunks(IDS_MAX) {
                let mut batch = Batch::default();
                batch.extend(ask(source, ids).await?);
                repaired.renewed += self.write(batch).await?.accepted;
            }
        }
        Ok(repaired)
    }
}

/// Fetches what was hit. Objects with the bytes of old become whole; those that the source has otherwise are told.
async fn fetch(
    source: &dyn Objects,
    window: &mut Window,
    renewable: &mut Vec<Id>,
) -> Result<u64, Fault> {
    let ids: Vec<Id> = window.hit.iter().filter_map(|(_, key, _)| key.id().ok()).collect();
    let mut found: BTreeMap<Key, RawObject> = BTreeMap::new();
    for ids in ids.chunks(IDS_MAX) {
        for object in ask(source, ids).await? {
            let id = object.id().and_then(|id| Id::lenient(id).ok());
            found.extend(id.map(|id| (Key::of(&id), object)));
        }
    }
    let mut restored = 0;
    let mut left = Vec::new();
    for (sequence, key, hash) in std::mem::take(&mut window.hit) {
        match found.get(&key) {
            // A sequence that none is given belongs to nothing.
            Some(object) if sequence > 0 && block::hash(object.as_bytes()) == hash => {
                window.whole.insert(sequence, object.clone());
                restored += 1;
                continue;
            }
            Some(_) => renewable.extend(key.id().ok()),
            None => {}
        }
        left.push((sequence, key, hash));
    }
    window.hit = left;
    Ok(restored)
}

async fn ask(source: &dyn Objects, ids: &[Id]) -> Result<Vec<RawObject>, Fault> {
    let is_relationship = |id: &&Id| id.kind() == Kind::Relationship;
    let relationships: Vec<Id> = ids.iter().filter(is_relationship).cloned().collect();
    let others: Vec<Id> = ids.iter().filter(|id| !is_relationship(id)).cloned().collect();
    let mut objects = Vec::new();
    if !relationships.is_empty() {
        objects.extend(source.relationships(relationships).await?);
    }
    if !others.is_empty() {
        objects.extend(source.objects(others).await?);
    }
    Ok(objects)
}

impl Reader {
    /// The next damage behind a block that is whole, and the last block in front of it. After it was mended, the search goes
    /// on from there.
    fn next_damage(&mut self, mut after: i64) -> Result<(i64, Option<Window>), Fault> {
        loop {
            let next = self.next_block(after)?;
            let end = if after == 0 { i64::MIN } else { self.end_of_block(after)? };
            let hit = self.hashes(end, next.unwrap_or(i64::MAX), ROWS_MAX)?;
            if !hit.is_empty() {
                return Ok((after, Some(Window { hit, ..Window::default() })));
            }
            let Some(first) = next else { return Ok((after, None)) };
            match self.whole_block(first) {
                Ok(_) => after = first,
                Err(Fault::Told(..)) => return Ok((after, Some(self.sift(first, end)?))),
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Tells the objects of a damaged block apart. What the block in front of it holds, up to `end`, is none of its own.
    fn sift(&mut self, first: i64, end: i64) -> Result<Window, Fault> {
        let next = self.next_block(first)?.unwrap_or(i64::MAX);
        let texts: BTreeMap<i64, Vec<u8>> = self.salvage(first)?.into_iter().collect();
        let mut window = Window { block: Some(first), ..Window::default() };
        for (sequence, key, hash) in self.hashes(first.max(end), next, i64::MAX)? {
            let text = texts.get(&sequence).filter(|text| block::hash(text) == hash);
            match text.and_then(|text| RawObject::new(text.as_slice()).ok()) {
                Some(object) => {
                    window.whole.insert(sequence, object);
                }
                None => window.hit.push((sequence, key, hash)),
            }
        }
        Ok(window)
    }

    /// The sequence behind the last object of a block that is whole; for 0, which is none, the first.
    pub(crate) fn end_of_block(&self, first: i64) -> Result<i64, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT length(ends) / 4 FROM blocks WHERE first_sequence = ?1")?;
        let objects: Option<i64> = statement.query_row([first], |row| row.get(0)).optional()?;
        Ok(first.saturating_add(objects.unwrap_or(0)))
    }

    /// Sequence, key and hash of the objects from one sequence up to another.
    fn hashes(&self, from: i64, to: i64, limit: i64) -> Result<Vec<(i64, Key, i64)>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT sequence, key, hash FROM objects WHERE sequence >= ?1 AND sequence < ?2
             ORDER BY sequence LIMIT ?3",
        )?;
        let rows = statement.query_map(params![from, to, limit], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
