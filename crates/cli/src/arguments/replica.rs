//! What looks after a replica.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Subcommand};

use super::{Remote, Shown, Told, Unasked};
use crate::{
    types,
    values::{self, When},
};

#[derive(Args, Debug)]
pub(crate) struct Compact {
    /// The folder of the replica.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Keep what is needed to tell the states of this time back from now, such as 30d.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub(crate) keep: Option<Duration>,
    /// Write the database anew, so that it gets shorter. It takes room for two more copies meanwhile.
    #[arg(long)]
    pub(crate) shrink: bool,
    #[command(flatten)]
    pub(crate) unasked: Unasked,
}

/// A replica that is read, named as the commands of replicas do or as all that read do.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct OneReplica {
    /// The folder of the replica.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The same.
    #[arg(long, value_name = "DIR")]
    local: Option<PathBuf>,
}

impl OneReplica {
    /// The folder of the replica. One of both is required.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_deref().or(self.local.as_deref()).unwrap_or_else(|| Path::new("."))
    }
}

#[derive(Args, Debug)]
pub(crate) struct Changes {
    #[command(flatten)]
    pub(crate) of: OneReplica,
    /// Since this instant, or since this sequence; without it all that is active has begun.
    #[arg(long, value_name = "TIME | SEQUENCE", value_parser = values::when)]
    pub(crate) since: Option<When>,
    /// Go on from the position in this file, and write the new one there when everything is printed.
    #[arg(long, value_name = "FILE", conflicts_with = "since")]
    pub(crate) position: Option<PathBuf>,
    /// Up to this instant, or to this sequence [default: now].
    #[arg(long, value_name = "TIME | SEQUENCE", value_parser = values::when)]
    pub(crate) until: Option<When>,
    /// Only objects of these types, such as `indicator`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) types: Vec<String>,
    #[command(flatten)]
    pub(crate) shown: Shown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Replica {
    /// Print what a replica holds; for programs sizes are in bytes.
    Stats {
        #[command(flatten)]
        of: OneReplica,
        #[command(flatten)]
        shown: Shown,
    },
    /// Read everything and compare it with its checksums and rows.
    Verify {
        #[command(flatten)]
        of: OneReplica,
        #[command(flatten)]
        told: Told,
    },
    /// Make all rows anew that the stored objects give, where `verify` found wrong ones.
    Rebuild {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Drop stored objects that are damaged, or fetch them again.
    ///
    /// Exactly the versions whose bytes are not what was written are dropped and told; the version before one that is
    /// dropped counts again. With --fetch they are asked for: the same bytes take their old place, others are a new version.
    Repair {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Ask the service for what is damaged.
        #[arg(long)]
        fetch: bool,
        #[command(flatten)]
        unasked: Unasked,
        #[command(flatten)]
        remote: Remote,
    },
    /// Copy a replica, which may be in use meanwhile.
    Backup {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The folder of the copy, which is made; it must be absent or empty.
        #[arg(value_name = "TO")]
        to: PathBuf,
    },
    /// Verify a copy and make a replica of it.
    Restore {
        /// The folder of the copy.
        #[arg(value_name = "FROM")]
        from: PathBuf,
        /// The folder of the replica, which is made; it must be absent or empty.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Ask the tables in SQL. Only reading is possible.
    ///
    /// `object_text(sequence)` opens a stored object, `object_id(key)` is the id of a key, and `word(number)` one of the
    /// table of words: `SELECT object_id(key), object_text(sequence) FROM objects WHERE retired_by IS NULL`.
    Sql {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// The statement.
        #[arg(value_name = "SELECT")]
        statement: String,
        /// Print at most this many rows.
        #[arg(long, value_name = "N")]
        limit: Option<u64>,
        #[command(flatten)]
        shown: Shown,
    },
    /// Drop the older versions of objects: all, or those that the states of some time do not need.
    ///
    /// The newest versions and all cursors stay. It may be stopped, and goes on when it is run again. Without --keep it asks
    /// first, since nothing brings older versions back.
    Compact(Compact),
    /// Print what became active and what ceased to be: revoked, deprecated, expired, or replaced by another version.
    ///
    /// Each change has the object: `began` and `replaced` the one that counts, `ended` the one that counted. `--fields
    /// change,object.name` takes what is wanted of both.
    Changes(Changes),
    /// Compare the objects of two replicas, byte for byte.
    Diff {
        /// One folder.
        #[arg(value_name = "DIR")]
        left: PathBuf,
        /// The other folder.
        #[arg(value_name = "DIR")]
        right: PathBuf,
        #[command(flatten)]
        told: Told,
    },
}
