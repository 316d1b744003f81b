//! Keys in a real keyring: kept, used, locked away, gone, and never shown.

use std::{
    fs,
    io::Write,
    os::unix::net::UnixListener,
    path::{Path, PathBuf},
    process::Stdio,
};

use inthreat_tests::{
    data::skipped,
    keyring::{Keyring, Session},
    program::{self, Run, Served},
};

const OBJECT: &str = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e","name":"x","modified":"2020-01-01T00:00:00Z"}"#;
const ID: &str = "tool--357447d7-9229-4ce1-b7fa-f1b83587048e";

/// Somebody with a home, a server, and a key of it.
struct Person {
    home: tempfile::TempDir,
    served: Served,
    key: String,
}

impl Person {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
        let [file, replica, keys] = ["object.json", "ti", "keys.json"].map(path);
        fs::write(&file, OBJECT).unwrap();
        assert_eq!(program::run(&["import", &file, "--into", &replica]).code, 0);
        let key = program::run(&["keys", "create", "soc", "--file", &keys]).stdout;
        let served = Served::start(Path::new(&replica), &["--keys", &keys]);
        Self { served, key: key.trim().to_owned(), home }
    }

    /// Runs the program at the bus of this address. Whatever is asked, the key is not shown.
    fn run(&self, address: &str, arguments: &[&str]) -> Run {
        let mut command = program::command(arguments);
        command.env("XDG_CONFIG_HOME", self.home.path()).env("DBUS_SESSION_BUS_ADDRESS", address);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who asks for nothing may have ended already.
        let _ = writeln!(child.stdin.take().unwrap(), "{}", self.key);
        let run = Run::of(child.wait_with_output().unwrap());
        assert!(!format!("{run:?}").contains(&self.key), "the key is shown: {run:?}");
        run
    }

    fn login(&self, address: &str, more: &[&str]) -> Run {
        self.run(address, &[&["login", "--url", &self.served.url], more].concat())
    }

    fn get(&self, address: &str) -> Run {
        self.run(address, &["get", ID, "--url", &self.served.url])
    }

    /// The file of the key.
    fn file(&self) -> PathBuf {
        self.home.path().join("inthreat/keys/default")
    }

    fn session(&self, keyring: Keyring) -> Session {
        Session::start(self.home.path(), keyring).unwrap()
    }
}

/// Whether there is a keyring to test with.
fn is_there(test: &str) -> bool {
    match Session::missing() {
        Some(missing) => skipped(&format!("keyrings::{test}"), &missing),
        None => return true,
    }
    false
}

// Catches a key that is not in the keyring, or in a file too; that another service gets; that stays after a logout.
#[test]
fn a_key_is_kept_in_the_keyring() {
    if !is_there("a_key_is_kept_in_the_keyring") {
        return;
    }
    let person = Person::new();
    let session = person.session(Keyring::Unlocked);
    let bus = session.address.as_str();
    let run = person.login(bus, &[]);
    assert!(run.code == 0 && run.stderr.contains("is in the keyring"), "{run:?}");
    let marker = fs::read_to_string(person.file()).unwrap();
    assert!(marker.contains(&person.served.url) && !marker.contains(&person.key), "{marker:?}");
    assert_eq!(person.get(bus).code, 0);
    let keys = person.home.path().join("keys.json");
    let stranger =
        Served::start(&person.home.path().join("ti"), &["--keys", keys.to_str().unwrap()]);
    person.run(bus, &["get", ID, "--url", &stranger.url]).assert_fails(3, &["inthreat login"]);
    // A profile of another name has a key of its own.
    let made = ["config", "set", "retries", "0", "--profile", "work"];
    assert_eq!(person.run(bus, &made).code, 0);
    let profile = ["get", ID, "--url", &person.served.url, "--profile", "work"];
    person.run(bus, &profile).assert_fails(3, &[]);
    let status = person.run(bus, &["status", "--url", &person.served.url, "-o", "json"]);
    assert!(
        status.code == 0 && status.stdout.contains("inthreat login, the keyring"),
        "{status:?}"
    );
    let shown = person.run(bus, &["config", "show"]);
    assert!(shown.stderr.contains("is in the keyring"), "{shown:?}");
    let doctor = person.run(bus, &["doctor", "--url", &person.served.url]);
    assert!(doctor.code == 0 && doctor.stdout.contains("is in the keyring"), "{doctor:?}");

    assert_eq!(person.run(bus, &["logout"]).code, 0);
    assert!(!person.file().exists());
    // The mark alone leads nowhere: the keyring has nothing any more.
    fs::write(person.file(), marker).unwrap();
    person.get(bus).assert_fails(6, &["no longer", "--store file"]);
    assert_eq!(person.run(bus, &["logout"]).code, 0);
    assert_eq!(person.run(bus, &["logout"]).code, 1);
}

// Catches a key that can no longer be had and is not told of, and a keyring that keeps others from working.
#[test]
fn a_keyring_that_is_locked_or_gone_is_told() {
    if !is_there("a_keyring_that_is_locked_or_gone_is_told") {
        return;
    }
    let person = Person::new();
    assert_eq!(person.login(&person.session(Keyring::Unlocked).address, &[]).code, 0);
    let replica = person.home.path().join("ti");
    let local = ["get", ID, "--local", replica.to_str().unwrap()];
    for keyring in [Keyring::Locked, Keyring::Absent] {
        let session = person.session(keyring);
        let bus = session.address.as_str();
        person.get(bus).assert_fails(6, &["take the key from the keyring", "--store file"]);
        let doctor = person.run(bus, &["doctor", "--url", &person.served.url]);
        assert!(doctor.code == 6 && doctor.stdout.contains("--store file"), "{doctor:?}");
        person.run(bus, &["logout"]).assert_fails(6, &["keys/default"]);
        person.login(bus, &["--store", "keyring"]).assert_fails(6, &["--store file"]);
        assert!(person.file().exists());
        assert_eq!(person.run(bus, &local).code, 0);
    }
    // The bus is gone: the key goes into a file, and the old mark with it.
    let session = person.session(Keyring::Absent);
    let run = person.login(&session.address, &[]);
    assert!(run.code == 0 && run.stderr.contains("which you alone can read"), "{run:?}");
    assert!(run.stderr.contains("no keyring took it"), "{run:?}");
    assert_eq!(person.get("unix:path=/absent").code, 0);
}

// Catches a key that stays in the keyring when it is kept elsewhere from now on.
#[test]
fn a_key_is_in_one_place() {
    if !is_there("a_key_is_in_one_place") {
        return;
    }
    let person = Person::new();
    let session = person.session(Keyring::Unlocked);
    let bus = session.address.as_str();
    assert_eq!(person.login(bus, &["--store", "keyring"]).code, 0);
    let marker = fs::read_to_string(person.file()).unwrap();
    let run = person.login(bus, &["--store", "file"]);
    assert!(run.code == 0 && !run.stderr.contains("keyring"), "{run:?}");
    assert!(fs::read_to_string(person.file()).unwrap().starts_with(&person.key));
    fs::write(person.file(), marker).unwrap();
    person.get(bus).assert_fails(6, &["no longer"]);
}

// Catches a job that hangs at a bus that never answers.
#[test]
fn a_bus_that_never_answers_is_given_up() {
    let person = Person::new();
    let socket = person.home.path().join("bus");
    let _listener = UnixListener::bind(&socket).unwrap();
    let bus = format!("unix:path={}", socket.display());
    person
        .login(&bus, &["--store", "keyring"])
        .assert_fails(6, &["does not answer", "--store file"]);
    assert!(!person.file().exists());
}
