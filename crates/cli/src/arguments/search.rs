//! The arguments of `inthreat search` and `inthreat relations`.

use clap::{Args, ValueEnum};
use inthreat_stix::{Timestamp, marking::Tlp};

use super::{Columns, DrawnFormat, Shown, Source};
use crate::{types, values};

/// Examples of the long help.
pub(crate) const SEARCH_EXAMPLES: &str = "\
Examples:
  inthreat search --local ti emotet
  inthreat search --local ti lazarus --types threat-actor,intrusion-set -o json
  inthreat search --local ti --external-ids T1566,T1059
  inthreat search --local ti botnet --types indicator --since 7d --confidence-min 70 --limit 500 -o csv";

/// Examples of the long help.
pub(crate) const RELATIONS_EXAMPLES: &str = "\
Examples:
  inthreat relations --local ti malware--a1f5a56a-…
  inthreat relations --local ti intrusion-set--… --direction out --types uses --target-types attack-pattern
  inthreat relations --local ti malware--a1f5a56a-… --limit 200 -o html > emotet.html
  inthreat relations --local ti malware--… -o csv --fields relationship.relationship_type,related_object.name,related_object.tlp";

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// What to search for, in names, aliases and external ids.
    #[arg(value_name = "TERM")]
    pub(crate) term: Vec<String>,
    /// Only objects of these types.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) types: Vec<String>,
    /// Only objects of exactly these names.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) names: Vec<String>,
    /// Only objects with these identifiers of others, such as `T1566`.
    #[arg(long, value_name = "ID,…", value_delimiter = ',', conflicts_with_all = ["term", "since", "created_since", "confidence_min", "observable_types", "include_revoked", "sort", "feed"])]
    pub(crate) external_ids: Vec<String>,
    /// Only objects of these sources, which are identities.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub(crate) sources: Vec<String>,
    /// Only objects with these labels.
    #[arg(long, value_name = "LABEL,…", value_delimiter = ',')]
    pub(crate) labels: Vec<String>,
    /// Only objects with these markings: clear, green, amber, red.
    #[arg(long, value_name = "TLP,…", value_delimiter = ',', value_parser = values::tlp)]
    pub(crate) tlps: Vec<Tlp>,
    /// Only indicators of observables of these types, such as `ipv4-addr`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::observable)]
    pub(crate) observable_types: Vec<String>,
    /// Nothing of less confidence than this.
    #[arg(long, value_name = "0-100", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) confidence_min: Option<u8>,
    /// Only objects modified since, such as `7d` or `2026-01-01`.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) since: Option<Timestamp>,
    /// Only objects created since.
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    pub(crate) created_since: Option<Timestamp>,
    /// Only objects of this feed.
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Revoked objects too.
    #[arg(long)]
    pub(crate) include_revoked: bool,
    /// What comes first.
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<Sort>,
    #[command(flatten)]
    pub(crate) window: Window,
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// What comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// What fits best.
    Pertinence,
    /// What was modified last.
    Modified,
}

/// A part of a list.
#[derive(Args, Debug)]
pub(crate) struct Window {
    /// Print at most this many.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_100))]
    pub(crate) limit: u32,
    /// Pass over this many first.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub(crate) offset: u32,
}

#[derive(Args, Debug)]
pub(crate) struct Relations {
    /// The object.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
    /// Which way relationships point, seen from the object.
    #[arg(long, value_name = "WAY", default_value = "both")]
    pub(crate) direction: Direction,
    /// Only relationships of these types, such as `uses`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Only relationships whose other end has one of these types, such as `malware`.
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', value_parser = types::object)]
    pub(crate) target_types: Vec<String>,
    /// Revoked relationships too.
    #[arg(long)]
    pub(crate) include_revoked: bool,
    #[command(flatten)]
    pub(crate) window: Window,
    /// How it is printed [default: a table on a terminal, else NDJSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<DrawnFormat>,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) source: Source,
}

/// Which way a relationship points, seen from an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// Either way.
    Both,
    /// From the object to others.
    Out,
    /// From others to the object.
    In,
}
