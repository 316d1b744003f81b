//! What stands around objects, as nodes and edges, to be drawn.

mod html;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{HashMap, HashSet};

use inthreat_stix::{Bundle, RawObject};

use crate::{relationship::Relationship, summary::Summary};

pub(crate) use html::page;
pub(crate) use text::{dot, mermaid};

/// The objects of contexts and what relates them.
pub(crate) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

struct Node {
    id: String,
    object_type: String,
    name: String,
    /// TLP, confidence and state, as far as they are told.
    note: String,
    is_root: bool,
    /// `None` for an object that is named and not there.
    object: Option<RawObject>,
}

#[derive(PartialEq, Eq, Hash)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
}

impl Graph {
    /// The graph of contexts. The first object of a bundle is its root (CONTRACT 8); an object that is in several is one
    /// node. Sources are related to the roots that they are sources of; markings are no nodes.
    pub(crate) fn of(bundles: &[Bundle]) -> Self {
        let mut building = Building::default();
        for bundle in bundles {
            for (index, object) in bundle.objects.iter().enumerate() {
                if !matches!(object.object_type(), Some("relationship" | "marking-definition")) {
                    building.object(object, index == 0);
                }
            }
        }
        for object in bundles.iter().flat_map(|bundle| &bundle.objects) {
            if object.object_type() == Some("relationship") {
                if let Ok(relationship) = object.parse::<Relationship<'_>>() {
                    let from = building.node(&relationship.source_ref);
                    let to = building.node(&relationship.target_ref);
                    building.edge(from, to, &relationship.verb);
                }
            } else {
                building.references(object);
            }
        }
        building.finish()
    }
}

/// A graph that is being built.
#[derive(Default)]
struct Building {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    places: HashMap<String, usize>,
    known: HashSet<(usize, usize, String)>,
}

impl Building {
    fn object(&mut self, object: &RawObject, is_root: bool) {
        let Some(id) = object.id() else { return };
        let place = self.node(id);
        let Some(node) = self.nodes.get_mut(place) else { return };
        node.is_root |= is_root;
        if node.object.is_some() {
            return;
        }
        let summary = Summary::of(object);
        let marks = [
            (!summary.tlp.is_empty()).then(|| format!("TLP:{}", summary.tlp.to_uppercase())),
            (!summary.confidence.is_empty()).then(|| format!("{} %", summary.confidence)),
            (!summary.state.is_empty()).then_some(summary.state),
        ];
        node.note = marks.into_iter().flatten().collect::<Vec<_>>().join(", ");
        node.name = summary.name;
        node.object = Some(object.clone());
    }

    /// The place of an object, which may come later or never.
    fn node(&mut self, id: &str) -> usize {
        if let Some(&place) = self.places.get(id) {
            return place;
        }
        let place = self.nodes.len();
        let object_type = id.split_once("--").map_or("", |(kind, _)| kind);
        self.nodes.push(Node {
            id: id.to_owned(),
            object_type: object_type.to_owned(),
            name: String::new(),
            note: String::new(),
            is_root: false,
            object: None,
        });
        self.places.insert(id.to_owned(), place);
        place
    }

    fn edge(&mut self, from: usize, to: usize, label: &str) {
        if self.known.insert((from, to, label.to_owned())) {
            self.edges.push(Edge { from, to, label: label.to_owned() });
        }
    }

    /// What an object names without a relationship: its sources, the objects of a report.
    fn references(&mut self, object: &RawObject) {
        let Some(&from) = object.id().and_then(|id| self.places.get(id)) else { return };
        let is_root = self.nodes.get(from).is_some_and(|node| node.is_root);
        for reference in object.references() {
            let Some(&to) = self.places.get(reference.id()) else { continue };
            let is_source = reference.id().starts_with("identity--");
            if to != from && (is_root || !is_source) {
                let label = match reference.property() {
                    property if property.ends_with("sources_refs") => "source",
                    property => property.trim_end_matches("_refs").trim_end_matches("_ref"),
                };
                self.edge(from, to, &label.replace('_', " "));
            }
        }
    }

    /// Leaves out what nothing is related to.
    fn finish(self) -> Graph {
        let used: HashSet<usize> =
            self.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
        let mut places = HashMap::new();
        let mut nodes = Vec::new();
        for (place, node) in self.nodes.into_iter().enumerate() {
            if node.is_root || used.contains(&place) {
                places.insert(place, nodes.len());
                nodes.push(node);
            }
        }
        let edges = self.edges.into_iter().filter_map(|edge| {
            let (from, to) = (*places.get(&edge.from)?, *places.get(&edge.to)?);
            Some(Edge { from, to, label: edge.label })
        });
        Graph { edges: edges.collect(), nodes }
    }
}
