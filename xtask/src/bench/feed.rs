//! A feed pulled into each sink.

use std::ffi::OsStr;

use super::succeed;
use crate::{
    command::{root, target_directory},
    services::{self, Service},
};

/// The engines, and the variable that tells the benchmark where each listens.
const ENGINES: &[(&str, &str)] =
    &[("postgres", "INTHREAT_BENCH_POSTGRES"), ("nats", "INTHREAT_BENCH_NATS")];

/// Builds the program, starts the engines that are there, and runs the benchmark.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let objects = match arguments {
        [] => "300000",
        ["--objects", objects] => objects,
        ["--objects"] => return Err("`--objects` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench feed`")),
    };
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let shared = root().join("../shared");
    let mut running = Vec::new();
    for (name, variable) in ENGINES {
        match Service::start(name) {
            Ok(service) => running.push((*variable, service)),
            Err(reason) => println!("skipped: {name}: {reason}; {}", services::INSTALL),
        }
    }
    let mut environment = vec![
        ("INTHREAT_PROGRAM", program.as_os_str()),
        ("INTHREAT_BENCH_SHARED", shared.as_os_str()),
        ("INTHREAT_BENCH_OBJECTS", OsStr::new(objects)),
    ];
    let engines = running.iter().map(|(variable, service)| (*variable, OsStr::new(service.url())));
    environment.extend(engines);
    succeed(&["bench", "--package", "inthreat-tests", "--bench", "feed", "--locked"], &environment)
}
