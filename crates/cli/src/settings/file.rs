//! The file of profiles: TOML whose every key has a place, so that what is wrong is named with its line.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Arg, Command};
use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

use super::catalogue;
use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

/// The longest file that is read, in bytes.
const LENGTH_MAX: u64 = 1 << 20;
/// The profile that is used when none is named.
pub(crate) const DEFAULT_PROFILE: &str = "default";

/// The profiles of a file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// The profile that the file names.
    chosen: Option<String>,
    pub(crate) profiles: Vec<Profile>,
}

/// A named set of values.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) entries: Vec<Entry>,
}

/// A value, and where it stands.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The words of the command that it is for; none for all.
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
    /// As it would be typed; one text for each time that the option would be.
    pub(crate) values: Vec<String>,
    /// Counted from 1.
    pub(crate) line: usize,
}

impl File {
    /// Reads a file and holds every key against the options that there are. `None` when there is no such file.
    pub(crate) fn read(path: &Path, tree: &Command) -> Outcome<Option<Self>> {
        Ok(match text(path)? {
            Some(text) => Some(Self::read_text(path, &text, tree)?),
            None => None,
        })
    }

    /// The same, of a text at hand.
    pub(crate) fn read_text(path: &Path, text: &str, tree: &Command) -> Outcome<Self> {
        let reader = Reader { path, text };
        let document = Document::parse(text).map_err(|error| {
            let start = error.span().map(|span| span.start);
            reader.wrong(start, error.message().lines().collect::<Vec<_>>().join("; "))
        })?;
        let mut file = Self { path: path.to_owned(), chosen: None, profiles: Vec::new() };
        let root = document.as_table();
        for (name, item) in root {
            let place = place(root, name);
            match (name, item) {
                ("profile", Item::Value(Value::String(chosen))) => {
                    file.chosen = Some(chosen.value().clone());
                }
                ("profile", _) => return Err(reader.wrong(place, "`profile` is no text")),
                ("profiles", item) => {
                    let profiles = item
                        .as_table_like()
                        .ok_or_else(|| reader.wrong(place, "`profiles` is no table"))?;
                    for (name, item) in profiles.iter() {
                        let place = self::place(profiles, name);
                        let table = item.as_table_like().ok_or_else(|| {
                            reader.wrong(place, format!("profile `{name}` is no table"))
                        })?;
                        let mut entries = Vec::new();
                        reader.entries(tree, table, &mut Vec::new(), &mut entries)?;
                        file.profiles.push(Profile { name: name.to_owned(), entries });
                    }
                }
                (other, _) => {
                    let message = format!(
                        "`{other}` is not known here: expected `profile` or `[profiles.NAME]`"
                    );
                    return Err(reader.wrong(place, message));
                }
            }
        }
        Ok(file)
    }

    /// The profile that is used: the one that was named, else the one of the file, else `default` where it is there.
    pub(crate) fn choose(&self, named: Option<&str>) -> Outcome<Option<&Profile>> {
        let find = |name: &str| self.profiles.iter().find(|profile| profile.name == name);
        let Some(name) = named.or(self.chosen.as_deref()) else {
            return Ok(find(DEFAULT_PROFILE));
        };
        match find(name) {
            Some(profile) => Ok(Some(profile)),
            // One can log in before anything else is said of a profile.
            None if name == DEFAULT_PROFILE => Ok(None),
            None => {
                let message = format!("`{}` has no profile `{name}`", self.path.display());
                let hint = format!(
                    "`inthreat config set --profile {name} KEY VALUE` makes it; `inthreat config list` prints those there are"
                );
                Err(Failure::new(Exit::Usage, message).hint(hint))
            }
        }
    }

    /// The name of the profile that the file names.
    pub(crate) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }
}

impl Profile {
    /// The value for an option of a command: that for this command alone before that for all.
    pub(crate) fn find(&self, path: &[&str], name: &str) -> Option<&Entry> {
        let fits = |entry: &&Entry| {
            entry.name == name
                && entry.path.len() <= path.len()
                && entry.path.iter().zip(path).all(|(word, wanted)| word == wanted)
        };
        self.entries.iter().filter(fits).max_by_key(|entry| entry.path.len())
    }
}

/// Reads the text of a file. `None` when there is none.
fn text(path: &Path) -> Outcome<Option<String>> {
    let failed = |error: io::Error| {
        Failure::because(Exit::Storage, format!("read `{}`", path.display()), &error)
    };
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if length > LENGTH_MAX {
        let message = format!("`{}` has {length} bytes, of at most {LENGTH_MAX}", path.display());
        return Err(Failure::new(Exit::Usage, message));
    }
    fs::read_to_string(path).map(Some).map_err(failed)
}

