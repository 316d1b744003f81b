//! The program `inthreat`, run as people run it.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Mutex, OnceLock, PoisonError,
        mpsc::{self, Receiver},
    },
    time::Duration,
};

/// The program, built from this checkout. `INTHREAT_PROGRAM` names another one.
pub fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| match env::var_os("INTHREAT_PROGRAM") {
        Some(path) => path.into(),
        None => build(),
    })
}

#[expect(clippy::expect_used, reason = "without the program there is nothing to test")]
fn build() -> PathBuf {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--package", "inthreat", "--all-features", "--quiet", "--locked"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the program does not build");
    // The test runs from `target/debug/deps`.
    let test = env::current_exe().expect("the test knows where it is");
    let folder = test.parent().and_then(Path::parent).expect("tests run from a target folder");
    folder.join(format!("inthreat{}", env::consts::EXE_SUFFIX))
}

/// Prepares a run without anything from this machine's settings.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    // A folder of configuration that is not there, whoever runs the tests.
    let nowhere = env::temp_dir().join("inthreat-tests-have-no-configuration");
    command.args(arguments).stdin(Stdio::null()).env("XDG_CONFIG_HOME", nowhere);
    // Nor is the keyring of whoever runs them theirs.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/absent");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("INTHREAT_")
            || name.to_string_lossy().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
    // Elsewhere the keyring is not on a bus that could be another one.
    if cfg!(not(target_os = "linux")) {
        command.env("INTHREAT_STORE", "file");
    }
    command
}

/// Runs the program to its end.
#[expect(clippy::expect_used, reason = "without the program there is nothing to test")]
pub fn run(arguments: &[&str]) -> Run {
    Run::of(command(arguments).output().expect("the program starts"))
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed to standard output.
    pub stdout: String,
    /// What it printed to standard error.
    pub stderr: String,
}

impl Run {
    /// Reads how a process ended.
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Asserts the exit code, and one clear message that names these things: no panic, no backtrace.
    pub fn assert_fails(&self, code: i32, named: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        let message = &self.stderr;
        assert!(message.contains("error: "), "{self:?}");
        assert!(!message.contains("panicked") && !message.contains("backtrace"), "{self:?}");
        for name in named {
            assert!(message.contains(name), "`{name}` is not in: {message}");
        }
    }
}

/// A running `inthreat serve`, which ends with the value.
#[derive(Debug)]
pub struct Served {
    child: Child,
    lines: Mutex<Receiver<String>>,
    /// Where it answers.
    pub url: String,
}

impl Served {
    /// Serves a replica on a free port of this machine and waits until it says where.
    #[expect(clippy::expect_used, reason = "without the program there is nothing to test")]
    pub fn start(replica: &Path, more: &[&str]) -> Self {
        let folder = replica.to_str().expect("the folder's name is UTF-8");
        Self::with(&[&["--local", folder], more].concat())
    }

    /// Serves what these arguments say on a free port of this machine and waits until it says where.
    #[expect(clippy::expect_used, reason = "without the program there is nothing to test")]
    pub fn with(arguments: &[&str]) -> Self {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child =
            command(&arguments).stderr(Stdio::piped()).spawn().expect("the program starts");
        let read = BufReader::new(child.stderr.take().expect("standard error is piped")).lines();
        let (tell, lines) = mpsc::channel();
        // Reading on keeps the server from stopping at a full pipe.
        std::thread::spawn(move || {
            for line in read.map_while(Result::ok) {
                // Nobody has to listen.
                let _ = tell.send(line);
            }
        });
        let url = lines
            .iter()
            .find_map(|line| {
                let (_, url) = line.split_once(" on ").filter(|_| line.starts_with("serving"))?;
                Some(url.rsplit(" on ").next().unwrap_or(url).to_owned())
            })
            .expect("the server says where it listens");
        let url = url.trim_end_matches("/v2/inthreat/").to_owned();
        Self { child, lines: Mutex::new(lines), url }
    }

    /// Waits for a line with these words, and gives all lines up to it.
    pub fn wait_for(&self, words: &str) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = Vec::new();
        while let Ok(line) = lines.recv_timeout(Duration::from_mins(1)) {
            let is_found = line.contains(words);
            before.push(line);
            if is_found {
                return before;
            }
        }
        panic!("nobody says `{words}`, only {before:?}");
    }

    /// Waits for a line with these words, and gives it.
    pub fn says(&self, words: &str) -> String {
        self.wait_for(words).pop().unwrap_or_default()
    }

    /// Asks it to end, and gives its exit code.
    #[expect(clippy::expect_used, reason = "without the program there is nothing to test")]
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.expect("a process can be told to end").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Served {
    /// Tells the server that its files were moved, as logrotate does.
    #[cfg(unix)]
    #[expect(clippy::expect_used, reason = "without the signal there is nothing to test")]
    pub fn hang_up(&self) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-HUP", &id]).status().expect("`kill` starts");
        assert!(status.success(), "the server is gone");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
