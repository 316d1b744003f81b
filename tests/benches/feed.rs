//! A feed pulled into each sink by the program itself: how fast, how much memory, and who is waited for.
//! `cargo xtask bench feed` builds and runs it.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::{env, fs, path::Path};

use inthreat_tests::{
    measured,
    program::{self, Served},
};

/// What every sink has to stay below, in MB.
const MEMORY_GOAL: u64 = 150;

/// A sink: its name, and what the program is told. `FOLDER` stands for an empty folder, `URL` for the address of an engine.
struct Sink {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The variable that says where its engine listens.
    engine: Option<&'static str>,
}

const SINKS: &[Sink] = &[
    Sink {
        name: "NDJSON file",
        arguments: &["--ndjson", "FOLDER/x", "--state", "FOLDER/cursors"],
        engine: None,
    },
    Sink {
        name: "NDJSON folder",
        arguments: &["--ndjson-dir", "FOLDER/x", "--state", "FOLDER/cursors"],
        engine: None,
    },
    Sink {
        name: "NDJSON folder, zstd",
        arguments: &["--ndjson-dir", "FOLDER/x", "--zstd", "--state", "FOLDER/cursors"],
        engine: None,
    },
    Sink {
        name: "command (`cat >/dev/null`)",
        arguments: &["--state", "FOLDER/cursors", "--exec", "sh", "--", "-c", "cat >/dev/null"],
        engine: None,
    },
    Sink { name: "replica", arguments: &["--into", "FOLDER/x"], engine: None },
    Sink {
        name: "PostgreSQL",
        arguments: &["--into", "URL"],
        engine: Some("INTHREAT_BENCH_POSTGRES"),
    },
    Sink {
        name: "NATS",
        arguments: &["--into", "URL", "--state", "URL"],
        engine: Some("INTHREAT_BENCH_NATS"),
    },
];

fn main() {
    // `cargo test` runs benchmarks too, to see that they build.
    if env::args().any(|argument| argument == "--test") {
        return;
    }
    let objects: usize = measured::variable("INTHREAT_BENCH_OBJECTS").parse().unwrap();
    let feed = measured::feed(objects);
    let pages = measured::pages(&feed, 20);
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let split = measured::rate(bytes, measured::splitting(&pages)) / 1e6;
    drop(pages);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    measured::import(&feed, &source);
    let served = Served::start(&source, &[]);
    println!("{objects} lines in the feed; splitting alone: {split:.0} MB/s\n");
    println!("| sink | objects | objects/s | network | splitting | sink | peak memory |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut is_well = true;
    for sink in SINKS {
        let url = match sink.engine.map(env::var) {
            Some(Err(_)) => {
                println!("| {} | skipped: its engine is not installed |", sink.name);
                continue;
            }
            Some(Ok(url)) => url,
            None => String::new(),
        };
        let place = folder.path().join("place");
        fs::create_dir(&place).unwrap();
        is_well &= measure(sink, &served.url, &place, &url, split);
        fs::remove_dir_all(place).unwrap();
    }
    println!("\nnetwork, splitting, sink: parts of the whole time, which overlap");
    assert!(is_well, "a sink takes more than {MEMORY_GOAL} MB");
}

/// Pulls, prints a line of the table, and says whether the memory is within its goal.
fn measure(sink: &Sink, server: &str, place: &Path, url: &str, split: f64) -> bool {
    let fill = |text: &&str| text.replace("FOLDER", place.to_str().unwrap()).replace("URL", url);
    let arguments: Vec<String> = sink.arguments.iter().map(fill).collect();
    let mut all = vec!["pull", "--url", server];
    all.extend(arguments.iter().map(String::as_str));
    let run = program::run(&all);
    assert_eq!(run.code, 0, "{run:?}");
    let figure = |before: &str, after: &str| -> f64 {
        let rest = run.stderr.split(before).nth(1);
        let text = rest.and_then(|rest| rest.split(after).next()).unwrap_or_default();
        text.replace(',', "").parse().unwrap_or_else(|_| panic!("no figure in {run:?}"))
    };
    let total = figure("known) in ", " s");
    let [source, written] = ["(source ", "sink "].map(|before| figure(before, " s"));
    let objects = figure("pulled ", " objects");
    let megabytes = figure("objects/s, ", " MB/s") * total;
    let memory = figure("peak memory ", " MB");
    let splitting = (megabytes / split).min(source);
    let share = |seconds: f64| format!("{:.0} %", 100.0 * seconds / total);
    println!(
        "| {} | {objects} | {:.0} | {} | {} | {} | {memory} MB |",
        sink.name,
        objects / total,
        share(source - splitting),
        share(splitting),
        share(written),
    );
    #[expect(clippy::cast_precision_loss, reason = "it is small")]
    let goal = MEMORY_GOAL as f64;
    memory <= goal
}
