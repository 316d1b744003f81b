//! Bodies: objects together in a row, compressed in frames that can be opened alone, with a checksum.

mod pack;

use std::{fmt, io::Cursor, sync::Arc};

use inthreat_stix::{RawObject, split};
use rusqlite::{OptionalExtension, Row, params, types::ValueRef};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub(crate) use self::pack::{Packed, pack, pack_slots};
use crate::{fault::Fault, key::Key, reader::Reader};

/// A frame is closed when it holds as many objects, or as many bytes of text: what is opened to read one object.
const FRAME_OBJECTS_MAX: usize = 32;
const FRAME_BYTES_MIN: usize = 1 << 11;
/// How zstd compresses. With a dictionary, higher levels gain little.
pub(crate) const LEVEL: i32 = 1;

/// The hash of an object's bytes, by which versions are told apart.
pub(crate) fn hash(bytes: &[u8]) -> i64 {
    xxh3_64(bytes).cast_signed()
}

fn checksum(first_sequence: i64, dictionary: i64, ends: &[u8], frames: &[u8], data: &[u8]) -> i64 {
    let mut state = Xxh3::new();
    state.update(&first_sequence.to_le_bytes());
    state.update(&dictionary.to_le_bytes());
    state.update(ends);
    state.update(frames);
    state.update(data);
    state.digest().cast_signed()
}

/// Frames of a block that follow each other, as they are read.
pub(crate) struct Block {
    pub(crate) first_sequence: i64,
    objects: Vec<RawObject>,
    /// How long their text is, in bytes.
    length: usize,
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({}..+{})", self.first_sequence, self.objects.len())
    }
}

impl Block {
    /// A frame of one object.
    #[cfg(test)]
    pub(crate) fn alone(first_sequence: i64, text: String) -> Self {
        let ends = [u32::try_from(text.len()).unwrap()];
        Self { first_sequence, length: text.len(), objects: split::kept(text, &ends).unwrap() }
    }

    /// How much memory it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        self.length + self.objects.len() * size_of::<RawObject>() + 100
    }

    pub(crate) fn contains(&self, sequence: i64) -> bool {
        self.slot(sequence).is_some_and(|slot| slot < self.objects.len())
    }

    fn slot(&self, sequence: i64) -> Option<usize> {
        usize::try_from(sequence.checked_sub(self.first_sequence)?).ok()
    }

    /// The object with this sequence.
    pub(crate) fn object(&self, sequence: i64) -> Result<RawObject, Fault> {
        let found = self.slot(sequence).and_then(|slot| self.objects.get(slot));
        let found = found.filter(|object| !is_dropped(object));
        found.cloned().ok_or_else(|| missing(sequence))
    }

    /// All its sequences and their objects; `None` for one that was dropped.
    pub(crate) fn into_slots(self) -> impl Iterator<Item = (i64, Option<RawObject>)> {
        let slots = self.objects.into_iter().map(|object| (!is_dropped(&object)).then_some(object));
        (self.first_sequence..).zip(slots)
    }

    /// All its objects and their sequences, but for those that were dropped.
    pub(crate) fn into_objects(self) -> impl Iterator<Item = (i64, RawObject)> {
        self.into_slots().filter_map(|(sequence, object)| Some((sequence, object?)))
    }
}

/// An object that was dropped has no text.
fn is_dropped(object: &RawObject) -> bool {
    object.as_bytes().is_empty()
}

/// The text of frames that follow each other, whatever it holds, and where its objects end.
struct Text {
    first_sequence: i64,
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Text {
    /// The text of each object and its sequence.
    fn parts(&self) -> impl Iterator<Item = (i64, &[u8])> {
        let ends = self.ends.iter().map(|end| *end as usize);
        let parts = std::iter::once(0).chain(ends.clone()).zip(ends);
        let parts = parts.map(|(start, end)| self.bytes.get(start..end).unwrap_or_default());
        (self.first_sequence..).zip(parts)
    }

    /// The objects of a text that is what was written.
    fn into_block(self) -> Result<Block, String> {
        let (first_sequence, length) = (self.first_sequence, self.bytes.len());
        let objects = split::kept(self.bytes, &self.ends).ok_or("its text is not UTF-8")?;
        Ok(Block { first_sequence, objects, length })
    }
}

/// A row of `blocks`, borrowed from the database.
struct Stored<'a> {
    first_sequence: i64,
    dictionary: i64,
    ends: &'a [u8],
    frames: &'a [u8],
    checksum: i64,
    data: &'a [u8],
}

