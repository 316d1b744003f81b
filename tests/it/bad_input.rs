//! Input that is wrong: one clear message that names what and where, a fitting exit code, nothing lost.

use std::{fs, path::Path, process::Stdio};

use inthreat_tests::{
    data::skipped,
    plain,
    program::{self, Run, Served},
    scripted::{Scripted, answer, page},
};

const GOOD: &str = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e","modified":"2020-01-01T00:00:00Z"}"#;
const NEXT: &str = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048f","modified":"2020-01-01T00:00:01Z"}"#;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A replica with one object in it.
fn replica(folder: &Path) -> String {
    let file = folder.join("good.json");
    fs::write(&file, GOOD).unwrap();
    let replica = folder.join("replica");
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    text(&replica).to_owned()
}

/// Pulls pages that a scripted server answers.
fn pull(pages: impl IntoIterator<Item = Vec<u8>>, into: &Path, more: &[&str]) -> Run {
    let server = Scripted::start(pages).unwrap();
    let url = server.url();
    // A server that fails is not asked again here, which would take its time.
    let pull = ["pull", "--retries", "0", "--url", &url, "--into", text(into)];
    program::run(&[&pull, more].concat())
}

/// Asserts that an object is still there.
fn assert_stored(replica: &Path, object: &str) {
    let id = object.split('"').nth(7).unwrap();
    let run = program::run(&["get", id, "--local", text(replica), "-o", "ndjson"]);
    assert_eq!((run.code, run.stdout.trim_end()), (0, object), "{run:?}");
}

fn page_of(items: &[&str], cursor: &str) -> Vec<u8> {
    page(format!(r#"{{"items":[{}],"next_cursor":{cursor}}}"#, items.join(",")))
}

#[test]
fn an_unknown_feed_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(Path::new(&replica(folder.path())), &[]);
    let feed = "00000000-0000-4000-8000-000000000000";
    let copy = folder.path().join("copy");
    let run = program::run(&["pull", feed, "--url", &served.url, "--into", text(&copy)]);
    run.assert_fails(1, &[feed]);
    let run = program::run(&["pull", "../objects", "--url", &served.url, "--into", text(&copy)]);
    run.assert_fails(2, &["../objects"]);
}

#[test]
fn parameters_of_a_page_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(Path::new(&replica(folder.path())), &[]);
    let objects = "/v2/inthreat/collections/d6092c37-d8d7-45c3-8aff-c4dc26030608/objects";
    for (query, status, named) in [
        ("limit=0", 400, "limit"),
        ("limit=x", 400, "limit"),
        ("limit=10001", 400, "limit"),
        ("limit=2001", 200, "items"),
        ("cursor=nonsense", 400, "cursor"),
        ("cursor=%ff%fe", 400, "cursor"),
        ("modified_after=yesterday", 400, "modified_after"),
    ] {
        let (found, body) = plain::get(&served.url, &format!("{objects}?{query}"), None);
        assert_eq!(found, status, "{query}: {body}");
        assert!(body.contains(named) && body.starts_with('{'), "{query}: {body}");
    }
    for limit in ["0", "2001", "x"] {
        let copy = folder.path().join("copy");
        let run = program::run(&["pull", "--limit", limit, "--into", text(&copy)]);
        run.assert_fails(2, &["--limit", limit]);
    }
}

#[test]
fn a_key_that_is_missing_or_wrong_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let replica = replica(folder.path());
    let keys = folder.path().join("keys.json");
    let created = program::run(&["keys", "create", "soc", "--file", text(&keys)]);
    assert_eq!(created.code, 0, "{created:?}");
    let key = created.stdout.trim();
    let stored = fs::read_to_string(&keys).unwrap();
    assert!(!stored.contains(key), "the file holds the key itself");
    let served = Served::start(Path::new(&replica), &["--keys", text(&keys)]);
    let copy = folder.path().join("copy");
    let pull = ["pull", "--url", &served.url, "--into", text(&copy)];
    program::run(&pull).assert_fails(3, &["INTHREAT_API_KEY"]);
    let with =
        |key: &str| Run::of(program::command(&pull).env("INTHREAT_API_KEY", key).output().unwrap());
    let wrong = with("wrong-key");
    wrong.assert_fails(3, &["T300"]);
    assert!(!wrong.stderr.contains("wrong-key"), "the key is printed: {wrong:?}");
    let right = with(key);
    assert_eq!(right.code, 0, "{right:?}");
    assert_stored(&copy, GOOD);
    let listed = program::run(&["keys", "list", "--file", text(&keys)]);
    assert!(listed.stdout.contains("soc"), "{listed:?}");
}

