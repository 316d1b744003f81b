//! STIX 2.0, which feeds still carry: its objects (part 2) and its observables (part 4).
//!
//! The sections named by its findings are those of STIX 2.1 where the same rule still stands.

use super::{TypeShape, domain, extension, meta, observable};
use crate::validate::{
    format::Format,
    rules,
    shape::{
        Dictionary as D, INTEGER, NATURAL, Rule, Shape, TEXTS,
        Targets::{Any, Not},
        Value::{
            self, Bool, Dictionary, Enumeration, Extensions, Formatted, Hashes, Identifier,
            Integer, List, Object, Reference, Text, Timestamp, VersionTime, Vocabulary,
        },
        optional, reference, required, shape,
    },
    vocabulary,
};
use crate::vocabulary as words;

static COMMON: Shape = shape(
    "3.2",
    &[
        required("type", Formatted(Format::TypeName)),
        required("id", Identifier),
        optional("created_by_ref", reference(&["identity"])),
        required("created", VersionTime),
        required("modified", VersionTime),
        optional("revoked", Bool),
        optional("labels", TEXTS),
        optional("external_references", domain::EXTERNAL_REFERENCES),
        optional("object_marking_refs", List(&reference(&["marking-definition"]))),
        optional("granular_markings", List(&Object(&GRANULAR_MARKING))),
    ],
    &[],
);

static GRANULAR_MARKING: Shape = shape(
    "7.2.3",
    &[
        required("marking_ref", reference(&["marking-definition"])),
        required("selectors", List(&Formatted(Format::Selector))),
    ],
    &[],
);

pub(super) static CUSTOM: TypeShape =
    TypeShape { name: "", common: &COMMON, own: &shape("11.2", &[], &[]) };

const KILL_CHAIN_PHASES: Value = domain::KILL_CHAIN_PHASES;
/// What relationships and sightings do not link.
const NOT_LINKED: crate::validate::shape::Targets =
    Not(&["relationship", "sighting", "bundle", "marking-definition"]);

macro_rules! types {
    ($table:ident, $common:expr; $($name:literal $section:literal { $($property:expr),* $(,)? } [ $($rule:expr),* $(,)? ])*) => {
        pub(super) static $table: &[TypeShape] = &[$(TypeShape {
            name: $name,
            common: $common,
            own: {
                static OWN: Shape = shape($section, &[$($property),*], &[$($rule),*]);
                &OWN
            },
        }),*];
    };
}

