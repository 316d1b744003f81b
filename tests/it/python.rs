//! Programs in Python that use the libraries of others, which `cargo xtask services` installs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tokio::process::Command;

/// An interpreter that has a library.
pub(crate) struct Python(PathBuf);

impl Python {
    /// Finds the one of a virtual environment; `None`, and a line that says why, where it or one of the modules is missing. A
    /// variable such as `INTHREAT_TAXII2_CLIENT` may name another interpreter.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub(crate) fn find(test: &str, name: &str, modules: &str) -> Option<Self> {
        let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/services");
        let program = services.join(name).join("bin/python");
        let variable = format!("INTHREAT_{}", name.replace('-', "_").to_uppercase());
        let program = env::var_os(variable).map_or(program, PathBuf::from);
        let mut command = std::process::Command::new(&program);
        command.args(["-c", &format!("import {modules}")]);
        if command.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(program));
        }
        println!("skipped: {test}: {name} is absent");
        None
    }

    /// Runs a script that prints JSON and complains about nothing.
    pub(crate) async fn run(&self, script: &str, arguments: &[&str]) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script.py");
        fs::write(&path, script).unwrap();
        let output = Command::new(&self.0).arg(&path).args(arguments).output().await.unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}
