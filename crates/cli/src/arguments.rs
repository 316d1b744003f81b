//! The command line.

mod check;
mod config;
mod context;
mod doctor;
mod documents;
mod export;
mod feeds;
mod global;
mod login;
mod lookup;
mod search;
mod shown;

use std::{ffi::OsString, net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use inthreat_server::RequestRate;
use inthreat_stix::{Timestamp, marking::Tlp};
use inthreat_wire::Permission;

use crate::{
    faults::FaultList,
    print::Format,
    values::{self, End, When},
};

pub(crate) use check::{
    FindingFormat, Pattern, PatternArguments, PatternFormat, Validate, Version,
};
pub(crate) use config::{Config, FILE};
pub(crate) use context::{Context, ContextFormat};
pub(crate) use doctor::Doctor;
pub(crate) use documents::{Completions, Document, Man, Reference};
pub(crate) use export::{Domain, Export, ExportFormat};
pub(crate) use feeds::{Definition, Feeds, Page, Plan};
pub(crate) use global::{Global, ProgressMode};
pub(crate) use login::{Login, Status};
pub(crate) use lookup::Lookup;
pub(crate) use search::{Direction, Relations, Search, Sort};
pub(crate) use shown::{Columns, Shown};

/// Pull, mirror and ask the Sekoia.io Intelligence Center.
///
/// Data goes to standard output, words to standard error. Exit codes: 0 done or found, 1 nothing found, or something
/// differs or is wrong, 2 wrong command line, 3 key refused, 4 network (try again), 5 answer against the contract, 6 file or
/// replica, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "inthreat", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What can be said of a server, told at the end of the long help.
const SERVERS: &str = "\
Servers:
  postgres://USER@HOST:PORT/DATABASE, with the parameters of libpq, such as
    ?sslmode=verify-full&sslrootcert=FILE&sslcert=FILE&sslkey=FILE, and schema=NAME;
    the password comes from PGPASSWORD
  redis://USER@HOST:PORT/NUMBER, or rediss:// for TLS, with
    ?prefix=NAME&cacert=FILE&cert=FILE&key=FILE;
    the password comes from REDISCLI_AUTH
  nats://HOST:PORT, or tls:// to insist on TLS, with
    ?stream=NAME&subject=PREFIX&bucket=NAME&replicas=N&creds=FILE&tlsca=FILE&tlscert=FILE&tlskey=FILE;
    user and password come from NATS_USER and NATS_PASSWORD, or a token from NATS_TOKEN

Files are PEM. Under TLS the certificate of the server and its name are always verified. A URL that \
holds a password itself is named by env:VARIABLE or @FILE. Two servers of one kind with different \
passwords need that.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show it all on this machine: a server, a pull that is cut off and goes on, look-ups; no key, no network.
    Demo(Demo),
    /// Read feeds into a replica or a file, going on where the last pull stopped.
    #[command(after_long_help = SERVERS)]
    Pull(Pull),
    /// Read feeds into a replica or a file for ever: again and again until it is interrupted.
    ///
    /// A feed that cannot be read now is tried again after some seconds, and later up to five minutes. With several
    /// feeds, one whose key is refused, whose cursor is refused or whose order is wrong is tried again after 5 to 15
    /// minutes, since somebody may have mended it; a single one ends the program.
    #[command(after_long_help = SERVERS)]
    Watch(Watch),
    /// Read a part of a feed afterwards, by the time of the last change; the feed's own cursor stays where it is.
    ///
    /// Several sinks are filled one after the other, and the source is read once for each: every one has cursors of its
    /// own, so that one that fails or was there before the others holds up none.
    #[command(after_long_help = SERVERS)]
    Backfill(Backfill),
    /// Compare a feed with a replica or a database: what is missing, stale, or revoked on one side alone.
    #[command(after_long_help = SERVERS)]
    Audit(Audit),
    /// Look at the cursors of feeds, and set or forget them.
    #[command(subcommand, after_long_help = SERVERS)]
    Cursor(Cursor),
    /// Look at what was set aside because it is no object that can be stored.
    #[command(subcommand, after_long_help = SERVERS)]
    Quarantine(Quarantine),
    /// Take bundles, NDJSON and other files of objects into a replica.
    Import(Import),
    /// Write all objects of a replica, or those of a feed: as they are, as a table, a layer, or a list for firewalls.
    #[command(after_long_help = export::EXAMPLES)]
    Export(Export),
    /// Answer the service's API from a replica, or in front of the service.
    ///
    /// From a replica (--local), which --sync keeps in step with the service meanwhile: a mirror. Or in front of the
    /// service itself or of another server (--upstream): a gateway, which is asked with many keys and asks with one. What
    /// is answered is described at `/v2/inthreat/docs`.
    Serve(Box<Serve>),
    /// Ask a server on this machine whether it is ready: exit code 0, or 4.
    Health(Health),
    /// Print objects by their ids.
    Get(Get),
    /// Print what stands around an object, or around the indicators of an observable.
    #[command(after_long_help = context::EXAMPLES)]
    Context(Context),
    /// Print the indicators that name a value: an address, a domain, a URL, a hash.
    #[command(after_long_help = lookup::EXAMPLES)]
    Lookup(Lookup),
    /// Print the objects that words and properties find.
    #[command(after_long_help = search::SEARCH_EXAMPLES)]
    Search(Search),
    /// Print the relationships of an object, and their other ends.
    #[command(after_long_help = search::RELATIONS_EXAMPLES)]
    Relations(Relations),
    /// Look at feeds, make and change them, one by one or as a file says.
    #[command(subcommand, after_long_help = feeds::EXAMPLES)]
    Feeds(Feeds),
    /// Say what is wrong with objects in files, and where.
    #[command(after_long_help = check::VALIDATE_EXAMPLES)]
    Validate(Validate),
    /// Read, check and explain STIX patterns.
    #[command(subcommand, after_long_help = check::PATTERN_EXAMPLES)]
    Pattern(Pattern),
    /// Make and revoke the keys that `serve` asks for.
    #[command(subcommand)]
    Keys(Keys),
    /// Look after a replica.
    #[command(subcommand)]
    Replica(Replica),
    /// Keep the key of the service, after asking the service whether it is good.
    ///
    /// The key is typed at a prompt that does not show it, or is a line of standard input; it is never an argument, which
    /// every process of the machine could read. It is kept in a file that its owner alone can read, for this service and
    /// this profile. `INTHREAT_API_KEY` and --key-file count before it.
    Login(Login),
    /// Remove the key that `login` kept.
    Logout,
    /// Say which service and which key are used, and what the service says of the key.
    Status(Status),
    /// Print and change settings: profiles in a file, and the environment.
    #[command(subcommand, after_long_help = FILE)]
    Config(Config),
    /// Look at everything that a command needs, and say of each whether it is fine or what to do.
    Doctor(Doctor),
    /// Print the script that completes commands in a shell.
    ///
    /// bash: `inthreat completions bash > ~/.local/share/bash-completion/completions/inthreat`;
    /// zsh: `inthreat completions zsh > DIR/_inthreat`, where DIR is in `$fpath`;
    /// fish: `inthreat completions fish > ~/.config/fish/completions/inthreat.fish`.
    Completions(Completions),
    /// Print the manual page of a command, or write those of all.
    Man(Man),
    /// Print a document of docs/reference.
    #[command(hide = true)]
    Reference(Reference),
}

