//! What has to pass before a change lands.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Instant,
};

use crate::{
    command::cargo, crash, interface, layers, newcomer, packages::EMBEDDED, reference, report,
    services::Services, tidy,
};

/// Runs every check, cheapest first, and stops at the first that fails.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let requires_services = match arguments {
        [] => false,
        [flag] if flag == "--require-services" => true,
        _ => return Err("usage: cargo xtask test [--require-services]".to_owned()),
    };
    let start = Instant::now();
    step("format", || quiet(&["fmt", "--all", "--check"], &[]))?;
    step("tidy", || report("tidy", &tidy::check()))?;
    // `cargo metadata --offline` needs the dependencies at hand.
    step("fetch", || quiet(&["fetch", "--locked"], &[]))?;
    step("layers", || report("layers", &layers::check()))?;
    let denied = ["--", "-D", "warnings"];
    let lints = ["clippy", "--workspace", "--all-targets", "--all-features", "--locked", "--quiet"];
    step("lints", || quiet(&[&lints[..], &denied[..]].concat(), &[]))?;
    for package in EMBEDDED {
        // Clippy denies the warnings of this package alone; RUSTFLAGS would build its dependencies anew.
        let alone =
            ["clippy", "--package", package, "--no-default-features", "--locked", "--quiet"];
        step(&format!("{package} alone"), || quiet(&[&alone[..], &denied[..]].concat(), &[]))?;
    }
    let bare = ["clippy", "--package", "inthreat", "--no-default-features", "--all-targets"];
    let bare = [&bare[..], &["--locked", "--quiet"], &denied].concat();
    step("the program without engines", || quiet(&bare, &[]))?;
    let build = ["build", "--workspace", "--all-targets", "--all-features", "--locked", "--quiet"];
    step("build", || quiet(&build, &[]))?;
    step("references", || reference::run(&["--check".to_owned()]))?;
    step("newcomer", || newcomer::run(&[]))?;
    let mut services = Services::default();
    step("services", || {
        services = Services::start();
        match services.missing() {
            [] => Ok(()),
            missing if requires_services => Err(format!("missing: {}", missing.join(", "))),
            _ => Ok(()),
        }
    })?;
    let mut tally = Tally::default();
    step("tests", || tests(&mut tally, &services))?;
    drop(services);
    // Fewer objects than by hand: a debug build reads them in a few seconds.
    let mut crash = vec!["--objects".to_owned(), "3000".to_owned()];
    crash.extend(requires_services.then(|| "--require-services".to_owned()));
    step("crash", || crash::run(&crash))?;
    let documents = ["doc", "--workspace", "--no-deps", "--all-features", "--locked", "--quiet"];
    step("documentation", || quiet(&documents, &[("RUSTDOCFLAGS", "-Dwarnings")]))?;
    step("public interface", || interface::run(&["--check".to_owned()]))?;
    tally.close(start)
}

fn step(name: &str, action: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("==> {name}");
    let start = Instant::now();
    action().map_err(|error| format!("{name} failed: {error}"))?;
    println!("    {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs cargo with its output passed through.
fn quiet(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), String> {
    let mut command = cargo(arguments);
    command.envs(environment.iter().copied());
    let status = command.status().map_err(|error| format!("start cargo: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("cargo {} ended with {status}", arguments.join(" ")))
    }
}

/// What the tests said of themselves.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: Vec<String>,
}

impl Tally {
    /// Reads a line of the test runner, or a `skipped: …` of a test.
    fn read(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += count(rest, "passed");
            self.failed += count(rest, "failed");
        } else if let Some(name) = line.strip_prefix("skipped: ") {
            self.skipped.push(name.to_owned());
        }
    }

    fn close(mut self, start: Instant) -> Result<(), String> {
        self.skipped.sort();
        self.skipped.dedup();
        for name in &self.skipped {
            println!("skipped: {name}");
        }
        println!("all checks took {:.0} s", start.elapsed().as_secs_f64());
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped.len());
        match (self.passed, self.failed) {
            (0, _) => Err("no test ran".to_owned()),
            (_, 0) => Ok(()),
            (_, failed) => Err(format!("{failed} tests failed")),
        }
    }
}

/// The number before `word` in a line such as "ok. 3 passed; 0 failed; …".
fn count(line: &str, word: &str) -> u64 {
    let mut previous = "";
    for part in line.split([' ', ';']) {
        if part == word {
            return previous.parse().unwrap_or(0);
        }
        previous = part;
    }
    0
}

fn tests(tally: &mut Tally, services: &Services) -> Result<(), String> {
    let arguments = [
        "test",
        "--workspace",
        "--all-features",
        "--locked",
        "--no-fail-fast",
        "--",
        "--show-output",
    ];
    let mut child = cargo(&arguments)
        .envs(services.environment())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("start cargo: {error}"))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(|error| format!("read the output of cargo: {error}"))?;
            tally.read(&line);
            println!("{line}");
        }
    }
    let status = child.wait().map_err(|error| format!("wait for cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a run without tests that counts as passed, and skips that are not told.
    #[test]
    fn the_tally_counts_what_the_runner_says() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out");
        tally.read("test result: FAILED. 3 passed; 2 failed; 0 ignored");
        tally.read("skipped: corpora: ../shared is absent");
        assert_eq!((tally.passed, tally.failed, tally.skipped.len()), (15, 2, 1));
        assert!(Tally::default().close(Instant::now()).is_err());
    }
}
