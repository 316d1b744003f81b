//! Meta objects and the bundle (STIX 2.1, sections 7 and 8).

use super::{TypeShape, domain};
use crate::validate::{
    format::Format,
    rules,
    shape::{
        Dictionary, Rule, Shape, TEXTS,
        Targets::Not,
        Value::{
            self, Any, Enumeration, Extensions, Formatted, Identifier, List, Object, Reference,
            Text, Timestamp, VersionTime,
        },
        optional, reference, required, shape,
    },
};
use crate::vocabulary as words;

pub(super) static TYPES: &[TypeShape] = &[
    TypeShape { name: "language-content", common: &domain::COMMON, own: &LANGUAGE_CONTENT },
    TypeShape { name: "marking-definition", common: &MARKING_COMMON, own: &MARKING_DEFINITION },
    TypeShape { name: "extension-definition", common: &domain::COMMON, own: &EXTENSION_DEFINITION },
    TypeShape { name: "bundle", common: &BUNDLE_COMMON, own: &BUNDLE },
];

static LANGUAGE_CONTENT: Shape = shape(
    "7.1",
    &[
        required("object_ref", Reference(Not(&["bundle", "language-content"]))),
        optional("object_modified", Timestamp),
        required("contents", Value::Dictionary(Dictionary::Any)),
    ],
    &[Rule::Check(rules::language_contents)],
);

/// Marking definitions have no versions, no confidence and no labels (section 7.2.1).
static MARKING_COMMON: Shape = shape(
    "3.2",
    &[
        required("type", Formatted(Format::TypeName)),
        required("spec_version", Enumeration(&["2.1"])),
        required("id", Identifier),
        optional("created_by_ref", reference(&["identity"])),
        required("created", VersionTime),
        optional("external_references", domain::EXTERNAL_REFERENCES),
        optional("object_marking_refs", List(&reference(&["marking-definition"]))),
        optional("granular_markings", List(&Object(&GRANULAR_MARKING))),
        optional("extensions", Extensions(&[])),
    ],
    &[],
);

static MARKING_DEFINITION: Shape = shape(
    "7.2.1",
    &[optional("name", Text), optional("definition_type", Text), optional("definition", Any)],
    &[Rule::Check(rules::marking_definition), Rule::Check(rules::circular_markings)],
);

/// Section 7.2.3; either a marking or a language.
pub(super) static GRANULAR_MARKING: Shape = shape(
    "7.2.3",
    &[
        optional("lang", Formatted(Format::Language)),
        optional("marking_ref", reference(&["marking-definition"])),
        required("selectors", List(&Formatted(Format::Selector))),
    ],
    &[Rule::OneOf(&["lang", "marking_ref"])],
);

static EXTENSION_DEFINITION: Shape = shape(
    "7.3",
    &[
        required("name", Text),
        optional("description", Text),
        required("schema", Text),
        required("version", Text),
        required("extension_types", List(&Enumeration(words::ExtensionType::WORDS))),
        optional("extension_properties", TEXTS),
    ],
    &[Rule::Check(rules::extension_definition)],
);

/// A bundle is no object and shares no properties with objects but its type and identifier (section 8).
pub(super) static BUNDLE_COMMON: Shape =
    shape("8", &[required("type", Formatted(Format::TypeName)), required("id", Identifier)], &[]);

static BUNDLE: Shape = shape("8", &[optional("objects", Any)], &[Rule::Check(rules::bundle)]);