#[test]
fn bad_items_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let mut utf8 = br#"{"items":[{"type":"tool","id":"tool--1","name":""#.to_vec();
    utf8.push(0xff);
    utf8.extend_from_slice(format!(r#""}},{NEXT}],"next_cursor":"b"}}"#).as_bytes());
    let pages = [
        page_of(&[GOOD, "7", r#"{"type":"tool"}"#, r#"{"id":"tool--1"}"#], "\"a\""),
        page(utf8),
        page_of(&[], "\"b\""),
    ];
    let copy = folder.path().join("copy");
    let run = pull(pages, &copy, &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("4 items were set aside"), "{run:?}");
    assert_stored(&copy, GOOD);
    assert_stored(&copy, NEXT);
}

#[test]
fn a_body_that_is_cut_off_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let whole = page_of(&[NEXT], "\"b\"");
    let pages = [page_of(&[GOOD], "\"a\""), whole[..whole.len() - 20].to_vec()];
    pull(pages, &copy, &[]).assert_fails(4, &["d6092c37"]);
    assert_stored(&copy, GOOD);
    let server = Scripted::start([whole, page_of(&[], "\"b\"")]).unwrap();
    let run = program::run(&["pull", "--url", &server.url(), "--into", text(&copy)]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        server.requests()[0].contains("cursor=a"),
        "the next pull goes on: {:?}",
        server.requests()
    );
    assert_stored(&copy, NEXT);
}

#[test]
fn a_busy_service_is_asked_again_as_often_as_told() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let server = Scripted::start([answer("503 Busy", "text/plain", "not now")]).unwrap();
    let url = server.url();
    let pull = |more: &[&str], environment: &[(&str, &str)]| {
        let before = server.requests().len();
        let pull = [&["pull", "--url", &url, "--into", text(&copy)], more].concat();
        let mut command = program::command(&pull);
        let run = Run::of(command.envs(environment.iter().copied()).output().unwrap());
        run.assert_fails(4, &["503"]);
        (run, server.requests().len() - before)
    };
    let (run, asked) = pull(&["--retries", "1"], &[]);
    assert_eq!(asked, 2);
    assert!(run.stderr.contains("no answer after 2 tries"), "{run:?}");
    assert_eq!(pull(&[], &[("INTHREAT_RETRIES", "0")]).1, 1);
    assert_eq!(pull(&["--retries", "9", "--retry-for", "0s"], &[]).1, 1);
    assert_eq!(pull(&[], &[("INTHREAT_RETRY_FOR", "0ms")]).1, 1);
    for wrong in ["soon", "3"] {
        let run = program::run(&["pull", "--retry-for", wrong, "--into", text(&copy)]);
        run.assert_fails(2, &["--retry-for", wrong, "90s"]);
    }
}

#[test]
fn an_answer_that_is_no_page_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (body, named) in [
        ("{}", "items"),
        (r#"{"items":{}}"#, "items"),
        (r#"{"items":[],"next_cursor":7}"#, "next_cursor"),
        ("<html>Gateway</html>", "expected an object"),
    ] {
        pull([page(body)], &folder.path().join("copy"), &[]).assert_fails(5, &[named]);
    }
    let gateway = answer("502 Bad Gateway", "text/html", "<html>Gateway</html>");
    pull([gateway], &folder.path().join("copy"), &[]).assert_fails(4, &["502"]);
}

#[test]
fn a_cursor_that_does_not_move_ends_the_pull() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("null");
    let run = pull([page_of(&[GOOD], "null")], &copy, &[]);
    assert_eq!(run.code, 0, "a short page without a cursor is the end: {run:?}");
    assert_stored(&copy, GOOD);

    let copy = folder.path().join("same");
    let run = pull([page_of(&[GOOD], "\"a\"")], &copy, &["--limit", "1"]);
    run.assert_fails(5, &["cursor", "d6092c37"]);
    assert_stored(&copy, GOOD);
}

#[test]
fn a_folder_that_is_no_replica_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replica.db");
    fs::write(&file, "these are my notes").unwrap();
    for command in [
        ["replica", "stats", text(folder.path())].as_slice(),
        &["pull", "--into", text(folder.path()), "--url", "http://127.0.0.1:9"],
        &["lookup", "198.51.100.7", "--local", text(folder.path())],
    ] {
        program::run(command).assert_fails(6, &[text(folder.path())]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "these are my notes");
    let absent = folder.path().join("absent");
    program::run(&["replica", "stats", text(&absent)]).assert_fails(6, &["absent"]);
    assert!(!absent.exists(), "reading makes no folder");
}

#[test]
fn a_second_writer_is_turned_away_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let replica = replica(folder.path());
    let writer = inthreat_replica::Replica::open_writer(
        Path::new(&replica),
        inthreat_replica::Options::default(),
    );
    let writer = writer.unwrap();
    let pid = std::process::id().to_string();
    let run = program::run(&["import", text(&folder.path().join("good.json")), "--into", &replica]);
    run.assert_fails(6, &[&replica, &pid]);
    assert_stored(Path::new(&replica), GOOD);
    drop(writer);
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let replica = replica(folder.path());
    let id = GOOD.split('"').nth(7).unwrap();
    if let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") {
        let mut get = program::command(&["get", id, "--local", &replica, "-o", "ndjson"]);
        let output = get.stdout(Stdio::from(full)).stderr(Stdio::piped()).output().unwrap();
        Run::of(output).assert_fails(6, &["No space left"]);
    }

    // A file system of 4 MB, where we may mount one.
    let small = folder.path().join("small");
    fs::create_dir(&small).unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=4m", "none", text(&small)];
    let mounted = std::process::Command::new("mount").args(mount).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        skipped(
            "bad_input::a_full_disk_is_told_and_loses_nothing",
            "no file system can be mounted",
        );
        return;
    }
    let feed = folder.path().join("feed.ndjson");
    fs::write(&feed, program::run(&["demo", "--emit", "40000"]).stdout).unwrap();
    let target = small.join("replica");
    let first =
        program::run(&["import", text(&folder.path().join("good.json")), "--into", text(&target)]);
    let second = program::run(&["import", text(&feed), "--into", text(&target)]);
    let stored = program::run(&["get", id, "--local", text(&target), "-o", "ndjson"]);
    let verified = program::run(&["replica", "verify", text(&target)]);
    let _ = std::process::Command::new("umount").arg(&small).output();
    assert_eq!(first.code, 0, "{first:?}");
    second.assert_fails(6, &[text(&target)]);
    assert_eq!((stored.code, stored.stdout.trim_end()), (0, GOOD), "{stored:?}");
    assert_eq!(verified.code, 0, "{verified:?}");
}

