//! The server, and the keys that it asks for.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Subcommand};
use inthreat_server::RequestRate;
use inthreat_wire::Permission;

use super::{GoingOn, Remote, Room, Selection, Shown, Unasked, room::FILLED};
use crate::{
    faults::FaultList,
    values::{self, End},
};

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The folder of the replica.
    #[arg(
        long,
        value_name = "DIR",
        env = "INTHREAT_LOCAL",
        hide_env_values = true,
        required_unless_present = "upstream"
    )]
    pub(crate) local: Option<PathBuf>,
    /// Pass questions on to the service at this address, or to another server that speaks its API, instead of a replica.
    #[arg(long, value_name = "URL", conflicts_with_all = ["local", "sync"])]
    pub(crate) upstream: Option<String>,
    /// The address to listen at. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Let callers change what belongs to the replica itself, which is made when it is absent: feeds and collections of
    /// indicators. No other process can write to it meanwhile. With --sync they may anyway.
    #[arg(long, requires = "local", conflicts_with = "upstream")]
    pub(crate) writable: bool,
    /// Ask callers for one of the keys in this file (see `inthreat keys`), which is read again when it changes. Without it
    /// everyone on this machine may ask.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// How often each key may ask, such as `50/s` or `1000/m`; more is answered with 429 [default: as often as it likes].
    #[arg(long, value_name = "NUMBER/UNIT", requires = "keys", value_parser = values::rate)]
    pub(crate) rate: Option<RequestRate>,
    /// Speak TLS with this certificate and those behind it (PEM), which are read again when they change.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The private key of the certificate (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Add a line of JSON for each request to this file, or to standard output with `-`. Nothing that was looked up is in it.
    /// SIGHUP opens the file anew.
    #[arg(long, value_name = "FILE")]
    pub(crate) access_log: Option<PathBuf>,
    /// How much memory answers may take that are kept to be sent again, compressed or not: pages three quarters of it, look-ups
    /// and contexts the rest. 0 keeps none.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(0..=65_536))]
    pub(crate) page_cache: u32,
    /// Show a page to look at under `/`: look-ups, contexts as a graph, feeds.
    #[arg(long)]
    pub(crate) ui: bool,
    /// Answer some requests wrongly, to test clients: parts of 1 by a status, `slow`, `reset` or `truncate`, such as
    /// `429:0.1,slow:0.05:2s,reset:0.01`.
    #[arg(long, value_name = "FAULT:PART,…", value_parser = FaultList::parse)]
    pub(crate) fault: Option<FaultList>,
    /// Other faults for every number, and the same for the same.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "fault")]
    pub(crate) fault_seed: u64,
    #[command(flatten, next_help_heading = "With --upstream")]
    pub(crate) gateway: Gateway,
    #[command(flatten, next_help_heading = "With --sync")]
    pub(crate) mirror: Mirror,
    #[command(flatten, next_help_heading = "With --upstream or --sync")]
    pub(crate) remote: Remote,
}

/// How a gateway spares the service.
#[derive(Args, Debug)]
pub(crate) struct Gateway {
    /// Keep answers to look-ups and questions for objects for this long; 0s keeps none.
    #[arg(long, value_name = "TIME", default_value = "1m", requires = "upstream", value_parser = values::duration)]
    pub(crate) cache_time: Duration,
    /// Keep at most so many bytes of them.
    #[arg(long, value_name = "N", default_value_t = 64 * 1024 * 1024, requires = "upstream")]
    pub(crate) cache_bytes: usize,
    /// Ask the service at most this often in a second.
    #[arg(long, value_name = "N", requires = "upstream")]
    pub(crate) upstream_rate: Option<NonZeroU32>,
}

/// How a replica is kept in step while it is served.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new(FILLED).arg("sync"))]
pub(crate) struct Mirror {
    /// Keep the replica in step with the service, as `watch` does. It is made when it is absent.
    #[arg(long)]
    pub(crate) sync: bool,
    /// How long a feed that is caught up is left alone; up to a tenth more is added by chance.
    #[arg(long, value_name = "TIME", default_value = "5m", requires = "sync", value_parser = values::duration)]
    pub(crate) interval: Duration,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) going_on: GoingOn,
    #[command(flatten)]
    pub(crate) room: Room,
}

#[derive(Args, Debug)]
pub(crate) struct Health {
    /// Where it listens. Over `https://` it is asked on loopback alone, and its certificate is not verified.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key, print it once, and keep its hash.
    Create {
        /// Who it is for.
        #[arg(value_name = "NAME")]
        name: String,
        /// What it may do, such as `INTHREAT_READ_OBJECTS` or `write_feeds`; may be given several times [default: all that
        /// changes nothing].
        #[arg(long = "permission", value_name = "NAME")]
        permissions: Vec<Permission>,
        /// The community (a UUID) whose feeds it sees and makes [default: it is the operator's and sees all].
        #[arg(long, value_name = "UUID")]
        community: Option<String>,
        /// When it ends: a time from now, such as `90d`, or a date [default: never].
        #[arg(long, value_name = "TIME | DATE", value_parser = values::end)]
        expires: Option<End>,
        /// The file of hashes, which is made when it is absent.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the keys: what each may do, for whom, and until when.
    List {
        /// The file of hashes.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        shown: Shown,
    },
    /// Make a key worthless, for ever.
    Revoke {
        /// The id that `list` prints.
        #[arg(value_name = "ID")]
        id: String,
        /// The file of hashes.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        unasked: Unasked,
    },
}
