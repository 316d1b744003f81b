//! Tests of commands as sinks, with the shell as the command.

use std::{fs, path::Path};

use inthreat_api::FeedId;
use inthreat_store::MemoryCursorStore;
use tokio::task::yield_now;

use super::*;
use crate::{
    Consumer, Options, Target,
    testing::{MemoryFeed, TestTimer, aged},
};

fn shell(script: &str) -> CommandSink {
    CommandSink::new("sh").with_arguments(["-c", script])
}

fn batch(objects: impl IntoIterator<Item = RawObject>) -> Batch {
    let mut batch = Batch::new(FeedId::default());
    batch.extend(objects);
    batch
}

fn large(name: usize) -> RawObject {
    let rest = "x".repeat(100_000);
    RawObject::new(format!("{{\"type\":\"x-a\",\n\"id\":\"x-a--{name}\",\"rest\":\"{rest}\"}}"))
        .unwrap()
}

// Catches objects that are lost, torn or not in order, a pipe that is never closed, and an environment that lies.
#[tokio::test]
async fn a_command_gets_every_object_as_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lines");
    let script = r#"cat > "$1" && echo "$INTHREAT_FEED $INTHREAT_OBJECTS" > "$1.env""#;
    let sink = CommandSink::new("sh").with_arguments([
        OsStr::new("-c"),
        OsStr::new(script),
        OsStr::new("sh"),
        file.as_os_str(),
    ]);
    let written = sink.write(batch((0..50).map(large))).await.unwrap();
    assert_eq!(written.accepted, 50);
    let text = fs::read_to_string(&file).unwrap();
    let expected: String = (0..50).map(|n| large(n).as_str().replace('\n', "") + "\n").collect();
    assert!(text == expected, "{} bytes in the place of {}", text.len(), expected.len());
    let told = fs::read_to_string(folder.path().join("lines.env")).unwrap();
    assert_eq!(told, format!("{} 50\n", FeedId::DEFAULT));
}

// Catches a failure that is taken for a success, one without a reason, and a pipe that fills up in either direction.
#[tokio::test]
async fn the_status_decides() {
    let objects: Vec<_> = (0..50).map(large).collect();
    // It reads nothing of 5 MB, and is content; what it started keeps the pipes open and is not waited for.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!("sleep 1000 > /dev/null & echo $! > '{}'", file.display());
    shell(&script).write(batch(objects.clone())).await.unwrap();
    let pid = fs::read_to_string(file).unwrap();
    assert!(std::process::Command::new("kill").arg(pid.trim()).status().unwrap().success());
    let failing = [
        ("cat > /dev/null; printf 'a\\033b\\n c' >&2; exit 3", "status: 3 and said `a b c`"),
        ("exit 4", "status: 4"),
        ("kill -9 $$", "signal: 9"),
        (
            "head -c 1000000 /dev/zero | tr '\\0' x >&2; cat > /dev/null; exit 5",
            "status: 5 and said `xxx",
        ),
    ];
    for (script, named) in failing {
        let error = shell(script).write(batch(objects.clone())).await.unwrap_err();
        let message = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Io, "{message}");
        assert!(message.contains("command `sh`") && message.contains(named), "{message}");
        assert!(message.len() < 2 * WORDS_BYTES, "{} bytes", message.len());
    }
    let error = CommandSink::new("/no/such").write(batch(objects)).await.unwrap_err();
    assert_eq!(error.to_string(), "start the command `/no/such`");
}

/// A command that says who it is and never ends.
fn hanging(folder: &Path) -> CommandSink {
    let file = folder.join("pid");
    let script =
        format!("echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 1000", file.display());
    shell(&script)
}

/// Waits until the process is gone, and not a zombie either.
async fn gone(folder: &Path) {
    let pid = fs::read_to_string(folder.join("pid")).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    let gone = async {
        while process.exists() {
            yield_now().await;
        }
    };
    timeout(Duration::from_mins(1), gone).await.unwrap();
}

// Catches a command that holds a feed up for ever, and processes that nobody ends or reaps.
#[tokio::test]
async fn a_command_ends_with_its_time_and_with_its_future() {
    let folder = tempfile::tempdir().unwrap();
    let sink = hanging(folder.path()).with_time_max(Duration::from_millis(300));
    let error = sink.write(batch([large(1)])).await.unwrap_err().to_string();
    assert!(error.ends_with("it was killed after 300ms"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let sink = hanging(folder.path());
    let started = async {
        while !folder.path().join("pid").exists() {
            yield_now().await;
        }
    };
    tokio::select! {
        written = sink.write(batch([large(1)])) => panic!("{written:?}"),
        () = started => {}
    }
    gone(folder.path()).await;
}

// Catches a cursor that moves although its objects were refused.
#[tokio::test]
async fn what_was_refused_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, allowed) = (folder.path().join("lines"), folder.path().join("allowed"));
    let script = format!("cat >> '{}'; test -e '{}'", file.display(), allowed.display());
    let source = MemoryFeed::new((0..6).map(|n| aged(n, 100 - n)));
    let target = Target::separate(Arc::new(shell(&script)), Arc::new(MemoryCursorStore::default()));
    let options = Options::default().with_limit(2).with_batch_max(1, 1);
    let consumer = Consumer::new(source, target, options).with_timer(TestTimer::skipping());
    let lines = || fs::read_to_string(&file).unwrap().lines().count();

    let error = consumer.pull(std::future::pending()).await.unwrap_err();
    assert!(error.is_retryable());
    assert_eq!((error.report().objects, lines()), (0, 2));
    #[expect(clippy::disallowed_methods, reason = "the files of a test need no care")]
    fs::write(&allowed, "").unwrap();
    assert_eq!(consumer.pull(std::future::pending()).await.unwrap().objects, 6);
    assert_eq!(lines(), 8);
    assert_eq!(consumer.pull(std::future::pending()).await.unwrap().objects, 0);
    assert_eq!(lines(), 8);
}
