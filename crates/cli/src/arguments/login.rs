//! The command line of `inthreat login`, `logout` and `status`.

use clap::Args;

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
}

#[derive(Args, Debug)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) remote: Remote,
}
