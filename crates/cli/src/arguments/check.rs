//! The arguments of `inthreat validate` and `inthreat pattern`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Told;

/// Examples of the long help.
pub(crate) const VALIDATE_EXAMPLES: &str = "\
Examples:
  inthreat validate bundle.json
  inthreat export --local ti | inthreat validate - --errors-only
  inthreat validate objects/*.json -o sarif > findings.sarif

A file holds objects, bundles or lists of them, one behind the other. Exit codes: 0 nothing was found, 1 something was.";

/// Examples of the long help.
pub(crate) const PATTERN_EXAMPLES: &str = "\
Examples:
  inthreat pattern check \"[ipv4-addr:value = '198.51.100.7']\"
  inthreat pattern explain \"[file:name LIKE '%.exe'] FOLLOWEDBY [domain-name:value = 'evil.example'] WITHIN 300 SECONDS\"
  jq -r .pattern indicator.json | inthreat pattern parse - -o csv --fields path,values";

#[derive(Args, Debug)]
pub(crate) struct Validate {
    /// The files; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How findings are printed.
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: FindingFormat,
    /// Leave out what the specification only recommends.
    #[arg(long)]
    pub(crate) errors_only: bool,
    /// Tell of relationships whose ends are not in the bundle.
    #[arg(long)]
    pub(crate) complete: bool,
    /// Print at most this many findings, errors before warnings; the others are counted.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) max: usize,
    /// Hold objects to this version, and not to the one that they say themselves.
    #[arg(long, value_name = "VERSION")]
    pub(crate) spec_version: Option<Version>,
}

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingFormat {
    /// A line each: file, line, column, what is wrong.
    Text,
    /// One JSON list.
    Json,
    /// One finding a line.
    Ndjson,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}

/// A version of STIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Version {
    /// STIX 2.0.
    #[value(name = "2.0")]
    V20,
    /// STIX 2.1.
    #[value(name = "2.1")]
    V21,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Pattern {
    /// Print what a pattern is made of.
    Parse(PatternArguments),
    /// Say what is wrong with a pattern; exit code 1 when something is.
    Check(PatternArguments),
    /// Say in words what a pattern looks for.
    Explain(PatternArguments),
}

#[derive(Args, Debug)]
pub(crate) struct PatternArguments {
    /// The pattern; `-` reads it from standard input.
    #[arg(value_name = "PATTERN", allow_hyphen_values = true)]
    pub(crate) pattern: String,
    #[command(flatten)]
    pub(crate) told: Told,
}
