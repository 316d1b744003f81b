//! Reading piece by piece gives what reading the whole document gives, and limits do not panic.
#![no_main]

use std::io::{self, Read};

use inthreat_stix::{Reader, ReaderOptions, split};
use libfuzzer_sys::fuzz_target;

// The first byte says how large the pieces are.
fuzz_target!(|data: &[u8]| {
    let Some((step, data)) = data.split_first() else { return };
    let pieces = || Pieces { rest: data, step: usize::from(*step) + 1 };
    let whole = split::document(data);
    let (mut objects, mut rejected) = (Vec::new(), Vec::new());
    for item in Reader::new(pieces()) {
        match item {
            Ok(object) => objects.push(object),
            Err(error) => {
                let item = error.rejected().expect("a slice does not fail");
                rejected.push((item.index(), item.offset(), item.as_bytes().to_vec()));
            }
        }
    }
    assert_eq!(objects, whole.objects);
    let expected: Vec<_> = whole
        .rejected
        .iter()
        .map(|item| (item.index(), item.offset(), item.as_bytes().to_vec()))
        .collect();
    assert_eq!(rejected, expected);

    let options = ReaderOptions::default().with_object_size_max(40).with_remembered_ids_max(2);
    for object in Reader::with_options(pieces(), options).flatten() {
        assert!(object.as_bytes().len() <= 40);
    }
});

/// Gives so many bytes at a time.
struct Pieces<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.step.min(buffer.len()).min(self.rest.len());
        let (now, rest) = self.rest.split_at(length);
        buffer[..length].copy_from_slice(now);
        self.rest = rest;
        Ok(length)
    }
}
