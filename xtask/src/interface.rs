//! The public interface of the published crates, as one text file each: a change of it is seen in review, and a type
//! of another crate that slips into it is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use public_api::PublicItem;

use crate::{
    command::{cargo, output, target_directory},
    generated::{difference, write},
    packages::EMBEDDED,
};

/// Whose types a public signature may show: those of the language, our own, the traits of serde, and `Stream`.
const ALLOWED: &[&str] = &["std", "core", "alloc", "serde", "serde_core", "futures_core"];

/// The format of rustdoc's JSON that is read, which is that of Rust 1.95.
const FORMAT: &str = "57";
/// Where the files are.
const FOLDER: &str = "docs/api";
/// Set where this program stands in for rustdoc.
const AS_RUSTDOC: &str = "INTHREAT_XTASK_AS_RUSTDOC";

/// Whether this process is to be rustdoc.
pub(crate) fn is_rustdoc() -> bool {
    env::var_os(AS_RUSTDOC).is_some()
}

/// Runs rustdoc with what is unstable unlocked. The variable is for rustdoc alone: build scripts that saw it would
/// build everything anew.
pub(crate) fn rustdoc() -> ExitCode {
    let mut command = Command::new(env::var_os(AS_RUSTDOC).unwrap_or_else(|| "rustdoc".into()));
    command.args(env::args_os().skip(1)).env("RUSTC_BOOTSTRAP", "1").env_remove(AS_RUSTDOC);
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Writes the files, or checks that they are what would be written.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask api [--check]".to_owned()),
    };
    let described = describe()?;
    let mut findings = Vec::new();
    for (package, path) in &described {
        let Some(lines) = read(path)? else { return Ok(()) };
        findings.extend(foreign(package, &lines));
        let file = format!("{FOLDER}/{package}.txt");
        let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
        if is_check {
            findings.extend(difference(&file, &text, "api"));
        } else {
            write(&file, &text)?;
        }
    }
    crate::report("public interface", &findings)
}

/// This program. The checks build it anew while it runs; the system then says that what runs is deleted, and the new one
/// is in its place.
fn this_program() -> Result<PathBuf, String> {
    let path = env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    Ok(match path.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
        Some(place) => PathBuf::from(place),
        None => path,
    })
}

/// Has every published crate described in JSON; the paths by package.
fn describe() -> Result<BTreeMap<&'static str, PathBuf>, String> {
    let this = this_program()?;
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let mut command =
        cargo(&["doc", "--no-deps", "--all-features", "--lib", "--locked", "--quiet"]);
    for package in EMBEDDED {
        command.args(["--package", package]);
    }
    command
        .env("RUSTDOC", this)
        .env(AS_RUSTDOC, rustdoc)
        .env("RUSTDOCFLAGS", "-Zunstable-options --output-format json");
    output(command)?;
    let folder = target_directory()?.join("doc");
    let path = |package: &&'static str| {
        (*package, folder.join(package.replace('-', "_")).with_extension("json"))
    };
    Ok(EMBEDDED.iter().map(path).collect())
}

/// The public items of a crate, a line each; `None`, and a line that says why, where this rustdoc writes another format
/// than is read here.
fn read(path: &Path) -> Result<Option<Vec<String>>, String> {
    let failed = |error: &dyn std::fmt::Display| format!("read {}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    // Reading all of it to learn this would take longer than the rest.
    let format = text.rsplit_once("\"format_version\":").map_or("", |(_, rest)| rest);
    let format = format.trim_end_matches('}').trim();
    if format != FORMAT {
        println!(
            "skipped: public interface: this rustdoc writes format {format} and {FORMAT} is read"
        );
        return Ok(None);
    }
    let api = public_api::Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .map_err(|error| failed(&error))?;
    let lines: BTreeSet<String> = api.items().map(PublicItem::to_string).collect();
    // What the mocks look like is the affair of the crate that writes them.
    Ok(Some(lines.into_iter().filter(|line| !line.contains("::Mock")).collect()))
}

/// The lines that show a type of a crate that they must not show.
fn foreign(package: &str, lines: &[String]) -> Vec<String> {
    let mut findings = Vec::new();
    for line in lines {
        for name in roots(line) {
            if !ALLOWED.contains(&name) && !name.starts_with("inthreat_") {
                findings.push(format!("{package} shows a type of `{name}`: {line}"));
            }
        }
    }
    findings
}

/// The first names of the paths in a line, which are those of crates.
fn roots(line: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    let mut rest = line;
    let mut is_inside = false;
    while let Some(start) = rest.find(is_name) {
        is_inside &= start == 2 && rest.starts_with("::");
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail.find(|c| !is_name(c)).unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        let goes_on = after.starts_with("::");
        if goes_on && !is_inside && name.starts_with(|c: char| c.is_lowercase() || c == '_') {
            found.insert(name);
        }
        (is_inside, rest) = (goes_on, after);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a foreign type that is not seen, and one of our own that is taken for foreign.
    #[test]
    fn foreign_types_are_seen() {
        let lines = |line: &str| vec![line.to_owned()];
        for line in [
            "pub fn inthreat_http::Client::new(&str) -> core::result::Result<Self, reqwest::error::Error>",
            "impl core::convert::From<http::status::StatusCode> for inthreat_api::Error",
            "pub fn inthreat_http::x::url(&self) -> &url::Url",
        ] {
            assert_eq!(foreign("x", &lines(line)).len(), 1, "{line}");
        }
        for line in [
            "pub fn inthreat_stix::http::y(self) -> alloc::vec::Vec<inthreat_stix::url::Z>",
            "pub type inthreat_api::Pager<R, F, T>::Item = core::result::Result<T::Page, inthreat_api::Error>",
            "pub fn inthreat_api::A::poll(core::pin::Pin<&mut Self>) -> <Self as futures_core::stream::Stream>::Item",
        ] {
            assert!(foreign("x", &lines(line)).is_empty(), "{line}");
        }
        let both = "pub fn a::b(url::Url, http::Uri)";
        assert_eq!(roots(both).into_iter().collect::<Vec<_>>(), ["a", "http", "url"]);
    }
}
