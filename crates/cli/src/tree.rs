//! A context as a tree: the object, what it is related to, and where the knowledge comes from.

use std::collections::HashMap;

use inthreat_stix::{Bundle, RawObject};

use crate::{relationship::Relationship, summary::Summary};

/// The lines of the tree. The first object of the bundle is its root (CONTRACT 8).
pub(crate) fn lines(bundle: &Bundle) -> Vec<String> {
    let Some((root, others)) = bundle.objects.split_first() else {
        return Vec::new();
    };
    let known: HashMap<&str, &RawObject> =
        bundle.objects.iter().filter_map(|object| Some((object.id()?, object))).collect();
    let root_id = root.id().unwrap_or_default();
    let relationships: Vec<Relationship<'_>> = others
        .iter()
        .filter(|object| object.object_type() == Some("relationship"))
        .filter_map(|object| object.parse().ok())
        .collect();
    let mut branches: Vec<(String, Vec<String>)> = Vec::new();
    for (verb, other) in neighbours(&relationships, root_id) {
        let beyond = neighbours(&relationships, other)
            .filter(|(_, further)| *further != root_id)
            .map(|(verb, further)| format!("{verb} {}", describe(&known, further)))
            .collect();
        branches.push((format!("{verb} {}", describe(&known, other)), beyond));
    }
    let provenance = others
        .iter()
        .filter(|o| matches!(o.object_type(), Some("identity" | "marking-definition")));
    for object in provenance {
        let word = if object.object_type() == Some("identity") { "source" } else { "marking" };
        branches.push((format!("{word} {}", Summary::of(object).name), Vec::new()));
    }
    draw(title(root), &branches)
}

/// The relationships at an object, as they read from there.
fn neighbours<'a>(
    relationships: &'a [Relationship<'a>],
    id: &'a str,
) -> impl Iterator<Item = (String, &'a str)> {
    relationships.iter().filter_map(move |relationship| {
        let verb = &relationship.verb;
        if relationship.source_ref == id {
            Some((format!("{verb} ->"), &*relationship.target_ref))
        } else if relationship.target_ref == id {
            Some((format!("<- {verb}"), &*relationship.source_ref))
        } else {
            None
        }
    })
}

fn describe(known: &HashMap<&str, &RawObject>, id: &str) -> String {
    known.get(id).map_or_else(|| id.to_owned(), |object| title(object))
}

fn title(object: &RawObject) -> String {
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

    // Catches a tree that loses a branch, or that turns an arrow round.
    #[test]
    fn a_context_is_drawn() {
        let objects = [
            r#"{"type":"indicator","id":"indicator--1","name":"198.51.100.7","confidence":80,"valid_until":"2999-01-02T03:04:05.678Z"}"#,
            r#"{"type":"malware","id":"malware--1","name":"Emotet"}"#,
            r#"{"type":"attack-pattern","id":"attack-pattern--1","name":"Phishing"}"#,
            r#"{"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1"}"#,
            r#"{"type":"relationship","id":"relationship--2","relationship_type":"uses","source_ref":"malware--1","target_ref":"attack-pattern--1"}"#,
            r#"{"type":"identity","id":"identity--1","name":"SEKOIA"}"#,
        ];
        let objects = objects.map(|text| RawObject::new(text).unwrap()).to_vec();
        let bundle =
            Bundle::new("bundle--357447d7-9229-4ce1-b7fa-f1b83587048e".parse().unwrap(), objects);
        assert_eq!(
            lines(&bundle),
            [
                "indicator 198.51.100.7 (confidence 80, valid until 2999-01-02)",
                "├── indicates -> malware Emotet",
                "│   └── uses -> attack-pattern Phishing",
                "└── source SEKOIA",
            ]
        );
    }
}
