//! Rules for objects of all types, and for single types.

use super::{observable, recommended};
use crate::{
    Category, Kind,
    json::{Node, Object},
    pattern::{PathStep, Pattern},
    spec_version::SpecVersion,
    validate::{
        Code,
        engine::{Place, Run, Segment, excerpt},
        format::{self, Format},
        registry,
        table::TypeShape,
    },
    vocabulary::ExtensionType,
};

/// Names that no object may have (section 3.8), and those of STIX 2.0.
const RESERVED: &[&str] = &["severity", "action", "username", "phone_numbers"];
const RESERVED_20: &[&str] = &[
    "confidence",
    "severity",
    "action",
    "usernames",
    "phone_numbers",
    "addresses",
    "first_seen_precision",
    "last_seen_precision",
    "valid_from_precision",
    "valid_until_precision",
];

/// What holds for every object, whatever its type.
pub(in crate::validate) fn of_every_object<'n>(
    run: &mut Run<'_, 'n>,
    object: &'n Object<'n>,
    kind: &str,
    is_defined: bool,
) {
    run.under("3.6", |run| run.order(object, "created", "modified", false));
    let is_reserved = match run.version {
        SpecVersion::V20 if run.is_contained() => kind == "action",
        SpecVersion::V20 => matches!(kind, "incident" | "infrastructure"),
        _ => kind == "action",
    };
    if is_reserved {
        run.under("3.8", |run| {
            run.find_at("type", Code::TypeName, format_args!("the type `{kind}` is reserved"));
        });
    }
    if !is_defined {
        recommended::custom_type(run, object, kind);
    }
    observable::recommended_uuid(run, object, kind);
    run.under("7.2.3", |run| selectors(run, object));
}

/// Properties that the specification does not define: reserved ones, and those that should come with an
/// extension.
pub(in crate::validate) fn custom_properties<'n>(
    run: &mut Run<'_, 'n>,
    object: &'n Object<'n>,
    shape: &'static TypeShape,
    names: &[&'n str],
    place: Place,
) {
    let reserved = match (run.version, place) {
        (SpecVersion::V20, Place::Top) => RESERVED_20,
        (SpecVersion::V20, Place::Contained) => &[],
        _ => RESERVED,
    };
    let is_bundle = shape.name == "bundle";
    for name in names.iter().filter(|name| reserved.contains(name) && !is_bundle) {
        run.under("3.8", |run| {
            run.find_at(name, Code::ReservedProperty, format_args!("the property is reserved"));
        });
    }
    recommended::custom_properties(run, object, shape, names);
}

/// Each selector selects something (section 7.2.3.1).
fn selectors<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some(markings) = object.get("granular_markings").and_then(Node::as_array) else { return };
    for (index, marking) in markings.iter().enumerate() {
        let selectors = marking.as_object().and_then(|marking| marking.get("selectors"));
        for (place, selector) in
            selectors.and_then(Node::as_array).into_iter().flatten().enumerate()
        {
            let Some(text) = selector.as_str() else { continue };
            if crate::marking::selected(object, text).is_none() {
                let shown = excerpt(text);
                run.at(Segment::Name("granular_markings"), |run| {
                    run.at(Segment::Index(index), |run| {
                        run.at(Segment::Name("selectors"), |run| {
                            run.at(Segment::Index(place), |run| {
                                run.find(
                                    Code::Selector,
                                    format_args!("`{shown}` selects nothing in the object"),
                                );
                            });
                        });
                    });
                });
            }
        }
    }
}

/// CVE and CAPEC have names of their own (sections 2.5, 4.1 and 4.19).
pub(in crate::validate) fn external_reference<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some(source) = object.string("source_name") else { return };
    let id = object.string("external_id");
    let (is_cve, is_capec) = (id.is_some_and(is_cve), id.is_some_and(is_capec));
    let reason = match source {
        "cve" if !is_cve => "`external_id` must be a CVE identifier, CVE-YYYY-NNNN",
        "capec" if !is_capec => "`external_id` must be a CAPEC identifier, CAPEC-N",
        "cve" | "capec" => return,
        _ if is_cve => "`source_name` must be `cve` for a CVE identifier",
        _ if is_capec => "`source_name` must be `capec` for a CAPEC identifier",
        _ => return,
    };
    run.find(Code::ExternalReference, format_args!("{reason}"));
}

fn is_cve(text: &str) -> bool {
    let Some((year, number)) = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    // Numbers of four digits are filled up with zeros, longer ones are not.
    let fits = number.len() == 4 || (number.len() > 4 && !number.starts_with('0'));
    year.len() == 4 && digits(year) && digits(number) && fits
}

fn is_capec(text: &str) -> bool {
    let digits = text.strip_prefix("CAPEC-").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Section 9, where the pattern is one of STIX.
pub(in crate::validate) fn pattern<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let is_stix = run.version == SpecVersion::V20 || object.string("pattern_type") == Some("stix");
    let (true, Some(text)) = (is_stix, object.string("pattern")) else { return };
    run.at(Segment::Name("pattern"), |run| {
        run.under("9", |run| match Pattern::parse(text) {
            Err(error) => run.find(Code::Pattern, format_args!("{error}")),
            Ok(pattern) => {
                for finding in pattern.check() {
                    let code =
                        if finding.code.is_error() { Code::Pattern } else { Code::PatternMeaning };
                    run.find(code, format_args!("{}", finding.message));
                }
                pattern_names(run, &pattern);
            }
        });
    });
}

