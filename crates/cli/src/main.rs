//! The program `inthreat`: pull, mirror and ask the Intelligence Center.

mod access_log;
mod arguments;
mod clock;
mod commands;
mod confirm;
mod demo;
mod draw;
mod exit;
mod failure;
mod faults;
mod figures;
mod graph;
mod input;
mod meant;
mod measure;
mod pace;
mod pager;
mod place;
mod print;
mod progress;
mod relationship;
mod reload;
mod rows;
mod secret;
mod settings;
mod source;
mod summary;
mod terminal;
mod types;
mod values;

use std::{env, ffi::OsString, process::ExitCode};

use crate::{exit::Exit, failure::Failure, print::say, settings::Stop};

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    match settings::parse(&words) {
        Ok(arguments) => {
            commands::run(arguments).map_or_else(|failure| fail(&failure), ExitCode::from)
        }
        Err(Stop::Words { error, notes }) => {
            // Help and version are asked for and go to standard output; the rest is a wrong command line.
            let _ = error.print();
            for note in notes {
                say(terminal::visible(&format!("note: {note}")));
            }
            if error.use_stderr() { Exit::Usage.into() } else { ExitCode::SUCCESS }
        }
        Err(Stop::Settings(failure)) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    if !failure.is_broken_pipe() {
        say(terminal::coloured(&terminal::visible_words(&failure.to_string())));
    }
    failure.exit().into()
}
