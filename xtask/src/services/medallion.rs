//! The TAXII server of the OASIS committee, installed below `target/services`.

use std::process::Command;

use crate::command::{output, root};

/// Installs it where that can be done, and says what is in the way: its tests are then skipped. Whether it is there.
pub(crate) fn install() -> bool {
    let folder = root().join("target/services/medallion");
    let program = folder.join("bin/medallion");
    if program.exists() {
        println!("medallion: {} is there", program.display());
        return true;
    }
    let mut python = Command::new("python3");
    python.args(["-m", "venv"]).arg(&folder);
    if let Err(error) = output(python) {
        println!("skipped: medallion: no virtual environment could be made: {error}");
        return false;
    }
    let mut pip = Command::new(folder.join("bin/pip"));
    // Without a package index pip would try for minutes.
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries", "1"]);
    pip.args(["--timeout", "15", "medallion==3.0.0"]);
    match output(pip) {
        Ok(_) => println!("medallion: installed in {}", folder.display()),
        Err(error) => println!("skipped: medallion: it could not be installed: {error}"),
    }
    program.exists()
}
