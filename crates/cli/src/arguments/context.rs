//! The arguments of `inthreat context`.

use clap::{Args, ValueEnum};

use super::{Columns, Source};

/// How a context is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ContextFormat {
    /// What points where; on a terminal cut to its width.
    Tree,
    /// A line for each object.
    Table,
    /// One bundle; several as an array.
    Json,
    /// One object a line.
    Ndjson,
    /// One document for each object.
    Yaml,
    /// A table for programs, a row for each object.
    Csv,
    /// A graph for Graphviz: `… -o dot | dot -Tsvg`.
    Dot,
    /// A graph for documents that draw Mermaid.
    Mermaid,
    /// A page with a graph to look at and to search through, which needs no network.
    Html,
}

/// Examples of the long help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  inthreat context --local ti domain-name api.ontracting.com
  inthreat context --local ti malware--a1f5a56a-… -o html > emotet.html
  inthreat context --local ti 198.51.100[.]7 -o dot | dot -Tsvg > context.svg";

#[derive(Args, Debug)]
pub(crate) struct Context {
    /// An id, or a value whose type is guessed, or the type of an observable and its value.
    #[arg(value_name = "ID | TYPE VALUE", required = true, num_args = 1..=2)]
    pub(crate) subject: Vec<String>,
    /// How it is printed [default: a tree on a terminal, else JSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<ContextFormat>,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) source: Source,
}
