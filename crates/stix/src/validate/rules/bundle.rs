//! Bundles (section 8).

use std::collections::HashSet;

use crate::{
    json::{Node, Object},
    spec_version::SpecVersion,
    validate::{
        Code,
        engine::{Place, Run, Segment, excerpt},
    },
};

pub(in crate::validate) fn bundle<'n>(run: &mut Run<'_, 'n>, bundle: &'n Object<'n>) {
    let Some(objects) = bundle.get("objects") else { return };
    run.at(Segment::Name("objects"), |run| {
        let Some(objects) = objects.as_array() else {
            run.find(Code::WrongType, format_args!("expected a list, found {}", objects.kind()));
            return;
        };
        if objects.is_empty() {
            run.under("2.12", |run| run.find(Code::EmptyList, format_args!("the list is empty")));
        }
        let outer = run.version;
        for (index, item) in objects.iter().enumerate() {
            run.at(Segment::Index(index), |run| match item.as_object() {
                Some(object) if object.string("type") == Some("bundle") => {
                    run.find(Code::BundleItem, format_args!("a bundle holds no bundles"));
                }
                Some(object) => {
                    run.version = version_within(outer, run.options.version, object);
                    run.object(object, Place::Top);
                    run.version = outer;
                }
                None => run.find(
                    Code::BundleItem,
                    format_args!("expected an object, found {}", item.kind()),
                ),
            });
        }
        duplicates(run, objects);
        if run.options.complete {
            missing(run, objects);
        }
    });
}

/// In a bundle of STIX 2.1, an object with `created` and without `spec_version` is one of STIX 2.0.
fn version_within(
    bundle: SpecVersion,
    wanted: Option<SpecVersion>,
    object: &Object<'_>,
) -> SpecVersion {
    match object.string("spec_version") {
        _ if bundle == SpecVersion::V20 => SpecVersion::V20,
        None if object.contains("created") && !object.contains("spec_version") => SpecVersion::V20,
        Some("2.0") if wanted.is_none() => SpecVersion::V20,
        _ => SpecVersion::V21,
    }
}

/// One version of an object occurs once.
fn duplicates<'n>(run: &mut Run<'_, 'n>, objects: &'n [Node<'n>]) {
    let mut seen = HashSet::new();
    for (index, object) in objects.iter().enumerate() {
        let Some(object) = object.as_object() else { continue };
        let Some(id) = object.string("id") else { continue };
        if !seen.insert((id, object.string("modified"))) {
            run.at(Segment::Index(index), |run| {
                run.find_at(
                    "id",
                    Code::DuplicateObject,
                    format_args!("`{}` occurs twice in the same version", excerpt(id)),
                );
            });
        }
    }
}

/// What relationships and sightings refer to is in the bundle.
fn missing<'n>(run: &mut Run<'_, 'n>, objects: &'n [Node<'n>]) {
    let objects: Vec<_> = objects.iter().map(Node::as_object).collect();
    let ids: HashSet<_> = objects.iter().flatten().filter_map(|o| o.string("id")).collect();
    let check = |run: &mut Run<'_, 'n>, node: &'n Node<'n>| {
        if let Some(id) = node.as_str()
            && !ids.contains(id)
        {
            run.find(Code::MissingObject, format_args!("`{}` is not in the bundle", excerpt(id)));
        }
    };
    for (index, object) in objects.iter().enumerate() {
        let Some(object) = object else { continue };
        if !matches!(object.string("type"), Some("relationship" | "sighting")) {
            continue;
        }
        run.at(Segment::Index(index), |run| {
            for (name, value) in object.iter() {
                run.at(Segment::Name(name), |run| match value {
                    Node::Array(items) if name.ends_with("_refs") => {
                        for (index, item) in items.iter().enumerate() {
                            run.at(Segment::Index(index), |run| check(run, item));
                        }
                    }
                    _ if name.ends_with("_ref") => check(run, value),
                    _ => {}
                });
            }
        });
    }
}
