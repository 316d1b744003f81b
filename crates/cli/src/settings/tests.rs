//! The order of what is typed, the environment, a profile and the defaults.

use std::path::Path;

use super::*;
use crate::arguments::Command as Chosen;

/// Reads words with a profile and without any environment.
fn parse_with(words: &str, profile: &str) -> Result<Arguments, String> {
    let tree = Arguments::command();
    let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
    let file =
        File::read_text(Path::new("f.toml"), &format!("[profiles.default]\n{profile}"), &tree);
    let layers = Layers { path: None, file: Some(file.unwrap()), named: None };
    let Some(typed) = Typed::read(&tree, &words) else {
        return Err("no command line".to_owned());
    };
    let given = given::collect(&tree, &typed, &layers);
    fitting(without_environment(tree), &words, given).map_err(|stop| match stop {
        Stop::Words { error, notes } => format!("{error}{}", notes.join("\n")),
        Stop::Settings(failure) => failure.to_string(),
    })
}

fn pull_of(words: &str, profile: &str) -> crate::arguments::Pull {
    match parse_with(words, profile).unwrap().command {
        Chosen::Pull(pull) => pull,
        other => panic!("{other:?}"),
    }
}

// Catches a profile that wins over what is typed, and one that is not read.
#[test]
fn a_profile_counts_where_nothing_is_typed() {
    let profile = "into = \"ti\"\nretries = 9\nresolve = true\ntypes = [\"a\", \"b\"]\n[profiles.default.pull]\nlimit = 7\n";
    let pull = pull_of("inthreat pull", profile);
    assert_eq!(pull.reading.into.as_deref(), Some("ti"));
    assert_eq!((pull.reading.remote.retries, pull.reading.selection.limit), (9, 7));
    assert_eq!(pull.reading.selection.types, ["a", "b"]);
    assert!(pull.reading.selection.resolve);
    let pull = pull_of("inthreat pull --into x --retries 1 --limit 2 --types c", profile);
    assert_eq!(pull.reading.into.as_deref(), Some("x"));
    assert_eq!((pull.reading.remote.retries, pull.reading.selection.limit), (1, 2));
    assert_eq!(pull.reading.selection.types, ["c"]);
    assert!(!pull_of("inthreat pull --into x", "resolve = false").reading.selection.resolve);
}

// Catches a setting that makes a command fail which has no use for it.
#[test]
fn a_setting_gives_way() {
    let rotate = "rotate-bytes = 5\nexec-time = \"9m\"\nhistory = \"9d\"\nslice = \"1d\"";
    assert_eq!(pull_of("inthreat pull --into x", rotate).reading.rotate_bytes, 256 * 1024 * 1024);
    let words = "inthreat pull --ndjson-dir x --state s";
    assert_eq!(pull_of(words, rotate).reading.rotate_bytes, 5);
    // The replica of the profile gives way to the service that is typed, and wins over that of the profile.
    let both = "local = \"ti\"\nurl = \"https://a.example\"";
    let source = |words: &str| match parse_with(words, both).unwrap().command {
        Chosen::Get(get) => (get.source.local.is_some(), get.source.remote.url),
        other => panic!("{other:?}"),
    };
    assert!(source("inthreat get x--1").0);
    assert_eq!(
        source("inthreat get x--1 --url https://b.example"),
        (false, "https://b.example".to_owned())
    );
    // One of a group gives way to another that is typed.
    let parsed = parse_with("inthreat cursor list --state s", "local = \"ti\"").unwrap();
    assert!(format!("{parsed:?}").contains("local: None"), "{parsed:?}");
}

// Catches an error that names a value which nobody typed, and not where it is from.
#[test]
fn an_error_says_where_a_value_is_from() {
    // `table` is a format of one command and not of the other, so the file as a whole is right.
    let error = parse_with("inthreat export --local x", "format = \"bundle\"\nas-of = \"9\"");
    assert!(error.is_ok(), "{error:?}");
    let error = parse_with("inthreat pull --into x", "limit = 5000").unwrap_err();
    assert!(error.contains("--limit 5000 comes from: f.toml:2"), "{error}");
}

// Catches what is put behind `--`, where it would be the argument of another program.
#[test]
fn what_is_for_another_program_stays_last() {
    let pull = pull_of("inthreat pull --exec x --state s -- --limit 3", "limit = 9");
    assert_eq!(pull.reading.selection.limit, 9);
    assert_eq!(pull.reading.exec_arguments, ["--limit", "3"]);
}
