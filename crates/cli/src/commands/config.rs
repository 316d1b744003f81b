//! `inthreat config`: what is set, where, and changes of it.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::{Arg, CommandFactory};
use inthreat_store::atomic_write;
use toml_edit::Value;

use crate::{
    arguments::{Arguments, Config, Global, Shown},
    exit::Exit,
    failure::{Failure, Outcome},
    place,
    print::{Output, say},
    rows,
    settings::{self, Layers, catalogue, file, given, stored},
};

/// Variables of the program that are no options.
const OTHER_VARIABLES: [&str; 3] = [settings::KEY_VARIABLE, "INTHREAT_CONFIG", "INTHREAT_PROFILE"];

pub(crate) fn run(arguments: Config, global: &Global) -> Outcome<Exit> {
    match arguments {
        Config::Show { command, shown } => show(&command, &shown, global),
        Config::Path => path(global),
        Config::List { shown } => list(&shown, global),
        Config::Keys { shown } => keys(&shown),
        Config::Set { key, value } => set(&key, &value, global),
        Config::Unset { key } => unset(&key, global),
    }
}

/// The settings as any command would read them.
pub(crate) fn layers(tree: &clap::Command, global: &Global) -> Outcome<Layers> {
    let file = global.config.clone().map(PathBuf::into_os_string);
    Layers::load(tree, file, global.profile.clone().map(OsString::from))
}

fn show(command: &[String], shown: &Shown, global: &Global) -> Outcome<Exit> {
    let tree = Arguments::command();
    let layers = layers(&tree, global)?;
    let mut found = Vec::new();
    if command.is_empty() {
        set_anywhere(&tree, &layers, &mut found)?;
    } else {
        of_command(&tree, &layers, command, &mut found)?;
    }
    print_head(&layers);
    rows::print(&["key", "value", "from"], found, shown)?;
    Ok(Exit::Success)
}

/// Says which file and which profile count, and where the key would come from.
fn print_head(layers: &Layers) {
    match (&layers.path, &layers.file) {
        (Some(path), Some(_)) => {
            say(format!("file `{}`, profile `{}`", path.display(), layers.profile_name()));
        }
        (Some(path), None) => say(format!("there is no file `{}` yet", path.display())),
        (None, _) => say("this system names no folder of configuration: set HOME or --config"),
    }
    say(key_place(layers.profile_name()));
}

/// Where the key would come from.
pub(crate) fn key_place(profile: &str) -> String {
    match (settings::variable(settings::KEY_VARIABLE), stored::place(profile)) {
        (Some(_), _) => format!("the key is in the environment, {}", settings::KEY_VARIABLE),
        (None, Some(place)) => format!("the key of `inthreat login` is in {place}"),
        (None, None) => "there is no key: `inthreat login` keeps one".to_owned(),
    }
}

/// What the environment and the profile say, whatever command it is for.
fn set_anywhere(tree: &clap::Command, layers: &Layers, found: &mut Vec<[String; 3]>) -> Outcome {
    let mut names = BTreeSet::new();
    for setting in catalogue::all(tree) {
        if names.insert(setting.name)
            && let Some(given) = given::from_environment(setting.name, setting.argument)
        {
            found.push([setting.name.to_owned(), shown(&given.shown), given.origin.words()]);
        }
    }
    if let (Some(profile), Some(file)) = (layers.profile()?, &layers.file) {
        for entry in &profile.entries {
            let key = [entry.path.join("."), entry.name.clone()];
            let key: Vec<_> = key.into_iter().filter(|part| !part.is_empty()).collect();
            let place = format!("{}:{}", file.path.display(), entry.line);
            found.push([key.join("."), shown(&entry.values.join(",")), place]);
        }
    }
    let known: BTreeSet<String> = names.into_iter().map(catalogue::variable).collect();
    for name in unknown_variables(&known) {
        say(format!("`{name}` in the environment is no option of any command"));
    }
    Ok(())
}

/// Variables that look like ours and are not.
pub(crate) fn unknown_variables(known: &BTreeSet<String>) -> Vec<String> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let is_unknown = |name: &String| {
        name.starts_with("INTHREAT_")
            && !known.contains(name)
            && !OTHER_VARIABLES.contains(&name.as_str())
    };
    names.filter(is_unknown).collect()
}

/// Every option of one command.
fn of_command(
    tree: &clap::Command,
    layers: &Layers,
    words: &[String],
    found: &mut Vec<[String; 3]>,
) -> Outcome {
    let mut command = tree;
    for word in words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let message = format!("`{}` is no command", words.join(" "));
            Failure::new(Exit::Usage, message).hint("`inthreat --help` lists the commands")
        })?;
    }
    let path: Vec<&str> = words.iter().map(String::as_str).collect();
    let of_all = catalogue::of(tree).filter(|(_, argument)| argument.is_global_set());
    for (name, argument) in catalogue::of(command).chain(of_all) {
        let given = given::from_environment(name, argument)
            .or_else(|| given::from_profile(layers, &path, name, argument));
        found.push(match given {
            Some(given) => [name.to_owned(), shown(&given.shown), given.origin.words()],
            None => {
                let value = default(argument);
                let from = if value.is_empty() { "not set" } else { "default" };
                [name.to_owned(), value, from.to_owned()]
            }
        });
    }
    Ok(())
}

