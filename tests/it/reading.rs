//! Watching, reading afterwards, comparing, and looking after cursors and the quarantine, as people do it.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use inthreat_tests::{
    program::{self, Run, Served},
    scripted::{Scripted, answer, page},
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn object(number: u32, day: u32, rest: &str) -> String {
    format!(
        r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"2020-01-{day:02}T00:00:00Z"{rest}}}"#
    )
}

fn marked(number: u32, day: u32, marking: &str) -> String {
    object(number, day, &format!(r#","object_marking_refs":["marking-definition--{marking}"]"#))
}

const RED: &str = "5e57c739-391a-4eb3-b6be-7d15ca92d5ed";
const GREEN: &str = "34098fce-860f-48ae-8e50-ebd3cc5e41da";
const FEED: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";

/// Takes these objects into the replica `name`.
fn import(folder: &Path, name: &str, objects: &[String]) -> PathBuf {
    let file = folder.join("objects.ndjson");
    fs::write(&file, objects.join("\n")).unwrap();
    let replica = folder.join(name);
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    replica
}

fn succeed(arguments: &[&str]) -> Run {
    let run = program::run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {run:?}");
    run
}

fn objects_in(replica: &Path) -> usize {
    let run = succeed(&["replica", "stats", text(replica), "-o", "table"]);
    let line = run
        .stdout
        .lines()
        .find(|line| line.trim_start().starts_with("objects "))
        .unwrap()
        .to_owned();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

// Catches a watch that does not see what is new, that loses it when it is stopped, or that ends with the wrong code.
#[cfg(unix)]
#[test]
fn a_watch_sees_what_is_new_and_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), "source", &[object(1, 1, ""), object(2, 2, "")]);
    let served = Served::start(&source, &[]);
    let copy = folder.path().join("copy");
    let metrics = folder.path().join("figures.prom");
    let into = ["--into", text(&copy), "--interval", "1s", "--metrics", text(&metrics)];
    let arguments = [&["watch", "--url", &served.url][..], &into].concat();
    let mut child = program::command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        line
    };
    assert_eq!(next(), format!("{FEED}: 2 objects\n"));
    import(folder.path(), "source", &[object(3, 3, "")]);
    assert_eq!(next(), format!("{FEED}: 1 object\n"));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(next().starts_with("stopping"));
    lines.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(objects_in(&copy), 3);
    let figures = fs::read_to_string(metrics).unwrap();
    assert!(figures.contains(&format!("objects_total{{feed=\"{FEED}\"}} 3\n")), "{figures}");
    succeed(&["replica", "verify", text(&copy)]);
}

// Catches objects that nobody can take away from a folder of files, because the last file waits for more, or for ever.
#[cfg(unix)]
#[test]
fn a_watch_closes_the_files_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), "source", &[object(1, 1, ""), object(2, 2, "")]);
    let served = Served::start(&source, &[]);
    let (files, state) = (folder.path().join("files"), folder.path().join("cursors"));
    let to = ["--ndjson-dir", text(&files), "--state", text(&state), "--interval", "1s"];
    let watch = [&["watch", "--url", &served.url][..], &to].concat();
    let lines =
        |name: &str| fs::read_to_string(files.join(name)).map_or(0, |text| text.lines().count());
    for (age, name, count) in [("1s", "000001.ndjson", 2), ("1h", "000002.ndjson", 1)] {
        let arguments = [&watch[..], &["--rotate-after", age]].concat();
        let mut child = program::command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut told = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        assert!(line.contains(&format!("{count} object")), "{line}");
        // Nothing more comes, and it is closed by the clock.
        if age == "1s" {
            let begun = Instant::now();
            while lines(name) == 0 && begun.elapsed() < Duration::from_mins(1) {
                thread::yield_now();
            }
            assert_eq!(lines(name), count);
        }
        assert_eq!(lines("000002.ndjson"), 0);
        let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        told.read_to_end(&mut Vec::new()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert_eq!(lines(name), count);
        import(folder.path(), "source", &[object(3, 3, "")]);
    }
}

// Catches a watch whose end is told twice, and one that goes on with a key that nobody takes.
#[test]
fn a_watch_tells_once_why_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let refused = answer("401 Unauthorized", "application/json", r#"{"code":"T300"}"#);
    let served = Scripted::start([refused]).unwrap();
    let into = folder.path().join("ti");
    let run = program::run(&["watch", "--url", &served.url(), "--into", text(&into)]);
    run.assert_fails(3, &["inthreat login"]);
    assert_eq!(run.stderr.matches("answered 401").count(), 1, "{run:?}");
}

