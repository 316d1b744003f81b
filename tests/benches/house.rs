//! The main job, measured: splitting, pulling into a replica, memory, look-ups. `cargo xtask bench` builds and runs it.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run has nothing to say")]

use std::{
    fs,
    hint::black_box,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use inthreat_api::{Collections, FeedId, Observable, PageRequest};
use inthreat_http::{Client, ClientOptions};
use inthreat_replica::{Options, Replica};
use inthreat_store::index::IndexRows;
use inthreat_tests::{
    measured::{self, import, rate, variable},
    program::Served,
};
use serde::de::IgnoredAny;

/// How many objects the pulls are compared on.
const PULLED: usize = 300_000;

fn main() {
    let objects: usize = variable("INTHREAT_BENCH_OBJECTS").parse().unwrap();
    let feed = measured::feed(objects);
    println!("{objects} objects, {:.0} MB\n", megabytes(fs::metadata(&feed).unwrap().len()));
    println!("| what | measured | goal |\n| --- | ---: | ---: |");
    splitting(&feed);
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part.ndjson");
    head(&feed, PULLED.min(objects), &part);
    let small = folder.path().join("small.ndjson");
    head(&feed, 100_000.min(objects), &small);
    pulling(&part, folder.path());
    let peaks = [&small, &feed].map(|file| (lines(file), peak(file, folder.path())));
    for (count, (megabytes, _)) in &peaks {
        row(
            &format!("peak memory of a pull of {count} objects"),
            &format!("{megabytes} MB"),
            "<= 150 MB",
        );
    }
    looking_up(&peaks[1].1.1, &feed);
}

fn row(what: &str, measured: &str, goal: &str) {
    println!("| {what} | {measured} | {goal} |");
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Copies the first lines of a file.
fn head(from: &Path, count: usize, to: &Path) {
    let mut out = std::io::BufWriter::new(fs::File::create(to).unwrap());
    for line in BufReader::new(fs::File::open(from).unwrap()).split(b'\n').take(count) {
        out.write_all(&line.unwrap()).unwrap();
        out.write_all(b"\n").unwrap();
    }
}

fn lines(file: &Path) -> usize {
    BufReader::new(fs::File::open(file).unwrap()).split(b'\n').count()
}

/// Splits pages, beside the fastest that the parser can do with the same bytes.
fn splitting(feed: &Path) {
    let pages = measured::pages(feed, 20);
    let bytes: usize = pages.iter().map(Vec::len).sum();
    let mut ignored = Duration::MAX;
    for _ in 0..7 {
        let start = Instant::now();
        for page in &pages {
            black_box(serde_json::from_slice::<IgnoredAny>(page).unwrap());
        }
        ignored = ignored.min(start.elapsed());
    }
    let [ignored, split] =
        [ignored, measured::splitting(&pages)].map(|elapsed| rate(bytes, elapsed) / 1e6);
    row("`IgnoredAny` over pages of 2,000", &format!("{ignored:.0} MB/s"), "");
    row("split into raw objects", &format!("{split:.0} MB/s"), "");
    row("split / `IgnoredAny`", &format!("{:.2}", split / ignored), ">= 0.50");
}

/// Pulls into a replica, beside the same client that only reads and splits.
fn pulling(feed: &Path, folder: &Path) {
    let source = folder.join("source");
    import(feed, &source);
    let served = Served::start(&source, &[]);
    let mut count = 0;
    let mut read = Duration::MAX;
    let mut pulled = Duration::MAX;
    for round in 0..3 {
        // A feed holds each object once, in its newest version: fewer than the file has lines.
        let (objects, elapsed) = read_and_split(&served.url);
        (count, read) = (objects, read.min(elapsed));
        let copy = folder.join(format!("copy-{round}"));
        let start = Instant::now();
        pull(&served.url, &copy);
        pulled = pulled.min(start.elapsed());
        fs::remove_dir_all(copy).unwrap();
    }
    let (read, pulled) = (rate(count, read), rate(count, pulled));
    row(&format!("read and split {count} objects over HTTP"), &format!("{read:.0} objects/s"), "");
    row("`pull` of the same into a replica", &format!("{pulled:.0} objects/s"), ">= 40,000");
    row("`pull` / read and split", &format!("{:.3}", pulled / read), ">= 0.125");
    let sample = Path::new(&variable("INTHREAT_BENCH_SHARED")).join("peers/pull_sample.py");
    let output = Command::new("python3").arg(sample).args([&served.url, "2000"]).output();
    match output {
        Ok(output) if output.status.success() => {
            row(
                "documentation's sample script, keeps nothing",
                String::from_utf8_lossy(&output.stdout).trim(),
                "",
            );
        }
        _ => println!(
            "\nskipped: the sample script: no python3 with requests, or ../shared is absent"
        ),
    }
}

/// How many objects the feed has, and how long reading and splitting it takes.
fn read_and_split(url: &str) -> (usize, Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::new(url, ClientOptions::default()).unwrap();
        let start = Instant::now();
        let mut count = 0;
        let mut request = PageRequest::new(FeedId::default()).with_limit(2000);
        request.convert_network_traffic = Some(false);
        loop {
            let page = client.page(request.clone()).await.unwrap();
            if page.is_empty() {
                return (count, start.elapsed());
            }
            count += page.len();
            request.cursor = black_box(page).next_cursor;
        }
    })
}

/// Pulls with the program, and gives what it said at the end.
fn pull(url: &str, into: &Path) -> String {
    let output = Command::new(variable("INTHREAT_PROGRAM"))
        .args([
            "pull".as_ref(),
            "--url".as_ref(),
            url.as_ref(),
            "--into".as_ref(),
            into.as_os_str(),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "the pull failed: {said}");
    said
}

/// The peak memory of a pull of a whole file in MB, and the replica that it made.
fn peak(feed: &Path, folder: &Path) -> (String, PathBuf) {
    let source = folder.join("peak-source");
    import(feed, &source);
    let served = Served::start(&source, &[]);
    let copy = folder.join(format!("peak-{}", lines(feed)));
    let said = pull(&served.url, &copy);
    let megabytes = said.split("peak memory ").nth(1).and_then(|rest| rest.split(' ').next());
    drop(served);
    fs::remove_dir_all(source).unwrap();
    (megabytes.unwrap_or("?").to_owned(), copy)
}

/// Opens a large replica and looks values up.
fn looking_up(replica: &Path, feed: &Path) {
    let mut opened = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        black_box(Replica::open(replica, Options::default()).unwrap());
        opened = opened.min(start.elapsed());
    }
    row("open the replica", &format!("{:.1} ms", opened.as_secs_f64() * 1e3), "<= 50 ms");
    let lines = BufReader::new(fs::File::open(feed).unwrap()).split(b'\n').map(Result::unwrap);
    let observables: Vec<Observable> = lines
        .step_by(7)
        .filter_map(|line| inthreat_stix::RawObject::new(line).ok())
        .flat_map(|object| IndexRows::of(&object).observables)
        .take(100_000)
        .collect();
    let replica = Replica::open(replica, Options::default()).unwrap();
    let mut best = Duration::MAX;
    for _ in 0..4 {
        let start = Instant::now();
        let found: usize =
            observables.iter().map(|observable| replica.lookup(observable).unwrap().len()).sum();
        best = best.min(start.elapsed());
        assert!(found >= observables.len(), "something is not found");
    }
    let measured = format!("{:.0}/s", rate(observables.len(), best));
    row("look-ups by value, warm, one core", &measured, ">= 100,000/s");
}
