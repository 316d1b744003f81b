//! What the program prints, held against files that people look at when they change: help, tables, JSON, errors.

mod doing;
mod mask;

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs::{self, File},
    path::Path,
    process::Command,
};

use inthreat_tests::{
    program::{self, Run},
    snapshot::{self, assert_snapshot},
};

/// The commands, as the reference lists them.
fn commands() -> Vec<String> {
    let reference = program::run(&["reference", "cli"]);
    let names = reference.stdout.lines().filter_map(|line| line.strip_prefix("## inthreat"));
    names.map(|name| name.trim().to_owned()).collect()
}

/// A run in a folder that is also its configuration. What stands behind ` < ` is its standard input.
fn command(folder: &Path, words: &str) -> Command {
    let words = words.split_once(" < ").map_or(words, |(words, _)| words);
    // A blank that does not break stands within a word.
    let words: Vec<_> = words.split(' ').map(|word| word.replace('\u{a0}', " ")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = program::command(&words);
    command.current_dir(folder).env("XDG_CONFIG_HOME", folder.join("configuration"));
    command.env("COLUMNS", "100");
    command
}

fn run(folder: &Path, words: &str) -> Run {
    let mut command = command(folder, words);
    if let Some((_, input)) = words.split_once(" < ") {
        let file = folder.join("standard-input");
        fs::write(&file, input).unwrap();
        command.stdin(File::open(file).unwrap());
    }
    Run::of(command.output().unwrap())
}

/// How a run looks to whoever typed it.
fn transcript(folder: &Path, words: &str) -> String {
    told(folder, words, &run(folder, words))
}

fn told(folder: &Path, words: &str, run: &Run) -> String {
    let lines = |text: &str| {
        let lines = text.replace(folder.to_str().unwrap(), "FOLDER");
        lines.lines().fold(String::new(), |told, line| told + mask::line(line).trim_end() + "\n")
    };
    let mut text = format!("$ inthreat {}\n{}", mask::line(words), lines(&run.stdout));
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
    fs::write(folder.join("objects.ndjson"), objects).unwrap();
    assert_eq!(run(folder, "import objects.ndjson --into ti").code, 0);
    let sql = "SELECT";
    let mut text = String::new();
    for words in [
        "replica verify ti",
        "replica diff ti ti",
        "replica verify ti -o json",
        "get tool--00000000-0000-4000-8000-000000000000 --local ti",
        "lookup 192.0.2.1 --local ti",
        "lookup not-a-value --local ti",
        "cursor list --local ti",
        "quarantine list ti",
        "config path",
        "config list",
        "config keys -o table",
        "config show lookup -o table",
        "doctor --local absent -o json",
        "doctor --local absent -o table",
        "logout",
    ] {
        text += &transcript(folder, words);
    }
    assert!(!text.contains(sql), "nothing of the inside is shown: {text}");
    assert_snapshot("output", &text);
}

const INDICATOR: &str = "indicator--00000000-0000-4000-8000-000000000001";
const MALWARE: &str = "malware--00000000-0000-4000-8000-000000000002";

/// An indicator, what it indicates, and who says so; an earlier version of the indicator too.
const OBJECTS: &str = r#"{"type":"identity","spec_version":"2.1","id":"identity--00000000-0000-4000-8000-000000000003","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","name":"Honeynet","identity_class":"organization"}
{"type":"malware","spec_version":"2.1","id":"malware--00000000-0000-4000-8000-000000000002","created_by_ref":"identity--00000000-0000-4000-8000-000000000003","created":"2026-01-01T00:00:00Z","modified":"2026-01-02T00:00:00Z","name":"gorxe","is_family":true}
{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-000000000001","created_by_ref":"identity--00000000-0000-4000-8000-000000000003","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","name":"old name","pattern":"[ipv4-addr:value = '198.51.100.7']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}
{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-0000-4000-8000-000000000001","created_by_ref":"identity--00000000-0000-4000-8000-000000000003","created":"2026-01-01T00:00:00Z","modified":"2026-01-03T00:00:00Z","name":"=a \u202etrick","pattern":"[ipv4-addr:value = '198.51.100.7']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","confidence":80,"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"]}
{"type":"relationship","spec_version":"2.1","id":"relationship--00000000-0000-4000-8000-000000000004","created":"2026-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","relationship_type":"indicates","source_ref":"indicator--00000000-0000-4000-8000-000000000001","target_ref":"malware--00000000-0000-4000-8000-000000000002"}
"#;

const FEEDS: &str = "[[feed]]\ntitle = \"Addresses\"\ntypes = [\"indicator\"]\n";

const KEYS: &str = r#"{"version":2,"keys":[{"id":"39ab77a561d963ec","name":"soc","permissions":["INTHREAT_READ_OBJECTS"],"community":null,"created":"2026-01-01T00:00:00Z","expires":"2030-01-01T00:00:00Z","revoked":null,"sha256":"360f60fb0e3b427acd9f2149b60603a0c88d8e00fbed04a1b9ebf995ddd8bfb7"}]}"#;

// Catches a list whose table, or what programs read of it, changes unseen, for every command that reads something.
#[test]
fn every_reading_command_prints_what_people_have_seen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, text) in [("a.ndjson", OBJECTS), ("feeds.toml", FEEDS), ("keys.json", KEYS)] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("wrong.json"), r#"{"type":"malware","id":"malware--1"}"#).unwrap();
    let more = OBJECTS.replace("gorxe", "another");
    fs::write(folder.join("b.ndjson"), more).unwrap();
    for name in ["a", "b"] {
        let into = format!("import {name}.ndjson --into {name}");
        assert_eq!(run(folder, &into).code, 0);
    }
    let feed = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
    let set = format!("cursor set {feed} abc --local a --yes");
    assert_eq!(run(folder, &set).code, 0);
    let mut text = String::new();
    for words in [
        &format!("get {INDICATOR} --local a"),
        "lookup 198.51.100.7 192.0.2.1 --local a",
        &format!("context {INDICATOR} --local a"),
        "search gorxe --local a",
        &format!("relations {MALWARE} --local a"),
        "feeds list --local a",
        &format!("feeds get {feed} --local a"),
        &format!("feeds page {feed} --local a --limit 2 --types malware"),
        "feeds diff feeds.toml --local a",
        "cursor list --local a",
        &format!("cursor show {feed} --local a"),
        "quarantine list a",
        "quarantine show 1 a",
        "feeds plan feeds.toml --local a",
        "pattern check [file:hashes.MD5='198.51.100']",
        "pattern explain [ipv4-addr:value='198.51.100.7']\u{a0}REPEATS\u{a0}2\u{a0}TIMES",
        "pattern parse [ipv4-addr:value='198.51.100.7'\u{a0}AND\u{a0}url:value\u{a0}NOT\u{a0}IN\u{a0}('a','b')]",
        "replica stats a",
        "doctor --local a --fields check,state",
        "config list",
        "keys list --file keys.json",
        "replica verify a",
        "replica diff a b",
        "replica changes a --types indicator,malware",
        "replica sql a SELECT\u{a0}sequence,object_id(key)\u{a0}AS\u{a0}id\u{a0}FROM\u{a0}objects\u{a0}LIMIT\u{a0}2",
        "config show lookup",
    ] {
        for format in ["table", "json", "ndjson", "yaml", "csv"] {
            text += &transcript(folder, &format!("{words} -o {format}"));
        }
    }
    for words in [
        &format!("context {INDICATOR} --local a -o tree"),
        &format!("context {INDICATOR} --local a -o dot"),
        &format!("context {INDICATOR} --local a -o mermaid"),
        &format!("relations {MALWARE} --local a -o tree"),
        &format!("relations {MALWARE} --local a -o dot"),
        &format!("relations {MALWARE} --local a -o mermaid"),
        &format!("get {INDICATOR} --local a --fields name,tlp -o csv --safe-csv"),
        "replica changes a --types indicator --fields change,object.name",
        "keys list --file keys.json --fields name,permissions.0 -o csv",
        "feeds diff feeds.toml --local a",
        "replica diff a b",
        "search gorxe --local a --fields name,nme -o table",
        "lookup --file a.ndjson --local a",
        "replica backup a b",
        "replica sql a DELETE\u{a0}FROM\u{a0}objects",
        "audit --local a --url http://127.0.0.1:9 --retries 0",
        "lookup 198.51.100.7 --local a --summary -o table",
        "validate wrong.json",
        "validate wrong.json -o json",
        "quarantine show 1 a",
        "pattern check [ipv4-addr:value='198.51.100.7']",
        "pattern check [a -o json",
        "pattern explain [ipv4-addr:value='198.51.100.7']",
        "pattern parse [ipv4-addr:value='198.51.100.7']",
        "pattern parse [ipv4-addr:value='198.51.100.7'] --fields path,values -o csv",
        "pattern parse [a -o json",
        "config keys -o json --fields key,environment",
        "export --local a --format csv --types indicator --fields name,tlp --safe-csv",
        "export --local a --format text",
        "export --local a --format template --template $name;$type --types malware",
        "export --local a --format edl --observable-type ipv4-addr",
        "export --local a --format navigator",
        "export --local a --format misp --dir misp",
    ] {
        text += &transcript(folder, words);
    }
    assert_snapshot("reading", &text);
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
        "backfill --into ti",
        "watch",
        "audit --url http://127.0.0.1:9 --retries 0",
        "cursor set d6092c37-d8d7-45c3-8aff-c4dc26030608 abc --state state",
        "cursor reset d6092c37-d8d7-45c3-8aff-c4dc26030608 --local absent --yes",
        "quarantine show 1 absent",
        "quarantine retry absent",
        "export --local absent",
        "export --local absent --format edl",
        "export --local absent --format misp",
        "export --local absent --dir misp",
        "serve --local absent",
        "serve --local absent --listen 0.0.0.0:0",
        "health --url http://127.0.0.1:9",
        "context nonsense --local absent",
        "search x --local absent",
        "relations x --local absent",
        "feeds list --local absent",
        "feeds plan absent.toml --local absent",
        "feeds create --local absent",
        "validate absent.json",
        "pattern check [a",
        "keys list --file absent.json",
        "keys revoke x --file absent.json",
        "keys create x --file keys.json --permission fly",
        "replica stats absent",
        "replica rebuild absent",
        "replica repair absent",
        "replica backup absent to",
        "replica restore absent to",
        "replica sql absent SELECT",
        "replica compact absent",
        "replica changes absent --since soon",
        "replica diff absent absent",
        "login --url http://127.0.0.1:9",
        "status --url http://127.0.0.1:9 --retries 0",
        "config show nothing",
        "config unset retries",
        "completions tcsh",
        "demo --objects many",
        "cursor show x --state state --fast",
        "quarantine list absent",
        "feeds get x --local absent",
        "feeds update x --local absent",
        "feeds duplicate x --local absent",
        "feeds delete d6092c37-d8d7-45c3-8aff-c4dc26030608 --local absent --yes",
        "feeds page nothing --local absent",
        "feeds apply absent.toml --local absent",
        "feeds diff absent.toml --local absent",
        "pattern parse -",
        "pattern explain",
        "pattern check [url:value='x'] -o tree",
        "logout --everywhere",
        "config path there",
        "config list -o toml",
        "config keys serve",
        "doctor --verbose",
        "config unset",
    ] {
        text += &transcript(folder.path(), words);
    }
    // What was typed is in the transcript, once.
    assert_eq!(text.matches("secret@").count(), 1, "a password is printed: {text}");
    assert_snapshot("errors", &text);
}

