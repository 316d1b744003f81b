//! What is kept of a feed: its cursors, what was set aside, and whether all is there.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Remote, Shown, Told, Unasked};

#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// The feed; the one without filters when nothing is said.
    #[arg(value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// The folder of the replica that is compared with it.
    #[arg(
        long,
        value_name = "DIR",
        env = "INTHREAT_LOCAL",
        hide_env_values = true,
        required_unless_present = "into"
    )]
    pub(crate) local: Option<PathBuf>,
    /// Compare what a pull with this --into wrote, in the place of --local: a replica, or a PostgreSQL database
    /// (`postgres://…`). A URL with a password is named by `env:VARIABLE` or `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) into: Option<String>,
    /// Compare one object of so many.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) one_of: u64,
    #[command(flatten)]
    pub(crate) told: Told,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// Where cursors are kept. Where settings name several places the first one counts: objects may be elsewhere than cursors.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Cursors {
    /// In the replica in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
    /// In this folder of cursors, or at this `postgres://…`, `redis://…` or `nats://…`. A URL with a password is named by
    /// `env:VARIABLE` or `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) state: Option<String>,
    /// In what a pull with this --into wrote: a replica, or a PostgreSQL database (`postgres://…`).
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) into: Option<String>,
}

/// One cursor, and where it is kept.
#[derive(Args, Debug)]
pub(crate) struct OneCursor {
    /// The key that `list` prints; the id of a feed that is read without filters.
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) cursors: Cursors,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cursor {
    /// Print every cursor: the key, how often it moved, the newest `modified` up to it.
    List {
        #[command(flatten)]
        cursors: Cursors,
        #[command(flatten)]
        shown: Shown,
    },
    /// Print one cursor, and who holds its lease.
    Show {
        #[command(flatten)]
        one: OneCursor,
        #[command(flatten)]
        shown: Shown,
    },
    /// Set a cursor. A consumer that runs meets a conflict, and goes on from there when it runs again.
    ///
    /// The replica or the folder of cursors is made when it is absent, so that the first pull goes on where something else
    /// stopped.
    Set {
        #[command(flatten)]
        one: OneCursor,
        /// The cursor, as the service gave it.
        #[arg(value_name = "CURSOR")]
        cursor: String,
        #[command(flatten)]
        unasked: Unasked,
    },
    /// Forget a cursor, so that the feed is read from its beginning; what is stored stays.
    Reset {
        #[command(flatten)]
        one: OneCursor,
        #[command(flatten)]
        unasked: Unasked,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// Print what was set aside: number, feed, when, why, and the beginning of its text.
    List {
        #[command(flatten)]
        holder: Holder,
        /// Print each item whole, as a line of JSON: the same as `-o ndjson`.
        #[arg(long, conflicts_with = "output")]
        ndjson: bool,
        #[command(flatten)]
        shown: Shown,
    },
    /// Print one item as it came, and say why it was set aside; with `-o` or --fields, both in one.
    // Clap would print the place first, which is not how it is read.
    #[command(
        override_usage = "inthreat quarantine show [OPTIONS] <NUMBER> <DIR|--into <DIR | URL>|--local <DIR>>"
    )]
    Show {
        /// The number that `list` prints.
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[command(flatten)]
        holder: Holder,
        #[command(flatten)]
        told: Told,
    },
    /// Try to store again what was set aside, as an object of a later version of this program may be understood.
    Retry {
        #[command(flatten)]
        holder: Holder,
    },
}

/// Who set something aside.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Holder {
    /// The folder of the replica.
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
    /// What a pull with this --into set aside: a replica, or a PostgreSQL database (`postgres://…`). A URL with a
    /// password is named by `env:VARIABLE` or `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) into: Option<String>,
    /// The replica in this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) local: Option<PathBuf>,
}
