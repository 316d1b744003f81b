//! How a list is printed: the arguments that every reading command has.

use clap::Args;

use crate::print::{Field, Format, Listing};

/// How a list is printed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Shown {
    /// How it is printed [default: a table on a terminal, else NDJSON].
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    #[command(flatten)]
    pub(crate) columns: Columns,
}

impl Shown {
    /// Whole items in this format.
    pub(crate) fn of(format: Format) -> Self {
        Self { output: Some(format), columns: Columns::default() }
    }
}

/// How findings are printed: in words for people, or as a list.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Told {
    /// Print them as items, in this format, in the place of words.
    #[arg(short, long, value_name = "FORMAT")]
    pub(crate) output: Option<Format>,
    #[command(flatten)]
    pub(crate) columns: Columns,
}

impl Told {
    /// The list that was asked for; `None` for words.
    pub(crate) fn listing(&self, head: &[&str]) -> Option<Listing> {
        let shown = Shown { output: self.output, columns: self.columns.clone() };
        let is_list = self.output.is_some() || !self.columns.fields.is_empty();
        is_list.then(|| Listing::new(&shown, head))
    }
}

/// What of each item is printed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Columns {
    /// Only these properties, as `name` or `external_references.url`; `tlp` and `state` are worked out. In a list, a
    /// number takes one of its items, another name that of each.
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = Field::parse)]
    pub(crate) fields: Vec<Field>,
    /// Put a `'` in front of cells of CSV that a spreadsheet would take for formulas.
    #[arg(long)]
    pub(crate) safe_csv: bool,
}
