//! Options that every command takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How far a long command is, and to whom it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar where standard error is a terminal, else nothing.
    #[default]
    Auto,
    /// A line of JSON a second on standard error, for programs.
    Json,
    /// Nothing.
    None,
}

/// Where settings come from, and how the person is talked to.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Read settings from this file (see `inthreat config --help`).
    #[arg(
        long,
        value_name = "FILE",
        env = "INTHREAT_CONFIG",
        global = true,
        hide_env_values = true
    )]
    pub(crate) config: Option<PathBuf>,
    /// Use this profile of the file.
    #[arg(
        long,
        value_name = "NAME",
        env = "INTHREAT_PROFILE",
        global = true,
        hide_env_values = true
    )]
    pub(crate) profile: Option<String>,
    /// How far a pull, an import, a verification or a copy is: auto, json or none.
    #[arg(
        long,
        value_name = "HOW",
        global = true,
        default_value = "auto",
        hide_possible_values = true
    )]
    pub(crate) progress: ProgressMode,
    /// Print long tables as they come, without `$PAGER`.
    #[arg(long, global = true)]
    pub(crate) no_pager: bool,
}
