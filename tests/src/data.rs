//! Real objects, which are read from beside the checkout and never copied into it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use inthreat_stix::{RawObject, split};

/// The folder of real data. Where it is absent, says by name that the test is skipped.
pub fn shared(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    if folder.join("data").is_dir() {
        return Some(folder);
    }
    skipped(test, "../shared is absent");
    None
}

/// Reports a test as skipped; `cargo xtask test` collects these lines.
#[expect(clippy::print_stdout, reason = "the test runner shows what tests print")]
pub fn skipped(test: &str, why: &str) {
    println!("skipped: {test}: {why}");
}

/// Every object of the files, in their order.
pub fn objects(files: &[PathBuf]) -> Vec<RawObject> {
    let read = |file: &PathBuf| fs::read(file).unwrap_or_default();
    files.iter().flat_map(|file| split::document(read(file)).objects).collect()
}

/// The files of real objects of the Intelligence Center.
pub fn sekoia(shared: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(shared.join("data/corpora/sekoia"))
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    files.sort();
    files
}

/// The files of ATT&CK, in STIX 2.0 and 2.1.
pub fn attack(shared: &Path) -> Vec<PathBuf> {
    [
        "attack20/enterprise-attack.jsonl",
        "attack21/mobile-attack-14.1.min.json",
        "attack21/mobile-attack-17.1.json",
    ]
    .iter()
    .map(|name| shared.join("data/corpora").join(name))
    .collect()
}
