//! A graph as a tree: an object, what it is related to, and where the knowledge comes from.

use std::{iter, slice};

use inthreat_stix::RawObject;

use super::{Edge, Graph, Node, Surroundings};
use crate::summary::Summary;

/// The lines of the tree: what the root is related to and what that is related to, then what the root itself names, and its
/// markings.
pub(crate) fn lines(around: &Surroundings<'_>) -> Vec<String> {
    let graph = Graph::of(slice::from_ref(around));
    let Some(root) = graph.nodes.iter().position(|node| node.is_root) else {
        return Vec::new();
    };
    let near = Near::of(&graph);
    let (references, relationships): (Vec<_>, Vec<_>) =
        near.at(root).partition(|neighbour| neighbour.is_reference);
    let mut branches: Vec<(String, Vec<String>)> = Vec::new();
    for neighbour in relationships {
        let beyond = near.beyond(&neighbour, root);
        let beyond = beyond.map(|further| further.words(&title(further.node))).collect();
        branches.push((neighbour.words(&title(neighbour.node)), beyond));
    }
    let named = references.iter().map(|one| one.words(&name(one.node)));
    let markings = markings(around).map(|marking| format!("marking {marking}"));
    branches.extend(named.chain(markings).map(|line| (line, Vec::new())));
    let root = graph.nodes.get(root).map(title).unwrap_or_default();
    draw(root, &branches)
}

/// The edges of each node, in their order.
struct Near<'a> {
    graph: &'a Graph,
    edges: Vec<Vec<&'a Edge>>,
}

/// What an edge leads to, seen from one of its ends.
struct Neighbour<'a> {
    place: usize,
    node: &'a Node,
    label: &'a str,
    is_out: bool,
    is_reference: bool,
}

impl<'a> Near<'a> {
    fn of(graph: &'a Graph) -> Self {
        let mut edges: Vec<Vec<&Edge>> = graph.nodes.iter().map(|_| Vec::new()).collect();
        for edge in &graph.edges {
            let other_end = (edge.to != edge.from).then_some(edge.to);
            for end in iter::once(edge.from).chain(other_end) {
                edges.get_mut(end).into_iter().for_each(|at| at.push(edge));
            }
        }
        Self { graph, edges }
    }

    /// What a neighbour of the root is related to besides it. A root that is its own neighbour was told already.
    fn beyond(
        &self,
        neighbour: &Neighbour<'a>,
        root: usize,
    ) -> impl Iterator<Item = Neighbour<'a>> {
        let is_other = neighbour.place != root;
        let further = self.at(neighbour.place);
        further.filter(move |one| is_other && one.place != root && !one.is_reference)
    }

    fn at(&self, place: usize) -> impl Iterator<Item = Neighbour<'a>> {
        let graph = self.graph;
        self.edges.get(place).into_iter().flatten().filter_map(move |edge| {
            let is_out = edge.from == place;
            let other = if is_out { edge.to } else { edge.from };
            let node = graph.nodes.get(other)?;
            let (label, is_reference) = (edge.label.as_str(), edge.is_reference);
            Some(Neighbour { place: other, node, label, is_out, is_reference })
        })
    }
}

impl Neighbour<'_> {
    /// What relates the two, as it reads from the other end.
    fn words(&self, other: &str) -> String {
        let label = self.label;
        match (self.is_out, self.is_reference) {
            (true, true) => format!("{label} {other}"),
            (true, false) => format!("{label} -> {other}"),
            (false, _) => format!("<- {label} {other}"),
        }
    }
}

/// The names of the markings that the root has. Others are those of what stands around it.
fn markings(around: &Surroundings<'_>) -> impl Iterator<Item = String> {
    let root = around.objects.iter().find(|object| around.is_root(object));
    let named: Vec<_> = root.into_iter().flat_map(RawObject::references).collect();
    let definitions =
        around.objects.iter().filter(|object| object.object_type() == Some("marking-definition"));
    definitions
        .filter(move |object| named.iter().any(|reference| Some(reference.id()) == object.id()))
        .map(|object| Summary::of(object).name)
}

/// What is only named by a property goes without its type where that is plain: who made something is an identity.
fn name(node: &Node) -> String {
    if node.object_type == "identity" && !node.name.is_empty() {
        node.name.clone()
    } else {
        title(node)
    }
}

/// The type and the name of an object, or its id; and what else there is to know at a glance.
fn title(node: &Node) -> String {
    let Some(object) = node.object.as_ref().filter(|_| !node.name.is_empty()) else {
        return node.id.clone();
    };
    let summary = Summary::of(object);
    let mut title = format!("{} {}", summary.object_type, summary.name);
    let until = day(&summary.valid_until);
    let until_word = if summary.state == "expired" { "expired" } else { "valid until" };
    let marks = [
        (!summary.tlp.is_empty(), format!("TLP:{}", summary.tlp.to_uppercase())),
        (!summary.confidence.is_empty(), format!("confidence {}", summary.confidence)),
        (summary.state == "revoked", summary.state.clone()),
        (!until.is_empty(), format!("{until_word} {until}")),
    ];
    let marks: Vec<String> =
        marks.into_iter().filter_map(|(is_set, mark)| is_set.then_some(mark)).collect();
    if !marks.is_empty() {
        title = format!("{title} ({})", marks.join(", "));
    }
    title
}

