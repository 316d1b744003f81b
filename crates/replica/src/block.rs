//! Bodies: some objects together, compressed, with a checksum.

use std::{borrow::Borrow, fmt, sync::Arc};

use inthreat_stix::RawObject;
use rusqlite::{OptionalExtension, params};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::{fault::Fault, reader::Reader, words};

/// How many objects a block has, at most.
pub(crate) const OBJECTS_MAX: usize = 16;
/// A block is closed when it holds as many bytes.
const BYTES_MIN: usize = 64 << 10;
const LEVEL: i32 = 1;

/// The hash of an object's bytes, by which versions are told apart.
pub(crate) fn hash(bytes: &[u8]) -> i64 {
    xxh3_64(bytes).cast_signed()
}

/// A block as it is stored.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) first_sequence: i64,
    /// Where each object ends in the text: four bytes each, little-endian.
    pub(crate) ends: Vec<u8>,
    pub(crate) checksum: i64,
    pub(crate) data: Vec<u8>,
}

fn checksum(first_sequence: i64, ends: &[u8], data: &[u8]) -> i64 {
    let mut state = Xxh3::new();
    state.update(&first_sequence.to_le_bytes());
    state.update(ends);
    state.update(data);
    state.digest().cast_signed()
}

/// Packs objects that follow each other, the first of which has this sequence.
pub(crate) fn pack(
    first_sequence: i64,
    objects: impl IntoIterator<Item: Borrow<RawObject>>,
    mut each: impl FnMut(Packed),
) -> Result<(), Fault> {
    let mut packer = Packer::new(first_sequence)?;
    for object in objects {
        packer.add(object.borrow())?;
        if packer.is_full() {
            each(packer.close()?);
        }
    }
    if !packer.ends.is_empty() {
        each(packer.close()?);
    }
    Ok(())
}

/// A block that is being filled.
struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    first: i64,
    text: Vec<u8>,
    ends: Vec<u8>,
}

impl Packer {
    fn new(first: i64) -> Result<Self, Fault> {
        let compressor = zstd::bulk::Compressor::new(LEVEL)?;
        let text = Vec::with_capacity(BYTES_MIN);
        Ok(Self { compressor, first, text, ends: Vec::with_capacity(OBJECTS_MAX * 4) })
    }

    fn add(&mut self, object: &RawObject) -> Result<(), Fault> {
        self.text.extend_from_slice(object.as_bytes());
        let end = u32::try_from(self.text.len()).map_err(|_| {
            let id = object.id().unwrap_or_default();
            let message = format!("object `{id}` is longer than 4 GiB");
            Fault::Told(inthreat_store::ErrorKind::Io, message)
        })?;
        self.ends.extend_from_slice(&end.to_le_bytes());
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.ends.len() == OBJECTS_MAX * 4 || self.text.len() >= BYTES_MIN
    }

    /// Gives the block, and begins the next one.
    fn close(&mut self) -> Result<Packed, Fault> {
        let data = self.compressor.compress(&self.text)?;
        let first_sequence = self.first;
        let ends = std::mem::replace(&mut self.ends, Vec::with_capacity(OBJECTS_MAX * 4));
        let checksum = checksum(first_sequence, &ends, &data);
        self.first += (ends.len() / 4).cast_signed() as i64;
        self.text.clear();
        Ok(Packed { first_sequence, ends, checksum, data })
    }
}

/// A block as it is read.
pub(crate) struct Block {
    pub(crate) first_sequence: i64,
    ends: Vec<u32>,
    text: Vec<u8>,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({}..+{})", self.first_sequence, self.ends.len())
    }
}

impl Block {
    /// How much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.text.len() + self.ends.len() * 4 + 100
    }

    /// How many objects it holds.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn contains(&self, sequence: i64) -> bool {
        self.slot(sequence).is_some_and(|slot| slot < self.ends.len())
    }

    fn slot(&self, sequence: i64) -> Option<usize> {
        usize::try_from(sequence.checked_sub(self.first_sequence)?).ok()
    }

    /// The text of the object with this sequence.
    pub(crate) fn text(&self, sequence: i64) -> Option<&[u8]> {
        let slot = self.slot(sequence)?;
        let end = *self.ends.get(slot)? as usize;
        let start = match slot.checked_sub(1) {
            None => 0,
            Some(before) => *self.ends.get(before)? as usize,
        };
        self.text.get(start..end)
    }

    /// The object with this sequence.
    pub(crate) fn object(&self, sequence: i64) -> Result<RawObject, Fault> {
        let text = self.text(sequence).ok_or_else(|| missing(sequence))?;
        RawObject::new(text)
            .map_err(|error| Fault::corrupt(format!("object {sequence}: {}", error.reason())))
    }

    /// Opens a stored block; an error says what is wrong with it.
    pub(crate) fn unpack(
        decompressor: &mut zstd::bulk::Decompressor<'static>,
        (first_sequence, ends, expected, data): (i64, &[u8], i64, &[u8]),
    ) -> Result<Self, String> {
        if checksum(first_sequence, ends, data) != expected {
            return Err("its checksum does not match".into());
        }
        let ends: Vec<u32> =
            ends.as_chunks().0.iter().map(|end| u32::from_le_bytes(*end)).collect();
        let length = ends.last().map_or(0, |end| *end as usize);
        let text = decompressor.decompress(data, length).map_err(|error| error.to_string())?;
        if text.len() != length || !ends.is_sorted() {
            return Err("its length does not match".into());
        }
        Ok(Self { first_sequence, ends, text })
    }
}

