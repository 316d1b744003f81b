//! The real program against engines that others wrote: cut off, paused, resumed, and nothing lost.
//!
//! `cargo xtask services` starts them; without one, its test says that it is skipped.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use inthreat_nats::{NatsCursorStore, NatsOptions};
use inthreat_postgres::{PostgresOptions, PostgresStore};
use inthreat_redis::{RedisCursorStore, RedisOptions};
use inthreat_stix::{Id, RawObject, split};
use inthreat_store::{
    Batch, CursorKey, CursorStore, MemorySink, Position, Quarantine, Sink, conformance::server_url,
};
use inthreat_tests::{
    program::{self, Run, Served},
    scripted::{Scripted, page},
};
use tokio_postgres::NoTls;

/// The same engines with TLS and passwords.
#[cfg(unix)]
mod secured;

const FEED: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
const OBJECTS: &str = "3000";
/// The variable that hands the address of an engine to the program.
const ENGINE: &str = "ENGINE";

fn engine(test: &str, variable: &str) -> Option<String> {
    server_url(variable, &format!("engines::{test}"))
}

/// A feed that is served, and what a sink has to end up with.
struct Source {
    served: Served,
    newest: Vec<RawObject>,
}

impl Source {
    async fn new(folder: &Path) -> Self {
        let emitted = program::run(&["demo", "--emit", OBJECTS]);
        let (file, replica) = (folder.join("feed.ndjson"), folder.join("source"));
        fs::write(&file, &emitted.stdout).unwrap();
        let [file, into] = [&file, &replica].map(|path| path.to_str().unwrap());
        assert_eq!(program::run(&["import", file, "--into", into]).code, 0);
        let model = MemorySink::new();
        let mut batch = Batch::default();
        batch.extend(split::ndjson(emitted.stdout.into_bytes()).objects);
        model.write(batch).await.unwrap();
        Self { served: Served::start(&replica, &[]), newest: model.objects() }
    }

    /// A pull of small pages with these arguments; the address of the engine is `env:ENGINE`.
    fn pull(&self, engine: &str, arguments: &[&str]) -> Command {
        let pull = ["pull", "--url", &self.served.url, "--limit", "3"];
        let mut command = program::command(&[&pull[..], arguments].concat());
        command.env(ENGINE, engine).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }
}

fn key() -> CursorKey {
    FEED.parse().unwrap()
}

/// Waits until a cursor was moved so many times more.
async fn moved(store: &dyn CursorStore, from: u64, times: u64) -> Position {
    loop {
        let position = store.load(&key()).await.unwrap();
        if position.generation >= from + times {
            return position;
        }
        tokio::task::yield_now().await;
    }
}

fn signal(child: &Child, signal: &str) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Kills one pull, pauses another, reads on with a third, and lets the paused one go on: it must meet a conflict, and
/// the cursor must stay where the third one left it.
async fn interrupt(source: &Source, engine: &str, store: &dyn CursorStore, sinks: [&[&str]; 3]) {
    store.forget(&key()).await.unwrap();
    let from = store.load(&key()).await.unwrap().generation;
    let mut killed = source.pull(engine, sinks[0]).spawn().unwrap();
    let before = moved(store, from, 2).await;
    killed.kill().unwrap();
    assert!(!killed.wait().unwrap().success(), "it was done before it could be killed");

    let paused = source.pull(engine, sinks[1]).spawn().unwrap();
    let at = moved(store, before.generation, 2).await;
    signal(&paused, "-STOP");
    let mut run = Run::of(source.pull(engine, sinks[2]).output().unwrap());
    if run.stderr.contains("somebody else moved it") {
        // What the paused one had sent off already was still committed, which is no move of a sleeper.
        run = Run::of(source.pull(engine, sinks[2]).output().unwrap());
    }
    assert_eq!(run.code, 0, "{run:?}");
    let end = store.load(&key()).await.unwrap();
    assert!(end.generation > at.generation, "the paused one was done already");
    signal(&paused, "-CONT");
    let run = Run::of(paused.wait_with_output().unwrap());
    run.assert_fails(6, &[]);
    // A database ends the session of one that sleeps with a lock in its hand, and whether its last word is read depends
    // on who is faster; the others find the cursor moved.
    let is_told = ["somebody else moved it", "the server went away"]
        .iter()
        .any(|reason| run.stderr.contains(reason));
    assert!(is_told, "{run:?}");
    assert_eq!(store.load(&key()).await.unwrap(), end, "the cursor went back");

    let run = Run::of(source.pull(engine, sinks[2]).output().unwrap());
    assert!(run.code == 0 && run.stderr.contains("pulled 0 objects"), "{run:?}");
    let show = ["cursor", "show", FEED, "--state", "env:ENGINE"];
    let run = Run::of(program::command(&show).env(ENGINE, engine).output().unwrap());
    assert!(run.code == 0 && run.stdout.contains(end.cursor.unwrap().as_str()), "{run:?}");
}

