//! Cyber-observable objects (STIX 2.1, sections 3.2 and 6).

use super::{TypeShape, extension, meta};
use crate::validate::{
    format::Format,
    rules,
    shape::{
        Dictionary as D, INTEGER, NATURAL, Property, Rule, Shape, TEXTS,
        Targets::Any,
        Value::{
            self, Bool, Dictionary, Enumeration, Extensions, Formatted, Hashes, Identifier,
            Integer, List, Object, Reference, Text, Timestamp, Vocabulary,
        },
        optional, reference, required, shape,
    },
};
use crate::vocabulary as words;

/// The properties of section 3.2 for cyber-observable objects.
static COMMON: Shape = shape(
    "3.2",
    &[
        required("type", Formatted(Format::TypeName)),
        optional("spec_version", Enumeration(&["2.1"])),
        required("id", Identifier),
        optional("object_marking_refs", List(&reference(&["marking-definition"]))),
        optional("granular_markings", List(&Object(&meta::GRANULAR_MARKING))),
        optional("defanged", Bool),
        optional("extensions", Extensions(&[])),
    ],
    &[],
);

/// An observable of a type that the specification does not define.
pub(super) static CUSTOM: TypeShape =
    TypeShape { name: "", common: &COMMON, own: &shape("7.3", &[], &[]) };

macro_rules! types {
    ($($name:literal $section:literal { $($property:expr),* $(,)? } [ $($rule:expr),* $(,)? ])*) => {
        pub(super) static TYPES: &[TypeShape] = &[$(TypeShape {
            name: $name,
            common: &COMMON,
            own: {
                static OWN: Shape = shape(
                    $section,
                    &[$($property),*],
                    &[Rule::Check(rules::uuid_of_observable), $($rule),*],
                );
                &OWN
            },
        }),*];
    };
}

const ADDRESSES: Value = reference(&["ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"]);
const ARTIFACT: Value = reference(&["artifact"]);
const FILES: Value = reference(&["file", "directory"]);
const PORT: Value = Integer(0, 65_535);
const MAILBOXES: Value = List(&reference(&["email-addr"]));

types! {
    "artifact" "6.1" {
        optional("mime_type", Formatted(Format::MediaType)),
        optional("payload_bin", Formatted(Format::Base64)),
        optional("url", Formatted(Format::Uri)),
        optional("hashes", Hashes),
        optional("encryption_algorithm", Enumeration(words::EncryptionAlgorithm::WORDS)),
        optional("decryption_key", Text),
    } [
        Rule::OneOf(&["payload_bin", "url"]),
        Rule::Needs("url", &["hashes"]),
        Rule::Needs("decryption_key", &["encryption_algorithm"]),
    ]
    "autonomous-system" "6.2" {
        required("number", INTEGER),
        optional("name", Text),
        optional("rir", Text),
    } []
    "directory" "6.3" {
        required("path", Text),
        optional("path_enc", Formatted(Format::Charset)),
        optional("ctime", Timestamp),
        optional("mtime", Timestamp),
        optional("atime", Timestamp),
        optional("contains_refs", List(&FILES)),
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
        optional("message_id", Text),
        optional("subject", Text),
        optional("received_lines", TEXTS),
        optional("additional_header_fields", Dictionary(D::HeaderFields)),
        optional("body", Text),
        optional("body_multipart", List(&Object(&MIME_PART))),
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
        optional("ctime", Timestamp),
        optional("mtime", Timestamp),
        optional("atime", Timestamp),
        optional("parent_directory_ref", reference(&["directory"])),
        optional("contains_refs", List(&Reference(Any))),
        optional("content_ref", ARTIFACT),
        optional("extensions", Extensions(extension::FILE)),
    } [Rule::AnyOf(&["hashes", "name"])]
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
        optional("extensions", Extensions(extension::NETWORK_TRAFFIC)),
    } [
        Rule::AnyOf(&["src_ref", "dst_ref"]),
        Rule::Excludes("is_active", true, "end"),
        Rule::NotBefore("start", "end"),
        Rule::Check(rules::ports),
    ]
    "process" "6.13" {
        optional("is_hidden", Bool),
        optional("pid", INTEGER),
        optional("created_time", Timestamp),
        optional("cwd", Text),
        optional("command_line", Text),
        optional("environment_variables", Dictionary(D::Any)),
        optional("opened_connection_refs", List(&reference(&["network-traffic"]))),
        optional("creator_user_ref", reference(&["user-account"])),
        optional("image_ref", reference(&["file"])),
        optional("parent_ref", reference(&["process"])),
        optional("child_refs", List(&reference(&["process"]))),
        optional("extensions", Extensions(extension::PROCESS)),
    } [Rule::AnyOf(&[
        "extensions",
        "is_hidden",
        "pid",
        "created_time",
        "cwd",
        "command_line",
        "environment_variables",
        "opened_connection_refs",
        "creator_user_ref",
        "image_ref",
        "parent_ref",
        "child_refs",
    ])]
    "software" "6.14" {
        required("name", Text),
        optional("cpe", Formatted(Format::Cpe)),
        optional("swid", Text),
        optional("languages", List(&Formatted(Format::SoftwareLanguage))),
        optional("vendor", Text),
        optional("version", Text),
    } []
    "url" "6.15" { required("value", Formatted(Format::Uri)) } []
    "user-account" "6.16" {
        optional("user_id", Text),
        optional("credential", Text),
        optional("account_login", Text),
        optional("account_type", Vocabulary(words::AccountType::WORDS)),
        optional("display_name", Text),
        optional("is_service_account", Bool),
        optional("is_privileged", Bool),
        optional("can_escalate_privs", Bool),
        optional("is_disabled", Bool),
        optional("account_created", Timestamp),
        optional("account_expires", Timestamp),
        optional("credential_last_changed", Timestamp),
        optional("account_first_login", Timestamp),
        optional("account_last_login", Timestamp),
        optional("extensions", Extensions(extension::USER_ACCOUNT)),
    } [Rule::AnyOf(&[
        "extensions",
        "user_id",
        "credential",
        "account_login",
        "account_type",
        "display_name",
        "is_service_account",
        "is_privileged",
        "can_escalate_privs",
        "is_disabled",
        "account_created",
        "account_expires",
        "credential_last_changed",
        "account_first_login",
        "account_last_login",
    ])]
    "windows-registry-key" "6.17" {
        optional("key", Formatted(Format::RegistryKey)),
        optional("values", List(&Object(&REGISTRY_VALUE))),
        optional("modified_time", Timestamp),
        optional("creator_user_ref", reference(&["user-account"])),
        optional("number_of_subkeys", NATURAL),
    } [Rule::AnyOf(&["key", "values", "modified_time", "creator_user_ref", "number_of_subkeys"])]
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
        optional("x509_v3_extensions", Object(&X509_V3_EXTENSIONS)),
    } [Rule::AnyOf(X509_PROPERTIES)]
}

