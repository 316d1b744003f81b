//! What is written to files and read from them: exports, validation, patterns.

use inthreat_stix::{Id, Kind};

use crate::{
    program::{Served, run, run_unheard, run_with},
    scene::{Scene, objects, text},
};

// Catches a format that a replica and a server fill otherwise, and one that is empty.
#[test]
fn exports_of_a_replica_and_of_a_server_are_the_same() {
    let scene = Scene::new();
    let served = Served::start(&scene.replica);
    let questions: [&[&str]; 8] = [
        &["--format", "ndjson"],
        &["--format", "ndjson", "--types", "malware,indicator"],
        &["--format", "stix", "--since", "2024-01-02"],
        &["--format", "csv", "--fields", "name,type,tlp,sources,observables"],
        &["--format", "text", "--types", "indicator"],
        &["--format", "template", "--template", "$type: ${name} ($sources)"],
        &["--format", "navigator"],
        &["--format", "edl", "--observable-type", "ipv4-addr"],
    ];
    for question in questions {
        let question = [&["export"], question].concat();
        let local = scene.ask(&question).ends(0);
        let remote = run(&[&question[..], &["--url", &served.url]].concat()).ends(0);
        assert_eq!(local.stdout, remote.stdout, "{question:?}");
        assert!(!local.stdout.is_empty(), "{question:?}");
    }
}

// Catches an export that says something else than the objects.
#[test]
fn exports_say_what_the_objects_say() {
    let scene = Scene::new();
    let export = |arguments: &[&str]| scene.ask(&[&["export"], arguments].concat()).ends(0).stdout;
    assert_eq!(export(&[]), objects().join("\n") + "\n");
    assert_eq!(export(&["--types", "malware"]), objects()[1].clone() + "\n");
    assert_eq!(export(&["--since", "7d"]), "");
    // The network is no longer valid.
    assert_eq!(export(&["--format", "edl", "--observable-type", "ipv4-addr"]), "198.51.100.7\n");
    assert_eq!(
        export(&[
            "--format",
            "csv",
            "--fields",
            "name,sources,tlp",
            "--types",
            "indicator,malware",
            "--safe-csv"
        ]),
        "name,sources,tlp\n198.51.100.7,Källa,TLP:GREEN\n\"'=Emotet, \"\"v\u{202e}2\"\"\",,\nnet,,\n"
    );
    let bundle = export(&["--format", "bundle", "--types", "malware"]);
    assert!(bundle.starts_with(&format!(
        "{{\"type\":\"bundle\",\"objects\":[{}],\"id\":\"bundle--",
        objects()[1]
    )));
    let layer: serde_json::Value =
        serde_json::from_str(&export(&["--format", "navigator"])).unwrap();
    assert_eq!(layer["techniques"][0]["techniqueID"], "T1566");
    assert_eq!(layer["techniques"][0]["comment"], "=Emotet, \"v\u{202e}2\"");
    scene.ask(&["export", "--format", "edl"]).ends(2);
    scene.ask(&["export", "--format", "edl", "--observable-type", "mutex"]).ends(2);
    let wrong = scene.ask(&["export", "--format", "csv", "--fields", "name,nothing"]).ends(2);
    let hint = "`nothing` is no field of a table\nhint: there are id, type, name, ";
    assert!(wrong.stderr.contains(hint), "{wrong:?}");
    // Who gets nothing is told why: all of it is over.
    let list = ["export", "--format", "edl", "--observable-type"];
    let network = scene.ask(&[&list[..], &["ipv4-addr"]].concat()).ends(0).stderr;
    assert_eq!(
        network,
        "left out 1 indicator of such values: revoked, expired or not valid yet\nexported 1 value\n"
    );
    let none = scene.ask(&[&list[..], &["url"]].concat()).ends(0).stderr;
    assert_eq!(none, "exported 0 values\n");
}

// Catches an exit code that lets a pipeline go on, and a finding without its place.
#[test]
fn files_are_validated() {
    let scene = Scene::new();
    let good = format!(
        "{{\"type\":\"malware\",\"spec_version\":\"2.1\",\"id\":\"{}\",\"created\":\"2024-01-01T00:00:00.000Z\",\
         \"modified\":\"2024-01-01T00:00:00.000Z\",\"name\":\"m\",\"is_family\":false,\"malware_types\":[\"bot\"]}}",
        "malware--0d9f5b9e-5d4b-4a3e-8b3c-0f8f9a3d6f10"
    );
    let wrong = good.replace("\"m\"", "7");
    let file = scene.file("objects.ndjson", &format!("{good}\n{wrong}\n"));
    let good = scene.file("good.json", &good);
    let fine = run(&["validate", text(&good), "--errors-only"]).ends(0);
    assert_eq!(
        (fine.stdout.as_str(), fine.stderr.as_str()),
        ("", "1 object or bundle: 0 errors, 0 warnings\n")
    );
    let found = run(&["validate", text(&file), "--errors-only"]).ends(1);
    let place = format!("{}:2:{}: error: malware--", text(&file), wrong.find(":7,").unwrap() + 2);
    assert!(
        found.stdout.starts_with(&place) && found.stdout.contains("[wrong-type, "),
        "{found:?}"
    );
    let sarif = run(&["validate", text(&file), "-o", "sarif", "--errors-only"]).ends(1).stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 2);
    let lines =
        run_with(&["validate", "-", "-o", "ndjson", "--errors-only"], &wrong).ends(1).stdout;
    assert!(lines.starts_with('{') && lines.contains("\"pointer\":\"/name\""), "{lines}");
    run(&["validate", "/nowhere/at/all"]).ends(6);
}

