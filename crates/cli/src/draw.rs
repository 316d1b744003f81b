//! Drawings, printed.

use crate::{
    arguments::{Columns, Drawing, DrawnFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    graph::{self, Graph, Surroundings},
    print::{Output, terminal_width},
    terminal,
};

/// Refuses columns that a drawing has no place for.
pub(crate) fn check(format: Option<DrawnFormat>, columns: &Columns) -> Outcome {
    let is_drawing = matches!(format, Some(DrawnFormat::Drawing(_)));
    if is_drawing && !columns.fields.is_empty() {
        let words = "--fields goes with lists alone: a tree, a graph or a page has no columns";
        return Err(Failure::new(Exit::Usage, words)
            .hint("-o table, json, ndjson, yaml and csv print what is chosen of each object"));
    }
    Ok(())
}

/// Prints what stands around some objects: a tree for each, or one graph of them all.
pub(crate) fn print(drawing: Drawing, all: &[Surroundings<'_>]) -> Outcome {
    let mut output = Output::new();
    match drawing {
        Drawing::Tree => print_trees(&mut output, all)?,
        Drawing::Dot => output.text(&graph::dot(&Graph::of(all)))?,
        Drawing::Mermaid => output.text(&graph::mermaid(&Graph::of(all)))?,
        Drawing::Html => output.text(&graph::page(&Graph::of(all)))?,
    }
    output.finish()
}

fn print_trees(output: &mut Output, all: &[Surroundings<'_>]) -> Outcome {
    let width = if output.is_terminal() { terminal_width() } else { None };
    for line in all.iter().flat_map(graph::lines) {
        let line = terminal::visible(&line);
        match width {
            Some(width) => output.line(&terminal::cut(&line, width))?,
            None => output.line(&line)?,
        }
    }
    Ok(())
}
