//! The past of a replica, as people ask for it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use inthreat_tests::program::{self, Run};

const ID: &str = "indicator--357447d7-9229-4ce1-b7fa-f1b83587048e";

fn indicator(second: u32, rest: &str) -> String {
    format!(
        r#"{{"type":"indicator","id":"{ID}","modified":"2026-01-01T00:00:{second:02}Z","pattern_type":"stix","pattern":"[ipv4-addr:value = '198.51.100.7']","valid_from":"2026-01-01T00:00:00Z"{rest}}}"#
    )
}

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
    replica: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let replica = path.join("replica").to_str().unwrap().to_owned();
        Self { _folder: folder, path, replica }
    }

    fn file(&self, name: &str) -> String {
        self.path.join(name).to_str().unwrap().to_owned()
    }

    fn import(&self, text: &str, into: &str) {
        let file = self.file("objects.json");
        fs::write(&file, text).unwrap();
        succeeds(&["import", &file, "--into", into]);
    }
}

fn succeeds(arguments: &[&str]) -> String {
    let run = program::run(arguments);
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout
}

// Catches a command that tells another state than the one that was asked for, and a position that is written too early.
#[test]
fn the_past_is_told_until_it_is_dropped() {
    let place = Place::new();
    let replica = &*place.replica;
    let (old, new) = (indicator(1, ""), indicator(2, r#","revoked":true"#));
    place.import(&old, replica);
    let position = place.file("position");
    let changes = ["replica", "changes", replica, "--position", &position];
    let began = succeeds(&changes);
    let object = format!(r#"{{"change":"began","id":"{ID}","sequence":1,"object":{old}}}"#);
    assert_eq!(began.trim_end(), object);
    place.import(&new, replica);
    let ended = succeeds(&changes);
    let object = format!(
        r#"{{"change":"ended","id":"{ID}","sequence":2,"before":1,"state":"revoked","object":{old}}}"#
    );
    assert_eq!(ended.trim_end(), object);
    assert_eq!(succeeds(&changes), "");
    let since = ["replica", "changes", replica, "--since", "1", "--types", "indicator"];
    assert_eq!(succeeds(&since), ended);

    let lookup = |as_of: &str| {
        program::run(&[
            "lookup",
            "198.51.100.7",
            "--local",
            replica,
            "-o",
            "ndjson",
            "--as-of",
            as_of,
        ])
    };
    assert!(lookup("1").stdout.contains(&old));
    assert!(lookup("2").stdout.contains(&new));
    assert_eq!(lookup("2026-01-01").code, 1, "nothing had arrived then");

    let copy = place.file("copy");
    let export = ["export", "--local", replica, "--format", "bundle", "--as-of", "1"];
    place.import(&succeeds(&export), &copy);
    assert_eq!(succeeds(&["export", "--local", &copy]).trim_end(), old);

    succeeds(&["replica", "compact", replica, "--keep", "1d"]);
    assert!(lookup("1").stdout.contains(&old));
    succeeds(&["replica", "compact", replica, "--shrink", "--yes"]);
    lookup("1").assert_fails(6, &["is no longer kept"]);
    succeeds(&["replica", "verify", replica]);
    assert_eq!(succeeds(&["export", "--local", replica]).trim_end(), new);
    assert_eq!(succeeds(&changes), "");
}

// Catches a replica that cannot be read, or that has half a batch, after the system refused to make its files longer.
#[cfg(unix)]
#[test]
fn a_limit_on_files_loses_nothing() {
    let place = Place::new();
    let text = indicator(1, "");
    place.import(&text, &place.replica);
    let feed = place.file("feed.ndjson");
    fs::write(&feed, succeeds(&["demo", "--emit", "20000"])).unwrap();
    // Without its signal, the limit is an error of the call that writes.
    let limited = Command::new("sh")
        .args(["-c", r#"trap "" XFSZ; ulimit -f 4000; exec "$@""#, "sh"])
        .arg(program::path())
        .args(["import", &feed, "--into", &place.replica])
        .output()
        .unwrap();
    Run::of(limited).assert_fails(6, &[&place.replica]);
    assert_eq!(succeeds(&["get", ID, "--local", &place.replica, "-o", "ndjson"]).trim_end(), text);
    succeeds(&["replica", "verify", &place.replica]);
    succeeds(&["import", &feed, "--into", &place.replica]);
    succeeds(&["replica", "verify", &place.replica]);
    assert!(Path::new(&place.replica).join("replica.db").exists());
}

// Catches a compaction that leaves something torn, or goes on at the wrong place, when it is killed.
#[cfg(unix)]
#[test]
fn a_compaction_may_be_killed() {
    let place = Place::new();
    let replica = &*place.replica;
    let objects = succeeds(&["demo", "--emit", "3000"]);
    place.import(&objects, replica);
    place.import(&objects.replace(r#""type":"#, r#" "type":"#), replica);
    let copy = place.file("copy");
    succeeds(&["replica", "backup", replica, &copy]);
    for seconds in ["0.05", "0.2", "0.4", "0.8"] {
        let killed = Command::new("timeout")
            .args(["-s", "KILL", seconds])
            .arg(program::path())
            .args(["replica", "compact", replica, "--yes"])
            .output();
        assert!(killed.is_ok());
        succeeds(&["replica", "verify", replica]);
    }
    succeeds(&["replica", "compact", replica, "--yes"]);
    succeeds(&["replica", "verify", replica]);
    succeeds(&["replica", "diff", replica, &copy]);
    let retired = "SELECT count(*) AS n FROM objects WHERE retired_by IS NOT NULL";
    let count = |folder: &str| succeeds(&["replica", "sql", folder, retired, "-o", "ndjson"]);
    assert_eq!(count(replica).trim_end(), r#"{"n":0}"#);
    assert_ne!(count(&copy), count(replica));
}
