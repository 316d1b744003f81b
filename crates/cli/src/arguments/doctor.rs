//! The command line of `inthreat doctor`.

use std::path::PathBuf;

use clap::Args;

use super::Shown;

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// Look at the replica in this folder. Without a service that is named, nothing else is asked: no network is needed.
    #[arg(long, value_name = "DIR", env = "INTHREAT_LOCAL", hide_env_values = true)]
    pub(crate) local: Option<PathBuf>,
    /// Look at what a pull with this --into fills: a replica, or a PostgreSQL database (`postgres://…`). A URL with a
    /// password is named by `env:VARIABLE` or `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) into: Option<String>,
    /// Look at the cursors in this folder, or at this `postgres://…`, `redis://…` or `nats://…`.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) state: Option<String>,
    /// Ask the service at this address [default: <https://api.sekoia.io>, without --local].
    #[arg(long, value_name = "URL", env = "INTHREAT_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,
    /// Read the key from the first line of this file.
    #[arg(long, value_name = "FILE", env = "INTHREAT_KEY_FILE", hide_env_values = true)]
    pub(crate) key_file: Option<PathBuf>,
    /// Allow plain `http` to addresses beyond this machine: the key can be read on the way.
    #[arg(long)]
    pub(crate) allow_http: bool,
    #[command(flatten)]
    pub(crate) shown: Shown,
}