// Catches an import that takes a dash for the name of a file, or that loses a part of what it is given so.
#[test]
fn an_import_reads_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, copy) = (folder.path().join("objects"), folder.path().join("copy"));
    fs::write(&objects, program::run(&["demo", "--emit", "3000"]).stdout).unwrap();
    let mut import = program::command(&["import", "-", "--into", text(&copy)]);
    let run = Run::of(import.stdin(fs::File::open(&objects).unwrap()).output().unwrap());
    assert!(run.code == 0 && run.stderr.contains("imported 3,000 objects"), "{run:?}");
    let run = program::run(&["import", "-", "--into", text(&copy)]);
    assert!(run.stderr.contains("standard input holds no object"), "{run:?}");
}

// Catches an item that is set aside without a word, thousands of words about a file of nothing else, and nobody who says where
// they are.
#[test]
fn what_an_import_sets_aside_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (folder.path().join("items"), folder.path().join("copy"));
    let import = |text_of_file: &str| {
        fs::write(&file, text_of_file).unwrap();
        program::run(&["import", text(&file), "--into", text(&copy)]).stderr
    };
    let told = import(&format!("{GOOD}\n{{\"type\":\"indicator\"}}\n42\n"));
    for words in [
        "`id` is missing or no text: {\"type\":\"indicator\"}\n",
        "2 items were set aside",
        &format!("inthreat quarantine list {}", text(&copy)),
    ] {
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    assert_eq!(told.matches("set aside: `").count(), 2, "{told}");
    let told = import(&"{\"type\":\"tool\"}\n".repeat(5000));
    assert_eq!(told.matches("set aside: `").count(), 20, "{told}");
    assert!(!import(GOOD).contains("quarantine"));
}
