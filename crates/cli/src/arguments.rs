//! The command line.

mod check;
mod config;
mod context;
mod doctor;
mod documents;
mod drawn;
mod export;
mod feeds;
mod global;
mod kept;
mod login;
mod lookup;
mod reading;
mod replica;
mod room;
mod search;
mod serve;
mod shown;

use std::{path::PathBuf, time::Duration};

use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::values;

pub(crate) use check::{FindingFormat, Pattern, PatternArguments, Validate, Version};
pub(crate) use config::{Config, FILE};
pub(crate) use context::Context;
pub(crate) use doctor::Doctor;
pub(crate) use documents::{Completions, Document, Man, Reference};
pub(crate) use drawn::{Drawing, DrawnFormat};
pub(crate) use export::{Domain, Export, ExportFormat};
pub(crate) use feeds::{Definition, Feeds, Page, Plan};
pub(crate) use global::{Global, ProgressMode};
pub(crate) use kept::{Audit, Cursor, Cursors, Holder, OneCursor, Quarantine};
pub(crate) use login::{KeyStore, Login, Status};
pub(crate) use lookup::Lookup;
pub(crate) use reading::{Backfill, GoingOn, Pull, Reading, Selection, Watch};
pub(crate) use replica::{Changes, Compact, Replica};
pub(crate) use room::Room;
pub(crate) use search::{Direction, Relations, Search, Sort};
pub(crate) use serve::{Health, Keys, Mirror, Serve};
pub(crate) use shown::{Columns, Shown, Told};

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
    /// every process of the machine could read. It is kept in the keyring of the desktop session where one answers, else in
    /// a file that its owner alone can read, for this service and this profile. `INTHREAT_API_KEY` and --key-file count
    /// before it.
    Login(Login),
    /// Remove the key that `login` kept.
    Logout,
    /// Say which service and key are used, and what the key may do.
    ///
    /// A server of inthreat tells the community and the permissions of a key. The service does not: the community is then
    /// that of a feed, and for each kind of question that reads one is asked, which tells whether the key may.
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

/// What is lost is asked about first, unless this says otherwise.
#[derive(Args, Debug)]
pub(crate) struct Unasked {
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
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
#[command(group = ArgGroup::new(room::FILLED).arg("into"))]
pub(crate) struct Import {
    /// The files: bundles, arrays, NDJSON, answers of the service; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The folder of the replica, which is made when it is absent.
    #[arg(long, value_name = "DIR")]
    pub(crate) into: PathBuf,
    #[command(flatten)]
    pub(crate) room: Room,
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
