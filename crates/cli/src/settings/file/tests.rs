//! Files of profiles that are right, and what is said of those that are wrong.

use clap::CommandFactory;

use super::*;
use crate::arguments::Arguments;

fn parse(text: &str) -> Outcome<File> {
    File::read_text(Path::new("f.toml"), text, &Arguments::command())
}

fn check_wrong(text: &str, expected: &str) {
    let message = parse(text).unwrap_err().to_string();
    assert!(message.contains(expected), "{text}: {message}");
}

// Catches a value for one command that is used for another, and one for all that wins over it.
#[test]
fn a_value_for_one_command_counts_before_that_for_all() {
    let text = "profile = \"b\"\n[profiles.a]\nretries = 1\n[profiles.b]\nretries = 2\ntypes = [\"x\", \"y\"]\n\
                [profiles.b.pull]\nretries = 3\n[profiles.b.replica.verify]\nprogress = \"none\"\n";
    // `progress` is for all commands and stands with the root alone.
    check_wrong(text, "f.toml:10: `progress` is no option of a command beneath `replica verify`");
    let text = text.replace("[profiles.b.replica.verify]\nprogress = \"none\"\n", "");
    let file = parse(&text).unwrap();
    let profile = file.choose(None).unwrap().unwrap();
    let values =
        |path: &[&str], name| profile.find(path, name).map(|e| (e.values.join(","), e.line));
    assert_eq!(values(&["pull"], "retries"), Some(("3".to_owned(), 8)));
    assert_eq!(values(&["watch"], "retries"), Some(("2".to_owned(), 5)));
    assert_eq!(values(&["watch"], "types"), Some(("x,y".to_owned(), 6)));
    assert_eq!(values(&["watch"], "limit"), None);
    assert_eq!(file.choose(Some("a")).unwrap().unwrap().entries.len(), 1);
    assert!(file.choose(Some("c")).unwrap_err().to_string().contains("no profile `c`"));
    assert!(parse("").unwrap().choose(None).unwrap().is_none());
}

// Catches a slip of the pen that is passed over, and a message without its place.
#[test]
fn what_is_wrong_is_named_with_its_line() {
    check_wrong("[profiles.a]\nurl = \"x\"\nretrys = 3\n", "f.toml:3: `retrys` is no option");
    check_wrong("\n\ncolour = 1\n", "f.toml:3: `colour` is not known here");
    check_wrong("[profiles.a.pul]\nlimit = 1\n", "f.toml:1: `pul` is no command");
    check_wrong("[profiles.a]\nlimit = 1.5\n", "f.toml:2: `limit` is no text");
    check_wrong("[profiles.a]\nretries = \"many\"\n", "f.toml:2: `retries`: `many` is refused");
    check_wrong("[profiles.a]\nresolve = \"maybe\"\n", "f.toml:2: `resolve`: `maybe` is neither");
    check_wrong("[profiles.a]\nurl = \n", "f.toml:2: ");
    check_wrong("profile = 1\n", "f.toml:1: `profile` is no text");
    check_wrong("profiles = 1\n", "f.toml:1: `profiles` is no table");
    // What names the file cannot stand in it.
    check_wrong("[profiles.a]\nprofile = \"b\"\n", "f.toml:2: `profile` is no option");
}

// Catches a change that costs the comments of the file, or that leaves what it shall take out.
#[test]
fn a_change_leaves_the_rest_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let set = |words: &str, value: Option<&str>| {
        let words: Vec<String> = words.split('.').map(str::to_owned).collect();
        let text = changed(&path, &words, value.map(Value::from)).unwrap();
        if let Some(text) = &text {
            inthreat_store::atomic_write(&path, text).unwrap();
        }
        text
    };
    assert_eq!(set("profiles.a.url", Some("x")).unwrap(), "[profiles.a]\nurl = \"x\"\n");
    inthreat_store::atomic_write(&path, "# mine\n[profiles.a]\nurl = \"x\" # there\n").unwrap();
    let text = set("profiles.a.url", Some("y")).unwrap();
    assert_eq!(text, "# mine\n[profiles.a]\nurl = \"y\" # there\n");
    let text = set("profiles.a.pull.limit", Some("7")).unwrap();
    assert!(text.contains("[profiles.a.pull]\nlimit = \"7\"\n"), "{text}");
    assert!(!set("profiles.a.pull.limit", None).unwrap().contains("limit"));
    assert_eq!(set("profiles.a.limit", None), None);
    assert_eq!(set("profiles.b.limit", None), None);
    assert!(set("profile", Some("a")).unwrap().contains("profile = \"a\""));
    assert_eq!(parse(&set("profiles.a.retries", Some("3")).unwrap()).unwrap().chosen(), Some("a"));
}