/// What was run, as the files of this test tell it: the words, and what was printed.
fn transcripts() -> Vec<(String, String)> {
    let mut runs: Vec<(String, String)> = Vec::new();
    for name in ["help-short", "help-long", "output", "reading", "doing", "errors"] {
        for line in snapshot::text(name).lines() {
            if let Some(words) = line.strip_prefix("$ inthreat ") {
                runs.push((words.to_owned(), String::new()));
            } else if let Some((_, printed)) = runs.last_mut() {
                writeln!(printed, "{line}").unwrap();
            }
        }
    }
    runs
}

// Catches a command that nobody has looked at: its help, what it prints, its table and JSON, and an error of it.
#[test]
fn every_command_was_looked_at() {
    let (commands, runs) = (commands(), transcripts());
    let is_one = |name: &&String| {
        !name.is_empty() && !commands.iter().any(|other| other.starts_with(&format!("{name} ")))
    };
    let mut missing = BTreeSet::new();
    for name in commands.iter().filter(is_one) {
        let runs: Vec<_> = runs
            .iter()
            .filter(|run| format!("{} ", run.0).starts_with(&format!("{name} ")))
            .collect();
        let help = |run: &&&(String, String)| run.0.ends_with(" -h") || run.0.ends_with(" --help");
        let mut want = |what: &str, is_there: bool| {
            if !is_there {
                missing.insert(format!("{name}: {what}"));
            }
        };
        let helps: Vec<_> = runs.iter().filter(help).collect();
        want("both helps", helps.len() == 2);
        let others: Vec<_> = runs.iter().filter(|run| !help(run)).collect();
        let is_error = |run: &&&&(String, String)| run.1.contains("error: ");
        want("an error", others.iter().any(|run| is_error(&run)));
        want("what it prints", others.iter().any(|run| !is_error(&run)));
        let help = helps.iter().map(|run| run.1.as_str()).collect::<String>();
        for format in
            ["table", "json"].iter().filter(|format| help.contains(&format!("- {format}:")))
        {
            let option = format!("-o {format}");
            want(&option, others.iter().any(|run| run.0.contains(&option) && !is_error(&run)));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