// Catches an import of a file that is none, which says that all is well, and one of nothing new, which is no failure.
#[test]
fn files_without_an_object_are_told() {
    let scene = Scene::new();
    let import = |name: &str, content: &str| {
        run(&["import", text(&scene.file(name, content)), "--into", text(&scene.replica)])
    };
    let html = import("page.html", "<html>").ends(1).stderr;
    assert!(html.contains("page.html` holds no object, but one item"), "{html}");
    assert!(
        html.ends_with("hint: `inthreat validate FILE` says what is wrong, and where\n"),
        "{html}"
    );
    let other = import("other.json", r#"[{"a":1},{"b":2}]"#).ends(1).stderr;
    assert!(other.contains("but 2 items that cannot"), "{other}");
    let empty = import("empty", "").ends(0).stderr;
    assert!(empty.contains("empty` is empty\n") && !empty.contains("hint"), "{empty}");
    let list = import("list", r#"{"type":"bundle","objects":[]}"#).ends(0).stderr;
    assert!(list.contains("list` holds no object\n"), "{list}");
    let known = import("known", &objects()[0]).ends(0).stderr;
    assert!(known.starts_with("imported 1 object (0 new or changed, 1 known)"), "{known}");
    let good = scene.file("good", &objects()[1]);
    let bad = scene.file("bad", "7");
    let both = run(&["import", text(&bad), text(&good), "--into", text(&scene.replica)]).ends(0);
    assert!(both.stderr.contains("bad` holds no object"), "{both:?}");
}

// Catches a size that a replica does not keep to, one that is reached and takes along what was there, and one that is said of what
// is none.
#[test]
fn a_replica_grows_no_larger_than_it_may() {
    let scene = Scene::new();
    let replica = text(&scene.replica);
    let known = scene.ask(&["replica", "stats"]).ends(0).stdout;
    let line = |number: u32| {
        // Nothing that would be much shorter when it is compressed.
        let uuid = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let name = Id::new(Kind::Tool, uuid.to_be_bytes());
        format!("{{\"type\":\"tool\",\"id\":\"{name}\",\"name\":\"{name}\"}}\n")
    };
    let many = scene.file("many.ndjson", &(0..20_000).map(line).collect::<String>());
    let import = ["import", text(&many), "--into", replica];
    let full = run(&[&import[..], &["--size-max", "400KiB"]].concat()).ends(6);
    assert!(full.stderr.contains("--size-max"), "{}", full.stderr);
    run(&["replica", "verify", replica]).ends(0);
    assert_eq!(scene.ask(&["replica", "stats"]).ends(0).stdout, known);
    run(&[&import[..], &["--size-max", "1GB", "--history", "90d"]].concat()).ends(0);

    let state = scene.file("state", "");
    for arguments in [
        &["pull", "--ndjson", "x", "--state", text(&state), "--size-max", "1GB"][..],
        &["pull", "--into", "postgres://x/y", "--history", "1d"],
        &["serve", "--local", replica, "--size-max", "1GB"],
        &["import", text(&many), "--into", replica, "--size-max", "1G"],
    ] {
        let wrong = run(arguments).ends(2);
        assert!(wrong.stderr.contains("--size-max") || wrong.stderr.contains("--history"));
    }
}

// Catches a command that ends half-way because nobody reads its words: `inthreat … 2>&1 | head`.
#[test]
fn words_that_nobody_reads_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys.json");
    let keys = keys.to_str().unwrap();
    assert_eq!(run_unheard(&["keys", "create", "soc", "--file", keys]), Some(0));
    assert_eq!(run_unheard(&["keys", "revoke", "absent", "--file", keys]), Some(1));
    assert!(run(&["keys", "list", "--file", keys]).ends(0).stdout.contains("soc"));
}

// Catches an answer that does not say what is wrong, or an exit code that says nothing is.
#[test]
fn patterns_are_read() {
    let good = "[ipv4-addr:value = '198.51.100.7' OR file:hashes.MD5 = 'f00']";
    let tree = run(&["pattern", "parse", good]).ends(0).stdout;
    assert!(
        tree.starts_with("observation\n  OR\n    ipv4-addr:value = '198.51.100.7'\n"),
        "{tree}"
    );
    assert!(tree.contains("looks for ipv4-addr value '198.51.100.7'"), "{tree}");
    let json = run_with(&["pattern", "parse", "-", "-o", "json"], good).ends(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[1]["node"], &json[1]["depth"]), (&"OR".into(), &1.into()));
    assert_eq!(json[2]["values"], serde_json::json!(["198.51.100.7"]));
    let refused = run(&["pattern", "parse", "[a", "-o", "json"]).ends(1);
    assert!(refused.stdout == "[]\n" && refused.stderr.contains("at line 1"), "{refused:?}");
    let found = run(&["pattern", "check", good]).ends(1).stdout;
    assert!(found.contains("error: malformed-hash: `f00`"), "{found}");
    run(&["pattern", "check", "[ipv4-addr:value = '198.51.100.7']"]).ends(0);
    let broken = run(&["pattern", "explain", "[ipv4-addr:value = ]"]).ends(1).stdout;
    assert!(broken.contains("at line 1, column 20") && broken.ends_with("^\n"), "{broken}");
    let words = run(&["pattern", "explain", good]).ends(0).stdout;
    assert!(words.contains("the value of the IPv4 address is `198.51.100.7`"), "{words}");
}
