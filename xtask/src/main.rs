//! The build runner: everything that is done with this workspace besides `cargo build`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

mod bench;
mod command;
mod crash;
mod generated;
mod interface;
mod layers;
mod newcomer;
mod packages;
mod recording;
mod reference;
mod services;
mod test;
mod tidy;

use std::{env, process::ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  api       the public interface of each crate, one file each in docs/api (`--check` to compare)
  test      format, tidy, layers, lints, tests, documentation, public interface: what has to pass before a change lands
            (`--require-services` to fail where a server of others is missing)
  layers    which crate may know which, over `cargo metadata` and `cargo tree`
  services  starts the servers that others wrote and runs what follows `--` with their addresses in its environment
            (PostgreSQL, Redis and NATS as they are found; medallion and taxii2-client, a server and a client of TAXII,
            and schemathesis, which tries what an OpenAPI document says, are installed below `target`)
  reference the references of the program, one file each in docs/reference (`--check` to compare)
  newcomer  follows the README and the guides in an empty folder with an empty home, and fails where a command does not do
            what it says (`newcomer PAGE…` for other pages)
  tidy      what rustc and clippy do not check: file heads, sizes, manifests
  crash     kills the program at random moments of a pull, and looks whether anything is missing, doubled or torn
  recording the demonstration as a moving picture for the README, `docs/demo.svg`
  bench     whole runs, as ratios beside a peer in the same run (`bench NAME` for one, `bench --help`)";

fn main() -> ExitCode {
    if interface::is_rustdoc() {
        return interface::rustdoc();
    }
    let mut arguments = env::args().skip(1);
    let outcome = match arguments.next().as_deref() {
        Some("api") => interface::run(&arguments.collect::<Vec<_>>()),
        Some("test") => test::run(&arguments.collect::<Vec<_>>()),
        Some("layers") => report("layers", &layers::check()),
        Some("newcomer") => newcomer::run(&arguments.collect::<Vec<_>>()),
        Some("reference") => reference::run(&arguments.collect::<Vec<_>>()),
        Some("services") => services::run(&arguments.collect::<Vec<_>>()),
        Some("tidy") => report("tidy", &tidy::check()),
        Some("crash") => crash::run(&arguments.collect::<Vec<_>>()),
        Some("recording") => recording::run(),
        Some("bench") => bench::run(&arguments.collect::<Vec<_>>()),
        Some("--help" | "help") => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(format!("`{other}` is no command\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Turns the findings of a check into its outcome.
fn report(name: &str, findings: &[String]) -> Result<(), String> {
    if findings.is_empty() {
        println!("{name}: fine");
        return Ok(());
    }
    Err(format!("{name}: {} to mend\n  {}", findings.len(), findings.join("\n  ")))
}
