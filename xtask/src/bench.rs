//! Whole runs, measured as ratios beside a peer in the same run.

use std::path::Path;

use crate::command::{cargo, root};

const USAGE: &str = "\
usage: cargo xtask bench [house] [--objects N]

  house     the main job: split, pull into a replica, memory, look-up (1,000,000 objects unless told otherwise)";

/// Builds what is measured with optimisation and runs it.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let mut objects = "1000000";
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "house" => {}
            "--objects" => objects = rest.next().ok_or("`--objects` needs a number")?,
            "--help" => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(format!("`{other}` is no benchmark\n\n{USAGE}")),
        }
    }
    house(objects)
}

fn house(objects: &str) -> Result<(), String> {
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = root().join("target/release/inthreat");
    let shared = root().join("../shared");
    let environment = [
        ("INTHREAT_BENCH_PROGRAM", program.as_path()),
        ("INTHREAT_BENCH_SHARED", shared.as_path()),
        ("INTHREAT_BENCH_OBJECTS", Path::new(objects)),
    ];
    succeed(&["bench", "--package", "inthreat-tests", "--bench", "house", "--locked"], &environment)
}

fn succeed(arguments: &[&str], environment: &[(&str, &Path)]) -> Result<(), String> {
    let mut command = cargo(arguments);
    command.envs(environment.iter().copied());
    let status = command.status().map_err(|error| format!("start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {} ended with {status}", arguments.join(" ")))
    }
}
