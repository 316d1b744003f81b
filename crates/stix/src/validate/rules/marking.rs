//! Marking definitions (section 7.2.1).

use crate::{
    json::{Node, Object},
    marking::Tlp,
    spec_version::SpecVersion,
    validate::{Code, engine::Run},
    vocabulary::MarkingType,
};

/// The markings of TLP 1, which must be used as the specification writes them (section 7.2.1.4).
const TLP_CREATED: &str = "2017-01-20T00:00:00.000Z";

pub(in crate::validate) fn marking_definition<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let id = object.string("id").unwrap_or_default();
    let kind = object.get("definition_type");
    let tlp = Tlp::versioned(id).filter(|(version, _)| *version == 1).map(|(_, tlp)| tlp);
    if kind.and_then(Node::as_str) == Some("tlp") {
        if tlp.is_none_or(|tlp| !is_standard(run.version, object, tlp)) {
            run.find(
                Code::MarkingDefinition,
                format_args!("a TLP marking is not one of those in the specification"),
            );
        }
        return;
    }
    let extended = object.contains("extensions") && run.version != SpecVersion::V20;
    for name in ["definition_type", "definition"] {
        if !object.contains(name) && !extended && run.version != SpecVersion::V20 {
            run.find(Code::RequiredProperty, format_args!("the property `{name}` is absent"));
        }
    }
    let Some(definition) = object.get("definition") else { return };
    let Some(definition) = definition.as_object() else {
        run.find_at(
            "definition",
            Code::WrongType,
            format_args!("expected an object, found {}", definition.kind()),
        );
        return;
    };
    match kind.and_then(Node::as_str) {
        Some("statement") if definition.string("statement").is_none() => run.find_at(
            "definition",
            Code::MarkingDefinition,
            format_args!("a statement marking has a `statement`, which is a string"),
        ),
        None => {}
        Some(kind) if MarkingType::WORDS.contains(&kind) => {}
        Some(other) => run.find_at(
            "definition_type",
            Code::MarkingType,
            format_args!("`{}` is no type of marking", crate::validate::engine::excerpt(other)),
        ),
    }
}

/// Whether the object is the standard one, property for property.
fn is_standard(version: SpecVersion, object: &Object<'_>, tlp: Tlp) -> bool {
    let (name, colour) = match tlp {
        Tlp::Clear => ("TLP:WHITE", "white"),
        Tlp::Green => ("TLP:GREEN", "green"),
        Tlp::Amber | Tlp::AmberStrict => ("TLP:AMBER", "amber"),
        Tlp::Red => ("TLP:RED", "red"),
    };
    let is_text = |name: &str, expected: &str| object.string(name) == Some(expected);
    let has_colour = object
        .get("definition")
        .and_then(Node::as_object)
        .is_some_and(|definition| definition.string("tlp") == Some(colour));
    let own_properties = match version {
        SpecVersion::V20 => true,
        _ => is_text("name", name) && is_text("spec_version", "2.1"),
    };
    let known = ["type", "spec_version", "id", "created", "name", "definition", "definition_type"];
    is_text("created", TLP_CREATED)
        && is_text("definition_type", "tlp")
        && has_colour
        && own_properties
        && object.iter().all(|(name, _)| known.contains(&name))
}

/// A marking definition does not mark itself (sections 7.2.2 and 7.2.3).
pub(in crate::validate) fn circular_markings<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some(id) = object.get("id").and_then(Node::as_str) else { return };
    let list = |name: &str| object.get(name).and_then(Node::as_array).unwrap_or_default();
    let marks_itself = |node: &Node<'_>| node.as_str() == Some(id);
    if list("object_marking_refs").iter().any(marks_itself) {
        run.find_at(
            "object_marking_refs",
            Code::CircularMarking,
            format_args!("the marking definition marks itself"),
        );
    }
    let granular = list("granular_markings").iter().filter_map(Node::as_object);
    if granular.filter_map(|marking| marking.get("marking_ref")).any(marks_itself) {
        run.find_at(
            "granular_markings",
            Code::CircularMarking,
            format_args!("the marking definition marks itself"),
        );
    }
}
