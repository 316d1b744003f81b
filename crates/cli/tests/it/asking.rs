//! Every reading command says the same of a replica and of a server over it, in every format.

use crate::{
    program::{Served, run},
    scene::{INDICATOR, MALWARE, NETWORK, SOURCE, Scene, TECHNIQUE, objects},
};

const FORMATS: [&str; 5] = ["table", "json", "ndjson", "yaml", "csv"];

// Catches a command that asks a replica otherwise than a server, and a format that one of them prints otherwise.
#[test]
fn a_replica_and_a_server_say_the_same() {
    let scene = Scene::new();
    let served = Served::start(&scene.replica);
    let questions: [&[&str]; 16] = [
        &["get", INDICATOR],
        &["get", INDICATOR, MALWARE, SOURCE, "tool--00000000-0000-4000-8000-000000000009"],
        &["lookup", "198.51.100[.]7", "203.0.113.9", "unknown.example"],
        &["lookup", "198.51.100.7", "evil.example", "--summary"],
        &["lookup", "198.51.100.7", "--fields", "name,tlp,x_number"],
        &["context", MALWARE],
        &["context", "ipv4-addr", "198.51.100.7"],
        &["context", INDICATOR, "--fields", "type,name"],
        &["search", "phishing"],
        &["search", "--types", "indicator,malware", "--limit", "2", "--sort", "modified"],
        &["search", "--external-ids", "T1566"],
        &["relations", MALWARE],
        &["relations", MALWARE, "--direction", "out"],
        &["relations", MALWARE, "--direction", "in", "--types", "indicates", "--limit", "1"],
        &["feeds", "list"],
        &["feeds", "page", "--limit", "3", "--types", "indicator"],
    ];
    for question in questions {
        let is_drawn = question[0] == "context" && !question.contains(&"--fields");
        let more: &[&str] = if is_drawn { &["tree", "dot", "mermaid", "html"] } else { &[] };
        for format in FORMATS.iter().chain(more) {
            let question = [question, &["-o", format]].concat();
            let local = scene.ask(&question);
            let remote = run(&[&question[..], &["--url", &served.url]].concat());
            assert_eq!(local.stdout, remote.stdout, "{question:?}");
            assert_eq!((local.code, &local.stderr), (remote.code, &remote.stderr), "{question:?}");
            assert!(!local.stdout.is_empty(), "{question:?}: {local:?}");
        }
    }
}

// Catches an object whose bytes change on their way out.
#[test]
fn objects_stay_byte_for_byte() {
    let scene = Scene::new();
    let all = objects();
    let lines = scene.ask(&["get", INDICATOR, MALWARE, "-o", "ndjson"]).ends(0).stdout;
    assert_eq!(lines, format!("{}\n{}\n", all[0], all[1]));
    let list = scene.ask(&["get", INDICATOR, MALWARE, "-o", "json"]).ends(0).stdout;
    assert_eq!(list, format!("[{},{}]\n", all[0], all[1]));
    let found = scene.ask(&["lookup", "198.51.100.7"]).ends(0).stdout;
    assert_eq!(
        found,
        format!("{{\"type\":\"ipv4-addr\",\"value\":\"198.51.100.7\",\"items\":[{}]}}\n", all[0])
    );
}

// Catches a field that is not what the object says, and a cell that a spreadsheet would run.
#[test]
fn properties_are_chosen() {
    let scene = Scene::new();
    let fields = "name,tlp,state,x_number,external_references.source_name,aliases";
    let base = ["get", INDICATOR, MALWARE, NETWORK, "--fields", fields, "-o"];
    let csv = scene.ask(&[&base[..], &["csv"]].concat()).ends(0).stdout;
    assert_eq!(
        csv,
        format!(
            "{fields}\n198.51.100.7,green,,1.50,\"a, b\",\n\"=Emotet, \"\"v\u{202e}2\"\"\",,,,,</script>\nnet,,expired,,,\n"
        )
    );
    let safe = scene.ask(&[&base[..], &["csv", "--safe-csv"]].concat()).ends(0).stdout;
    assert!(safe.contains("\"'=Emotet, \"\"v"), "{safe}");
    let json = scene.ask(&[&base[..], &["ndjson"]].concat()).ends(0).stdout;
    assert_eq!(
        json.lines().next().unwrap(),
        r#"{"name":"198.51.100.7","tlp":"green","state":null,"x_number":1.50,"external_references.source_name":["a","b"],"aliases":null}"#
    );
    let table = scene.ask(&[&base[..], &["table"]].concat()).ends(0).stdout;
    assert!(table.contains("X NUMBER") && table.contains("v\\u{202e}2"), "{table}");
    let wrong = scene.ask(&["get", INDICATOR, "--fields", "a..b"]).ends(2);
    assert!(wrong.stderr.contains("names with dots"), "{wrong:?}");
}

// Catches columns that are passed over without a word.
#[test]
fn what_is_drawn_has_no_columns() {
    let scene = Scene::new();
    for format in ["tree", "dot", "mermaid", "html"] {
        let refused = scene.ask(&["context", MALWARE, "-o", format, "--fields", "name"]).ends(2);
        assert!(refused.stderr.contains("--fields goes with lists alone"), "{refused:?}");
    }
}

// Catches a page that runs or fetches something, and text that turns round in it.
#[test]
fn a_context_is_a_page() {
    let scene = Scene::new();
    let page = scene.ask(&["context", MALWARE, "-o", "html"]).ends(0).stdout;
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("\\u003c/script\\u003e") && !page.contains('\u{202e}'));
    assert!(page.contains(TECHNIQUE) && page.contains("\"label\":\"uses\""));
}