/// One frame: which objects it holds, by their place in the block, and where it stands in the data.
#[derive(Clone, Copy)]
struct Frame {
    objects: (usize, usize),
    data: (usize, usize),
}

impl<'a> Stored<'a> {
    fn of(row: &'a Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            first_sequence: row.get(0)?,
            dictionary: row.get(1)?,
            ends: row.get_ref(2)?.as_blob()?,
            frames: row.get_ref(3)?.as_blob()?,
            checksum: row.get(4)?,
            data: row.get_ref(5)?.as_blob()?,
        })
    }

    fn is_intact(&self) -> bool {
        let Self { first_sequence, dictionary, ends, frames, data, .. } = *self;
        checksum(first_sequence, dictionary, ends, frames, data) == self.checksum
    }

    fn frames(&self) -> impl Iterator<Item = Frame> {
        let mut before = (0, 0);
        self.frames.as_chunks::<8>().0.iter().map(move |frame| {
            let numbers = frame.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
            let mut numbers = numbers.map(|number| number as usize);
            let objects = numbers.next().unwrap_or_default();
            let data = numbers.next().unwrap_or_default();
            let frame = Frame { objects: (before.0, objects), data: (before.1, data) };
            before = (objects, data);
            frame
        })
    }

    fn end(&self, object: usize) -> Option<u32> {
        let end = self.ends.as_chunks().0.get(object)?;
        Some(u32::from_le_bytes(*end))
    }

    /// Where the text of a frame begins, as the block tells.
    fn start(&self, frame: Frame) -> Option<u32> {
        frame.objects.0.checked_sub(1).map_or(Some(0), |before| self.end(before))
    }

    /// How long the text of a frame is, as the block tells.
    fn length(&self, frame: Frame) -> Option<usize> {
        let end = frame.objects.1.checked_sub(1).and_then(|last| self.end(last))?;
        end.checked_sub(self.start(frame)?).map(|length| length as usize)
    }

    /// Whether zstd's own header has the length that the block tells, so that damage cannot ask for much memory.
    fn tells_length(&self, frame: Frame) -> bool {
        let data = self.data.get(frame.data.0..frame.data.1);
        let told = data.and_then(|data| zstd::zstd_safe::get_frame_content_size(data).ok()?);
        let told = told.and_then(|told| usize::try_from(told).ok());
        told.is_some() && told == self.length(frame)
    }

    /// Opens frames that follow each other; an error says what is wrong with them.
    fn open(
        &self,
        frames: &[Frame],
        decompressor: &mut zstd::bulk::Decompressor<'static>,
    ) -> Result<Text, String> {
        let wrong = || "its length does not match".to_owned();
        let (first, last) = frames.first().zip(frames.last()).ok_or_else(wrong)?;
        let start = self.start(*first).ok_or_else(wrong)?;
        let ends: Option<Vec<u32>> = (first.objects.0..last.objects.1)
            .map(|object| self.end(object)?.checked_sub(start))
            .collect();
        let ends = ends.filter(|ends| ends.is_sorted()).ok_or_else(wrong)?;
        let length = ends.last().map_or(0, |end| *end as usize);
        // Each frame is written behind the one before.
        let mut text = Cursor::new(Vec::with_capacity(length));
        for frame in frames {
            let length = self.length(*frame).ok_or_else(wrong)?;
            let data = self.data.get(frame.data.0..frame.data.1).ok_or_else(wrong)?;
            let written = decompressor.decompress_to_buffer(data, &mut text);
            if written.map_err(|error| error.to_string())? != length {
                return Err(wrong());
            }
            text.set_position(text.get_ref().len() as u64);
        }
        let bytes = text.into_inner();
        if bytes.len() != length {
            return Err(wrong());
        }
        let place = i64::try_from(first.objects.0).unwrap_or(i64::MAX);
        Ok(Text { first_sequence: self.first_sequence.saturating_add(place), bytes, ends })
    }
}

fn missing(sequence: i64) -> Fault {
    Fault::corrupt(format!("no block holds object {sequence}"))
}

impl Reader {
    /// The object with this sequence, by way of the block cache.
    pub(crate) fn object(&mut self, sequence: i64) -> Result<RawObject, Fault> {
        self.allowance.take_row()?;
        if let Some(block) = self.cache.find(sequence) {
            return block.object(sequence);
        }
        let block = self.frames(sequence, sequence)?.pop().ok_or_else(|| missing(sequence))?;
        let object = block.object(sequence)?;
        self.cache.insert(Arc::new(block));
        Ok(object)
    }

