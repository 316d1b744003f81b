//! Objects on their way into blocks.

use std::borrow::Borrow;

use inthreat_stix::RawObject;

use super::{FRAME_BYTES_MIN, FRAME_OBJECTS_MAX, LEVEL, checksum};
use crate::{dictionary::Dictionary, fault::Fault};

/// A block is closed when it holds as many objects, or as many compressed bytes.
const OBJECTS_MAX: usize = 128;
const BYTES_MIN: usize = 16 << 10;

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
        packer.add(slot.as_ref().map(Borrow::borrow))?;
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
    dictionary: i64,
    first: i64,
    /// The text of the frame at hand.
    text: Vec<u8>,
    /// How long the text of the closed frames is.
    closed: usize,
    /// How many objects are in the closed frames.
    closed_objects: usize,
    ends: Vec<u8>,
    frames: Vec<u8>,
    data: Vec<u8>,
}

impl Packer {
    fn new(first: i64, dictionary: Option<&Dictionary>) -> Result<Self, Fault> {
        let compressor = match dictionary {
            Some(dictionary) => zstd::bulk::Compressor::with_dictionary(LEVEL, &dictionary.bytes)?,
            None => zstd::bulk::Compressor::new(LEVEL)?,
        };
        Ok(Self {
            compressor,
            dictionary: dictionary.map_or(0, |dictionary| dictionary.number),
            first,
            text: Vec::with_capacity(FRAME_BYTES_MIN * 2),
            closed: 0,
            closed_objects: 0,
            ends: Vec::new(),
            frames: Vec::new(),
            data: Vec::new(),
        })
    }

    fn objects(&self) -> usize {
        self.ends.len() / 4
    }

    fn add(&mut self, object: Option<&RawObject>) -> Result<(), Fault> {
        self.text.extend_from_slice(object.map(RawObject::as_bytes).unwrap_or_default());
        let end = u32::try_from(self.closed + self.text.len()).map_err(|_| {
            let id = object.and_then(RawObject::id).unwrap_or_default();
            let message = format!("object `{id}` is longer than 4 GiB");
            Fault::Told(inthreat_store::ErrorKind::Io, message)
        })?;
        self.ends.extend_from_slice(&end.to_le_bytes());
        let in_frame = self.objects() - self.closed_objects;
        if in_frame == FRAME_OBJECTS_MAX || self.text.len() >= FRAME_BYTES_MIN {
            self.close_frame()?;
        }
        Ok(())
    }

    fn close_frame(&mut self) -> Result<(), Fault> {
        let frame = self.compressor.compress(&self.text)?;
        self.data.extend_from_slice(&frame);
        self.closed += self.text.len();
        self.text.clear();
        self.closed_objects = self.objects();
        for number in [self.closed_objects, self.data.len()] {
            // What is compressed was shorter than 4 GiB, and zstd never makes it much longer.
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            self.frames.extend_from_slice(&number.to_le_bytes());
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.objects() == self.closed_objects
            && (self.objects() >= OBJECTS_MAX || self.data.len() >= BYTES_MIN)
    }

    /// Gives the block, and begins the next one.
    fn close(&mut self) -> Result<Packed, Fault> {
        if self.objects() > self.closed_objects {
            self.close_frame()?;
        }
        let (first_sequence, dictionary) = (self.first, self.dictionary);
        let ends = std::mem::take(&mut self.ends);
        let frames = std::mem::take(&mut self.frames);
        let data = std::mem::take(&mut self.data);
        let checksum = checksum(first_sequence, dictionary, &ends, &frames, &data);
        self.first += (ends.len() / 4).cast_signed() as i64;
        (self.closed, self.closed_objects) = (0, 0);
        Ok(Packed { first_sequence, dictionary, ends, frames, checksum, data })
    }
}
