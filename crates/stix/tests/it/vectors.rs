//! The conformance vectors, by the runner that the example uses.

use std::path::Path;

#[path = "../../examples/vectors/runner/run.rs"]
mod runner;

// Catches every departure from the test suites of OASIS and of RFC 8785 that no documented rule explains.
#[test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn vectors_agree() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/vectors"));
    let Ok(files) = folder.read_dir() else {
        println!("skipped: vectors_agree: ../shared is absent");
        return;
    };
    let mut ran = 0;
    for file in files.map(|file| file.unwrap().path()) {
        // Plain values, without a verdict.
        if file.ends_with("iocs.jsonl") || file.extension().is_none_or(|ext| ext != "jsonl") {
            continue;
        }
        let outcome = runner::run(&file).unwrap();
        assert!(
            outcome.disagreements.is_empty(),
            "{outcome}\n{}",
            outcome.disagreements.join("\n")
        );
        ran += 1;
    }
    assert!(ran >= 22, "only {ran} files of vectors were found");
}
