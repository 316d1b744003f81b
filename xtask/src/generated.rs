//! Files that are written by the code, and can be written again at any time.

use std::{collections::BTreeSet, fs};

use crate::command::root;

/// How many changed lines of a file are shown.
const SHOWN_MAX: usize = 20;

/// What a file lacks and what it has too much, if anything; `command` is who writes it.
pub(crate) fn difference(file: &str, text: &str, command: &str) -> Option<String> {
    let there = fs::read_to_string(root().join(file)).unwrap_or_default();
    if there == text {
        return None;
    }
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) =
        (there.lines().collect(), text.lines().collect());
    let gone = old.difference(&new).map(|line| format!("\n    - {line}"));
    let come = new.difference(&old).map(|line| format!("\n    + {line}"));
    let shown: String = gone.chain(come).take(SHOWN_MAX).collect();
    Some(format!(
        "{file} is not what the code shows; `cargo xtask {command}` writes it anew:{shown}"
    ))
}

/// Writes a file, and the folder that it is in.
#[expect(clippy::disallowed_methods, reason = "a file that can be written again at any time")]
pub(crate) fn write(file: &str, text: &str) -> Result<(), String> {
    let path = root().join(file);
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| format!("write {}: {error}", path.display()))
}
