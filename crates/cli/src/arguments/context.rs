//! The arguments of `inthreat context`.

use clap::Args;

use super::{Columns, DrawnFormat, Source};

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
    /// How it is printed [default: a tree on a terminal, else JSON, which is one bundle, or several as an array].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<DrawnFormat>,
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten)]
    pub(crate) source: Source,
}
