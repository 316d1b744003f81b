//! Follows the README and the guides as somebody would who has nothing but the program: every command of a `console` block
//! is run, in an empty folder, with an empty home.
//!
//! A line that begins with `$` is a command and has to end with 0, or as its comment says (`# exit 1`). The lines below it
//! have to be in what it prints, in their order; `…` stands for anything. Commands that go on until they are interrupted are
//! interrupted, a server not before the next one begins. The service is played by `inthreat serve` over invented objects, and
//! a key is typed wherever one is asked for. What is built from the checkout was built before: `cargo run` and `cargo
//! install` are not run again.
//!
//! A page has comments for this step, each on a line of its own: `<!-- newcomer, first: COMMAND -->` for what its reader has
//! already, such as a key, and `<!-- newcomer, not run: REASON -->` in front of a block that nobody can run here.

mod page;
mod server;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use page::{Step, steps};
use server::Server;

use crate::{command::root, reference};

/// Which pages are followed, each in a folder of its own.
const PAGES: [&str; 5] = [
    "README.md",
    "docs/guides/leave-the-script.md",
    "docs/guides/mirror.md",
    "docs/guides/firewall.md",
    "docs/guides/integrations.md",
];
/// How many objects the service has.
const OBJECTS: &str = "3000";
/// How long a command runs that would go on for ever, in seconds.
const RUN_SECONDS: &str = "5";
/// Commands that go on for ever, and servers, which are left alone for what comes after them.
const ENDLESS: &str = "inthreat watch";
const SERVER: &str = "inthreat serve";
/// What is built, or takes too long here, and is looked for elsewhere.
const NOT_RUN: [&str; 4] = ["cargo install", "cargo run", "cargo build", "cargo xtask"];

/// Follows the pages that are named, else all.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let pages = if named.is_empty() { &PAGES[..] } else { &named[..] };
    let program = reference::program()?;
    let service = Service::start(&program)?;
    let mut findings = Vec::new();
    for page in pages {
        let text = fs::read_to_string(root().join(page))
            .map_err(|error| format!("read {page}: {error}"))?;
        let person = Person::new(&program, &service)?;
        let steps = steps(&text);
        println!("{page}: {} commands", steps.len());
        if let Some(finding) = person.follow(&steps) {
            findings.push(format!("{page}:{finding}"));
        }
    }
    crate::report("newcomer", &findings)
}

/// Somebody with an empty home, in an empty folder.
struct Person<'a> {
    folder: tempfile::TempDir,
    path: String,
    service: &'a Service,
}

impl<'a> Person<'a> {
    fn new(program: &Path, service: &'a Service) -> Result<Self, String> {
        let folder = temporary()?;
        for name in ["home", "work"] {
            make(&folder.path().join(name))?;
        }
        let programs = program.parent().unwrap_or(program).display().to_string();
        let path = format!("{programs}:{}", env::var("PATH").unwrap_or_default());
        Ok(Self { folder, path, service })
    }

    /// Does what a page says until something is not so.
    fn follow(&self, steps: &[Step]) -> Option<String> {
        let mut before = String::new();
        let mut server: Option<Server> = None;
        for step in steps {
            let at =
                |message: String| Some(format!("{}: `{}`: {message}", step.line, step.command));
            if NOT_RUN.iter().any(|head| step.command.starts_with(head)) {
                println!("  not run: {}", step.command);
                continue;
            }
            if let Some(reason) = &step.left_out {
                println!("  not run: {}: {reason}", step.command);
                continue;
            }
            if step.command.starts_with("export ") || step.command.starts_with("cd ") {
                before += &step.command;
                before.push('\n');
                continue;
            }
            // One server at a time: two would want one address, or one replica to write.
            if is_endless(step)
                && let Some(Err(message)) = server.take().map(Server::stop)
            {
                return at(message);
            }
            if step.command.starts_with(SERVER) {
                let command = self.shell(&format!("{before}exec {}", on_free_port(&step.command)));
                let started = match Server::start(command) {
                    Ok(started) => started,
                    Err(message) => return at(message),
                };
                if let Some(line) = step.missing(started.said()) {
                    return at(format!("`{line}` is not in what it said:\n{}", started.said()));
                }
                if let Err(message) = self.find_mirror_at(started.port()) {
                    return at(message);
                }
                println!("  fine: {}", step.command);
                server = Some(started);
                continue;
            }
            let (code, printed) = match self.run(&before, step) {
                Ok(ended) => ended,
                Err(message) => return at(message),
            };
            let is_right = code == step.code || (is_endless(step) && matches!(code, 0 | 130));
            if !is_right {
                return at(format!("it ended with {code} and not {}\n{printed}", step.code));
            }
            if let Some(line) = step.missing(&printed) {
                return at(format!("`{line}` is not in what it printed:\n{printed}"));
            }
            println!("  fine: {}", step.command);
        }
        let message = server.take().map(Server::stop)?.err()?;
        Some(format!(" the last server: {message}"))
    }

