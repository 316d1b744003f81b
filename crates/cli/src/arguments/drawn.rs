//! How what stands around an object is printed: as a list, or drawn.

use clap::{ValueEnum, builder::PossibleValue};

use crate::print::Format;

/// A picture of objects and what relates them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// What points where; on a terminal cut to its width.
    Tree,
    /// A graph for Graphviz: `… -o dot | dot -Tsvg`.
    Dot,
    /// A graph for documents that draw Mermaid.
    Mermaid,
    /// A page with a graph to look at and to search through, which needs no network.
    Html,
}

/// A list or a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DrawnFormat {
    List(Format),
    Drawing(Drawing),
}

impl ValueEnum for DrawnFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Drawing(Drawing::Tree),
            Self::List(Format::Table),
            Self::List(Format::Json),
            Self::List(Format::Ndjson),
            Self::List(Format::Yaml),
            Self::List(Format::Csv),
            Self::Drawing(Drawing::Dot),
            Self::Drawing(Drawing::Mermaid),
            Self::Drawing(Drawing::Html),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::List(format) => format.to_possible_value(),
            Self::Drawing(drawing) => drawing.to_possible_value(),
        }
    }
}
