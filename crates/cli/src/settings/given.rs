//! Values of options that were not typed, and where each comes from.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap::{Arg, ArgMatches, Command, parser::ValueSource};

use super::{KEY_VARIABLE, Layers, catalogue, stored, variable};
use crate::place;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This variable.
    Environment(String),
    /// This line of the file.
    File { path: PathBuf, line: usize },
    /// What `inthreat login` kept.
    Login,
}

impl Origin {
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Environment(variable) => format!("environment, {variable}"),
            Self::File { path, line } => format!("{}:{line}", path.display()),
            Self::Login => "inthreat login".to_owned(),
        }
    }
}

/// An option with its value, from elsewhere than the command line.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The name of the option.
    pub(crate) name: String,
    /// Its value for people.
    pub(crate) shown: String,
    /// As it would be typed.
    pub(crate) arguments: Vec<OsString>,
    pub(crate) origin: Origin,
}

impl Given {
    fn new(argument: &Arg, name: &str, values: &[OsString], origin: Origin) -> Self {
        let option = |value: &OsString| {
            let mut text = OsString::from(format!("--{name}"));
            if catalogue::is_flag(argument) {
                return match value.to_str().and_then(catalogue::truth) {
                    Some(true) => Some(text),
                    Some(false) => None,
                    // Whoever reads the command line says that it takes no value.
                    None => {
                        text.push("=");
                        text.push(value);
                        Some(text)
                    }
                };
            }
            text.push("=");
            text.push(value);
            Some(text)
        };
        let shown: Vec<_> = values.iter().map(|value| value.to_string_lossy()).collect();
        Self {
            name: name.to_owned(),
            shown: shown.join(","),
            arguments: values.iter().filter_map(option).collect(),
            origin,
        }
    }

    /// Where it comes from, for an error that names the option.
    pub(crate) fn words(&self) -> String {
        // A URL may hold a password.
        let is_url = self.shown.contains("://");
        let value = if is_url { place::shown(&self.shown) } else { self.shown.clone() };
        format!("--{} {value} comes from: {}", self.name, self.origin.words())
    }
}

/// What was typed, read without its meaning: which options, of which command.
pub(crate) struct Typed {
    path: Vec<(String, ArgMatches)>,
    root: ArgMatches,
}

impl Typed {
    /// `None` where the words are no command line at all, or ask for help.
    pub(crate) fn read(tree: &Command, words: &[OsString]) -> Option<Self> {
        let root = shadow(tree).try_get_matches_from(words).ok()?;
        let mut path = Vec::new();
        let mut matches = &root;
        while let Some((name, below)) = matches.subcommand() {
            path.push((name.to_owned(), below.clone()));
            matches = below;
        }
        Some(Self { path, root })
    }

