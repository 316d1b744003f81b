//! The arguments of `inthreat feeds`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use inthreat_stix::Timestamp;
use serde::Deserialize;

use super::{Shown, Source, Told, Unasked};
use crate::{types, values};

/// Examples of the long help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  inthreat feeds list
  inthreat feeds create --title 'Block list' --types indicator --observable-types ipv4-addr,domain-name
  inthreat feeds page d6092c37-d8d7-45c3-8aff-c4dc26030608 --limit 10 -o ndjson
  inthreat feeds plan feeds.toml && inthreat feeds apply feeds.toml --yes

Feeds as code: a file has a table [[feed]] for each feed, with the names of the options of `create` spelled with _:
  [[feed]]
  title = \"Block list\"                # a feed is known by its id, or else by its title
  types = [\"indicator\"]
  observable_types = [\"ipv4-addr\"]
  include_revoked = false
What is not said is as `create` has it. Unlike the service, both take the oldest objects first when no order is said: a \
feed that is newest first cannot be read page by page, and is told of.";

#[derive(Debug, Subcommand)]
pub(crate) enum Feeds {
    /// Print the feeds that one may read.
    List {
        /// Only feeds whose title or description contains this.
        #[arg(value_name = "TERM")]
        term: Option<String>,
        #[command(flatten)]
        shown: Shown,
        #[command(flatten)]
        source: Source,
    },
    /// Print one feed.
    Get {
        /// The feed.
        #[arg(value_name = "FEED")]
        id: String,
        #[command(flatten)]
        shown: Shown,
        #[command(flatten)]
        source: Source,
    },
    /// Make a feed.
    Create {
        #[command(flatten)]
        definition: Definition,
        #[command(flatten)]
        shown: Shown,
        #[command(flatten)]
        source: Source,
    },
    /// Change what a feed selects; what is not said stays. `--types ''` empties a list.
    Update {
        /// The feed.
        #[arg(value_name = "FEED")]
        id: String,
        #[command(flatten)]
        definition: Definition,
        #[command(flatten)]
        shown: Shown,
        #[command(flatten)]
        source: Source,
    },
    /// Make a feed that selects what another one does.
    Duplicate {
        /// The other feed.
        #[arg(value_name = "FEED")]
        id: String,
        /// The title of the new one.
        #[arg(long, value_name = "TEXT")]
        title: String,
        #[command(flatten)]
        shown: Shown,
        #[command(flatten)]
        source: Source,
    },
    /// Delete a feed. Who reads it is cut off.
    Delete {
        /// The feed.
        #[arg(value_name = "FEED")]
        id: String,
        #[command(flatten)]
        unasked: Unasked,
        #[command(flatten)]
        source: Source,
    },
    /// Print a page of a feed; where the next one begins is said behind it.
    Page(Page),
    /// Print what `apply` would change.
    Plan(Plan),
    /// Make feeds what a file says.
    Apply {
        #[command(flatten)]
        plan: Plan,
        #[command(flatten)]
        unasked: Unasked,
    },
    /// Print what differs from a file; exit code 1 when something does.
    Diff(Plan),
}

#[derive(Args, Debug)]
pub(crate) struct Page {
    /// The feed; the one without filters when nothing is said.
    #[arg(value_name = "FEED", default_value = inthreat_api::FeedId::DEFAULT, hide_default_value = true)]
    pub(crate) id: String,
    /// At most this many objects.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub(crate) limit: u32,
    /// Where to go on: what was said behind the page before.
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// Only objects modified since, such as `7d` or `2026-01-01`.
    #[arg(long, value_name = "TIME", value_parser = values::instant, conflicts_with = "cursor")]
    pub(crate) since: Option<Timestamp>,
    /// Only objects of these types.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) types: Vec<String>,
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) source: Source,
}

#[derive(Args, Debug)]
pub(crate) struct Plan {
    /// The file of feeds, in TOML.
    #[arg(value_name = "FILE.toml")]
    pub(crate) file: PathBuf,
    /// Delete feeds that are not in the file. The feed without filters always stays.
    #[arg(long)]
    pub(crate) prune: bool,
    #[command(flatten)]
    pub(crate) told: Told,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// What a feed selects and how it is written: on the command line, and in a file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Definition {
    /// In a file: the feed that is meant.
    #[arg(skip)]
    pub(crate) id: Option<String>,
    /// The name that people see.
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Only objects of these types, such as `indicator`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) types: Option<Vec<String>>,
    /// Only indicators of observables of these types, such as `ipv4-addr`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) observable_types: Option<Vec<String>>,
    /// Only objects of these sources, which are identities.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(crate) sources: Option<Vec<String>>,
    /// Only objects with these markings: clear, green, amber, red, or ids.
    #[arg(long, value_name = "TLP,…", value_delimiter = ',')]
    pub(crate) tlps: Option<Vec<String>>,
    /// Only objects with these labels.
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) labels: Option<Vec<String>>,
    /// Only objects about these sectors, which are identities.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(crate) sectors: Option<Vec<String>>,
    /// Only objects about these locations.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(crate) locations: Option<Vec<String>>,
    /// How its pages are written: json, csv, text or custom.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// The columns of its CSV.
    #[arg(id = "columns", long = "columns", value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) fields: Option<Vec<String>>,
    /// The template of the format custom.
    #[arg(long, value_name = "TEXT")]
    pub(crate) template: Option<String>,
    /// Whether revoked objects are delivered.
    #[arg(long, value_name = "true | false")]
    pub(crate) include_revoked: Option<bool>,
    /// Whether indicators whose validity is over are left out.
    #[arg(long, value_name = "true | false")]
    pub(crate) skip_expired: Option<bool>,
    /// The order of its pages by the last change: ascending, which is fit for paging, or descending.
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort_order: Option<String>,
}