/// Where questions are answered.
#[derive(Args, Debug)]
pub(crate) struct Source {
    /// Ask the replica in this folder.
    #[arg(
        long,
        value_name = "DIR",
        env = "INTHREAT_LOCAL",
        hide_env_values = true,
        conflicts_with = "url"
    )]
    pub(crate) local: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// The service, or another server that speaks its API. The key comes from `INTHREAT_API_KEY` or a file, never from an
/// argument, which every process of the machine could read.
#[derive(Args, Debug)]
pub(crate) struct Remote {
    /// Ask the service at this address.
    #[arg(long, value_name = "URL", env = "INTHREAT_URL", hide_env_values = true, default_value = Self::URL)]
    pub(crate) url: String,
    /// Read the key from the first line of this file.
    #[arg(long, value_name = "FILE", env = "INTHREAT_KEY_FILE", hide_env_values = true)]
    pub(crate) key_file: Option<PathBuf>,
    /// Allow plain `http` to addresses beyond this machine: the key can be read on the way.
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Ask again this often when the service is busy or out of reach; 0 for never.
    #[arg(
        long,
        value_name = "N",
        env = "INTHREAT_RETRIES",
        hide_env_values = true,
        default_value_t = 4
    )]
    pub(crate) retries: u32,
    /// Ask no more when this time has passed since the first try, such as 90s or 2h.
    #[arg(long, value_name = "TIME", env = "INTHREAT_RETRY_FOR", hide_env_values = true, default_value = "3m", value_parser = values::duration)]
    pub(crate) retry_for: Duration,
}

