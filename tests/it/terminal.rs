//! The real program at a terminal: bars, colours, prompts, Ctrl-C once and twice.

use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use inthreat_stix::Timestamp;
use inthreat_tests::{
    data::skipped,
    program::{self, Served},
    scripted::{Scripted, page},
};

/// How long something may take to appear.
const PATIENCE: Duration = Duration::from_mins(1);
const CTRL_C: &[u8] = b"\x03";

/// A terminal of 40 lines of 100 columns, in which a command runs.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    pieces: Receiver<Vec<u8>>,
    shown: String,
}

impl Terminal {
    /// Runs the program with these words; `None` where this machine has no `script`, which makes the terminal.
    fn run(words: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let program = program::path().to_str().unwrap();
        let line = format!("stty rows 40 cols 100; exec {program} {words}");
        // Everything of a run without this machine's settings, but for what is run.
        let plain = program::command(&[]);
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]).env("TERM", "xterm");
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env_remove("NO_COLOR").envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let (sender, pieces) = mpsc::channel();
        let mut screen = child.stdout.take().unwrap();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = screen.read(&mut piece) {
                if sender.send(piece.iter().take(count).copied().collect()).is_err() {
                    return;
                }
            }
        });
        let keys = child.stdin.take().unwrap();
        Some(Self { child, keys, pieces, shown: String::new() })
    }

    /// Waits until something is on the screen.
    fn see(&mut self, text: &str) {
        while !self.shown.contains(text) {
            match self.pieces.recv_timeout(PATIENCE) {
                Ok(piece) => self.shown += &String::from_utf8_lossy(&piece),
                Err(error) => panic!("`{text}` does not appear ({error}): {:?}", self.shown),
            }
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end; the exit code and everything that was shown.
    fn end(mut self) -> (i32, String) {
        while let Ok(piece) = self.pieces.recv_timeout(PATIENCE) {
            self.shown += &String::from_utf8_lossy(&piece);
        }
        drop(self.keys);
        (self.child.wait().unwrap().code().unwrap_or(-1), self.shown)
    }
}

fn terminal(test: &str, words: &str, environment: &[(&str, &str)]) -> Option<Terminal> {
    let terminal = Terminal::run(words, environment);
    if terminal.is_none() {
        skipped(&format!("terminal::{test}"), "`script` is absent");
    }
    terminal
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Pages without end, each of one new object, this many seconds after the one before.
fn endless(seconds: i64) -> Scripted {
    let first: Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let pages = (0..100_000).map(|number| {
        let modified = first.plus_seconds(number * seconds).unwrap();
        page(format!(
            r#"{{"items":[{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"{modified}"}}],"next_cursor":"{number}"}}"#
        ))
    });
    Scripted::start(pages).unwrap()
}

// Catches a bar that is not drawn, that stays, or that is drawn where nobody sees it.
#[test]
fn a_bar_is_drawn_at_a_terminal_alone() {
    let folder = tempfile::tempdir().unwrap();
    let feed = folder.path().join("feed.ndjson");
    fs::write(&feed, program::run(&["demo", "--emit", "8000"]).stdout).unwrap();
    let into = folder.path().join("a");
    let words = format!("import {} --into {}", text(&feed), text(&into));
    let Some(at_terminal) = terminal("a_bar_is_drawn_at_a_terminal_alone", &words, &[]) else {
        return;
    };
    let (code, shown) = at_terminal.end();
    assert_eq!(code, 0, "{shown:?}");
    assert!(shown.contains("import [") && shown.contains(" left"), "{shown:?}");
    // The bar is taken away before the last words.
    let (_, last) = shown.rsplit_once("\u{1b}[2K").unwrap();
    assert!(last.contains("imported 8,000 objects") && !last.contains(" left"), "{last:?}");

    let into = folder.path().join("b");
    let import = ["import", text(&feed), "--into", text(&into)];
    let quiet = program::run(&import);
    assert!(quiet.code == 0 && !quiet.stderr.contains("import ["), "{quiet:?}");
    let json = program::run(&[&import[..], &["--progress", "json"]].concat());
    let line = json.stderr.lines().find(|line| line.contains(r#""is_end":true"#)).unwrap();
    assert!(line.starts_with('{') && line.contains(r#""progress":"import""#), "{json:?}");
    let none = format!("{words} --progress none");
    let (code, shown) = terminal("a_bar_is_drawn_at_a_terminal_alone", &none, &[]).unwrap().end();
    assert!(code == 0 && !shown.contains("import ["), "{shown:?}");
}

// Catches a person who is not told how long a pull may still take.
#[test]
fn a_pull_tells_about_how_long_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("ti");
    // Some hundred hours a second of the years since then: it takes a while, and never less than a second.
    let served = endless(3600);
    let words = format!("pull --limit 1 --url {} --into {}", served.url(), text(&into));
    let Some(mut terminal) = terminal("a_pull_tells_about_how_long_it_takes", &words, &[]) else {
        return;
    };
    terminal.see(" min left, ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

// Catches a person who is told nothing of a part of a feed, or the time of all of it, and slices that each end the estimate.
#[test]
fn a_part_takes_as_long_as_it_is() {
    let test = "a_part_takes_as_long_as_it_is";
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("ti");
    let served = endless(3600);
    let words = format!(
        "backfill --after 2019-12-31 --until 2020-05-01 --slice 10d --limit 1 --url {} --into {}",
        served.url(),
        text(&into)
    );
    let Some(mut terminal) = terminal(test, &words, &[]) else { return };
    // Some months take half a minute; the years until now would take many.
    terminal.see(", up to 2020-01-");
    terminal.see(", less than 1 min left, ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end().0, 130);
}

// Catches a pull that is lost by Ctrl-C, or that cannot be stopped.
#[test]
fn ctrl_c_once_finishes_what_is_in_hand() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("ti");
    let served = endless(0);
    let words = format!("pull --limit 1 --url {} --into {}", served.url(), text(&into));
    let Some(mut terminal) = terminal("ctrl_c_once_finishes_what_is_in_hand", &words, &[]) else {
        return;
    };
    // A batch is written, so the pull is under way.
    terminal.see("B, up to 2020-01-01, ");
    terminal.press(CTRL_C);
    terminal.see("stopping");
    let (code, shown) = terminal.end();
    assert_eq!(code, 130, "{shown:?}");
    assert!(shown.contains("pulled "), "{shown:?}");
    assert_eq!(program::run(&["replica", "verify", text(&into)]).code, 0);
}

// Catches a program that waits for a service that never answers although it is told twice to stop.
#[test]
fn ctrl_c_twice_stops_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("ti");
    // It takes the batch and does not end: what is in hand is never finished.
    let words = format!(
        "pull --limit 1 --url {} --exec sh --exec-time 1h --state {} -- -c 'trap \"\" INT; echo has it >/dev/tty; sleep 3600'",
        endless(0).url(),
        text(&into)
    );
    let Some(mut terminal) = terminal("ctrl_c_twice_stops_at_once", &words, &[]) else { return };
    terminal.see("has it");
    terminal.press(CTRL_C);
    terminal.see("stopping");
    terminal.press(CTRL_C);
    let (code, shown) = terminal.end();
    assert_eq!(code, 130, "{shown:?}");
    assert!(!shown.contains("pulled "), "{shown:?}");
}

// Catches colours where nobody wants them, and an error that is told by its colour alone.
#[test]
fn colours_are_for_those_who_want_them() {
    let name = "colours_are_for_those_who_want_them";
    let words = "replica verify /absent";
    let Some(coloured) = terminal(name, words, &[]) else { return };
    let (code, shown) = coloured.end();
    assert_eq!(code, 6, "{shown:?}");
    assert!(shown.contains("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m"), "{shown:?}");
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let (_, shown) = terminal(name, words, &[environment]).unwrap().end();
        assert!(shown.contains("error: ") && !shown.contains('\u{1b}'), "{shown:?}");
    }
    let piped = program::run(&["replica", "verify", "/absent"]);
    assert!(piped.stderr.contains("error: ") && !piped.stderr.contains('\u{1b}'), "{piped:?}");
}

// Catches a key that is shown while it is typed.
#[test]
fn a_key_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("configuration");
    let objects = folder.path().join("objects.ndjson");
    fs::write(&objects, program::run(&["demo", "--emit", "5"]).stdout).unwrap();
    let replica = folder.path().join("ti");
    program::run(&["import", text(&objects), "--into", text(&replica)]);
    let served = Served::start(&replica, &[]);
    let words = format!("login --url {}", served.url);
    let environment = [("XDG_CONFIG_HOME", text(&home))];
    let Some(mut terminal) = terminal("a_key_is_not_shown", &words, &environment) else { return };
    terminal.see("it is not shown");
    terminal.press(b"a-key-of-mine\n");
    let (code, shown) = terminal.end();
    assert!(code == 0 && shown.contains("logged in"), "{shown:?}");
    assert!(!shown.contains("a-key-of-mine"), "{shown:?}");
    let kept = fs::read_to_string(home.join("inthreat/keys/default")).unwrap();
    assert!(kept.starts_with("a-key-of-mine\n"), "{kept:?}");
}

// Catches a long table that runs off the screen, and a pager for those who want none or whose table is short.
#[test]
fn a_long_table_is_paged() {
    let name = "a_long_table_is_paged";
    let words = "config keys";
    // It says that it was there, and shows what it is given.
    let pager = ("PAGER", "echo paged; cat");
    let Some(long) = terminal(name, words, &[pager]) else { return };
    let (code, shown) = long.end();
    assert!(code == 0 && shown.starts_with("paged") && shown.contains("retry-for"), "{shown:?}");
    for (words, pager) in [
        ("config keys --no-pager", pager),
        ("config keys", ("PAGER", "")),
        ("config keys", ("PAGER", "a-program-that-is-not-there")),
        ("config show", pager),
    ] {
        let (code, shown) = terminal(name, words, &[pager]).unwrap().end();
        assert!(code == 0 && !shown.contains("paged"), "{words} {pager:?}: {shown:?}");
        assert!(
            words == "config show" || shown.contains("retry-for"),
            "{words} {pager:?}: {shown:?}"
        );
    }
}
