//! The main job of the program, from the feed to the look-up.

use std::ffi::OsStr;

use super::succeed;
use crate::command::{root, target_directory};

/// Builds the program and runs the benchmark that drives it.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let objects = match arguments {
        [] => "1000000",
        ["--objects", objects] => objects,
        ["--objects"] => return Err("`--objects` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench house`")),
    };
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let shared = root().join("../shared");
    let environment = [
        ("INTHREAT_PROGRAM", program.as_os_str()),
        ("INTHREAT_BENCH_SHARED", shared.as_os_str()),
        ("INTHREAT_BENCH_OBJECTS", OsStr::new(objects)),
    ];
    succeed(&["bench", "--package", "inthreat-tests", "--bench", "house", "--locked"], &environment)
}