types! { TYPES, &COMMON;
    "attack-pattern" "4.1" {
        required("name", Text),
        optional("description", Text),
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
    "identity" "4.5" {
        required("name", Text),
        optional("description", Text),
        required("identity_class", Vocabulary(vocabulary::IDENTITY_CLASS_20)),
        optional("sectors", List(&Vocabulary(vocabulary::INDUSTRY_SECTOR_20))),
        optional("contact_information", Text),
    } []
    "indicator" "4.7" {
        required("labels", List(&Vocabulary(vocabulary::INDICATOR_LABEL))),
        optional("name", Text),
        optional("description", Text),
        required("pattern", Text),
        required("valid_from", Timestamp),
        optional("valid_until", Timestamp),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
    } [
        Rule::NotBefore("valid_from", "valid_until"),
        Rule::Check(rules::pattern),
    ]
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
    "malware" "4.11" {
        required("labels", List(&Vocabulary(vocabulary::MALWARE_LABEL))),
        required("name", Text),
        optional("description", Text),
        optional("kill_chain_phases", KILL_CHAIN_PHASES),
    } []
    "observed-data" "4.14" {
        required("first_observed", Timestamp),
        required("last_observed", Timestamp),
        required("number_observed", Integer(1, 999_999_999)),
        required("objects", Value::Any),
    } [
        Rule::NotBefore("first_observed", "last_observed"),
        Rule::Check(rules::contained_observables),
    ]
    "report" "4.16" {
        required("labels", List(&Vocabulary(vocabulary::REPORT_LABEL))),
        required("name", Text),
        optional("description", Text),
        required("published", Timestamp),
        required("object_refs", List(&Reference(Any))),
    } []
    "threat-actor" "4.17" {
        required("labels", List(&Vocabulary(vocabulary::THREAT_ACTOR_LABEL))),
        required("name", Text),
        optional("description", Text),
        optional("aliases", TEXTS),
        optional("roles", List(&Vocabulary(words::ThreatActorRole::WORDS))),
        optional("goals", TEXTS),
        optional("sophistication", Vocabulary(words::ThreatActorSophistication::WORDS)),
        optional("resource_level", Vocabulary(words::AttackResourceLevel::WORDS)),
        optional("primary_motivation", Vocabulary(words::AttackMotivation::WORDS)),
        optional("secondary_motivations", List(&Vocabulary(words::AttackMotivation::WORDS))),
        optional("personal_motivations", List(&Vocabulary(words::AttackMotivation::WORDS))),
    } []
    "tool" "4.18" {
        required("labels", List(&Vocabulary(vocabulary::TOOL_LABEL))),
        required("name", Text),
        optional("description", Text),
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
    } [Rule::Check(rules::defined_relationship)]
    "sighting" "5.2" {
        optional("first_seen", Timestamp),
        optional("last_seen", Timestamp),
        optional("count", Integer(0, 999_999_999)),
        required("sighting_of_ref", Reference(NOT_LINKED)),
        optional("observed_data_refs", List(&reference(&["observed-data"]))),
        optional("where_sighted_refs", List(&reference(&["identity"]))),
        optional("summary", Bool),
    } [Rule::NotBefore("first_seen", "last_seen")]
}

/// Kinds that are no versioned objects, beside [`TYPES`].
pub(super) static META: &[TypeShape] = &[
    TypeShape { name: "marking-definition", common: &MARKING_COMMON, own: &MARKING_DEFINITION },
    TypeShape { name: "bundle", common: &meta::BUNDLE_COMMON, own: &BUNDLE },
];

static MARKING_COMMON: Shape = shape(
    "3.2",
    &[
        required("type", Formatted(Format::TypeName)),
        required("id", Identifier),
        optional("created_by_ref", reference(&["identity"])),
        required("created", VersionTime),
        optional("external_references", domain::EXTERNAL_REFERENCES),
        optional("object_marking_refs", List(&reference(&["marking-definition"]))),
        optional("granular_markings", List(&Object(&GRANULAR_MARKING))),
    ],
    &[],
);

static MARKING_DEFINITION: Shape = shape(
    "7.2.1",
    &[required("definition_type", Text), required("definition", Value::Any)],
    &[Rule::Check(rules::marking_definition), Rule::Check(rules::circular_markings)],
);

static BUNDLE: Shape = shape(
    "8",
    &[required("spec_version", Enumeration(&["2.0"])), optional("objects", Value::Any)],
    &[Rule::Check(rules::bundle)],
);

/// Observables of STIX 2.0 live within `observed-data` alone and have no identifiers.
static OBSERVABLE_COMMON: Shape = shape(
    "6",
    &[required("type", Formatted(Format::TypeName)), optional("extensions", Extensions(&[]))],
    &[],
);

pub(super) static CUSTOM_OBSERVABLE: TypeShape =
    TypeShape { name: "", common: &OBSERVABLE_COMMON, own: &shape("11.3", &[], &[]) };

const ADDRESSES: Value = reference(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]);
const ARTIFACT: Value = reference(&["artifact"]);
const MAILBOXES: Value = List(&reference(&["email-addr"]));
const PORT: Value = Integer(0, 65_535);

