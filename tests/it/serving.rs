//! The program that serves: a mirror that keeps itself in step, a gateway, a server that misbehaves.

use std::{
    fs,
    path::{Path, PathBuf},
};

use inthreat_tests::{
    plain,
    program::{self, Served},
    scripted::{self, Scripted},
};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn object(number: u32) -> String {
    format!(
        r#"{{"type":"tool","id":"tool--00000000-0000-4000-8000-{number:012}","modified":"2020-01-01T00:00:{number:02}Z"}}"#
    )
}

fn place(number: u32) -> String {
    format!("/v2/inthreat/objects/tool--00000000-0000-4000-8000-{number:012}")
}

fn import(folder: &Path, objects: &[String]) -> PathBuf {
    let file = folder.join("objects.ndjson");
    fs::write(&file, objects.join("\n")).unwrap();
    let replica = folder.join("source");
    let run = program::run(&["import", text(&file), "--into", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    replica
}

// Catches a mirror that is not made, that does not follow, that stops serving when its source is gone, that says so again
// and again, or that does not end well.
#[test]
fn a_mirror_keeps_itself_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), &[object(1), object(2)]);
    let served = Served::start(&source, &[]);
    let replica = folder.path().join("mirror");
    let options = ["--sync", "--url", &served.url, "--interval", "100ms", "--retries", "0"];
    let mirror = Served::start(&replica, &options);
    mirror.wait_for("2 objects");
    assert_eq!(plain::get(&mirror.url, "/readyz", None).0, 200);
    let run = program::run(&["health", "--url", &mirror.url]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "ready\n"), "{run:?}");
    let (_, figures) = plain::get(&mirror.url, "/metrics", None);
    assert!(figures.contains("inthreat_feed_objects_total{feed="), "{figures}");
    assert!(figures.contains("inthreat_replica_objects 2"), "{figures}");
    let whole = |number| (200, format!(r#"{{"data":{}}}"#, object(number)));
    assert_eq!(plain::get(&mirror.url, &place(2), None), whole(2));
    import(folder.path(), &[object(3)]);
    mirror.wait_for("1 object");
    assert_eq!(plain::get(&mirror.url, &place(3), None), whole(3));

    drop(served);
    program::run(&["health", "--url", "http://127.0.0.1:9"]).assert_fails(4, &["127.0.0.1:9"]);
    mirror.wait_for("not in step, serving goes on");
    assert_eq!(plain::get(&mirror.url, &place(1), None), whole(1));
    assert_eq!(mirror.terminate(), Some(0));
    let run = program::run(&["cursor", "list", "--local", text(&replica)]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(run.stdout.lines().filter(|line| line.contains("d6092c37")).count(), 1, "{run:?}");
}

// Catches a sandbox that takes no feed, one that forgets it, and a server that takes one although nobody said that it may.
#[test]
fn a_replica_is_changed_where_that_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let replica = folder.path().join("sandbox");
    let body = r#"{"data":{"title":"of a stranger"}}"#;
    let create = |served: &Served| {
        let request = format!(
            "POST /v2/inthreat/feeds HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        plain::send(&served.url, request).0
    };
    let sandbox = Served::start(&replica, &["--writable"]);
    assert_eq!(create(&sandbox), 201);
    program::run(&["import", "-", "--into", text(&replica)])
        .assert_fails(6, &["it is being written by"]);
    assert_eq!(sandbox.terminate(), Some(0));
    let served = Served::start(&replica, &[]);
    let kept = || plain::get(&served.url, "/v2/inthreat/feeds", None).1;
    assert_eq!(kept().matches("of a stranger").count(), 1);
    assert_eq!(create(&served), 501);
    assert_eq!(kept().matches("of a stranger").count(), 1);
}

// Catches a gateway that asks again for what it has, that hands a caller's key on, or that asks without its own.
#[test]
fn a_gateway_asks_once_with_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let body = format!(r#"{{"data":{}}}"#, object(1));
    let service = Scripted::start([scripted::answer("200 OK", "application/json", &body)]).unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "upstream-key\n").unwrap();
    let upstream = service.url();
    let options = ["--upstream", &upstream, "--key-file", text(&key), "--upstream-rate", "50"];
    let gateway = Served::with(&options);
    for _ in 0..3 {
        assert_eq!(plain::get(&gateway.url, &place(1), Some("own")), (200, body.clone()));
    }
    let asked = service.requests().concat().to_lowercase();
    assert_eq!(service.requests().len(), 1, "{asked}");
    assert!(asked.contains("authorization: bearer upstream-key"), "{asked}");
    assert!(!asked.contains("bearer own"), "{asked}");
    assert_eq!(gateway.terminate(), Some(0));
}

// Catches faults that do not happen, that nobody is told of, and a wrong command line that is guessed.
#[test]
fn a_server_misbehaves_on_purpose() {
    let folder = tempfile::tempdir().unwrap();
    let source = import(folder.path(), &[object(1)]);
    let served = Served::start(&source, &["--fault", "503:1", "--fault-seed", "7"]);
    served.wait_for("faults are injected: 503 1 (seed 7)");
    assert_eq!(plain::get(&served.url, &place(1), None).0, 503);
    served.wait_for("injected 503: GET /v2/inthreat/objects/");
    assert_eq!(plain::get(&served.url, "/healthz", None).0, 200);

    let serve = ["serve", "--local", text(&source)];
    for (more, named) in [
        (&["--fault", "700:1"][..], "expected a status"),
        (&["--fault-seed", "1"], "--fault <"),
        (&["--upstream", "http://127.0.0.1:1"], "--upstream <"),
        (&["some-feed"], "--sync alone"),
    ] {
        let run = program::run(&[&serve[..], more].concat());
        run.assert_fails(2, &[named]);
    }
    program::run(&["serve"]).assert_fails(2, &["--local"]);
}
