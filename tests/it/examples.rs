//! The examples of the client: against a server of this project, or a scripted one for what only the live service
//! answers.
//!
//! Cargo builds them for every run that is not narrowed to one test program; without them a test is skipped.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use inthreat_api::conformance::scene;
use inthreat_tests::{
    data::skipped,
    program::Run,
    scripted::{Scripted, answer, page},
};

use crate::conformance::served;

/// The program of an example, beside this test.
fn program(name: &str) -> Option<PathBuf> {
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap().join("examples");
    let program = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    if !program.exists() {
        skipped(&format!("examples::{name}"), "it is not built (`cargo test --workspace` does)");
        return None;
    }
    Some(program)
}

/// Runs an example with a key; `None` where it is not built.
fn run(name: &str, arguments: &[&str]) -> Option<Run> {
    let mut command = Command::new(program(name)?);
    command.args(arguments).env("INTHREAT_API_KEY", "secret-key").stdin(Stdio::null());
    let run = Run::of(command.output().unwrap());
    assert!(!format!("{run:?}").contains("secret-key"), "the key is printed: {run:?}");
    Some(run)
}

/// What an example prints when all goes well.
fn printed(name: &str, arguments: &[&str]) -> Option<String> {
    let run = run(name, arguments)?;
    assert_eq!(run.code, 0, "{run:?}");
    Some(run.stdout)
}

// Catches an example that does not do what its first line says, or that asks what a server does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn reading_examples_run_against_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let (_replica, url) = served(folder.path()).await;
    if let Some(feeds) = printed("list_feeds", &[&url]) {
        assert_eq!(feeds, "d6092c37-d8d7-45c3-8aff-c4dc26030608  Default feed\n");
    }

    let malware = scene().into_iter().find(|object| object.object_type() == Some("malware"));
    let malware = malware.unwrap().as_str().to_owned();
    for (since, expected) in
        [("2019-01-01T00:00:00Z", malware + "\n"), ("2026-01-01T00:00:00Z", String::new())]
    {
        if let Some(found) = printed("stream_malware", &[since, &url]) {
            assert_eq!(found, expected, "since {since}");
        }
    }
    if let Some(run) = run("stream_malware", &["yesterday", &url]) {
        assert!(run.code == 1 && run.stderr.contains("yesterday"), "{run:?}");
    }

    let hash = "44D88612FEA8A8F36DE82E1278ABB02F";
    if let Some(found) = printed("look_up_hash", &[hash, &url]) {
        assert_eq!(found, "indicator indicator--00000000-0000-4000-8000-000000000002\n");
    }
    if let Some(found) = printed("look_up_hash", &[&"0".repeat(32), &url]) {
        assert_eq!(found, "nothing is known about it\n");
    }
}

fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, "application/json", body)
}

#[test]
fn a_feed_is_created_and_read() {
    let server = Scripted::start([
        json("201 Created", r#"{"data":{"id":"feed-1","title":"t"}}"#),
        page(r#"{"items":[{"id":"malware--1"},{"x":1}],"next_cursor":"c"}"#),
    ]);
    let server = server.unwrap();
    let Some(found) = printed("create_feed", &[&server.url()]) else { return };
    assert_eq!(found, "created the feed feed-1\nmalware--1\nan object without an id\n");
    let asked = server.requests();
    assert!(asked[0].starts_with("POST /v2/inthreat/feeds HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("Bearer secret-key"), "{}", asked[0]);
    assert!(asked[0].contains(r#""types":["malware","intrusion-set"]"#), "{}", asked[0]);
    assert!(asked[1].contains("/collections/feed-1/objects?limit=10 "), "{}", asked[1]);
}

#[test]
fn an_export_is_downloaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.json");
    let name = path.to_str().unwrap();
    let job = |status: &str| {
        json(
            "200 OK",
            &format!(r#"{{"data":{{"id":"job","object_id":"report--1","status":"{status}"}}}}"#),
        )
    };
    let file = "x".repeat(100_000);
    let server = Scripted::start([job("FINISHED"), answer("200 OK", "application/json", &file)]);
    let server = server.unwrap();
    let arguments = ["report--1", name, &server.url()];
    let Some(told) = printed("download_export", &arguments) else { return };
    assert_eq!(told, format!("100000 bytes in {name}\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), file);
    assert!(server.requests()[0].starts_with("POST /v2/inthreat/exports/ "));
    assert!(server.requests()[1].starts_with("GET /v2/inthreat/exports/job/"));

    // A file that breaks off leaves nothing under its name.
    let mut cut = answer("200 OK", "application/json", &file);
    cut.truncate(1000);
    let server = Scripted::start([job("FINISHED"), cut]).unwrap();
    let other = folder.path().join("other.json");
    let arguments = ["report--1", other.to_str().unwrap(), &server.url()];
    let failed = run("download_export", &arguments).unwrap();
    assert!(failed.code == 1 && !other.exists(), "{failed:?}");
}

#[test]
fn a_taxii_server_is_paged_through() {
    let taxii = |body: &str| answer("200 OK", "application/taxii+json;version=2.1", body);
    let server = Scripted::start([
        taxii(
            r#"{"collections":[{"id":"a","title":"mine","can_read":true,"can_write":false},{"id":"b","title":"theirs","can_read":false,"can_write":false}]}"#,
        ),
        taxii(r#"{"more":true,"next":"7","objects":[{"id":"tool--1"}]}"#),
        taxii(r#"{"more":false,"objects":[{"id":"tool--2"}]}"#),
        taxii("{}"),
    ]);
    let server = server.unwrap();
    let root = format!("{}/root/", server.url());
    let Some(told) = printed("page_taxii", &[&root, "user", "password"]) else { return };
    assert_eq!(told, "mine (a)\n  tool--1\n  tool--2\ntheirs (b)\n");
    let asked = server.requests();
    assert!(asked.iter().all(|asked| asked.contains("Basic dXNlcjpwYXNzd29yZA==")), "{asked:?}");
    assert!(asked[2].starts_with("GET /root/collections/a/objects/?limit=100&next=7"), "{asked:?}");
    let failed = run("page_taxii", &[]).unwrap();
    assert!(failed.code == 1 && failed.stderr.contains("API-ROOT"), "{failed:?}");
}