/// The types and properties that a pattern names are possible ones.
fn pattern_names(run: &mut Run<'_, '_>, pattern: &Pattern) {
    for comparison in pattern.comparisons() {
        let path = comparison.path();
        let kind = path.object_type();
        if Format::TypeName.check(SpecVersion::V20, kind).is_err() {
            run.find(Code::Pattern, format_args!("`{}` is no type of object", excerpt(kind)));
        }
        let Some(PathStep::Property(property)) = path.steps().next() else { continue };
        if property != "id" && !format::is_property_name(SpecVersion::V20, &property) {
            run.find(
                Code::Pattern,
                format_args!("`{}` is no name of a property", excerpt(&property)),
            );
        }
    }
}

/// `object_refs` holds at least one observable (section 4.14).
pub(in crate::validate) fn observed_references<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some(references) = object.get("object_refs").and_then(Node::as_array) else { return };
    let is_relationship = |node: &Node<'_>| {
        let kind =
            node.as_str().and_then(|id| id.split_once("--")).map(|(kind, _)| Kind::from(kind));
        kind.is_some_and(|kind| kind.category() == Category::Relationship)
    };
    if !references.is_empty() && references.iter().all(is_relationship) {
        run.find_at(
            "object_refs",
            Code::ReferenceType,
            format_args!("no cyber-observable object is referred to"),
        );
    }
}

/// `objects` of an `observed-data` (section 2.13).
pub(in crate::validate) fn contained_observables<'n>(
    run: &mut Run<'_, 'n>,
    object: &'n Object<'n>,
) {
    let Some(objects) = object.get("objects") else { return };
    run.at(Segment::Name("objects"), |run| {
        run.under("2.13", |run| {
            if run.version != SpecVersion::V20 {
                run.find(Code::Deprecated, format_args!("`objects` is deprecated"));
            }
            match objects.as_object() {
                None => run.find(
                    Code::WrongType,
                    format_args!("expected a dictionary, found {}", objects.kind()),
                ),
                Some(objects) if objects.is_empty() => {
                    run.find(Code::EmptyObject, format_args!("there are no objects"));
                }
                Some(objects) => run.contained(objects),
            }
        });
    });
}

/// Languages, and names of properties under them (section 7.1).
pub(in crate::validate) fn language_contents<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some(contents) = object.get("contents").and_then(Node::as_object) else { return };
    run.at(Segment::Name("contents"), |run| {
        for (language, value) in contents.iter() {
            run.at(Segment::Name(language), |run| {
                if !registry::is_language_tag(language) {
                    run.find(Code::Language, format_args!("the key is no language of RFC 5646"));
                }
                let Some(translations) = value.as_object() else {
                    run.find(
                        Code::WrongType,
                        format_args!("expected a dictionary, found {}", value.kind()),
                    );
                    return;
                };
                for (name, _) in translations.iter() {
                    if !format::is_property_name(SpecVersion::V20, name) {
                        run.find_at(
                            name,
                            Code::PropertyName,
                            format_args!("the key is no name of a property"),
                        );
                    }
                }
            });
        }
    });
}

/// Only top-level properties are listed (section 7.3).
pub(in crate::validate) fn extension_definition<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let types = object.get("extension_types").and_then(Node::as_array).unwrap_or_default();
    let top_level = types.iter().any(|kind| kind.as_str() == Some("toplevel-property-extension"));
    if object.contains("extension_properties") && !top_level {
        run.find_at(
            "extension_properties",
            Code::PropertyCombination,
            format_args!("only a `toplevel-property-extension` has `extension_properties`"),
        );
    }
    recommended::extension_definition(run, object, top_level);
}

/// An extension that is not predefined for the type of its object (sections 3.10 and 7.3).
pub(in crate::validate) fn extension<'n>(
    run: &mut Run<'_, 'n>,
    name: &'n str,
    extension: &'n Object<'n>,
) {
    if run.version == SpecVersion::V20 {
        return;
    }
    let is_defined = name.starts_with("extension-definition--");
    if is_defined {
        if let Err(reason) = format::identifier(run.version, name) {
            run.find(Code::Extension, format_args!("the key is no identifier: {reason}"));
        }
        extension_type(run, extension);
    } else if !name.ends_with("-ext") || Format::TypeName.check(run.version, name).is_err() {
        run.find(
            Code::Extension,
            format_args!(
                "the key names neither an extension definition nor a predefined extension"
            ),
        );
    }
    if extension.is_empty() {
        run.find(Code::EmptyObject, format_args!("the extension has no properties"));
    }
    for (name, value) in extension.iter() {
        run.at(Segment::Name(name), |run| {
            run.property_name(name);
            run.custom_value(name, value);
        });
    }
}

fn extension_type<'n>(run: &mut Run<'_, 'n>, extension: &'n Object<'n>) {
    match extension.get("extension_type") {
        None => run
            .find(Code::RequiredProperty, format_args!("the property `extension_type` is absent")),
        Some(Node::String(kind)) if ExtensionType::WORDS.contains(&kind.as_ref()) => {}
        Some(_) => run.find_at(
            "extension_type",
            Code::Enumeration,
            format_args!("the value is none of `{}`", ExtensionType::WORDS.join("`, `")),
        ),
    }
}

/// A type of which every property is optional, but not all at once.
pub(in crate::validate) fn not_empty<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    if object.is_empty() {
        run.find(Code::EmptyObject, format_args!("the object has no properties"));
    }
}
