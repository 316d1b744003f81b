//! Domain and relationship objects (STIX 2.1, sections 3.2, 4 and 5).

use super::{TypeShape, meta};
use crate::validate::{
    format::Format,
    rules,
    shape::{
        NUMBER, Property, Rule, Shape, TEXTS,
        Targets::{self, Any, Not, Observables, ObservablesAndRelationships},
        Value::{
            self, Bool, Enumeration, Extensions, Formatted, Identifier, Integer, List, Number,
            Object, Reference, Text, Timestamp, VersionTime, Vocabulary,
        },
        optional, reference, required, shape,
    },
};
use crate::vocabulary as words;

/// The properties of section 3.2 for all but cyber-observable objects.
pub(super) static COMMON: Shape = shape("3.2", COMMON_PROPERTIES, &[]);

static COMMON_PROPERTIES: &[Property] = &[
    required("type", Formatted(Format::TypeName)),
    required("spec_version", Enumeration(&["2.1"])),
    required("id", Identifier),
    optional("created_by_ref", reference(&["identity"])),
    required("created", VersionTime),
    required("modified", VersionTime),
    optional("revoked", Bool),
    optional("labels", TEXTS),
    optional("confidence", Integer(0, 100)),
    optional("lang", Formatted(Format::Language)),
    optional("external_references", EXTERNAL_REFERENCES),
    optional("object_marking_refs", List(&reference(&["marking-definition"]))),
    optional("granular_markings", List(&Object(&meta::GRANULAR_MARKING))),
    optional("extensions", Extensions(&[])),
];

pub(super) const EXTERNAL_REFERENCES: Value = List(&Object(&EXTERNAL_REFERENCE));

static EXTERNAL_REFERENCE: Shape = shape(
    "2.5",
    &[
        required("source_name", Text),
        optional("description", Text),
        optional("url", Formatted(Format::Uri)),
        optional("hashes", Value::Hashes),
        optional("external_id", Text),
    ],
    &[Rule::AnyOf(&["description", "url", "external_id"]), Rule::Check(rules::external_reference)],
);

pub(super) const KILL_CHAIN_PHASES: Value = List(&Object(&KILL_CHAIN_PHASE));

static KILL_CHAIN_PHASE: Shape = shape(
    "2.11",
    &[required("kill_chain_name", Text), required("phase_name", Text)],
    &[Rule::Check(rules::kill_chain_phase)],
);

/// A domain object of a type that the specification does not define.
pub(super) static CUSTOM: TypeShape =
    TypeShape { name: "", common: &COMMON, own: &shape("7.3", &[], &[]) };

macro_rules! types {
    ($($name:literal $section:literal { $($property:expr),* $(,)? } [ $($rule:expr),* $(,)? ])*) => {
        pub(super) static TYPES: &[TypeShape] = &[$(TypeShape {
            name: $name,
            common: &COMMON,
            own: {
                static OWN: Shape = shape($section, &[$($property),*], &[$($rule),*]);
                &OWN
            },
        }),*];
    };
}

/// Sightings and relationships link neither each other nor containers and markings.
const NOT_LINKED: Targets =
    Not(&["relationship", "sighting", "bundle", "marking-definition", "language-content"]);

