//! Kills the program at random moments of a pull from a real server, again and again, and then looks whether anything
//! is missing, doubled or torn.

use std::{
    env,
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::Duration,
};

use crate::command::{cargo, output, target_directory};

const USAGE: &str = "\
usage: cargo xtask crash [--rounds N] [--objects N] [--seed N]

  Builds the program, serves a feed of N objects (20000) from one replica, and pulls it into a replica and into a file, killed with
  SIGKILL at random moments at least N times (20) each. Then both have to hold exactly what the feed holds.";

/// The longest that a pull is left alone, in milliseconds.
const LIFE_MS_MAX: u64 = 250;
/// Few objects a page, so that there is much to be interrupted.
const LIMIT: &str = "20";

struct Options {
    rounds: u32,
    objects: u64,
    seed: u64,
}

/// Where a pull goes.
#[derive(Clone, Copy)]
enum Sink {
    Replica,
    Ndjson,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let options = parse(arguments)?;
    println!("crash: {} rounds, seed {}", options.rounds, options.seed);
    let program = build()?;
    let folder = target_directory()?.join("crash");
    // What an earlier run left behind is of no use.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("make `{}`: {error}", folder.display()))?;
    let place = Place { program, folder };
    place.make_source(options.objects)?;
    let server = Server::start(&place)?;
    let mut random = Random(options.seed | 1);
    for sink in [Sink::Replica, Sink::Ndjson] {
        let killed = place.pull_and_kill(sink, &server.url, options.rounds, &mut random)?;
        place.verify(sink)?;
        println!("crash: {}: killed {killed} times, nothing missing, doubled or torn", sink.name());
    }
    drop(server);
    fs::remove_dir_all(&place.folder)
        .map_err(|error| format!("remove `{}`: {error}", place.folder.display()))
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let seed = RandomState::new().hash_one(0_u8);
    let mut options = Options { rounds: 20, objects: 20_000, seed };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|text| text.parse::<u64>().ok());
        let value = value.ok_or_else(|| format!("`{name}` needs a number\n\n{USAGE}"))?;
        match name.as_str() {
            "--rounds" => {
                options.rounds = u32::try_from(value).map_err(|error| error.to_string())?;
            }
            "--objects" => options.objects = value,
            "--seed" => options.seed = value,
            _ => return Err(format!("`{name}` is no option\n\n{USAGE}")),
        }
    }
    Ok(options)
}

/// Builds the program as it stands, and says where it is.
fn build() -> Result<PathBuf, String> {
    let mut command = cargo(&["build", "--package", "inthreat", "--locked", "--quiet"]);
    let status = command.status().map_err(|error| format!("start cargo: {error}"))?;
    if !status.success() {
        return Err(format!("cargo build ended with {status}"));
    }
    let name = format!("inthreat{}", env::consts::EXE_SUFFIX);
    Ok(target_directory()?.join("debug").join(name))
}

