//! The program `inthreat`: pull, mirror and ask the Intelligence Center.

mod access_log;
mod arguments;
mod clock;
mod commands;
mod confirm;
mod demo;
mod exit;
mod failure;
mod faults;
mod figures;
mod graph;
mod input;
mod measure;
mod place;
mod print;
mod progress;
mod reload;
mod source;
mod summary;
mod terminal;
mod tree;
mod values;

use std::process::ExitCode;

use clap::Parser;

use crate::{arguments::Arguments, exit::Exit, print::say};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are asked for and go to standard output; the rest is a wrong command line.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match commands::run(arguments.command) {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => failure.exit().into(),
        Err(failure) => {
            say(terminal::visible_words(&failure.to_string()));
            failure.exit().into()
        }
    }
}
