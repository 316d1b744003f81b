//! Types and writes every object of the files that are named, and tells whether each came back equal.
//!
//! `cargo run --release -p inthreat-stix --example roundtrip -- FILE…` reads bundles, arrays, concatenated
//! documents and NDJSON, and prints `FILE: objects N, typed T, custom C, rejected R, unequal U`.

mod count;

use std::{env, fs, io::Write, process::ExitCode};

fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let mut is_good = true;
    for file in env::args_os().skip(1) {
        let name = file.display();
        let line = match fs::read(&file) {
            Ok(body) => {
                let count = count::count(body);
                is_good &= count.unequal.is_empty();
                count.to_string()
            }
            Err(error) => {
                is_good = false;
                format!("read the file: {error}")
            }
        };
        if writeln!(out, "{name}: {line}").is_err() {
            break;
        }
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
