//! `inthreat reference`: the documents of docs/reference, made of the program itself.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use inthreat_feed::Metrics;

use super::{
    config,
    documents::{self, is_shown},
};
use crate::{
    arguments::{Arguments, Document, FILE, Reference},
    exit::Exit,
    failure::Outcome,
    figures, reload,
    settings::catalogue,
};

/// How wide the help of commands is, in columns.
const WIDTH: usize = 100;

/// Variables that are no options, and what they are for.
const VARIABLES: [(&str, &str); 12] = [
    (
        "INTHREAT_API_KEY",
        "The key of the service, before a file that a profile names and before `inthreat login`.",
    ),
    ("INTHREAT_CONFIG", "The file of profiles, as --config."),
    ("INTHREAT_PROFILE", "The profile, as --profile."),
    (
        "XDG_CONFIG_HOME",
        "The folder in which the folder `inthreat` of this program is; `~/.config` without it.",
    ),
    (
        "NO_COLOR",
        "No colours, whatever its value. Without it there are some in help and errors, on a terminal alone.",
    ),
    ("PAGER", "What shows a table that is longer than the terminal; `less` without it."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
        "The way to the service. A server on this machine is asked directly.",
    ),
    ("PGPASSWORD", "The password of `postgres://…`."),
    ("REDISCLI_AUTH", "The password of `redis://…`."),
    ("NATS_USER, NATS_PASSWORD", "User and password of `nats://…`."),
    ("NATS_TOKEN", "The token of `nats://…`."),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Certificates that are trusted in the place of those of the system.",
    ),
];

pub(crate) fn run(arguments: &Reference) -> Outcome<Exit> {
    let mut tree = Arguments::command().term_width(WIDTH);
    tree.build();
    let text = match arguments.document {
        Document::Cli => cli(&mut tree),
        Document::Configuration => configuration(&tree),
        Document::Environment => environment(&tree),
        Document::ExitCodes => exit_codes(),
        Document::Metrics => metrics(),
    };
    documents::print(format!("{}\n", text.trim_end()).as_bytes())
}

fn head(title: &str, words: &str) -> String {
    format!(
        "# {title}\n\nWritten by `cargo xtask reference`; do not edit it by hand.\n\n{words}\n\n"
    )
}

fn cli(tree: &mut Command) -> String {
    let mut text = head("Commands", "What `--help` says of every command.");
    one_command(tree, "inthreat", &mut text);
    text
}

fn one_command(command: &mut Command, name: &str, text: &mut String) {
    // A terminal in whose width help is wrapped is no part of the document.
    let mut plain = command.clone().term_width(WIDTH);
    let help = plain.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "## {name}\n\n```text\n{}\n```\n\n", help.join("\n").trim_end());
    for below in command.get_subcommands_mut().filter(|below| is_shown(below)) {
        let name = format!("{name} {}", below.get_name());
        one_command(below, &name, text);
    }
}

fn configuration(tree: &Command) -> String {
    let mut text =
        head("Configuration", "The file of profiles, and the keys that may stand in it.");
    let _ = write!(
        text,
        "```text\n{FILE}\n```\n\n| key | commands | what it is |\n| --- | --- | --- |\n"
    );
    for (name, commands) in config::by_name(tree) {
        let _ = writeln!(text, "| `{name}` | {} | {} |", commands.join(", "), meaning(tree, name));
    }
    text
}

fn environment(tree: &Command) -> String {
    let words = "What the program reads from the environment. A variable that is empty counts as absent; one of an option \
                 that takes no value is `true` or `false`.";
    let mut text = head("Environment", words);
    text.push_str("| variable | what it is |\n| --- | --- |\n");
    for (name, words) in VARIABLES {
        let names = name.split(", ").map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let _ = writeln!(text, "| {} | {words} |", names.join(", "));
    }
    text.push_str("\nOptions, for the commands that have them:\n\n| variable | option | commands |\n| --- | --- | --- |\n");
    for (name, commands) in config::by_name(tree) {
        let variable = catalogue::variable(name);
        let _ = writeln!(text, "| `{variable}` | `--{name}` | {} |", commands.join(", "));
    }
    text
}

/// The first line of the help of an option.
fn meaning(tree: &Command, name: &str) -> String {
    let settings = catalogue::all(tree);
    let mut of_it = settings.iter().filter(|setting| setting.name == name);
    let help = of_it.find_map(|setting| setting.argument.get_help().map(ToString::to_string));
    help.unwrap_or_default().replace('|', "\\|").replace('\n', " ")
}

fn exit_codes() -> String {
    let mut text = head("Exit codes", "How every command ends, for scripts to rely on.");
    text.push_str("| exit code | means |\n| ---: | --- |\n");
    for exit in Exit::ALL {
        let _ = writeln!(text, "| {} | {} |", exit.code(), exit.meaning());
    }
    text
}

fn metrics() -> String {
    let mut text = head("Metrics", "The figures of the program, in the text format of Prometheus.");
    let feeds = Metrics::new();
    // A feed has figures from the moment that somebody observes it.
    drop(feeds.observer("x"));
    for (title, words, rendered) in [
        (
            "Feeds",
            "What `inthreat watch --metrics FILE` writes, and `/metrics` of `inthreat serve --sync` tells. Each has the label `feed`.",
            feeds.render(),
        ),
        (
            "The server",
            "What `/metrics` of `inthreat serve` tells. Requests have the labels `route`, `method` and `status`; bytes and times have the label `route`; what is stale has the label `of`: `keys` or `certificate`.",
            inthreat_server::described_metrics() + reload::described(),
        ),
        (
            "The replica",
            "What `/metrics` of `inthreat serve --local` tells besides, counted at most once a minute.",
            figures::described(),
        ),
    ] {
        let _ = write!(text, "## {title}\n\n{words}\n\n");
        table(&rendered, &mut text);
        text.push('\n');
    }
    text
}

/// The figures of a text that Prometheus reads, as a table.
fn table(rendered: &str, text: &mut String) {
    text.push_str("| name | type | what it is |\n| --- | --- | --- |\n");
    let mut help = "";
    for line in rendered.lines() {
        if let Some(line) = line.strip_prefix("# HELP ") {
            help = line.split_once(' ').map_or("", |(_, help)| help);
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' '))
        {
            let _ = writeln!(text, "| `{name}` | {kind} | {help} |");
        }
    }
}
