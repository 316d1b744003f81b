//! What neither rustc nor clippy checks: the head of each file, its size, the size of functions, manifests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::command::root;

/// The most lines of code in a file, tests not counted.
const FILE_LINES_MAX: usize = 800;
/// The most lines of a function.
const FUNCTION_LINES_MAX: usize = 70;

/// Everything that is untidy. Empty when all is well.
pub(crate) fn check() -> Vec<String> {
    let root = root();
    let mut findings = Vec::new();
    for folder in ["crates", "xtask", "tests"] {
        visit(&root.join(folder), &mut |path| {
            let Ok(text) = fs::read_to_string(path) else {
                return;
            };
            let name = path.strip_prefix(&root).unwrap_or(path).display().to_string();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("rs") => rust(&name, &text, &mut findings),
                Some("toml") if name.ends_with("Cargo.toml") => {
                    manifest(&name, &text, &mut findings);
                }
                _ => {}
            }
        });
    }
    findings
}

fn visit(folder: &Path, found: &mut dyn FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && !path.ends_with("target") {
            visit(&path, found);
        } else {
            found(&path);
        }
    }
}

fn rust(name: &str, text: &str, findings: &mut Vec<String>) {
    if !text.starts_with("//! ") {
        findings
            .push(format!("{name}:1: the first line does not say what the file is for (`//! …`)"));
    }
    let is_test = is_test_file(name);
    let code = if is_test { "" } else { text.split("\n#[cfg(test)]\n").next().unwrap_or(text) };
    let lines = code.lines().count();
    if lines > FILE_LINES_MAX {
        findings.push(format!("{name}: {lines} lines, of at most {FILE_LINES_MAX}"));
    }
    for (line, length) in long_functions(code) {
        findings.push(format!(
            "{name}:{line}: a function of {length} lines, of at most {FUNCTION_LINES_MAX}"
        ));
    }
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        if line.trim_start().starts_with("matches!(") && line.ends_with(");") {
            findings.push(format!("{name}:{number}: `matches!` alone asserts nothing"));
        }
        if line.contains(concat!("#[al", "low(")) && !line.trim_start().starts_with("//") {
            findings.push(format!(
                "{name}:{number}: `#[expect(…, reason = …)]` in the place of `#[allow]`"
            ));
        }
    }
}

fn is_test_file(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/") || name.starts_with("tests/it/")
}

/// Where functions begin that are too long, and how long they are. Relies on the layout of rustfmt: a function ends
/// at the first `}` that is indented as its head is.
fn long_functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        // The brackets of a visibility are none of a function's.
        let visible = trimmed.replacen("pub(crate) ", "pub ", 1).replacen("pub(super) ", "pub ", 1);
        let words = visible.split(['(', '<']).next().unwrap_or_default();
        let is_function = words.split(' ').any(|word| word == "fn")
            && !trimmed.starts_with("//")
            && !trimmed.contains(';');
        if !is_function {
            continue;
        }
        let closes = |line: &&str| line.len() == indent + 1 && line.ends_with('}');
        let length = lines.iter().skip(start).position(closes).map_or(0, |end| end + 1);
        if length > FUNCTION_LINES_MAX {
            found.push((start + 1, length));
        }
    }
    found
}

fn manifest(name: &str, text: &str, findings: &mut Vec<String>) {
    if !text.contains("[lints]\nworkspace = true") {
        findings.push(format!("{name}: `[lints] workspace = true` is missing"));
    }
    let mut in_dependencies = false;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
            let number = number + 1;
            findings
                .push(format!("{name}:{number}: a version outside of `[workspace.dependencies]`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches an untidy file, the day it is written.
    #[test]
    fn everything_is_tidy() {
        let findings = check();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }

    // Catches a measure of functions that sees none.
    #[test]
    fn long_functions_are_seen() {
        let body = "        x();\n".repeat(FUNCTION_LINES_MAX);
        let text = format!(
            "impl X {{\n    pub(crate) async fn long<T>(\n    ) {{\n{body}    }}\n\n    fn short() {{\n    }}\n}}\n"
        );
        assert_eq!(long_functions(&text), [(2, FUNCTION_LINES_MAX + 3)]);
    }
}
