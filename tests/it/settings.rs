//! Profiles, the environment, keys that are kept, and what looks after them.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use inthreat_tests::{
    program::{self, Run, Served},
    scripted::{self, Scripted},
};
use serde_json::json;

const OBJECT: &str = r#"{"type":"tool","id":"tool--357447d7-9229-4ce1-b7fa-f1b83587048e","name":"x","modified":"2020-01-01T00:00:00Z"}"#;
const ID: &str = "tool--357447d7-9229-4ce1-b7fa-f1b83587048e";

/// A person of this machine, with a home of their own.
struct Person {
    home: tempfile::TempDir,
}

impl Person {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("inthreat")
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        self.type_in(arguments, environment, "")
    }

    fn type_in(&self, arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Run {
        let mut command = program::command(arguments);
        command.env("XDG_CONFIG_HOME", self.home.path()).envs(environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who asks for nothing may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Run::of(child.wait_with_output().unwrap())
    }

    /// A replica with one object in it.
    fn replica(&self, name: &str) -> String {
        let (file, replica) = (self.path("object.json"), self.path(name));
        fs::write(&file, OBJECT).unwrap();
        assert_eq!(self.run(&["import", &file, "--into", &replica], &[]).code, 0);
        replica
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

// Catches an order of argument, environment, profile and default that is not the documented one.
#[test]
fn the_strongest_place_wins() {
    let person = Person::new();
    let [typed, environment, profile] =
        ["typed", "environment", "profile"].map(|name| person.replica(name));
    let set = person.run(&["config", "set", "local", &profile], &[]);
    assert_eq!(set.code, 0, "{set:?}");
    let config = person.folder().join("config.toml");
    assert_eq!((mode(&config), mode(&person.folder())), (0o600, 0o700));
    fs::remove_dir_all(&profile).unwrap();
    // The profile alone names a replica that is gone, and what is stronger takes its place.
    person.run(&["get", ID], &[]).assert_fails(6, &["profile"]);
    let with = [("INTHREAT_LOCAL", environment.as_str())];
    assert_eq!(person.run(&["get", ID], &with).code, 0);
    fs::remove_dir_all(&environment).unwrap();
    assert_eq!(person.run(&["get", ID, "--local", &typed], &with).code, 0);
    // Without the file there is the default, which is the service: nobody has a key here.
    let elsewhere = person.path("empty.toml");
    fs::write(&elsewhere, "").unwrap();
    let url = [("INTHREAT_URL", "http://127.0.0.1:9"), ("INTHREAT_RETRIES", "0")];
    person.run(&["get", ID, "--config", &elsewhere], &url).assert_fails(4, &["127.0.0.1:9"]);
    let shown = person.run(&["config", "show", "get"], &with);
    assert!(shown.stdout.contains("environment, INTHREAT_LOCAL"), "{shown:?}");
    assert!(shown.stdout.contains("https://api.sekoia.io"), "{shown:?}");
    let shown = person.run(&["config", "show"], &[]);
    assert!(shown.stdout.contains(&format!("{}:2", config.display())), "{shown:?}");
}

// Catches a misspelt profile that is taken for one that says nothing, and a home folder that only a shell knows.
#[test]
fn profiles_are_known_and_may_speak_of_home() {
    let person = Person::new();
    let replica = person.replica("ti");
    let get = ["get", ID, "--local", &replica, "--profile", "none"];
    person.run(&get, &[]).assert_fails(2, &["there is no profile `none`", "login --profile none"]);
    let set = ["config", "set", "local", "~/ti", "--profile", "work"];
    assert_eq!(person.run(&set, &[]).code, 0);
    let home = [("HOME", person.home.path().to_str().unwrap())];
    assert_eq!(person.run(&["get", ID, "--profile", "work"], &home).code, 0);
}

// Catches a file that is written although it is wrong, and a message without its line.
#[test]
fn what_is_wrong_in_the_file_is_named() {
    let person = Person::new();
    let replica = person.replica("ti");
    person.run(&["config", "set", "retrys", "3"], &[]).assert_fails(2, &["retrys"]);
    person.run(&["config", "set", "retries", "many"], &[]).assert_fails(2, &["retries", "many"]);
    assert!(!person.folder().exists(), "nothing is written");
    for (key, value) in [("retries", "3"), ("pull.limit", "50"), ("profile", "work")] {
        let run = person.run(&["config", "set", key, value, "--profile", "work"], &[]);
        assert_eq!(run.code, 0, "{run:?}");
    }
    let listed = person.run(&["config", "list"], &[]);
    assert!(listed.stdout.contains("work"), "{listed:?}");
    let config = person.folder().join("config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[profiles.other]\ncolour = \"red\"\n")).unwrap();
    let get = ["get", ID, "--local", &replica];
    let line = text.lines().count() + 3;
    person.run(&get, &[]).assert_fails(2, &[&format!("config.toml:{line}: `colour`")]);
    let path = person.run(&["config", "path"], &[]);
    assert_eq!((path.code, path.stdout.trim()), (0, config.to_str().unwrap()));
    fs::write(&config, &text).unwrap();
    assert_eq!(person.run(&get, &[]).code, 0);
    person.run(&[&get[..], &["--profile", "none"]].concat(), &[]).assert_fails(2, &["none"]);
    person
        .run(&[&get[..], &["--config", "/absent.toml"]].concat(), &[])
        .assert_fails(6, &["/absent.toml"]);
    assert_eq!(person.run(&["config", "unset", "retries"], &[]).code, 0);
    assert_eq!(person.run(&["config", "unset", "retries"], &[]).code, 1);
}

// Catches a key that others can read, that is sent to another service, that is shown, or that stays.
#[test]
fn a_key_is_kept_for_its_service_alone() {
    let person = Person::new();
    let replica = person.replica("ti");
    let keys = person.path("keys.json");
    let created = person.run(&["keys", "create", "soc", "--file", &keys], &[]);
    let key = created.stdout.trim();
    let served = Served::start(Path::new(&replica), &["--keys", &keys]);
    let other = Served::start(Path::new(&replica), &["--keys", &keys]);
    let login = ["login", "--url", &served.url];
    let refused = person.type_in(&login, &[], "wrong-key\n");
    refused.assert_fails(3, &["T300"]);
    assert!(!refused.stderr.contains("wrong-key"), "{refused:?}");
    person.type_in(&login, &[], "\n").assert_fails(2, &["no key"]);
    let kept = person.folder().join("keys/default");
    assert!(!kept.exists());

    let run = person.type_in(&login, &[], &format!("{key}\n"));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stderr.contains(key) && !run.stdout.contains(key), "{run:?}");
    assert_eq!((mode(&kept), mode(kept.parent().unwrap())), (0o600, 0o700));
    let get = |url: &str| person.run(&["get", ID, "--url", url], &[]);
    assert_eq!(get(&served.url).code, 0);
    get(&other.url).assert_fails(3, &["inthreat login"]);
    // What the environment says counts before it.
    let with = [("INTHREAT_API_KEY", "wrong-key")];
    person.run(&["get", ID, "--url", &served.url], &with).assert_fails(3, &["T300"]);
    let status = person.run(&["status", "--url", &served.url, "-o", "json"], &[]);
    assert_eq!(status.code, 0, "{status:?}");
    for told in ["inthreat login", r#""accepted":"yes""#, r#""may_read_objects":"yes""#] {
        assert!(status.stdout.contains(told), "{told}: {status:?}");
    }
    assert!(!status.stdout.contains(key), "{status:?}");
    assert_eq!(person.run(&["status", "--url", &other.url], &[]).code, 3);

    assert_eq!(person.run(&["logout"], &[]).code, 0);
    assert!(!kept.exists());
    get(&served.url).assert_fails(3, &[]);
    assert_eq!(person.run(&["logout"], &[]).code, 1);
}

// Catches a status that does not tell whose feeds a key sees and what it may do, or that says something else than what
// becomes of a question.
#[test]
fn a_status_tells_the_community_and_the_permissions() {
    let person = Person::new();
    let (replica, keys) = (person.replica("ti"), person.path("keys.json"));
    let community = "0d9f5b9e-5d4b-4a3e-8b3c-0f8f9a3d6f10";
    let create = ["keys", "create", "soc", "--file", &keys, "--community", community];
    let may = ["--permission", "read_feeds", "--permission", "write_feeds"];
    let created = person.run(&[&create[..], &may].concat(), &[]);
    let served = Served::start(Path::new(&replica), &["--keys", &keys, "--writable"]);
    let key = [("INTHREAT_API_KEY", created.stdout.trim())];
    let run = person.run(&["feeds", "create", "--title", "Ours", "--url", &served.url], &key);
    assert_eq!(run.code, 0, "{run:?}");
    let status = ["status", "--url", &served.url, "--fields", "community", "-o", "csv"];
    let run = person.run(&status, &key);
    assert_eq!(run.stdout, format!("community\n{community}\n"), "{run:?}");
    let run = person.run(&["status", "--url", &served.url, "-o", "json"], &key);
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let told = &told[0];
    assert_eq!(told["permissions"], json!(["INTHREAT_READ_FEEDS", "INTHREAT_WRITE_FEEDS"]));
    for (question, answer) in [
        ("may_read_objects", "no"),
        ("may_list_feeds", "yes"),
        ("may_list_observables", "no"),
        ("may_list_ioc_collections", "no"),
    ] {
        assert_eq!(told[question], answer, "{question}: {told}");
    }
    assert_eq!(told["feeds"], 2, "{told}");
    let run = person.run(&["status", "--url", &served.url, "-o", "table"], &key);
    let row = |what: &str| {
        let line = run.stdout.lines().find(|line| line.trim().starts_with(what)).unwrap();
        line.trim().trim_start_matches(what).trim().to_owned()
    };
    assert_eq!(row("permissions"), "INTHREAT_READ_FEEDS, INTHREAT_WRITE_FEEDS");
    assert_eq!(row("community"), community);
    let doctor = person.run(&["doctor", "--url", &served.url], &key);
    let words = "objects may not be read; the key has INTHREAT_READ_FEEDS, INTHREAT_WRITE_FEEDS";
    assert!(doctor.code == 3 && doctor.stdout.contains(words), "{doctor:?}");
}

// Catches a status that takes what the live service does not tell for nothing, or that asks no question in its place
// (CONTRACT 1.2).
#[test]
fn a_status_tries_what_it_is_not_told() {
    let person = Person::new();
    let kind = "application/json";
    let answers = [
        ("200 OK", r#"{"identity":"apikey:1","type":"access","user_claims":null}"#),
        ("200 OK", r#"{"uuid":"u","email":null,"firstname":"soc","lastname":null}"#),
        ("200 OK", r#"{"items":[{"id":"f","title":"t","community_uuid":"of-a-feed"}],"total":1}"#),
        ("403 Forbidden", r#"{"message":"no","code":"INTHREAT403"}"#),
        ("501 Not Implemented", r#"{"message":"no","code":"INTHREAT501"}"#),
        ("404 Not Found", r#"{"message":"no","code":"INTHREAT404"}"#),
    ];
    let script = [answers, answers].concat();
    let script = script.into_iter().map(|(status, body)| scripted::answer(status, kind, body));
    let server = Scripted::start(script).unwrap();
    let url = server.url();
    let status = ["status", "--url", &url, "--retries", "0", "-o"];
    let run = person.run(&[&status[..], &["json"]].concat(), &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let told: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let told = &told[0];
    for (what, value) in [
        ("community", json!("of-a-feed")),
        ("permissions", json!(null)),
        ("may_read_objects", json!("yes")),
        ("may_list_feeds", json!("yes")),
        ("may_list_observables", json!("no")),
        ("may_list_ioc_collections", json!(null)),
    ] {
        assert_eq!(told[what], value, "{what}: {told}");
    }
    let run = person.run(&[&status[..], &["table"]].concat(), &[]);
    let told: Vec<_> = run.stdout.lines().filter(|line| line.contains("not told")).collect();
    assert_eq!(told.len(), 2, "{run:?}");
}

// Catches a doctor who needs the network for what is on the disk, who finds nothing, or who shows a key.
#[test]
fn the_doctor_says_what_to_do() {
    let person = Person::new();
    let replica = person.replica("ti");
    let run = person.run(&["doctor", "--local", &replica, "-o", "json"], &[]);
    assert_eq!(run.code, 0, "{run:?}");
    for told in [r#""check":"replica""#, "1 object", r#""check":"disk""#, r#""check":"cursors""#] {
        assert!(run.stdout.contains(told), "{told}: {run:?}");
    }
    assert!(!run.stdout.contains("network"), "{run:?}");
    let absent = person.path("absent");
    let run = person.run(&["doctor", "--local", &absent], &[]);
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stdout.contains("inthreat pull --into"), "{run:?}");
    let stores = ["doctor", "--local", &replica, "--into", &replica, "--state"];
    let run = person.run(&[&stores[..], &[&absent]].concat(), &[]);
    assert_eq!(run.code, 6, "{run:?}");
    for told in [r#""check":"into","state":"warning""#, r#""check":"state","state":"bad""#] {
        assert!(run.stdout.contains(told), "{told}: {run:?}");
    }
    let run = person.run(&[&stores[..], &["redis://127.0.0.1:9"]].concat(), &[]);
    assert!(run.code != 0 && run.stdout.contains(r#""check":"state","state":"bad""#), "{run:?}");

    let keys = person.path("keys.json");
    let created = person.run(&["keys", "create", "soc", "--file", &keys], &[]);
    let key = created.stdout.trim();
    let served = Served::start(Path::new(&replica), &["--keys", &keys]);
    let doctor = ["doctor", "--url", &served.url];
    let run = person.run(&doctor, &[("INTHREAT_API_KEY", key), ("INTHREAT_RETRYS", "3")]);
    assert_eq!(run.code, 0, "{run:?}");
    for told in ["INTHREAT_RETRYS", "takes connections", "accepted", "may be read"] {
        assert!(run.stdout.contains(told), "{told}: {run:?}");
    }
    assert!(!run.stdout.contains(key), "{run:?}");
    let run = person.run(&doctor, &[("INTHREAT_API_KEY", "wrong-key")]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("inthreat login") && !run.stdout.contains("wrong-key"), "{run:?}");
    let run = person.run(&["doctor", "--url", "http://127.0.0.1:9"], &[]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stdout.contains("firewall"), "{run:?}");
    person.type_in(&["login", "--no-check", "--url", &served.url], &[], "some-key\n");
    // What the environment says counts before it, here as anywhere else.
    assert_eq!(person.run(&doctor, &[("INTHREAT_API_KEY", key)]).code, 0);
    fs::set_permissions(person.folder().join("keys/default"), fs::Permissions::from_mode(0o644))
        .unwrap();
    let run = person.run(&["doctor", "--local", &replica], &[]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stdout.contains("chmod 600"), "{run:?}");
}

// Catches a doctor who says that all is well while no feed is read on, or who takes a cursor that is good for a bad one.
#[test]
fn the_doctor_tries_the_cursors() {
    let person = Person::new();
    let (source, mine) = (person.replica("source"), person.path("mine"));
    let served = Served::start(Path::new(&source), &[]);
    let pulled = person.run(&["pull", "--into", &mine, "--url", &served.url], &[]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    let part = ["backfill", "--after", "2019-01-01", "--into", &mine, "--url", &served.url];
    assert_eq!(person.run(&part, &[]).code, 0);
    let doctor = ["doctor", "--into", &mine, "--url", &served.url];
    let well = person.run(&doctor, &[]);
    assert!(well.code == 0 && well.stdout.contains("the service takes 1 cursor"), "{well:?}");
    let key = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
    let set = ["cursor", "set", key, "nonsense", "--local", &mine, "--yes"];
    assert_eq!(person.run(&set, &[]).code, 0);
    let refused = person.run(&doctor, &[]);
    assert_eq!(refused.code, 2, "{refused:?}");
    for told in [r#""check":"reading on","state":"bad""#, key, "--restart 1h", "cursor reset"] {
        assert!(refused.stdout.contains(told), "{told}: {refused:?}");
    }
    // Without a service that is named, nobody is asked.
    assert_eq!(person.run(&["doctor", "--local", &mine], &[]).code, 0);
}

// Catches a shell or a manual that is told nothing, and a page that is not written.
#[test]
fn shells_and_the_manual_are_told() {
    let person = Person::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = program::run(&["completions", shell]);
        assert!(run.code == 0 && run.stdout.contains("quarantine"), "{shell}: {run:?}");
    }
    let page = program::run(&["man", "replica", "verify"]);
    assert!(page.code == 0 && page.stdout.contains("inthreat\\-replica\\-verify"), "{page:?}");
    program::run(&["man", "absent"]).assert_fails(2, &["absent"]);
    let folder = person.path("man");
    let run = program::run(&["man", "--dir", &folder]);
    assert_eq!(run.code, 0, "{run:?}");
    for page in ["inthreat.1", "inthreat-pull.1", "inthreat-replica-verify.1"] {
        assert!(Path::new(&folder).join(page).is_file(), "{page}");
    }
    assert!(!Path::new(&folder).join("inthreat-reference.1").exists());
}