    /// The objects with these sequences, which grow; for long walks, which would only wash the cache out.
    pub(crate) fn objects_in_order(&mut self, sequences: &[i64]) -> Result<Vec<RawObject>, Fault> {
        let mut objects = Vec::with_capacity(sequences.len());
        let mut at_hand = Vec::new().into_iter();
        let mut block: Option<Block> = None;
        for (place, sequence) in sequences.iter().enumerate() {
            while !block.as_ref().is_some_and(|block| block.contains(*sequence)) {
                block = at_hand.next();
                if block.is_none() {
                    let rest = sequences.get(place..).unwrap_or_default();
                    at_hand = self.frames_of(rest)?.into_iter();
                    block = Some(at_hand.next().ok_or_else(|| missing(*sequence))?);
                }
            }
            if let Some(block) = &block {
                objects.push(block.object(*sequence)?);
            }
        }
        Ok(objects)
    }

    /// The frames of the block that holds the first of these sequences, as far as they hold any of them.
    fn frames_of(&mut self, sequences: &[i64]) -> Result<Vec<Block>, Fault> {
        let Some(first) = sequences.first() else { return Ok(Vec::new()) };
        self.open_block(*first, |from, to| {
            let before = sequences.partition_point(|sequence| *sequence < from);
            sequences.get(before).is_some_and(|sequence| *sequence < to)
        })
    }

