//! Checks a replica and goes on filling it, until it is killed. `cargo xtask crash` runs it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it answers the one who runs it")]

use std::{env, path::Path, process::ExitCode};

use inthreat_tests::{ingest, landed::Fault};

const USAGE: &str = "\
usage: ingest FOLDER SEED BATCHES

  Tells `sound N`, N being the last batch that is there, and then `acknowledged N` of each one that it writes.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Fault> {
    let [folder, seed, batches] = arguments else { return Err(USAGE.into()) };
    // A line goes to the pipe as a whole when it ends, and stays in it when this process is killed.
    let (seed, batches) = (seed.parse()?, batches.parse()?);
    ingest::run(Path::new(folder), seed, batches, |word| println!("{word}")).await
}
