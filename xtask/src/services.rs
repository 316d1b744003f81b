//! Servers that others wrote and that tests run against, installed below `target/services`.

use std::process::Command;

use crate::command::{output, root};

/// Installs what can be installed here, and says what cannot: its tests are then skipped.
pub(crate) fn run() {
    let folder = root().join("target/services/medallion");
    let program = folder.join("bin/medallion");
    if program.exists() {
        println!("medallion: {} is there", program.display());
        return;
    }
    let mut python = Command::new("python3");
    python.args(["-m", "venv"]).arg(&folder);
    if let Err(error) = output(python) {
        println!("skipped: medallion: no virtual environment could be made: {error}");
        return;
    }
    let mut pip = Command::new(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "medallion==3.0.0"]);
    match output(pip) {
        Ok(_) => println!("medallion: installed in {}", folder.display()),
        Err(error) => println!("skipped: medallion: it could not be installed: {error}"),
    }
}