fn default(argument: &Arg) -> String {
    if catalogue::is_flag(argument) {
        return "false".to_owned();
    }
    let values = argument.get_default_values().iter();
    values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(",")
}

/// A value for people: a URL that holds a password is not one of those.
fn shown(value: &str) -> String {
    if place::has_password(value) { "(it holds a password)".to_owned() } else { value.to_owned() }
}

fn path(global: &Global) -> Outcome<Exit> {
    let path = file_path(global)?;
    if !path.exists() {
        say("there is no such file yet; `inthreat config set KEY VALUE` makes it");
    }
    let mut output = Output::new();
    output.line(&path.display().to_string())?;
    output.finish()?;
    Ok(Exit::Success)
}

fn file_path(global: &Global) -> Outcome<PathBuf> {
    global.config.clone().or_else(settings::place::default_file).ok_or_else(|| {
        Failure::new(Exit::Usage, "this system names no folder of configuration")
            .hint("name a file with --config FILE, or set HOME")
    })
}

fn list(shown_as: &Shown, global: &Global) -> Outcome<Exit> {
    let layers = layers(&Arguments::command(), global)?;
    if layers.file.is_none() {
        say("there is no file of profiles yet; `inthreat config set KEY VALUE` makes it");
    }
    let used = layers.profile()?.map(|profile| profile.name.as_str());
    let all = layers.file.iter().flat_map(|file| &file.profiles).map(|profile| {
        let is_used = if used == Some(profile.name.as_str()) { "yes" } else { "" };
        let of = |name| profile.find(&[], name).map(|entry| shown(&entry.values.join(",")));
        let [url, local] = ["url", "local"].map(|name| of(name).unwrap_or_default());
        [profile.name.clone(), is_used.to_owned(), url, local]
    });
    rows::print(&["profile", "used", "url", "local"], all, shown_as)?;
    Ok(Exit::Success)
}

fn keys(shown: &Shown) -> Outcome<Exit> {
    let tree = Arguments::command();
    let rows = by_name(&tree)
        .into_iter()
        .map(|(name, commands)| [name.to_owned(), catalogue::variable(name), commands.join(", ")]);
    rows::print(&["key", "environment", "commands"], rows, shown)?;
    Ok(Exit::Success)
}

/// The options by name, each with the commands that take it.
pub(crate) fn by_name(tree: &clap::Command) -> Vec<(&str, Vec<String>)> {
    let mut found = std::collections::BTreeMap::<&str, Vec<String>>::new();
    for setting in catalogue::all(tree) {
        let command =
            if setting.path.is_empty() { "all".to_owned() } else { setting.path.join(" ") };
        found.entry(setting.name).or_default().push(command);
    }
    found.into_iter().collect()
}

fn set(key: &str, value: &str, global: &Global) -> Outcome<Exit> {
    let path = file_path(global)?;
    let number = value.parse::<i64>().map(Value::from);
    let truth = value.parse::<bool>().map(Value::from);
    let typed = number.or(truth).unwrap_or_else(|_| Value::from(value));
    let words = words(key, global, &path)?;
    let text = file::changed(&path, &words, Some(typed))?.unwrap_or_default();
    write(&path, &text)?;
    say(format!("set `{key}` in `{}`", path.display()));
    Ok(Exit::Success)
}

fn unset(key: &str, global: &Global) -> Outcome<Exit> {
    let path = file_path(global)?;
    let words = words(key, global, &path)?;
    let Some(text) = file::changed(&path, &words, None)? else {
        say(format!("`{key}` is not set in `{}`", path.display()));
        return Ok(Exit::Missing);
    };
    write(&path, &text)?;
    say(format!("`{key}` is no longer set in `{}`", path.display()));
    Ok(Exit::Success)
}

/// The tables and the name that a key stands for: `profile` stands beside the profiles, all else in one.
fn words(key: &str, global: &Global, path: &Path) -> Outcome<Vec<String>> {
    if key == "profile" {
        return Ok(vec![key.to_owned()]);
    }
    let profile = match &global.profile {
        Some(profile) => profile.clone(),
        None => {
            let file = file::File::read(path, &Arguments::command())?;
            let chosen = file.as_ref().and_then(file::File::chosen);
            chosen.unwrap_or(file::DEFAULT_PROFILE).to_owned()
        }
    };
    let tables = ["profiles".to_owned(), profile];
    Ok(tables.into_iter().chain(key.split('.').map(str::to_owned)).collect())
}

/// Writes a file of profiles that is right as a whole.
fn write(path: &Path, text: &str) -> Outcome {
    file::File::read_text(path, text, &Arguments::command())?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        settings::place::make_private(folder).map_err(|error| {
            Failure::because(Exit::Storage, format!("make `{}`", folder.display()), &error)
        })?;
    }
    Ok(atomic_write(path, text)?)
}
