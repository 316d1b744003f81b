//! Look-ups of many values.

use crate::{
    program::{Served, run, run_with},
    scene::{Scene, text},
};

const LINES: &str = "# values\n198.51.100[.]7\nunknown.example\nnot a value\n198.51.100.7\nEVIL.example.\n\n1.2.3\n";

// Catches values that are lost, doubled or out of order, and lines that are taken for values.
#[test]
fn lines_are_looked_up_in_their_order() {
    let scene = Scene::new();
    let served = Served::start(&scene.replica);
    let local = ["--local", text(&scene.replica)];
    let url = ["--url", &served.url, "--jobs", "2"];
    let file = scene.file("values.txt", LINES);
    for place in [&local[..], &url] {
        let asked = [&["lookup", "-", "-o", "ndjson"][..], place].concat();
        let found = run_with(&asked, LINES).ends(0);
        let values: Vec<_> =
            found.stdout.lines().map(|line| line.split('"').nth(7).unwrap()).collect();
        assert_eq!(values, ["198.51.100[.]7", "unknown.example", "EVIL.example."]);
        assert!(
            found.stderr.contains("-:4: `not a value` is no value\n-:8: `1.2.3` is no value"),
            "{found:?}"
        );
        assert!(
            found.stderr.contains("3 values: 2 found, 1 not; 1 came again; 2 lines are no values"),
            "{found:?}"
        );
        let asked =
            [&["lookup", "--file", text(&file), "--summary", "-o", "csv"][..], place].concat();
        let counted = run(&asked).ends(0);
        assert_eq!(counted.stdout, "type,values,found\ndomain-name,2,1\nipv4-addr,1,1\n");
    }
}

// Catches a column that is not found, and one that is another.
#[test]
fn a_column_is_looked_up() {
    let scene = Scene::new();
    let table = "\u{feff}when,\"to, where\"\nt1,198.51.100.7\nt2,\nt3\nt4,\"evil.example\"\n";
    let file = scene.file("alerts.csv", table);
    let ask = |column: &str| {
        let base =
            ["lookup", "--file", text(&file), "--column", column, "-o", "csv", "--fields", "name"];
        scene.ask(&base)
    };
    let by_name = ask("to, where").ends(0);
    assert_eq!(
        by_name.stdout,
        "value,type,name\n198.51.100.7,ipv4-addr,198.51.100.7\nevil.example,domain-name,net\n"
    );
    assert!(by_name.stderr.contains("2 values: 2 found, 0 not\n"), "{by_name:?}");
    let by_number = ask("2").ends(0);
    assert_eq!(by_number.stdout, by_name.stdout);
    assert!(by_number.stderr.contains("1: `to, where` is no value"), "{by_number:?}");
    for (column, words) in [("target", "`when`, `to, where`"), ("0", "numbered from 1")] {
        let refused = ask(column).ends(2);
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
}

// Catches a known value that is said to be unknown because its type is misspelled, or because it is of another one.
#[test]
fn a_type_is_one_that_the_value_can_have() {
    let scene = Scene::new();
    for (name, meant) in [
        ("ipv4", "`ipv4-addr`"),
        ("IPv4-Addr", "`ipv4-addr`"),
        ("domain", "`domain-name`"),
        ("hash", "`file`"),
    ] {
        let wrong = scene.ask(&["lookup", "--type", name, "198.51.100.7"]).ends(2);
        assert!(wrong.stderr.contains(&format!("did you mean {meant}?")), "{wrong:?}");
        let wrong = scene.ask(&["context", name, "198.51.100.7"]).ends(2);
        assert!(wrong.stderr.contains(&format!("did you mean {meant}?")), "{wrong:?}");
    }
    scene.ask(&["lookup", "--type", "ipv4-addr", "198.51.100[.]7"]).ends(0);
    for (name, value) in [
        ("ipv4-addr", "foo"),
        ("ipv6-addr", "198.51.100.7"),
        ("domain-name", "http://a.example/"),
        ("email-addr", "evil.example"),
    ] {
        let wrong = scene.ask(&["lookup", "--type", name, value]).ends(2);
        let words = format!("`{value}` is no value of the type `{name}`");
        assert!(wrong.stderr.contains(&words), "{wrong:?}");
    }
    let local = text(&scene.replica);
    let lines = ["lookup", "-", "--type", "ipv4-addr", "--local", local];
    let found = run_with(&lines, "foo\n198.51.100.7\n").ends(0);
    assert!(found.stderr.contains("-:1: `foo` is no `ipv4-addr`"), "{found:?}");
    // A type of a newer service can be asked for; that this program does not know it is told.
    let newer = scene.ask(&["lookup", "--type", "bank-account", "x"]).ends(1);
    assert!(newer.stderr.contains("no observables of the type `bank-account`"), "{newer:?}");
}

// Catches an exit code that a script would take for something else.
#[test]
fn scripts_can_branch() {
    let scene = Scene::new();
    scene.ask(&["lookup", "198.51.100.7", "unknown.example"]).ends(0);
    let unknown = scene.ask(&["lookup", "unknown.example"]).ends(1);
    assert!(
        unknown.stderr.contains("domain-name `unknown.example`: no indicator names it"),
        "{unknown:?}"
    );
    scene.ask(&["lookup", "no value"]).ends(2);
    scene.ask(&["lookup"]).ends(2);
    scene.ask(&["lookup", "--file", "/nowhere/at/all"]).ends(6);
    let empty = scene.file("empty", "");
    scene.ask(&["lookup", "--file", text(&empty)]).ends(1);
    run(&["lookup", "198.51.100.7", "--url", "http://127.0.0.1:1", "--retries", "0"]).ends(4);
}

// Catches figures that programs cannot read.
#[test]
fn figures_are_for_programs_too() {
    let scene = Scene::new();
    let stats = ["replica", "stats", text(&scene.replica), "-o"];
    let csv = run(&[&stats[..], &["csv"]].concat()).ends(0).stdout;
    assert!(csv.contains("\nobjects,8\n") && csv.contains("\ntypes.indicator,2\n"), "{csv}");
    let json = run(&[&stats[..], &["ndjson"]].concat()).ends(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["objects"], &json["types"]["malware"]), (&8.into(), &1.into()));
}

