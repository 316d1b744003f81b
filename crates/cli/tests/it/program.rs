//! The program, run without anything from this machine's settings.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_inthreat"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("INTHREAT_") || name.ends_with("_proxy") {
            command.env_remove(&*name);
        }
    }
    command
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Run {
    run_with(arguments, "")
}

/// The same with a standard input.
pub(crate) fn run_with(arguments: &[&str], input: &str) -> Run {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program while nobody reads its words, and gives its exit code.
pub(crate) fn run_unheard(arguments: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command(arguments).stdout(Stdio::null()).stderr(writer).status().unwrap().code()
}

impl Run {
    /// Asserts the exit code, and gives what was printed.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }
}

/// A running `inthreat serve`, which ends with the value.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
}

impl Served {
    /// Serves a replica on a free port and waits until it says where.
    pub(crate) fn start(replica: &Path) -> Self {
        let folder = replica.to_str().unwrap();
        let mut child = command(&["serve", "--local", folder, "--listen", "127.0.0.1:0"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
            Some(line.split_once("http://")?.1.split(['/', ' ']).next()?.to_owned())
        });
        // Reading on keeps the server from stopping at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://{}", url.unwrap()) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
