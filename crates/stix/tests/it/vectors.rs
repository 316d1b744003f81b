//! The conformance vectors, by the runner that the example uses.

use std::{collections::BTreeSet, path::Path};

#[path = "../../examples/vectors/runner/run.rs"]
mod runner;

/// The rules that the documentation lists, with their reasons.
fn documented() -> BTreeSet<&'static str> {
    let lines = include_str!("../../src/validate.rs").lines();
    lines.filter_map(|line| line.strip_prefix("//! | `")?.split('`').next()).collect()
}

// Catches a rule that is documented and no longer made use of.
#[test]
fn every_documented_rule_is_known() {
    let runner = [
        include_str!("../../examples/vectors/runner/changes.rs"),
        include_str!("../../examples/vectors/runner/objects.rs"),
        include_str!("../../examples/vectors/runner/patterns.rs"),
        include_str!("../../examples/vectors/runner/values.rs"),
    ]
    .concat();
    let documented = documented();
    assert!(documented.len() > 20, "{documented:?}");
    for rule in documented {
        assert!(runner.contains(&format!("\"{rule}\"")), "{rule}");
    }
}

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
        if file.extension().is_none_or(|ext| ext != "jsonl") {
            continue;
        }
        let outcome = runner::run(&file).unwrap();
        assert!(
            outcome.disagreements.is_empty(),
            "{outcome}\n{}",
            outcome.disagreements.join("\n")
        );
        let documented = documented();
        for rule in outcome.rules.keys() {
            assert!(documented.contains(rule), "{rule} is not documented");
        }
        ran += 1;
    }
    assert!(ran >= 23, "only {ran} files of vectors were found");
}
