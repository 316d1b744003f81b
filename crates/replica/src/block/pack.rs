//! Objects on their way into blocks.

use std::{borrow::Borrow, mem};

use inthreat_stix::RawObject;
use zstd::zstd_safe::CParameter;

use super::{FRAME_BYTES_MIN, FRAME_OBJECTS_MAX, LEVEL, checksum};
use crate::{dictionary::Dictionary, fault::Fault, schema};

/// A block is closed when it holds as many objects, or when a page of the database has no room for more of them: a row that
/// fits is read where it lies, and one that fills its page wastes none of it. 35 bytes of a page are not for a row, and what
/// is not `ends`, `frames` and `data` takes up to 29.
const OBJECTS_MAX: usize = 128;
pub(super) const BYTES_MAX: usize = schema::PAGE_SIZE - 64;

/// A block as it is stored.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) first_sequence: i64,
    /// The number of its dictionary; 0 for none.
    pub(crate) dictionary: i64,
    /// Where each object ends in the text: four bytes each, little-endian.
    pub(crate) ends: Vec<u8>,
    /// How many objects there are up to the end of each frame, and where it ends in the data: four bytes each,
    /// little-endian.
    pub(crate) frames: Vec<u8>,
    pub(crate) checksum: i64,
    pub(crate) data: Vec<u8>,
}

/// Packs objects that follow each other, the first of which has this sequence.
pub(crate) fn pack(
    first_sequence: i64,
    dictionary: Option<&Dictionary>,
    objects: impl IntoIterator<Item: Borrow<RawObject>>,
    each: impl FnMut(Packed),
) -> Result<(), Fault> {
    pack_slots(first_sequence, dictionary, objects.into_iter().map(Some), each)
}

/// Like [`pack`]; where there is no object, one was dropped.
pub(crate) fn pack_slots(
    first_sequence: i64,
    dictionary: Option<&Dictionary>,
    slots: impl IntoIterator<Item = Option<impl Borrow<RawObject>>>,
    mut each: impl FnMut(Packed),
) -> Result<(), Fault> {
    let mut packer = Packer::new(first_sequence, dictionary)?;
    for slot in slots {
        if let Some(block) = packer.add(slot.as_ref().map(Borrow::borrow))? {
            each(block);
        }
    }
    packer.finish()?.for_each(each);
    Ok(())
}

/// A block that is being filled.
struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    dictionary: i64,
    first: i64,
    /// The text of the frame at hand, and where its objects end.
    text: Vec<u8>,
    text_ends: Vec<usize>,
    /// How long the text of the closed frames is.
    closed: usize,
    ends: Vec<u8>,
    frames: Vec<u8>,
    data: Vec<u8>,
}

impl Packer {
    fn new(first: i64, dictionary: Option<&Dictionary>) -> Result<Self, Fault> {
        let mut compressor = match dictionary {
            Some(dictionary) => zstd::bulk::Compressor::with_dictionary(LEVEL, &dictionary.bytes)?,
            None => zstd::bulk::Compressor::new(LEVEL)?,
        };
        // The block tells which one it is.
        compressor.set_parameter(CParameter::DictIdFlag(false))?;
        Ok(Self {
            compressor,
            dictionary: dictionary.map_or(0, |dictionary| dictionary.number),
            first,
            text: Vec::with_capacity(FRAME_BYTES_MIN * 2),
            text_ends: Vec::new(),
            closed: 0,
            ends: Vec::new(),
            frames: Vec::new(),
            data: Vec::new(),
        })
    }

    /// Adds an object, or the place of one that was dropped; gives the block that it had no room in.
    fn add(&mut self, object: Option<&RawObject>) -> Result<Option<Packed>, Fault> {
        self.text.extend_from_slice(object.map(RawObject::as_bytes).unwrap_or_default());
        if u32::try_from(self.text.len()).is_err() {
            let id = object.and_then(RawObject::id).unwrap_or_default();
            let message = format!("object `{id}` is longer than 4 GiB");
            return Err(Fault::Told(inthreat_store::ErrorKind::Io, message));
        }
        self.text_ends.push(self.text.len());
        if self.text_ends.len() < FRAME_OBJECTS_MAX && self.text.len() < FRAME_BYTES_MIN {
            return Ok(None);
        }
        self.close_frame()
    }

    fn close_frame(&mut self) -> Result<Option<Packed>, Fault> {
        let frame = self.compressor.compress(&self.text)?;
        let full = if self.has_room(frame.len()) { None } else { self.close() };
        self.data.extend_from_slice(&frame);
        for end in self.text_ends.drain(..) {
            push(&mut self.ends, self.closed + end);
        }
        self.closed += self.text.len();
        self.text.clear();
        push(&mut self.frames, self.ends.len() / 4);
        push(&mut self.frames, self.data.len());
        Ok(full)
    }

    /// Whether the frame at hand, compressed to so many bytes, has room beside those that are closed.
    fn has_room(&self, compressed: usize) -> bool {
        let objects = self.ends.len() / 4 + self.text_ends.len();
        let bytes = self.ends.len() + self.frames.len() + self.data.len();
        let more = 4 * self.text_ends.len() + 8 + compressed;
        let can_end = u32::try_from(self.closed + self.text.len()).is_ok();
        objects <= OBJECTS_MAX && bytes + more <= BYTES_MAX && can_end
    }

    /// Gives the closed frames as a block, if there are any, and begins the next one.
    fn close(&mut self) -> Option<Packed> {
        if self.frames.is_empty() {
            return None;
        }
        let (first_sequence, dictionary) = (self.first, self.dictionary);
        let ends = mem::take(&mut self.ends);
        let frames = mem::take(&mut self.frames);
        let data = mem::take(&mut self.data);
        let checksum = checksum(first_sequence, dictionary, &ends, &frames, &data);
        self.first += (ends.len() / 4).cast_signed() as i64;
        self.closed = 0;
        Some(Packed { first_sequence, dictionary, ends, frames, checksum, data })
    }

    /// Gives what is left.
    fn finish(mut self) -> Result<impl Iterator<Item = Packed>, Fault> {
        let full = if self.text_ends.is_empty() { None } else { self.close_frame()? };
        Ok(full.into_iter().chain(self.close()))
    }
}

/// Texts of a block are shorter than 4 GiB together, and zstd never makes one much longer.
fn push(numbers: &mut Vec<u8>, number: usize) {
    numbers.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}
