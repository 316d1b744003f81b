//! Many byte strings in their order: sorted in memory, put aside in files when they are too many, and merged.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    ops::Range,
    path::Path,
    sync::mpsc,
    thread,
};

use crate::fault::Fault;

/// From how many bytes on what is in memory should be put aside.
const HEAVY: usize = if cfg!(test) { 4 << 10 } else { 3 << 20 };
/// How much of a file is read or written at a time, in bytes.
const BUFFER: usize = 64 << 10;
/// How many parts of about as many bytes may wait for who takes the strings.
const PARTS_WAITING_MAX: usize = 4;

/// Byte strings that are taken in any order and given back sorted.
#[derive(Debug, Default)]
pub(super) struct Runs {
    bytes: Vec<u8>,
    strings: Vec<Range<u32>>,
    /// Sorted strings, each behind its length in four bytes. The files have no names, so that nothing is left of them.
    files: Vec<File>,
}

impl Runs {
    /// Takes a string, which is written by the caller.
    pub(super) fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<(), Fault> {
        let start = self.bytes.len();
        write(&mut self.bytes);
        let place = u32::try_from(start).ok().zip(u32::try_from(self.bytes.len()).ok());
        let (start, end) = place.ok_or_else(|| {
            Fault::Told(inthreat_store::ErrorKind::Full, "a batch has over 4 GiB of rows".into())
        })?;
        self.strings.push(start..end);
        Ok(())
    }

    /// Whether so much is in memory that it should be put aside.
    pub(super) fn is_heavy(&self) -> bool {
        self.bytes.len() + self.strings.len() * size_of::<Range<u32>>() >= HEAVY
    }

    /// Puts what is in memory aside, in a file in this folder. When that fails, all of it stays in memory.
    pub(super) fn put_aside(&mut self, folder: &Path) -> io::Result<()> {
        self.sort();
        let mut writer = BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(folder)?);
        for string in &self.strings {
            writer.write_all(&(string.end - string.start).to_le_bytes())?;
            writer.write_all(slice(&self.bytes, string))?;
        }
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.files.push(file);
        self.bytes.clear();
        self.strings.clear();
        Ok(())
    }

    /// Gives all strings in their order, and forgets them. Where there are files, they are merged on a thread of its own.
    pub(super) fn drain(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let runs = std::mem::take(self);
        if runs.files.is_empty() {
            return runs.merge(each);
        }
        thread::scope(|scope| {
            // Whoever leaves early closes the channel: the helper then finds nobody to work for, and ends.
            let (sender, parts) = mpsc::sync_channel(PARTS_WAITING_MAX);
            let merging = thread::Builder::new().name("replica-merge".into());
            let merging = merging.spawn_scoped(scope, move || runs.merge_into(&sender))?;
            for part in parts {
                part.strings().try_for_each(&mut each)?;
            }
            let ended = |_| Fault::corrupt("a thread that helps to write ended early");
            merging.join().map_err(ended)?
        })
    }

    /// Gives all strings in their order, many at a time.
    fn merge_into(self, to: &mpsc::SyncSender<Part>) -> Result<(), Fault> {
        let mut part = Part::default();
        self.merge(|string| {
            part.add(string);
            if part.bytes.len() >= BUFFER {
                let full = std::mem::take(&mut part);
                // Nobody may want them any longer, who then has a reason to tell.
                to.send(full).map_err(|_| Fault::corrupt("nobody takes the rows"))?;
            }
            Ok(())
        })?;
        let _ = to.send(part);
        Ok(())
    }

    fn merge(mut self, mut each: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        self.sort();
        let Self { bytes, strings, files } = self;
        let mut in_memory = strings.iter().map(|string| slice(&bytes, string)).peekable();
        let mut heads = BinaryHeap::with_capacity(files.len());
        for file in files {
            heads
                .extend(Run(BufReader::with_capacity(BUFFER, file)).next(Vec::new())?.map(Reverse));
        }
        while let Some(Reverse(Head { string, run })) = heads.pop() {
            while let Some(earlier) = in_memory.next_if(|other| **other <= *string) {
                each(earlier)?;
            }
            each(&string)?;
            heads.extend(run.next(string)?.map(Reverse));
        }
        in_memory.try_for_each(each)
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.strings.sort_unstable_by(|a, b| slice(bytes, a).cmp(slice(bytes, b)));
    }
}

fn slice<'a>(bytes: &'a [u8], string: &Range<u32>) -> &'a [u8] {
    bytes.get(string.start as usize..string.end as usize).unwrap_or_default()
}

/// Strings that go from one thread to another together.
#[derive(Debug, Default)]
struct Part {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Part {
    fn add(&mut self, string: &[u8]) {
        self.bytes.extend_from_slice(string);
        self.ends.push(self.bytes.len());
    }

    fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default())
    }
}

/// A file of sorted strings.
struct Run(BufReader<File>);

/// The next string of a file.
struct Head {
    string: Vec<u8>,
    run: Run,
}

impl Run {
    /// The next string, in the place of one that is not needed any longer.
    fn next(mut self, mut string: Vec<u8>) -> io::Result<Option<Head>> {
        let mut length = [0; 4];
        match self.0.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        string.resize(u32::from_le_bytes(length) as usize, 0);
        self.0.read_exact(&mut string)?;
        Ok(Some(Head { string, run: self }))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.string == other.string
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.string.cmp(&other.string)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a string that is lost, cut, given twice or out of order when some of them went through files.
        #[test]
        fn strings_come_back_in_order(
            parts in prop::collection::vec(prop::collection::vec("[a-c]{0,4}", 0..20), 0..6),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut runs = Runs::default();
            let mut expected: Vec<Vec<u8>> = Vec::new();
            for (number, part) in parts.into_iter().enumerate() {
                if number > 0 {
                    runs.put_aside(folder.path()).unwrap();
                }
                for text in part {
                    runs.add(|bytes| bytes.extend_from_slice(text.as_bytes())).unwrap();
                    expected.push(text.into_bytes());
                }
            }
            expected.sort_unstable();
            let mut found = Vec::new();
            let mut collect = |string: &[u8]| {
                found.push(string.to_vec());
                Ok(())
            };
            runs.drain(&mut collect).unwrap();
            runs.drain(&mut collect).unwrap();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    // Catches a merge that hangs, or hides the reason, when who takes the strings gives up.
    #[test]
    fn whoever_gives_up_is_heard() {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = Runs::default();
        // More than may wait on the way.
        for _ in 0..2 * PARTS_WAITING_MAX * BUFFER / HEAVY {
            while !runs.is_heavy() {
                runs.add(|bytes| bytes.resize(bytes.len() + 1000, 7)).unwrap();
            }
            runs.put_aside(folder.path()).unwrap();
        }
        let mut taken = 0;
        let result = runs.drain(|_| {
            taken += 1;
            if taken < 5 { Ok(()) } else { Err(Fault::corrupt("enough")) }
        });
        assert_eq!(result.unwrap_err().to_string(), "enough");
    }

    // Catches strings that are lost when there is no room to put them aside.
    #[test]
    fn what_cannot_be_put_aside_stays() {
        let mut runs = Runs::default();
        while !runs.is_heavy() {
            runs.add(|bytes| bytes.extend_from_slice(b"row")).unwrap();
        }
        assert!(runs.put_aside(Path::new("/nowhere")).is_err());
        assert!(runs.is_heavy());
        let mut found = Vec::new();
        let collect = |string: &[u8]| {
            found.extend_from_slice(string);
            Ok(())
        };
        runs.drain(collect).unwrap();
        assert!(found.starts_with(b"rowrow"));
    }
}
