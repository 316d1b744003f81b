//! What stands around objects, as nodes and edges, to be drawn.

mod html;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::collections::{HashMap, HashSet};

use inthreat_stix::{Bundle, RawObject};

use crate::{relationship::Relationship, summary::Summary};

pub(crate) use html::page;
pub(crate) use text::{dot, mermaid};
pub(crate) use tree::lines;

/// An object and what stands around it.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The id of the object, which may be among the objects or not.
    pub(crate) root: &'a str,
    pub(crate) objects: &'a [RawObject],
}

impl<'a> Surroundings<'a> {
    /// A context. Its first object is its root (CONTRACT 8).
    pub(crate) fn of(bundle: &'a Bundle) -> Self {
        let root = bundle.objects.first().and_then(RawObject::id).unwrap_or_default();
        Self { root, objects: &bundle.objects }
    }

    fn is_root(&self, object: &RawObject) -> bool {
        object.id() == Some(self.root)
    }
}

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

impl Node {
    /// Its name, or its id where it has none.
    fn name(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

struct Edge {
    from: usize,
    to: usize,
    label: String,
    /// Whether no relationship says it: a property of the object that it goes out from does.
    is_reference: bool,
}

impl Graph {
    /// The graph of what stands around some objects. An object that is in several surroundings is one node. Sources are
    /// related to the roots that they are sources of; markings are no nodes, and relationships none where they are no roots.
    pub(crate) fn of(all: &[Surroundings<'_>]) -> Self {
        let mut building = Building::default();
        for around in all {
            building.root(around.root);
            for object in around.objects {
                let kind = object.object_type();
                let is_between = matches!(kind, Some("relationship" | "marking-definition"));
                if around.is_root(object) || !is_between {
                    building.object(object);
                }
            }
        }
        for around in all {
            for object in around.objects {
                let is_relationship = object.object_type() == Some("relationship");
                if is_relationship {
                    building.relationship(object);
                }
                if around.is_root(object) || !is_relationship {
                    building.references(object);
                }
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
    /// What it is all about; nothing has an empty id.
    fn root(&mut self, id: &str) {
        if !id.is_empty() {
            let place = self.node(id);
            self.nodes.get_mut(place).into_iter().for_each(|node| node.is_root = true);
        }
    }

    fn object(&mut self, object: &RawObject) {
        let Some(id) = object.id() else { return };
        let place = self.node(id);
        let Some(node) = self.nodes.get_mut(place) else { return };
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

    fn edge(&mut self, from: usize, to: usize, label: String, is_reference: bool) {
        if self.known.insert((from, to, label.clone())) {
            self.edges.push(Edge { from, to, label, is_reference });
        }
    }

    /// What a relationship says. One that was revoked says so.
    fn relationship(&mut self, object: &RawObject) {
        let Ok(relationship) = object.parse::<Relationship<'_>>() else { return };
        let [from, to] =
            [&relationship.source_ref, &relationship.target_ref].map(|id| self.node(id));
        let mut label = relationship.verb.into_owned();
        if object.is_revoked() {
            label.push_str(" (revoked)");
        }
        self.edge(from, to, label, false);
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
                    // Of a relationship: whom it was heard from is told by the same word otherwise.
                    "source_ref" => "from",
                    "target_ref" => "to",
                    property => property.trim_end_matches("_refs").trim_end_matches("_ref"),
                };
                self.edge(from, to, label.replace('_', " "), true);
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
            Some(Edge { from, to, ..edge })
        });
        Graph { edges: edges.collect(), nodes }
    }
}
