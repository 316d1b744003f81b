//! Servers that others wrote and that tests run against: found or installed, started, and stopped.

mod engine;
mod nats;
mod node;
mod postgres;
mod python;
mod redis;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use engine::Engine;
use tempfile::TempDir;

use crate::command::root;

/// What installs the engines on Debian and its relatives.
pub(crate) const INSTALL: &str = "on Debian: apt-get install postgresql redis-server nats-server";

/// How one engine is started in a folder of its own.
type Start = fn(&Path) -> Result<Engine, String>;

/// The engines, and the variable that tells tests where each listens.
const ENGINES: &[(&str, &str, Start)] = &[
    ("postgres", "INTHREAT_TEST_POSTGRES", postgres::start),
    ("redis", "INTHREAT_TEST_REDIS", redis::start),
    ("nats", "INTHREAT_TEST_NATS", nats::start),
];

/// A server, then its folder: they are dropped in this order.
pub(crate) struct Service {
    engine: Engine,
    _folder: TempDir,
}

impl Service {
    /// Starts one by its name, and says why where that cannot be done.
    pub(crate) fn start(name: &str) -> Result<Self, String> {
        let engine = ENGINES.iter().find(|(engine, _, _)| *engine == name);
        let (_, _, start) = engine.ok_or_else(|| format!("`{name}` is no server"))?;
        // Somebody else may take the port that was free a moment ago: once more then.
        Self::start_in_a_folder(name, *start).or_else(|_| Self::start_in_a_folder(name, *start))
    }

    fn start_in_a_folder(name: &str, start: Start) -> Result<Self, String> {
        let prefix = format!("inthreat-{name}-");
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir();
        let folder = folder.map_err(|error| format!("make a temporary folder: {error}"))?;
        Ok(Self { engine: start(folder.path())?, _folder: folder })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        self.engine.url()
    }
}

/// The servers that run. They stop when this is dropped, and their folders go with them.
#[derive(Default)]
pub(crate) struct Services {
    running: Vec<(&'static str, Service)>,
    missing: Vec<String>,
}

impl Services {
    /// Starts what is there, and says what is not.
    pub(crate) fn start() -> Self {
        let mut services = Self::default();
        for package in python::PACKAGES {
            if !python::install(*package) {
                services.missing.push(package.0.to_owned());
            }
        }
        for package in node::PACKAGES {
            if !node::install(*package) {
                services.missing.push(package.0.to_owned());
            }
        }
        if !node::has_browser() {
            services.missing.push("chromium".to_owned());
        }
        for (name, variable, _) in ENGINES {
            if env::var_os(variable).is_some() {
                println!("{name}: `{variable}` names one");
                continue;
            }
            match Service::start(name) {
                Ok(service) => {
                    println!("{name}: {}", service.url());
                    services.running.push((variable, service));
                }
                Err(reason) => {
                    println!("skipped: {name}: {reason}; {INSTALL}");
                    services.missing.push((*name).to_owned());
                }
            }
        }
        services
    }

    /// The names of those that could not be started.
    pub(crate) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// The variables that tell tests where the servers are.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.running.iter().map(|(variable, service)| (*variable, service.url()))
    }
}

/// Installs a program in Python by its name where that can be done, and gives its folder.
pub(crate) fn install_python(name: &str) -> Option<PathBuf> {
    let mut packages = python::PACKAGES.iter().chain(python::MEASURED);
    let package = packages.find(|(package, _, _)| *package == name)?;
    python::install(*package).then(|| root().join("target/services").join(name))
}

/// Runs what follows `--` beside the servers; without it, says which there are.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let command = match arguments {
        [] => None,
        [dashes, program, rest @ ..] if dashes == "--" => Some((program, rest)),
        _ => return Err("usage: cargo xtask services [-- COMMAND …]".to_owned()),
    };
    let services = Services::start();
    let Some((program, rest)) = command else {
        return Ok(());
    };
    let status = Command::new(program)
        .args(rest)
        .envs(services.environment())
        .status()
        .map_err(|error| format!("start `{program}`: {error}"))?;
    drop(services);
    if status.success() { Ok(()) } else { Err(format!("`{program}` ended with {status}")) }
}
