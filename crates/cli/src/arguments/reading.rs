//! What is read of feeds, into what, and how it goes on.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args};
use inthreat_stix::{Timestamp, marking::Tlp};

use super::{Remote, Room, room::FILLED};
use crate::{types, values};

/// Which feeds are read, and how much of them.
#[derive(Args, Debug)]
pub(crate) struct Selection {
    /// The feeds; the one without filters when nothing is said.
    #[arg(value_name = "FEED")]
    pub(crate) feeds: Vec<String>,
    /// How many objects a page has.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub(crate) limit: u32,
    /// Only objects of these types.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) types: Vec<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Fetch what objects refer to and the feeds do not carry: sources, markings, sectors, ends of relationships.
    #[arg(long)]
    pub(crate) resolve: bool,
}

/// Which feeds are read, into what, and from where.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new(FILLED).arg("into"))]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Write into the replica in this folder, which is made when it is absent, or into a PostgreSQL database
    /// (`postgres://…`) or a NATS stream (`nats://…`, with --state). A URL with a password is named by `env:VARIABLE` or
    /// `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL", required_unless_present_any = ["ndjson", "ndjson_dir", "exec"])]
    pub(crate) into: Option<String>,
    #[command(flatten)]
    pub(crate) room: Room,
    /// Append to this file, one object a line.
    #[arg(long, value_name = "FILE", requires = "state")]
    pub(crate) ndjson: Option<PathBuf>,
    /// Write into files of this folder, one object a line; each appears when it is whole, the last one of a pull or a
    /// backfill at its end.
    #[arg(long, value_name = "DIR", requires = "state")]
    pub(crate) ndjson_dir: Option<PathBuf>,
    /// Close a file of the folder at this many bytes.
    #[arg(long, value_name = "N", requires = "ndjson_dir", default_value_t = 256 * 1024 * 1024)]
    pub(crate) rotate_bytes: u64,
    /// Close a file of the folder when it is this old, such as 1h.
    #[arg(long, value_name = "TIME", requires = "ndjson_dir", value_parser = values::duration)]
    pub(crate) rotate_after: Option<Duration>,
    /// Compress the files of the folder when they are closed.
    #[arg(long, requires = "ndjson_dir")]
    pub(crate) zstd: bool,
    /// Start this program for every batch, with what stands behind `--` as its arguments; it gets one object a line, and
    /// has written them when it ends with 0.
    #[arg(long, value_name = "PROGRAM", requires = "state")]
    pub(crate) exec: Option<PathBuf>,
    /// How long the program may take for a batch.
    #[arg(long, value_name = "TIME", requires = "exec", default_value = "5m", value_parser = values::duration)]
    pub(crate) exec_time: Duration,
    /// The arguments of the program.
    #[arg(last = true, value_name = "ARGUMENT", requires = "exec")]
    pub(crate) exec_arguments: Vec<OsString>,
    /// Keep the cursors in this folder, or at this `postgres://…`, `redis://…` or `nats://…`. A replica keeps its own,
    /// and a PostgreSQL database does when nothing else is said. Each sink has cursors of its own.
    #[arg(long, value_name = "DIR | URL")]
    pub(crate) state: Option<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// What is kept of what the feeds deliver.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// Only indicators of observables of these types, such as `ipv4-addr`; other objects are not concerned.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::observable)]
    pub(crate) observable_types: Vec<String>,
    /// Nothing that is marked more strictly than this: clear, green, amber, amber+strict or red.
    #[arg(long, value_name = "TLP", value_parser = values::tlp)]
    pub(crate) tlp_max: Option<Tlp>,
    /// Nothing of less confidence than this; what tells none is kept.
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) confidence_min: Option<u8>,
    /// No revoked objects. Who has an earlier version keeps it.
    #[arg(long)]
    pub(crate) drop_revoked: bool,
    /// No objects whose `valid_until` is past.
    #[arg(long)]
    pub(crate) drop_expired: bool,
}

/// How a feed is read on.
#[derive(Args, Debug)]
pub(crate) struct GoingOn {
    /// Where there is no cursor yet, only objects that were modified after this instant.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) modified_after: Option<Timestamp>,
    /// At the end, read once more what was modified in this time before the newest object, such as 10m.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub(crate) overlap: Option<Duration>,
    /// When the service refuses the cursor, begin again this long before the newest object, such as 1h.
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    pub(crate) restart: Option<Duration>,
}

#[derive(Args, Debug)]
pub(crate) struct Pull {
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) going_on: GoingOn,
}

#[derive(Args, Debug)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) reading: Reading,
    #[command(flatten)]
    pub(crate) going_on: GoingOn,
    /// How long a feed that is caught up is left alone; up to a tenth more is added by chance.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = values::duration)]
    pub(crate) interval: Duration,
    /// With `--state`: for how long a run keeps other processes from the same cursor, renewed while it goes on. One that
    /// was killed keeps them off for as long.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = values::duration)]
    pub(crate) lease: Duration,
    /// How many pages of all feeds may be in memory.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) pages: usize,
    /// Write figures in the text format of Prometheus to this file after every run.
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Backfill {
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Objects that were modified after this instant.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) after: Timestamp,
    /// Objects that were modified before this instant.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) until: Option<Timestamp>,
    /// Read the range in parts of this length, each with a cursor of its own, such as 30d.
    #[arg(long, value_name = "TIME", requires = "until", value_parser = values::duration)]
    pub(crate) slice: Option<Duration>,
}
