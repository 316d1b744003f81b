//! Which options there are, by command: the keys of a profile and the names of the environment are made of them.

use clap::{Arg, ArgAction, Command};

/// What names the file and the profile, and so cannot stand in them.
const OF_THE_FILE: [&str; 2] = ["config", "profile"];

/// Commands that need no settings, and that help when these are wrong.
pub(crate) const WITHOUT_SETTINGS: [&str; 4] = ["completions", "config", "man", "reference"];

/// An option of a command.
pub(crate) struct Setting<'a> {
    /// The words of the command, such as `replica`, `verify`; none for what all commands take.
    pub(crate) path: Vec<&'a str>,
    /// The option.
    pub(crate) argument: &'a Arg,
    /// Its name without dashes, which is the key in a profile.
    pub(crate) name: &'a str,
}

/// Every option that can be set, in the order of the commands.
pub(crate) fn all(tree: &Command) -> Vec<Setting<'_>> {
    let mut found = Vec::new();
    visit(tree, &mut Vec::new(), &mut found);
    found
}

fn visit<'a>(command: &'a Command, path: &mut Vec<&'a str>, found: &mut Vec<Setting<'a>>) {
    found.extend(of(command).map(|(name, argument)| Setting {
        path: path.clone(),
        argument,
        name,
    }));
    let takes_any = |below: &&Command| !WITHOUT_SETTINGS.contains(&below.get_name());
    for below in command.get_subcommands().filter(takes_any) {
        path.push(below.get_name());
        visit(below, path, found);
        path.pop();
    }
}

/// The options of one command that can be set.
pub(crate) fn of(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    command.get_arguments().filter_map(|argument| {
        let name = argument.get_long()?;
        let is_asking = matches!(
            argument.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        let is_there = is_asking || argument.is_hide_set() || OF_THE_FILE.contains(&name);
        (!is_there).then_some((name, argument))
    })
}

/// The name of an option in the environment.
pub(crate) fn variable(name: &str) -> String {
    format!("INTHREAT_{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// Whether an option is said or not, and takes no value.
pub(crate) fn is_flag(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue)
}

/// Reads what stands for yes and no, such as `1`, `true` and `off`.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Checks a value as the command line would.
pub(crate) fn check(argument: &Arg, value: &str) -> Result<(), String> {
    if is_flag(argument) {
        return match truth(value) {
            Some(_) => Ok(()),
            None => Err(format!("`{value}` is neither `true` nor `false`")),
        };
    }
    let mut alone = Arg::new("value").value_parser(argument.get_value_parser().clone());
    if let Some(delimiter) = argument.get_value_delimiter() {
        alone = alone.value_delimiter(delimiter).action(ArgAction::Append);
    }
    let command = Command::new("value").no_binary_name(true).arg(alone.long("value"));
    let words = [format!("--value={value}")];
    command.try_get_matches_from(words).map(drop).map_err(|error| {
        let reason = std::error::Error::source(&error).map(ToString::to_string);
        match reason {
            Some(reason) => format!("`{value}` is refused: {reason}"),
            None => format!("`{value}` is refused"),
        }
    })
}
