//! What stands around an object, drawn.

use std::{fs, path::Path};

use inthreat_tests::{
    program,
    scripted::{self, Scripted},
};

const SET: &str = "intrusion-set--00000000-0000-4000-8000-000000000001";
const OBJECTS: &str = r#"{"type":"intrusion-set","id":"intrusion-set--00000000-0000-4000-8000-000000000001","modified":"2026-01-01T00:00:00Z","name":"Lazy","created_by_ref":"identity--00000000-0000-4000-8000-000000000002"}
{"type":"identity","id":"identity--00000000-0000-4000-8000-000000000002","modified":"2026-01-01T00:00:00Z","name":"Honeynet"}
{"type":"identity","id":"identity--00000000-0000-4000-8000-000000000003","modified":"2026-01-01T00:00:00Z","name":"Bank"}
{"type":"malware","id":"malware--00000000-0000-4000-8000-000000000004","modified":"2026-01-01T00:00:00Z","name":"\u001b[31m\u202egorxe","created_by_ref":"identity--00000000-0000-4000-8000-000000000003"}
{"type":"relationship","id":"relationship--00000000-0000-4000-8000-000000000005","modified":"2026-01-04T00:00:00Z","relationship_type":"targets","source_ref":"intrusion-set--00000000-0000-4000-8000-000000000001","target_ref":"identity--00000000-0000-4000-8000-000000000003"}
{"type":"relationship","id":"relationship--00000000-0000-4000-8000-000000000006","modified":"2026-01-03T00:00:00Z","relationship_type":"uses","source_ref":"intrusion-set--00000000-0000-4000-8000-000000000001","target_ref":"malware--00000000-0000-4000-8000-000000000004"}
{"type":"relationship","id":"relationship--00000000-0000-4000-8000-000000000007","modified":"2026-01-02T00:00:00Z","relationship_type":"authored-by","source_ref":"malware--00000000-0000-4000-8000-000000000004","target_ref":"intrusion-set--00000000-0000-4000-8000-000000000001"}
"#;

fn drawn(arguments: &[&str]) -> Vec<String> {
    let run = program::run(arguments);
    assert_eq!(run.code, 0, "{run:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

fn replica(folder: &Path) -> String {
    let (file, replica) = (folder.join("objects.ndjson"), folder.join("ti"));
    fs::write(&file, OBJECTS).unwrap();
    let replica = replica.to_str().unwrap().to_owned();
    let run = program::run(&["import", file.to_str().unwrap(), "--into", &replica]);
    assert_eq!(run.code, 0, "{run:?}");
    replica
}

// Catches a drawing of other relationships than the list has, an identity that is taken for a source because it is there,
// and a name that steers a terminal.
#[test]
fn relations_are_drawn_as_they_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let local = replica(folder.path());
    let tree = ["relations", SET, "--local", &local, "-o", "tree"];
    let bank = "targets -> identity Bank";
    let uses = "uses -> malware \\u{1b}[31m\\u{202e}gorxe";
    let authored = "<- authored-by malware \\u{1b}[31m\\u{202e}gorxe";
    let root = "intrusion-set Lazy".to_owned();
    let with = |more: &[&str]| drawn(&[&tree[..], more].concat());
    let branches = |names: &[&str]| {
        let last = names.len() - 1;
        let line = |(at, name)| format!("{} {name}", if at == last { "└──" } else { "├──" });
        [vec![root.clone()], names.iter().enumerate().map(line).collect()].concat()
    };
    let mut all = with(&[]);
    all.sort_unstable();
    for words in [bank, uses, authored] {
        assert!(all.iter().any(|line| line.ends_with(words)), "{words}: {all:?}");
    }
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(with(&["--direction", "in"]), branches(&[authored]));
    assert_eq!(with(&["--types", "uses"]), branches(&[uses]));
    assert_eq!(with(&["--target-types", "identity"]), branches(&[bank]));
    assert_eq!(with(&["--direction", "out", "--limit", "1"]).len(), 2);

    let context = drawn(&["context", SET, "--local", &local, "-o", "tree"]);
    let told = |words: &str| context.iter().filter(|line| line.ends_with(words)).count();
    assert_eq!((told(bank), told("created by Honeynet")), (1, 1), "{context:?}");
    assert!(!context.iter().any(|line| line.contains("source")), "{context:?}");

    let run = program::run(&[&tree[..], &["--types", "mitigates"]].concat());
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    let columns = program::run(&[&tree[..], &["--fields", "direction"]].concat());
    columns.assert_fails(2, &["--fields goes with lists alone"]);
}

// Catches a drawing that is refused because the object in the middle is not to be had.
#[test]
fn an_object_that_cannot_be_had_is_its_id() {
    let item = r#"{"items":[{"relationship":{"type":"relationship","id":"relationship--1","relationship_type":"uses","source_ref":"intrusion-set--00000000-0000-4000-8000-000000000001","target_ref":"tool--1"},"related_object":{"type":"tool","id":"tool--1","name":"t"}}],"total":1,"has_more":false}"#;
    let missing = r#"{"message":"no","code":"INTHREAT404"}"#;
    for (output, words) in [
        ("tree", format!("{SET}\n└── uses -> tool t\n")),
        ("mermaid", format!("  n0([\"intrusion-set<br/>{SET}\"])\n")),
        ("html", format!("<title>{SET}</title>")),
    ] {
        let missing = scripted::answer("404 Not Found", "application/json", missing);
        let server = Scripted::start([scripted::page(item), missing]).unwrap();
        let url = server.url();
        let run = program::run(&["relations", SET, "--url", &url, "-o", output]);
        assert!(run.code == 0 && run.stdout.contains(&words), "{run:?}");
    }
}
