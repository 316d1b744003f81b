//! Kills processes at random moments, again and again, and looks whether anything is missing, doubled or torn in what they wrote, or
//! a cursor ahead of the data: the program, while it pulls from a real server into each of its sinks, and one that fills a replica
//! as fast as it can and tells what was acknowledged.

mod ingest;
mod place;
mod sink;

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use crate::{
    command::{cargo, target_directory},
    services::{self, Service},
};

use place::{Place, Server};
use sink::{SINKS, Sink};

const USAGE: &str = "\
usage: cargo xtask crash [--rounds N] [--objects N] [--seed N] [--target NAME]... [--require-services]

  Kills processes with SIGKILL at random moments, at least N times (20) for each target; all targets when none is named.

  replica     A process fills a replica with small and large batches, two cursors with them, each on the disk before it is
              acknowledged, which it tells on a pipe; in between it drops what was replaced, and makes the file shorter. After
              each kill the next one verifies everything: there must be exactly the batches up to one, which is the last that was
              acknowledged, or the one behind it.

  Of all others the program serves a feed of N objects (20000) from one replica, and pulls it into a sink. After each tenth kill, and
  after each one of a replica, which is verified then, no cursor may be ahead of its data; at the end each sink has to hold exactly
  what the feed holds. PostgreSQL and NATS are started where they are installed; with `--require-services` it is a failure where
  they are not.

  Sinks: replica-pull, replica-bulk (large pages), ndjson, ndjson-dir, ndjson-zstd, postgres, nats, nats-late (each start comes behind
  the duplicate window).";

/// How many pages become one batch at most, which is the default of the program.
const BATCH_PAGES: u64 = 8;

struct Options {
    rounds: u32,
    objects: u64,
    seed: u64,
    /// Whether a replica is filled.
    ingests: bool,
    sinks: Vec<&'static Sink>,
    requires_services: bool,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return Ok(());
    }
    let options = parse(arguments)?;
    println!("crash: {} rounds, seed {}", options.rounds, options.seed);
    build(!options.sinks.is_empty())?;
    let folder = target_directory()?.join("crash");
    // What an earlier run left behind is of no use.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| format!("make `{}`: {error}", folder.display()))?;
    let place = Place::new(folder)?;
    let mut random = Random(options.seed | 1);
    if options.ingests {
        let start = Instant::now();
        let tally = ingest::fill_and_kill(&place, options.rounds, &mut random)?;
        println!("crash: replica: {tally} in {:.0} s", start.elapsed().as_secs_f64());
    }
    if !options.sinks.is_empty() {
        pull(&place, &options, &mut random)?;
    }
    fs::remove_dir_all(&place.folder)
        .map_err(|error| format!("remove `{}`: {error}", place.folder.display()))
}

