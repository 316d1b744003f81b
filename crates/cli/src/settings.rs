//! What is not typed: options from the environment, from a profile, and the key of `inthreat login`. They are put behind
//! the words of the command line before that is read, each only where nothing stronger says otherwise.

pub(crate) mod catalogue;
pub(crate) mod file;
pub(crate) mod given;
mod keyring;
pub(crate) mod place;
pub(crate) mod stored;

use std::{env, ffi::OsString, path::PathBuf};

use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, error::ErrorKind};

use crate::{
    arguments::Arguments,
    exit::Exit,
    failure::{Failure, Outcome},
};

use file::{File, Profile};
use given::{Given, Typed};

/// The variable that holds the key of the service.
pub(crate) const KEY_VARIABLE: &str = "INTHREAT_API_KEY";

/// Why there is nothing to run.
pub(crate) enum Stop {
    /// The command line is wrong, or help is asked for.
    Words {
        error: Box<clap::Error>,
        /// Where values came from that the error names.
        notes: Vec<String>,
    },
    /// The settings cannot be used.
    Settings(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Settings(failure)
    }
}

/// The commands that may be the first to name a profile, and those that find out what is wrong with it.
const OF_NEW_PROFILES: [&str; 4] = ["login", "logout", "config", "doctor"];

/// Reads the command line and what stands behind it.
pub(crate) fn parse(words: &[OsString]) -> Result<Arguments, Stop> {
    let tree = Arguments::command();
    let plain = |tree: Command| read(tree, words.to_vec(), &[]);
    // What is wrong without settings is told by whoever reads the command line in earnest.
    let Some(typed) = Typed::read(&tree, words) else { return plain(tree) };
    if typed.path().first().is_none_or(|first| catalogue::WITHOUT_SETTINGS.contains(first)) {
        return plain(tree);
    }
    let layers = Layers::load(&tree, typed.raw("config"), typed.raw("profile"))?;
    if !typed.path().first().is_some_and(|first| OF_NEW_PROFILES.contains(first)) {
        layers.check_name()?;
    }
    let given = given::collect(&tree, &typed, &layers);
    if given.is_empty() {
        return plain(without_environment(tree));
    }
    fitting(without_environment(tree), words, given)
}

/// Reads the command line with as much of what is given as it can use.
fn fitting(
    mut tree: Command,
    words: &[OsString],
    mut given: Vec<Given>,
) -> Result<Arguments, Stop> {
    loop {
        let error = match tree.try_get_matches_from_mut(with(words, &given)) {
            Ok(matches) => return arguments(&matches, &given),
            Err(error) => error,
        };
        // A setting such as `rotate-bytes` is for those calls alone that use what it belongs to.
        let missing = missing(&error);
        let superfluous = (0..given.len()).find(|index| {
            let others: Vec<Given> = given
                .iter()
                .enumerate()
                .filter(|(other, _)| other != index)
                .map(|(_, given)| given.clone())
                .collect();
            missing > 0
                && match tree.try_get_matches_from_mut(with(words, &others)) {
                    Ok(_) => true,
                    Err(error) => {
                        error.kind() == ErrorKind::MissingRequiredArgument
                            && self::missing(&error) < missing
                    }
                }
        });
        match superfluous {
            Some(index) => {
                given.remove(index);
            }
            None => return Err(stop(error, &given)),
        }
    }
}

/// How many options the error misses.
fn missing(error: &clap::Error) -> usize {
    use clap::error::{ContextKind, ContextValue};

    if error.kind() != ErrorKind::MissingRequiredArgument {
        return 0;
    }
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.len(),
        _ => 1,
    }
}

fn read(mut tree: Command, words: Vec<OsString>, given: &[Given]) -> Result<Arguments, Stop> {
    match tree.try_get_matches_from_mut(words) {
        Ok(matches) => arguments(&matches, given),
        Err(error) => Err(stop(error, given)),
    }
}

fn arguments(matches: &ArgMatches, given: &[Given]) -> Result<Arguments, Stop> {
    Arguments::from_arg_matches(matches).map_err(|error| stop(error, given))
}

fn stop(error: clap::Error, given: &[Given]) -> Stop {
    let text = error.to_string();
    let is_named = |given: &&Given| {
        let option = format!("--{}", given.name);
        text.split([' ', '\'', '=', '\n']).any(|word| word == option)
    };
    let notes = given.iter().filter(is_named).map(Given::words).collect();
    Stop::Words { error: Box::new(error), notes }
}

/// The words with what is given behind them, before what is for another program.
fn with(words: &[OsString], given: &[Given]) -> Vec<OsString> {
    let end = words.iter().position(|word| word == "--").unwrap_or(words.len());
    let (ours, others) = words.split_at(end);
    let given = given.iter().flat_map(|given| given.arguments.iter());
    ours.iter().chain(given).chain(others).cloned().collect()
}

/// The same tree, which reads nothing from the environment: that is done here, by one rule for all options.
fn without_environment(tree: Command) -> Command {
    tree.mut_args(|argument| argument.env(clap::builder::Resettable::Reset))
        .mut_subcommands(without_environment)
}

/// The file of profiles and the profile that is used.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// Where the file is or would be.
    pub(crate) path: Option<PathBuf>,
    pub(crate) file: Option<File>,
    /// The name of the profile that was asked for.
    named: Option<String>,
}

impl Layers {
    /// Reads the file: the one that is named, else that of the environment, else the one in its usual place.
    pub(crate) fn load(
        tree: &Command,
        file: Option<OsString>,
        profile: Option<OsString>,
    ) -> Outcome<Self> {
        let named = file.or_else(|| variable("INTHREAT_CONFIG")).map(PathBuf::from);
        let is_named = named.is_some();
        let path = named.or_else(place::default_file);
        let file = match &path {
            Some(path) => File::read(path, tree)?,
            None => None,
        };
        if let (true, Some(path), None) = (is_named, &path, &file) {
            let message = format!("read `{}`: there is no such file", path.display());
            return Err(Failure::new(Exit::Storage, message));
        }
        let profile = profile.or_else(|| variable("INTHREAT_PROFILE"));
        let named = profile.map(|name| name.to_string_lossy().into_owned());
        let layers = Self { path, file, named };
        layers.profile()?;
        Ok(layers)
    }

    /// The profile that is used.
    pub(crate) fn profile(&self) -> Outcome<Option<&Profile>> {
        match (&self.file, self.named.as_deref()) {
            (Some(file), named) => file.choose(named),
            // One can log in under a name before there is a file.
            (None, _) => Ok(None),
        }
    }

    /// Refuses the name of a profile where there is no file, and nobody logged in under it.
    fn check_name(&self) -> Outcome {
        let (None, Some(name)) = (&self.file, self.named.as_deref()) else { return Ok(()) };
        if name == file::DEFAULT_PROFILE || stored::path(name).is_some_and(|path| path.exists()) {
            return Ok(());
        }
        let hint = format!(
            "`inthreat login --profile {name}` and `inthreat config set --profile {name} KEY VALUE` make it"
        );
        Err(Failure::new(Exit::Usage, format!("there is no profile `{name}`")).hint(hint))
    }

    /// The name under which a key is kept.
    pub(crate) fn profile_name(&self) -> &str {
        let of_the_file = self.file.as_ref().and_then(File::chosen);
        self.named.as_deref().or(of_the_file).unwrap_or(file::DEFAULT_PROFILE)
    }
}

/// What stands in the environment; what is empty counts as absent.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
