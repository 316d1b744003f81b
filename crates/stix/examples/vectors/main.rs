//! Runs files of conformance vectors and says how many rows this crate agrees with.
//!
//! ```text
//! cargo run --release -p inthreat-stix --example vectors -- [--verbose] FILE…
//! ```
//!
//! A file's name tells what is in it: `objects_valid.jsonl`, `jcs.jsonl` and so on. Rows on which this crate
//! departs from the tool that the verdict comes from, by a rule that its documentation states, are counted by
//! that rule. Anything else that does not agree makes the program fail.

#[path = "runner/run.rs"]
mod runner;

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

#[expect(clippy::print_stderr, reason = "a program's output")]
fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let (options, files): (Vec<_>, Vec<_>) =
        env::args_os().skip(1).map(PathBuf::from).partition(|arg| arg.as_os_str() == "--verbose");
    if files.is_empty() {
        eprintln!("usage: vectors [--verbose] FILE…");
        return Ok(ExitCode::from(2));
    }
    let mut failed = false;
    for file in files {
        match runner::run(&file) {
            Err(reason) => {
                eprintln!("{}: {reason}", file.display());
                failed = true;
            }
            Ok(outcome) => {
                writeln!(out, "{outcome}")?;
                failed |= !outcome.disagreements.is_empty();
                if !options.is_empty() {
                    for line in outcome.excused.iter().chain(&outcome.disagreements) {
                        writeln!(out, "  {line}")?;
                    }
                }
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
