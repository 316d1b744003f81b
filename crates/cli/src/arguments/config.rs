//! The command line of `inthreat config`.

use clap::Subcommand;

use super::Shown;

/// What a file of settings looks like, told at the end of the long help.
pub(crate) const FILE: &str = "\
Every option is also read from the environment and from a profile. One rule gives the names: --retry-for
is INTHREAT_RETRY_FOR and the key `retry-for`. What is typed counts first, then the environment, then the
profile, then the default.

The file is TOML:

  profile = \"work\"               # the profile when none is named; without it `default`

  [profiles.work]
  url = \"https://app.sekoia.io\"
  local = \"~/threats\"           # `~/` is the home folder

  [profiles.work.watch]          # for one command alone
  interval = \"1m\"

A key of the service does not belong there: see `inthreat login`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print what is set, and where each value comes from.
    Show {
        /// All options of this command, such as `pull` or `replica verify`; without it what is set for any.
        #[arg(value_name = "COMMAND")]
        command: Vec<String>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Print where the file is.
    Path,
    /// Print the profiles of the file.
    List {
        #[command(flatten)]
        shown: Shown,
    },
    /// Print the keys that may be set.
    Keys {
        #[command(flatten)]
        shown: Shown,
    },
    /// Set a key of a profile. The rest of the file stays as it is.
    Set {
        /// The option without its dashes, such as `retry-for`; for one command alone `watch.interval`.
        #[arg(value_name = "KEY")]
        key: String,
        /// The value, as it would be typed.
        #[arg(value_name = "VALUE", allow_hyphen_values = true)]
        value: String,
    },
    /// Take a key out of a profile.
    Unset {
        /// The key, as in `config set`.
        #[arg(value_name = "KEY")]
        key: String,
    },
}