// Catches an object that gets past the ceiling, and a drop that is not told.
#[test]
fn a_ceiling_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let objects = [marked(1, 1, RED), marked(2, 2, GREEN), object(3, 3, "")];
    let source = import(folder.path(), "source", &objects);
    let served = Served::start(&source, &[]);
    let copy = folder.path().join("copy");
    let base = ["pull", "--url", &served.url, "--into", text(&copy)];
    let run = succeed(&[&base[..], &["--tlp-max", "amber+strict"]].concat());
    assert!(run.stderr.contains("dropped 1 by tlp"), "{run:?}");
    assert_eq!(objects_in(&copy), 2);
    // Whoever widens the ceiling gets what was dropped before.
    succeed(&base);
    assert_eq!(objects_in(&copy), 3);
    program::run(&[&base[..], &["--tlp-max", "pink"]].concat()).assert_fails(2, &["amber+strict"]);
}

// Catches a part that reaches too far or touches the cursor of the feed, and differences that are not found.
#[test]
fn a_part_is_read_afterwards_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = (1..=9).map(|n| object(n, n, "")).collect();
    let source = import(folder.path(), "source", &objects);
    let served = Served::start(&source, &[]);
    let copy = folder.path().join("copy");
    let from = ["--url", &served.url];
    let range = ["--after", "2020-01-02", "--until", "2020-01-06", "--slice", "2d"];
    let into = ["--into", text(&copy)];
    succeed(&[&["backfill"][..], &from, &range, &into].concat());
    assert_eq!(objects_in(&copy), 3);
    let cursor = ["cursor", "show", FEED, "--local", text(&copy)];
    assert_eq!(program::run(&cursor).code, 1, "there is a cursor of the feed");

    let audit = [&["audit"][..], &from, &["--local", text(&copy)]].concat();
    let run = program::run(&audit);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("compared 9 objects: 6 missing, 0 stale"), "{run:?}");
    succeed(&[&["pull"][..], &from, &into].concat());
    assert!(succeed(&audit).stdout.contains("compared 9 objects: 0 missing"));
}

// Catches a cursor that is not shown, set or forgotten, and a feed that is not read again then.
#[test]
fn cursors_are_looked_after() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), "source", &[object(1, 1, ""), object(2, 2, "")]);
    let served = Served::start(&source, &[]);
    let (file, state) = (folder.path().join("copy.ndjson"), folder.path().join("cursors"));
    let state = ["--state", text(&state)];
    let pull = [&["pull", "--url", &served.url, "--ndjson", text(&file)][..], &state].concat();
    let lines = || fs::read_to_string(&file).unwrap().lines().count();
    succeed(&pull);
    let shown = succeed(&[&["cursor", "show", FEED, "-o", "table"][..], &state].concat()).stdout;
    assert!(shown.contains("2020-01-02T00:00:00Z"), "{shown}");
    let cursor = shown.lines().find(|line| line.trim_start().starts_with("cursor ")).unwrap();
    let cursor = cursor.split_whitespace().nth(1).unwrap().to_owned();
    succeed(&pull);
    assert_eq!(lines(), 2);
    succeed(&[&["cursor", "reset", FEED, "--yes"][..], &state].concat());
    assert_eq!(program::run(&[&["cursor", "reset", FEED, "--yes"][..], &state].concat()).code, 1);
    succeed(&pull);
    assert_eq!(lines(), 4);
    succeed(&[&["cursor", "set", FEED, "bad", "--yes"][..], &state].concat());
    program::run(&pull).assert_fails(2, &["refuses the cursor", "--restart"]);
    succeed(&[&pull[..], &["--restart", "1s"]].concat());
    succeed(&[&["cursor", "set", FEED, &cursor, "--yes"][..], &state].concat());
    let list = succeed(&[&["cursor", "list"][..], &state].concat()).stdout;
    assert!(list.contains(FEED) && list.contains(&cursor), "{list}");
    succeed(&pull);
}

