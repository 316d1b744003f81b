//! The arguments of `inthreat export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use inthreat_stix::Timestamp;

use super::Source;
use crate::{
    types,
    values::{self, When},
};

/// Examples of the long help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  inthreat export --local ti > everything.ndjson
  inthreat export --local ti --format stix --types malware,tool --since 30d > new.json
  inthreat export --local ti --format csv --types indicator --fields name,observables,valid_until --safe-csv
  inthreat export --local ti --format template --template '$name;$valid_until' --types indicator
  inthreat export --local ti --format edl --observable-type ipv4-addr > blocklist.txt
  inthreat export --local ti --format navigator > layer.json
  inthreat export --local ti --format misp --dir /srv/www/misp";

/// What is written of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One object a line.
    Ndjson,
    /// One bundle.
    #[value(alias = "bundle")]
    Stix,
    /// A table of fields, as a feed in CSV has it.
    Csv,
    /// The name of each object, or the value of an indicator that names one alone.
    Text,
    /// A text for each object with its fields in it, as a feed in a custom format has it.
    Template,
    /// A layer for ATT&CK Navigator: how many objects have to do with each technique.
    Navigator,
    /// A list for firewalls: the values of one type that are active now, each once.
    Edl,
    /// A feed of MISP: a folder with a manifest, an event for each source and day, and the hashes of all values.
    Misp,
}

/// Whose techniques a layer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Domain {
    Enterprise,
    Mobile,
    Ics,
}

#[derive(Args, Debug)]
pub(crate) struct Export {
    /// What is written of objects.
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) format: ExportFormat,
    /// Only what this feed selects.
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Only objects of these types.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) types: Vec<String>,
    /// Only objects modified since, such as `7d` or `2026-01-01`.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) since: Option<Timestamp>,
    /// The objects of a replica as they were at this instant, or when this sequence had arrived.
    #[arg(long, value_name = "TIME | SEQUENCE", requires = "local", value_parser = values::when)]
    pub(crate) as_of: Option<When>,
    /// The fields of CSV, such as `name,tlp,observables`; all of them when nothing is said.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// Put a `'` in front of cells of CSV that a spreadsheet would take for formulas.
    #[arg(long)]
    pub(crate) safe_csv: bool,
    /// The text for each object: `$name` and `${name}` stand for fields, `$$` for a dollar.
    #[arg(long, value_name = "TEXT", required_if_eq("format", "template"))]
    pub(crate) template: Option<String>,
    /// The type of the values of a list for firewalls: ipv4-addr, ipv6-addr, domain-name, url or file (hashes).
    #[arg(long, value_name = "TYPE", required_if_eq("format", "edl"), value_parser = types::observable)]
    pub(crate) observable_type: Option<String>,
    /// Whose techniques a layer has.
    #[arg(long, value_name = "DOMAIN", default_value = "enterprise")]
    pub(crate) domain: Domain,
    /// The folder of a feed of MISP, which is made when it is absent. Each file is replaced when it is whole; events that
    /// have nothing to say any more are removed.
    #[arg(long, value_name = "DIR", required_if_eq("format", "misp"))]
    pub(crate) dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: Source,
}