/// Pulls into each sink.
fn pull(place: &Place, options: &Options, random: &mut Random) -> Result<(), String> {
    place.make_source(options.objects)?;
    let server = Server::start(place)?;
    for sink in &options.sinks {
        let service = match sink.service.map(Service::start) {
            None => None,
            Some(Ok(service)) => Some(service),
            Some(Err(reason)) if options.requires_services => return Err(reason),
            Some(Err(reason)) => {
                println!("skipped: crash::{}: {reason}; {}", sink.name, services::INSTALL);
                continue;
            }
        };
        let url = service.as_ref().map(Service::url);
        let run = Run { place, server: &server.url, sink, url };
        let start = Instant::now();
        let tally = run.pull_and_kill(options.rounds, random)?;
        println!("crash: {}: {tally} in {:.0} s", sink.name, start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let seed = RandomState::new().hash_one(0_u8);
    let mut options = Options {
        rounds: 20,
        objects: 20_000,
        seed,
        ingests: false,
        sinks: Vec::new(),
        requires_services: false,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{name}` needs a value"));
        let number = |text: &String| {
            text.parse::<u64>().map_err(|_| format!("`{text}` is no number\n\n{USAGE}"))
        };
        match name.as_str() {
            "--rounds" => {
                let rounds = number(value()?)?;
                options.rounds = u32::try_from(rounds).map_err(|error| error.to_string())?;
            }
            "--objects" => options.objects = number(value()?)?,
            "--seed" => options.seed = number(value()?)?,
            "--target" => {
                let wanted = value()?;
                match SINKS.iter().find(|sink| sink.name == wanted) {
                    Some(sink) => options.sinks.push(sink),
                    None if wanted == ingest::TARGET => options.ingests = true,
                    None => return Err(format!("`{wanted}` is no target\n\n{USAGE}")),
                }
            }
            "--require-services" => options.requires_services = true,
            _ => return Err(format!("`{name}` is no option\n\n{USAGE}")),
        }
    }
    if options.sinks.is_empty() && !options.ingests {
        options.sinks = SINKS.iter().collect();
        options.ingests = true;
    }
    Ok(options)
}

/// Builds those that fill replicas and look into sinks, and, where it is needed, the program as it stands.
fn build(with_program: bool) -> Result<(), String> {
    let mut command =
        cargo(&["build", "--locked", "--quiet", "--bins", "--package", "inthreat-tests"]);
    if with_program {
        command.args(["--package", "inthreat"]);
    }
    let status = command.status().map_err(|error| format!("start cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo build ended with {status}")) }
}

/// What was done to one sink.
#[derive(Default)]
struct Tally {
    killed: u32,
    /// How often the feed was read to its end.
    passes: u32,
    /// How often the cursor was held against the data.
    checks: u32,
    /// Objects that a sink that compares nothing has once more, which it promises to be able to have.
    repeated: u64,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { killed, passes, checks, repeated } = self;
        write!(
            f,
            "killed {killed} times in {passes} passes, {checks} checks: nothing missing, doubled or torn"
        )?;
        if *repeated > 0 { write!(f, " ({repeated} lines or messages came again)") } else { Ok(()) }
    }
}

/// One sink, and what is done to it.
struct Run<'a> {
    place: &'a Place,
    server: &'a str,
    sink: &'static Sink,
    /// Of the server that the sink is.
    url: Option<&'a str>,
}

impl Run<'_> {
    /// Pulls until the feed is caught up; until as many pulls were killed as wanted, it begins again from nothing then.
    fn pull_and_kill(&self, rounds: u32, random: &mut Random) -> Result<Tally, String> {
        let failed = |what: &str| format!("{}: {what}", self.sink.name);
        let mut tally = Tally::default();
        let mut pulls = 0;
        // Kills since the sink was empty.
        let mut killed = 0;
        self.clear()?;
        loop {
            pulls += 1;
            if pulls > rounds.saturating_mul(20).saturating_add(100) {
                return Err(failed(&format!("the feed is not caught up after {pulls} pulls")));
            }
            let mut command = self.place.program(&[
                "pull",
                "--url",
                self.server,
                "--limit",
                &self.sink.limit.to_string(),
            ]);
            command
                .args(self.sink.arguments(self.url))
                .stderr(Stdio::piped())
                .stdout(Stdio::null());
            let mut child =
                command.spawn().map_err(|error| format!("start {command:?}: {error}"))?;
            if tally.killed < rounds {
                thread::sleep(Duration::from_millis(random.below(self.sink.life_ms_max)));
                // Who has ended already cannot be killed, which is found out next.
                let _ = child.kill();
            }
            let ended = child.wait_with_output().map_err(|error| format!("wait: {error}"))?;
            match ended.status.code() {
                None => {
                    tally.killed += 1;
                    killed += 1;
                    if tally.killed.is_multiple_of(self.sink.check_every) {
                        tally.checks += 1;
                        self.check(killed, false)?;
                    }
                    thread::sleep(self.sink.pause);
                }
                Some(0) => {
                    tally.passes += 1;
                    tally.checks += 1;
                    tally.repeated += self.check(killed, true)?;
                    self.clear()?;
                    killed = 0;
                    if tally.killed >= rounds {
                        return Ok(tally);
                    }
                }
                Some(code) => {
                    let words = String::from_utf8_lossy(&ended.stderr);
                    return Err(failed(&format!("a pull ended with {code}: {words}")));
                }
            }
        }
    }

    fn clear(&self) -> Result<(), String> {
        let mut clear = vec!["clear", self.sink.kind, self.sink.place(self.url)];
        clear.extend(self.sink.duplicate_window_ms);
        self.place.landed(&clear).map(drop)
    }

    /// Holds the sink against the feed, and gives how many objects it has once more.
    fn check(&self, killed: u32, is_caught_up: bool) -> Result<u64, String> {
        let mut check = vec!["check", self.server, self.sink.kind, self.sink.place(self.url)];
        check.extend(is_caught_up.then_some("caught-up"));
        let when = if is_caught_up { "at the end" } else { "in the middle" };
        let failed = |what: String| format!("{}, {when}, {killed} kills: {what}", self.sink.name);
        let said = self.place.landed(&check).map_err(failed)?;
        let doubled = said.split(", ").nth(1).and_then(|part| part.split(' ').next());
        let doubled: u64 = doubled
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| failed(format!("`{said}` is no answer")))?;
        // Each kill may have cut off one batch, which came again.
        let most =
            if self.sink.repeats { u64::from(killed) * BATCH_PAGES * self.sink.limit } else { 0 };
        if doubled > most {
            return Err(failed(format!("{doubled} objects are doubled, of at most {most}")));
        }
        Ok(doubled)
    }
}

/// Numbers that come again with the same seed (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
