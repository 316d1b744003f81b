//! What the specification recommends and does not require.

use crate::{
    Category, Kind,
    json::{Node, Object},
    relationship,
    spec_version::SpecVersion,
    validate::{
        Code,
        engine::{Run, excerpt},
        table::TypeShape,
    },
};

/// Words in lower case with hyphens between them (section 2.11).
fn is_hyphenated(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

pub(in crate::validate) fn kill_chain_phase<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    for name in ["kill_chain_name", "phase_name"] {
        if object.string(name).is_some_and(|text| !is_hyphenated(text)) {
            run.find_at(
                name,
                Code::NameStyle,
                format_args!("the name should be in lower case, with hyphens"),
            );
        }
    }
}

/// An indicator should say what it is for (section 4.7).
pub(in crate::validate) fn described_indicator<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    for name in ["name", "description"] {
        if !object.contains(name) {
            run.find(
                Code::RecommendedProperty,
                format_args!("the property `{name}` should be present"),
            );
        }
    }
}

/// A country is a code of ISO 3166-1 alpha-2 (section 4.10).
pub(in crate::validate) fn country<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let is_code = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if object.string("country").is_some_and(|text| !is_code(text)) {
        run.find_at(
            "country",
            Code::Country,
            format_args!("the country should be a code of ISO 3166-1 alpha-2"),
        );
    }
}

/// A product's name is in lower case (section 4.12).
pub(in crate::validate) fn analysis_product<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    if object.string("product").is_some_and(|text| !is_hyphenated(text)) {
        run.find_at(
            "product",
            Code::NameStyle,
            format_args!("the product should be in lower case, with hyphens"),
        );
    }
}

/// Ports should be given where the protocol has them (section 6.12).
pub(in crate::validate) fn ports<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    for (port, end) in [("src_port", "src_ref"), ("dst_port", "dst_ref")] {
        if object.contains(end) && !object.contains(port) {
            run.find(
                Code::RecommendedProperty,
                format_args!("with `{end}`, `{port}` should be present"),
            );
        }
    }
}

/// A priority class ends in `_CLASS` (section 6.13.2).
pub(in crate::validate) fn process_priority<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    if object.string("priority").is_some_and(|text| !text.ends_with("_CLASS")) {
        run.find_at(
            "priority",
            Code::NameStyle,
            format_args!("the priority class should end in `_CLASS`"),
        );
    }
}

/// A relationship that the specification defines between these types, if it defines any.
pub(in crate::validate) fn defined_relationship<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let kind = |name| Some(object.string(name)?.split_once("--")?.0);
    let (Some(source), Some(target)) = (kind("source_ref"), kind("target_ref")) else { return };
    let Some(name) = object.string("relationship_type") else { return };
    let (from, to) = (Kind::from(source), Kind::from(target));
    let is_custom = [&from, &to].iter().any(|kind| kind.category() == Category::Custom);
    if is_custom || relationship::is_defined(&from, name, &to) {
        return;
    }
    run.find_at(
        "relationship_type",
        Code::RelationshipType,
        format_args!("`{}` is not defined from `{source}` to `{target}`", excerpt(name)),
    );
}

/// A definition should describe itself, and list the properties that it adds at the top level.
pub(super) fn extension_definition<'n>(
    run: &mut Run<'_, 'n>,
    object: &'n Object<'n>,
    top_level: bool,
) {
    let mut absent = |name: &str| {
        if !object.contains(name) {
            run.find(
                Code::RecommendedProperty,
                format_args!("the property `{name}` should be present"),
            );
        }
    };
    absent("description");
    if top_level {
        absent("extension_properties");
    }
}

/// A type of one's own should come with an extension; in STIX 2.0 its name should begin with `x-`.
pub(super) fn custom_type<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>, kind: &str) {
    let is_declared = match run.version {
        SpecVersion::V20 => kind.starts_with("x-"),
        _ => has_extension(object, &["new-sdo", "new-sco", "new-sro"]),
    };
    if !is_declared {
        let shown = excerpt(kind);
        let advice = match run.version {
            SpecVersion::V20 => "its name should begin with `x-`",
            _ => "an extension should define it",
        };
        run.under("7.3", |run| {
            run.find_at(
                "type",
                Code::CustomType,
                format_args!("`{shown}` is no type of the specification: {advice}"),
            );
        });
    }
}

/// A property of one's own should come with an extension; in STIX 2.0 its name should begin with `x_`.
pub(super) fn custom_properties<'n>(
    run: &mut Run<'_, 'n>,
    object: &'n Object<'n>,
    shape: &'static TypeShape,
    names: &[&'n str],
) {
    if names.is_empty() || !run.options.warnings {
        return;
    }
    let is_custom_type = shape.name.is_empty();
    let is_declared = run.version != SpecVersion::V20
        && has_extension(object, &["toplevel-property-extension", "new-sdo", "new-sco", "new-sro"]);
    if is_custom_type || is_declared {
        return;
    }
    let advice = match run.version {
        SpecVersion::V20 => "its name should begin with `x_`",
        _ => "an extension should define it",
    };
    run.under("7.3", |run| {
        for name in names {
            if run.version != SpecVersion::V20 || !name.starts_with("x_") {
                run.find_at(
                    name,
                    Code::CustomProperty,
                    format_args!("the property is not of the specification: {advice}"),
                );
            }
        }
    });
}

fn has_extension(object: &Object<'_>, types: &[&str]) -> bool {
    let extensions = object.get("extensions").and_then(Node::as_object);
    extensions.is_some_and(|extensions| {
        extensions.iter().any(|(_, extension)| {
            let kind = extension.as_object().and_then(|e| e.string("extension_type"));
            kind.is_some_and(|kind| types.contains(&kind))
        })
    })
}
