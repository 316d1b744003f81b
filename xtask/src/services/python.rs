//! Programs of others in Python, each in a virtual environment below `target/services`.

use std::process::Command;

use crate::command::{output, root};

/// What is installed: the folder, what the package index calls it, and the modules that is there afterwards.
pub(crate) const PACKAGES: &[(&str, &str, &str)] = &[
    // The TAXII server and client of the OASIS committee.
    ("medallion", "medallion==3.0.0", "medallion"),
    ("taxii2-client", "taxii2-client==2.3.0", "taxii2client.v21"),
    // Asks a server whatever its OpenAPI document allows, and forbids.
    ("schemathesis", "schemathesis==4.32.5", "schemathesis"),
    // The data source of the OASIS committee that reads through its TAXII client.
    ("stix2", "stix2==3.0.2 taxii2-client==2.3.0", "stix2, taxii2client.v21"),
    // The library of those who make MISP, which reads feeds as MISP does.
    ("pymisp", "pymisp==2.5.34.4", "pymisp"),
];

/// What only benchmarks stand beside.
pub(crate) const MEASURED: &[(&str, &str, &str)] =
    &[("opentaxii", "opentaxii==0.9.3", "opentaxii")];

/// Installs a package where that can be done, and says what is in the way: its tests are then skipped. Whether it is
/// there.
pub(crate) fn install((name, packages, modules): (&str, &str, &str)) -> bool {
    let folder = root().join("target/services").join(name);
    let is_there = || {
        let mut python = Command::new(folder.join("bin/python"));
        python.args(["-c", &format!("import {modules}")]);
        output(python).is_ok()
    };
    if is_there() {
        println!("{name}: {} is there", folder.display());
        return true;
    }
    let mut python = Command::new("python3");
    python.args(["-m", "venv"]).arg(&folder);
    if let Err(error) = output(python) {
        println!("skipped: {name}: no virtual environment could be made: {error}");
        return false;
    }
    let mut pip = Command::new(folder.join("bin/pip"));
    // Without a package index pip would try for minutes.
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries", "1"]);
    pip.args(["--timeout", "15"]).args(packages.split(' '));
    match output(pip) {
        Ok(_) => println!("{name}: installed in {}", folder.display()),
        Err(error) => println!("skipped: {name}: it could not be installed: {error}"),
    }
    is_there()
}
