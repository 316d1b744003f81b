//! Which newest versions bitmaps select, in the order of arrival.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;
use rusqlite::Connection;

use crate::{
    bitmaps::{self, CHUNK, Dimension, Mark},
    fault::Fault,
    feeds::Filter,
    words, write,
};

/// The newest versions that have a mark of each list and none that is excluded.
#[derive(Debug)]
pub(crate) struct Marked {
    lists: Vec<Vec<Mark>>,
    excluded: Vec<Mark>,
    /// The sequence up to which bitmaps go.
    last: i64,
}

impl Marked {
    /// All objects.
    pub(crate) fn all(connection: &Connection) -> Result<Self, Fault> {
        let last = write::indexed(connection)?;
        Ok(Self { lists: Vec::new(), excluded: vec![Mark::RETIRED], last })
    }

    /// Only objects that have one of these words; all where there are no words.
    pub(crate) fn with(
        mut self,
        connection: &Connection,
        dimension: Dimension,
        texts: &[String],
    ) -> Result<Self, Fault> {
        if !texts.is_empty() {
            self.lists.push(marks(connection, dimension, texts)?);
        }
        Ok(self)
    }

    /// Only objects that have one of these marks.
    pub(crate) fn with_any(mut self, marks: Vec<Mark>) -> Self {
        self.lists.push(marks);
        self
    }

    /// Only objects that have this mark, or only others; all where nothing is said.
    pub(crate) fn with_flag(mut self, mark: Mark, is_set: Option<bool>) -> Self {
        match is_set {
            Some(true) => self.lists.push(vec![mark]),
            Some(false) => self.excluded.push(mark),
            None => {}
        }
        self
    }

    /// Only what a feed selects, as far as bitmaps tell it.
    pub(crate) fn with_filter(
        mut self,
        connection: &Connection,
        filter: &Filter,
    ) -> Result<Self, Fault> {
        for (dimension, texts) in &filter.lists {
            self.lists.push(marks(connection, *dimension, texts)?);
        }
        let revoked = (!filter.include_revoked).then_some(false);
        Ok(self.with_flag(Mark::REVOKED, revoked))
    }

    /// Walks over the objects until told to stop: from this sequence on, or from the newest towards the oldest.
    pub(crate) fn walk(
        &self,
        connection: &Connection,
        first: i64,
        is_backward: bool,
        mut each: impl FnMut(i64) -> Result<ControlFlow<()>, Fault>,
    ) -> Result<(), Fault> {
        let (from, to) = (bitmaps::place(first).0, bitmaps::place(self.last).0);
        let base = self.base(connection)?;
        for step in 0..=to.saturating_sub(from) {
            let chunk = if is_backward { to - step } else { from + step };
            let selected = self.chunk(connection, &base, chunk)?;
            let mut places = selected.iter();
            while let Some(place) = if is_backward { places.next_back() } else { places.next() } {
                let sequence = chunk * CHUNK + i64::from(place);
                if sequence >= first && each(sequence)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// How many objects there are. Takes time in proportion to the number of bitmaps.
    pub(crate) fn count(&self, connection: &Connection) -> Result<u64, Fault> {
        let base = self.base(connection)?;
        let mut count = 0;
        for chunk in 0..=bitmaps::place(self.last).0 {
            count += self.chunk(connection, &base, chunk)?.len();
        }
        Ok(count)
    }

    /// Keeps those of some sequences that are selected; they grow.
    pub(crate) fn retain(
        &self,
        connection: &Connection,
        sequences: &mut Vec<i64>,
    ) -> Result<(), Fault> {
        let base = self.base(connection)?;
        let mut kept = Vec::with_capacity(sequences.len());
        let mut known: Option<(i64, RoaringBitmap)> = None;
        for sequence in sequences.drain(..) {
            let (chunk, place) = bitmaps::place(sequence);
            let selected = match known.take() {
                Some((same, selected)) if same == chunk => selected,
                _ => self.chunk(connection, &base, chunk)?,
            };
            if selected.contains(place) {
                kept.push(sequence);
            }
            known = Some((chunk, selected));
        }
        *sequences = kept;
        Ok(())
    }

    /// Every type, where no list says what there is at all: a sequence whose body was lost has none.
    fn base(&self, connection: &Connection) -> Result<Vec<Mark>, Fault> {
        if !self.lists.is_empty() {
            return Ok(Vec::new());
        }
        bitmaps::words(connection, Dimension::Type)
    }

    fn chunk(
        &self,
        connection: &Connection,
        base: &[Mark],
        chunk: i64,
    ) -> Result<RoaringBitmap, Fault> {
        let mut selected: Option<RoaringBitmap> = None;
        let base = (!base.is_empty()).then_some(base);
        for list in self.lists.iter().map(Vec::as_slice).chain(base) {
            let mut any = RoaringBitmap::new();
            for mark in list {
                any |= mark.sequences(connection, chunk)?.unwrap_or_default();
            }
            let both = match selected {
                None => any,
                Some(before) => before & any,
            };
            if both.is_empty() {
                return Ok(both);
            }
            selected = Some(both);
        }
        let mut selected = selected.unwrap_or_default();
        for mark in &self.excluded {
            if let Some(excluded) = mark.sequences(connection, chunk)? {
                selected -= excluded;
            }
        }
        Ok(selected)
    }
}

/// The marks of words; what has no number stands in no object.
fn marks(
    connection: &Connection,
    dimension: Dimension,
    texts: &[String],
) -> Result<Vec<Mark>, Fault> {
    let mut marks = Vec::with_capacity(texts.len());
    for text in texts {
        marks.extend(words::find(connection, text)?.map(|number| Mark::new(dimension, number)));
    }
    marks.sort_unstable();
    marks.dedup();
    Ok(marks)
}