types! { OBSERVABLES, &OBSERVABLE_COMMON;
    "artifact" "6.1" {
        optional("mime_type", Formatted(Format::MediaType)),
        optional("payload_bin", Formatted(Format::Base64)),
        optional("url", Formatted(Format::Uri)),
        optional("hashes", Hashes),
    } [Rule::OneOf(&["payload_bin", "url"]), Rule::Needs("url", &["hashes"])]
    "autonomous-system" "6.2" {
        required("number", INTEGER),
        optional("name", Text),
        optional("rir", Text),
    } []
    "directory" "6.3" {
        required("path", Text),
        optional("path_enc", Formatted(Format::Charset)),
        optional("created", Timestamp),
        optional("modified", Timestamp),
        optional("accessed", Timestamp),
        optional("contains_refs", List(&reference(&["file", "directory"]))),
    } []
    "domain-name" "6.4" {
        required("value", Formatted(Format::DomainName)),
        optional("resolves_to_refs", List(&reference(&["ipv4-addr", "ipv6-addr", "domain-name"]))),
    } []
    "email-addr" "6.5" {
        required("value", Formatted(Format::EmailAddress)),
        optional("display_name", Text),
        optional("belongs_to_ref", reference(&["user-account"])),
    } []
    "email-message" "6.6" {
        required("is_multipart", Bool),
        optional("date", Timestamp),
        optional("content_type", Text),
        optional("from_ref", reference(&["email-addr"])),
        optional("sender_ref", reference(&["email-addr"])),
        optional("to_refs", MAILBOXES),
        optional("cc_refs", MAILBOXES),
        optional("bcc_refs", MAILBOXES),
        optional("subject", Text),
        optional("received_lines", TEXTS),
        optional("additional_header_fields", Dictionary(D::HeaderFields)),
        optional("body", Text),
        optional("body_multipart", List(&Object(&observable::MIME_PART))),
        optional("raw_email_ref", ARTIFACT),
    } [
        Rule::Excludes("is_multipart", true, "body"),
        Rule::Excludes("is_multipart", false, "body_multipart"),
    ]
    "file" "6.7" {
        optional("hashes", Hashes),
        optional("size", NATURAL),
        optional("name", Text),
        optional("name_enc", Formatted(Format::Charset)),
        optional("magic_number_hex", Formatted(Format::Hex)),
        optional("mime_type", Text),
        optional("created", Timestamp),
        optional("modified", Timestamp),
        optional("accessed", Timestamp),
        optional("parent_directory_ref", reference(&["directory"])),
        optional("is_encrypted", Bool),
        optional("encryption_algorithm", Text),
        optional("decryption_key", Text),
        optional("contains_refs", List(&Reference(Any))),
        optional("content_ref", ARTIFACT),
        optional("extensions", Extensions(FILE)),
    } [
        Rule::AnyOf(&["hashes", "name"]),
        Rule::Needs("encryption_algorithm", &["is_encrypted"]),
        Rule::Needs("decryption_key", &["is_encrypted"]),
        Rule::Excludes("is_encrypted", false, "encryption_algorithm"),
        Rule::Excludes("is_encrypted", false, "decryption_key"),
    ]
    "ipv4-addr" "6.8" {
        required("value", Formatted(Format::Ipv4)),
        optional("resolves_to_refs", List(&reference(&["mac-addr"]))),
        optional("belongs_to_refs", List(&reference(&["autonomous-system"]))),
    } []
    "ipv6-addr" "6.9" {
        required("value", Formatted(Format::Ipv6)),
        optional("resolves_to_refs", List(&reference(&["mac-addr"]))),
        optional("belongs_to_refs", List(&reference(&["autonomous-system"]))),
    } []
    "mac-addr" "6.10" { required("value", Formatted(Format::MacAddress)) } []
    "mutex" "6.11" { required("name", Text) } []
    "network-traffic" "6.12" {
        optional("start", Timestamp),
        optional("end", Timestamp),
        optional("is_active", Bool),
        optional("src_ref", ADDRESSES),
        optional("dst_ref", ADDRESSES),
        optional("src_port", PORT),
        optional("dst_port", PORT),
        required("protocols", TEXTS),
        optional("src_byte_count", NATURAL),
        optional("dst_byte_count", NATURAL),
        optional("src_packets", NATURAL),
        optional("dst_packets", NATURAL),
        optional("ipfix", Dictionary(D::TextsOrIntegers)),
        optional("src_payload_ref", ARTIFACT),
        optional("dst_payload_ref", ARTIFACT),
        optional("encapsulates_refs", List(&reference(&["network-traffic"]))),
        optional("encapsulated_by_ref", reference(&["network-traffic"])),
        optional("extensions", Extensions(NETWORK_TRAFFIC)),
    } [
        Rule::AnyOf(&["src_ref", "dst_ref"]),
        Rule::Excludes("is_active", true, "end"),
        Rule::NotBefore("start", "end"),
        Rule::Check(rules::ports),
    ]
    "process" "6.13" {
        optional("is_hidden", Bool),
        optional("pid", INTEGER),
        optional("name", Text),
        optional("created", Timestamp),
        optional("cwd", Text),
        optional("arguments", TEXTS),
        optional("command_line", Text),
        optional("environment_variables", Dictionary(D::Any)),
        optional("opened_connection_refs", List(&reference(&["network-traffic"]))),
        optional("creator_user_ref", reference(&["user-account"])),
        optional("binary_ref", reference(&["file"])),
        optional("parent_ref", reference(&["process"])),
        optional("child_refs", List(&reference(&["process"]))),
        optional("extensions", Extensions(PROCESS)),
    } [Rule::AnyOf(&[
        "extensions",
        "is_hidden",
        "pid",
        "name",
        "created",
        "cwd",
        "arguments",
        "command_line",
        "environment_variables",
        "opened_connection_refs",
        "creator_user_ref",
        "binary_ref",
        "parent_ref",
        "child_refs",
    ])]
    "software" "6.14" {
        required("name", Text),
        optional("cpe", Formatted(Format::Cpe)),
        optional("languages", List(&Formatted(Format::SoftwareLanguage))),
        optional("vendor", Text),
        optional("version", Text),
    } []
    "url" "6.15" { required("value", Formatted(Format::Uri)) } []
    "user-account" "6.16" {
        required("user_id", Text),
        optional("account_login", Text),
        optional("account_type", Vocabulary(vocabulary::ACCOUNT_TYPE_20)),
        optional("display_name", Text),
        optional("is_service_account", Bool),
        optional("is_privileged", Bool),
        optional("can_escalate_privs", Bool),
        optional("is_disabled", Bool),
        optional("account_created", Timestamp),
        optional("account_expires", Timestamp),
        optional("password_last_changed", Timestamp),
        optional("account_first_login", Timestamp),
        optional("account_last_login", Timestamp),
        optional("extensions", Extensions(extension::USER_ACCOUNT)),
    } []
    "windows-registry-key" "6.17" {
        required("key", Formatted(Format::RegistryKey)),
        optional("values", List(&Object(&REGISTRY_VALUE))),
        optional("modified", Timestamp),
        optional("creator_user_ref", reference(&["user-account"])),
        optional("number_of_subkeys", NATURAL),
    } []
    "x509-certificate" "6.18" {
        optional("is_self_signed", Bool),
        optional("hashes", Hashes),
        optional("version", Text),
        optional("serial_number", Text),
        optional("signature_algorithm", Text),
        optional("issuer", Text),
        optional("validity_not_before", Timestamp),
        optional("validity_not_after", Timestamp),
        optional("subject", Text),
        optional("subject_public_key_algorithm", Text),
        optional("subject_public_key_modulus", Text),
        optional("subject_public_key_exponent", INTEGER),
        optional("x509_v3_extensions", Object(&observable::X509_V3_EXTENSIONS)),
    } [Rule::AnyOf(observable::X509_PROPERTIES)]
}