pub(super) const X509_PROPERTIES: &[&str] = &[
    "is_self_signed",
    "hashes",
    "version",
    "serial_number",
    "signature_algorithm",
    "issuer",
    "validity_not_before",
    "validity_not_after",
    "subject",
    "subject_public_key_algorithm",
    "subject_public_key_modulus",
    "subject_public_key_exponent",
    "x509_v3_extensions",
];

pub(super) static MIME_PART: Shape = shape(
    "6.6.2",
    &[
        optional("body", Text),
        optional("body_raw_ref", reference(&["artifact", "file"])),
        optional("content_type", Text),
        optional("content_disposition", Text),
    ],
    &[Rule::OneOf(&["body", "body_raw_ref"])],
);

pub(super) static REGISTRY_VALUE: Shape = shape(
    "6.17.2",
    &[
        optional("name", Text),
        optional("data", Text),
        optional("data_type", Enumeration(words::RegistryDataType::WORDS)),
    ],
    &[Rule::AnyOf(&["name", "data", "data_type"])],
);

pub(super) static X509_V3_EXTENSIONS: Shape = shape(
    "6.18.2",
    X509_V3_PROPERTIES,
    &[Rule::AnyOf(&[
        "basic_constraints",
        "name_constraints",
        "policy_constraints",
        "key_usage",
        "extended_key_usage",
        "subject_key_identifier",
        "authority_key_identifier",
        "subject_alternative_name",
        "issuer_alternative_name",
        "subject_directory_attributes",
        "crl_distribution_points",
        "inhibit_any_policy",
        "private_key_usage_period_not_before",
        "private_key_usage_period_not_after",
        "certificate_policies",
        "policy_mappings",
    ])],
);

const X509_V3_PROPERTIES: &[Property] = &[
    optional("basic_constraints", Text),
    optional("name_constraints", Text),
    optional("policy_constraints", Text),
    optional("key_usage", Text),
    optional("extended_key_usage", Text),
    optional("subject_key_identifier", Text),
    optional("authority_key_identifier", Text),
    optional("subject_alternative_name", Text),
    optional("issuer_alternative_name", Text),
    optional("subject_directory_attributes", Text),
    optional("crl_distribution_points", Text),
    optional("inhibit_any_policy", Text),
    optional("private_key_usage_period_not_before", Timestamp),
    optional("private_key_usage_period_not_after", Timestamp),
    optional("certificate_policies", Text),
    optional("policy_mappings", Text),
];
