//! The arguments of `inthreat lookup`.

use std::path::PathBuf;

use clap::Args;

use super::{Shown, Source};
use crate::{
    types,
    values::{self, When},
};

/// Examples of the long help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  inthreat lookup --local ti 198.51.100[.]7 api.ontracting.com
  inthreat lookup --local ti --file values.txt -o csv --fields name,tlp,state > found.csv
  cut -f3 proxy.log | inthreat lookup --local ti - --summary
  inthreat lookup --file alerts.csv --column destination --jobs 4 -o ndjson
  if inthreat lookup --local ti \"$address\" > /dev/null 2>&1; then echo known; fi

A line that is empty or begins with # is passed over. Each value is asked for once, in the order in which the values \
come. Exit codes: 0 an indicator names one of them, 1 none does.";

#[derive(Args, Debug)]
pub(crate) struct Lookup {
    /// The values; also defanged ones, such as `198.51.100[.]7`. `-` takes them from standard input, one a line.
    #[arg(value_name = "VALUE", required_unless_present = "files")]
    pub(crate) values: Vec<String>,
    /// Take values from this file, one a line; `-` is standard input. Lines that are no values are told and counted.
    #[arg(short, long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The files are CSV: take this column, by its name in the first row, or by its number from 1.
    #[arg(long, value_name = "NAME | N", requires = "files")]
    pub(crate) column: Option<String>,
    /// The type of the values, where it is not to be guessed.
    #[arg(long = "type", value_name = "TYPE", value_parser = types::observable)]
    pub(crate) observable_type: Option<String>,
    /// How many values the service is asked at once.
    #[arg(short, long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) jobs: u8,
    /// Print how many values of each type there are and how many were found, in the place of the indicators.
    #[arg(long)]
    pub(crate) summary: bool,
    /// The indicators as a replica had them at this instant, or when this sequence had arrived.
    #[arg(long, value_name = "TIME | SEQUENCE", requires = "local", value_parser = values::when)]
    pub(crate) as_of: Option<When>,
    #[command(flatten)]
    pub(crate) shown: Shown,
    #[command(flatten)]
    pub(crate) source: Source,
}
