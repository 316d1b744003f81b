//! What commands say that do something: pulls, copies, servers, keys, settings.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use inthreat_tests::{
    program::{Run, Served},
    snapshot::assert_snapshot,
};

use super::{FEEDS, INDICATOR, KEYS, OBJECTS, command, run, told, transcript};

const FEED: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
/// What is no object, between two that are.
const ASIDE: &str = r#"{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000005","name":"a","modified":"2026-01-01T00:00:00Z"}
{"type":"tool","name":"nobody knows which"}
{"type":"tool","id":"tool--00000000-0000-4000-8000-000000000006","name":"b","modified":"2026-01-01T00:00:00Z"}
"#;

/// How long something may take to be said.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs until something is said, and is then told to end.
fn interrupted(folder: &Path, words: &str, until: &str) -> Run {
    let mut child =
        command(folder, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (sender, lines) = mpsc::channel();
    let said = BufReader::new(child.stderr.take().unwrap()).lines();
    thread::spawn(move || said.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let mut said = String::new();
    while let Ok(line) = lines.recv_timeout(PATIENCE) {
        said = said + &line + "\n";
        if line.contains(until) {
            let id = child.id().to_string();
            assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        }
    }
    if !said.contains(until) {
        child.kill().unwrap();
        panic!("`{words}` does not say `{until}`, only {said}");
    }
    let mut run = Run::of(child.wait_with_output().unwrap());
    run.stderr = said;
    run
}

// Catches words that change unseen, of every command that does something.
#[test]
fn what_is_done_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, text) in
        [("a.ndjson", OBJECTS), ("aside.ndjson", ASIDE), ("feeds.toml", FEEDS), ("keys.json", KEYS)]
    {
        fs::write(folder.join(name), text).unwrap();
    }
    let mut text = transcript(folder, "import a.ndjson --into a");
    let served = Served::start(&folder.join("a"), &[]);
    let url = &served.url;
    for words in [
        "import a.ndjson --into a",
        "import aside.ndjson a.ndjson --into aside",
        "quarantine show 1 aside",
        "quarantine show 1 aside -o table",
        "quarantine show 1 aside -o json",
        "quarantine show 1 aside --fields reason -o csv",
        "quarantine show 2 aside",
        "quarantine list aside -o table --fields number,reason",
        "quarantine list aside -o json",
        "quarantine retry aside",
        &format!("pull --into b --url {url}"),
        &format!("pull --into b --url {url}"),
        &format!("pull --ndjson out.ndjson --state state --url {url} --types malware"),
        &format!("pull --ndjson-dir files --state state --url {url} --zstd"),
        &format!("pull --exec cat --state state --url {url} --tlp-max clear --drop-revoked"),
        &format!("pull --into c --ndjson other.ndjson --state state --url {url} --limit 1"),
        &format!(
            "backfill --into d --url {url} --after 2026-01-02T00:00:00Z --until 2026-01-04T00:00:00Z --slice 1d"
        ),
        &format!("pull nothing --into e --url {url}"),
        "cursor list --state state -o csv --fields key",
        &format!("cursor set {FEED} abc --local b --yes"),
        &format!("cursor reset {FEED} --local b --yes"),
        &format!("cursor reset {FEED} --local b --yes"),
        &format!("audit --local b --url {url}"),
        &format!("audit --local aside --url {url}"),
        &format!("audit --local d --url {url} -o table"),
        &format!("audit --local d --url {url} -o json"),
        &format!("health --url {url}"),
        &format!("status --url {url} -o table"),
        &format!("status --url {url} -o json"),
        &format!("login --url {url} < a-key"),
        &format!("status --url {url} --fields key,accepted -o csv"),
        "logout",
        &format!("doctor --url {url} -o table --fields check,state"),
        "replica backup b backup",
        "replica restore backup restored",
        "replica rebuild b",
        "replica repair b",
        "replica repair b --yes",
        &format!("replica repair b --yes --fetch --url {url}"),
        "replica compact a",
        "replica compact a --yes",
        "replica compact d --keep 1d",
        "replica compact d --yes",
        "keys create soc --file made.json --permission read_objects --expires 2030-01-01",
        "keys revoke 39ab77a561d963ec --file keys.json",
        "keys revoke 39ab77a561d963ec --file keys.json --yes",
        "keys revoke nobody --file keys.json --yes",
        "keys list --file keys.json -o csv --fields name,permissions",
        "config set retry-for 10m",
        "config show -o table",
        "config list -o table",
        "config unset retry-for",
        "config unset retry-for",
        "man logout",
        "demo --objects 300",
    ] {
        text += &transcript(folder, words);
    }
    let completions = run(folder, "completions bash");
    let few = completions.stdout.lines().take(4).collect::<Vec<_>>().join("\n");
    text += &told(folder, "completions bash", &Run { stdout: few, ..completions });
    text += &feeds(folder);
    for (words, until) in [
        (format!("watch --into w --url {url}"), "4 objects"),
        ("serve --local b --listen 127.0.0.1:0".to_owned(), "serving"),
        (format!("serve --local m --sync --ui --listen 127.0.0.1:0 --url {url}"), "4 objects"),
    ] {
        text += &told(folder, &words, &interrupted(folder, &words, until));
    }
    assert_snapshot("doing", &text);
}

/// Feeds, one by one and as a file says. A feed gets an identifier when it is made.
fn feeds(folder: &Path) -> String {
    let id = |title: &str| {
        let list = run(folder, "feeds list --local f --fields id,title -o csv").stdout;
        let line = list.lines().find(|line| line.ends_with(&format!(",{title}"))).unwrap();
        line.split(',').next().unwrap().to_owned()
    };
    let mut text = transcript(folder, "import a.ndjson --into f");
    text += &transcript(folder, "feeds create --local f --title One --types indicator -o json");
    let one = id("One");
    for words in [
        "feeds create --local f --title Two --sort-order descending -o table --fields title,types",
        &format!("feeds update {one} --local f --types malware -o table --fields title,types"),
        &format!("feeds update {one} --local f --include-revoked false -o json"),
        &format!("feeds duplicate {one} --local f --title Copy -o table --fields title,types"),
        &format!("feeds duplicate {one} --local f --title Other -o json --fields title"),
        "feeds plan feeds.toml --local f",
        "feeds apply feeds.toml --local f --yes -o table",
        "feeds apply feeds.toml --local f --yes -o json",
        &format!("feeds delete {one} --local f"),
        &format!("feeds delete {one} --local f --yes"),
        &format!("get {INDICATOR} --local f -o csv --fields id"),
    ] {
        text += &transcript(folder, words);
    }
    text.replace(&one, "00000000-0000-4000-8000-0000000000f1")
}