static REGISTRY_VALUE: Shape = shape(
    "6.17.2",
    &[
        required("name", Text),
        optional("data", Text),
        optional("data_type", Enumeration(words::RegistryDataType::WORDS)),
    ],
    &[],
);

/// Where STIX 2.0 defines an extension otherwise than 2.1 does.
const FILE: &[(&str, &Shape)] = &[
    ("archive-ext", &extension::ARCHIVE),
    ("ntfs-ext", &extension::NTFS),
    ("pdf-ext", &extension::PDF),
    ("raster-image-ext", &extension::RASTER_IMAGE),
    ("windows-pebinary-ext", &extension::WINDOWS_PE_BINARY_20),
];

const NETWORK_TRAFFIC: &[(&str, &Shape)] = &[
    ("http-request-ext", &HTTP_REQUEST),
    ("icmp-ext", &extension::ICMP),
    ("socket-ext", &SOCKET),
    ("tcp-ext", &extension::TCP),
];

const PROCESS: &[(&str, &Shape)] = &[
    ("windows-process-ext", &extension::WINDOWS_PROCESS),
    ("windows-service-ext", &WINDOWS_SERVICE),
];

static HTTP_REQUEST: Shape = shape(
    "6.12.2",
    &[
        required("request_method", Text),
        required("request_value", Text),
        optional("request_version", Text),
        optional("request_header", Dictionary(D::Texts)),
        optional("message_body_length", INTEGER),
        optional("message_body_data_ref", ARTIFACT),
    ],
    &[],
);

static SOCKET: Shape = shape(
    "6.12.4",
    &[
        required("address_family", Enumeration(words::AddressFamily::WORDS)),
        optional("is_blocking", Bool),
        optional("is_listening", Bool),
        optional("protocol_family", Enumeration(vocabulary::NETWORK_SOCKET_PROTOCOL_FAMILY)),
        optional("options", Dictionary(D::Any)),
        optional("socket_type", Enumeration(words::SocketType::WORDS)),
        optional("socket_descriptor", NATURAL),
        optional("socket_handle", INTEGER),
    ],
    &[],
);

static WINDOWS_SERVICE: Shape = shape(
    "6.13.3",
    &[
        required("service_name", Text),
        optional("descriptions", TEXTS),
        optional("display_name", Text),
        optional("group_name", Text),
        optional("start_type", Enumeration(words::ServiceStartType::WORDS)),
        optional("service_dll_refs", List(&reference(&["file"]))),
        optional("service_type", Enumeration(words::ServiceType::WORDS)),
        optional("service_status", Enumeration(words::ServiceStatus::WORDS)),
    ],
    &[],
);