// Catches a filter that selects too much or too little, an arrow that is turned round, and an end that is wrong.
#[test]
fn objects_and_relationships_are_found() {
    let scene = Scene::new();
    for (question, expected) in [
        (&["search", "phishing", "--fields", "id"][..], vec![TECHNIQUE]),
        (&["search", "--external-ids", "T1566", "--fields", "id"], vec![TECHNIQUE]),
        (&["search", "--types", "identity", "--fields", "id"], vec![SOURCE]),
        (
            &["relations", MALWARE, "--direction", "out", "--fields", "related_object.id"],
            vec![TECHNIQUE],
        ),
        (
            &["relations", MALWARE, "--direction", "in", "--fields", "related_object.id"],
            vec![INDICATOR, NETWORK],
        ),
        (
            &[
                "relations",
                MALWARE,
                "--direction",
                "in",
                "--offset",
                "1",
                "--fields",
                "related_object.id",
            ],
            vec![NETWORK],
        ),
        (
            &[
                "relations",
                MALWARE,
                "--target-types",
                "indicator",
                "--limit",
                "1",
                "--fields",
                "related_object.id",
            ],
            vec![INDICATOR],
        ),
    ] {
        let found = scene.ask(&[question, &["-o", "csv"]].concat()).ends(0).stdout;
        assert_eq!(found.lines().skip(1).collect::<Vec<_>>(), expected, "{question:?}");
    }
    assert!(scene.ask(&["search", "nothing-like-it"]).ends(1).stderr.contains("nothing was found"));
    // Types that nothing has are told, with what was meant; those of anybody's making are no mistake.
    let of = |types: &str| scene.ask(&["search", "--types", types]).ends(1).stderr;
    assert_eq!(of("tool"), "nothing was found: the replica holds nothing of the type `tool`\n");
    assert!(of("x-a,x-b").ends_with("of the types `x-a`, `x-b`\n"));
    let served = Served::start(&scene.replica);
    let asked = |types| run(&["search", "--types", types, "--url", &served.url]).ends(1).stderr;
    assert!(asked("nonsense").contains("`nonsense` is no type that STIX defines"));
    assert_eq!(asked("x-a,tool"), "nothing was found\n");
    scene.ask(&["relations", MALWARE, "--types", "targets"]).ends(1);
    // A filter alone is enough, whichever it is; with none there is nothing to search for.
    scene.ask(&["search", "--confidence-min", "70", "--limit", "3"]).ends(0);
    scene.ask(&["search", "--observable-types", "ipv4-addr"]).ends(0);
    let wrong = scene.ask(&["search", "--limit", "3"]).ends(2);
    assert!(wrong.stderr.contains("hint: a filter alone is enough"), "{wrong:?}");
}

// Catches a mirror or a block list that is empty for ever because of a typing error, while all seems well.
#[test]
fn mistyped_types_are_refused() {
    let scene = Scene::new();
    let into = scene.folder.path().join("typo");
    let into = into.to_str().unwrap();
    let replica = scene.replica.to_str().unwrap();
    let absent = ["--url", "http://127.0.0.1:1", "--retries", "0"];
    for command in [
        &["pull", "--types", "malware,indicatr", "--into", into][..],
        &["watch", "--types", "indicatr", "--into", into],
        &["backfill", "--types", "indicatr", "--after", "2024-01-01", "--into", into],
        &["export", "--types", "indicatr"],
        &["search", "--types", "indicatr"],
        &["feeds", "page", "--types", "indicatr"],
        &["feeds", "create", "--title", "A", "--types", "indicatr"],
        &["relations", MALWARE, "--target-types", "indicatr"],
    ] {
        let refused = run(&[command, &absent].concat()).ends(2);
        assert!(refused.stderr.contains("did you mean `indicator`?"), "{command:?}: {refused:?}");
    }
    let changes = run(&["replica", "changes", replica, "--types", "indicatr"]).ends(2);
    assert!(changes.stderr.contains("did you mean `indicator`?"), "{changes:?}");
    for command in [
        &["pull", "--observable-types", "ip", "--into", into][..],
        &["search", "--observable-types", "ip", "x"],
        &["export", "--format", "edl", "--observable-type", "ip"],
        &["feeds", "create", "--title", "A", "--observable-types", "ip"],
    ] {
        let refused = run(&[command, &absent].concat()).ends(2);
        assert!(refused.stderr.contains("did you mean `ipv4-addr` or `ipv6-addr`?"), "{refused:?}");
    }
    // What is near to nothing may be of anybody's making: it is asked for, and told.
    let told = "STIX defines no objects of the type `nonsense`";
    let export = scene.ask(&["export", "--types", "nonsense"]).ends(0);
    assert!(export.stderr.contains(told), "{export:?}");
    let changes = run(&["replica", "changes", replica, "--types", "nonsense"]).ends(0);
    assert!(changes.stderr.contains(told), "{changes:?}");
    let served = Served::start(&scene.replica);
    let pull = ["pull", "--types", "nonsense", "--into", into, "--url", &served.url];
    let pulled = run(&pull).ends(0);
    assert!(pulled.stderr.contains(told), "{pulled:?}");
}

// Catches ids of standard input that are not read, and one that is not told when it is unknown.
#[test]
fn ids_come_from_standard_input() {
    let scene = Scene::new();
    let input = format!(
        "# ids\n{SOURCE}\n\n {MALWARE}\n{SOURCE}\ntool--00000000-0000-4000-8000-000000000009\n"
    );
    let local = scene.replica.to_str().unwrap();
    let arguments = ["get", "-", "--local", local, "--fields", "id", "-o", "csv"];
    let run = crate::program::run_with(&arguments, &input).ends(1);
    assert_eq!(run.stdout, format!("id\n{SOURCE}\n{MALWARE}\n"));
    assert!(run.stderr.contains("tool--00000000-0000-4000-8000-000000000009"), "{run:?}");
}
