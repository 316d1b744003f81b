//! The command line of `inthreat completions`, `man` and `reference`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Man {
    /// The command, such as `pull` or `replica verify`; without it the page of the program.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into this folder, which is made when it is absent.
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) dir: Option<PathBuf>,
}

/// A document that is made of the program itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Document {
    Cli,
    Configuration,
    Environment,
    ExitCodes,
    Metrics,
}

#[derive(Args, Debug)]
pub(crate) struct Reference {
    /// Which document.
    #[arg(value_name = "DOCUMENT")]
    pub(crate) document: Document,
}