    /// The first sequence of the block that holds a sequence.
    pub(crate) fn block_of(&self, sequence: i64) -> Result<i64, Fault> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT max(first_sequence) FROM blocks WHERE first_sequence <= ?1")?;
        let first: Option<i64> = statement.query_row([sequence], |row| row.get(0))?;
        first.ok_or_else(|| missing(sequence))
    }

    /// All frames of the block that holds a sequence.
    pub(crate) fn whole_block(&mut self, sequence: i64) -> Result<Vec<Block>, Fault> {
        self.open_block(sequence, |_, _| true)
    }

    /// The frames of a block that hold sequences between these, which are included.
    fn frames(&mut self, first: i64, last: i64) -> Result<Vec<Block>, Fault> {
        self.open_block(first, |from, to| from <= last && first < to)
    }

    /// Reads the block that holds a sequence, checks it, and opens the frames that are wanted by the sequences that
    /// they begin with and end before.
    fn open_block(
        &mut self,
        sequence: i64,
        is_wanted: impl Fn(i64, i64) -> bool,
    ) -> Result<Vec<Block>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first_sequence, dictionary, ends, frames, checksum,
                 iif(length(data) <= ?2, data, NULL) FROM blocks
             WHERE first_sequence <= ?1 ORDER BY first_sequence DESC LIMIT 1",
        )?;
        let length_max =
            self.allowance.left().map_or(i64::MAX, |left| i64::try_from(left).unwrap_or(i64::MAX));
        let mut rows = statement.query([sequence, length_max])?;
        let Some(row) = rows.next()? else { return Err(missing(sequence)) };
        if row.get_ref(5)? == ValueRef::Null {
            return Err(Fault::Long);
        }
        let stored = Stored::of(row)?;
        self.allowance.take(stored.data.len())?;
        let first = stored.first_sequence;
        if !stored.is_intact() {
            return Err(self.damaged(first, "its checksum does not match"));
        }
        let decompressor = self.decompressors.of(&self.connection, stored.dictionary)?;
        let sequence_of =
            |place: usize| first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
        let wanted: Vec<Frame> = stored
            .frames()
            .filter(|frame| is_wanted(sequence_of(frame.objects.0), sequence_of(frame.objects.1)))
            .collect();
        self.allowance.take(wanted.iter().filter_map(|frame| stored.length(*frame)).sum())?;
        let opened: Result<Vec<Block>, String> = wanted
            .chunk_by(|frame, next| frame.objects.1 == next.objects.0)
            .map(|run| stored.open(run, decompressor)?.into_block())
            .collect();
        opened.map_err(|reason| self.damaged(first, &reason))
    }

    /// The texts of the objects in a block as far as they can be opened, whatever its checksum says; the caller knows
    /// their hashes.
    pub(crate) fn salvage(&mut self, first_sequence: i64) -> Result<Vec<(i64, Vec<u8>)>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT first_sequence, dictionary, ends, frames, checksum, data FROM blocks
             WHERE first_sequence = ?1",
        )?;
        let mut rows = statement.query([first_sequence])?;
        let Some(row) = rows.next()? else { return Ok(Vec::new()) };
        let stored = Stored::of(row)?;
        let decompressor = match self.decompressors.of(&self.connection, stored.dictionary) {
            Ok(decompressor) => decompressor,
            Err(Fault::Told(..)) => return Ok(Vec::new()),
            Err(fault) => return Err(fault),
        };
        let mut texts = Vec::new();
        for frame in stored.frames().filter(|frame| stored.tells_length(*frame)) {
            let Ok(text) = stored.open(&[frame], decompressor) else { continue };
            texts.extend(text.parts().map(|(sequence, part)| (sequence, part.to_vec())));
        }
        Ok(texts)
    }

    /// Names a damaged block and the objects in it.
    pub(crate) fn damaged(&self, first_sequence: i64, reason: &str) -> Fault {
        let ids = self.ids_in_block(first_sequence).unwrap_or_default();
        let ids = if ids.is_empty() { "unknown objects".to_owned() } else { ids.join("`, `") };
        Fault::corrupt(format!("block {first_sequence} is damaged ({reason}); it holds `{ids}`"))
    }

    fn ids_in_block(&self, first_sequence: i64) -> Result<Vec<String>, Fault> {
        let next: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(first_sequence) FROM blocks WHERE first_sequence > ?1")?
            .query_row([first_sequence], |row| row.get(0))
            .optional()?
            .flatten();
        let mut statement = self.connection.prepare_cached(
            "SELECT key FROM objects WHERE sequence >= ?1 AND sequence < ?2 ORDER BY sequence",
        )?;
        let keys = statement
            .query_map(params![first_sequence, next.unwrap_or(i64::MAX)], |row| row.get(0))?;
        keys.map(|key: Result<Key, _>| Ok(key?.id()?.to_string())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dictionary::{self, Dictionary};

    fn objects(lengths: &[usize]) -> Vec<RawObject> {
        let text = |(index, length): (usize, &usize)| {
            let text = format!("{{\"id\":\"{index}\",\"x\":\"{}\"}}", "y".repeat(*length));
            RawObject::new(text).unwrap()
        };
        lengths.iter().enumerate().map(text).collect()
    }

    fn unpack(packed: &Packed, dictionary: Option<&Dictionary>) -> Vec<Block> {
        let stored = Stored {
            first_sequence: packed.first_sequence,
            dictionary: packed.dictionary,
            ends: &packed.ends,
            frames: &packed.frames,
            checksum: packed.checksum,
            data: &packed.data,
        };
        assert!(stored.is_intact());
        let bytes = dictionary.map(|dictionary| &*dictionary.bytes).unwrap_or_default();
        let mut decompressor = zstd::bulk::Decompressor::with_dictionary(bytes).unwrap();
        let texts = stored.frames().map(|frame| stored.open(&[frame], &mut decompressor).unwrap());
        texts.map(|text| text.into_block().unwrap()).collect()
    }

    proptest! {
        // Catches an object that is cut short, lost or moved to another place when blocks are packed, and blocks that take more
        // than a page of the database though they could be parted.
        #[test]
        fn blocks_give_their_objects_back(
            lengths in prop::collection::vec(0_usize..20_000, 1..300),
            with_dictionary in any::<bool>(),
        ) {
            let objects = objects(&lengths);
            let dictionary = with_dictionary.then(|| dictionary::train(1, &objects)).flatten();
            let mut blocks = Vec::new();
            pack(5, dictionary.as_ref(), &objects, |block| blocks.push(block)).unwrap();
            let mut sequence = 5;
            for packed in blocks {
                prop_assert_eq!(packed.first_sequence, sequence);
                let bytes = packed.ends.len() + packed.frames.len() + packed.data.len();
                prop_assert!(bytes <= pack::BYTES_MAX || packed.frames.len() == 8);
                for block in unpack(&packed, dictionary.as_ref()) {
                    prop_assert_eq!(block.first_sequence, sequence);
                    for (found, object) in block.into_objects() {
                        let index = usize::try_from(sequence - 5).unwrap();
                        prop_assert_eq!(found, sequence);
                        prop_assert_eq!(object.as_bytes(), objects[index].as_bytes());
                        prop_assert_eq!(object.id(), objects[index].id());
                        sequence += 1;
                    }
                }
            }
            prop_assert_eq!(sequence - 5, i64::try_from(objects.len()).unwrap());
        }
    }
}