/// A database of its own for a test, which is empty.
async fn database(url: &str, name: &str) -> String {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let drop_it = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    client.batch_execute(&drop_it).await.unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

// Catches an object that is lost, doubled or changed on its way into a database, whenever the program is stopped.
#[cfg(unix)]
#[tokio::test]
async fn a_database_ends_up_with_the_feed() {
    let Some(url) = engine("a_database_ends_up_with_the_feed", "INTHREAT_TEST_POSTGRES") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(folder.path()).await;
    let url = database(&url, "inthreat_test_pull").await;
    let store = PostgresStore::open(&url, PostgresOptions::default()).await.unwrap();
    let into: &[&str] = &["--into", "env:ENGINE"];
    interrupt(&source, &url, &store, [into; 3]).await;
    let mut found: Vec<RawObject> = Vec::new();
    loop {
        let after = found.last().map(|object| Id::lenient(object.id().unwrap()).unwrap());
        let page = store.objects_after(after.as_ref(), 1000).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found.len(), source.newest.len());
    assert!(found == source.newest, "the bytes differ");
}

// Catches a difference between feed and database that is not found, an item set aside that is lost or that stays when
// it is tried again, and a question that makes tables.
#[tokio::test]
async fn a_database_is_compared_and_its_quarantine_looked_after() {
    let test = "a_database_is_compared_and_its_quarantine_looked_after";
    let Some(url) = engine(test, "INTHREAT_TEST_POSTGRES") else { return };
    let url = format!("{}?schema=other", database(&url, "inthreat_test_audit").await);
    let run = |arguments: &[&str]| {
        let into = ["--into", "env:ENGINE"];
        Run::of(program::command(&[arguments, &into].concat()).env(ENGINE, &url).output().unwrap())
    };
    run(&["quarantine", "list"]).assert_fails(6, &["schema `other`", "no tables"]);

    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(folder.path()).await;
    let from = ["--url", &source.served.url];
    let pulled = run(&[&["pull"][..], &from].concat());
    assert_eq!(pulled.code, 0, "{pulled:?}");
    let audit = [&["audit"][..], &from].concat();
    let all = format!("compared {} objects: ", "3,000");
    let same = run(&audit);
    assert!(same.code == 0 && same.stdout.contains(&format!("{all}0 missing")), "{same:?}");
    let options = PostgresOptions::default().with_schema("other");
    let (plain, _) = url.split_once('?').unwrap();
    let (client, connection) = tokio_postgres::connect(plain, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let lose = "DELETE FROM other.objects WHERE id = (SELECT min(id) FROM other.objects)";
    client.batch_execute(lose).await.unwrap();
    let differs = run(&audit);
    assert!(
        differs.code == 1 && differs.stdout.contains(&format!("{all}1 missing")),
        "{differs:?}"
    );

    let items = r#"{"items":[42,{"type":"x"}],"next_cursor":"a"}"#;
    let server = Scripted::start([page(items), page(r#"{"items":[],"next_cursor":"a"}"#)]).unwrap();
    assert_eq!(run(&["pull", "--url", &server.url()]).code, 0);
    let list = run(&["quarantine", "list", "--ndjson"]);
    assert!(list.code == 0 && list.stdout.lines().count() == 2, "{list:?}");
    assert!(list.stdout.contains(r#""text":"42""#), "{list:?}");
    let show = run(&["quarantine", "show", "1"]);
    assert!(show.code == 0 && show.stdout == "42\n", "{show:?}");
    // As if a later version understood it.
    let understood = r#"{"type":"x-a","id":"x-a--later"}"#;
    let mend = format!("UPDATE other.quarantine SET raw = '{understood}' WHERE raw = '42'");
    client.batch_execute(&mend).await.unwrap();
    let retry = run(&["quarantine", "retry"]);
    assert!(retry.stderr.contains("stored 1 item, left 1 aside"), "{retry:?}");
    let store = PostgresStore::open(plain, options).await.unwrap();
    let found = store.get(&Id::lenient("x-a--later").unwrap()).await.unwrap().unwrap();
    assert_eq!(found.as_str(), understood);
    assert_eq!(store.quarantined(0, 10).await.unwrap().len(), 1);
    drop(client);
    connection.await.unwrap().unwrap();
}

/// Pulls into files, with the cursors elsewhere, and compares what the files hold together.
async fn files_end_up_with_the_feed(url: &str, store: &dyn CursorStore) {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(folder.path()).await;
    let files = ["a", "b", "c"].map(|name| folder.path().join(name));
    let arguments =
        files.each_ref().map(|file| ["--ndjson", file.to_str().unwrap(), "--state", "env:ENGINE"]);
    interrupt(&source, url, store, arguments.each_ref().map(<[&str; 4]>::as_slice)).await;
    let all = MemorySink::new();
    for file in files {
        let mut batch = Batch::default();
        batch.extend(split::ndjson(fs::read(file).unwrap()).objects);
        all.write(batch).await.unwrap();
    }
    assert!(all.objects() == source.newest, "the files do not hold the feed");
}

// Catches a cursor in Redis that leads what was written, or that a paused consumer moves back.
#[cfg(unix)]
#[tokio::test]
async fn cursors_in_redis_trail_the_files() {
    let Some(url) = engine("cursors_in_redis_trail_the_files", "INTHREAT_TEST_REDIS") else {
        return;
    };
    let store = RedisCursorStore::open(&url, RedisOptions::default()).await.unwrap();
    files_end_up_with_the_feed(&url, &store).await;
}

// Catches the same in NATS, and a stream that takes an object twice.
#[cfg(unix)]
#[tokio::test]
async fn cursors_in_nats_trail_the_files() {
    let Some(url) = engine("cursors_in_nats_trail_the_files", "INTHREAT_TEST_NATS") else {
        return;
    };
    let store = NatsCursorStore::open(&url, NatsOptions::default()).await.unwrap();
    files_end_up_with_the_feed(&url, &store).await;

    let folder = tempfile::tempdir().unwrap();
    let source = Source::new(folder.path()).await;
    let key: CursorKey = format!("{FEED}@into").parse().unwrap();
    store.forget(&key).await.unwrap();
    let into = ["--into", "env:ENGINE", "--state", "env:ENGINE"];
    let run = Run::of(source.pull(&url, &into).output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(store.forget(&key).await.unwrap(), "the cursor of the stream has another key");
    let run = Run::of(source.pull(&url, &into).output().unwrap());
    assert!(run.code == 0 && run.stderr.contains("(0 new or changed, 3,000 known)"), "{run:?}");
}

// Catches a password that is taken from the command line, where every process can read it, or told in an error.
#[test]
fn passwords_stay_out_of_sight() {
    let url = "postgres://me:hunter2@127.0.0.1:1/db";
    let run = program::run(&["pull", "--into", url]);
    run.assert_fails(2, &["env:VARIABLE"]);
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
    for scheme in ["postgres", "redis", "nats"] {
        let list = ["cursor", "list", "--state", "env:ENGINE"];
        let url = format!("{scheme}://me:hunter2@127.0.0.1:1");
        let run = Run::of(program::command(&list).env(ENGINE, url).output().unwrap());
        run.assert_fails(4, &["refused"]);
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
}
