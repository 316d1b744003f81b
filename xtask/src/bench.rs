//! Whole runs, measured as ratios beside a peer in the same run.

mod feed;
mod http;
mod server;
mod stix;

use std::ffi::OsStr;

use crate::command::{cargo, root, target_directory};

const USAGE: &str = "\
usage: cargo xtask bench [feed | house | http | replica | server | stix] [OPTIONS]

  feed      a pull into each sink: speed, memory, who is waited for; `--objects N` (300,000)
  house     the main job: split, pull into a replica, memory, look-up; `--objects N` (1,000,000)
  http      the client pulling pages beside curl, Python and a client that parses to `Value`; `--pages N` (200)
  replica   the replica alone: ingest, disk, memory, opening, questions; `--objects N,N,…` (1,000,000),
            then `--plot FILE` to draw how the figures grow, as SVG
  server    look-ups and pages of the server beside a bare handler, and other servers; `--objects N` (300,000)
  stix      split, typed parse, validation and patterns beside serde_json and other libraries (`stix --help`)";

/// Builds what is measured with optimisation and runs it.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.split_first() {
        Some((&"feed", rest)) => feed::run(rest),
        Some((&"house", rest)) => over_objects("house", rest, &[]),
        Some((&"http", rest)) => http::run(rest),
        Some((&"replica", [rest @ .., "--plot", path])) => {
            let path = root().join(path);
            over_objects("replica", rest, &[("INTHREAT_BENCH_PLOT", path.as_os_str())])
        }
        Some((&"replica", rest)) => over_objects("replica", rest, &[]),
        Some((&"server", rest)) => server::run(rest),
        Some((&"stix", rest)) => stix::run(rest),
        Some((&"--help", _)) => {
            println!("{USAGE}");
            Ok(())
        }
        Some((name, _)) if !name.starts_with('-') => {
            Err(format!("`{name}` is no benchmark\n\n{USAGE}"))
        }
        _ => over_objects("house", &arguments, &[]),
    }
}

/// Builds the program and runs a benchmark that takes nothing but how many objects there are.
fn over_objects(bench: &str, arguments: &[&str], further: &[(&str, &OsStr)]) -> Result<(), String> {
    let objects = match arguments {
        [] => "1000000",
        ["--objects", objects] => objects,
        ["--objects"] => return Err("`--objects` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench {bench}`")),
    };
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let shared = root().join("../shared");
    let mut environment = vec![
        ("INTHREAT_PROGRAM", program.as_os_str()),
        ("INTHREAT_BENCH_SHARED", shared.as_os_str()),
        ("INTHREAT_BENCH_OBJECTS", OsStr::new(objects)),
    ];
    environment.extend_from_slice(further);
    succeed(&["bench", "--package", "inthreat-tests", "--bench", bench, "--locked"], &environment)
}

/// Runs cargo and fails when it does.
fn succeed(arguments: &[&str], environment: &[(&str, &OsStr)]) -> Result<(), String> {
    let mut command = cargo(arguments);
    command.envs(environment.iter().copied());
    let status = command.status().map_err(|error| format!("start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {} ended with {status}", arguments.join(" ")))
    }
}
