//! `inthreat doctor`: everything that a command needs, each fine or with what to do.

mod cursors;
mod network;
mod storage;

use std::{collections::BTreeSet, path::Path};

use clap::CommandFactory;

use self::cursors::Kept;
use super::config;
use crate::{
    arguments::{Arguments, Doctor, Global, Remote},
    exit::Exit,
    failure::{Failure, Outcome},
    print::say,
    rows,
    settings::{KEY_VARIABLE, catalogue, stored, variable},
};

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fine,
    /// It works, and may not tomorrow.
    Warning,
    /// It does not work; a command that needs it ends so.
    Bad(Exit),
}

/// What was looked at, how it is, and what to do.
struct Finding {
    check: &'static str,
    state: State,
    message: String,
    advice: String,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn fine(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(check, State::Fine, message.into(), "");
    }

    fn warn(&mut self, check: &'static str, message: impl Into<String>, advice: &str) {
        self.add(check, State::Warning, message.into(), advice);
    }

    fn bad(&mut self, check: &'static str, exit: Exit, message: impl Into<String>, advice: &str) {
        self.add(check, State::Bad(exit), message.into(), advice);
    }

    /// Something that failed, with the chain of why.
    fn failed(&mut self, check: &'static str, failure: &Failure, advice: &str) {
        // A driver may tell a thing in several lines.
        let chain = failure.chain().split_whitespace().collect::<Vec<_>>().join(" ");
        self.bad(check, failure.exit(), chain, advice);
    }

    fn add(&mut self, check: &'static str, state: State, message: String, advice: &str) {
        self.0.push(Finding { check, state, message, advice: advice.to_owned() });
    }

    /// The code of the first that does not work.
    fn exit(&self) -> Exit {
        let bad = |finding: &Finding| match finding.state {
            State::Bad(exit) => Some(exit),
            State::Fine | State::Warning => None,
        };
        self.0.iter().find_map(bad).unwrap_or(Exit::Success)
    }
}

pub(crate) async fn run(arguments: Doctor, global: &Global) -> Outcome<Exit> {
    let mut findings = Findings::default();
    findings.fine("version", concat!("inthreat ", env!("CARGO_PKG_VERSION")));
    let profile = settings(&mut findings, global);
    findings.fine("login", config::key_place(&profile));
    storage::configuration(&mut findings);
    let mut kept = Kept::default();
    if let Some(folder) = &arguments.local {
        kept.add(storage::replica(&mut findings, folder).await);
    }
    let stores = [("into", &arguments.into), ("state", &arguments.state)];
    for (check, place) in stores {
        if let Some(place) = place {
            kept.add(storage::store(&mut findings, check, place).await);
        }
    }
    if arguments.url.is_some() || arguments.local.is_none() {
        let client = network::check(&mut findings, &remote(&arguments, &profile)).await;
        if let Some(client) = client {
            kept.ask(&mut findings, &client).await;
        }
    }
    let exit = findings.exit();
    let row = |finding: Finding| {
        let state = match finding.state {
            State::Fine => "fine",
            State::Warning => "warning",
            State::Bad(_) => "bad",
        };
        [finding.check.to_owned(), state.to_owned(), finding.message, finding.advice]
    };
    let rows = findings.0.into_iter().map(row);
    rows::print(&["check", "state", "message", "do"], rows, &arguments.shown)?;
    if exit == Exit::Success {
        say("nothing is broken");
    }
    Ok(exit)
}

/// The service with its own default, which a replica that is looked at alone must not bring along.
fn remote(arguments: &Doctor, profile: &str) -> Remote {
    let url = arguments.url.clone().unwrap_or_else(|| Remote::URL.to_owned());
    let kept = || {
        let has_other = variable(KEY_VARIABLE).is_some();
        (!has_other).then(|| stored::find(profile, &url)).flatten()
    };
    let key_file = arguments.key_file.clone().or_else(kept);
    Remote::new(url, key_file, arguments.allow_http)
}

/// Looks at the file of profiles and the environment, and gives the name of the profile.
fn settings(findings: &mut Findings, global: &Global) -> String {
    let tree = Arguments::command();
    let known: BTreeSet<String> =
        catalogue::all(&tree).iter().map(|setting| catalogue::variable(setting.name)).collect();
    for name in config::unknown_variables(&known) {
        let message = format!("`{name}` in the environment is no option of any command");
        findings.warn("settings", message, "`inthreat config keys` prints the names");
    }
    match config::layers(&tree, global) {
        Ok(layers) => {
            let place = |path: &Path| format!("`{}`", path.display());
            let file = layers.file.as_ref().map(|file| place(&file.path));
            let profile = layers.profile_name().to_owned();
            let file = file.unwrap_or_else(|| "no file".to_owned());
            findings.fine("settings", format!("{file}, profile `{profile}`"));
            profile
        }
        Err(failure) => {
            findings.failed(
                "settings",
                &failure,
                "mend the file; `inthreat config path` says where it is",
            );
            crate::settings::file::DEFAULT_PROFILE.to_owned()
        }
    }
}
