//! Graphs as text for programs that draw: the DOT language of Graphviz, and Mermaid.

use std::fmt::Write;

use super::{Graph, Node};
use crate::terminal;

/// How much of a name stands in a node.
const NAME_MAX: usize = 80;

/// The graph in the DOT language.
pub(crate) fn dot(graph: &Graph) -> String {
    let mut out = String::from(
        "digraph context {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for (place, node) in graph.nodes.iter().enumerate() {
        let [kind, name, id] =
            [kind(node), name(node), node.id.clone()].map(|text| dot_text(&text));
        let width = if node.is_root { ", penwidth=2" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  n{place} [label=\"{kind}\\n{name}\", tooltip=\"{id}\"{width}];");
    }
    for edge in &graph.edges {
        let label = dot_text(&edge.label);
        let _ = writeln!(out, "  n{} -> n{} [label=\"{label}\"];", edge.from, edge.to);
    }
    out + "}\n"
}

/// The graph as a flowchart of Mermaid.
pub(crate) fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (place, node) in graph.nodes.iter().enumerate() {
        let [kind, name] = [kind(node), name(node)].map(|text| mermaid_text(&text));
        let (open, close) = if node.is_root { ("([", "])") } else { ("[", "]") };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  n{place}{open}\"{kind}<br/>{name}\"{close}");
    }
    for edge in &graph.edges {
        let label = mermaid_text(&edge.label);
        let _ = writeln!(out, "  n{} -->|\"{label}\"| n{}", edge.from, edge.to);
    }
    out
}

fn kind(node: &Node) -> String {
    if node.note.is_empty() {
        node.object_type.clone()
    } else {
        format!("{} ({})", node.object_type, node.note)
    }
}

fn name(node: &Node) -> String {
    node.name().chars().take(NAME_MAX).collect()
}

/// In quotes, a quote and a backslash alone have a meaning.
fn dot_text(text: &str) -> String {
    terminal::visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// All but letters, digits and what is surely harmless is spelled by number.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in terminal::visible(text).chars() {
        if character.is_alphanumeric() || " -_.,:/()".contains(character) {
            out.push(character);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "#{};", u32::from(character));
        }
    }
    out
}
