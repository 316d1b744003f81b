//! The replica alone, at several sizes.

use std::ffi::OsStr;

use super::succeed;
use crate::command::{root, target_directory};

/// Builds and runs the benchmark.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let objects = match arguments {
        [] => "1000000",
        ["--objects", objects] => objects,
        ["--objects"] => return Err("`--objects` needs numbers with commas between".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench replica`")),
    };
    // It makes the feed where the generator is absent.
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let shared = root().join("../shared");
    let environment = [
        ("INTHREAT_PROGRAM", program.as_os_str()),
        ("INTHREAT_BENCH_SHARED", shared.as_os_str()),
        ("INTHREAT_BENCH_OBJECTS", OsStr::new(objects)),
    ];
    let bench = ["bench", "--package", "inthreat-tests", "--bench", "replica", "--locked"];
    succeed(&bench, &environment)
}