/// Where a key of a table stands in the text.
fn place(table: &dyn TableLike, name: &str) -> Option<usize> {
    table.get_key_value(name).and_then(|(key, _)| key.span()).map(|span| span.start)
}

/// What is read, for messages that name the place.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn line(&self, start: Option<usize>) -> usize {
        let before = start.and_then(|start| self.text.get(..start)).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    fn wrong(&self, start: Option<usize>, message: impl AsRef<str>) -> Failure {
        let line = self.line(start);
        let message = format!("{}:{line}: {}", self.path.display(), message.as_ref());
        Failure::new(Exit::Usage, message).hint("`inthreat config keys` prints what may be set")
    }

    /// Reads a table of values; one whose name is a command is for that command alone.
    fn entries(
        &self,
        command: &Command,
        table: &dyn TableLike,
        path: &mut Vec<String>,
        entries: &mut Vec<Entry>,
    ) -> Outcome {
        for (name, item) in table.iter() {
            let start = place(table, name);
            if let Some(table) = item.as_table_like() {
                let below = command.find_subcommand(name).ok_or_else(|| {
                    self.wrong(start, format!("`{name}` is no command{}", beneath(path)))
                })?;
                path.push(name.to_owned());
                self.entries(below, table, path, entries)?;
                path.pop();
                continue;
            }
            let mut arguments = Vec::new();
            find(command, name, &mut arguments);
            if arguments.is_empty() {
                let message = format!("`{name}` is no option of a command{}", beneath(path));
                return Err(self.wrong(start, message));
            }
            let values = item.as_value().and_then(texts).ok_or_else(|| {
                let message = format!("`{name}` is no text, number, truth value or array of these");
                self.wrong(start, message)
            })?;
            for value in &values {
                // One command may take what another of the same option does not; that is told when it is run.
                let checks = || arguments.iter().map(|argument| catalogue::check(argument, value));
                if let Some(Err(reason)) = checks().next()
                    && checks().all(|check| check.is_err())
                {
                    return Err(self.wrong(start, format!("`{name}`: {reason}")));
                }
            }
            let line = self.line(start);
            entries.push(Entry { path: path.clone(), name: name.to_owned(), values, line });
        }
        Ok(())
    }
}

fn beneath(path: &[String]) -> String {
    if path.is_empty() { String::new() } else { format!(" beneath `{}`", path.join(" ")) }
}

/// The options of this name of a command and of those beneath it.
fn find<'a>(command: &'a Command, name: &str, found: &mut Vec<&'a Arg>) {
    let of_this = catalogue::of(command).filter(|(known, _)| *known == name);
    found.extend(of_this.map(|(_, argument)| argument));
    command.get_subcommands().for_each(|below| find(below, name, found));
}

/// A value as it would be typed.
fn texts(value: &Value) -> Option<Vec<String>> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(truth) => Some(truth.value().to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().map(one).collect(),
        value => Some(vec![one(value)?]),
    }
}

/// The text of a file with a value set, or taken out; all else stays. The words are the tables and the key in the last.
/// `None` when nothing was to be taken out.
pub(crate) fn changed(
    path: &Path,
    words: &[String],
    value: Option<Value>,
) -> Outcome<Option<String>> {
    let wrong = |message: String| Failure::new(Exit::Usage, message);
    let text = text(path)?.unwrap_or_default();
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let line = Reader { path, text: &text }.line(error.span().map(|span| span.start));
        wrong(format!("{}:{line}: {}", path.display(), error.message()))
    })?;
    let Some((name, tables)) = words.split_last() else {
        return Err(wrong("the key is empty".to_owned()));
    };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for word in tables {
        if value.is_none() && !table.contains_key(word) {
            return Ok(None);
        }
        let item = table.entry(word).or_insert_with(|| {
            let mut table = Table::new();
            // A table of tables alone needs no head of its own.
            table.set_implicit(true);
            Item::Table(table)
        });
        table = item
            .as_table_like_mut()
            .ok_or_else(|| wrong(format!("{}: `{word}` is no table", path.display())))?;
    }
    match value {
        Some(value) => match table.get_mut(name).and_then(Item::as_value_mut) {
            // What stands around it, such as a comment, stays.
            Some(there) => {
                let around = there.decor().clone();
                *there = value;
                *there.decor_mut() = around;
            }
            None => {
                table.insert(name, Item::Value(value));
            }
        },
        None if table.remove(name).is_none() => return Ok(None),
        None => {}
    }
    Ok(Some(document.to_string()))
}

#[cfg(test)]
mod tests;
