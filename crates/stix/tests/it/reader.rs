//! Reading files from a source gives what splitting them in memory gives.

use std::fs::{self, File};

use inthreat_stix::{Reader, split};

use crate::roundtrip::{data, files_under};

// Catches an object of a real file that is lost, changed or doubled at the end of a window.
#[test]
fn every_corpus_is_read_alike() {
    let Some(folder) = data("corpora") else { return };
    let mut files = Vec::new();
    files_under(&folder, &mut files);
    for file in files {
        let whole = split::document(fs::read(&file).unwrap());
        let mut reader = Reader::new(File::open(&file).unwrap());
        let read = (&mut reader).filter_map(Result::ok);
        assert!(read.eq(whole.objects), "{}", file.display());
        assert_eq!(reader.summary().rejected, whole.rejected.len(), "{}", file.display());
    }
}