/// The day of an instant.
fn day(instant: &str) -> &str {
    instant.split_once('T').map_or(instant, |(day, _)| day)
}

fn draw(root: String, branches: &[(String, Vec<String>)]) -> Vec<String> {
    let mut lines = vec![root];
    for (index, (branch, leaves)) in branches.iter().enumerate() {
        let is_last = index + 1 == branches.len();
        lines.push(format!("{} {branch}", if is_last { "└──" } else { "├──" }));
        for (index, leaf) in leaves.iter().enumerate() {
            let corner = if index + 1 == leaves.len() { "└──" } else { "├──" };
            lines.push(format!("{}   {corner} {leaf}", if is_last { " " } else { "│" }));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects<const N: usize>(texts: [&str; N]) -> Vec<RawObject> {
        texts.map(|text| RawObject::new(text).unwrap()).to_vec()
    }

    // Catches a tree that loses a branch, that turns an arrow round, or that takes an identity for a source because it is
    // there: as the end of a relationship, or as the source of something else.
    #[test]
    fn a_context_is_drawn() {
        let objects = objects([
            r#"{"type":"indicator","id":"indicator--1","name":"198.51.100.7","confidence":80,"valid_until":"2999-01-02T03:04:05.678Z","created_by_ref":"identity--1","x_inthreat_sources_refs":["identity--1","identity--2"],"object_marking_refs":["marking-definition--1"]}"#,
            r#"{"type":"malware","id":"malware--1","name":"Emotet","x_inthreat_sources_refs":["identity--4"]}"#,
            r#"{"type":"attack-pattern","id":"attack-pattern--1","name":"Phishing"}"#,
            r#"{"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1","created_by_ref":"identity--1"}"#,
            r#"{"type":"relationship","id":"relationship--2","relationship_type":"uses","source_ref":"malware--1","target_ref":"attack-pattern--1"}"#,
            r#"{"type":"relationship","id":"relationship--3","relationship_type":"related-to","source_ref":"identity--3","target_ref":"indicator--1","revoked":true}"#,
            r#"{"type":"identity","id":"identity--1","name":"SEKOIA"}"#,
            r#"{"type":"identity","id":"identity--2","name":"tria.ge"}"#,
            r#"{"type":"identity","id":"identity--3","name":"Bank"}"#,
            r#"{"type":"identity","id":"identity--4","name":"MITRE"}"#,
            r#"{"type":"marking-definition","id":"marking-definition--1","name":"TLP:GREEN"}"#,
            r#"{"type":"marking-definition","id":"marking-definition--2","name":"TLP:WHITE"}"#,
        ]);
        assert_eq!(
            lines(&Surroundings { root: "indicator--1", objects: &objects }),
            [
                "indicator 198.51.100.7 (confidence 80, valid until 2999-01-02)",
                "├── indicates -> malware Emotet",
                "│   └── uses -> attack-pattern Phishing",
                "├── <- related-to (revoked) identity Bank",
                "├── created by SEKOIA",
                "├── source SEKOIA",
                "├── source tria.ge",
                "└── marking TLP:GREEN",
            ]
        );
    }

    // Catches a tree without a root where it is named alone, an end without a name that is a hole in the line, an object
    // that is related to itself twice, and a report that does not tell what it is about.
    #[test]
    fn what_is_not_there_is_its_id() {
        let related = objects([
            r#"{"type":"relationship","id":"relationship--1","relationship_type":"uses","source_ref":"malware--1","target_ref":"tool--1"}"#,
            r#"{"type":"relationship","id":"relationship--2","relationship_type":"variant-of","source_ref":"malware--1","target_ref":"malware--1"}"#,
            r#"{"type":"relationship","id":"relationship--3","relationship_type":"about","source_ref":"note--1","target_ref":"malware--1"}"#,
            r#"{"type":"note","id":"note--1"}"#,
        ]);
        assert_eq!(
            lines(&Surroundings { root: "malware--1", objects: &related }),
            [
                "malware--1",
                "├── uses -> tool--1",
                "├── variant-of -> malware--1",
                "└── <- about note--1"
            ]
        );
        let report = objects([
            r#"{"type":"report","id":"report--1","name":"R","object_refs":["malware--1","tool--1"]}"#,
            r#"{"type":"malware","id":"malware--1","name":"M"}"#,
        ]);
        let report = Surroundings { root: "report--1", objects: &report };
        assert_eq!(lines(&report), ["report R", "└── object malware M"]);
        assert!(lines(&Surroundings { root: "", objects: &[] }).is_empty());
    }
}
