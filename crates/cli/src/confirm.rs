//! Asking a person before something is lost.

use std::io::{self, IsTerminal, Write};

use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
    terminal,
};

/// Ends with a failure unless `--yes` was given or the person at the terminal says so. Where nobody can be asked,
/// nothing is done.
pub(crate) fn confirm(yes: bool, question: &str) -> Outcome {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let message = format!("{question} Nobody is here to be asked");
        return Err(Failure::new(Exit::Usage, message).hint("add --yes to do it without asking"));
    }
    let mut err = io::stderr();
    write!(err, "{} [y/N] ", terminal::visible(question))?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    say("nothing was changed");
    Err(Failure::new(Exit::Interrupted, "it was not confirmed"))
}
