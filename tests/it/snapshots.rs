//! What the program prints, held against files that people look at when they change: help, tables, JSON, errors.

use std::fmt::Write;

use inthreat_tests::{
    program::{self, Run},
    snapshot::assert_snapshot,
};

/// The commands, as the reference lists them.
fn commands() -> Vec<String> {
    let reference = program::run(&["reference", "cli"]);
    let names = reference.stdout.lines().filter_map(|line| line.strip_prefix("## inthreat"));
    names.map(|name| name.trim().to_owned()).collect()
}

fn run(folder: &std::path::Path, words: &str) -> Run {
    let words: Vec<&str> = words.split(' ').collect();
    Run::of(program::command(&words).current_dir(folder).env("COLUMNS", "100").output().unwrap())
}

/// How a run looks to whoever typed it.
fn transcript(folder: &std::path::Path, words: &str) -> String {
    let run = run(folder, words);
    let lines = |text: &str| {
        let folder = folder.to_str().unwrap();
        text.lines()
            .flat_map(|line| {
                [line.replace(folder, "FOLDER").trim_end().to_owned(), "\n".to_owned()]
            })
            .collect::<String>()
    };
    let mut text = format!("$ inthreat {words}\n{}", lines(&run.stdout));
    if !run.stderr.is_empty() {
        write!(text, "--- standard error\n{}", lines(&run.stderr)).unwrap();
    }
    write!(text, "--- exit {}\n\n", run.code).unwrap();
    text
}

// Catches an option that comes, goes or changes its meaning unseen, and a command whose help fails.
#[test]
fn help_is_what_people_have_read() {
    let folder = tempfile::tempdir().unwrap();
    let [mut short, mut long] = [String::new(), String::new()];
    let commands = commands();
    assert!(commands.len() > 30, "{commands:?}");
    for command in commands {
        for (option, text) in [("-h", &mut short), ("--help", &mut long)] {
            let words = format!("{command} {option}");
            *text += &transcript(folder.path(), words.trim());
        }
    }
    assert_snapshot("help-short", &short);
    assert_snapshot("help-long", &long);
}

// Catches output whose shape changes unseen, be it for people or for programs.
#[test]
fn output_is_what_people_have_seen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let objects = run(folder, "demo --emit 60 --seed 1").stdout;
    std::fs::write(folder.join("objects.ndjson"), objects).unwrap();
    assert_eq!(run(folder, "import objects.ndjson --into ti").code, 0);
    let sql = "SELECT";
    let mut text = String::new();
    for words in [
        "replica verify ti",
        "replica diff ti ti",
        "get tool--00000000-0000-4000-8000-000000000000 --local ti",
        "lookup 192.0.2.1 --local ti",
        "lookup not-a-value --local ti",
        "cursor list --local ti",
        "quarantine list ti",
        "config path",
        "config list",
        "config keys",
        "config show lookup",
        "doctor --local absent -o json",
        "logout",
    ] {
        text += &transcript(folder, words);
    }
    assert!(!text.contains(sql), "nothing of the inside is shown: {text}");
    let nowhere = std::env::temp_dir().join("inthreat-tests-have-no-configuration");
    assert_snapshot("output", &text.replace(nowhere.to_str().unwrap(), "CONFIGURATION"));
}

// Catches an error that is not told, told twice, or without what helps.
#[test]
fn errors_are_what_people_have_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for words in [
        "pul",
        "pull",
        "pull --into ti --limit 0",
        "pull --into ti --retry-for soon",
        "pull --into postgres://user:secret@host/db",
        "pull --into ti --url http://example.org",
        "pull --into ti --url http://127.0.0.1:9 --retries 0",
        "pull ../objects --into ti",
        "get x --local absent",
        "get tool--1 --local ti --url https://example.org",
        "lookup 192.0.2.1 --local absent",
        "replica verify absent",
        "import absent.json --into ti",
        "cursor list",
        "config set colour red",
        "man absent",
        "lookup 192.0.2.1 --config absent.toml --local ti",
        "lookup 192.0.2.1 --key-file absent",
    ] {
        text += &transcript(folder.path(), words);
    }
    // What was typed is in the transcript, once.
    assert_eq!(text.matches("secret@").count(), 1, "a password is printed: {text}");
    let nowhere = std::env::temp_dir().join("inthreat-tests-have-no-configuration");
    assert_snapshot("errors", &text.replace(nowhere.to_str().unwrap(), "CONFIGURATION"));
}