    pub(crate) fn path(&self) -> Vec<&str> {
        self.path.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn deepest(&self) -> &ArgMatches {
        self.path.last().map_or(&self.root, |(_, matches)| matches)
    }

    /// What was typed for an option, of the last time that it was.
    pub(crate) fn raw(&self, id: &str) -> Option<OsString> {
        let mut values = self.deepest().try_get_raw(id).ok().flatten()?;
        values.next_back().map(OsStr::to_owned)
    }

    fn has(&self, id: &str) -> bool {
        let matches = self.deepest();
        let is_known = matches.try_contains_id(id).unwrap_or_default();
        is_known && matches.value_source(id) == Some(ValueSource::CommandLine)
    }
}

/// The same words without what makes them right or wrong: no value is required, read or compared with others.
fn shadow(command: &Command) -> Command {
    let arguments = command.get_arguments().map(|argument| {
        let mut shadow = Arg::new(argument.get_id().clone())
            .action(argument.get_action().clone())
            .global(argument.is_global_set())
            .last(argument.is_last_set())
            .allow_hyphen_values(argument.is_allow_hyphen_values_set());
        if let Some(short) = argument.get_short() {
            shadow = shadow.short(short);
        }
        if let Some(long) = argument.get_long() {
            shadow = shadow.long(long.to_owned());
        }
        if let Some(range) = argument.get_num_args() {
            shadow = shadow.num_args(range);
        }
        if argument.get_action().takes_values() {
            shadow = shadow.value_parser(clap::value_parser!(OsString));
        }
        shadow
    });
    Command::new(command.get_name().to_owned())
        .version("0")
        .args(arguments)
        .subcommands(command.get_subcommands().map(shadow))
}

/// What is given to the command that was typed, the strongest first.
pub(crate) fn collect(tree: &Command, typed: &Typed, layers: &Layers) -> Vec<Given> {
    let path = typed.path();
    let mut command = tree;
    for word in &path {
        if let Some(below) = command.find_subcommand(word) {
            command = below;
        }
    }
    let of_all = catalogue::of(tree).filter(|(_, argument)| argument.is_global_set());
    let options: Vec<(&str, &Arg)> = catalogue::of(command)
        .chain(of_all)
        .filter(|(_, argument)| !typed.has(argument.get_id().as_str()))
        .collect();
    let mut accepted = Accepted { command, typed, given: Vec::new(), ids: Vec::new() };
    for (name, argument) in &options {
        if let Some(given) = from_environment(name, argument) {
            accepted.offer(argument, given);
        }
    }
    for (name, argument) in &options {
        // The key of the environment is stronger than a file that a profile names.
        let is_settled = *name == "key-file" && variable(KEY_VARIABLE).is_some();
        if let Some(given) = from_profile(layers, &path, name, argument).filter(|_| !is_settled) {
            accepted.offer(argument, given);
        }
    }
    if let Some((name, argument)) = options.iter().find(|(name, _)| *name == "key-file")
        && variable(KEY_VARIABLE).is_none()
        && !accepted.has("local")
        && let Some(url) = accepted.url()
        && let Some(key) = stored::find(layers.profile_name(), &url)
    {
        let given = Given::new(argument, name, &[key.into_os_string()], Origin::Login);
        accepted.offer(argument, given);
    }
    accepted.given
}

/// What an option has in the environment.
pub(crate) fn from_environment(name: &str, argument: &Arg) -> Option<Given> {
    let variable = catalogue::variable(name);
    let value = self::variable(&variable)?;
    Some(Given::new(argument, name, &[value], Origin::Environment(variable)))
}

/// What an option has in the profile that is used.
pub(crate) fn from_profile(
    layers: &Layers,
    path: &[&str],
    name: &str,
    argument: &Arg,
) -> Option<Given> {
    let entry = layers.profile().ok().flatten()?.find(path, name)?;
    let file = layers.file.as_ref()?;
    let origin = Origin::File { path: file.path.clone(), line: entry.line };
    let mut values: Vec<OsString> = entry.values.iter().map(|value| at_home(value)).collect();
    if let Some(delimiter) = argument.get_value_delimiter() {
        values = vec![entry.values.join(&delimiter.to_string()).into()];
    }
    Some(Given::new(argument, name, &values, origin))
}

/// A value of a file in which `~/` is the home folder, as a shell would have it.
fn at_home(value: &str) -> OsString {
    let home = || variable("HOME").map(PathBuf::from);
    match value.strip_prefix("~/").zip(home()) {
        Some((rest, home)) => home.join(rest).into_os_string(),
        None => value.into(),
    }
}

/// What is taken, each only when it is at odds with nothing that was taken before.
struct Accepted<'a> {
    command: &'a Command,
    typed: &'a Typed,
    given: Vec<Given>,
    ids: Vec<&'a str>,
}

impl<'a> Accepted<'a> {
    fn offer(&mut self, argument: &'a Arg, given: Given) {
        let id = argument.get_id().as_str();
        let is_there = |other: &Arg| {
            let other = other.get_id().as_str();
            other != id && (self.typed.has(other) || self.ids.contains(&other))
        };
        let is_refused = self.ids.contains(&id)
            || self.command.get_arguments().any(|other| is_there(other) && self.at_odds(id, other));
        if !is_refused {
            self.ids.push(id);
            self.given.push(given);
        }
    }

    /// Whether two options cannot stand beside each other, be it that one says so or a group of which one is taken.
    fn at_odds(&self, id: &str, other: &Arg) -> bool {
        let Some(argument) = self.command.get_arguments().find(|known| known.get_id() == id) else {
            return false;
        };
        let excludes = |one: &Arg, two: &Arg| {
            self.command.get_arg_conflicts_with(one).iter().any(|it| it.get_id() == two.get_id())
        };
        let in_group = self.command.get_groups().any(|group| {
            let has = |wanted: &Arg| group.get_args().any(|id| id == wanted.get_id());
            !group.clone().is_multiple() && has(argument) && has(other)
        });
        in_group || excludes(argument, other) || excludes(other, argument)
    }

    fn has(&self, id: &str) -> bool {
        self.ids.contains(&id) || self.typed.has(id)
    }

    /// Which service is asked.
    fn url(&self) -> Option<String> {
        if let Some(url) = self.typed.raw("url") {
            return url.into_string().ok();
        }
        if let Some(given) = self.given.iter().find(|given| given.name == "url") {
            return Some(given.shown.clone());
        }
        let argument = self.command.get_arguments().find(|argument| argument.get_id() == "url")?;
        argument.get_default_values().first()?.to_str().map(str::to_owned)
    }
}
