//! What benchmarks share: the feed that they measure with, and the speed of splitting it.

use std::{
    env, fs,
    hint::black_box,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use inthreat_stix::split;

use crate::program;

/// How many objects a page has.
pub const PAGE: usize = 2000;

/// What `cargo xtask bench` sets.
#[expect(clippy::panic, reason = "there is nothing to measure without it")]
pub fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask bench`"))
}

/// Something per second.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn rate(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}

/// A number with its thousands apart: "1,234,567".
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The feed as lines, made once and kept beside the program.
#[expect(clippy::expect_used, reason = "there is nothing to measure without it")]
pub fn feed(objects: usize) -> PathBuf {
    let generator = Path::new(&variable("INTHREAT_BENCH_SHARED")).join("tools/gen_feed.py");
    let program = program::path();
    let folder = program.parent().expect("the program is in a folder").join("bench");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let count = objects.to_string();
    let (name, mut command) = if generator.is_file() {
        let mut command = Command::new("python3");
        command.arg(generator).args(["--n", &count, "--seed", "1"]);
        (format!("gen-{count}.ndjson"), command)
    } else {
        (format!("demo-{count}.ndjson"), program::command(&["demo", "--emit", &count]))
    };
    let path = folder.join(name);
    if !path.is_file() {
        let partial = path.with_extension("partial");
        let file = fs::File::create(&partial).expect("the file can be made");
        let status = command.stdout(file).status().expect("the generator starts");
        assert!(status.success(), "the generator failed");
        fs::rename(&partial, &path).expect("the file can be renamed");
    }
    path
}

/// Puts a file of lines into a replica.
#[expect(clippy::expect_used, reason = "there is nothing to measure without it")]
pub fn import(file: &Path, into: &Path) {
    let mut command = program::command(&["import"]);
    command.arg(file).arg("--into").arg(into).stderr(Stdio::null());
    let status = command.status().expect("the program starts");
    assert!(status.success(), "the import failed");
}

/// The first pages of a feed, as the service writes them.
#[expect(clippy::expect_used, reason = "there is nothing to measure without it")]
pub fn pages(feed: &Path, count: usize) -> Vec<Vec<u8>> {
    let file = fs::File::open(feed).expect("the feed can be read");
    let lines: Vec<Vec<u8>> = BufReader::new(file)
        .split(b'\n')
        .take(count * PAGE)
        .collect::<Result<_, _>>()
        .expect("the feed can be read");
    let page = |lines: &[Vec<u8>]| {
        [br#"{"items":["#.as_slice(), &lines.join(&b','), br#"],"next_cursor":"x"}"#].concat()
    };
    lines.chunks(PAGE).map(page).collect()
}

/// How long splitting these pages takes, at best.
#[expect(clippy::expect_used, reason = "there is nothing to measure without it")]
pub fn splitting(pages: &[Vec<u8>]) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..7 {
        // The copies stand for the bodies that the client owns; they are not part of what is measured.
        let bodies = pages.to_vec();
        let start = Instant::now();
        for body in bodies {
            black_box(split::envelope(body, "items").expect("it is a page"));
        }
        best = best.min(start.elapsed());
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a comma in the wrong place.
    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
