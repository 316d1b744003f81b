//! The server beside a bare handler and other servers with the same objects.

use std::{ffi::OsStr, path::PathBuf};

use super::succeed;
use crate::{
    command::{root, target_directory},
    services,
};

/// The other servers, and the variable that tells the benchmark which program of theirs to start.
const PEERS: &[(&str, &str, &str)] = &[
    ("medallion", "bin/medallion", "INTHREAT_BENCH_MEDALLION"),
    ("opentaxii", "bin/python", "INTHREAT_BENCH_OPENTAXII"),
];

/// Builds the program, installs the other servers where that can be done, and runs the benchmark.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let objects = match arguments {
        [] => "300000",
        ["--objects", objects] => objects,
        ["--objects"] => return Err("`--objects` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench server`")),
    };
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let shared = root().join("../shared");
    let peers: Vec<(&str, PathBuf)> = PEERS
        .iter()
        .filter_map(|(name, program, variable)| {
            Some((*variable, services::install_python(name)?.join(program)))
        })
        .collect();
    let mut environment = vec![
        ("INTHREAT_PROGRAM", program.as_os_str()),
        ("INTHREAT_BENCH_SHARED", shared.as_os_str()),
        ("INTHREAT_BENCH_OBJECTS", OsStr::new(objects)),
    ];
    environment.extend(peers.iter().map(|(variable, path)| (*variable, path.as_os_str())));
    let bench = ["bench", "--package", "inthreat-tests", "--bench", "server", "--locked"];
    succeed(&bench, &environment)
}
