//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{duration, print::Format};

/// Pull, mirror and ask the Sekoia.io Intelligence Center.
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done or found, 1 nothing found or something
/// differs, 2 wrong command line, 3 key refused, 4 network (try again), 5 answer against the contract, 6 file or
/// replica, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "inthreat", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all on this machine: a server, a pull that is cut off and goes on, look-ups; no key, no network.
    Demo(Demo),
    /// Read a feed into a replica or a file, going on where the last pull stopped.
    Pull(Pull),
    /// Take bundles, NDJSON and other files of objects into a replica.
    Import(Import),
    /// Answer the service's API from a replica.
    Serve(Serve),
    /// Print objects by their ids.
    Get(Get),
    /// Print what stands around an object, or around the indicators of an observable.
    Context(Context),
    /// Print the indicators that name a value: an address, a domain, a URL, a hash.
    Lookup(Lookup),
    /// Make and revoke the keys that `serve` asks for.
    #[command(subcommand)]
    Keys(Keys),
    /// Look after a replica.
    #[command(subcommand)]
    Replica(Replica),
}

/// Where questions are answered.
#[derive(Args, Debug)]
pub(crate) struct Source {
    /// Ask the replica in this folder.
    #[arg(long, value_name = "DIR", env = "INTHREAT_LOCAL", conflicts_with = "url")]
    pub(crate) local: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// The service, or another server that speaks its API. The key comes from `INTHREAT_API_KEY` or a file, never from an
/// argument, which every process of the machine could read.
#[derive(Args, Debug)]
pub(crate) struct Remote {
    /// Ask the service at this address.
    #[arg(long, value_name = "URL", env = "INTHREAT_URL", default_value = "https://api.sekoia.io")]
    pub(crate) url: String,
    /// Read the key from the first line of this file.
    #[arg(long, value_name = "FILE", env = "INTHREAT_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Allow plain `http` to addresses beyond this machine: the key can be read on the way.
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Ask again this often when the service is busy or out of reach; 0 for never.
    #[arg(long, value_name = "N", env = "INTHREAT_RETRIES", default_value_t = 4)]
    pub(crate) retries: u32,
    /// Ask no more when this time has passed since the first try, such as 90s or 2h.
    #[arg(long, value_name = "TIME", env = "INTHREAT_RETRY_FOR", default_value = "3m", value_parser = duration::parse)]
    pub(crate) retry_for: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// How many objects the feed has.
    #[arg(long, default_value_t = 50_000, value_name = "N")]
    pub(crate) objects: usize,
    /// Print this many objects of the demonstration's feed as NDJSON, and do nothing else.
    #[arg(long, value_name = "N")]
    pub(crate) emit: Option<usize>,
    /// Another feed for every number.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
}

#[derive(Args, Debug)]
pub(crate) struct Pull {
    /// The feed; the one without filters when nothing is said.
    #[arg(value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Write into the replica in this folder, which is made when it is absent.
    #[arg(long, value_name = "DIR", required_unless_present = "ndjson", conflicts_with = "ndjson")]
    pub(crate) into: Option<PathBuf>,
    /// Append to this file, one object a line.
    #[arg(long, value_name = "FILE", requires = "state")]
    pub(crate) ndjson: Option<PathBuf>,
    /// Keep the cursor in this folder; a replica keeps its own.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// How many objects a page has.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub(crate) limit: u32,
    /// Only objects of these types.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Where there is no cursor yet, only objects that were modified after this instant.
    #[arg(long, value_name = "TIME")]
    pub(crate) modified_after: Option<String>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The files: bundles, arrays, NDJSON, answers of the service.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The folder of the replica, which is made when it is absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// The folder of the replica.
    #[arg(long, value_name = "DIR", env = "INTHREAT_LOCAL")]
    pub(crate) local: PathBuf,
    /// The address to listen at. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Ask callers for one of the keys in this file (see `inthreat keys`). Without it everyone on this machine may ask.
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// The ids.
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    /// How objects are printed [default: a table on a terminal, else NDJSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// How a context is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContextFormat {
    /// One bundle; several as an array.
    Json,
    /// One object a line.
    Ndjson,
    /// A line for each object.
    Table,
    /// What points where.
    Tree,
}

#[derive(Args, Debug)]
pub(crate) struct Context {
    /// An id, or the type of an observable and its value.
    #[arg(value_name = "ID | TYPE VALUE", required = true, num_args = 1..=2)]
    pub(crate) subject: Vec<String>,
    /// How it is printed [default: a tree on a terminal, else JSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<ContextFormat>,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Args, Debug)]
pub(crate) struct Lookup {
    /// The values; also defanged ones, such as `198.51.100[.]7`.
    #[arg(value_name = "VALUE", required = true)]
    pub(crate) values: Vec<String>,
    /// The type of the values, where it is not to be guessed.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) observable_type: Option<String>,
    /// How indicators are printed [default: a table on a terminal, else NDJSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key, print it once, and keep its hash.
    Create {
        /// Who it is for.
        #[arg(value_name = "NAME")]
        name: String,
        /// The file of hashes, which is made when it is absent.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the keys' names and when they were made.
    List {
        /// The file of hashes.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Make a key worthless.
    Revoke {
        /// The id that `list` prints.
        #[arg(value_name = "ID")]
        id: String,
        /// The file of hashes.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Replica {
    /// Print what a replica holds.
    Stats {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Read everything and compare it with its checksums and rows.
    Verify {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Compare the objects of two replicas, byte for byte.
    Diff {
        /// One folder.
        #[arg(value_name = "DIR")]
        left: PathBuf,
        /// The other folder.
        #[arg(value_name = "DIR")]
        right: PathBuf,
    },
}
