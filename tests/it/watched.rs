//! What the program tells those who watch it serve: the access log and figures.

use std::{fs, path::Path};

use inthreat_tests::{
    plain,
    program::{self, Served},
};
use rusqlite::Connection;
use serde_json::Value;

const TOOL: &str = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e","modified":"2020-01-01T00:00:00Z"}"#;
const TARGET: &str =
    "/v2/inthreat/objects/tool--357447d7-9229-4ce1-b7fa-f1b83587048e?token=secret%0a";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The lines of a log, once there are so many. Others are asked meanwhile, so that nothing waits for a clock.
fn lines(served: &Served, log: &Path, count: usize) -> Vec<Value> {
    for _ in 0..10_000 {
        let text = fs::read_to_string(log).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let is_other = |line: &&Value| line["path"] != "/healthz";
        let lines: Vec<Value> = lines.iter().filter(is_other).cloned().collect();
        if lines.len() >= count {
            return lines;
        }
        plain::get(&served.url, "/healthz", None);
    }
    panic!("the log has no {count} lines");
}

// Catches a request that is not in the log or tells what was looked up, and a log that is lost when it is moved away.
#[cfg(unix)]
#[test]
fn the_access_log_tells_requests_and_follows_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (file, replica) = (folder.path().join("tool.json"), folder.path().join("replica"));
    fs::write(&file, TOOL).unwrap();
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    let (log, moved) = (folder.path().join("access.log"), folder.path().join("access.log.1"));
    let served = Served::start(&replica, &["--access-log", text(&log)]);
    assert_eq!(plain::get(&served.url, TARGET, None).0, 200);
    assert_eq!(plain::send(&served.url, "GET / HTTP/9.9\r\n\r\n").0, 400);
    let found = lines(&served, &log, 2);
    let answered = found.iter().find(|line| line["status"] == 200).unwrap();
    assert_eq!(answered["path"], "/v2/inthreat/objects/{id}");
    assert_eq!((&answered["method"], &answered["key"]), (&Value::from("GET"), &Value::Null));
    assert!(answered["address"].as_str().unwrap().starts_with("127.0.0.1:"));
    assert!(answered["bytes"].as_u64().unwrap() > 100 && answered["ms"].as_f64().unwrap() > 0.0);
    assert!(found.iter().any(|line| line["refused"].is_string()), "{found:?}");
    let whole = fs::read_to_string(&log).unwrap();
    assert!(!whole.contains("secret") && !whole.contains("tool--"), "{whole}");

    fs::rename(&log, &moved).unwrap();
    served.hang_up();
    while !log.exists() {
        plain::get(&served.url, "/healthz", None);
    }
    assert_eq!(plain::get(&served.url, "/v2/inthreat/nothing", None).0, 404);
    assert_eq!(lines(&served, &log, 1)[0]["status"], 404);
    assert!(fs::read_to_string(&moved).unwrap().starts_with(whole.trim_end()));
    // What was cut off in place is added to from its beginning.
    fs::write(&log, "").unwrap();
    assert_eq!(plain::get(&served.url, "/v2/inthreat/nothing", None).0, 404);
    assert_eq!(lines(&served, &log, 1)[0]["status"], 404);

    let (status, figures) = plain::get(&served.url, "/metrics", None);
    assert_eq!(status, 200);
    for line in ["inthreat_replica_objects 1\n", "inthreat_replica_sequence 1\n"] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
    assert!(figures.contains("inthreat_replica_lag_seconds "), "{figures}");
    assert_eq!(plain::get(&served.url, "/readyz", None).0, 200);
}

#[test]
fn a_log_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (file, replica) = (folder.path().join("tool.json"), folder.path().join("replica"));
    fs::write(&file, TOOL).unwrap();
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    let nowhere = folder.path().join("nowhere/access.log");
    let serve = ["serve", "--local", text(&replica), "--listen", "127.0.0.1:0"];
    let run = program::run(&[&serve[..], &["--access-log", text(&nowhere)]].concat());
    run.assert_fails(6, &["access log"]);
}

/// Leaves a replica as a writer does that was stopped in the midst of a load.
fn leave_behind(database: &Connection) {
    let tables = ["versions", "observables", "edges", "names", "mentions", "bitmaps"];
    for table in tables {
        database.execute(&format!("DELETE FROM {table}"), []).unwrap();
    }
    database.execute("UPDATE meta SET value = 0 WHERE name = 'indexed'", []).unwrap();
}

// Catches a server that lets questions wait after a load was killed and calls itself ready, or that never does again.
#[test]
fn a_server_is_not_ready_until_everything_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (file, replica) = (folder.path().join("tools.ndjson"), folder.path().join("replica"));
    // Fewer are done before the server is there.
    let id = |number: u32| format!("tool--00000000-0000-4000-8000-{number:012}");
    let tools: Vec<String> =
        (0..8200).map(|number| format!(r#"{{"type":"tool","id":"{}"}}"#, id(number))).collect();
    fs::write(&file, tools.join("\n")).unwrap();
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    let database = Connection::open(replica.join("replica.db")).unwrap();
    leave_behind(&database);

    // Nobody else can write meanwhile.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let served = Served::start(&replica, &[]);
    let told = served.says("cannot be found yet");
    assert!(told.starts_with("8,200 objects "), "{told}");
    let (status, answer) = plain::get(&served.url, "/readyz", None);
    assert!(status == 503 && answer.contains("8,200 objects"), "{status} {answer}");
    assert_eq!(program::run(&["health", "--url", &served.url]).code, 4);

    database.execute_batch("COMMIT").unwrap();
    let place = format!("/v2/inthreat/objects/{}", id(8199));
    assert_eq!(plain::get(&served.url, &place, None).0, 200);
    // An answer is good for a while.
    while plain::get(&served.url, "/readyz", None).0 != 200 {}
}