// Catches a cursor of another program that cannot be set before the first pull, and a pull that begins anew for all that.
#[test]
fn a_cursor_is_brought_along() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), "source", &[object(1, 1, ""), object(2, 2, "")]);
    let served = Served::start(&source, &[]);
    let first = succeed(&["feeds", "page", "--limit", "1", "--url", &served.url]).stderr;
    let cursor = first.lines().find_map(|line| line.strip_prefix("next: --cursor ")).unwrap();
    let copy = folder.path().join("copy");
    let set = ["cursor", "set", FEED, cursor, "--local", text(&copy), "--yes"];
    let run = succeed(&set);
    assert!(run.stderr.contains("a replica was made"), "{run:?}");
    succeed(&["pull", "--url", &served.url, "--into", text(&copy)]);
    assert_eq!(objects_in(&copy), 1);
    assert!(!succeed(&set).stderr.contains("made"));
}

// Catches files that are not closed, that are seen before they are whole, or that cannot be told apart.
#[test]
fn a_folder_of_files_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = (1..=9).map(|n| object(n, n, "")).collect();
    let source = import(folder.path(), "source", &objects);
    let served = Served::start(&source, &[]);
    let (files, state) = (folder.path().join("files"), folder.path().join("cursors"));
    let places = ["--ndjson-dir", text(&files), "--state", text(&state)];
    let pull = [&["pull", "--url", &served.url][..], &places].concat();
    succeed(&[&pull[..], &["--rotate-bytes", "1"]].concat());
    let file = files.join("000001.ndjson");
    assert_eq!(fs::read_to_string(file).unwrap().lines().count(), 9);
    import(folder.path(), "source", &[object(10, 10, "")]);
    succeed(&[&pull[..], &["--rotate-bytes", "1", "--zstd"]].concat());
    assert!(files.join("000002.ndjson.zst").exists());
    // Without a size too the last file of a pull is one that can be taken away.
    import(folder.path(), "source", &[object(11, 11, "")]);
    succeed(&pull);
    assert_eq!(fs::read_to_string(files.join("000003.ndjson")).unwrap().lines().count(), 1);
    program::run(&["pull", "--url", &served.url, "--ndjson-dir", text(&files)])
        .assert_fails(2, &["--state"]);
}

