//! Asking which markings apply.

use super::{MarkingError, MarkingErrorKind, Tlp};
use crate::{
    Id, RawObject,
    json::{Node, Object},
};

/// A marking of an object or of some of its properties.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Marking {
    /// The identifier of a `marking-definition`, as it is written.
    Definition(String),
    /// The language that text is written in (RFC 5646). Only properties are marked with one.
    Language(String),
}

impl From<&Id> for Marking {
    /// The marking by the definition of this identifier.
    fn from(definition: &Id) -> Self {
        Self::Definition(definition.to_string())
    }
}

impl From<Tlp> for Marking {
    /// The marking of the Traffic Light Protocol, version 2.0.
    fn from(level: Tlp) -> Self {
        Self::from(&level.marking())
    }
}

/// What of an object is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// The object as a whole: `object_marking_refs`.
    Object,
    /// What these selectors select: `granular_markings`.
    Properties(&'a [&'a str]),
}

/// How far to look for markings of a property. By default only at those of exactly that property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// Also those of what the property is part of, and of the object as a whole.
    pub inherited: bool,
    /// Also those of what is part of the property.
    pub descendants: bool,
}

impl Scope {
    /// Looks at what the property is part of as well.
    #[must_use]
    pub fn with_inherited(self, inherited: bool) -> Self {
        Self { inherited, ..self }
    }

    /// Looks at what is part of the property as well.
    #[must_use]
    pub fn with_descendants(self, descendants: bool) -> Self {
        Self { descendants, ..self }
    }
}

/// The markings that apply, each once, in the order of the object.
///
/// Fails when a selector selects nothing, or when there is none.
pub fn get(
    object: &RawObject,
    target: Target<'_>,
    scope: Scope,
) -> Result<Vec<Marking>, MarkingError> {
    let root = parse(object)?;
    let members = root.as_object().ok_or_else(no_object)?;
    let mut found = Vec::new();
    let selectors = match target {
        Target::Object => &[],
        Target::Properties(selectors) => {
            check_selectors(members, selectors)?;
            selectors
        }
    };
    for (marking, marked) in granular(members) {
        let applies = |selector: &&str| {
            *selector == marked
                || (scope.inherited && is_part_of(selector, marked))
                || (scope.descendants && is_part_of(marked, selector))
        };
        if selectors.iter().any(applies) {
            found.push(marking);
        }
    }
    if target == Target::Object || scope.inherited {
        found.extend(of_object(members));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|marking| seen.insert(marking.clone()));
    Ok(found)
}

/// Whether this marking applies.
///
/// Fails when a selector selects nothing, or when there is none.
pub fn is_marked(
    object: &RawObject,
    marking: &Marking,
    target: Target<'_>,
    scope: Scope,
) -> Result<bool, MarkingError> {
    Ok(get(object, target, scope)?.contains(marking))
}

/// What a selector selects in an object (section 7.2.3.1).
pub(crate) fn selected<'n, 'a>(object: &'n Object<'a>, selector: &str) -> Option<&'n Node<'a>> {
    let mut steps = selector.split('.');
    let mut node = object.get(steps.next()?)?;
    for step in steps {
        node = match (node, step.strip_prefix('[').and_then(|step| step.strip_suffix(']'))) {
            (Node::Array(items), Some(index)) => items.get(index.parse::<usize>().ok()?)?,
            (Node::Object(members), None) => members.get(step)?,
            _ => return None,
        };
    }
    Some(node)
}

/// Whether what `inner` selects is part of what `outer` selects.
fn is_part_of(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

pub(super) fn parse(object: &RawObject) -> Result<Node<'_>, MarkingError> {
    Node::parse_checked(object.as_str())
        .map_err(|error| MarkingError::new(MarkingErrorKind::Json, error.to_string()))
}

pub(super) fn no_object() -> MarkingError {
    MarkingError::new(MarkingErrorKind::Json, "expected an object")
}

pub(super) fn check_selectors(object: &Object<'_>, selectors: &[&str]) -> Result<(), MarkingError> {
    let error = |reason: String| Err(MarkingError::new(MarkingErrorKind::Selector, reason));
    if selectors.is_empty() {
        return error("there is no selector".to_owned());
    }
    match selectors.iter().find(|selector| selected(object, selector).is_none()) {
        Some(selector) => {
            error(format!("the selector `{}` selects nothing", selector.escape_debug()))
        }
        None => Ok(()),
    }
}

/// A single marking that is not in a list, as some producers write it, counts too.
pub(super) fn of_object(object: &Object<'_>) -> Vec<Marking> {
    let references = match object.get("object_marking_refs") {
        Some(Node::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    let definition = |node: &Node<'_>| Some(Marking::Definition(node.as_str()?.to_owned()));
    references.iter().filter_map(definition).collect()
}

/// Every pair of a marking and a selector.
pub(super) fn granular<'n>(object: &'n Object<'_>) -> Vec<(Marking, &'n str)> {
    let mut pairs = Vec::new();
    let markings = object.get("granular_markings").and_then(Node::as_array).unwrap_or_default();
    for marking in markings.iter().filter_map(Node::as_object) {
        let text = |name: &str| marking.string(name).map(str::to_owned);
        let kinds =
            [text("marking_ref").map(Marking::Definition), text("lang").map(Marking::Language)];
        let selectors = marking.get("selectors").and_then(Node::as_array).unwrap_or_default();
        for kind in kinds.into_iter().flatten() {
            pairs.extend(selectors.iter().filter_map(|s| Some((kind.clone(), s.as_str()?))));
        }
    }
    pairs
}