/// The program and the folder that it works in.
struct Place {
    program: PathBuf,
    folder: PathBuf,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in env::vars_os() {
            // Nothing of what this machine is set to.
            if name.to_string_lossy().starts_with("INTHREAT_") {
                command.env_remove(name);
            }
        }
        command
    }

    fn make_source(&self, objects: u64) -> Result<(), String> {
        let path = self.path("source.ndjson");
        let file =
            File::create(&path).map_err(|error| format!("make `{}`: {error}", path.display()))?;
        let mut emit = self.command(&["demo", "--emit", &objects.to_string()]);
        let status =
            emit.stdout(file).status().map_err(|error| format!("start {emit:?}: {error}"))?;
        if !status.success() {
            return Err(format!("{emit:?} ended with {status}"));
        }
        output(self.command(&["import", "source.ndjson", "--into", "source"])).map(drop)
    }

    /// Pulls until the feed is caught up; until as many pulls were killed as wanted, it begins again from nothing then.
    fn pull_and_kill(
        &self,
        sink: Sink,
        url: &str,
        rounds: u32,
        random: &mut Random,
    ) -> Result<u32, String> {
        let mut killed = 0;
        let mut pulls = 0;
        loop {
            pulls += 1;
            if pulls > rounds.saturating_mul(20).saturating_add(100) {
                return Err(format!(
                    "{}: the feed is not caught up after {pulls} pulls",
                    sink.name()
                ));
            }
            let mut command = self.command(&["pull", "--url", url, "--limit", LIMIT]);
            command.args(sink.arguments()).stderr(Stdio::piped()).stdout(Stdio::null());
            let mut child =
                command.spawn().map_err(|error| format!("start {command:?}: {error}"))?;
            if killed < rounds {
                thread::sleep(Duration::from_millis(random.below(LIFE_MS_MAX)));
                // Who has ended already cannot be killed, which is found out next.
                let _ = child.kill();
            }
            let ended = child.wait_with_output().map_err(|error| format!("wait: {error}"))?;
            match ended.status.code() {
                None => killed += 1,
                Some(0) if killed >= rounds => return Ok(killed),
                Some(0) => {
                    self.verify(sink)?;
                    self.clear(sink)?;
                }
                Some(code) => {
                    let words = String::from_utf8_lossy(&ended.stderr);
                    return Err(format!("{}: a pull ended with {code}: {words}", sink.name()));
                }
            }
        }
    }

    fn clear(&self, sink: Sink) -> Result<(), String> {
        for name in sink.leaves() {
            let path = self.path(name);
            let removed =
                if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|error| format!("remove `{}`: {error}", path.display()))?;
        }
        Ok(())
    }

    /// Compares what arrived with the source. A file is read into a replica first.
    fn verify(&self, sink: Sink) -> Result<(), String> {
        let copy = match sink {
            Sink::Replica => "copy",
            Sink::Ndjson => {
                let _ = fs::remove_dir_all(self.path("read"));
                check_lines(&self.path("copy.ndjson"))?;
                output(self.command(&["import", "copy.ndjson", "--into", "read"]))?;
                "read"
            }
        };
        output(self.command(&["replica", "verify", copy]))?;
        output(self.command(&["replica", "diff", "source", copy])).map(drop)
    }
}

/// Every line of a file is whole: the next run mends what a crash tore before it goes on.
fn check_lines(path: &Path) -> Result<(), String> {
    let failed = |error| format!("read `{}`: {error}", path.display());
    let file = File::open(path).map_err(failed)?;
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(failed)?;
        if serde_json::from_str::<serde_json::Value>(&line).is_err() {
            return Err(format!("`{}`: line {} is torn", path.display(), number + 1));
        }
    }
    Ok(())
}

impl Sink {
    fn name(self) -> &'static str {
        match self {
            Self::Replica => "replica",
            Self::Ndjson => "NDJSON",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Replica => &["--into", "copy"],
            Self::Ndjson => &["--ndjson", "copy.ndjson", "--state", "cursors"],
        }
    }

    fn leaves(self) -> &'static [&'static str] {
        match self {
            Self::Replica => &["copy"],
            Self::Ndjson => &["copy.ndjson", "cursors"],
        }
    }
}

/// The program as a server; it ends with this value.
struct Server {
    child: Child,
    url: String,
    /// Kept open: a server that cannot say anything any more would fail.
    words: Option<BufReader<ChildStderr>>,
}

impl Server {
    fn start(place: &Place) -> Result<Self, String> {
        let mut command = place.command(&["serve", "--local", "source", "--listen", "127.0.0.1:0"]);
        let mut child = command
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start {command:?}: {error}"))?;
        let stderr = child.stderr.take().map(BufReader::new);
        let mut server = Self { child, url: String::new(), words: stderr };
        let mut line = String::new();
        if let Some(words) = &mut server.words {
            words
                .read_line(&mut line)
                .map_err(|error| format!("read what the server says: {error}"))?;
        }
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.ok_or_else(|| format!("the server did not start: {line}"))?;
        server.url = format!("http://{address}");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Numbers that come again with the same seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