types! {
    "attack-pattern" "4.1" {
        required("name", Text),
        optional("description", Text),
        optional("aliases", TEXTS),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
    } []
    "campaign" "4.2" {
        required("name", Text),
        optional("description", Text),
        optional("aliases", TEXTS),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("objective", Text),
    } [Rule::NotBefore("first_seen", "last_seen")]
    "course-of-action" "4.3" {
        required("name", Text),
        optional("description", Text),
    } []
    "grouping" "4.4" {
        optional("name", Text),
        optional("description", Text),
        required("context", Vocabulary(words::GroupingContext::WORDS)),
        required("object_refs", List(&Reference(Any))),
    } []
    "identity" "4.5" {
        required("name", Text),
        optional("description", Text),
        optional("roles", TEXTS),
        optional("identity_class", Vocabulary(words::IdentityClass::WORDS)),
        optional("sectors", List(&Vocabulary(words::IndustrySector::WORDS))),
        optional("contact_information", Text),
    } []
    "incident" "4.6" {
        required("name", Text),
        optional("description", Text),
    } []
    "indicator" "4.7" {
        optional("name", Text),
        optional("description", Text),
        optional("indicator_types", List(&Vocabulary(words::IndicatorType::WORDS))),
        required("pattern", Text),
        required("pattern_type", Vocabulary(words::PatternType::WORDS)),
        optional("pattern_version", Text),
        required("valid_from", Timestamp),
        optional("valid_until", Timestamp),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
    } [
        Rule::After("valid_from", "valid_until"),
        Rule::Check(rules::pattern),
        Rule::Check(rules::described_indicator),
    ]
    "infrastructure" "4.8" {
        required("name", Text),
        optional("description", Text),
        optional("infrastructure_types", List(&Vocabulary(words::InfrastructureType::WORDS))),
        optional("aliases", TEXTS),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
    } [Rule::NotBefore("first_seen", "last_seen")]
    "intrusion-set" "4.9" {
        required("name", Text),
        optional("description", Text),
        optional("aliases", TEXTS),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("goals", TEXTS),
        optional("resource_level", Vocabulary(words::AttackResourceLevel::WORDS)),
        optional("primary_motivation", Vocabulary(words::AttackMotivation::WORDS)),
        optional("secondary_motivations", List(&Vocabulary(words::AttackMotivation::WORDS))),
    } [Rule::NotBefore("first_seen", "last_seen")]
    "location" "4.10" {
        optional("name", Text),
        optional("description", Text),
        optional("latitude", Number(-90.0, 90.0)),
        optional("longitude", Number(-180.0, 180.0)),
        optional("precision", NUMBER),
        optional("region", Vocabulary(words::Region::WORDS)),
        optional("country", Text),
        optional("administrative_area", Text),
        optional("city", Text),
        optional("street_address", Text),
        optional("postal_code", Text),
    } [
        Rule::AnyOf(&["region", "country", "latitude"]),
        Rule::Needs("latitude", &["longitude"]),
        Rule::Needs("longitude", &["latitude"]),
        Rule::Needs("precision", &["latitude", "longitude"]),
        Rule::Check(rules::country),
    ]
    "malware" "4.11" {
        optional("name", Text),
        optional("description", Text),
        optional("malware_types", List(&Vocabulary(words::MalwareType::WORDS))),
        required("is_family", Bool),
        optional("aliases", TEXTS),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("operating_system_refs", List(&reference(&["software"]))),
        optional("architecture_execution_envs", List(&Vocabulary(words::ProcessorArchitecture::WORDS))),
        optional("implementation_languages", List(&Vocabulary(words::ImplementationLanguage::WORDS))),
        optional("capabilities", List(&Vocabulary(words::MalwareCapability::WORDS))),
        optional("sample_refs", List(&reference(&["file", "artifact"]))),
    } [
        Rule::Implies("is_family", true, "name"),
        Rule::NotBefore("first_seen", "last_seen"),
    ]
    "malware-analysis" "4.12" {
        required("product", Text),
        optional("version", Text),
        optional("host_vm_ref", reference(&["software"])),
        optional("operating_system_ref", reference(&["software"])),
        optional("installed_software_refs", List(&reference(&["software"]))),
        optional("configuration_version", Text),
        optional("modules", TEXTS),
        optional("analysis_engine_version", Text),
        optional("analysis_definition_version", Text),
        optional("submitted", Timestamp),
        optional("analysis_started", Timestamp),
        optional("analysis_ended", Timestamp),
        optional("result_name", Text),
        optional("result", Vocabulary(words::MalwareResult::WORDS)),
        optional("analysis_sco_refs", List(&Reference(Observables))),
        optional("sample_ref", reference(&["file", "artifact", "network-traffic"])),
    } [
        Rule::AnyOf(&["result", "analysis_sco_refs"]),
        Rule::Check(rules::analysis_product),
    ]
    "note" "4.13" {
        optional("abstract", Text),
        required("content", Text),
        optional("authors", TEXTS),
        required("object_refs", List(&Reference(Any))),
    } []
    "observed-data" "4.14" {
        required("first_observed", Timestamp),
        required("last_observed", Timestamp),
        required("number_observed", Integer(1, 999_999_999)),
        optional("objects", Value::Any),
        optional("object_refs", List(&Reference(ObservablesAndRelationships))),
    } [
        Rule::OneOf(&["objects", "object_refs"]),
        Rule::NotBefore("first_observed", "last_observed"),
        Rule::Check(rules::observed_references),
        Rule::Check(rules::contained_observables),
    ]
    "opinion" "4.15" {
        optional("explanation", Text),
        optional("authors", TEXTS),
        required("opinion", Enumeration(words::OpinionValue::WORDS)),
        required("object_refs", List(&Reference(Any))),
    } []
    "report" "4.16" {
        required("name", Text),
        optional("description", Text),
        optional("report_types", List(&Vocabulary(words::ReportType::WORDS))),
        required("published", Timestamp),
        required("object_refs", List(&Reference(Any))),
    } []
    "threat-actor" "4.17" {
        required("name", Text),
        optional("description", Text),
        optional("threat_actor_types", List(&Vocabulary(words::ThreatActorType::WORDS))),
        optional("aliases", TEXTS),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("roles", List(&Vocabulary(words::ThreatActorRole::WORDS))),
        optional("goals", TEXTS),
        optional("sophistication", Vocabulary(words::ThreatActorSophistication::WORDS)),
        optional("resource_level", Vocabulary(words::AttackResourceLevel::WORDS)),
        optional("primary_motivation", Vocabulary(words::AttackMotivation::WORDS)),
        optional("secondary_motivations", List(&Vocabulary(words::AttackMotivation::WORDS))),
        optional("personal_motivations", List(&Vocabulary(words::AttackMotivation::WORDS))),
    } [Rule::NotBefore("first_seen", "last_seen")]
    "tool" "4.18" {
        required("name", Text),
        optional("description", Text),
        optional("tool_types", List(&Vocabulary(words::ToolType::WORDS))),
        optional("aliases", TEXTS),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
        optional("tool_version", Text),
    } []
    "vulnerability" "4.19" {
        required("name", Text),
        optional("description", Text),
    } []
    "relationship" "5.1" {
        required("relationship_type", Formatted(Format::RelationshipType)),
        optional("description", Text),
        required("source_ref", Reference(NOT_LINKED)),
        required("target_ref", Reference(NOT_LINKED)),
        optional("start_time", Timestamp),
        optional("stop_time", Timestamp),
    } [
        Rule::After("start_time", "stop_time"),
        Rule::Check(rules::defined_relationship),
    ]
    "sighting" "5.2" {
        optional("description", Text),
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("count", Integer(0, 999_999_999)),
        required("sighting_of_ref", Reference(NOT_LINKED)),
        optional("observed_data_refs", List(&reference(&["observed-data"]))),
        optional("where_sighted_refs", List(&reference(&["identity", "location"]))),
        optional("summary", Bool),
    } [Rule::NotBefore("first_seen", "last_seen")]
}