    /// A command of a shell that knows nothing but this person.
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        self.prepared(command)
    }

    fn prepared(&self, mut command: Command) -> Command {
        command
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.folder.path().join("home"))
            // A newcomer's key is not for the keyring of whoever runs this.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/absent")
            .env("INTHREAT_URL", &self.service.url)
            // The usual port may be taken on this machine.
            .env("INTHREAT_LISTEN", "127.0.0.1:0")
            .current_dir(self.folder.path().join("work"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Lets `curl` find the server of the pages, `https://mirror:8443`, and takes an answer that is an error for a failure.
    fn find_mirror_at(&self, port: u16) -> Result<(), String> {
        let certificate = self.folder.path().join("work/server.pem");
        let at_mirror = format!("connect-to = \"mirror:8443:127.0.0.1:{port}\"\n");
        let trusted = if certificate.exists() {
            format!("cacert = \"{}\"\n", certificate.display())
        } else {
            String::new()
        };
        let settings = format!("{at_mirror}{trusted}fail\nsilent\nshow-error\n");
        fs::File::create(self.folder.path().join("home/.curlrc"))
            .and_then(|mut file| file.write_all(settings.as_bytes()))
            .map_err(|error| format!("write the settings of curl: {error}"))
    }

    /// Runs a command behind what was said before; how it ended and everything that it printed.
    fn run(&self, before: &str, step: &Step) -> Result<(i32, String), String> {
        let failed = |error: std::io::Error| format!("it cannot be run: {error}");
        let mut command = if is_endless(step) {
            let mut command = Command::new("timeout");
            command.args([
                "--foreground",
                "--preserve-status",
                "--signal=INT",
                RUN_SECONDS,
                "sh",
                "-c",
            ]);
            command.arg(format!("{before}exec {}", step.command));
            self.prepared(command)
        } else {
            self.shell(&format!("{before}{}", step.command))
        };
        let mut child = command.spawn().map_err(failed)?;
        if let Some(mut stdin) = child.stdin.take() {
            // Most commands ask for nothing and end without reading it.
            let _ = writeln!(stdin, "{}", self.service.key);
        }
        let output = child.wait_with_output().map_err(failed)?;
        let printed = [output.stdout, output.stderr].concat();
        Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&printed).into_owned()))
    }
}

fn is_endless(step: &Step) -> bool {
    [ENDLESS, SERVER].iter().any(|head| step.command.starts_with(head))
}

/// A command that listens where nobody else does, on this machine alone.
fn on_free_port(command: &str) -> String {
    command.replace("--listen 0.0.0.0:8443", "--listen 127.0.0.1:0")
}

/// The service, played by the program.
struct Service {
    child: Child,
    url: String,
    key: String,
    _folder: tempfile::TempDir,
}

impl Service {
    fn start(program: &Path) -> Result<Self, String> {
        let folder = temporary()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (feed, source, keys) = (path("feed.ndjson"), path("source"), path("keys.json"));
        let objects = played(program, &["demo", "--emit", OBJECTS])?;
        fs::File::create(&feed)
            .and_then(|mut file| file.write_all(objects.as_bytes()))
            .map_err(|error| format!("write {feed}: {error}"))?;
        played(program, &["import", &feed, "--into", &source])?;
        let key = played(program, &["keys", "create", "newcomer", "--file", &keys])?;
        let serve = ["serve", "--local", &source, "--keys", &keys, "--listen", "127.0.0.1:0"];
        let mut child = Command::new(program)
            .args(serve)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start the service: {error}"))?;
        let stderr = child.stderr.take().ok_or("the service says nothing")?;
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let address =
            lines.by_ref().find_map(|line| Some(line.split_once("http://")?.1.to_owned()));
        let address = address.ok_or("the service does not say where it listens")?;
        // Reading on keeps it from stopping at a full pipe.
        thread::spawn(move || lines.for_each(drop));
        let address = address.split('/').next().unwrap_or_default();
        Ok(Self {
            child,
            url: format!("http://{address}"),
            key: key.trim().to_owned(),
            _folder: folder,
        })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn played(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    crate::command::output(command)
}

fn temporary() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| format!("make a temporary folder: {error}"))
}

fn make(folder: &PathBuf) -> Result<(), String> {
    fs::create_dir(folder).map_err(|error| format!("make {}: {error}", folder.display()))
}
