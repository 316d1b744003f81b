//! The command line of `inthreat login`, `logout` and `status`.

use clap::{Args, ValueEnum};

use super::{Remote, Shown};

#[derive(Args, Debug)]
pub(crate) struct Login {
    /// The service that the key is for.
    #[arg(
        long,
        value_name = "URL",
        env = "INTHREAT_URL",
        default_value = "https://api.sekoia.io",
        hide_env_values = true
    )]
    pub(crate) url: String,
    /// Allow plain `http` to addresses beyond this machine: the key can be read on the way.
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Keep the key without asking the service whether it is good.
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Where the key is kept [default: the keyring where one answers, else a file].
    #[arg(long, value_name = "WHERE", env = "INTHREAT_STORE", hide_env_values = true)]
    pub(crate) store: Option<KeyStore>,
}

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyStore {
    /// The keyring of the desktop session.
    Keyring,
    /// A file that its owner alone can read.
    File,
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) remote: Remote,
}
