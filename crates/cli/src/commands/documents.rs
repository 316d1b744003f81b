//! `inthreat completions` and `inthreat man`: what shells and `man` are told of the command line.

use std::{fs, io::Write, path::Path};

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;
use inthreat_store::atomic_write;

use crate::{
    arguments::{Arguments, Completions, Man},
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
};

pub(crate) fn completions(arguments: &Completions) -> Outcome<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "inthreat", &mut script);
    print(&script)
}

pub(crate) fn man(arguments: &Man) -> Outcome<Exit> {
    let mut tree = Arguments::command();
    tree.build();
    if let Some(folder) = &arguments.dir {
        return write_all(&tree, folder);
    }
    let mut command = &tree;
    for word in &arguments.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            let message = format!("`{}` is no command", arguments.command.join(" "));
            Failure::new(Exit::Usage, message).hint("`inthreat --help` lists the commands")
        })?;
    }
    print(&page(command)?)
}

/// The page of a command. Its name is that of the program and the words behind it, as `man` expects it.
fn page(command: &Command) -> Outcome<Vec<u8>> {
    let mut text = Vec::new();
    Page::new(command.clone().disable_help_subcommand(true))
        .source(concat!("inthreat ", env!("CARGO_PKG_VERSION")))
        .manual("inthreat")
        .render(&mut text)?;
    Ok(text)
}

fn write_all(tree: &Command, folder: &Path) -> Outcome<Exit> {
    fs::create_dir_all(folder).map_err(|error| {
        Failure::because(Exit::Storage, format!("make `{}`", folder.display()), &error)
    })?;
    let mut count = 0;
    let mut left = vec![("inthreat".to_owned(), tree)];
    while let Some((name, command)) = left.pop() {
        atomic_write(folder.join(format!("{name}.1")), page(command)?)?;
        count += 1;
        let below = command.get_subcommands().filter(|below| is_shown(below));
        left.extend(below.map(|below| (format!("{name}-{}", below.get_name()), below)));
    }
    say(format!("wrote {count} pages to `{}`", folder.display()));
    Ok(Exit::Success)
}

/// Whether a command is for people to see; `help` tells nothing of its own.
pub(crate) fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

/// Prints a document as it is.
pub(crate) fn print(text: &[u8]) -> Outcome<Exit> {
    let mut out = std::io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Success)
}