impl Remote {
    /// The service, where nothing else is said.
    pub(crate) const URL: &str = "https://api.sekoia.io";

    /// A service that is asked once, to learn how it is.
    pub(crate) fn new(url: String, key_file: Option<PathBuf>, allow_http: bool) -> Self {
        Self { url, key_file, allow_http, retries: 0, retry_for: Duration::ZERO }
    }
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
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    #[command(flatten)]
    pub(crate) kept: Kept,
    /// Fetch what objects refer to and the feeds do not carry: sources, markings, sectors, ends of relationships.
    #[arg(long)]
    pub(crate) resolve: bool,
}

/// Which feeds are read, into what, and from where.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Write into the replica in this folder, which is made when it is absent, or into a PostgreSQL database
    /// (`postgres://…`) or a NATS stream (`nats://…`, with --state). A URL with a password is named by `env:VARIABLE` or
    /// `@FILE`, which hold it.
    #[arg(long, value_name = "DIR | URL", required_unless_present_any = ["ndjson", "ndjson_dir", "exec"])]
    pub(crate) into: Option<String>,
    /// Keep older versions of objects in the replica for this long, such as 90d; without it for ever.
    #[arg(long, value_name = "TIME", requires = "into", value_parser = values::duration)]
    pub(crate) history: Option<Duration>,
    /// Append to this file, one object a line.
    #[arg(long, value_name = "FILE", requires = "state")]
    pub(crate) ndjson: Option<PathBuf>,
    /// Write into files of this folder, one object a line; each appears when it is whole.
    #[arg(long, value_name = "DIR", requires = "state")]
    pub(crate) ndjson_dir: Option<PathBuf>,
    /// Close a file of the folder at this many bytes.
    #[arg(long, value_name = "N", requires = "ndjson_dir", default_value_t = 256 * 1024 * 1024)]
    pub(crate) rotate_bytes: u64,
    /// Close a file of the folder when it is this old and more comes, such as 1h.
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
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
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
    pub(crate) remote: Remote,
}

/// Where cursors are kept.
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
        /// The key that `list` prints; the id of a feed that is read without filters.
        #[arg(value_name = "KEY")]
        key: String,
        #[command(flatten)]
        cursors: Cursors,
        /// How it is printed.
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        output: Format,
    },
    /// Set a cursor. A consumer that runs meets a conflict, and goes on from there when it runs again.
    Set {
        /// The key that `list` prints.
        #[arg(value_name = "KEY")]
        key: String,
        /// The cursor, as the service gave it.
        #[arg(value_name = "CURSOR")]
        cursor: String,
        #[command(flatten)]
        cursors: Cursors,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
    },
    /// Forget a cursor, so that the feed is read from its beginning; what is stored stays.
    Reset {
        /// The key that `list` prints.
        #[arg(value_name = "KEY")]
        key: String,
        #[command(flatten)]
        cursors: Cursors,
        /// Do not ask.
        #[arg(short, long)]
        yes: bool,
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
    /// Print one item as it came, and say why it was set aside.
    Show {
        /// The number that `list` prints.
        #[arg(value_name = "NUMBER")]
        number: u64,
        #[command(flatten)]
        holder: Holder,
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
    /// How much memory pages may take that are kept to be sent again, compressed or not. 0 keeps none.
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
}

#[derive(Args, Debug)]
pub(crate) struct Health {
    /// Where it listens, without TLS.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
}

#[derive(Args, Debug)]
pub(crate) struct Get {
    /// The ids; `-` takes them from standard input, one a line.
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) shown: Shown,
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
}

#[derive(Args, Debug)]
pub(crate) struct Changes {
    /// The folder of the replica.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
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
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Replica {
    /// Print what a replica holds.
    Stats {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// How it is printed; for programs sizes are in bytes.
        #[arg(short, long, value_name = "FORMAT", default_value = "table")]
        output: Format,
    },
    /// Read everything and compare it with its checksums and rows.
    Verify {
        /// The folder of the replica.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
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
    /// The newest versions and all cursors stay. It may be stopped, and goes on when it is run again.
    Compact(Compact),
    /// Print what became active and what ceased to be: revoked, deprecated, expired, or replaced by another version.
    ///
    /// One change a line, as JSON: `began` and `replaced` with the object that counts, `ended` with the one that counted.
    Changes(Changes),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    // Catches two options of one name, and an option that refers to one that is not there: clap looks only when the
    // command is run.
    #[test]
    fn every_command_is_sound() {
        Arguments::command().debug_assert();
    }
}