fn missing(sequence: i64) -> Fault {
    Fault::corrupt(format!("no block holds object {sequence}"))
}

impl Reader {
    /// The object with this sequence, by way of the block cache.
    pub(crate) fn object(&mut self, sequence: i64) -> Result<RawObject, Fault> {
        if let Some(block) = self.cache.find(sequence) {
            return block.object(sequence);
        }
        let block = Arc::new(self.block_of(sequence)?);
        let object = block.object(sequence)?;
        self.cache.insert(block);
        Ok(object)
    }

    /// The objects with these sequences, in their order; for long walks, which would only wash the cache out.
    pub(crate) fn objects_in_order(&mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        let mut objects = Vec::with_capacity(sequences.len());
        let mut at_hand: Option<Arc<Block>> = None;
        for sequence in sequences {
            let block = match at_hand.take().filter(|block| block.contains(*sequence)) {
                Some(block) => block,
                None => match self.cache.find(*sequence) {
                    Some(block) => block,
                    None => Arc::new(self.block_of(*sequence)?),
                },
            };
            objects.push(block.object(*sequence)?);
            at_hand = Some(block);
        }
        Ok(objects)
    }

    /// Reads the block that holds a sequence, and checks it.
    pub(crate) fn block_of(&mut self, sequence: i64) -> Result<Block, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first_sequence, ends, checksum, data FROM blocks
             WHERE first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1",
        )?;
        let decompressor = &mut self.decompressor;
        let found = statement
            .query_row([sequence], |row| {
                let first: i64 = row.get(0)?;
                let ends = row.get_ref(1)?.as_blob()?;
                let checksum = row.get(2)?;
                let data = row.get_ref(3)?.as_blob()?;
                Ok((first, Block::unpack(decompressor, (first, ends, checksum, data))))
            })
            .optional()?;
        match found {
            Some((_, Ok(block))) => Ok(block),
            Some((first, Err(reason))) => Err(self.damaged(first, &reason)),
            None => Err(missing(sequence)),
        }
    }

    /// Names a damaged block and the objects in it.
    pub(crate) fn damaged(&self, first_sequence: i64, reason: &str) -> Fault {
        let ids = self.ids_in_block(first_sequence).unwrap_or_default();
        let ids = if ids.is_empty() { "unknown objects".to_owned() } else { ids.join("`, `") };
        Fault::corrupt(format!("block {first_sequence} is damaged ({reason}); it holds `{ids}`"))
    }

    fn ids_in_block(&self, first_sequence: i64) -> Result<Vec<String>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT i.key FROM objects o JOIN ids i ON i.n = o.id WHERE o.sequence >= ?1 AND o.sequence
             < coalesce((SELECT min(first_sequence) FROM blocks WHERE first_sequence > ?1), ?1 + ?2)
             ORDER BY o.sequence LIMIT ?2",
        )?;
        let limit = i64::try_from(OBJECTS_MAX).unwrap_or(i64::MAX);
        let keys = statement.query_map(params![first_sequence, limit], |row| row.get(0))?;
        keys.map(|key: Result<Vec<u8>, _>| Ok(words::key_id(&key?)?.to_string())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches an object that is cut short, lost or moved to another place when blocks are packed.
        #[test]
        fn blocks_give_their_objects_back(lengths in prop::collection::vec(0_usize..20_000, 1..60)) {
            let texts: Vec<String> = lengths
                .iter()
                .enumerate()
                .map(|(index, length)| format!("{{\"id\":\"{index}\",\"x\":\"{}\"}}", "y".repeat(*length)))
                .collect();
            let objects: Vec<RawObject> =
                texts.iter().map(|text| RawObject::new(text.as_str()).unwrap()).collect();
            let mut blocks = Vec::new();
            pack(5, &objects, |block| blocks.push(block)).unwrap();
            let mut decompressor = zstd::bulk::Decompressor::new().unwrap();
            let mut sequence = 5;
            for packed in blocks {
                prop_assert_eq!(packed.first_sequence, sequence);
                let stored = (packed.first_sequence, &*packed.ends, packed.checksum, &*packed.data);
                let block = Block::unpack(&mut decompressor, stored).unwrap();
                for _ in 0..block.len() {
                    let index = usize::try_from(sequence - 5).unwrap();
                    let object = block.object(sequence).unwrap();
                    prop_assert_eq!(object.as_str(), &texts[index]);
                    sequence += 1;
                }
                prop_assert!(block.object(sequence).is_err());
            }
            prop_assert_eq!(sequence - 5, i64::try_from(texts.len()).unwrap());
        }
    }
}