// Catches a reading command that knows a replica by another name than the others, and a usage that is none.
#[test]
fn a_replica_has_the_same_name_everywhere() {
    let scene = Scene::new();
    let replica = text(&scene.replica);
    for command in [&["stats"][..], &["verify"], &["changes"], &["changes", "--types", "malware"]] {
        let command = [&["replica"], command].concat();
        let named = run(&[&command[..], &[replica]].concat()).ends(0);
        assert_eq!(scene.ask(&command).ends(0).stdout, named.stdout, "{command:?}");
        run(&command).ends(2);
    }
    run(&["replica", "stats", replica, "--local", replica]).ends(2);
    scene.ask(&["quarantine", "list"]).ends(0);
    scene.ask(&["quarantine", "retry"]).ends(0);
    scene.ask(&["quarantine", "show", "1"]).ends(1);
    run(&["quarantine", "show", "1", replica]).ends(1);
    let usage = run(&["quarantine", "show"]).ends(2).stderr;
    assert!(
        usage.contains("quarantine show [OPTIONS] <NUMBER> <DIR|--into <DIR | URL>|--local"),
        "{usage}"
    );
    scene.ask(&["cursor", "set", "feed", "c", "--yes"]).ends(0);
    let listed = run(&["cursor", "list", "--into", replica]).ends(0);
    assert_eq!(listed.stdout, scene.ask(&["cursor", "list"]).ends(0).stdout);
    assert!(listed.stdout.contains("feed"), "{listed:?}");
    run(&["cursor", "list", "--into", replica, "--local", replica]).ends(2);
}

// Catches a cursor that is forgotten without anybody being asked.
#[test]
fn nothing_is_forgotten_unasked() {
    let scene = Scene::new();
    for action in [&["cursor", "reset", "feed"][..], &["cursor", "set", "feed", "c"]] {
        let refused = scene.ask(action).ends(2);
        assert!(refused.stderr.contains("--yes"), "{refused:?}");
    }
    scene.ask(&["cursor", "set", "feed", "c", "--yes"]).ends(0);
    let listed = scene.ask(&["cursor", "list", "-o", "csv", "--fields", "key,cursor"]).ends(0);
    assert_eq!(listed.stdout, "key,cursor\nfeed,c\n");
    let shown = scene.ask(&["cursor", "show", "feed", "-o", "json"]).ends(0).stdout;
    assert!(shown.starts_with("[{\"cursor\":\"c\",\"generation\":1,\"key\":\"feed\""), "{shown}");
    scene.ask(&["cursor", "reset", "feed", "--yes"]).ends(0);
    run(&["replica", "sql", text(&scene.replica), "SELECT 1 AS a, 'x' AS b", "-o", "yaml"]).ends(0);
}
