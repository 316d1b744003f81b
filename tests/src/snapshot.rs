//! What the program prints, held against files that people look at when they change.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The text of the file `it/snapshots/<name>.txt`; nothing where there is none.
pub fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_default()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("it/snapshots/{name}.txt"))
}

/// Asserts that a text is the one of the file `it/snapshots/<name>.txt`. `BLESS=1` writes the file anew.
#[expect(clippy::expect_used, reason = "a test that cannot go on fails")]
#[expect(clippy::disallowed_methods, reason = "the file can be written again at any time")]
pub fn assert_snapshot(name: &str, text: &str) {
    let path = path(name);
    if env::var_os("BLESS").is_some() {
        fs::write(&path, text).expect("the snapshot is written");
        return;
    }
    let expected = self::text(name);
    let differ = expected.lines().zip(text.lines()).position(|(one, other)| one != other);
    let place = differ.unwrap_or_else(|| expected.lines().count().min(text.lines().count()));
    let line = |text: &str| text.lines().nth(place).unwrap_or("nothing").to_owned();
    assert!(
        expected == text,
        "{}:{}: expected `{}`, found `{}`; BLESS=1 writes the file anew",
        path.display(),
        place + 1,
        line(&expected),
        line(text)
    );
}