// Catches an item that is lost when it is tried again, and one that stays although it was stored.
#[test]
fn what_was_set_aside_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let items =
        format!(r#"{{"items":[{},42,{{"type":"x"}}],"next_cursor":"a"}}"#, object(1, 1, ""));
    let server = Scripted::start([page(items), page(r#"{"items":[],"next_cursor":"a"}"#)]).unwrap();
    succeed(&["pull", "--url", &server.url(), "--into", text(&copy)]);
    let list = ["quarantine", "list", text(&copy)];
    let shown = succeed(&list).stdout;
    assert!(shown.contains("42") && shown.contains("`id` is missing"), "{shown}");
    let lines = succeed(&[&list[..], &["--ndjson"]].concat()).stdout;
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains(r#""text":"42""#), "{lines}");
    let run = succeed(&["quarantine", "show", "1", "--into", text(&copy)]);
    assert!(run.stdout == "42\n" && run.stderr.starts_with("item 1 of feed"), "{run:?}");
    assert_eq!(program::run(&["quarantine", "show", "9", text(&copy)]).code, 1);
    program::run(&["quarantine", "list"]).assert_fails(2, &["--into"]);
    let run = succeed(&["quarantine", "retry", text(&copy)]);
    assert!(run.stderr.contains("stored 0 items, left 2 aside"), "{run:?}");
    assert_eq!(objects_in(&copy), 1);
}

// Catches objects that a sink loses because another one failed, a sink that holds up the others, and cursors that move
// together.
#[cfg(unix)]
#[test]
fn several_sinks_have_cursors_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = (1..=9).map(|n| object(n, n, "")).collect();
    let source = import(folder.path(), "source", &objects);
    let served = Served::start(&source, &[]);
    let place = |name: &str| folder.path().join(name);
    let (copy, file, files, state) =
        (place("copy"), place("copy.ndjson"), place("files"), place("cursors"));
    let (fed, allowed) = (place("fed"), place("allowed"));
    let base = ["pull", "--url", &served.url, "--limit", "2", "--state", text(&state)];
    let sinks = ["--into", text(&copy), "--ndjson", text(&file), "--ndjson-dir", text(&files)];
    // The command ends when the others are done; one that held them up would run into its time.
    let script = r#"cat >> "$1"
        lines() { cat "$1" "$2"/.open.ndjson "$2"/*.ndjson 2> /dev/null | wc -l; }
        until [ $(lines "$2" "$3") -eq 18 ]; do sleep 0.01; done
        test -e "$4" || { echo not yet >&2; exit 3; }"#;
    let command = ["--exec", "sh", "--exec-time", "60s", "--", "-c", script, "sh"];
    let places = [text(&fed), text(&file), text(&files), text(&allowed)];
    let pull = [&base[..], &sinks, &command, &places].concat();
    let run = program::run(&pull);
    run.assert_fails(6, &["(exec)", "status: 3", "not yet"]);
    assert!(run.stderr.contains(&format!("{FEED} (ndjson): pulled 9 objects")), "{run:?}");
    assert_eq!(objects_in(&copy), 9);
    let cursors = ["cursor", "list", "--state", text(&state)];
    let list = succeed(&cursors).stdout;
    assert!(list.contains(&format!("{FEED}@ndjson-dir")) && !list.contains("@exec"), "{list}");

    fs::write(&allowed, "").unwrap();
    fs::remove_file(&fed).unwrap();
    succeed(&pull);
    let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().count();
    let closed = files.join("000001.ndjson");
    assert_eq!((lines(&fed), lines(&file), lines(&closed)), (9, 9, 9));
    assert!(succeed(&cursors).stdout.contains(&format!("{FEED}@exec")));
    program::run(&["pull", "--url", &served.url, "--exec", "cat"]).assert_fails(2, &["--state"]);
}

/// A running `inthreat watch`, which ends with the value.
#[cfg(unix)]
struct Watching {
    child: std::process::Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

#[cfg(unix)]
impl Watching {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program::command(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// Waits for a line with these words.
    fn line_with(&mut self, words: &str) -> String {
        let mut seen = Vec::new();
        for line in self.lines.by_ref().map_while(Result::ok) {
            if line.contains(words) {
                return line;
            }
            seen.push(line);
        }
        panic!("`{words}` is not in: {seen:?}")
    }

    fn end(&mut self) {
        self.signal("-TERM");
        self.lines.by_ref().for_each(drop);
        assert_eq!(self.child.wait().unwrap().code(), Some(130));
    }
}

#[cfg(unix)]
impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// Catches two processes that read one feed at once, a process that waits for ever for one that sleeps, and one that wakes
// and moves the cursor back.
#[cfg(unix)]
#[test]
fn a_process_that_slept_beyond_its_lease_is_overtaken() {
    let folder = tempfile::tempdir().unwrap();
    let objects: Vec<_> = (1..=9).map(|n| object(n, n, "")).collect();
    let source = import(folder.path(), "source", &objects);
    let served = Served::start(&source, &[]);
    let place = |name: &str| folder.path().join(name);
    let (state, started, fed) = (place("cursors"), place("started"), place("fed"));
    let watch = ["watch", "--url", &served.url, "--state", text(&state), "--lease", "2s"];
    let rest = ["--limit", "2", "--interval", "1s", "--exec", "sh", "--", "-c"];
    let watch = [&watch[..], &rest].concat();
    let key = format!("{FEED}@exec");
    let cursor = || {
        let run = succeed(&["cursor", "show", &key, "--state", text(&state), "-o", "table"]);
        let line = run.stdout.lines().find(|line| line.trim_start().starts_with("cursor "));
        line.unwrap_or_else(|| panic!("{run:?}")).to_owned()
    };

    // It has the first two objects in hand until the file is taken away.
    let slow = r#"cat > /dev/null; touch "$1"; while test -e "$1"; do sleep 0.01; done"#;
    let mut first = Watching::start(&[&watch[..], &[slow, "sh", text(&started)]].concat());
    while !started.exists() {
        thread::yield_now();
    }
    let mut second = Watching::start(&[&watch[..], &[r#"cat >> "$1""#, "sh", text(&fed)]].concat());
    second.line_with("holds it for another");
    first.signal("-STOP");
    second.line_with("9 objects");
    second.end();
    assert_eq!(fs::read_to_string(&fed).unwrap().lines().count(), 9);
    let reached = cursor();

    fs::remove_file(&started).unwrap();
    first.signal("-CONT");
    let line = first.line_with("failed");
    assert!(line.contains("another consumer of the feed") && line.contains("meanwhile"), "{line}");
    first.end();
    assert_eq!(cursor(), reached);
    succeed(&["cursor", "list", "--state", text(&state)]);
}
